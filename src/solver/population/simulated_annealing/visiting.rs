//! How far a move goes, and whether it is kept.

use crate::error::check;
use crate::{Error, Random};

/// The distribution of a move.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Visiting {
    /// Uniform in ± a length that is adapted to the acceptance rate: Corana et al. (1987).
    Uniform,
    /// Normal, with a standard deviation that is adapted likewise.
    Gaussian,
    /// The distribution of Tsallis and Stariolo (1996), equation 15, with q in (1, 3), whose width decreases with the
    /// temperature. For q = 2 it is Cauchy's. It is Student's with ν = (3 − q) / (q − 1) degrees of freedom: along one
    /// coordinate x = θ^(1/(3−q)) / √(3 − q) · t, and for many coordinates t = normal / √(χ² / ν) with one χ² for all.
    Tsallis(f64),
}

impl Visiting {
    /// True when the lengths are adapted to the acceptance rate.
    pub(super) fn is_steered(self) -> bool {
        !matches!(self, Self::Tsallis(_))
    }

    /// The length of moves at a temperature θ; 1 when it is adapted.
    pub(super) fn length(self, temperature: f64) -> f64 {
        match self {
            Self::Uniform | Self::Gaussian => 1.0,
            Self::Tsallis(q) => temperature.powf(1.0 / (3.0 - q)) / (3.0 - q).sqrt(),
        }
    }

    /// The factor that all coordinates of a move have in common.
    pub(super) fn common(self, random: &mut Random) -> f64 {
        match self {
            Self::Uniform | Self::Gaussian => 1.0,
            Self::Tsallis(q) => {
                let freedom = (3.0 - q) / (q - 1.0);
                (freedom / random.chi_squared(freedom)).sqrt()
            }
        }
    }

    /// A move along one coordinate, without its factors.
    pub(super) fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Uniform => random.between(-1.0, 1.0),
            Self::Gaussian | Self::Tsallis(_) => random.normal(),
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Tsallis(q) => check(q > 1.0 && q < 3.0, "the q of visiting", q, "in (1, 3)"),
            Self::Uniform | Self::Gaussian => Ok(()),
        }
    }
}

/// The probability of accepting a move that increases the cost by d, at the temperature T of stage k.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Acceptance {
    /// exp(−d / T): Metropolis et al. (1953).
    Metropolis,
    /// (1 + (q − 1) d k / T)^(1/(1−q)), and 0 where the base is not positive: Tsallis and Stariolo (1996), equation 5, with
    /// the temperature divided by k, which Xiang et al. (1997) found better. For q = 1 it is exp(−d k / T).
    Tsallis(f64),
}

impl Acceptance {
    /// For an increase above 0, at a temperature ≥ 0.
    pub(super) fn probability(self, rise: f64, temperature: f64, stage: u64) -> f64 {
        if temperature <= 0.0 {
            return 0.0;
        }
        let ratio = rise / temperature;
        match self {
            Self::Metropolis => (-ratio).exp(),
            Self::Tsallis(1.0) => (-ratio * stage as f64).exp(),
            Self::Tsallis(q) => {
                let base = 1.0 + (q - 1.0) * ratio * stage as f64;
                if base > 0.0 { base.powf(1.0 / (1.0 - q)) } else { 0.0 }
            }
        }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Tsallis(q) => check(q.is_finite(), "the q of acceptance", q, "finite"),
            Self::Metropolis => Ok(()),
        }
    }
}

/// What a move changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moves {
    /// One coordinate after the other.
    Coordinates,
    /// All coordinates at once.
    Vectors,
    /// In turn: all coordinates one after the other, and then all of them at once, as often.
    Both,
}
