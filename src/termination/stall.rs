//! Why a run makes no further progress.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::line_search::FailureReason;

/// What showed that a run makes no further progress.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stall {
    /// No lower point was found, even along the steepest descent. Either the costs differ only by rounding, or the
    /// gradient is not that of the cost: [`check_derivatives`](crate::check_derivatives) tells which.
    LineSearch(FailureReason),
    /// The cost rose along the steepest descent by far more than rounding, although the gradient says that it
    /// decreases: the gradient is not that of the cost, and [`check_derivatives`](crate::check_derivatives) says where.
    GradientContradictsCost,
    /// The cost rises at once along the steepest descent, and the gradient just beyond x agrees: x is at a kink, where
    /// the gradient jumps. It may be a minimum.
    Kink,
    /// The error of the differenced gradient exceeds the tolerance, so that its norm cannot show convergence.
    DifferenceError {
        /// The estimated error, in the maximum norm.
        error: f64,
        /// The tolerance of the norm.
        tolerance: f64,
    },
    /// Many iterations decreased the cost by more than rounding, but by almost nothing compared with the whole run.
    Creep {
        /// The number of iterations.
        iterations: u64,
        /// The decrease of the cost in them.
        decrease: f64,
        /// The decrease since the start.
        total: f64,
    },
    /// The [validation](crate::Minimizer::validate) cost has stopped decreasing.
    Validation {
        /// The iterations since it was lowest.
        iterations: u64,
        /// The lowest validation cost.
        lowest: f64,
    },
    /// The penalty has grown to its limit, or a barrier has shrunk to it, and the multipliers have not settled: at the
    /// solution there may be none, because the gradients of the active constraints depend on each other.
    NoMultipliers {
        /// The penalty; that of a barrier is 1/μ.
        penalty: f64,
        /// The largest |yᵢ|.
        largest: f64,
    },
    /// Every step, however short, led to a point where the cost, the gradient or its square is not finite.
    OutsideDomain,
    /// Neither the cost nor the gradient norm improved in this many iterations.
    NoImprovement {
        /// The iterations since the last improvement.
        iterations: u64,
    },
    /// A population, a simplex or a mesh has shrunk to a point.
    Collapsed {
        /// Its largest extent, relative to the coordinates or to the first extent, depending on the method.
        size: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The costs of a population, or of its last generations, are all the same.
    FlatCosts {
        /// Their range.
        range: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The covariance matrix of the search is too ill-conditioned for further progress.
    IllConditioned {
        /// Its condition number.
        condition: f64,
    },
    /// The annealing has reached its final temperature.
    Cooled {
        /// That temperature.
        temperature: f64,
    },
    /// The search has tried all its points, or made all its starts.
    Exhausted {
        /// Their number.
        points: u64,
    },
    /// Epochs ended outside the domain or at infinity, however often the step was halved.
    Diverged {
        /// How often it was halved.
        halvings: u32,
    },
    /// The relative reduction of the cost is at most the tolerance of [`no_progress`](crate::stop::no_progress).
    SmallReduction {
        /// The reduction relative to the cost, over the window.
        reduction: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// The function changes its sign, but on neither side of that are its values smaller than at the end of the first
    /// bracket: a pole, a jump, or a root that is steeper than the tolerance shows.
    Jump {
        /// The least size of the values on the two sides.
        value: f64,
        /// The width of the bracket.
        width: f64,
    },
    /// The function is NaN within the bracket, so that it is not known on which side its sign changes.
    NotANumber {
        /// Where.
        x: f64,
    },
    /// The formula of the method gives no next point: a derivative is 0 or not finite, or the point is that from which the
    /// search came.
    NoNextPoint {
        /// The last point.
        x: f64,
    },
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineSearch(reason) => {
                write!(
                    f,
                    "no lower point along the steepest descent ({reason}); unless this is rounding, \
                     check_derivatives(&problem, &x) says whether the gradient is right"
                )
            }
            Self::GradientContradictsCost => {
                write!(
                    f,
                    "the cost rises where the gradient says that it decreases: \
                     check_derivatives(&problem, &x) says where the gradient is wrong"
                )
            }
            Self::Kink => {
                write!(f, "the gradient jumps along the steepest descent: the cost has a kink")
            }
            Self::DifferenceError { error, tolerance } => {
                write!(
                    f,
                    "the differenced gradient has an error of {error:.1e} \
                     and cannot show that its norm is at most {tolerance:.1e}"
                )
            }
            Self::Creep { iterations, decrease, total } => {
                write!(
                    f,
                    "the last {iterations} iterations decreased the cost by {decrease:.1e}, \
                     almost nothing of the {total:.1e} since the start"
                )
            }
            Self::Validation { iterations, lowest } => {
                write!(
                    f,
                    "the validation cost has been above {lowest:.6e} for {iterations} iterations"
                )
            }
            Self::OutsideDomain => {
                write!(
                    f,
                    "every step leads to where the cost, the gradient or its square is not finite"
                )
            }
            Self::NoMultipliers { penalty, largest } => {
                write!(
                    f,
                    "the penalty has grown to {penalty:.1e} and the multipliers to {largest:.1e}: there may be none at the \
                     solution, where the gradients of the active constraints depend on each other"
                )
            }
            Self::NoImprovement { iterations } => {
                write!(f, "neither cost nor gradient improved in {iterations} iterations")
            }
            Self::Collapsed { size, tolerance } => {
                write!(f, "the search has shrunk to {size:.1e}, at most {tolerance:.1e}")
            }
            Self::FlatCosts { range, tolerance } => {
                write!(f, "the costs differ by {range:.1e}, at most {tolerance:.1e}")
            }
            Self::IllConditioned { condition } => {
                write!(f, "the covariance matrix has condition number {condition:.1e}")
            }
            Self::Cooled { temperature } => {
                write!(f, "the temperature has fallen to {temperature:.1e}")
            }
            Self::Exhausted { points } => write!(f, "all of the {points} points were tried"),
            Self::Diverged { halvings } => {
                write!(
                    f,
                    "epochs end at no finite cost, even with the step halved {halvings} times"
                )
            }
            Self::SmallReduction { reduction, tolerance } => {
                write!(
                    f,
                    "the relative decrease of the cost is {reduction:.1e}, at most {tolerance:.1e}"
                )
            }
            Self::Jump { value, width } => {
                write!(
                    f,
                    "the sign changes within {width:.1e}, but the values there, {value:.1e} and more, are no \
                     smaller than at the ends of the first bracket: a pole, a jump or a very steep root"
                )
            }
            Self::NotANumber { x } => {
                write!(f, "the function is NaN at {x:e}, within the bracket")
            }
            Self::NoNextPoint { x } => {
                write!(
                    f,
                    "there is no next point after {x:e}: a derivative is 0 or not finite, or the search goes \
                     back to where it came from"
                )
            }
        }
    }
}
