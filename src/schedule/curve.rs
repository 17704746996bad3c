//! Curves between two rates.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The curve of a rate from a to b, with s from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Curve {
    /// a + (b - a) s
    #[default]
    Linear,
    /// b + (a - b) (1 + cos(π s)) / 2
    Cosine,
    /// a + (b - a) √s: steep first ("1-sqrt"; Hägele et al. 2024, *Scaling Laws and Compute-Optimal Training Beyond
    /// Fixed Training Durations*).
    Sqrt,
    /// a + (b - a) s²: steep last ("1-square").
    Square,
}

impl Curve {
    /// The rate at s in [0, 1]; exactly `to` from s = 1 on.
    pub(super) fn between(self, from: f64, to: f64, s: f64) -> f64 {
        if s >= 1.0 {
            return to;
        }
        match self {
            Self::Linear => (to - from) * s + from,
            Self::Cosine => to + (from - to) * half_cosine(s),
            Self::Sqrt => (to - from) * s.sqrt() + from,
            Self::Square => (to - from) * (s * s) + from,
        }
    }
}

/// (1 + cos(π s)) / 2: 1 at s = 0, and 0 at s = 1.
pub(super) fn half_cosine(s: f64) -> f64 {
    0.5 * (1.0 + (PI * s).cos())
}
