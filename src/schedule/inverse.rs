//! Inverse time and inverse square root decay.

use serde::{Deserialize, Serialize};

use super::decay::{check_factor, periods};
use super::{Schedule, check_rate, check_steps};
use crate::Error;

/// Inverse time decay.
///
/// **Method** a / (1 + κ t / k) after t steps, with a = `initial` and κ = `decay`.
///
/// **Parameters** `initial` and `decay` >= 0; [`every`](Self::every) k >= 1, default 1; with
/// [`staircase`](Self::staircase), t / k is rounded down.
///
/// ```
/// use extremum::schedule::{InverseTime, Schedule};
/// let rate = InverseTime::new(0.6, 0.5).every(2);
/// assert_eq!((rate.at(4), rate.staircase().at(5)), (0.3, 0.3));
/// ```
///
/// **References** H. Robbins, S. Monro 1951, *A Stochastic Approximation Method*.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseTime {
    initial: f64,
    decay: f64,
    every: u64,
    staircase: bool,
}

impl InverseTime {
    /// `initial` / (1 + `decay` · t).
    pub fn new(initial: f64, decay: f64) -> Self {
        Self { initial, decay, every: 1, staircase: false }
    }

    /// Sets the unit of time, in steps.
    pub fn every(mut self, steps: u64) -> Self {
        self.every = steps;
        self
    }

    /// Counts whole units of time only.
    pub fn staircase(mut self) -> Self {
        self.staircase = true;
        self
    }
}

impl Schedule for InverseTime {
    fn at(&self, step: u64) -> f64 {
        self.initial / (1.0 + self.decay * periods(step, 0, self.every, self.staircase))
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        check_factor("decay", self.decay)?;
        check_steps("every", self.every)
    }
}

/// Inverse square root decay, and [`noam`](Self::noam), with a linear warm-up to it.
///
/// **Method** a / √max(t, w) after t steps, with a = `scale` and w = `warmup`: constant for the first w steps. Noam:
/// d^(-1/2) min(n^(-1/2), n w^(-3/2)), n = t + 1.
///
/// **Parameters** `scale` >= 0; `warmup` >= 1.
///
/// ```
/// use extremum::schedule::{InverseSqrt, Schedule};
/// let rate = InverseSqrt::new(0.4, 16);
/// assert_eq!((rate.at(0), rate.at(16), rate.at(64)), (0.1, 0.1, 0.05));
/// let noam = InverseSqrt::noam(64, 4);
/// assert_eq!((noam.at(0), noam.at(3), noam.at(15)), (0.015625, 0.0625, 0.03125));
/// ```
///
/// **References** A. Vaswani et al. 2017, *Attention Is All You Need*, section 5.3 (Noam).
#[doc(alias = "Noam")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseSqrt {
    scale: f64,
    warmup: u64,
    climbs: bool,
}

impl InverseSqrt {
    /// `scale` / √max(t, `warmup`).
    pub fn new(scale: f64, warmup: u64) -> Self {
        Self { scale, warmup, climbs: false }
    }

    /// d^(-1/2) min(n^(-1/2), n w^(-3/2)) with the paper's step number n = t + 1, d = `dimension` >= 1, w = `warmup`.
    pub fn noam(dimension: u64, warmup: u64) -> Self {
        Self { scale: 1.0 / (dimension as f64).sqrt(), warmup, climbs: true }
    }
}

impl Schedule for InverseSqrt {
    fn at(&self, step: u64) -> f64 {
        let warmup = self.warmup.max(1) as f64;
        if self.climbs {
            let n = step as f64 + 1.0;
            self.scale * (1.0 / n.sqrt()).min(n / (warmup * warmup.sqrt()))
        } else {
            self.scale / (step as f64).max(warmup).sqrt()
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("scale", self.scale)?;
        check_steps("warmup", self.warmup)
    }
}
