//! Restarts: none, runs with growing populations (IPOP), or those and runs with small populations in turn (BIPOP).

use serde::{Deserialize, Serialize};

use crate::Random;

/// The kind of restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Regime {
    One,
    Ipop,
    Bipop,
}

/// The evaluations of the runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Budget {
    /// How often the population was doubled.
    pub doublings: u32,
    /// The current run has a large population, and is not the first run.
    is_large: bool,
    /// The evaluations of this run, of all finished small ones with the first, of all large ones, and of the last large one.
    pub used: u64,
    small: u64,
    large: u64,
    last_large: u64,
    /// The evaluations that this run may use; 0 is no limit.
    limit: u64,
}

/// How a run starts.
pub(super) struct Start {
    pub population: usize,
    pub sigma: f64,
}

impl Budget {
    pub fn is_valid(&self) -> bool {
        let counts = [self.used, self.small, self.large, self.last_large, self.limit];
        counts.iter().all(|count| *count < u64::MAX / 8)
    }

    /// True when a small run has used its evaluations.
    pub fn is_over(&self) -> bool {
        self.limit > 0 && self.used >= self.limit
    }

    /// The next run, if there is one, given the default and the largest population.
    pub fn next(
        &mut self,
        regime: Regime,
        restarts: u32,
        [default, largest]: [usize; 2],
        random: &mut Random,
    ) -> Option<Start> {
        if regime == Regime::One || self.doublings >= restarts {
            return None;
        }
        let used = std::mem::take(&mut self.used);
        if self.is_large {
            (self.large, self.last_large) = (self.large + used, used);
        } else {
            self.small += used;
        }
        self.is_large = regime == Regime::Ipop || self.small >= self.large;
        if self.is_large {
            self.doublings += 1;
            self.limit = 0;
            return Some(Start { population: self.population(default, largest), sigma: 1.0 });
        }
        // λ = ⌊λ_def (λ_large / 2 λ_def)^(u²)⌋, σ = σ_def 10^(−2u'), and half of what the last large run has used.
        let ratio = self.population(default, largest) as f64 / (2.0 * default as f64);
        let population = (default as f64 * ratio.powf(random.unit().powi(2))) as usize;
        self.limit = (self.last_large / 2).max(1);
        Some(Start {
            population: population.clamp(default.min(largest), largest),
            sigma: 10_f64.powf(-2.0 * random.unit()),
        })
    }

    /// The population of the last large run.
    fn population(&self, default: usize, largest: usize) -> usize {
        let factor = 1_usize.checked_shl(self.doublings).unwrap_or(usize::MAX);
        default.saturating_mul(factor).min(largest)
    }
}
