//! Measured errors against a prediction.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::rate::{Class, Estimate, Rate};
use super::{Law, Theory};

/// How errors compare with a [`Theory`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verdict {
    /// The 95 % interval of the measured rate contains the predicted one.
    Consistent,
    /// No error exceeds the bound.
    BoundHolds,
    /// The errors decrease more slowly than predicted.
    Slower {
        /// How many times as many iterations a digit takes, for linear and sublinear predictions and for orders, where that is
        /// the ratio of the predicted to the measured; infinite when the errors belong to a slower class. For a bound, the
        /// largest ratio of an error to it. For a number of steps, the ratio of those taken to those predicted.
        by: f64,
    },
    /// The errors decrease faster than predicted.
    Faster {
        /// How many times fewer iterations a digit takes, as for `Slower`; infinite when the errors belong to a faster class.
        by: f64,
    },
    /// The errors are too few to tell.
    Insufficient,
}

/// Errors are rounding below this share of the first, for predictions of a number of steps.
const NOTHING: f64 = 1e-9;
/// What rounding may add to an error that meets its bound exactly, relative to the first error.
const ROUNDING: f64 = 1e-12;

impl Theory {
    /// Compares the prediction with the errors at k = 0, 1, 2, .. of one or more runs.
    pub fn check(&self, runs: &[Vec<f64>]) -> Verdict {
        self.check_with(runs, || Rate::of_runs(runs))
    }

    /// The same with a rate that was measured already.
    pub(in super::super) fn check_with(
        &self,
        runs: &[Vec<f64>],
        rate: impl FnOnce() -> Rate,
    ) -> Verdict {
        match self.law {
            Law::Bound { .. } | Law::Steps { .. } => {
                worst(runs.iter().map(|errors| self.check_each(errors)))
            }
            _ => self.check_rate(&rate()),
        }
    }

    /// Compares the prediction with a measured rate. [`Insufficient`](Verdict::Insufficient) for bounds and numbers of steps,
    /// which take the errors themselves.
    pub fn check_rate(&self, rate: &Rate) -> Verdict {
        let speed = match &rate.class {
            Class::Sublinear { .. } => 0,
            Class::Linear { .. } | Class::LinearPolynomial { .. } => 1,
            Class::Superlinear | Class::Order { .. } => 2,
            _ => return Verdict::Insufficient,
        };
        let predicted = match self.law {
            Law::Sublinear { .. } => 0,
            Law::Linear { .. } | Law::SomeLinear => 1,
            Law::Order { .. } | Law::Superlinear => 2,
            Law::Bound { .. } | Law::Steps { .. } => return Verdict::Insufficient,
        };
        if speed < predicted {
            return Verdict::Slower { by: f64::INFINITY };
        }
        if speed > predicted {
            return Verdict::Faster { by: f64::INFINITY };
        }
        match (self.law, &rate.class) {
            (Law::Sublinear { power }, Class::Sublinear { power: measured }) => {
                compare(power, measured, measured.value / power)
            }
            (
                Law::Linear { factor, .. },
                Class::Linear { factor: measured }
                | Class::LinearPolynomial { factor: measured, .. },
            ) => compare(-factor, &negative(measured), measured.value.ln() / factor.ln()),
            (Law::Order { order }, Class::Order { order: measured }) => {
                compare(order, measured, measured.value / order)
            }
            // Superlinear, but too few errors for an order.
            (Law::Order { .. }, _) => Verdict::Insufficient,
            _ => Verdict::Consistent,
        }
    }

    fn check_each(&self, errors: &[f64]) -> Verdict {
        let Some(&first) = errors.first().filter(|first| first.is_finite()) else {
            return Verdict::Insufficient;
        };
        if let Law::Steps { steps } = self.law {
            let reached = errors.iter().position(|error| *error <= NOTHING * first);
            return match reached {
                Some(taken) if taken <= steps => Verdict::Consistent,
                None if errors.len() <= steps => Verdict::Insufficient,
                Some(taken) => Verdict::Slower { by: taken as f64 / steps as f64 },
                None => Verdict::Slower { by: f64::INFINITY },
            };
        }
        if errors.len() < 2 {
            return Verdict::Insufficient;
        }
        let by = errors.iter().enumerate().skip(1).map(|(k, error)| {
            let bound = self.bound_at(k as f64, first);
            // NaN exceeds every bound.
            if *error <= bound + ROUNDING * first { 0.0 } else { error / bound }
        });
        let by = by.fold(0.0, |most: f64, by| if by > most || by.is_nan() { by } else { most });
        if by == 0.0 { Verdict::BoundHolds } else { Verdict::Slower { by } }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consistent => write!(f, "consistent"),
            Self::BoundHolds => write!(f, "the bound holds"),
            Self::Slower { by } if by.is_infinite() => write!(f, "slower, of another class"),
            Self::Slower { by } => write!(f, "slower by {by:.3}"),
            Self::Faster { by } if by.is_infinite() => write!(f, "faster, of another class"),
            Self::Faster { by } => write!(f, "faster by {by:.3}"),
            Self::Insufficient => write!(f, "too few errors to tell"),
        }
    }
}

/// `speed` is how many times as fast as predicted the errors decrease.
fn compare(predicted: f64, measured: &Estimate, speed: f64) -> Verdict {
    if measured.high < predicted {
        Verdict::Slower { by: 1.0 / speed }
    } else if measured.low > predicted {
        Verdict::Faster { by: speed }
    } else if predicted.is_nan() {
        Verdict::Insufficient
    } else {
        Verdict::Consistent
    }
}

/// So that more is faster, as for powers and orders.
fn negative(factor: &Estimate) -> Estimate {
    Estimate { value: -factor.value, low: -factor.high, high: -factor.low }
}

/// The worst verdict on several runs.
fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts
        .reduce(|a, b| match (a, b) {
            (Verdict::Slower { by: a }, Verdict::Slower { by: b }) => {
                Verdict::Slower { by: if b > a || b.is_nan() { b } else { a } }
            }
            (slower @ Verdict::Slower { .. }, _) | (_, slower @ Verdict::Slower { .. }) => slower,
            (Verdict::Insufficient, _) | (_, Verdict::Insufficient) => Verdict::Insufficient,
            (a, _) => a,
        })
        .unwrap_or(Verdict::Insufficient)
}
