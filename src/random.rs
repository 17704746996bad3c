//! The one source of randomness: ChaCha with 8 rounds, drawn in one thread and in order, and stored in checkpoints.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// The most numbers generated at once.
pub(crate) const BLOCK: usize = 32;

/// low (1 − share) + high share, for finite low ≤ high: this form is finite, however far apart they are.
pub(crate) fn interpolated(low: f64, high: f64, share: f64) -> f64 {
    (low * (1.0 - share) + high * share).max(low).min(high)
}

/// A generator of random numbers that a population draws from. The same seed gives the same numbers everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Writes up to [`BLOCK`] numbers uniform in [0, 1), which is faster than one at a time.
    pub(crate) fn units(&mut self, numbers: &mut [f64]) {
        let mut bytes = [0; 8 * BLOCK];
        let bytes = &mut bytes[..8 * numbers.len()];
        self.0.fill_bytes(bytes);
        for (number, word) in numbers.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *number = (u64::from_le_bytes(*word) >> 11) as f64 * (0.5 * f64::EPSILON);
        }
    }

    /// Uniform in [low, high], finite; `low` when the interval is empty.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        let share = self.unit();
        if low < high { interpolated(low.max(f64::MIN), high.min(f64::MAX), share) } else { low }
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Standard Cauchy, tan(π (u − ½)).
    pub fn cauchy(&mut self) -> f64 {
        (std::f64::consts::PI * (self.unit() - 0.5)).tan()
    }

    /// χ² with the given degrees of freedom; 0 when they are not positive.
    pub fn chi_squared(&mut self, freedom: f64) -> f64 {
        ChiSquared::new(freedom).map_or(0.0, |chi_squared| chi_squared.sample(&mut self.0))
    }

    /// One of 0, 1, ..., `below` − 1; 0 when `below` is 0.
    pub fn index(&mut self, below: usize) -> usize {
        if below == 0 { 0 } else { self.0.random_range(0..below) }
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Puts a slice into random order.
    pub fn shuffle<T>(&mut self, slice: &mut [T]) {
        for last in (1..slice.len()).rev() {
            slice.swap(last, self.index(last + 1));
        }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}
