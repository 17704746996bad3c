//! Why a run ended, with the evidence.

mod stall;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use stall::Stall;

use crate::line_search::FailureReason;

/// Why a run ended, with the evidence.
///
/// A run has [converged](Termination::is_converged) only when a measured test holds. A run that cannot make further
/// progress has [`Stalled`](Termination::Stalled); a run that ends at a limit says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Termination {
    /// The gradient's maximum norm is at most the tolerance. Converged.
    GradientNorm {
        /// The norm measured at x.
        norm: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The first-order conditions of a problem with constraints hold, all three of them unscaled: Karush, Kuhn and
    /// Tucker's. Converged.
    FirstOrder {
        /// The maximum norm of ∇f(x) − Σ yᵢ ∇cᵢ(x), projected within bounds.
        residual: f64,
        /// By how much x violates the constraints.
        violation: f64,
        /// The largest product of a multiplier |yᵢ| with the distance of cᵢ(x) from the limit that it belongs to.
        complementarity: f64,
        /// The tolerance of all three.
        tolerance: f64,
    },
    /// The residuals are perpendicular to all that a change of the parameters can do, up to the tolerance: D. Bates and
    /// D. Watts, Technometrics 23 (1981) 179-183. Converged.
    RelativeOffset {
        /// |Q'r| √(m − n) / (|r − QQ'r| √n) with an orthonormal basis Q of the columns of the Jacobian: the Gauss-Newton step in
        /// units of the standard errors.
        offset: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The cost is at most the target. Converged.
    TargetReached {
        /// The cost measured at x.
        cost: f64,
        /// The target.
        target: f64,
    },
    /// No further progress is possible, and the gradient promises almost none: see
    /// [`converged`](crate::stop::converged). Converged.
    PromisedChange {
        /// The change of the cost that the gradient promises when a variable changes by its own size.
        promised: f64,
        /// The decrease of the cost since the start.
        decrease: f64,
    },
    /// No further progress, though no test of convergence holds.
    Stalled {
        /// What showed it.
        reason: Stall,
        /// The gradient's maximum norm where it happened.
        gradient_norm: Option<f64>,
    },
    /// The cost is -infinity, or decreases without limit. A failure: there is no minimum to find.
    Unbounded {
        /// The lowest cost seen.
        cost: f64,
    },
    /// The violation of the constraints cannot decrease to first order, and is not small: x is a stationary point of ½
    /// |v|², where vᵢ is by how much cᵢ(x) is beyond a limit, or of such a sum with weights where a method scales the
    /// constraints. A failure: no feasible point is near.
    Infeasible {
        /// The largest |vᵢ|.
        violation: f64,
        /// The maximum norm of J'v / |v|, the slope of |v|, projected within bounds.
        slope: f64,
    },
    /// The iterations are used up. A limit.
    MaxIterations {
        /// The limit.
        limit: u64,
    },
    /// The evaluations are used up. A limit.
    MaxEvaluations {
        /// The limit.
        limit: u64,
    },
    /// The time is up. A limit.
    TimeLimit {
        /// The limit.
        limit: Duration,
    },
    /// The run's token was cancelled. A limit.
    Cancelled,
    /// The run's [evaluator](crate::Evaluator) can evaluate no more. A limit.
    EvaluatorLost {
        /// What happened.
        reason: String,
    },
    /// The problem failed: an evaluation returned an error, as those of a [`Fallible`](crate::Fallible) may. The solution
    /// is the best point until then.
    ProblemFailed {
        /// What happened.
        reason: String,
    },
    /// An observer ended the run. A limit.
    StoppedByObserver,
    /// A rule made by [`when`](crate::stop::when) held. A limit.
    StoppedByRule,
    /// The run was not stepped to its end. A limit.
    NotFinished,
    /// The interval that contains the point is at most as wide as the tolerance; see [`scalar`](crate::scalar). Converged.
    Bracket {
        /// The width of the interval.
        width: f64,
        /// The tolerance of the width.
        tolerance: f64,
    },
    /// The last step towards a root is at most as long as the tolerance, and the function fell on it as it does towards a
    /// root; see [`scalar`](crate::scalar). Converged.
    Step {
        /// The length of the step.
        length: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The function is exactly 0: a root. Converged.
    Zero,
}

impl Termination {
    /// True when a measured test of convergence holds.
    pub fn is_converged(&self) -> bool {
        matches!(
            self,
            Self::GradientNorm { .. }
                | Self::FirstOrder { .. }
                | Self::RelativeOffset { .. }
                | Self::TargetReached { .. }
                | Self::PromisedChange { .. }
                | Self::Bracket { .. }
                | Self::Step { .. }
                | Self::Zero
        )
    }

    /// True when the run could make no further progress, and no test of convergence holds.
    pub fn is_stalled(&self) -> bool {
        matches!(self, Self::Stalled { .. })
    }

    /// True when a test of the gradient's norm holds.
    pub(crate) fn is_by_gradient(&self) -> bool {
        matches!(self, Self::GradientNorm { .. } | Self::FirstOrder { .. })
    }

    /// True when a run ends because nothing is left to gain or to try.
    pub(crate) fn is_at_rest(&self) -> bool {
        use FailureReason::{Rounding, TrialLimit};
        let Self::Stalled { reason, .. } = self else { return false };
        matches!(
            reason,
            Stall::LineSearch(Rounding | TrialLimit)
                | Stall::NoImprovement { .. }
                | Stall::Exhausted { .. }
        )
    }

    /// True when a limit, an observer, a rule or a token ended the run; a resumed run may go on.
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::MaxIterations { .. }
                | Self::MaxEvaluations { .. }
                | Self::TimeLimit { .. }
                | Self::Cancelled
                | Self::EvaluatorLost { .. }
                | Self::StoppedByObserver
                | Self::StoppedByRule
                | Self::NotFinished
        )
    }

    /// True when there is no minimum or no feasible point to find, the gradient contradicts the cost, or the problem
    /// failed.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Unbounded { .. }
                | Self::Infeasible { .. }
                | Self::ProblemFailed { .. }
                | Self::Stalled { reason: Stall::GradientContradictsCost, .. }
        )
    }

    /// The variant's name, for tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GradientNorm { .. } => "GradientNorm",
            Self::FirstOrder { .. } => "FirstOrder",
            Self::RelativeOffset { .. } => "RelativeOffset",
            Self::TargetReached { .. } => "TargetReached",
            Self::PromisedChange { .. } => "PromisedChange",
            Self::Stalled { .. } => "Stalled",
            Self::Unbounded { .. } => "Unbounded",
            Self::Infeasible { .. } => "Infeasible",
            Self::MaxIterations { .. } => "MaxIterations",
            Self::MaxEvaluations { .. } => "MaxEvaluations",
            Self::TimeLimit { .. } => "TimeLimit",
            Self::Cancelled => "Cancelled",
            Self::EvaluatorLost { .. } => "EvaluatorLost",
            Self::ProblemFailed { .. } => "ProblemFailed",
            Self::StoppedByObserver => "StoppedByObserver",
            Self::StoppedByRule => "StoppedByRule",
            Self::NotFinished => "NotFinished",
            Self::Bracket { .. } => "Bracket",
            Self::Step { .. } => "Step",
            Self::Zero => "Zero",
        }
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GradientNorm { norm, tolerance } => {
                write!(f, "converged: gradient norm {norm:.3e} is at most {tolerance:.3e}")
            }
            Self::FirstOrder { residual, violation, complementarity, tolerance } => {
                write!(
                    f,
                    "converged: residual {residual:.1e}, violation {violation:.1e} and complementarity {complementarity:.1e} \
                     are at most {tolerance:.1e}"
                )
            }
            Self::RelativeOffset { offset, tolerance } => {
                write!(f, "converged: the relative offset {offset:.1e} is at most {tolerance:.1e}")
            }
            Self::TargetReached { cost, target } => {
                write!(f, "converged: cost {cost:.6e} is at most {target:.6e}")
            }
            Self::PromisedChange { promised, decrease } => {
                write!(
                    f,
                    "converged: no further progress is possible, and the gradient promises {promised:.1e} \
                     after a decrease of {decrease:.1e}"
                )
            }
            Self::Stalled { reason, gradient_norm } => {
                write!(f, "stalled: {reason}")?;
                match gradient_norm {
                    Some(norm) => write!(f, " (gradient norm {norm:.3e})"),
                    None => Ok(()),
                }
            }
            Self::Unbounded { cost } => {
                write!(f, "unbounded: the cost decreases without limit, to {cost:.3e}")
            }
            Self::Infeasible { violation, slope } => {
                write!(
                    f,
                    "infeasible: the constraints are violated by {violation:.3e}, which no small step can reduce (slope {slope:.1e})"
                )
            }
            Self::MaxIterations { limit } => write!(f, "limit: {limit} iterations"),
            Self::MaxEvaluations { limit } => write!(f, "limit: {limit} evaluations"),
            Self::TimeLimit { limit } => write!(f, "limit: {limit:?}"),
            Self::Cancelled => write!(f, "cancelled"),
            Self::EvaluatorLost { reason } => write!(f, "the evaluator was lost: {reason}"),
            Self::ProblemFailed { reason } => write!(f, "the problem failed: {reason}"),
            Self::StoppedByObserver => write!(f, "stopped by an observer"),
            Self::StoppedByRule => write!(f, "stopped by a rule"),
            Self::NotFinished => write!(f, "not finished"),
            Self::Bracket { width, tolerance } => {
                write!(f, "converged: the interval of width {width:.1e} is at most {tolerance:.1e}")
            }
            Self::Step { length, tolerance } => {
                write!(f, "converged: the last step of {length:.1e} is at most {tolerance:.1e}")
            }
            Self::Zero => write!(f, "converged: the function is exactly 0"),
        }
    }
}
