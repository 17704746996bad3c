//! The part that methods implement: one step, from the gradients of one group.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Serialize, de::DeserializeOwned};

use super::groups::TermGroups;
use super::state::EpochPoint;
use crate::{Error, Oracle, Termination};

/// The part of a variance-reduced method that differs between methods.
pub trait Method: Clone + Send + Sync + std::fmt::Debug {
    /// All workspace of the method, in addition to that of the epoch.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// The method's name.
    fn name(&self) -> &'static str;

    /// Checks the parameters.
    ///
    /// # Errors
    /// For the first parameter out of range.
    fn check(&self) -> Result<(), Error>;

    /// The default number m of steps in an epoch over G groups.
    fn default_steps(&self, groups: usize) -> usize {
        groups
    }

    /// The smallest m.
    fn fewest_steps(&self) -> usize {
        1
    }

    /// How many of m steps the next epoch makes. A method that continues from a random iterate draws it here: the steps
    /// after it need not be made.
    fn draw_length(&self, steps: usize, _groups: &mut TermGroups) -> usize {
        steps
    }

    /// The memory for n variables and G groups; allocates everything.
    ///
    /// # Errors
    /// When the memory cannot be allocated.
    fn start(&self, n: usize, groups: usize) -> Result<Self::Memory, Error>;

    /// Forgets everything, at a start x or after a return to it.
    fn restart(&self, _memory: &mut Self::Memory, _x: &DVector<f64>) {}

    /// Begins an epoch, whose x is the anchor. May be called again after an interruption.
    fn begin(
        &self,
        _problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        _epoch: Epoch<'_>,
    ) -> ControlFlow<Termination> {
        ControlFlow::Continue(())
    }

    /// Makes one step with the group that was drawn, unless the run was interrupted. Returns false, with nothing
    /// changed, if the step is not finite.
    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
        drawn: usize,
    ) -> ControlFlow<Termination, bool>;

    /// True when a loaded memory fits n variables and G groups, and its points are finite.
    fn is_valid(&self, memory: &Self::Memory, n: usize, groups: usize) -> bool;
}

/// An epoch as its method sees it.
#[derive(Debug)]
pub struct Epoch<'a> {
    pub(super) groups: &'a TermGroups,
    /// x̃ with its gradient.
    pub(super) anchor: &'a EpochPoint,
    /// The iterate, which is measured at the end of the epoch.
    pub(super) x: &'a mut DVector<f64>,
    /// Steps made, skipped ones included.
    pub(super) position: usize,
    /// The number m of steps.
    pub(super) steps: usize,
    /// What the method multiplies its step by: ½ to the number of undone epochs.
    pub(super) shrink: f64,
    /// The number of gradients that were not finite.
    pub(super) skipped: &'a mut u64,
}

/// True when v has n components and all are finite.
pub(super) fn is_finite(v: &[f64], n: usize) -> bool {
    v.len() == n && v.iter().all(|v| v.is_finite())
}
