//! How the temperature decreases.

use crate::Error;
use crate::error::check;

/// The temperature of the k-th stage, k = 1, 2, ..., as a fraction of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cooling {
    /// rᵏ⁻¹ with a ratio r in (0, 1): Kirkpatrick, Gelatt and Vecchi (1983).
    Geometric(f64),
    /// 1 − (k − 1) / m with a number m ≥ 1 of stages.
    Linear(u64),
    /// log 2 / log(1 + k): Geman and Geman (1984), the schedule that the theory of normal steps requires.
    Logarithmic,
    /// 1 / k: Szu and Hartley (1987).
    Reciprocal,
    /// (2^(q−1) − 1) / ((1 + k)^(q−1) − 1) with q in (1, 3): Tsallis and Stariolo (1996), equation 18. The reciprocal for
    /// q = 2, the logarithm for q → 1.
    Generalized(f64),
}

impl Cooling {
    /// The fraction at stage k ≥ 1.
    pub(super) fn fraction(self, stage: u64) -> f64 {
        let k = stage as f64;
        match self {
            Self::Geometric(ratio) => ratio.powf(k - 1.0),
            Self::Linear(stages) => (1.0 - (k - 1.0) / stages as f64).max(0.0),
            Self::Logarithmic => 2.0_f64.ln() / (1.0 + k).ln(),
            Self::Reciprocal => 1.0 / k,
            Self::Generalized(q) => (2.0_f64.powf(q - 1.0) - 1.0) / ((1.0 + k).powf(q - 1.0) - 1.0),
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Geometric(ratio) => {
                check(ratio > 0.0 && ratio < 1.0, "the ratio of cooling", ratio, "in (0, 1)")
            }
            Self::Linear(stages) => check(stages >= 1, "the stages of cooling", 0.0, "at least 1"),
            Self::Logarithmic | Self::Reciprocal => Ok(()),
            Self::Generalized(q) => check(q > 1.0 && q < 3.0, "the q of cooling", q, "in (1, 3)"),
        }
    }
}
