//! Quadratic models of the cost at a point: m(s) = f + g's + ½ s'B s.

mod newton;
mod products;

use nalgebra::{DMatrix, DVector};
use serde::{Serialize, de::DeserializeOwned};

pub use newton::{NewtonModel, NewtonModelMemory};
pub use products::ProductsModel;

use crate::{Error, Oracle};

/// The point at which a model is made.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// x.
    pub x: &'a DVector<f64>,
    /// f(x).
    pub cost: f64,
    /// ∇f(x).
    pub gradient: &'a DVector<f64>,
}

/// The matrix B of a model, as a [subproblem](super::Subproblem) sees it.
pub trait Quadratic {
    /// Writes B v, n components.
    fn times(&mut self, v: &DVector<f64>, product: &mut DVector<f64>);

    /// B itself, of which the lower triangle counts; `None` when there are only products.
    fn matrix(&self) -> Option<&DMatrix<f64>>;

    /// The size of the errors in B relative to its norm: curvature below that is not known to be negative.
    fn accuracy(&self) -> f64;
}

/// Makes the matrix B of the model at each point.
pub trait Model: Clone + Send + Sync + std::fmt::Debug {
    /// The memory of the model, with all the workspace that it needs.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// True when B is there as a matrix, and not only its products.
    const HAS_MATRIX: bool;

    /// Checks that n variables are not too many for `solver`.
    ///
    /// # Errors
    /// When they are.
    fn check(&self, solver: &'static str, n: usize) -> Result<(), Error>;

    /// The memory before the first step; allocates everything.
    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> Self::Memory;

    /// True when a loaded memory fits n variables.
    fn is_valid(&self, memory: &Self::Memory, n: usize) -> bool;

    /// Evaluates what B needs at a point, unless that was done already; false when it is not finite.
    fn look(&self, problem: &mut Oracle<'_>, memory: &mut Self::Memory, at: At<'_>) -> bool;

    /// B at the point of the last [`look`](Self::look).
    fn matrix<'m>(&self, memory: &'m Self::Memory) -> Option<&'m DMatrix<f64>>;

    /// Writes B v there.
    fn times(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    );

    /// See [`Quadratic::accuracy`].
    fn accuracy(&self, memory: &Self::Memory) -> f64;

    /// Called when the method has moved to another point.
    fn moved(&self, memory: &mut Self::Memory);
}

/// A model at a point.
pub(super) struct Here<'a, 'o, 'p, M: Model> {
    pub problem: &'o mut Oracle<'p>,
    pub model: &'a M,
    pub memory: &'a mut M::Memory,
    pub at: At<'a>,
}

impl<M: Model> Quadratic for Here<'_, '_, '_, M> {
    fn times(&mut self, v: &DVector<f64>, product: &mut DVector<f64>) {
        self.model.times(self.problem, self.memory, self.at, v, product);
    }
    fn matrix(&self) -> Option<&DMatrix<f64>> {
        self.model.matrix(self.memory)
    }
    fn accuracy(&self) -> f64 {
        self.model.accuracy(self.memory)
    }
}
