//! When a run ends: rules that compose.
//!
//! A rule is a pure function of [`Progress`]; the run keeps the history that rules need, and stores it in the
//! checkpoint. `gradient_norm(1e-8).or(max_iterations(500))` ends a run at whichever comes first. By default a run
//! ends when it has [`converged`], or after 100000 iterations. Under every rule, a run also ends when neither the cost nor
//! the gradient (nor the infeasibility, with constraints) has improved in 100 iterations ([`Stall::NoImprovement`]; update
//! rules have [more patience](crate::Solver::patience)), or when twenty times as many iterations have gained almost
//! nothing ([`Stall::Creep`]).

mod history;
mod validated;

use std::fmt;
use std::time::Duration;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};
use web_time::Instant;

pub use history::History;
use history::LONGEST_WINDOW;
pub(crate) use history::stalls;
pub(crate) use validated::Validated;

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
    /// The gradient's maximum norm there; `None` when the method uses no gradients. See
    /// [`State::gradient_norm`](crate::State::gradient_norm).
    pub gradient_norm: Option<f64>,
    /// The infeasibility of x, by how much it violates the constraints; `None` when the method keeps none. See
    /// [`State::infeasibility`](crate::State::infeasibility).
    pub infeasibility: Option<f64>,
    /// See [`State::complementarity`](crate::State::complementarity).
    pub complementarity: Option<f64>,
    /// The current iterate, which may be worse than the best: [`State::current`](crate::State::current).
    pub current: &'a DVector<f64>,
    /// The cost there.
    pub current_cost: f64,
    /// Calls so far.
    pub evaluations: Evaluations,
    /// What the run remembers of earlier iterations.
    pub history: &'a History,
    /// See [`Solver::promised_change`](crate::Solver::promised_change); measured where a rule needs it.
    pub(crate) promised: Option<f64>,
    pub(crate) started: Instant,
}

impl Progress<'_> {
    /// Wall-clock time so far. Reads the clock.
    pub fn elapsed(&self) -> Duration {
        self.history.elapsed_before + self.started.elapsed()
    }
}

/// The gradient norm that [`converged`] requires.
pub(crate) const TOLERANCE: f64 = 1e-6;

/// The infeasibility up to which x satisfies the constraints, for rules without a tolerance of their own.
pub(crate) const FEASIBLE: f64 = 1e-6;

/// A gradient is too large, whatever its norm, when it promises more than this share of what the run has gained.
const CHEAP: f64 = 1e-6;
/// What it may promise at the end of a run that can gain no more.
const SMALL: f64 = 1e-8;
/// A promise below this share of the cost is lost in rounding.
const INVISIBLE: f64 = 4.0 * f64::EPSILON;

impl Progress<'_> {
    /// True when x violates no constraint by more than the tolerance.
    fn is_feasible(&self, tolerance: f64) -> bool {
        self.infeasibility.is_none_or(|infeasibility| infeasibility <= tolerance)
    }

    /// True when x is feasible and the multipliers are complementary, both up to the tolerance.
    fn keeps_constraints(&self, tolerance: f64) -> bool {
        let is_complementary = self.complementarity.is_none_or(|product| product <= tolerance);
        is_complementary && self.is_feasible(tolerance)
    }

    /// The evidence that the gradient is small; with constraints, that all first-order conditions hold.
    fn evidence(&self, norm: f64, tolerance: f64) -> Termination {
        match self.infeasibility {
            None => Termination::GradientNorm { norm, tolerance },
            Some(violation) => Termination::FirstOrder {
                residual: norm,
                violation,
                complementarity: self.complementarity.unwrap_or(0.0),
                tolerance,
            },
        }
    }

    /// The decrease of the cost since the start.
    pub(crate) fn decrease(&self) -> f64 {
        (self.history.first_cost - self.cost).max(0.0)
    }

    /// True when the gradient promises at most `share` of what the run has gained, or no more than rounding of the cost; also
    /// when its promise is unknown.
    fn promises_at_most(&self, share: f64) -> bool {
        self.promised.is_none_or(|promised| {
            promised <= share * self.decrease() || promised <= INVISIBLE * self.cost.abs()
        })
    }

    /// The warning, when a test of the gradient was met so cheaply that it says nothing.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let decrease = self.decrease();
        self.promised
            .filter(|_| !self.promises_at_most(CHEAP))
            .map(|promised| Warning { promised, decrease })
    }
}

/// A test of the gradient that was met too cheaply: the gradient still promises a change of the cost that is not small
/// compared with the decrease so far, because the cost or the variables are in units far from 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// The change of the cost that the gradient promises when a variable changes by its own size; see
    /// [`Solver::promised_change`](crate::Solver::promised_change).
    pub promised: f64,
    /// The decrease of the cost since the start.
    pub decrease: f64,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { promised, decrease } = self;
        write!(
            f,
            "warning: the test was met too cheaply. The gradient still promises a change of {promised:.1e} after a decrease of \
             {decrease:.1e}: the cost or the variables are in units far from 1. Set typical_x, or use \
             gradient_norm_relative_to_first"
        )
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
    /// Absolute, and not met too cheaply.
    Earned,
    Absolute,
    ToCost,
    ToFirst,
}

/// The default test: converged when max |∂f/∂xᵢ| ≤ 1e-6, unless the units make that too easy.
///
/// The change of the cost that the gradient promises also has to be small compared with the decrease since the start:
/// with sᵢ the largest of |xᵢ|, the distance from the start and `typical_x`,
///
/// ```text
/// m = max |∂f/∂xᵢ| sᵢ ≤ 1e-6 (f(x₀) − f(x)),  or  m ≤ 4 ε |f(x)|
/// ```
///
/// Where it promises more, because the cost or a variable is in units far from 1, the run goes on. Once no further
/// progress is possible (a search ends in rounding, or nothing improves), it has converged when the gradient passes the
/// absolute test, or m ≤ 1e-8 (f(x₀) − f(x)) or m ≤ 4 ε |f(x)| ([`Termination::PromisedChange`]). So scaling the cost
/// or a variable does not change the verdict.
///
/// With constraints, x may violate them by no more than 1e-6.
///
/// ```
/// use extremum::{Lbfgs, Minimizer, from_fn, stop::{converged, max_iterations}};
/// // In units of 1e-12 the gradient is below 1e-6 everywhere near the start.
/// let tiny = from_fn(2, |x| 1e-12 * ((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2)))
///     .with_gradient(|x, g| {
///         let t = x[1] - x[0].powi(2);
///         g[0] = 1e-12 * (-2.0 * (1.0 - x[0]) - 400.0 * t * x[0]);
///         g[1] = 1e-12 * 200.0 * t;
///     });
/// let found = Minimizer::new(&tiny, Lbfgs::default(), [-1.2, 1.0])
///     .stop_when(converged().or(max_iterations(1000)))
///     .run()?;
/// assert!(found.termination.is_converged() && (found.x[0] - 1.0).abs() < 1e-3);
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn converged() -> Stop {
    Stop(Rule::GradientNorm { tolerance: TOLERANCE, relative: Relative::Earned })
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance`, absolute. Range: ≥ 0. Within bounds or constraints the norm is that of
/// [`State::gradient_norm`](crate::State::gradient_norm). With constraints, x may violate them by no more than `tolerance`;
/// the same holds for the two relative tests.
pub fn gradient_norm(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::Absolute })
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance` · max(1, |f|), as test sets of the literature require. It depends on the
/// zero level of f: prefer [`gradient_norm`]. Range: ≥ 0.
pub fn gradient_norm_relative_to_cost(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::ToCost })
}

/// Converged when max |∂f/∂xᵢ| ≤ `tolerance` times that at the start. Range: ≥ 0.
pub fn gradient_norm_relative_to_first(tolerance: f64) -> Stop {
    Stop(Rule::GradientNorm { tolerance, relative: Relative::ToFirst })
}

/// Converged when f ≤ `target`. With constraints, x may violate them by no more than 1e-6.
pub fn target(target: f64) -> Stop {
    Stop(Rule::Target(target))
}

/// Ends after `limit` iterations.
pub fn max_iterations(limit: u64) -> Stop {
    Stop(Rule::MaxIterations(limit))
}

/// Ends once `limit` evaluations of one kind were made (costs, gradients, residuals, constraints, Jacobians of either, or
/// Hessians of the constraints), in the middle of an iteration if necessary: apart from the start, a run never makes more.
/// Hessians of the cost and the terms of mini-batches are not counted. Combined with another rule by
/// [`and`](Stop::and), it is checked only after each iteration.
pub fn max_evaluations(limit: u64) -> Stop {
    Stop(Rule::MaxEvaluations(limit))
}

/// Stalled when the cost decreased by no more than `tolerance` · |f| over the last `window` iterations. Range:
/// tolerance ≥ 0, window 1 to 31. With constraints, only where x violates them by no more than 1e-6. It is not a test of
/// convergence.
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
                let is_in_range = *tolerance >= 0.0 && tolerance.is_finite();
                check(is_in_range, "gradient_norm", *tolerance, "at least 0 and finite")
            }
            Rule::Target(target) => {
                let is_in_range = *target < f64::INFINITY;
                check(is_in_range, "target", *target, "a number below infinity")
            }
            Rule::NoProgress { tolerance, window } => {
                check(*tolerance >= 0.0, "no_progress tolerance", *tolerance, "at least 0")?;
                let in_range = (1..LONGEST_WINDOW as u64).contains(window);
                check(in_range, "no_progress window", *window as f64, "from 1 to 31")
            }
            Rule::Or(a, b) | Rule::And(a, b) => a.check().and_then(|()| b.check()),
            Rule::MaxIterations(_) | Rule::MaxEvaluations(_) | Rule::When(_) => Ok(()),
        }
    }

    /// The number of evaluations at which a run ends whatever the other rules.
    pub(crate) fn evaluation_limit(&self) -> u64 {
        match &self.0 {
            Rule::MaxEvaluations(limit) => *limit,
            Rule::Or(a, b) => a.evaluation_limit().min(b.evaluation_limit()),
            _ => u64::MAX,
        }
    }

    /// True when [`converged`] may end the run by itself.
    fn asks_for_convergence(&self) -> bool {
        match &self.0 {
            Rule::GradientNorm { relative: Relative::Earned, .. } => true,
            Rule::Or(a, b) => a.asks_for_convergence() || b.asks_for_convergence(),
            _ => false,
        }
    }

    /// The convergence of a run that can gain no more; see [`converged`].
    pub(crate) fn settles(&self, p: &Progress<'_>) -> Option<Termination> {
        let asks = self.asks_for_convergence() && p.keeps_constraints(TOLERANCE);
        let norm = p.gradient_norm.filter(|_| asks)?;
        if norm <= TOLERANCE {
            return Some(p.evidence(norm, TOLERANCE));
        }
        let promised = p.promised.filter(|_| p.promises_at_most(SMALL))?;
        Some(Termination::PromisedChange { promised, decrease: p.decrease() })
    }

    /// The reason to end here, if there is one.
    pub(crate) fn holds(&self, p: &Progress<'_>) -> Option<Termination> {
        match &self.0 {
            Rule::GradientNorm { tolerance, relative } => {
                let norm = p.gradient_norm.filter(|_| p.keeps_constraints(*tolerance))?;
                if matches!(relative, Relative::Earned) && !p.promises_at_most(CHEAP) {
                    return None;
                }
                let tolerance = tolerance
                    * match relative {
                        Relative::Earned | Relative::Absolute => 1.0,
                        Relative::ToCost => p.cost.abs().max(1.0),
                        Relative::ToFirst => p.history.first_gradient_norm?,
                    };
                (norm <= tolerance).then(|| p.evidence(norm, tolerance))
            }
            Rule::Target(target) => (p.cost <= *target && p.is_feasible(FEASIBLE))
                .then_some(Termination::TargetReached { cost: p.cost, target: *target }),
            Rule::MaxIterations(limit) => {
                (p.iteration >= *limit).then_some(Termination::MaxIterations { limit: *limit })
            }
            Rule::MaxEvaluations(limit) => (p.evaluations.largest() >= *limit)
                .then_some(Termination::MaxEvaluations { limit: *limit }),
            Rule::NoProgress { tolerance, window } => {
                if p.iteration < *window || !p.is_feasible(FEASIBLE) {
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

/// The iterations of a run without a rule of its own.
pub(crate) const DEFAULT_ITERATIONS: u64 = 100_000;

impl Default for Stop {
    fn default() -> Self {
        converged().or(max_iterations(DEFAULT_ITERATIONS))
    }
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
