//! One-dimensional searches: how far to go along a direction.
//!
//! A search looks for a step α > 0 that decreases φ(α) = f(x + α d) enough. Every search here works alone on
//! any [`Phi`], a closure `|alpha| (value, slope)` included, and inside every line-search solver:
//! `Lbfgs::default().line_search(MoreThuente::default())`.
//!
//! | search | accepts | needs slopes | suited to |
//! |---|---|---|---|
//! | [`HagerZhang`] | Wolfe or approximate Wolfe conditions | yes | quasi-Newton, conjugate gradient (default) |
//! | [`MoreThuente`] | strong Wolfe conditions | yes | quasi-Newton; fewest evaluations far from the rounding floor |
//! | [`StrongWolfe`] | strong Wolfe conditions | yes | as in the textbook |
//! | [`Backtracking`] | sufficient decrease | no | Newton, gradient descent |
//! | [`Nonmonotone`] | sufficient decrease against the last few costs | no | Barzilai-Borwein |
//! | [`FixedStep`] | everything finite | no | gradient descent at a fixed rate |
//!
//! **What all searches have in common.** A trial point is outside the domain when its value or slope is NaN or its
//! value is +infinity: the search shrinks into the domain and goes on. A value of -infinity ends it as
//! [`FailureReason::Unbounded`]. The number of trials is bounded, and so is the number of passes of a search's loop. An
//! accepted step is always the last point evaluated. A failure carries the best point seen.

mod backtracking;
mod fixed_step;
mod hager_zhang;
mod interpolation;
mod more_thuente;
mod nonmonotone;
mod strong_wolfe;
mod trials;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use backtracking::Backtracking;
pub use fixed_step::FixedStep;
pub use hager_zhang::HagerZhang;
pub use more_thuente::MoreThuente;
pub use nonmonotone::Nonmonotone;
pub use strong_wolfe::StrongWolfe;

use crate::Error;

/// Differences of values below this share of them are rounding: some tens of rounding units.
pub(crate) const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// φ(α), the cost along a ray.
///
/// Closures `|alpha: f64| (value, slope)` are `Phi`.
pub trait Phi {
    /// φ(α) and φ'(α).
    fn value_and_slope(&mut self, alpha: f64) -> (f64, f64);

    /// φ(α) alone, when that is cheaper. A later call for the slope at the same α costs only the gradient.
    fn value(&mut self, alpha: f64) -> f64 {
        self.value_and_slope(alpha).0
    }

    /// φ'(α) alone, when that is cheaper. A later call for the value at the same α costs only the cost.
    fn slope(&mut self, alpha: f64) -> f64 {
        self.value_and_slope(alpha).1
    }
}

impl<F: FnMut(f64) -> (f64, f64)> Phi for F {
    fn value_and_slope(&mut self, alpha: f64) -> (f64, f64) {
        self(alpha)
    }
}

/// Where a search starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// φ(0), finite.
    pub value: f64,
    /// φ'(0), negative.
    pub slope: f64,
    /// The first trial step, positive.
    pub alpha: f64,
    /// True when the direction carries its own length (Newton, quasi-Newton), so that `alpha` is to be tried as it
    /// is; false when it is a guess that the search may improve first.
    pub scaled: bool,
    /// True when the caller gains from steps near the minimiser of φ: searches then leave less of the slope, 0.1 of it and
    /// not 0.9, unless their own setting says otherwise.
    pub exact: bool,
    /// No trial goes beyond this step: further out x would overflow, or leave its bounds.
    pub alpha_max: f64,
    /// True when `alpha_max` is a limit of the problem, so that the step there may be accepted while φ still falls; false
    /// when only numbers end there, and φ is unbounded.
    pub limited: bool,
    /// The highest value that a search may accept when it takes a rise of φ for rounding. A run sets it to the cost at
    /// its start, or to its lowest cost plus the possible error of that, whichever is less.
    pub ceiling: f64,
    /// The size of errors in φ that are known to exceed rounding; 0 when nothing is known. Values that differ by less are
    /// level.
    pub noise: f64,
}

impl Start {
    /// A start with first trial step 1, to be tried as it is; no need for exact steps, and no limit to them.
    pub fn new(value: f64, slope: f64) -> Self {
        let (alpha_max, ceiling) = (f64::MAX / 4.0, f64::INFINITY);
        Self {
            value,
            slope,
            alpha: 1.0,
            scaled: true,
            exact: false,
            alpha_max,
            limited: false,
            ceiling,
            noise: 0.0,
        }
    }

    /// Sets the first trial step.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// How much of the slope may be left when the caller did not say: conjugate gradients and steepest descent gain
    /// from searches that are more exact (Nocedal & Wright 2006, p. 62).
    fn curvature(&self, given: Option<f64>) -> f64 {
        given.unwrap_or(if self.exact { 0.1 } else { 0.9 })
    }
}

/// A point on the ray.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The step α; 0 is the start itself.
    pub alpha: f64,
    /// φ(α).
    pub value: f64,
    /// How many trial points the search evaluated.
    pub trials: usize,
}

/// Why a search ended without an acceptable step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FailureReason {
    /// The slope at the start is not negative or not finite: not a descent direction.
    NotDescent,
    /// The bracket, or the step, shrank to rounding error.
    Rounding,
    /// The allowed number of trials is spent.
    TrialLimit,
    /// The value is -infinity, or φ still decreases steeply at the largest step that numbers allow.
    Unbounded,
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDescent => "the slope is not negative",
            Self::Rounding => "the steps shrank to rounding",
            Self::TrialLimit => "the trials of the search are used up",
            Self::Unbounded => "the cost decreases without limit",
        })
    }
}

/// A search that ended without an acceptable step, and the best point it saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// The reason.
    pub reason: FailureReason,
    /// The finite point with the lowest value seen, the start (α = 0) included.
    pub best: Step,
}

/// A one-dimensional search.
///
/// Plain configuration. What one search passes to the next is a slice of numbers, its memory.
pub trait LineSearch: Send + Sync + std::fmt::Debug {
    /// Looks for an acceptable step along `phi`. `memory` has [`memory_len`](Self::memory_len) numbers: zeros before the
    /// first search, later those that the search before left there.
    ///
    /// # Errors
    /// [`Failure`] with the reason and the best point seen.
    fn search(&self, phi: &mut dyn Phi, start: Start, memory: &mut [f64]) -> Result<Step, Failure>;

    /// How many numbers pass from one step of a solver to the next. Default: 0.
    fn memory_len(&self) -> usize {
        0
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one outside its range.
    fn check(&self) -> Result<(), Error>;

    /// True when accepted values never rise (by more than rounding), so that the last point is the best one.
    fn is_monotone(&self) -> bool {
        true
    }
}
