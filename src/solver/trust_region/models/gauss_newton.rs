//! B = J'J for sums of squares f = ½ r'r, in variables scaled as Moré scales them.
//!
//! ```text
//! g = J'r,   ∇²f = J'J + Σ rᵢ ∇²rᵢ,   Dⱼ = the largest |column j of J| so far, 1 where that is 0
//! ```
//!
//! J. Nocedal, S. Wright, *Numerical optimization* (2006), eqs. (10.4), (10.5) and section 10.3; J. Moré, *The
//! Levenberg-Marquardt algorithm*, in G. Watson (ed.), Numerical analysis (1978) 105-116, section 6, for D.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{At, Model};
use crate::linalg::{column, dot, matrix_bytes, power_of_two};
use crate::{Error, Matrix, Oracle, memory};

/// Gauss and Newton's approximation J'J of the Hessian of a sum of squares.
///
/// **Needs** residuals ([`LeastSquares`](crate::LeastSquares)), and their Jacobian or n more evaluations of them for
/// differences. Costs and gradients are computed from these, so that nothing is evaluated twice; all are counted. Where
/// steps fail, a few costs say why. For another problem: [`Error::NotASumOfSquares`]. 2mn + 2n² numbers of memory for m
/// residuals, with those of the subproblem, at most 16 GiB; n²m/2 multiply-adds for J'J, in which the condition of J is
/// squared.
///
/// The ball is |D s| ≤ Δ, with Dⱼ the largest norm of column j of the Jacobian so far: the units of the variables
/// change no iterate.
///
/// **Guarantee** quadratic convergence where the residuals vanish at the minimum, else linear: the faster, the smaller
/// and the less curved they are. At the rounding floor a run therefore ends only when 8 steps have not halved the
/// gradient.
///
/// J'J has no negative curvature, also where the cost has. Before the run ends, the Hessian of the problem is evaluated
/// once, or differenced with n gradients (n(n + 3)/2 costs where there is no Jacobian); from a saddle it shows the way
/// down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaussNewtonModel;

/// The memory of [`GaussNewtonModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussNewtonModelMemory {
    /// Where the residuals were evaluated last; NaN before.
    x: DVector<f64>,
    residual: DVector<f64>,
    jacobian: Matrix,
    /// Whether the Jacobian is that of x.
    has_jacobian: bool,
    /// J D⁻¹.
    #[serde(skip)]
    columns: DMatrix<f64>,
    scale: DVector<f64>,
    /// D⁻¹J'J D⁻¹; once it was examined, D⁻¹∇²f D⁻¹.
    #[serde(with = "matrix_bytes")]
    matrix: DMatrix<f64>,
    accuracy: f64,
    /// Whether the matrix is that of the current point.
    current: bool,
}

impl GaussNewtonModelMemory {
    fn evaluate_jacobian(&mut self, problem: &mut Oracle<'_>, x: &DVector<f64>) {
        problem.jacobian(x, &self.residual, &mut self.jacobian);
        self.has_jacobian = problem.uninterrupted().is_continue();
    }

    /// Updates D and writes D⁻¹J'J D⁻¹.
    fn form(&mut self) {
        let Self { jacobian, columns, scale, matrix, .. } = self;
        jacobian.write_to(columns);
        for (mut column, d) in columns.column_iter_mut().zip(scale.iter_mut()) {
            let unit = power_of_two(column.amax());
            column /= unit;
            let norm = unit * column.norm();
            if norm > *d && norm.is_finite() {
                *d = norm;
            } else if *d == 0.0 {
                *d = 1.0;
            }
            column *= unit / *d;
        }
        for j in 0..scale.len() {
            for i in 0..=j {
                let product = dot(column(columns, i), column(columns, j));
                (matrix[(i, j)], matrix[(j, i)]) = (product, product);
            }
        }
    }

    fn is_finite(&self) -> bool {
        self.matrix.iter().all(|b| b.is_finite())
    }
}

impl Model for GaussNewtonModel {
    type Memory = GaussNewtonModelMemory;

    const HAS_MATRIX: bool = true;
    const PATIENCE: u32 = 8;

    fn name(&self) -> Option<&'static str> {
        Some("GaussNewton")
    }

    fn check(&self, solver: &'static str, problem: &Oracle<'_>) -> Result<(), Error> {
        let m = problem.residuals().ok_or(Error::NotASumOfSquares { solver })?;
        let n = problem.dimension();
        memory::check_pairs(solver, n, 2.0 + 2.0 * m as f64 / n.max(1) as f64)
    }

    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> GaussNewtonModelMemory {
        problem.prepare_differences();
        let m = problem.residuals().unwrap_or(0);
        GaussNewtonModelMemory {
            x: DVector::repeat(n, f64::NAN),
            residual: DVector::zeros(m),
            jacobian: DMatrix::zeros(m, n).into(),
            has_jacobian: false,
            columns: DMatrix::zeros(m, n),
            scale: DVector::zeros(n),
            matrix: DMatrix::zeros(n, n),
            accuracy: 0.0,
            current: false,
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, memory: &mut GaussNewtonModelMemory) -> bool {
        let (n, m) = (problem.dimension(), problem.residuals().unwrap_or(0));
        memory.columns = DMatrix::zeros(m, n);
        let GaussNewtonModelMemory { x, residual, jacobian, scale, matrix, .. } = memory;
        (x.len(), residual.len(), scale.len()) == (n, m, n)
            && jacobian.shape() == (m, n)
            && matrix.shape() == (n, n)
            && scale.iter().all(|d| *d >= 0.0 && d.is_finite())
    }

    fn begin(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        x0: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<f64, Error> {
        let cost = problem.start_residual(x0, &mut memory.residual)?;
        memory.x.copy_from(x0);
        self.gradient(problem, memory, (x0, cost), gradient);
        problem.check_interruption()?;
        problem.check_gradient(gradient)?;
        Ok(cost)
    }

    fn cost(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        x: &DVector<f64>,
    ) -> f64 {
        memory.x.copy_from(x);
        memory.has_jacobian = false;
        problem.residual(x, &mut memory.residual);
        0.5 * memory.residual.norm_squared()
    }

    fn gradient(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        (x, _cost): (&DVector<f64>, f64),
        gradient: &mut DVector<f64>,
    ) {
        memory.evaluate_jacobian(problem, x);
        memory.jacobian.transpose_times(&memory.residual, gradient);
    }

    fn look(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        at: At<'_>,
    ) -> bool {
        if !memory.current {
            if !(memory.has_jacobian && memory.x == *at.x) {
                // The method came here by costs alone.
                self.cost(problem, memory, at.x);
                memory.evaluate_jacobian(problem, at.x);
            }
            if memory.has_jacobian {
                memory.form();
            }
            memory.current = memory.has_jacobian;
        }
        memory.current && memory.is_finite()
    }

    fn examine(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        at: At<'_>,
    ) -> bool {
        // For D.
        self.look(problem, memory, at);
        let GaussNewtonModelMemory { matrix, scale, .. } = memory;
        memory.accuracy = problem.hessian(at.x, (at.cost, at.gradient), matrix);
        for (mut column, d) in matrix.column_iter_mut().zip(scale.iter()) {
            column /= *d;
            column.component_div_assign(scale);
        }
        memory.current = problem.uninterrupted().is_continue();
        memory.is_finite()
    }

    fn scale<'m>(&self, memory: &'m GaussNewtonModelMemory) -> Option<&'m DVector<f64>> {
        Some(&memory.scale)
    }

    fn matrix<'m>(&self, memory: &'m GaussNewtonModelMemory) -> Option<&'m DMatrix<f64>> {
        Some(&memory.matrix)
    }

    fn times(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        _at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        product.gemv(1.0, &memory.matrix, v, 0.0);
    }

    fn accuracy(&self, memory: &GaussNewtonModelMemory) -> f64 {
        memory.accuracy
    }

    fn moved(&self, memory: &mut GaussNewtonModelMemory) {
        memory.current = false;
    }
}
