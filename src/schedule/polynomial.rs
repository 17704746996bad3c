//! Polynomial decay.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_rate, check_steps, fraction};
use crate::Error;
use crate::error::check;

/// Polynomial decay (or growth) from `initial` to `end` in `steps` steps, then `end`.
///
/// **Method** e + (a - e) (1 - min(max(t - t₀, 0), T) / T)^p after t steps, with a = `initial`, e = `end` and
/// T = `steps`.
///
/// **Parameters** `initial` and `end` >= 0; `steps` >= 1; [`power`](Self::power) p >= 0, default 1, a straight line;
/// [`begin`](Self::begin) t₀, the number of steps at the first rate, default 0.
///
/// ```
/// use extremum::schedule::{Polynomial, Schedule};
/// let rate = Polynomial::new(0.5, 0.1, 10).power(2.0).begin(3);
/// assert_eq!((rate.at(3), rate.at(8), rate.at(13)), (0.5, 0.2, 0.1));
/// ```
///
/// **References** The polynomial_schedule and linear_schedule of optax 0.2.8; with e = 0 the PolynomialLR of torch
/// 2.15, with p = 1 its LinearLR.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polynomial {
    initial: f64,
    end: f64,
    steps: u64,
    power: f64,
    begin: u64,
}

impl Polynomial {
    /// A straight line from `initial` to `end`.
    pub fn new(initial: f64, end: f64, steps: u64) -> Self {
        Self { initial, end, steps, power: 1.0, begin: 0 }
    }

    /// Sets the power p.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// Sets the number of steps before the decay starts.
    pub fn begin(mut self, step: u64) -> Self {
        self.begin = step;
        self
    }
}

impl Schedule for Polynomial {
    fn at(&self, step: u64) -> f64 {
        let left = 1.0 - fraction(step.saturating_sub(self.begin), self.steps);
        (self.initial - self.end) * left.powf(self.power) + self.end
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        check_rate("end", self.end)?;
        check_steps("steps", self.steps)?;
        let power = self.power;
        check(power >= 0.0 && power.is_finite(), "power", power, "finite and at least 0")
    }
}
