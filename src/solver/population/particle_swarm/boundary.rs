//! What happens to particles at the bounds.

use serde::{Deserialize, Serialize};

use super::super::Space;
use crate::Random;

/// What happens to a particle at a bound, in the coordinate that passes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundary {
    /// It stops at the bound, and turns back at half its speed. SPSO 2011, Clerc (2012).
    #[default]
    Rebound,
    /// It stops at the bound, and its speed is 0. SPSO 2007.
    Absorb,
    /// It is reflected at the bound, as is its speed.
    Reflect,
    /// It moves to a random value between the bounds, and its speed is 0. It is reflected where a bound is infinite.
    Resample,
}

impl Boundary {
    /// The new position and speed in a coordinate.
    #[inline]
    pub(super) fn fly(
        self,
        space: &Space,
        random: &mut Random,
        i: usize,
        x: f64,
        speed: f64,
    ) -> (f64, f64) {
        let (lower, upper) = space.bounds_of(i);
        let value = x + speed;
        if value >= lower && value <= upper && value.is_finite() {
            return (value, speed);
        }
        self.turned(space, random, i, x, speed)
    }

    /// The same for a position that is beyond the bounds or not finite.
    #[cold]
    fn turned(
        self,
        space: &Space,
        random: &mut Random,
        i: usize,
        x: f64,
        speed: f64,
    ) -> (f64, f64) {
        let (lower, upper) = space.bounds_of(i);
        let value = (x + speed).clamp(f64::MIN, f64::MAX);
        if value.is_nan() {
            return (x, 0.0);
        }
        match self {
            _ if value >= lower && value <= upper => (value, speed),
            Self::Rebound => (space.clamped(i, value), -0.5 * speed),
            Self::Absorb => (space.clamped(i, value), 0.0),
            Self::Resample if lower.is_finite() && upper.is_finite() => {
                (random.between(lower, upper), 0.0)
            }
            Self::Reflect | Self::Resample => (space.reflected(i, value), -speed),
        }
    }
}
