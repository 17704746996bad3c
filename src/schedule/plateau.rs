//! The rate is reduced when a metric stops improving.

use serde::{Deserialize, Serialize};

use super::check_rate;
use crate::Error;
use crate::error::check;

/// Reduces the rate when a metric has stopped improving.
///
/// This is plain configuration; [`start`](Self::start) gives the [`Plateau`] that observes the metric.
///
/// **Method** A metric m is better when m < best (1 - θ) (relative), or m < best - θ (absolute). After more than
/// `patience` observations in a row that are not better: rate = max(rate · factor, min), if that is less by more than
/// ε; then `cooldown` observations do not count.
///
/// | | default | range | |
/// |---|---|---|---|
/// | [`factor`](Self::factor) | 0.1 | in [0, 1) | what a reduction multiplies the rate by |
/// | [`patience`](Self::patience) | 10 | | observations without improvement that are allowed |
/// | [`threshold`](Self::threshold) | 1e-4 | in [0, 1) | θ, relative to the best metric |
/// | [`absolute`](Self::absolute) | no | | θ is a difference (>= 0): for metrics that may be negative |
/// | [`cooldown`](Self::cooldown) | 0 | | observations after a reduction that do not count |
/// | [`maximize`](Self::maximize) | no | | larger is better |
/// | [`base`](Self::base) | 1 | > 0 | the rate that the factor multiplies |
/// | [`min_rate`](Self::min_rate) | 0 | >= 0 | the rate is not reduced below this |
/// | [`min_change`](Self::min_change) | 1e-8 | >= 0 | ε: a smaller reduction of the rate is not made |
///
/// ```
/// use extremum::schedule::ReduceOnPlateau;
/// let mut plateau = ReduceOnPlateau::new().factor(0.5).patience(1).start();
/// let factors = [1.0, 0.9, 0.9, f64::NAN, 0.8].map(|metric| plateau.observe(metric));
/// assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5]);
/// ```
///
/// **References** The ReduceLROnPlateau of torch 2.15.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReduceOnPlateau {
    factor: f64,
    patience: u64,
    threshold: f64,
    absolute: bool,
    cooldown: u64,
    maximize: bool,
    base: f64,
    min_rate: f64,
    min_change: f64,
}

impl Default for ReduceOnPlateau {
    fn default() -> Self {
        Self {
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            absolute: false,
            cooldown: 0,
            maximize: false,
            base: 1.0,
            min_rate: 0.0,
            min_change: 1e-8,
        }
    }
}

impl ReduceOnPlateau {
    /// The defaults: a tenth of the rate after more than ten observations without improvement.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the factor of one reduction.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Sets how many observations without improvement are allowed.
    pub fn patience(mut self, observations: u64) -> Self {
        self.patience = observations;
        self
    }

    /// Sets what counts as an improvement.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Takes the threshold as a difference, not relative to the best metric.
    pub fn absolute(mut self) -> Self {
        self.absolute = true;
        self
    }

    /// Sets how many observations after a reduction do not count.
    pub fn cooldown(mut self, observations: u64) -> Self {
        self.cooldown = observations;
        self
    }

    /// Treats larger metrics as better.
    pub fn maximize(mut self) -> Self {
        self.maximize = true;
        self
    }

    /// Sets the rate that the factor multiplies; [`min_rate`](Self::min_rate) is on the same scale.
    pub fn base(mut self, rate: f64) -> Self {
        self.base = rate;
        self
    }

    /// Sets the lowest rate.
    pub fn min_rate(mut self, rate: f64) -> Self {
        self.min_rate = rate;
        self
    }

    /// Sets the smallest reduction of the rate that is made.
    pub fn min_change(mut self, change: f64) -> Self {
        self.min_change = change;
        self
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first parameter that is not.
    pub fn check(&self) -> Result<(), Error> {
        check((0.0..1.0).contains(&self.factor), "factor", self.factor, "in [0, 1)")?;
        if self.absolute {
            check_rate("threshold", self.threshold)?;
        } else {
            let range = "in [0, 1) when it is relative";
            check((0.0..1.0).contains(&self.threshold), "threshold", self.threshold, range)?;
        }
        check(self.base > 0.0 && self.base.is_finite(), "base", self.base, "positive and finite")?;
        check_rate("min_rate", self.min_rate)?;
        check_rate("min_change", self.min_change)
    }

    /// An observer without observations.
    pub fn start(self) -> Plateau {
        Plateau { rule: self, rate: self.base, best: None, bad: 0, cooling: 0 }
    }
}

/// The state of a [`ReduceOnPlateau`]: serialise it to resume a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    rule: ReduceOnPlateau,
    rate: f64,
    best: Option<f64>,
    bad: u64,
    cooling: u64,
}

impl Plateau {
    /// Observes one metric and returns the factor of the base rate from now on. NaN is not an improvement.
    pub fn observe(&mut self, metric: f64) -> f64 {
        if self.is_better(metric) {
            self.best = Some(metric);
            self.bad = 0;
        } else {
            self.bad = self.bad.saturating_add(1);
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > self.rule.patience {
            let reduced = (self.rate * self.rule.factor).max(self.rule.min_rate);
            if self.rate - reduced > self.rule.min_change {
                self.rate = reduced;
            }
            self.cooling = self.rule.cooldown;
            self.bad = 0;
        }
        self.factor()
    }

    /// The current factor of the base rate.
    pub fn factor(&self) -> f64 {
        self.rate / self.rule.base
    }

    fn is_better(&self, metric: f64) -> bool {
        let ReduceOnPlateau { threshold, absolute, maximize, .. } = self.rule;
        let worst = if maximize { f64::NEG_INFINITY } else { f64::INFINITY };
        let best = self.best.unwrap_or(worst);
        match (maximize, absolute) {
            (false, false) => metric < best * (1.0 - threshold),
            (false, true) => metric < best - threshold,
            (true, false) => metric > best * (1.0 + threshold),
            (true, true) => metric > best + threshold,
        }
    }
}
