//! When a run ends: rules that compose.
//!
//! A rule is a pure function of [`Progress`]; what it needs from the past, the run keeps and stores in the
//! checkpoint. `gradient_norm(1e-8).or(max_iterations(500))` ends a run at whichever comes first. Without a rule
//! of the caller's a run stops at a gradient of maximum norm 1e-6, absolute, or after 100000 iterations. Beside any
//! rule, a run always ends when neither cost nor gradient has improved in 100 iterations
//! ([`Stall::NoImprovement`]; update rules have [more patience](crate::Solver::patience)).

use std::fmt;
use std::time::{Duration, Instant};

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Error, Evaluations, Stall, Termination};

/// The state of a run after an iteration, as rules and observers see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// Steps taken; 0 at the start.
    pub iteration: u64,
    /// The best point so far.
    pub x: &'a DVector<f64>,
    /// The cost there.
    pub cost: f64,
    /// The gradient's maximum norm there; `None` when the method does not look at gradients.
    pub gradient_norm: Option<f64>,
    /// Calls so far.
    pub evaluations: Evaluations,
    /// What the run remembers of earlier iterations.
    pub history: &'a History,
    pub(crate) started: Instant,
}

impl Progress<'_> {
    /// Wall-clock time so far. Reads the clock.
    pub fn elapsed(&self) -> Duration {
        self.history.elapsed_before + self.started.elapsed()
    }
}

/// Longest window of [`no_progress`], in iterations.
const LONGEST_WINDOW: usize = 32;

/// What rules need from the past of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct History {
    /// The gradient norm at the start.
    pub first_gradient_norm: Option<f64>,
    /// The lowest cost so far.
    pub best_cost: f64,
    /// The lowest gradient norm so far.
    pub best_gradient_norm: f64,
    /// Iterations since either improved.
    pub since_improvement: u64,
    /// Time spent before the run was resumed.
    pub(crate) elapsed_before: Duration,
    /// The costs of the last iterations, iteration k at k mod the length.
    costs: [f64; LONGEST_WINDOW],
}

impl History {
    pub(crate) fn new(cost: f64, gradient_norm: Option<f64>) -> Self {
        Self {
            first_gradient_norm: gradient_norm,
            best_cost: cost,
            best_gradient_norm: gradient_norm.unwrap_or(f64::INFINITY),
            since_improvement: 0,
            elapsed_before: Duration::ZERO,
            costs: [cost; LONGEST_WINDOW],
        }
    }

    /// Takes in the iteration that has just been made.
    pub(crate) fn record(&mut self, iteration: u64, cost: f64, gradient_norm: Option<f64>) {
        // A gain below two units in the last place is rounding.
        let lower = cost < self.best_cost - 2.0 * f64::EPSILON * self.best_cost.abs();
        let flatter = gradient_norm.is_some_and(|norm| norm < self.best_gradient_norm);
        self.best_cost = self.best_cost.min(cost);
        self.best_gradient_norm =
            self.best_gradient_norm.min(gradient_norm.unwrap_or(f64::INFINITY));
        self.since_improvement = if lower || flatter { 0 } else { self.since_improvement + 1 };
        self.costs[iteration as usize % LONGEST_WINDOW] = cost;
    }

    fn cost_before(&self, iteration: u64, window: u64) -> f64 {
        self.costs[(iteration - window) as usize % LONGEST_WINDOW]
    }
}

/// A rule that ends a run.
pub struct Stop(Rule);

enum Rule {
    GradientNorm { tolerance: f64, relative: Relative },
    Target(f64),
    MaxIterations(u64),
    MaxEvaluations(u64),
    NoProgress { tolerance: f64, window: u64 },
    When(Box<dyn Fn(&Progress<'_>) -> bool + Send + Sync>),
    Or(Box<Stop>, Box<Stop>),
    And(Box<Stop>, Box<Stop>),
}

#[derive(Clone, Copy, Debug)]
enum Relative {
    Absolute,
    ToCost,
    ToFirst,
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance`, absolute. Range: ≥ 0.
pub fn gradient_norm(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::Absolute })
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance` · max(1, |f|), as test sets of the literature ask. It depends on the
/// zero of f: prefer [`gradient_norm`]. Range: ≥ 0.
pub fn gradient_norm_relative_to_cost(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::ToCost })
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance` times that at the start. Range: ≥ 0.
pub fn gradient_norm_relative_to_first(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::ToFirst })
}

/// Converged when f ≤ `target`.
pub fn target(target: f64) -> Stop {
    Stop(Rule::Target(target))
}

/// Ends after `limit` iterations.
pub fn max_iterations(limit: u64) -> Stop {
    Stop(Rule::MaxIterations(limit))
}

/// Ends once `limit` costs or `limit` gradients were evaluated, in the middle of an iteration if need be: a run never
/// evaluates more, the start aside. The terms of mini-batches are not counted. Joined to another rule by
/// [`and`](Stop::and) it is looked at after each iteration only.
pub fn max_evaluations(limit: u64) -> Stop {
    Stop(Rule::MaxEvaluations(limit))
}

/// Stalled when the cost fell by no more than `tolerance` · |f| over the last `window` iterations. Range: tolerance
/// ≥ 0, window 1 to 31. It says nothing about convergence, and does not claim to.
pub fn no_progress(tolerance: f64, window: u64) -> Stop {
    Stop(Rule::NoProgress { tolerance, window })
}

/// Ends when `rule` returns true.
///
/// ```
/// use extremum::{Lbfgs, Minimizer, from_fn, stop};
/// let problem = from_fn(1, |x| x[0].powi(4));
/// let found = Minimizer::new(&problem, Lbfgs::default(), [1.0]).stop_when(stop::when(|p| p.cost < 1e-4)).run()?;
/// assert!(found.cost < 1e-4);
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn when(rule: impl Fn(&Progress<'_>) -> bool + Send + Sync + 'static) -> Stop {
    Stop(Rule::When(Box::new(rule)))
}

impl Stop {
    /// Ends when either rule does.
    pub fn or(self, other: Stop) -> Stop {
        Stop(Rule::Or(Box::new(self), Box::new(other)))
    }

    /// Ends when both rules do, for the reason of the first.
    pub fn and(self, other: Stop) -> Stop {
        Stop(Rule::And(Box::new(self), Box::new(other)))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Rule::GradientNorm { tolerance, .. } => {
                check(*tolerance >= 0.0, "gradient_norm", *tolerance, "at least 0")
            }
            Rule::Target(target) => check(!target.is_nan(), "target", *target, "a number"),
            Rule::NoProgress { tolerance, window } => {
                check(*tolerance >= 0.0, "no_progress tolerance", *tolerance, "at least 0")?;
                let in_range = (1..LONGEST_WINDOW as u64).contains(window);
                check(in_range, "no_progress window", *window as f64, "from 1 to 31")
            }
            Rule::Or(a, b) | Rule::And(a, b) => a.check().and_then(|()| b.check()),
            Rule::MaxIterations(_) | Rule::MaxEvaluations(_) | Rule::When(_) => Ok(()),
        }
    }

    /// The number of evaluations at which a run ends whatever else holds.
    pub(crate) fn evaluation_limit(&self) -> u64 {
        match &self.0 {
            Rule::MaxEvaluations(limit) => *limit,
            Rule::Or(a, b) => a.evaluation_limit().min(b.evaluation_limit()),
            _ => u64::MAX,
        }
    }

    /// The reason to end here, if there is one.
    pub(crate) fn holds(&self, p: &Progress<'_>) -> Option<Termination> {
        match &self.0 {
            Rule::GradientNorm { tolerance, relative } => {
                let norm = p.gradient_norm?;
                let tolerance = tolerance
                    * match relative {
                        Relative::Absolute => 1.0,
                        Relative::ToCost => p.cost.abs().max(1.0),
                        Relative::ToFirst => p.history.first_gradient_norm?,
                    };
                (norm <= tolerance).then_some(Termination::GradientNorm { norm, tolerance })
            }
            Rule::Target(target) => (p.cost <= *target)
                .then_some(Termination::TargetReached { cost: p.cost, target: *target }),
            Rule::MaxIterations(limit) => {
                (p.iteration >= *limit).then_some(Termination::MaxIterations { limit: *limit })
            }
            Rule::MaxEvaluations(limit) => (p.evaluations.cost.max(p.evaluations.gradient)
                >= *limit)
                .then_some(Termination::MaxEvaluations { limit: *limit }),
            Rule::NoProgress { tolerance, window } => {
                if p.iteration < *window {
                    return None;
                }
                let fell = p.history.cost_before(p.iteration, *window) - p.cost;
                let reduction = if fell == 0.0 { 0.0 } else { fell / p.cost.abs() };
                (reduction <= *tolerance).then_some(Termination::Stalled {
                    reason: Stall::SmallReduction { reduction, tolerance: *tolerance },
                    gradient_norm: p.gradient_norm,
                })
            }
            Rule::When(rule) => rule(p).then_some(Termination::StoppedByRule),
            Rule::Or(a, b) => a.holds(p).or_else(|| b.holds(p)),
            Rule::And(a, b) => b.holds(p).and(a.holds(p)),
        }
    }
}

impl Default for Stop {
    fn default() -> Self {
        gradient_norm(1e-6).or(max_iterations(100_000))
    }
}

/// The rule beside every rule.
pub(crate) fn no_improvement(p: &Progress<'_>, patience: u64) -> Option<Termination> {
    let iterations = p.history.since_improvement;
    (iterations >= patience).then_some(Termination::Stalled {
        reason: Stall::NoImprovement { iterations },
        gradient_norm: p.gradient_norm,
    })
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::GradientNorm { tolerance, relative } => {
                write!(f, "gradient_norm({tolerance:e}, {relative:?})")
            }
            Rule::Target(target) => write!(f, "target({target:e})"),
            Rule::MaxIterations(limit) => write!(f, "max_iterations({limit})"),
            Rule::MaxEvaluations(limit) => write!(f, "max_evaluations({limit})"),
            Rule::NoProgress { tolerance, window } => {
                write!(f, "no_progress({tolerance:e}, {window})")
            }
            Rule::When(_) => write!(f, "when(..)"),
            Rule::Or(a, b) => write!(f, "({a:?} or {b:?})"),
            Rule::And(a, b) => write!(f, "({a:?} and {b:?})"),
        }
    }
}
