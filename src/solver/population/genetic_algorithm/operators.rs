//! Selection, crossover and mutation.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Error, Random};

/// How parents are chosen from the members: by their ranks only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Selection {
    /// The best of k members, drawn with replacement: Goldberg and Deb (1991). Range of k: 1 to 1000.
    Tournament(usize),
    /// Linear in the rank, the best s times as likely as the average and the worst 2 − s times: Baker (1985). s in (1, 2].
    LinearRank(f64),
}

impl Selection {
    /// The rank, from 0 for the best, of a parent among m members.
    pub(super) fn draw(self, members: usize, random: &mut Random) -> usize {
        match self {
            Self::Tournament(size) => {
                (0..size).map(|_| random.index(members)).min().unwrap_or_default()
            }
            // Whitley (1989): the inverse of the distribution of a rank.
            Self::LinearRank(pressure) => {
                let slope = 2.0 * (pressure - 1.0);
                let root = (pressure * pressure - 2.0 * slope * random.unit()).max(0.0).sqrt();
                ((members as f64 * (pressure - root) / slope) as usize).min(members - 1)
            }
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Tournament(size) => {
                let holds = (1..=1000).contains(&size);
                check(holds, "the size of a tournament", size as f64, "from 1 to 1000")
            }
            Self::LinearRank(s) => {
                check(s > 1.0 && s <= 2.0, "the selection pressure", s, "in (1, 2]")
            }
        }
    }
}

/// How two parents make two children.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Crossover {
    /// Simulated binary crossover with an index η ≥ 0: Deb and Agrawal (1995), equations 12 and 13. The children have
    /// the parents' mean and β times their distance; the density of β is (η + 1) β^η / 2 up to 1, and
    /// (η + 1) / (2 β^(η + 2)) beyond.
    SimulatedBinary(f64),
    /// BLX-α with α ≥ 0: Eshelman and Schaffer (1993). Uniform between the parents and up to α times their distance
    /// beyond.
    Blend(f64),
}

impl Crossover {
    /// One coordinate of two children, from that of their parents.
    pub(super) fn cross(self, a: f64, b: f64, random: &mut Random) -> (f64, f64) {
        match self {
            Self::SimulatedBinary(index) => {
                let spread = spread_factor(index, random.unit());
                let (mean, half) = (a / 2.0 + b / 2.0, spread * (a / 2.0 - b / 2.0));
                (mean + half, mean - half)
            }
            Self::Blend(alpha) => {
                let margin = alpha * (a - b).abs();
                let (low, high) = (a.min(b) - margin, a.max(b) + margin);
                (random.between(low, high), random.between(low, high))
            }
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        let (name, value) = match self {
            Self::SimulatedBinary(index) => ("the index of crossover", index),
            Self::Blend(alpha) => ("the alpha of crossover", alpha),
        };
        check(value >= 0.0 && value.is_finite(), name, value, "finite and at least 0")
    }
}

/// The spread factor β at the value u in [0, 1) of its distribution function.
fn spread_factor(index: f64, u: f64) -> f64 {
    let base = if u <= 0.5 { 2.0 * u } else { 0.5 / (1.0 - u) };
    base.powf(1.0 / (index + 1.0))
}

/// How a coordinate mutates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Mutation {
    /// Polynomial with an index η ≥ 0: Deb and Goyal (1996), section 3.2. The density of a step is
    /// (η + 1) (1 − |δ|)^η / 2 in widths of the box.
    Polynomial(f64),
    /// Normal, with a standard deviation > 0, in widths of the box.
    Gaussian(f64),
}

impl Mutation {
    /// A step in widths of the box.
    pub(super) fn step(self, random: &mut Random) -> f64 {
        match self {
            Self::Polynomial(index) => {
                let u = random.unit();
                let exponent = 1.0 / (index + 1.0);
                if u < 0.5 {
                    (2.0 * u).powf(exponent) - 1.0
                } else {
                    1.0 - (2.0 - 2.0 * u).powf(exponent)
                }
            }
            Self::Gaussian(deviation) => deviation * random.normal(),
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Polynomial(index) => {
                let holds = index >= 0.0 && index.is_finite();
                check(holds, "the index of mutation", index, "finite and at least 0")
            }
            Self::Gaussian(deviation) => {
                let holds = deviation > 0.0 && deviation.is_finite();
                check(holds, "the deviation of mutation", deviation, "positive and finite")
            }
        }
    }
}

/// The number of coordinates before the next that mutates, from the logarithm of the probability that one does not
/// mutate: the inverse of the geometric distribution.
pub(super) fn failures(log_failure: f64, random: &mut Random) -> usize {
    if log_failure == 0.0 {
        return usize::MAX;
    }
    ((1.0 - random.unit()).ln() / log_failure) as usize
}

/// Who survives a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Survival {
    /// The best of members and children together: (μ + λ).
    Best,
    /// The children, and this many of the best members. Range: below the population, and at least 0.
    Elites(usize),
}

/// True when two points have the same coordinates.
pub(super) fn is_same(a: &DVector<f64>, b: &DVector<f64>) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}
