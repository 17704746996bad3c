//! Cosine decay, cosine annealing and warm restarts.

use serde::{Deserialize, Serialize};

use super::curve::half_cosine;
use super::{Schedule, check_rate, check_steps, fraction};
use crate::Error;
use crate::error::check;

/// Cosine decay from `peak` to [`end`](Self::end) in `steps` steps, then `end`.
///
/// **Method** e + (a - e) ((1 + cos(π t / T)) / 2)^p after t steps, with a = `peak` >= 0.
///
/// | | default | range | |
/// |---|---|---|---|
/// | `steps` | | >= 1 | T |
/// | [`end`](Self::end) | 0 | >= 0 | e |
/// | [`power`](Self::power) | 1 | >= 0 | p |
/// | [`periodic`](Self::periodic) | no | | annealing: after T the rate increases again; the period is 2 T |
///
/// ```
/// use extremum::schedule::{Cosine, Schedule};
/// let rate = Cosine::new(0.3, 10).end(0.1);
/// assert!((rate.at(5) - 0.2).abs() < 1e-15);
/// assert_eq!((rate.at(20), rate.periodic().at(20)), (0.1, 0.3));
/// ```
///
/// **References** I. Loshchilov, F. Hutter 2017, *SGDR: Stochastic Gradient Descent with Warm Restarts*, equation 5.
/// After T the cosine_decay_schedule of optax 0.2.8 stays at the end; the CosineAnnealingLR of torch 2.15 rises again.
#[doc(alias = "CosineDecay")]
#[doc(alias = "CosineAnnealing")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cosine {
    peak: f64,
    steps: u64,
    end: f64,
    power: f64,
    periodic: bool,
}

impl Cosine {
    /// Half a cosine from `peak` to 0.
    pub fn new(peak: f64, steps: u64) -> Self {
        Self { peak, steps, end: 0.0, power: 1.0, periodic: false }
    }

    /// Sets the lowest rate.
    pub fn end(mut self, end: f64) -> Self {
        self.end = end;
        self
    }

    /// Sets the power p of the half cosine.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// Makes the rate decrease and increase periodically.
    pub fn periodic(mut self) -> Self {
        self.periodic = true;
        self
    }
}

impl Schedule for Cosine {
    fn at(&self, step: u64) -> f64 {
        let s = if self.periodic {
            // The remainder is exact; the cosine of a large t / T would not be.
            let steps = self.steps.max(1);
            let rest = step % steps;
            if (step / steps).is_multiple_of(2) {
                fraction(rest, steps)
            } else {
                fraction(steps - rest, steps)
            }
        } else {
            fraction(step, self.steps)
        };
        self.end + (self.peak - self.end) * half_cosine(s).powf(self.power)
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("peak", self.peak)?;
        check_rate("end", self.end)?;
        check_steps("steps", self.steps)?;
        let power = self.power;
        check(power >= 0.0 && power.is_finite(), "power", power, "finite and at least 0")
    }
}

/// Cosine annealing with warm restarts (SGDR): each cycle decreases from its peak towards `end`, and the next one jumps
/// up.
///
/// **Method** e + (a_i - e) (1 + cos(π t / T_i)) / 2 after t steps of cycle i = 0, 1, …, with T_i = T₀ mⁱ, a_i = a fⁱ
/// and a = `peak` >= 0.
///
/// | | default | range | |
/// |---|---|---|---|
/// | `steps` | | >= 1 | T₀, the length of the first cycle |
/// | [`multiplier`](Self::multiplier) | 1 | >= 1 | m, the growth of the length per cycle |
/// | [`peak_factor`](Self::peak_factor) | 1 | in (0, 1] | f, the decay of the peak per cycle, not below `end` |
/// | [`end`](Self::end) | 0 | >= 0 | e, which the last step of a cycle does not quite reach |
///
/// ```
/// use extremum::schedule::{Schedule, WarmRestarts};
/// let rate = WarmRestarts::new(0.4, 4).multiplier(2).peak_factor(0.5);
/// assert!((rate.at(2) - 0.2).abs() < 1e-15);
/// assert!((rate.at(4) - 0.2).abs() < 1e-15 && (rate.at(8) - 0.1).abs() < 1e-15);
/// assert!((rate.at(12) - 0.1).abs() < 1e-15);
/// ```
///
/// **References** I. Loshchilov, F. Hutter 2017, *SGDR: Stochastic Gradient Descent with Warm Restarts*, equation 5.
#[doc(alias = "CosineAnnealing")]
#[doc(alias = "SGDR")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmRestarts {
    peak: f64,
    steps: u64,
    multiplier: u64,
    peak_factor: f64,
    end: f64,
}

impl WarmRestarts {
    /// Cycles of `steps` steps, each from `peak` towards 0.
    pub fn new(peak: f64, steps: u64) -> Self {
        Self { peak, steps, multiplier: 1, peak_factor: 1.0, end: 0.0 }
    }

    /// Sets the ratio of the lengths of successive cycles.
    pub fn multiplier(mut self, multiplier: u64) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// Sets the factor from one peak to the next.
    pub fn peak_factor(mut self, factor: f64) -> Self {
        self.peak_factor = factor;
        self
    }

    /// Sets the lowest rate.
    pub fn end(mut self, end: f64) -> Self {
        self.end = end;
        self
    }

    /// The number of the cycle, the step in it, and its length.
    fn cycle(&self, step: u64) -> (f64, u64, u64) {
        let mut length = self.steps.max(1);
        if self.multiplier <= 1 {
            return ((step / length) as f64, step % length, length);
        }
        let (mut cycle, mut step) = (0.0, step);
        while step >= length {
            step -= length;
            length = length.saturating_mul(self.multiplier);
            cycle += 1.0;
        }
        (cycle, step, length)
    }
}

impl Schedule for WarmRestarts {
    fn at(&self, step: u64) -> f64 {
        let (cycle, step, length) = self.cycle(step);
        let peak = (self.peak * self.peak_factor.powf(cycle)).max(self.end.min(self.peak));
        self.end + (peak - self.end) * half_cosine(fraction(step, length))
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("peak", self.peak)?;
        check_rate("end", self.end)?;
        check_steps("steps", self.steps)?;
        check_steps("multiplier", self.multiplier)?;
        let factor = self.peak_factor;
        check(factor > 0.0 && factor <= 1.0, "peak_factor", factor, "in (0, 1]")
    }
}
