//! The stopping rules of a run: those of pycma, and of Hansen (2009), section 3.

use serde::{Deserialize, Serialize};

use super::constants::Constants;
use super::distribution::Distribution;
use crate::Stall;

/// A matrix with a larger condition number is useless in double precision.
const WORST_CONDITION: f64 = 1e14;

/// Generations per element of the long histories, and their greatest length.
const STRIDE: u64 = 5;
const LONGEST: usize = 20_000;

/// What the stopping rules remember of the costs of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stopping {
    /// The best costs of the last generations; generation g is at g mod `window`.
    recent: Vec<f64>,
    window: usize,
    /// Generations in a row whose better three quarters have equal costs.
    flat: u32,
    /// The highest median and the lowest cost so far, and the generation of the latter.
    highest: f64,
    lowest: f64,
    lowest_at: u64,
    /// The best costs and the medians of every fifth generation.
    best: Vec<f64>,
    medians: Vec<f64>,
    /// Workspace for medians.
    work: Vec<f64>,
    /// The limits of generations without improvement, and of all generations.
    patience: f64,
    limit: u64,
}

impl Stopping {
    pub fn new(n: usize, population: usize) -> Self {
        let (n, lambda) = (n as f64, population as f64);
        let window = 10 + (30.0 * n / lambda).ceil() as usize;
        let limit = 100.0 + 150.0 * (n + 3.0).powi(2) / lambda.sqrt();
        let length = ((limit / STRIDE as f64) as usize + 1).min(LONGEST);
        Self {
            recent: Vec::with_capacity(window),
            window,
            flat: 0,
            highest: f64::NEG_INFINITY,
            lowest: f64::INFINITY,
            lowest_at: 0,
            best: Vec::with_capacity(length),
            medians: Vec::with_capacity(length),
            work: Vec::with_capacity(length),
            patience: 100.0 + 100.0 * n.powf(1.5) / lambda,
            limit: limit as u64,
        }
    }

    pub fn is_valid(&self, n: usize, population: usize) -> bool {
        let new = Self::new(n, population);
        self.window == new.window
            && self.recent.len() <= self.window
            && self.best.len() == self.medians.len()
            && self.best.len() <= LONGEST
            && (self.patience, self.limit) == (new.patience, new.limit)
            && self.lowest_at < u64::MAX / 2
    }

    /// Records the sorted costs of generation g = 1, 2, ..; the first is finite.
    pub fn record(&mut self, generation: u64, sorted: &[f64]) {
        let (best, median) = (sorted[0], sorted[sorted.len() / 2]);
        if self.recent.len() < self.window {
            self.recent.push(best);
        } else {
            self.recent[(generation % self.window as u64) as usize] = best;
        }
        let is_flat = best == sorted[sorted.len() * 3 / 4];
        self.flat = if is_flat { self.flat.saturating_add(1) } else { 0 };
        if median.is_finite() {
            self.highest = self.highest.max(median);
        }
        if best < self.lowest {
            (self.lowest, self.lowest_at) = (best, generation);
        }
        if generation.is_multiple_of(STRIDE) {
            if self.best.len() == LONGEST {
                self.best.remove(0);
                self.medians.remove(0);
            }
            self.best.push(best);
            self.medians.push(median);
        }
    }

    /// The reason to end the run, if there is one.
    pub fn reason(
        &mut self,
        [tolerance_x, tolerance_cost]: [f64; 2],
        c: &Constants,
        distribution: &Distribution,
        sorted: &[f64],
    ) -> Option<Stall> {
        let generation = distribution.generation;
        let size = distribution.extent();
        if size < tolerance_x || size.is_nan() {
            return Some(Stall::Collapsed { size, tolerance: tolerance_x });
        }
        if distribution.is_without_effect() {
            return Some(Stall::Collapsed { size, tolerance: f64::EPSILON });
        }
        if sorted[0].is_infinite() {
            return None;
        }
        // Where all costs differ by less than 1, the tolerance is relative to that difference.
        let tolerance = tolerance_cost * (self.highest - self.lowest).clamp(0.0, 1.0);
        let recent = range(&self.recent);
        let range = recent.max(sorted[sorted.len() - 1] - sorted[0]);
        if range < tolerance {
            return Some(Stall::FlatCosts { range, tolerance });
        }
        if self.recent.len() >= 10 && recent < tolerance / 10.0 {
            return Some(Stall::FlatCosts { range: recent, tolerance: tolerance / 10.0 });
        }
        if self.flat > 1 {
            return Some(Stall::FlatCosts { range: 0.0, tolerance });
        }
        let condition = distribution.covariance.condition();
        if condition > WORST_CONDITION {
            return Some(Stall::IllConditioned { condition });
        }
        if self.is_stagnant(generation, distribution.mean.len(), c.weights.len()) {
            return Some(Stall::NoImprovement { iterations: generation - self.lowest_at });
        }
        None
    }

    /// True when the run has reached its limit of generations.
    pub fn is_over(&self, generation: u64) -> bool {
        generation >= self.limit
    }

    /// True when neither the best costs nor the medians of the last tenth of the run, or more, are better than those
    /// before.
    fn is_stagnant(&mut self, generation: u64, n: usize, population: usize) -> bool {
        let length = self.best.len();
        let span = (self.patience / 10.0).max(length as f64 / 10.0) as usize;
        let is_early = generation as f64 <= n as f64 * (5.0 + 100.0 / population as f64)
            || generation.saturating_sub(self.lowest_at) as f64 <= self.patience / 2.0
            || length <= 100
            || length <= 2 * span;
        if is_early || !generation.is_multiple_of(STRIDE) {
            return false;
        }
        let work = &mut self.work;
        [&self.best, &self.medians].iter().all(|history| {
            let (earlier, later) =
                (&history[length - 2 * span..length - span], &history[length - span..]);
            median(later, work) >= median(earlier, work)
        })
    }
}

/// The largest number minus the smallest.
fn range(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest - values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(values: &[f64], work: &mut Vec<f64>) -> f64 {
    work.clear();
    work.extend_from_slice(values);
    *work.select_nth_unstable_by(values.len() / 2, f64::total_cmp).1
}
