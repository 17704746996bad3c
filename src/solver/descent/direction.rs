//! The part that differs between methods: how to choose a direction, and how to update the memory after a step.

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Bounds, Domain, Error, Oracle};

/// Chooses the direction of each step.
///
/// A direction works on scaled variables z = x / `typical_x`: the gradients that it sees are ∂f/∂z, and the direction
/// that it writes is in z. Without `typical_x` the two are the same.
pub trait Direction: Clone + Send + Sync + std::fmt::Debug {
    /// The memory of the method, with all the workspace that it needs.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// The method's name.
    fn name(&self) -> &'static str;

    /// The domain in which the method keeps x. Within bounds, [`propose`](Self::propose) writes a d for which x + d is within
    /// them, and the search goes no further than α = 1. Default: [`Domain::Free`].
    fn domain(&self) -> Domain {
        Domain::Free
    }

    /// True when the method gains from searches that are more exact: those along directions without a length of their own
    /// then look for a better first trial, and leave less of the slope. Conjugate gradients rely on g⁺'d = 0, and
    /// steepest descent has nothing else to go by. Quasi-Newton methods learn from any step. Default: false.
    fn wants_exact_searches(&self) -> bool {
        false
    }

    /// Checks the parameters for n variables.
    ///
    /// # Errors
    /// For the first parameter that does not fit.
    fn check(&self, n: usize) -> Result<(), Error>;

    /// The memory before the first step; allocates everything.
    fn start(
        &self,
        problem: &mut Oracle<'_>,
        n: usize,
        scale: Option<&DVector<f64>>,
    ) -> Self::Memory;

    /// True when a loaded memory fits n variables.
    fn is_valid(&self, memory: &Self::Memory, n: usize) -> bool;

    /// Writes the direction at a point into `d`. May be called again for the same point after an interruption.
    fn propose(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal;

    /// Updates the memory after an accepted step.
    fn update(&self, memory: &mut Self::Memory, step: Accepted<'_>);

    /// Clears the memory after a failed search, so that the next direction is steepest descent; false when there was
    /// nothing to clear. `moved`: the search has nevertheless left x for the best point that it saw.
    fn reset(&self, memory: &mut Self::Memory, moved: bool) -> bool;

    /// See [`Solver::accepts_convergence`](crate::Solver::accepts_convergence).
    fn accepts_convergence(
        &self,
        _problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        _at: Point<'_>,
    ) -> bool {
        true
    }
}

/// The point at which a direction is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// x, unscaled.
    pub x: &'a DVector<f64>,
    /// f(x).
    pub cost: f64,
    /// The gradient in the scaled variables.
    pub gradient: &'a DVector<f64>,
    /// `typical_x`, when it was given.
    pub scale: Option<&'a DVector<f64>>,
    /// The bounds of the problem, unscaled; x is within them.
    pub bounds: Option<&'a Bounds>,
}

/// The properties of a direction, measured in the pass that wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// g'd.
    pub slope: f64,
    /// max |dᵢ|.
    pub max: f64,
    /// True when d carries its own length, so that α = 1 is the natural trial.
    pub scaled: bool,
    /// d'∇²f d < 0, when d was chosen for its negative curvature.
    pub curvature: Option<f64>,
}

/// A step that was accepted: s = α d, y = new − old.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// α.
    pub alpha: f64,
    /// d.
    pub d: &'a DVector<f64>,
    /// The gradient before the step.
    pub old: &'a DVector<f64>,
    /// The gradient after it.
    pub new: &'a DVector<f64>,
}
