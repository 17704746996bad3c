//! Differential evolution: [`DifferentialEvolution`] and its strategies, controls and boundaries.

mod control;
mod memory;
mod strategy;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::ending::Ending;
use super::members::{MOST_NUMBERS, all_within, check_size, copy, latin_hypercube};
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::random::interpolated;
use crate::{Error, Random, Stall};
pub use control::Control;
use control::Successes;
pub use memory::Memory;
pub use strategy::Strategy;
use strategy::{Mutation, best_of};

solver!(DifferentialEvolution);

/// The fewest members: a parent and three others.
const FEWEST: usize = 4;

/// What happens to a coordinate of a mutant beyond a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundary {
    /// It becomes the midpoint between the bound and the parent's coordinate. Zhang & Sanderson (2009), after equation
    /// 8.
    #[default]
    Midpoint,
    /// It is reflected at the bound.
    Reflect,
}

/// Differential evolution: members move by differences of other members, and only to points that are not worse. For
/// costs with many minima, when a good minimum matters more than the number of evaluations.
///
/// **Method**
/// ```text
/// F ~ Cauchy(m, 0.1),  CR ~ Normal(c, 0.1);   (m, c) one of six pairs, learned from trials that succeeded
/// v = x + F (p − x) + F (r − s);   p one of the best 11 %, r a member, s a member or one that was replaced
/// u_j = v_j with probability CR and for one j at random, else x_j
/// x ← u  if f(u) ≤ f(x)
/// ```
/// With a [`budget`](Self::budget) the worst members are removed in the course of the run.
///
/// **Needs** costs; finite bounds or a scale. Apart from its stopping rules, it uses only the order of the costs.
///
/// **Parameters** [`population`](Self::population) (30 + 3 n), [`strategy`](Self::strategy) (current-to-pbest/1/bin),
/// [`control`](Self::control) of F and CR (success history), [`best_share`](Self::best_share) (0.11),
/// [`archive`](Self::archive) (2), [`boundary`](Self::boundary) (midpoint), [`budget`](Self::budget) (none),
/// [`spread_tolerance`](Self::spread_tolerance) (1e-12), [`cost_tolerance`](Self::cost_tolerance) (1e-13),
/// [`patience`](Self::patience) (500 generations), [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0).
///
/// **Guarantee** No member ever gets worse. It ends with [`Stall::Collapsed`], [`Stall::FlatCosts`] or
/// [`Stall::NoImprovement`]; the end need not be the lowest minimum. A trial that equals its parent is not evaluated;
/// one that equals another point of the run, as happens on bounds and near the end, is.
///
/// ```
/// use extremum::{Bounds, DifferentialEvolution, from_fn, minimize};
/// let rastrigin = from_fn(5, |x| x.iter().map(|x| x * x - 10.0 * (6.283185307179586 * x).cos() + 10.0).sum())
///     .with_bounds(Bounds::new([-5.12; 5], [5.12; 5])?);
/// let found = minimize(&rastrigin, DifferentialEvolution::default(), [3.0; 5])?;
/// assert!(found.cost < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** R. Storn, K. Price, "Differential evolution – a simple and efficient heuristic for global
/// optimization over continuous spaces", J. Global Optim. 11 (1997), equations 3 to 6; J. Zhang, A. Sanderson, "JADE:
/// adaptive differential evolution with optional external archive", IEEE Trans. Evol. Comput. 13 (2009), table I and
/// equations 6 to 13; R. Tanabe, A. Fukunaga, "Success-history based parameter adaptation for differential evolution",
/// IEEE CEC (2013), algorithm 1, and "Improving the search performance of SHADE using linear population size
/// reduction", IEEE CEC (2014), for the Lehmer mean of CR, p = 0.11, the length of the history, and equation 10: `budget`.
#[derive(Clone, Debug)]
pub struct DifferentialEvolution {
    population: Option<usize>,
    strategy: Strategy,
    control: Control,
    best_share: f64,
    archive: f64,
    boundary: Boundary,
    budget: Option<u64>,
    ending: Ending,
    scale: Option<f64>,
    seed: u64,
}

impl Default for DifferentialEvolution {
    fn default() -> Self {
        Self {
            population: None,
            strategy: Strategy::default(),
            control: Control::default(),
            best_share: 0.11,
            archive: 2.0,
            boundary: Boundary::default(),
            budget: None,
            ending: Ending::new(500),
            scale: None,
            seed: 0,
        }
    }
}

impl DifferentialEvolution {
    /// The number of members; with a [budget](Self::budget), the initial one. Default: 30 + 3 n. Range: 4 to 1000000.
    pub fn population(mut self, population: usize) -> Self {
        self.population = Some(population);
        self
    }
    /// How mutants are made, default [`Strategy::CurrentToPBest1Bin`].
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
    /// How F and CR are chosen, default [`Control::SuccessHistory`] of length 6.
    pub fn control(mut self, control: Control) -> Self {
        self.control = control;
        self
    }
    /// The share of members that count as the best, default 0.11, at least two. Range: (0, 1].
    pub fn best_share(mut self, share: f64) -> Self {
        self.best_share = share;
        self
    }
    /// The size of the archive of replaced members, relative to the population, default 2. Range: [0, 10]. Only
    /// [`Strategy::CurrentToPBest1Bin`] uses it.
    pub fn archive(mut self, share: f64) -> Self {
        self.archive = share;
        self
    }
    /// What happens to mutants beyond a bound, default [`Boundary::Midpoint`].
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }
    /// The number B of costs that the population will evaluate, if it is known. The number of members then decreases
    /// linearly with the evaluations k, from M at the start to 4, so that the search is wide at first and still converges:
    /// M − (M − 4) min(1, k/B), rounded. Use it where a run has only hundreds to a few thousand evaluations per variable. It
    /// does not end the run, and the evaluations of a [polish](Self::polish) do not count; `max_evaluations` limits both.
    /// Default: none, so that all members remain. Range: ≥ 1.
    ///
    /// ```
    /// use extremum::{Bounds, DifferentialEvolution, Minimizer, from_fn};
    /// let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2))
    ///     .with_bounds(Bounds::new([-5.0; 2], [10.0; 2])?);
    /// let run = |solver| Minimizer::new(&valley, solver, [4.0, -3.0]).max_evaluations(2000).run();
    /// let (wide, shrinking) = (DifferentialEvolution::default(), DifferentialEvolution::default().budget(2000));
    /// assert!(run(shrinking)?.cost < 1e-3 * run(wide)?.cost);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn budget(mut self, evaluations: u64) -> Self {
        self.budget = Some(evaluations);
        self
    }
    /// The run ends as [collapsed](Stall::Collapsed) when the members differ in no coordinate by more than this,
    /// relative to the coordinate or to the box of the first population, whichever is larger. Default 1e-12. Range: ≥
    /// 0.
    pub fn spread_tolerance(mut self, tolerance: f64) -> Self {
        self.ending.spread_tolerance = tolerance;
        self
    }
    /// The run ends with [flat costs](Stall::FlatCosts) when the costs of the members have differed by at most this,
    /// relative to the lowest, for 20 generations. Default 1e-13. Range: ≥ 0.
    pub fn cost_tolerance(mut self, tolerance: f64) -> Self {
        self.ending.cost_tolerance = tolerance;
        self
    }
    /// The run ends [without improvement](Stall::NoImprovement) when neither the lowest nor the highest of those costs
    /// has decreased for this many generations. Default 500. Range: ≥ 1.
    pub fn patience(mut self, generations: u64) -> Self {
        self.ending.patience = generations;
        self
    }

    fn size(&self, n: usize) -> usize {
        self.population.unwrap_or(30 + 3 * n)
    }

    /// The number of members after so many evaluations.
    fn size_after(&self, n: usize, evaluations: u64) -> usize {
        let first = self.size(n);
        let Some(budget) = self.budget else { return first };
        let share = (evaluations as f64 / budget as f64).min(1.0);
        first - (first.saturating_sub(FEWEST) as f64 * share).round() as usize
    }

    fn archive_size(&self, members: usize) -> usize {
        match self.strategy {
            Strategy::CurrentToPBest1Bin => (self.archive * members as f64).round() as usize,
            Strategy::Rand1Bin | Strategy::Best1Bin => 0,
        }
    }

    /// A coordinate of a mutant, moved into the bounds.
    fn within(&self, space: &Space, i: usize, value: f64, parent: f64) -> f64 {
        let (lower, upper) = space.bounds_of(i);
        if value >= lower && value <= upper && value.is_finite() {
            return value;
        }
        let value = match self.boundary {
            Boundary::Midpoint if value < lower => interpolated(lower, parent, 0.5),
            Boundary::Midpoint if value > upper => interpolated(parent, upper, 0.5),
            Boundary::Midpoint => value,
            Boundary::Reflect => space.reflected(i, value),
        };
        if value.is_finite() { value } else { parent }
    }
}

impl Population for DifferentialEvolution {
    const NAME: &'static str = "DifferentialEvolution";
    type Memory = Memory;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn begin(&self, space: &Space, random: &mut Random) -> Result<Memory, Error> {
        let n = space.dimension();
        let size = self.size(n);
        check_size(size, n, "population", FEWEST)?;
        check(self.budget != Some(0), "budget", 0.0, "at least 1")?;
        let share = self.best_share;
        check(share > 0.0 && share <= 1.0, "best_share", share, "above 0, at most 1")?;
        let holds = (0.0..=10.0).contains(&self.archive);
        check(holds, "archive", self.archive, "at least 0, at most 10")?;
        let fits = self.archive_size(size).saturating_mul(n) <= MOST_NUMBERS;
        let range = "at most 134217728 / (n population) in n variables";
        check(fits, "archive", self.archive, range)?;
        Ok(Memory {
            members: latin_hypercube(space, random, size),
            costs: vec![f64::INFINITY; size],
            is_evaluated: false,
            evaluations: 0,
            order: (0..size).collect(),
            archive: vec![DVector::zeros(n); self.archive_size(size)],
            archived: 0,
            history: self.control.begin()?,
            next: 0,
            trials: Vec::with_capacity(size),
            trial: DVector::zeros(n),
            stagnation: self.ending.begin()?,
        })
    }
    fn propose(
        &self,
        space: &Space,
        memory: &mut Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let n = space.dimension();
        if !candidates.is_continued() {
            memory.next = 0;
            memory.trials.clear();
            memory.rank(best_of(self.best_share, memory.members.len()));
        }
        for parent in memory.next..memory.members.len() {
            if candidates.pauses(n) {
                return;
            }
            memory.next = parent + 1;
            if !memory.is_evaluated {
                candidates.push(&memory.members[parent]);
                continue;
            }
            let (weight, crossover) = self.control.draw(&memory.history, random);
            let mutation = Mutation::draw(self.strategy, self.best_share, memory, parent, random);
            let always = random.index(n);
            let Memory { members, archive, trial, .. } = memory;
            let x = members[parent].as_slice().iter();
            let [base, toward, plus, minus] = mutation.parts(members, archive);
            let parts = base.iter().zip(toward).zip(plus.iter().zip(minus)).zip(x);
            // Half a random word decides for each coordinate.
            let (threshold, mut bits, mut is_new) = ((crossover * 2_f64.powi(32)) as u64, 0, false);
            for (i, (trial, (((base, toward), (plus, minus)), &x))) in
                trial.as_mut_slice().iter_mut().zip(parts).enumerate()
            {
                bits = if i % 2 == 0 { random.bits() } else { bits >> 32 };
                *trial = x;
                if bits & u64::from(u32::MAX) < threshold || i == always {
                    let v = Mutation::coordinate([*base, *toward, *plus, *minus], weight);
                    *trial = self.within(space, i, v, x);
                    is_new |= *trial != x;
                }
            }
            // A trial that equals its parent need not be evaluated, but a generation needs a candidate.
            let is_last = parent + 1 == memory.members.len();
            if is_new || (is_last && memory.trials.is_empty()) {
                memory.trials.push((parent, weight, crossover));
                candidates.push(&memory.trial);
            }
        }
    }
    fn learn(
        &self,
        space: &Space,
        memory: &mut Memory,
        random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        if memory.is_evaluated {
            let mut successes = Successes::default();
            for (trial, (x, &cost)) in candidates.iter().zip(costs).enumerate() {
                let Some(&(parent, weight, crossover)) = memory.trials.get(trial) else { break };
                if cost < memory.costs[parent] {
                    memory.archive(parent, random);
                    successes.add(weight, crossover);
                }
                if cost <= memory.costs[parent] {
                    copy(x, &mut memory.members[parent]);
                    memory.costs[parent] = cost;
                }
            }
            self.control.learn(&mut memory.history, &successes);
        } else {
            for (known, &cost) in memory.costs.iter_mut().zip(costs) {
                *known = cost;
            }
            memory.is_evaluated = true;
        }
        memory.evaluations = memory.evaluations.saturating_add(costs.len() as u64);
        let size = self.size_after(space.dimension(), memory.evaluations);
        memory.shrink(size, self.archive_size(size));
        self.ending.look(space, &mut memory.stagnation, &memory.members, &memory.costs)
    }
    /// The point replaces the worst member, if it is better.
    fn inject(&self, _space: &Space, memory: &mut Memory, x: &DVector<f64>, cost: f64) {
        if !memory.is_evaluated {
            return;
        }
        let costs = &memory.costs;
        let worst = (0..costs.len()).max_by(|&a, &b| costs[a].total_cmp(&costs[b]));
        if let Some(worst) = worst
            && cost < memory.costs[worst]
        {
            memory.members[worst].copy_from(x);
            memory.costs[worst] = cost;
        }
    }
    fn is_valid(&self, space: &Space, memory: &Memory) -> bool {
        let size = self.size_after(space.dimension(), memory.evaluations);
        let is_each_once = || {
            let mut seen = vec![false; size];
            memory.order.iter().all(|&i| i < size && !std::mem::replace(&mut seen[i], true))
        };
        all_within(space, &memory.members, size)
            && memory.archive.len() == self.archive_size(size)
            && memory.archived <= memory.archive.len()
            && memory.archive.iter().all(|x| x.len() == space.dimension())
            && memory.costs.len() == size
            && !memory.costs.iter().any(|cost| cost.is_nan())
            && memory.order.len() == size
            && is_each_once()
            && self.control.is_valid(&memory.history)
            && memory.trials.iter().all(|&(parent, ..)| parent < size)
            && memory.trial.len() == space.dimension()
    }
}
