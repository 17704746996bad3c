//! No search: the step is given.
//!
//! ```text
//! α = the rate, halved as long as φ(α) is not finite
//! ```
//!
//! Needs: nothing. Guarantee: none from the search; gradient descent on a convex f whose gradient has the Lipschitz
//! constant L decreases f at every fixed rate below 2 / L.
//!
//! Reference: Yu. Nesterov, *Lectures on Convex Optimization*, 2nd ed., Springer 2018, section 2.1.5.

use serde::{Deserialize, Serialize};

use super::trials::{Trials, check_max_trials};
use super::{Failure, LineSearch, Phi, Start, Step};
use crate::Error;
use crate::error::check;

/// A fixed step: accepts every finite value, also a higher one.
///
/// # Method
/// The rate, or the first trial step of the [`Start`] where no rate is given; halved while it leads outside the domain.
/// On failure (the domain is not reached): the start.
///
/// # Parameters
/// | | default | range | |
/// |---|---|---|---|
/// | [`new(rate)`](Self::new) | the start's α | > 0 | the step |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{FixedStep, LineSearch, Start};
///
/// // φ(α) = -ln(1 - α) - 2 α, with the domain α < 1
/// let mut phi = |a: f64| (-(1.0 - a).ln() - 2.0 * a, 1.0 / (1.0 - a) - 2.0);
/// let step = FixedStep::new(3.0).search(&mut phi, Start::new(0.0, -1.0), &mut []).unwrap();
/// assert_eq!((step.alpha, step.trials), (0.75, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedStep {
    rate: Option<f64>,
    max_trials: usize,
}

impl Default for FixedStep {
    fn default() -> Self {
        Self { rate: None, max_trials: 50 }
    }
}

impl FixedStep {
    /// Every step has the length `rate` (times the direction).
    pub fn new(rate: f64) -> Self {
        Self { rate: Some(rate), ..Self::default() }
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }
}

impl LineSearch for FixedStep {
    fn search(
        &self,
        phi: &mut dyn Phi,
        start: Start,
        _memory: &mut [f64],
    ) -> Result<Step, Failure> {
        let start = Start { alpha: self.rate.unwrap_or(start.alpha), ..start };
        let mut trials = Trials::new(phi, start, self.max_trials)?;
        let mut alpha = trials.start().alpha;
        loop {
            if let Some(value) = trials.value(alpha)? {
                return Ok(trials.accept(alpha, value));
            }
            alpha *= 0.5;
        }
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(rate) = self.rate {
            check(rate > 0.0 && rate.is_finite(), "rate", rate, "positive and finite")?;
        }
        check_max_trials(self.max_trials)
    }

    fn is_monotone(&self) -> bool {
        false
    }
}
