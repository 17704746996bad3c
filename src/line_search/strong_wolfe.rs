//! The textbook's search for the strong Wolfe conditions: expand until a step is bracketed, then zoom.
//!
//! ```text
//! φ(α) <= φ(0) + c1 α φ'(0),   |φ'(α)| <= c2 |φ'(0)|                 (3.7)
//!
//! expand   α doubles until φ is too high, or its slope has turned           (algorithm 3.5)
//! zoom     between lo, the lowest step so far, and hi: the cubic's minimiser
//!          takes the place of hi (too high) or of lo                          (algorithm 3.6)
//! ```
//!
//! Needs: φ continuously differentiable. Guarantee: c1 < c2 and a φ bounded below: the interval of the zoom always holds
//! steps that satisfy (3.7), and it shrinks at least by 0.66 in two trials.
//!
//! Departures: the book leaves the safeguards of the zoom open. Here a trial stays away from the ends by a hundredth of
//! the interval, and halves it when two trials did not shrink it enough. A step outside the domain is a hi without a
//! value. A value equal to that of lo counts as lower, in the book as higher: on short steps rounding makes it so.
//!
//! Reference: J. Nocedal, S. J. Wright, *Numerical Optimization*, 2nd ed., Springer 2006, section 3.5.

use serde::{Deserialize, Serialize};

use super::interpolation::{Sample, cubic, safeguarded};
use super::trials::{Expansion, Trials, between, check_max_trials};
use super::{Failure, FailureReason, LineSearch, Phi, Start, Step};
use crate::Error;
use crate::error::check;

/// The least distance of a trial from the ends of the interval, relative to its length.
const MARGIN: f64 = 0.01;
/// What must be left of the interval after two trials.
const SHRINKAGE: f64 = 0.66;

/// The search for the strong Wolfe conditions of Nocedal and Wright.
///
/// # Method
/// Doubles the step until a step that satisfies the conditions is bracketed, then zooms in by safeguarded cubic
/// interpolation. On failure: the best point seen, with [`FailureReason::Rounding`] when the interval has shrunk to
/// rounding.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`sufficient_decrease`](Self::sufficient_decrease) | 1e-4 | (0, 1) | c1; more: shorter steps |
/// | [`curvature`](Self::curvature) | 0.9, or 0.1 for [exact](Start::exact) steps | (c1, 1) | c2; less: more exact, more trials |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{LineSearch, Start, StrongWolfe};
///
/// // φ(α) = α³ - 3 α: the cubic through two points is φ itself, so the zoom's first trial is the minimiser
/// let mut phi = |a: f64| (a.powi(3) - 3.0 * a, 3.0 * a.powi(2) - 3.0);
/// let search = StrongWolfe::default().curvature(0.1);
/// let step = search.search(&mut phi, Start::new(0.0, -3.0).alpha(2.0), &mut []).unwrap();
/// assert!((step.alpha - 1.0).abs() < 1e-14);
/// assert_eq!(step.trials, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrongWolfe {
    sufficient_decrease: f64,
    curvature: Option<f64>,
    max_trials: usize,
}

impl Default for StrongWolfe {
    fn default() -> Self {
        Self { sufficient_decrease: 1e-4, curvature: None, max_trials: 50 }
    }
}

impl StrongWolfe {
    /// Sets c1 of the sufficient decrease.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Self {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// Sets c2 of the curvature condition.
    pub fn curvature(mut self, curvature: f64) -> Self {
        self.curvature = Some(curvature);
        self
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }

    /// What a trial means for the search.
    fn judge(&self, trials: &Trials<'_>, lo: Sample, p: Sample) -> Verdict {
        let start = trials.start();
        let target = start.value + self.sufficient_decrease * p.alpha * start.slope;
        let is_flat = p.slope.abs() <= -start.curvature(self.curvature) * start.slope;
        if is_flat && trials.is_level(p.value) {
            Verdict::Accepted
        } else if p.value > target || p.value > lo.value {
            Verdict::TooHigh
        } else if is_flat {
            Verdict::Accepted
        } else {
            Verdict::Lower
        }
    }

    /// Algorithm 3.6; `hi` is `Err(α)` when it lies outside the domain.
    fn zoom(
        &self,
        trials: &mut Trials<'_>,
        mut lo: Sample,
        mut hi: Result<Sample, f64>,
    ) -> Result<Step, Failure> {
        let start = trials.start();
        let mut widths = [f64::INFINITY; 2];
        // Outside the domain: first goes back most of the way, then, from within, halves what is left.
        let mut outside_share = 0.1;
        loop {
            let end = hi.map_or_else(|alpha| alpha, |point| point.alpha);
            let width = (end - lo.alpha).abs();
            if width <= 2.0 * f64::EPSILON * end.max(lo.alpha) {
                return Err(trials.failure(FailureReason::Rounding));
            }
            let share = match hi {
                Err(_) => outside_share,
                Ok(_) if width > SHRINKAGE * widths[0] => 0.5,
                Ok(hi) => safeguarded(cubic(lo, hi), MARGIN, 1.0 - MARGIN),
            };
            widths = [widths[1], width];

            let Some(alpha) = between(lo.alpha, end, share) else {
                return Err(trials.failure(FailureReason::Rounding));
            };
            let Some(p) = trials.point(alpha)? else {
                hi = Err(alpha);
                outside_share = 0.1;
                continue;
            };
            outside_share = 0.5;
            match self.judge(trials, lo, p) {
                Verdict::Accepted => return Ok(trials.accept(p.alpha, p.value)),
                Verdict::TooHigh => {
                    if p.value > start.value && trials.is_below_rounding(alpha) {
                        return Err(trials.failure(FailureReason::Rounding));
                    }
                    hi = Ok(p);
                }
                Verdict::Lower => {
                    if p.slope * (end - lo.alpha) >= 0.0 {
                        hi = Ok(lo);
                    }
                    lo = p;
                }
            }
        }
    }
}

/// What a trial means for the search.
enum Verdict {
    /// It satisfies the strong Wolfe conditions.
    Accepted,
    /// Too little decrease, or above `lo`.
    TooHigh,
    /// Not above `lo`, but too steep.
    Lower,
}

impl LineSearch for StrongWolfe {
    /// Algorithm 3.5.
    fn search(
        &self,
        phi: &mut dyn Phi,
        start: Start,
        _memory: &mut [f64],
    ) -> Result<Step, Failure> {
        let mut trials = Trials::new(phi, start, self.max_trials)?;
        let start = trials.start();
        let mut lo = Sample { alpha: 0.0, value: start.value, slope: start.slope };
        let mut alpha = start.alpha;
        let mut expansion = Expansion::new(2.0);
        loop {
            let Some(p) = trials.point(alpha)? else {
                return self.zoom(&mut trials, lo, Err(alpha));
            };
            match self.judge(&trials, lo, p) {
                Verdict::Accepted => return Ok(trials.accept(p.alpha, p.value)),
                Verdict::TooHigh => return self.zoom(&mut trials, lo, Ok(p)),
                Verdict::Lower if p.slope >= 0.0 => return self.zoom(&mut trials, p, Ok(lo)),
                Verdict::Lower if alpha == start.alpha_max => return trials.at_limit(alpha),
                Verdict::Lower => {
                    lo = p;
                    alpha = (alpha * expansion.next_factor()).min(start.alpha_max);
                }
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let c1 = self.sufficient_decrease;
        check(c1 > 0.0 && c1 < 1.0, "sufficient_decrease", c1, "in (0, 1)")?;
        if let Some(c2) = self.curvature {
            check(c2 > c1 && c2 < 1.0, "curvature", c2, "in (sufficient_decrease, 1)")?;
        }
        check_max_trials(self.max_trials)
    }
}
