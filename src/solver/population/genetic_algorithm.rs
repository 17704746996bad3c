//! A real-coded genetic algorithm: selection, crossover, mutation, survival.

mod memory;
mod operators;

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::ending::collapsed;
use super::members::{PointSet, check_size, copy};
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};

pub use memory::GeneticAlgorithmMemory;
pub use operators::{Crossover, Mutation, Selection, Survival};
use operators::{failures, is_same};

solver!(GeneticAlgorithm);

/// How often a child is made again while it equals a member.
const ATTEMPTS: usize = 10;

/// Generations without a better member after which the run ends when all members have equal costs.
const FLAT: u64 = 20;

/// A real-coded genetic algorithm: children lie between and beyond their two parents, and the best of all survive.
///
/// **Method**
/// ```text
/// a, b       two members, each the best of 2 drawn
/// c_i, d_i = (a_i + b_i) / 2 ± β (a_i − b_i) / 2,  β as in simulated binary crossover;  exchanged half of the time
/// c_i += δ width_i  with probability 1/n,  δ polynomial;  reflected at the bounds
/// members  = the best μ of members and children
/// ```
/// **Needs** costs; finite bounds or a scale.
///
/// **Parameters** [`population`](Self::population) (100), [`selection`](Self::selection) (tournament of 2),
/// [`crossover`](Self::crossover) (simulated binary, index 1.5), [`crossover_probability`](Self::crossover_probability) (1),
/// [`mutation`](Self::mutation) (polynomial, index 10), [`mutation_probability`](Self::mutation_probability) (1/n),
/// [`survival`](Self::survival) (the best of all), [`patience`](Self::patience) (500), [`collapse`](Self::collapse) (1e-12),
/// [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0).
///
/// **Guarantee** It uses only the order of the costs: an increasing function of the cost gives the same points.
/// Members, and children that equal a member, are not evaluated again. The best cost never increases. It ends with
/// [`Stall::Collapsed`], [`Stall::FlatCosts`] or [`Stall::NoImprovement`].
///
/// ```
/// use extremum::{Bounds, GeneticAlgorithm, from_fn, minimize};
/// let rastrigin = from_fn(4, |x| x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum())
///     .with_bounds(Bounds::new([-5.12; 4], [5.12; 4])?);
/// let found = minimize(&rastrigin, GeneticAlgorithm::default(), [3.1, -4.0, 2.2, 0.7])?;
/// assert!(found.cost < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** K. Deb, R. B. Agrawal, "Simulated binary crossover for continuous search space", Complex Systems 9
/// (1995) 115-148, equations 12 and 13; L. J. Eshelman, J. D. Schaffer, "Real-coded genetic algorithms and
/// interval-schemata", FOGA 2 (1993) 187-202; K. Deb, M. Goyal, "A combined genetic adaptive search (GeneAS) for
/// engineering design", Computer Science and Informatics 26 (1996) 30-45; Goldberg and Deb (1991); Baker (1985); Bäck
/// and Schwefel (1993) for (μ + λ).
#[derive(Clone, Debug)]
pub struct GeneticAlgorithm {
    population: usize,
    selection: Selection,
    crossover: Crossover,
    crossover_probability: f64,
    mutation: Mutation,
    mutation_probability: Option<f64>,
    survival: Survival,
    patience: u64,
    collapse: f64,
    scale: Option<f64>,
    seed: u64,
}

impl Default for GeneticAlgorithm {
    fn default() -> Self {
        Self {
            population: 100,
            selection: Selection::Tournament(2),
            crossover: Crossover::SimulatedBinary(1.5),
            crossover_probability: 1.0,
            mutation: Mutation::Polynomial(10.0),
            mutation_probability: None,
            survival: Survival::Best,
            patience: 500,
            collapse: 1e-12,
            scale: None,
            seed: 0,
        }
    }
}

impl GeneticAlgorithm {
    /// The number μ of members, default 100. Range: 2 to 1000000.
    pub fn population(mut self, population: usize) -> Self {
        self.population = population;
        self
    }
    /// How parents are chosen, default a tournament of 2.
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }
    /// How parents make children, default simulated binary crossover with index 1.5. A larger index keeps children nearer to
    /// their parents, and the population may collapse before it has reached a minimum.
    pub fn crossover(mut self, crossover: Crossover) -> Self {
        self.crossover = crossover;
        self
    }
    /// The probability that two parents are crossed, default 1. Range: [0, 1].
    pub fn crossover_probability(mut self, probability: f64) -> Self {
        self.crossover_probability = probability;
        self
    }
    /// How a coordinate mutates, default polynomial with index 10.
    pub fn mutation(mut self, mutation: Mutation) -> Self {
        self.mutation = mutation;
        self
    }
    /// The probability that a coordinate mutates, default 1/n. Range: [0, 1].
    pub fn mutation_probability(mut self, probability: f64) -> Self {
        self.mutation_probability = Some(probability);
        self
    }
    /// Who survives, default the best of members and children.
    pub fn survival(mut self, survival: Survival) -> Self {
        self.survival = survival;
        self
    }
    /// The run ends after this many generations without a better member, default 500. Range: ≥ 1.
    pub fn patience(mut self, generations: u64) -> Self {
        self.patience = generations;
        self
    }
    /// The run ends as [collapsed](Stall::Collapsed) when the members differ in no coordinate by more than this,
    /// default 1e-12, relative to the coordinate or to the box of the first population, whichever is larger.
    /// Range: ≥ 0.
    pub fn collapse(mut self, tolerance: f64) -> Self {
        self.collapse = tolerance;
        self
    }

    fn children(&self) -> usize {
        match self.survival {
            Survival::Best => self.population,
            Survival::Elites(elites) => self.population.saturating_sub(elites),
        }
    }

    /// Makes two children from two parents.
    fn mate(&self, space: &Space, memory: &mut GeneticAlgorithmMemory, random: &mut Random) {
        let GeneticAlgorithmMemory { members, order, pair: [a, b], .. } = memory;
        let is_crossed = random.chance(self.crossover_probability);
        let mut draw = || self.selection.draw(self.population, random);
        let (first, mut second) = (draw(), draw());
        // Crossing a member with itself gives nothing new.
        for _ in 0..ATTEMPTS {
            if is_crossed && first == second {
                second = draw();
            }
        }
        copy(&members[order[first]], a);
        copy(&members[order[second]], b);
        let n = space.dimension();
        if is_crossed {
            let mut coins = 0;
            for (i, (a, b)) in a.as_mut_slice().iter_mut().zip(b.as_mut_slice()).enumerate() {
                // A bit for each coordinate says whether the children exchange it.
                coins = if i % 64 == 0 { random.bits() } else { coins >> 1 };
                let (c, d) = self.crossover.cross(*a, *b, random);
                (*a, *b) = if coins & 1 == 0 { (c, d) } else { (d, c) };
            }
        }
        let log_failure = (-self.mutation_probability.unwrap_or(1.0 / n as f64)).ln_1p();
        for child in [a, b] {
            let mut next = failures(log_failure, random);
            while next < n {
                child[next] += space.width(next) * self.mutation.step(random);
                next = next.saturating_add(1).saturating_add(failures(log_failure, random));
            }
            space.reflect(child.as_mut_slice());
        }
    }
}

impl Population for GeneticAlgorithm {
    const NAME: &'static str = "GeneticAlgorithm";
    type Memory = GeneticAlgorithmMemory;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn begin(&self, space: &Space, _random: &mut Random) -> Result<Self::Memory, Error> {
        let Self { population, crossover_probability, mutation_probability, .. } = *self;
        check_size(population, space.dimension(), "population", 2)?;
        let is_probability = |p: f64| (0.0..=1.0).contains(&p);
        let range = "in [0, 1]";
        let crossed = crossover_probability;
        check(is_probability(crossed), "crossover_probability", crossed, range)?;
        let mutated = mutation_probability.unwrap_or(0.0);
        check(is_probability(mutated), "mutation_probability", mutated, range)?;
        self.selection.check()?;
        self.crossover.check()?;
        self.mutation.check()?;
        if let Survival::Elites(elites) = self.survival {
            check(elites < population, "the elites", elites as f64, "below the population")?;
        }
        check(self.patience >= 1, "patience", 0.0, "at least 1")?;
        let collapse = self.collapse;
        check(
            collapse >= 0.0 && collapse.is_finite(),
            "collapse",
            collapse,
            "finite and at least 0",
        )?;
        Ok(GeneticAlgorithmMemory::new(space.dimension(), population + self.children()))
    }

    fn propose(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let n = space.dimension();
        if !memory.has_begun {
            while candidates.all().len() < self.population {
                if candidates.pauses(n) {
                    return;
                }
                let is_start = candidates.all().is_empty();
                let x = candidates.next(n);
                if is_start { x.copy_from(space.x0()) } else { space.draw(random, x) }
            }
            return;
        }
        if !candidates.is_continued() {
            memory.begin_generation(self.population);
        }
        let children = self.children();
        while candidates.all().len() < children {
            if candidates.pauses(2 * n) {
                return;
            }
            self.mate(space, memory, random);
            let GeneticAlgorithmMemory { pair, seen, attempts, .. } = memory;
            for child in pair {
                if !seen.insert(child) {
                    *attempts += 1;
                    if *attempts <= ATTEMPTS * children {
                        continue;
                    }
                    space.draw(random, child);
                }
                if candidates.all().len() < children {
                    candidates.push(child);
                }
            }
        }
    }

    fn learn(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        _random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let population = self.population;
        let room = if memory.has_begun { population } else { 0 };
        for (&at, (x, cost)) in memory.order[room..].iter().zip(candidates.iter().zip(costs)) {
            copy(x, &mut memory.members[at]);
            // So that -0 does not rank before 0.
            memory.costs[at] = cost + 0.0;
        }
        if !memory.has_begun {
            memory.has_begun = true;
            memory.sort(population, population);
        } else {
            match self.survival {
                Survival::Best => memory.sort(2 * population, population),
                Survival::Elites(elites) => {
                    memory.order[elites..].rotate_left(population - elites);
                    memory.sort(population, population);
                }
            }
        }
        let (best, worst) =
            (memory.costs[memory.order[0]], memory.costs[memory.order[population - 1]]);
        let is_better = best < memory.best;
        memory.best = memory.best.min(best);
        memory.unimproved = if is_better { 0 } else { memory.unimproved + 1 };
        let members = memory.order[..population].iter().map(|&at| &memory.members[at]);
        if let Some(size) = collapsed(space, members, self.collapse) {
            return ControlFlow::Break(Stall::Collapsed { size, tolerance: self.collapse });
        }
        if best == worst && memory.unimproved >= FLAT {
            return ControlFlow::Break(Stall::FlatCosts { range: 0.0, tolerance: 0.0 });
        }
        if memory.unimproved >= self.patience {
            return ControlFlow::Break(Stall::NoImprovement { iterations: memory.unimproved });
        }
        ControlFlow::Continue(())
    }

    fn inject(&self, _space: &Space, memory: &mut Self::Memory, x: &DVector<f64>, cost: f64) {
        let worst = memory.order[self.population - 1];
        let mut members = memory.order[..self.population].iter().map(|&at| &memory.members[at]);
        if memory.has_begun
            && cost < memory.costs[worst]
            && !members.any(|member| is_same(member, x))
        {
            memory.members[worst].copy_from(x);
            memory.costs[worst] = cost + 0.0;
            memory.sort(self.population, self.population);
        }
    }

    fn is_valid(&self, space: &Space, memory: &Self::Memory) -> bool {
        let (population, children) = (self.population, self.children());
        let is_configured = population >= 2 && children >= 1;
        is_configured && memory.is_valid(space, population, children)
    }
}
