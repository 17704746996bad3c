//! CMA-ES. Bounds, stopping rules and restarts are in files of their own.

mod boundary;
mod constants;
mod covariance;
mod distribution;
mod restarts;
mod stopping;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use self::boundary::Boundary;
use self::constants::{Constants, default_population};
use self::distribution::{Distribution, Step};
use self::restarts::{Budget, Regime};
use self::stopping::Stopping;
use super::members::{LARGEST, MOST_NUMBERS, check_matrix, check_size};
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};

solver!(CmaEs);

/// How often a step is drawn while it leads beyond the bounds.
const TRIES: usize = 10;

/// The covariance matrix adaptation evolution strategy: the method of choice without derivatives, for up to some
/// hundreds of variables, rugged and ill-conditioned costs included.
///
/// **Method** A normal distribution moves towards the better half of its samples. It learns its covariance matrix from
/// the steps that succeeded and from those that failed, and its size from the path of its mean.
/// ```text
/// x_k = m + σ y_k,  y_k ~ N(0, C),  k = 1, .., λ;  ranked by their costs, weights w₁ ≥ .. ≥ w_λ
/// m  ← m + σ ⟨y⟩,  ⟨y⟩ = Σ wᵢ yᵢ over the better half
/// p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) C^(-1/2) ⟨y⟩,  σ ← σ exp(c_σ/d_σ (‖p_σ‖ / E‖N(0, I)‖ − 1))
/// p_c ← (1 − c_c) p_c + h √(c_c (2 − c_c) μ_eff) ⟨y⟩
/// C  ← (1 + c₁ δ − c₁ − c_μ Σ wᵢ) C + c₁ p_c p_c' + c_μ Σ wᵢ° yᵢ yᵢ',  the worse half with negative weights
/// ```
/// Departures from the reference: the start is a candidate of the first generation, in addition to the λ samples, and
/// nothing is learned from it; the step size grows by at most a factor e in a generation, and a generation without a
/// finite cost halves it.
///
/// **Needs** costs, of which only the order counts; finite bounds or a scale. Bounds are kept by a smooth map, so that minima
/// on the bounds are found as well as others.
///
/// **Parameters** [`scale`](Self::scale), the first standard deviation σ₀ (0.3 of the bounds' widths, and at most
/// that); [`population`](Self::population) (4 + ⌊3 ln n⌋); [`separable`](Self::separable); [`ipop`](Self::ipop) or
/// [`bipop`](Self::bipop) for costs with many minima, with [`restarts`](Self::restarts) (9);
/// [`tolerance_x`](Self::tolerance_x) (1e-11), [`tolerance_cost`](Self::tolerance_cost) (1e-11), [`seed`](Self::seed)
/// (0).
///
/// **Guarantee** The iterates are invariant under increasing transformations of the cost and under scaling of x. A run
/// ends with [`Stall::Collapsed`], [`Stall::FlatCosts`], [`Stall::IllConditioned`], [`Stall::NoImprovement`], or after
/// 100 + 150 (n + 3)² / √λ generations with [`Stall::Exhausted`]. Then the next run begins; after the last run, the
/// search ends for the same reason.
///
/// ```
/// use extremum::{CmaEs, from_fn, minimize};
/// let valley = from_fn(5, |x| {
///     (0..4).map(|i| (1.0 - x[i]).powi(2) + 100.0 * (x[i + 1] - x[i] * x[i]).powi(2)).sum()
/// });
/// let found = minimize(&valley, CmaEs::default().scale(0.5), [0.0; 5])?;
/// assert!(found.cost < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** N. Hansen, *The CMA evolution strategy: a tutorial*, arXiv 1604.00772 (2016): figure 6, equations 38
/// to 47, with the constants of table 1. R. Ros, N. Hansen, *A simple modification in CMA-ES achieving linear time and
/// space complexity*, PPSN X (2008), 296-305, equation 4: `separable`. A. Auger, N. Hansen, *A restart CMA evolution
/// strategy with increasing population size*, CEC 2005, 1769-1776: `ipop`. N. Hansen, *Benchmarking a BI-population
/// CMA-ES on the BBOB-2009 function testbed*, GECCO 2009 workshops, 2389-2395, section 2: `bipop`. N. Hansen,
/// *Injecting external solutions into CMA-ES*, arXiv 1110.4181 (2011), equations 3 and 4: points from elsewhere.
#[derive(Clone, Debug)]
pub struct CmaEs {
    population: Option<usize>,
    is_separable: bool,
    regime: Regime,
    restarts: u32,
    tolerance_x: f64,
    tolerance_cost: f64,
    scale: Option<f64>,
    seed: u64,
}

impl Default for CmaEs {
    fn default() -> Self {
        Self {
            population: None,
            is_separable: false,
            regime: Regime::One,
            restarts: 9,
            tolerance_x: 1e-11,
            tolerance_cost: 1e-11,
            scale: None,
            seed: 0,
        }
    }
}

impl CmaEs {
    /// λ, the points of a generation, default 4 + ⌊3 ln n⌋: a larger λ searches more widely and more slowly. Range: 2
    /// to 10⁶.
    pub fn population(mut self, population: usize) -> Self {
        self.population = Some(population);
        self
    }

    /// Learns only the diagonal of the covariance matrix: n numbers in place of n², and faster by a factor (n + 2) / 3.
    /// For hundreds of variables and more, and for costs whose variables are nearly independent.
    pub fn separable(mut self) -> Self {
        self.is_separable = true;
        self
    }

    /// Restarts from a random point after each run, with twice the population each time. The points are uniform in the
    /// bounds, or in x0 ± scale when a scale is given.
    pub fn ipop(mut self) -> Self {
        self.regime = Regime::Ipop;
        self
    }

    /// Restarts as [`ipop`](Self::ipop) does, and spends as many evaluations again on runs with smaller populations and
    /// scales, drawn at random. The best choice when nothing is known about the minima.
    pub fn bipop(mut self) -> Self {
        self.regime = Regime::Bipop;
        self
    }

    /// How often [`ipop`](Self::ipop) or [`bipop`](Self::bipop) doubles the population, default 9. Range: 0 to 30.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.restarts = restarts;
        self
    }

    /// A run ends when its standard deviations are below this share of the first, default 1e-11. Range: ≥ 0, < 1.
    pub fn tolerance_x(mut self, tolerance: f64) -> Self {
        self.tolerance_x = tolerance;
        self
    }

    /// A run ends when the costs of a generation, and the best costs of the last 10 + ⌈30 n / λ⌉ generations, differ by
    /// less than this, default 1e-11; where all costs of the run differ by less than 1, it is relative to that
    /// difference. Range: ≥ 0, < 1.
    pub fn tolerance_cost(mut self, tolerance: f64) -> Self {
        self.tolerance_cost = tolerance;
        self
    }

    /// λ of the first run.
    fn default_population(&self, n: usize) -> usize {
        self.population.unwrap_or_else(|| default_population(n))
    }
}

/// Everything of a [`CmaEs`] that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CmaEsMemory {
    boundary: Boundary,
    constants: Constants,
    distribution: Distribution,
    /// The steps of the generation, and one for a point from elsewhere.
    steps: Vec<Step>,
    /// A point of the search, before it is mapped into the bounds.
    point: DVector<f64>,
    /// The candidates, with the best first, and their costs.
    order: Vec<usize>,
    sorted: Vec<f64>,
    stopping: Stopping,
    budget: Budget,
    /// A point from elsewhere, and its cost while it waits.
    injected: DVector<f64>,
    injected_cost: Option<f64>,
    /// False until the start has been proposed.
    is_started: bool,
    /// The number of steps drawn in this generation.
    drawn: usize,
}

impl CmaEsMemory {
    /// The distribution around x, for a population of λ.
    fn restart(&mut self, is_separable: bool, population: usize, sigma: f64, x: &DVector<f64>) {
        let n = self.boundary.dimension();
        self.constants = Constants::new(n, population, is_separable);
        self.steps.resize(population + 1, Step::new(n));
        self.stopping = Stopping::new(n, population);
        self.boundary.start(x, self.point.as_mut_slice());
        self.distribution.mean.copy_from(&self.point);
        self.distribution.restart(sigma, population);
        self.injected_cost = None;
        // The last generation may have been larger than this population.
        self.drawn = 0;
    }

    /// Ranks the candidates.
    fn rank(&mut self, costs: &[f64]) {
        self.order.clear();
        self.order.extend(0..costs.len());
        self.order.sort_unstable_by(|&a, &b| costs[a].total_cmp(&costs[b]).then(a.cmp(&b)));
        self.sorted.clear();
        self.sorted.extend(self.order.iter().map(|&k| costs[k]));
    }

    /// Puts a point from elsewhere among the parents, if its cost is good enough, in place of the worst candidate.
    fn admit(&mut self) {
        let Some(cost) = self.injected_cost.take() else { return };
        let rank = self.sorted.partition_point(|other| *other <= cost);
        let Some(step) = self.steps.last_mut() else { return };
        let (mean, point) = (self.distribution.mean.as_slice(), self.point.as_mut_slice());
        self.boundary.encode(&self.injected, mean, point);
        if rank < self.constants.parents && self.distribution.step_to(point, step) {
            self.order.pop();
            self.order.insert(rank, self.constants.weights.len());
        }
    }
}

impl Population for CmaEs {
    const NAME: &'static str = "CmaEs";
    type Memory = CmaEsMemory;

    fn seed(&self) -> u64 {
        self.seed
    }

    fn scale(&self) -> Option<f64> {
        self.scale
    }

    fn begin(&self, space: &Space, _random: &mut Random) -> Result<CmaEsMemory, Error> {
        let boundary = Boundary::new(space, self.scale);
        let n = boundary.dimension();
        let population = self.default_population(n);
        check_size(population, n, "population", 2)?;
        if !self.is_separable {
            check_matrix(n, "at most 11585, as there is a matrix of n²: take CmaEs::separable")?;
        }
        check(self.restarts <= 30, "restarts", f64::from(self.restarts), "from 0 to 30")?;
        for (name, tolerance) in
            [("tolerance_x", self.tolerance_x), ("tolerance_cost", self.tolerance_cost)]
        {
            check((0.0..1.0).contains(&tolerance), name, tolerance, "at least 0 and below 1")?;
        }
        let scales = DVector::from_fn(n, |i, _| boundary.scale(i));
        let mut memory = CmaEsMemory {
            constants: Constants::new(n, population, self.is_separable),
            distribution: Distribution::new(scales, self.is_separable),
            steps: Vec::new(),
            point: DVector::zeros(n),
            order: Vec::with_capacity(population + 1),
            sorted: Vec::with_capacity(population),
            stopping: Stopping::new(n, population),
            budget: Budget::default(),
            injected: space.x0().clone(),
            injected_cost: None,
            is_started: false,
            drawn: 0,
            boundary,
        };
        memory.restart(self.is_separable, population, 1.0, space.x0());
        Ok(memory)
    }

    fn propose(
        &self,
        space: &Space,
        memory: &mut CmaEsMemory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let CmaEsMemory { boundary, constants, distribution, steps, point, .. } = memory;
        let is_fixed = boundary.dimension() == 0;
        if !memory.is_started || is_fixed {
            memory.is_started = true;
            candidates.next(space.dimension()).copy_from(space.x0());
        }
        if is_fixed {
            return;
        }
        if !candidates.is_continued() {
            memory.drawn = 0;
            distribution.prepare(constants);
        }
        let work = if self.is_separable { point.len() } else { point.len() * point.len() };
        for step in steps.iter_mut().take(constants.weights.len()).skip(memory.drawn) {
            if candidates.pauses(work) {
                return;
            }
            memory.drawn += 1;
            for _ in 0..TRIES {
                distribution.sample(random, step, point.as_mut_slice());
                if boundary.admits(point.as_slice()) {
                    break;
                }
            }
            boundary.decode(space, point.as_slice(), candidates.next(space.dimension()));
        }
    }

    fn learn(
        &self,
        space: &Space,
        memory: &mut CmaEsMemory,
        random: &mut Random,
        _candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let population = memory.constants.weights.len();
        memory.budget.used = memory.budget.used.saturating_add(costs.len() as u64);
        let Some((_, costs)) = costs.split_at_checked(costs.len().wrapping_sub(population)) else {
            // There is nothing to search.
            return ControlFlow::Break(Stall::Collapsed { size: 0.0, tolerance: self.tolerance_x });
        };
        memory.rank(costs);
        if memory.sorted[0].is_finite() {
            memory.stopping.record(memory.distribution.generation + 1, &memory.sorted);
            memory.admit();
            let ranked = memory.order.iter().map(|&k| &memory.steps[k]);
            memory.distribution.learn(&memory.constants, ranked);
            memory.boundary.restrain(memory.distribution.mean.as_mut_slice());
        } else {
            memory.distribution.shrink();
        }

        let CmaEsMemory { constants, distribution, stopping, budget, sorted, .. } = memory;
        let tolerances = [self.tolerance_x, self.tolerance_cost];
        let mut reason = stopping.reason(tolerances, constants, distribution, sorted);
        if stopping.is_over(distribution.generation) || budget.is_over() {
            reason = reason.or(Some(Stall::Exhausted { points: budget.used }));
        }
        let Some(reason) = reason else { return ControlFlow::Continue(()) };
        let default = self.default_population(memory.boundary.dimension());
        let largest = LARGEST.min(MOST_NUMBERS / distribution.mean.len().max(1));
        let Some(start) = budget.next(self.regime, self.restarts, [default, largest], random)
        else {
            return ControlFlow::Break(reason);
        };
        let mut x = space.x0().clone();
        space.draw(random, &mut x);
        memory.restart(self.is_separable, start.population, start.sigma, &x);
        ControlFlow::Continue(())
    }

    fn inject(&self, _space: &Space, memory: &mut CmaEsMemory, x: &DVector<f64>, cost: f64) {
        memory.injected.copy_from(x);
        memory.injected_cost = Some(cost);
    }

    fn is_valid(&self, space: &Space, memory: &CmaEsMemory) -> bool {
        let boundary = Boundary::new(space, self.scale);
        let (n, population) = (boundary.dimension(), memory.constants.weights.len());
        memory.boundary == boundary
            && check_size(population, n, "population", 2).is_ok()
            && memory.drawn <= population
            && memory.constants == Constants::new(n, population, self.is_separable)
            && memory.distribution.is_valid(n, self.is_separable)
            && memory.steps.len() == population + 1
            && memory.steps.iter().all(|step| step.y.len() == n)
            && memory.point.len() == n
            && memory.stopping.is_valid(n, population)
            && memory.budget.is_valid()
            && memory.injected.len() == space.dimension()
    }
}
