//! B = ∇²f(x), a dense matrix: given by the problem, or differenced.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{At, Model};
use crate::{Error, Oracle, linalg, memory};

/// The Hessian as a matrix.
///
/// **Needs** the Hessian, or n more gradients an iteration for differences, which are counted; 2n² numbers of memory
/// with the factors of the subproblem, at most 16 GiB (n = 32768).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewtonModel;

/// The memory of [`NewtonModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewtonModelMemory {
    #[serde(with = "linalg::matrix_bytes")]
    hessian: DMatrix<f64>,
    /// Relative size of its errors.
    accuracy: f64,
    /// Whether it is that of the current point.
    current: bool,
}

impl Model for NewtonModel {
    type Memory = NewtonModelMemory;

    const HAS_MATRIX: bool = true;

    fn check(&self, solver: &'static str, problem: &Oracle<'_>) -> Result<(), Error> {
        memory::check_pairs(solver, problem.dimension(), 2.0)
    }

    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> NewtonModelMemory {
        problem.prepare_differences();
        NewtonModelMemory { hessian: DMatrix::zeros(n, n), accuracy: 0.0, current: false }
    }

    fn restore(&self, problem: &mut Oracle<'_>, memory: &mut NewtonModelMemory) -> bool {
        let n = problem.dimension();
        memory.hessian.shape() == (n, n)
    }

    fn look(&self, problem: &mut Oracle<'_>, memory: &mut NewtonModelMemory, at: At<'_>) -> bool {
        if !memory.current {
            let known = (at.cost, at.gradient);
            memory.accuracy = problem.hessian(at.x, known, &mut memory.hessian);
            memory.current = problem.uninterrupted().is_continue();
        }
        linalg::is_finite(memory.hessian.as_slice())
    }

    fn matrix<'m>(&self, memory: &'m mut NewtonModelMemory) -> Option<&'m DMatrix<f64>> {
        Some(&memory.hessian)
    }

    fn times(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut NewtonModelMemory,
        _at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        product.gemv(1.0, &memory.hessian, v, 0.0);
    }

    fn accuracy(&self, memory: &NewtonModelMemory) -> f64 {
        memory.accuracy
    }

    fn moved(&self, memory: &mut NewtonModelMemory) {
        memory.current = false;
    }
}
