//! Quadratic models of the cost at a point: m(s) = f + g's + ½ s'B s.
//!
//! A model may scale the variables by a diagonal matrix D. The ball is then |D s| ≤ Δ, and everything that a subproblem
//! sees is in the variables D s: the gradient D⁻¹g and the matrix D⁻¹B D⁻¹.

mod gauss_newton;
mod newton;
mod products;
mod quasi_newton;

use nalgebra::{DMatrix, DVector};
use serde::{Serialize, de::DeserializeOwned};

pub use gauss_newton::{GaussNewtonModel, GaussNewtonModelMemory};
pub use newton::{NewtonModel, NewtonModelMemory};
pub use products::ProductsModel;
pub use quasi_newton::{QuasiNewtonModel, QuasiNewtonModelMemory};

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
    fn matrix(&mut self) -> Option<&DMatrix<f64>>;

    /// A factor of B, from which a step has errors of the order of its condition, and not of that of B, which is the
    /// square. Default: `None`.
    fn factor(&self) -> Option<Factor<'_>> {
        None
    }

    /// The size of the errors in B relative to its norm: curvature below that is not known to be negative.
    fn accuracy(&self) -> f64;
}

/// B = R'R and ∇f = R'c, in the variables of a [subproblem](super::Subproblem).
#[derive(Clone, Copy, Debug)]
pub struct Factor<'a> {
    /// R, n × n: its upper triangle counts, and its diagonal may have any sign.
    pub r: &'a DMatrix<f64>,
    /// c, n components.
    pub image: &'a DVector<f64>,
}

/// A trial step.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// s.
    pub step: &'a DVector<f64>,
    /// ∇f(x).
    pub before: &'a DVector<f64>,
    /// ∇f(x + s).
    pub after: &'a DVector<f64>,
}

/// Makes the matrix B of the model at each point.
pub trait Model: Clone + Send + Sync + std::fmt::Debug {
    /// The memory of the model, with all the workspace that it needs.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// True when B is there as a matrix, and not only its products.
    const HAS_MATRIX: bool;

    /// So many steps that change the cost by no more than rounding, while the model promises no less than before, end
    /// the run. Default: 2.
    const PATIENCE: u32 = 2;

    /// The name of the method with this model. Default: that of the subproblem.
    fn name(&self) -> Option<&'static str> {
        None
    }

    /// Checks that `solver` can have this model of the problem.
    ///
    /// # Errors
    /// When the problem has too many variables, or is of another kind.
    fn check(&self, solver: &'static str, problem: &Oracle<'_>) -> Result<(), Error>;

    /// The memory before the first step; allocates everything.
    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> Self::Memory;

    /// Completes a loaded memory; false when it does not fit the problem.
    fn restore(&self, problem: &mut Oracle<'_>, memory: &mut Self::Memory) -> bool;

    /// Evaluates the start: f(x0), and writes ∇f(x0). Default: [`Oracle::start`].
    ///
    /// # Errors
    /// Those of [`Oracle::start`].
    fn begin(
        &self,
        problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        x0: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<f64, Error> {
        problem.start(x0, gradient)
    }

    /// f(x). Default: [`Oracle::cost`].
    fn cost(&self, problem: &mut Oracle<'_>, _memory: &mut Self::Memory, x: &DVector<f64>) -> f64 {
        problem.cost(x)
    }

    /// Writes ∇f(x) at the point of the last [`cost`](Self::cost), which was `cost`. Default: as the problem gives it,
    /// or differenced.
    fn gradient(
        &self,
        problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        (x, cost): (&DVector<f64>, f64),
        gradient: &mut DVector<f64>,
    ) {
        problem.gradient_at(x, Some(cost), gradient);
    }

    /// Learns from a trial with finite gradients, whether or not it will be accepted; true when B has changed.
    fn learn(&self, _memory: &mut Self::Memory, _trial: Trial<'_>) -> bool {
        false
    }

    /// Evaluates what B needs at a point, unless that was done already; false when it is not finite.
    fn look(&self, problem: &mut Oracle<'_>, memory: &mut Self::Memory, at: At<'_>) -> bool;

    /// Makes B the Hessian at a point, with its negative curvature; false when it is not finite. It is called before a
    /// run ends. Default: B is the Hessian already, [`look`](Self::look).
    fn examine(&self, problem: &mut Oracle<'_>, memory: &mut Self::Memory, at: At<'_>) -> bool {
        self.look(problem, memory, at)
    }

    /// The diagonal of D at the point of the last [`look`](Self::look), n positive numbers. Default: none, D = I.
    fn scale<'m>(&self, _memory: &'m Self::Memory) -> Option<&'m DVector<f64>> {
        None
    }

    /// D⁻¹B D⁻¹ there.
    fn matrix<'m>(&self, memory: &'m mut Self::Memory) -> Option<&'m DMatrix<f64>>;

    /// See [`Quadratic::factor`]. Default: `None`.
    fn factor<'m>(&self, _memory: &'m Self::Memory) -> Option<Factor<'m>> {
        None
    }

    /// Writes its product with v.
    fn times(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    );

    /// Writes the force D⁻¹J'r''(x)[s, s] of the curvature of the residuals along a step s, when this model has one
    /// that is worth its evaluation; false when not. Default: false.
    fn curvature_along(
        &self,
        _problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        _at: At<'_>,
        _step: &DVector<f64>,
        _force: &mut DVector<f64>,
    ) -> bool {
        false
    }

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
    fn matrix(&mut self) -> Option<&DMatrix<f64>> {
        self.model.matrix(self.memory)
    }
    fn factor(&self) -> Option<Factor<'_>> {
        self.model.factor(self.memory)
    }
    fn accuracy(&self) -> f64 {
        self.model.accuracy(self.memory)
    }
}
