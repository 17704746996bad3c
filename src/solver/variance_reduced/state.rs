//! Everything that changes during a run of a variance-reduced method.

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::MAX_HALVINGS;
use super::epoch::{Epoch, is_finite};
use super::groups::TermGroups;
use crate::line_search::ROUNDING;
use crate::{State, linalg};

/// A point with the cost and the gradient of all terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EpochPoint {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient: DVector<f64>,
    pub gradient_norm: f64,
}

impl EpochPoint {
    fn zeros(n: usize) -> Self {
        let zeros = || DVector::zeros(n);
        Self { x: zeros(), cost: 0.0, gradient: zeros(), gradient_norm: 0.0 }
    }

    fn is_better_than(&self, other: &Self) -> bool {
        let difference = self.cost - other.cost;
        if difference.abs() <= ROUNDING * other.cost.abs() {
            self.gradient_norm < other.gradient_norm
        } else {
            difference < 0.0
        }
    }

    fn is_valid(&self, n: usize) -> bool {
        is_finite(self.x.as_slice(), n)
            && is_finite(self.gradient.as_slice(), n)
            && self.cost.is_finite()
            && self.gradient_norm == linalg::max_abs(self.gradient.as_slice())
    }
}

/// The state of a variance-reduced method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochState<M> {
    /// x̃, where the epoch starts.
    pub(super) anchor: EpochPoint,
    /// The iterate, and room for its cost and gradient.
    pub(super) trial: EpochPoint,
    /// The best point measured, when that is not the anchor.
    best: EpochPoint,
    behind: bool,
    /// The cost at the start of the run.
    first_cost: f64,
    pub(super) groups: TermGroups,
    /// Steps of the epoch made, skipped ones included.
    pub(super) position: usize,
    /// Steps of the epoch to make.
    pub(super) length: usize,
    /// Steps of the epoch that were not skipped.
    pub(super) accepted: usize,
    pub(super) skipped: u64,
    pub(super) halvings: u32,
    pub(super) memory: M,
}

impl<M> EpochState<M> {
    /// The state at an evaluated start; allocates everything.
    pub(super) fn new(start: EpochPoint, groups: TermGroups, memory: M) -> Self {
        let n = start.x.len();
        Self {
            first_cost: start.cost,
            anchor: start,
            trial: EpochPoint::zeros(n),
            best: EpochPoint::zeros(n),
            behind: false,
            groups,
            position: 0,
            length: 0,
            accepted: 0,
            skipped: 0,
            halvings: 0,
            memory,
        }
    }

    /// How often the step was halved: once for each epoch that was undone.
    pub fn halvings(&self) -> u32 {
        self.halvings
    }

    /// The epoch and the method's memory; `steps` is m.
    pub(super) fn epoch(&mut self, steps: usize) -> (Epoch<'_>, &mut M) {
        let epoch = Epoch {
            groups: &self.groups,
            anchor: &self.anchor,
            x: &mut self.trial.x,
            position: self.position,
            steps,
            shrink: 0.5_f64.powi(self.halvings as i32),
            skipped: &mut self.skipped,
        };
        (epoch, &mut self.memory)
    }

    /// The best point measured.
    pub(super) fn reported(&self) -> &EpochPoint {
        if self.behind { &self.best } else { &self.anchor }
    }

    /// Makes the measured trial the anchor.
    pub(super) fn commit(&mut self) {
        let improves =
            self.trial.cost <= self.first_cost && self.trial.is_better_than(self.reported());
        if !improves && !self.behind {
            std::mem::swap(&mut self.best, &mut self.anchor);
        }
        self.behind = !improves;
        std::mem::swap(&mut self.anchor, &mut self.trial);
    }

    /// Makes the best point the anchor.
    pub(super) fn return_to_best(&mut self) {
        if self.behind {
            std::mem::swap(&mut self.anchor, &mut self.best);
            self.behind = false;
        }
    }

    /// Checks a loaded state, the method's memory aside, against n variables, fresh groups and epochs of m steps.
    pub(super) fn check(
        &self,
        n: usize,
        fresh: &TermGroups,
        steps: usize,
    ) -> Result<(), &'static str> {
        if [&self.trial, &self.best].into_iter().any(|p| p.x.len() != n || p.gradient.len() != n) {
            return Err("its sizes are not those of this problem");
        }
        if !self.first_cost.is_finite()
            || !self.anchor.is_valid(n)
            || (self.behind && !self.best.is_valid(n))
        {
            return Err("its point, cost or gradient is not valid for this problem");
        }
        if !self.groups.fits(fresh) {
            return Err("its terms, batches or seed are not those of this problem and solver");
        }
        let is_in_range = self.accepted <= self.position
            && self.position <= self.length
            && self.length <= steps
            && self.halvings <= MAX_HALVINGS
            && is_finite(self.trial.x.as_slice(), n);
        if is_in_range { Ok(()) } else { Err("its position in the epoch is out of range") }
    }
}

impl<M: Serialize + DeserializeOwned + Send + 'static> State for EpochState<M> {
    fn x(&self) -> &DVector<f64> {
        &self.reported().x
    }
    fn cost(&self) -> f64 {
        self.reported().cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.reported().gradient_norm)
    }
    fn skipped(&self) -> u64 {
        self.skipped
    }
    fn current(&self) -> &DVector<f64> {
        &self.trial.x
    }
}
