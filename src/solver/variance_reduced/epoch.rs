//! What a method brings along: one step, from the gradients of one group.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Serialize, de::DeserializeOwned};

use super::groups::Groups;
use super::state::Measured;
use crate::{Error, Oracle, Termination};

/// The part of a variance-reduced method that is its own.
pub trait Method: Clone + Send + Sync + std::fmt::Debug {
    /// All storage that the method needs beside the epoch's.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// The method's name.
    fn name(&self) -> &'static str;

    /// Checks the parameters.
    ///
    /// # Errors
    /// For the first one out of its range.
    fn check(&self) -> Result<(), Error>;

    /// The number m of steps in an epoch over G groups when the caller gives none.
    fn default_steps(&self, groups: usize) -> usize {
        groups
    }

    /// The smallest m.
    fn fewest_steps(&self) -> usize {
        1
    }

    /// How many of m steps the next epoch makes. A method that goes on from a random one of its iterates draws it here:
    /// the steps after it need not be made.
    fn draw_length(&self, steps: usize, _groups: &mut Groups) -> usize {
        steps
    }

    /// The memory for n variables and G groups; allocates everything.
    ///
    /// # Errors
    /// When it does not fit into memory.
    fn start(&self, n: usize, groups: usize) -> Result<Self::Memory, Error>;

    /// Forgets everything, at a start x or on the return to it.
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

    /// Makes one step with the group that was drawn, unless the run was interrupted. False, with nothing changed, when
    /// the step is not finite.
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
    pub(super) groups: &'a Groups,
    /// x̃ with its gradient.
    pub(super) anchor: &'a Measured,
    /// The iterate, to be measured at the end of the epoch.
    pub(super) x: &'a mut DVector<f64>,
    /// Steps made, skipped ones included.
    pub(super) position: usize,
    /// The number m of steps.
    pub(super) steps: usize,
    /// ½ for each undone epoch: the method's step is to be multiplied by it.
    pub(super) shrink: f64,
    /// Gradients that were not finite.
    pub(super) skipped: &'a mut u64,
}

/// True when v has n entries and all are finite.
pub(super) fn is_finite(v: &[f64], n: usize) -> bool {
    v.len() == n && v.iter().all(|v| v.is_finite())
}
