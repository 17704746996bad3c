//! Step decay and exponential decay.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_rate, check_steps, finite_product};
use crate::Error;
use crate::error::check;

pub(super) fn check_factor(name: &'static str, factor: f64) -> Result<(), Error> {
    check(factor >= 0.0 && factor.is_finite(), name, factor, "finite and at least 0")
}

/// (t - t₀) / k, rounded down for a staircase; 0 before t₀.
pub(super) fn periods(step: u64, begin: u64, every: u64, staircase: bool) -> f64 {
    let (passed, every) = (step.saturating_sub(begin), every.max(1));
    if staircase { (passed / every) as f64 } else { passed as f64 / every as f64 }
}

/// Step decay: the rate is multiplied by a factor after every `every` steps.
///
/// **Method** a γ^⌊t / k⌋ after t steps, with a = `initial` and k = `every`.
///
/// **Parameters** `initial` >= 0; `every` >= 1; [`factor`](Self::factor) γ >= 0, default 0.1.
///
/// ```
/// use extremum::schedule::{Schedule, StepDecay};
/// let rate = StepDecay::new(0.4, 10).factor(0.5);
/// assert_eq!((rate.at(9), rate.at(10), rate.at(25)), (0.4, 0.2, 0.1));
/// ```
///
/// **References** The StepLR of torch 2.15.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepDecay {
    initial: f64,
    every: u64,
    factor: f64,
}

impl StepDecay {
    /// A rate that is divided by 10 after every `every` steps.
    pub fn new(initial: f64, every: u64) -> Self {
        Self { initial, every, factor: 0.1 }
    }

    /// Sets the factor between two steps of the staircase.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }
}

impl Schedule for StepDecay {
    fn at(&self, step: u64) -> f64 {
        finite_product(self.initial, self.factor.powf(periods(step, 0, self.every, true)))
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        check_steps("every", self.every)?;
        check_factor("factor", self.factor)
    }
}

/// Exponential decay: the rate decreases by a constant factor.
///
/// **Method** a γ^((t - t₀) / k) after t steps, not past `end`, with a = `initial` and γ = `factor`, both >= 0.
///
/// | | default | range | |
/// |---|---|---|---|
/// | [`every`](Self::every) | 1 | >= 1 | k, steps in which one factor is applied |
/// | [`begin`](Self::begin) | 0 | | t₀, steps before the decay starts |
/// | [`staircase`](Self::staircase) | no | | whole factors only |
/// | [`end`](Self::end) | none | >= 0 | a lower bound; an upper one when the factor is >= 1 |
///
/// ```
/// use extremum::schedule::{Exponential, Schedule};
/// let rate = Exponential::new(0.1, 0.25).every(4).end(0.02);
/// assert_eq!((rate.at(2), rate.at(4), rate.at(9)), (0.05, 0.025, 0.02));
/// ```
///
/// **References** The ExponentialLR of torch 2.15; exponential_decay of optax 0.2.8 has all the parameters.
#[doc(alias = "ExponentialDecay")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    initial: f64,
    factor: f64,
    every: u64,
    begin: u64,
    staircase: bool,
    end: Option<f64>,
}

impl Exponential {
    /// `initial` · `factor`^t.
    pub fn new(initial: f64, factor: f64) -> Self {
        Self { initial, factor, every: 1, begin: 0, staircase: false, end: None }
    }

    /// Sets the number of steps in which one factor is applied.
    pub fn every(mut self, steps: u64) -> Self {
        self.every = steps;
        self
    }

    /// Sets the number of steps before the decay starts.
    pub fn begin(mut self, step: u64) -> Self {
        self.begin = step;
        self
    }

    /// Applies whole factors only.
    pub fn staircase(mut self) -> Self {
        self.staircase = true;
        self
    }

    /// Sets the bound of the rate.
    pub fn end(mut self, end: f64) -> Self {
        self.end = Some(end);
        self
    }
}

impl Schedule for Exponential {
    fn at(&self, step: u64) -> f64 {
        let power = periods(step, self.begin, self.every, self.staircase);
        let rate = finite_product(self.initial, self.factor.powf(power));
        match self.end {
            Some(end) if self.factor < 1.0 => rate.max(end),
            Some(end) => rate.min(end),
            None => rate,
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        check_factor("factor", self.factor)?;
        check_steps("every", self.every)?;
        self.end.map_or(Ok(()), |end| check_rate("end", end))
    }
}
