//! Backtracking: from a step that may be too long down to the first that decreases φ enough.
//!
//! ```text
//! accept α when φ(α) <= φ(0) + c1 α φ'(0)                        (3.4)
//! else the next α minimises the parabola through φ(0), φ'(0), φ(α)    (3.57), (3.58)
//!      and from the second time on the cubic through the last value too,
//!      kept between 0.1 and 0.5 of the last α
//! ```
//!
//! Needs: values only. Guarantee: for a φ that is differentiable at 0, a step is found after finitely many trials; where φ'
//! has the Lipschitz constant L, it is no shorter than min(α0, 0.2 (1 - c1) |φ'(0)| / L).
//!
//! Reference: J. Nocedal, S. J. Wright, *Numerical Optimization*, 2nd ed., Springer 2006, algorithm 3.1 and section 3.5.

use serde::{Deserialize, Serialize};

use super::interpolation::{cubic_from_values, quadratic, safeguarded};
use super::trials::{Trials, check_max_trials};
use super::{Failure, LineSearch, Phi, Start, Step};
use crate::Error;
use crate::error::check;

/// Backtracking to a sufficient decrease, by interpolation.
///
/// # Method
/// A rejected step is cut to the minimiser of the parabola, later of the cubic, through the known values; a step
/// outside the domain is halved. Evaluates values only. It never lengthens the first trial step, so it suits directions
/// that carry their own length. On failure: the best point seen, with
/// [`FailureReason::Rounding`](super::FailureReason::Rounding) when the step promises less than one rounding error of
/// φ(0).
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`sufficient_decrease`](Self::sufficient_decrease) | 1e-4 | (0, 1) | c1; more: shorter steps |
/// | [`order`](Self::order) | 3 | 2 or 3 | of the interpolation: parabolas only, or cubics |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{Backtracking, LineSearch, Start};
///
/// // φ(α) = (2 α - 1)²: from α = 1.5 the parabola leads to its minimiser at once
/// let mut phi = |a: f64| ((2.0 * a - 1.0).powi(2), 4.0 * (2.0 * a - 1.0));
/// let start = Start::new(1.0, -4.0).alpha(1.5);
/// let step = Backtracking::default().search(&mut phi, start, &mut []).unwrap();
/// assert_eq!((step.alpha, step.value, step.trials), (0.5, 0.0, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtracking {
    sufficient_decrease: f64,
    order: u8,
    max_trials: usize,
}

impl Default for Backtracking {
    fn default() -> Self {
        Self { sufficient_decrease: 1e-4, order: 3, max_trials: 50 }
    }
}

impl Backtracking {
    /// Sets c1 of the sufficient decrease.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Self {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// Sets the order of the interpolation: 2 or 3.
    pub fn order(mut self, order: u8) -> Self {
        self.order = order;
        self
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }
}

impl LineSearch for Backtracking {
    fn search(
        &self,
        phi: &mut dyn Phi,
        start: Start,
        _memory: &mut [f64],
    ) -> Result<Step, Failure> {
        let mut trials = Trials::new(phi, start, self.max_trials)?;
        let start = trials.start();
        let mut alpha = start.alpha;
        let mut older = None;
        loop {
            let Some(value) = trials.value(alpha)? else {
                alpha *= 0.5;
                continue;
            };
            if value <= start.value + self.sufficient_decrease * alpha * start.slope {
                return Ok(trials.accept(alpha, value));
            }
            if trials.is_below_rounding(alpha) {
                match trials.step_by_slopes((alpha, value), self.sufficient_decrease)? {
                    Ok(step) => return Ok(step),
                    Err(next) => alpha = next,
                }
                continue;
            }
            let minimizer = match older {
                Some(older) if self.order == 3 => {
                    cubic_from_values(start.value, start.slope, (alpha, value), older)
                }
                _ => quadratic(start.value, start.slope, alpha, value),
            };
            older = Some((alpha, value));
            alpha = safeguarded(minimizer, 0.1 * alpha, 0.5 * alpha);
        }
    }

    fn check(&self) -> Result<(), Error> {
        let c1 = self.sufficient_decrease;
        check(c1 > 0.0 && c1 < 1.0, "sufficient_decrease", c1, "in (0, 1)")?;
        check(matches!(self.order, 2 | 3), "order", f64::from(self.order), "2 or 3")?;
        check_max_trials(self.max_trials)
    }
}
