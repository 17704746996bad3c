//! The state of the walk.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Space;

/// How fast the logarithm of a length follows the acceptance rate.
const GAIN: f64 = 0.2;

/// The shortest length, in widths of the box.
const SHORTEST: f64 = 1e-15;

/// What a [`SimulatedAnnealing`](super::SimulatedAnnealing) remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulatedAnnealingMemory {
    pub(super) current: DVector<f64>,
    pub(super) cost: f64,
    /// The lengths of moves, in widths of the box: one for each coordinate, and one for moves of all coordinates.
    pub(super) lengths: Vec<f64>,
    /// The coordinate of the move whose cost is pending; n for all.
    pub(super) index: usize,
    /// The temperature of the first stage; `None` until it is measured.
    pub(super) first: Option<f64>,
    /// From 1.
    pub(super) stage: u64,
    /// The moves made in this stage.
    pub(super) made: u64,
    pub(super) reheats: u64,
}

impl SimulatedAnnealingMemory {
    pub(super) fn new(space: &Space) -> Self {
        let n = space.dimension();
        Self {
            current: space.x0().clone(),
            cost: f64::INFINITY,
            lengths: vec![1.0; n + 1],
            index: n,
            first: None,
            stage: 1,
            made: 0,
            reheats: 0,
        }
    }

    /// Begins at the best of the sample, with the given temperature or the mean deviation of its finite costs.
    pub(super) fn measure(&mut self, given: Option<f64>, points: &[DVector<f64>], costs: &[f64]) {
        let finite = || costs.iter().filter(|cost| cost.is_finite());
        // Divided before they are added: the sum may not be finite.
        let count = finite().count().max(1) as f64;
        let mean: f64 = finite().map(|cost| cost / count).sum();
        let deviation: f64 = finite().map(|cost| (cost / count - mean / count).abs()).sum();
        self.first = Some(given.unwrap_or(deviation.min(f64::MAX)));
        for (x, &cost) in points.iter().zip(costs) {
            if cost < self.cost {
                self.go(x, cost);
            }
        }
    }

    pub(super) fn go(&mut self, x: &DVector<f64>, cost: f64) {
        self.current.copy_from(x);
        self.cost = cost;
    }

    /// Adapts the length to the wanted acceptance rate: Robbins and Monro (1951) with a constant gain, which follows
    /// the cooling.
    pub(super) fn steer(&mut self, is_kept: bool, rate: f64) {
        let length = &mut self.lengths[self.index];
        *length *= (GAIN * (f64::from(is_kept) - rate)).exp();
        *length = length.clamp(SHORTEST, 1.0);
    }

    pub(super) fn is_valid(&self, space: &Space) -> bool {
        let n = space.dimension();
        space.holds(&self.current)
            && !self.cost.is_nan()
            && self.lengths.len() == n + 1
            && self.lengths.iter().all(|length| (SHORTEST..=1.0).contains(length))
            && self.index <= n
            && self.first.is_none_or(|first| first >= 0.0)
            && self.stage >= 1
            && [self.stage, self.made, self.reheats].iter().all(|&count| count < u64::MAX / 2)
    }
}
