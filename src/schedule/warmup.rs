//! Warm-up.

use serde::{Deserialize, Serialize};

use super::{Curve, Schedule, check_rate, check_steps, fraction};
use crate::Error;

/// Gradual warm-up: a straight line from `initial` to the first rate of another schedule in `steps` steps, then that
/// schedule.
///
/// **Method** i + (s(0) - i) t / w for t < w, then s(t - w), with i = `initial`, w = `steps` and the other schedule s.
///
/// **Parameters** `initial` >= 0, where 0 makes the first step of a run do nothing; `steps` >= 1.
///
/// ```
/// use extremum::schedule::{Schedule, StepDecay, Warmup};
/// let rate = Warmup::new(0.0, 4, StepDecay::new(0.2, 10));
/// assert_eq!((rate.at(1), rate.at(4), rate.at(13)), (0.05, 0.2, 0.2));
/// assert!((rate.at(14) - 0.02).abs() < 1e-15);
/// ```
///
/// **References** P. Goyal et al. 2017, *Accurate, Large Minibatch SGD*, section 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warmup<S> {
    initial: f64,
    steps: u64,
    inner: S,
}

impl<S: Schedule> Warmup<S> {
    /// From `initial` to `inner`, which starts at its own step 0 after `steps` steps.
    pub fn new(initial: f64, steps: u64, inner: S) -> Self {
        Self { initial, steps, inner }
    }
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(after) => self.inner.at(after),
            None => {
                let s = fraction(step, self.steps);
                Curve::Linear.between(self.initial, self.inner.at(0), s)
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        check_steps("steps", self.steps)?;
        self.inner.check()
    }
}

/// Warm-up, stable, decay: up to `peak`, constant, and down to `end`.
///
/// **Method** Up to a in w steps, a for n steps, down to e in d steps, with a = `peak`, w = `warmup`, n = `stable`,
/// d = `decay` and e = `end`.
///
/// **Parameters** `peak` >= 0; `warmup` and `stable` may be 0; `decay` >= 1; [`initial`](Self::initial) and
/// [`end`](Self::end) >= 0, default 0; the [`curve`](Self::curve) of the decay, default linear.
///
/// ```
/// use extremum::schedule::{Curve, Schedule, WarmupStableDecay};
/// let rate = WarmupStableDecay::new(1.0, 4, 10, 16);
/// assert_eq!((rate.at(1), rate.at(4), rate.at(13), rate.at(18), rate.at(30)), (0.25, 1.0, 1.0, 0.75, 0.0));
/// assert_eq!(rate.curve(Curve::Sqrt).at(18), 0.5);
/// ```
///
/// **References** S. Hu et al. 2024, *MiniCPM*, section 4.
#[doc(alias = "WSD")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmupStableDecay {
    peak: f64,
    warmup: u64,
    stable: u64,
    decay: u64,
    initial: f64,
    end: f64,
    curve: Curve,
}

impl WarmupStableDecay {
    /// A schedule from 0 to `peak` and back to 0.
    pub fn new(peak: f64, warmup: u64, stable: u64, decay: u64) -> Self {
        Self { peak, warmup, stable, decay, initial: 0.0, end: 0.0, curve: Curve::Linear }
    }

    /// Sets the first rate.
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }

    /// Sets the last rate.
    pub fn end(mut self, end: f64) -> Self {
        self.end = end;
        self
    }

    /// Sets the curve of the decay.
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curve = curve;
        self
    }
}

impl Schedule for WarmupStableDecay {
    fn at(&self, step: u64) -> f64 {
        let Some(after) = step.checked_sub(self.warmup) else {
            return Curve::Linear.between(self.initial, self.peak, fraction(step, self.warmup));
        };
        match after.checked_sub(self.stable) {
            Some(after) => self.curve.between(self.peak, self.end, fraction(after, self.decay)),
            None => self.peak,
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("peak", self.peak)?;
        check_rate("initial", self.initial)?;
        check_rate("end", self.end)?;
        check_steps("decay", self.decay)
    }
}
