//! The history of a run, and the tests of progress that hold under every rule.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Stall;

/// Longest window of [`no_progress`](super::no_progress), in iterations.
pub(super) const LONGEST_WINDOW: usize = 32;

/// The history of a run, as far as rules need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct History {
    /// The cost at the start.
    pub first_cost: f64,
    /// The gradient norm at the start.
    pub first_gradient_norm: Option<f64>,
    /// The lowest cost so far; with constraints, since the infeasibility was last reduced to a new minimum.
    pub best_cost: f64,
    /// The lowest gradient norm so far.
    pub best_gradient_norm: f64,
    /// The lowest infeasibility so far; 0 without constraints.
    pub best_infeasibility: f64,
    /// Iterations since the infeasibility, the cost, the gradient norm or the running mean of the norms improved.
    pub since_improvement: u64,
    /// The running mean of the gradient norms, in which the latest weigh most, and its lowest value.
    mean_norm: f64,
    least_mean_norm: f64,
    /// The iteration from which creep is measured.
    mark: Mark,
    /// Time spent before the run was resumed.
    pub(crate) elapsed_before: Duration,
    /// The costs of the last iterations, iteration k at k mod the length.
    costs: [f64; LONGEST_WINDOW],
}

/// Where a run was, some thousand iterations ago.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    iteration: u64,
    cost: f64,
    gradient_norm: f64,
    infeasibility: f64,
}

/// The share of the newest norm in the mean of norms.
const NEWEST: f64 = 1.0 / 16.0;
/// A mean of norms below this share of the least so far is an improvement.
const LOWER_MEAN: f64 = 0.99;
/// Creep is judged over this many times the solver's patience.
const CREEP: u64 = 20;
/// Creep gains at most this share of all that the run has gained,
const NEXT_TO_NOTHING: f64 = 1e-9;
/// and leaves more than this share of the gradient norm, and of the infeasibility.
const AS_STEEP: f64 = 0.5;

impl History {
    pub(crate) fn new(cost: f64, gradient_norm: Option<f64>, infeasibility: Option<f64>) -> Self {
        let norm = gradient_norm.unwrap_or(f64::INFINITY);
        let infeasibility = infeasibility.unwrap_or(0.0);
        Self {
            first_cost: cost,
            first_gradient_norm: gradient_norm,
            best_cost: cost,
            best_gradient_norm: norm,
            best_infeasibility: infeasibility,
            since_improvement: 0,
            mean_norm: norm,
            least_mean_norm: norm,
            mark: Mark { iteration: 0, cost, gradient_norm: norm, infeasibility },
            elapsed_before: Duration::ZERO,
            costs: [cost; LONGEST_WINDOW],
        }
    }

    /// Records the iteration that was just made.
    pub(crate) fn record(
        &mut self,
        iteration: u64,
        cost: f64,
        gradient_norm: Option<f64>,
        infeasibility: Option<f64>,
    ) {
        let norm = gradient_norm.unwrap_or(f64::INFINITY);
        let infeasibility = infeasibility.unwrap_or(0.0);
        let more_feasible = infeasibility < self.best_infeasibility;
        if more_feasible {
            // Nearer to the feasible set the cost may be higher: it is measured from here.
            (self.best_infeasibility, self.best_cost) = (infeasibility, cost);
        }
        // A gain below two units in the last place is rounding.
        let lower = cost < self.best_cost - 2.0 * f64::EPSILON * self.best_cost.abs();
        let flatter = norm < self.best_gradient_norm;
        self.best_cost = self.best_cost.min(cost);
        self.best_gradient_norm = self.best_gradient_norm.min(norm);
        // One norm that was small by chance hides the trend of those after it.
        if self.mean_norm.is_finite() {
            self.mean_norm += NEWEST * (norm - self.mean_norm);
        } else {
            self.mean_norm = norm;
        }
        let flatter_in_the_mean = self.mean_norm < LOWER_MEAN * self.least_mean_norm;
        if flatter_in_the_mean {
            self.least_mean_norm = self.mean_norm;
        }
        let improves = more_feasible || lower || flatter || flatter_in_the_mean;
        self.since_improvement = if improves { 0 } else { self.since_improvement + 1 };
        self.costs[iteration as usize % LONGEST_WINDOW] = cost;
    }

    /// False for counts so large that going on would overflow them.
    pub(crate) fn is_valid(&self) -> bool {
        let counts = [self.since_improvement, self.mark.iteration, self.elapsed_before.as_secs()];
        counts.iter().all(|count| *count < u64::MAX / 2)
    }

    /// The reason to end a run that has crept since the mark. The mark moves with every judgement.
    fn creep(&mut self, (iteration, cost): (u64, f64), patience: u64) -> Option<Stall> {
        let Mark { iteration: from, cost: before, gradient_norm, infeasibility } = self.mark;
        let iterations = iteration.saturating_sub(from);
        if iterations < patience.saturating_mul(CREEP) {
            return None;
        }
        let Self { best_gradient_norm, best_infeasibility, .. } = *self;
        self.mark = Mark {
            iteration,
            cost,
            gradient_norm: best_gradient_norm,
            infeasibility: best_infeasibility,
        };
        let (decrease, total) = (before - cost, self.first_cost - cost);
        let is_creep = decrease <= NEXT_TO_NOTHING * total
            && best_gradient_norm >= AS_STEEP * gradient_norm
            && best_infeasibility >= AS_STEEP * infeasibility;
        is_creep.then_some(Stall::Creep { iterations, decrease, total })
    }

    pub(super) fn cost_before(&self, iteration: u64, window: u64) -> f64 {
        self.costs[(iteration - window) as usize % LONGEST_WINDOW]
    }
}

/// The tests that hold under every rule.
pub(crate) fn stalls(
    history: &mut History,
    (iteration, cost): (u64, f64),
    patience: u64,
) -> Option<Stall> {
    let iterations = history.since_improvement;
    if iterations >= patience {
        return Some(Stall::NoImprovement { iterations });
    }
    history.creep((iteration, cost), patience)
}
