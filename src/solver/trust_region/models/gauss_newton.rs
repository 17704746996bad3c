//! B = J'J for sums of squares f = ½ r'r, in variables scaled as Moré scales them.
//!
//! ```text
//! g = J'r,   ∇²f = J'J + Σ rᵢ ∇²rᵢ,   Dⱼ = the largest |column j of J| so far, 1 where that is 0
//! J D⁻¹ = Q R:   D⁻¹J'J D⁻¹ = R'R,   D⁻¹g = R'c with c = Q'r
//! ```
//!
//! J. Nocedal, S. Wright, *Numerical optimization* (2006), eqs. (10.4), (10.5) and section 10.3; J. Moré, *The
//! Levenberg-Marquardt algorithm*, in G. Watson (ed.), Numerical analysis (1978) 105-116, section 6 for D.

mod factor;
mod pace;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use factor::{BLOCK, ScaledFactor};
use pace::Pace;

use super::{At, Factor, Model, Trial};
use crate::linalg::{is_finite, matrix_bytes};
use crate::{Error, Matrix, Oracle, memory};

/// The relative error of differences.
const FORWARD: f64 = 1.5e-8;

/// Gauss and Newton's approximation J'J of the Hessian of a sum of squares.
///
/// **Needs** residuals ([`LeastSquares`](crate::LeastSquares)), and their Jacobian or n more evaluations of them for
/// differences. Costs and gradients are computed from these, so that nothing is evaluated twice; all are counted. Where
/// steps fail, a few costs say why. For another problem: [`Error::NotASumOfSquares`]. mn + 5n² + 256n numbers of memory
/// for m residuals, with those of the subproblem, at most 16 GiB; mn² multiply-adds for a QR factorization of J by
/// blocks of rows. J'J is not formed, unless the subproblem wants a matrix: with [`Exact`](super::super::Exact) the
/// errors of a step are of the order of the condition of J, and not of its square.
///
/// The ball is |D s| ≤ Δ, with Dⱼ the largest norm of column j of the Jacobian so far: the units of the variables
/// change no iterate.
///
/// **Guarantee** quadratic convergence where the residuals vanish at the minimum, or give their
/// [Hessian](crate::LeastSquares::hessian); else linear: the faster, the smaller and the less curved they are. A run
/// ends at the rounding floor when three steps promise no less than the steps before.
///
/// **Large residuals** near the minimum, |Q'r| < 0.01 |r|, two steps in a row that leave more than a tenth of the
/// gradient make B the whole Hessian J'J + Σ rᵢ ∇²rᵢ, as long as it is near. On NIST's 28 fits that takes a seventh of
/// the residuals less, and half of them for Brown and Dennis' function.
///
/// **Narrow valleys** where the residuals give their [second derivative](crate::LeastSquares::second_derivative) along
/// a step v, and |Q'r| ≥ 0.1 |r| still after 20 points, steps follow the curve, with [`Exact`](super::super::Exact):
///
/// ```text
/// s = v + a/2,   (J'J + μ D²) a = −J' r''[v, v],   where 2 |D a| ≤ ¾ |D v|
/// ```
///
/// NIST's 28 fits then take 966 evaluations of residuals and second derivatives to the rounding floor, and 1523
/// without; between 966 and 1417 if it begins after another number of points from 16 to 25. The 35 functions of Moré,
/// Garbow and Hillstrom, most of them too easy for it, take 1437 and 1201, and 960 and 1022 Jacobians.
///
/// J'J has no negative curvature, also where the cost has. Before the run ends, the Hessian is evaluated once: from the
/// residuals' Hessian, or the problem's, or differenced with n gradients (n(n + 3)/2 costs where there is no Jacobian);
/// from a saddle it shows the way down.
///
/// **References** M. Transtrum, J. Sethna, *Improvements to the Levenberg-Marquardt algorithm for nonlinear
/// least-squares minimization*, arXiv 1201.5885 (2012), for a; J. Dennis, D. Gay, R. Welsch, ACM Trans. Math. Software
/// 7 (1981) 348-368, for large residuals.
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
    scale: DVector<f64>,
    /// That of J D⁻¹ at the current point, and the residuals there.
    factor: ScaledFactor,
    here: DVector<f64>,
    /// B, once it was asked for.
    #[serde(with = "matrix_bytes")]
    matrix: DMatrix<f64>,
    known: Known,
    accuracy: f64,
    pace: Pace,
    /// Σ rᵢ∇²rᵢ.
    #[serde(skip)]
    curvature: Matrix,
    /// r''(x)[s, s].
    #[serde(skip)]
    second: DVector<f64>,
}

/// What is known of B at the current point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Known {
    Nothing,
    /// The factor of J D⁻¹.
    Factor,
    /// That, and D⁻¹J'J D⁻¹ as a matrix.
    Gram,
    /// B = D⁻¹∇²f D⁻¹ as a matrix.
    Hessian,
    /// Something that is not finite.
    NotFinite,
}

impl GaussNewtonModelMemory {
    fn evaluate_jacobian(&mut self, problem: &mut Oracle<'_>, x: &DVector<f64>) {
        problem.jacobian(x, &self.residual, &mut self.jacobian);
        self.has_jacobian = problem.uninterrupted().is_continue();
    }

    /// Updates D, and factorizes J D⁻¹.
    fn form(&mut self) {
        let is_finite = self.factor.form(&self.jacobian, &self.residual, &mut self.scale);
        self.here.copy_from(&self.residual);
        self.known = if is_finite { Known::Factor } else { Known::NotFinite };
        self.pace.note_point(self.offset());
    }

    /// |Q'r| / |r|.
    fn offset(&self) -> f64 {
        self.factor.get().image.norm() / self.here.norm()
    }

    /// Makes B the Hessian at x, where the factor is that of the Jacobian, if the residuals give their part of it;
    /// false when they do not, or it is not finite.
    fn add_curvature(&mut self, problem: &mut Oracle<'_>, x: &DVector<f64>) -> bool {
        if !problem.residual_hessian(x, &self.here, &mut self.curvature) {
            return false;
        }
        self.curvature.write_to(&mut self.matrix);
        self.scale_matrix();
        self.factor.add_gram(&mut self.matrix);
        let is_finite = is_finite(self.matrix.as_slice());
        if is_finite {
            let error = if problem.problem().has_gradient() { f64::EPSILON } else { FORWARD };
            self.accuracy = 10.0 * x.len() as f64 * error;
            self.known = Known::Hessian;
        }
        is_finite
    }

    /// B ← D⁻¹B D⁻¹.
    fn scale_matrix(&mut self) {
        for (mut column, d) in self.matrix.column_iter_mut().zip(self.scale.iter()) {
            column /= *d;
            column.component_div_assign(&self.scale);
        }
    }
}

impl Model for GaussNewtonModel {
    type Memory = GaussNewtonModelMemory;

    const HAS_MATRIX: bool = true;
    const PATIENCE: u32 = 3;

    fn name(&self) -> Option<&'static str> {
        Some("GaussNewton")
    }

    fn check(&self, solver: &'static str, problem: &Oracle<'_>) -> Result<(), Error> {
        let m = problem.residuals().ok_or(Error::NotASumOfSquares { solver })?;
        let n = problem.dimension();
        memory::check_pairs(solver, n, 5.0 + (m + BLOCK) as f64 / n.max(1) as f64)
    }

    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> GaussNewtonModelMemory {
        problem.prepare_differences();
        let m = problem.residuals().unwrap_or(0);
        GaussNewtonModelMemory {
            x: DVector::repeat(n, f64::NAN),
            residual: DVector::zeros(m),
            jacobian: DMatrix::zeros(m, n).into(),
            has_jacobian: false,
            scale: DVector::zeros(n),
            factor: ScaledFactor::new(m, n),
            here: DVector::zeros(m),
            matrix: DMatrix::zeros(n, n),
            known: Known::Nothing,
            accuracy: 0.0,
            pace: Pace::default(),
            curvature: Matrix::default(),
            second: DVector::zeros(m),
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, memory: &mut GaussNewtonModelMemory) -> bool {
        let (n, m) = (problem.dimension(), problem.residuals().unwrap_or(0));
        memory.second = DVector::zeros(m);
        let fits = memory.factor.restore(m, n);
        let GaussNewtonModelMemory { x, residual, here, jacobian, scale, matrix, .. } = memory;
        fits && (x.len(), residual.len(), here.len(), scale.len()) == (n, m, m, n)
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

    fn learn(&self, memory: &mut GaussNewtonModelMemory, trial: Trial<'_>) -> bool {
        memory.pace.learn(memory.offset(), trial, &memory.scale);
        false
    }

    fn look(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        at: At<'_>,
    ) -> bool {
        if memory.known == Known::Nothing {
            if !(memory.has_jacobian && memory.x == *at.x) {
                // The method came here by costs alone.
                self.cost(problem, memory, at.x);
                memory.evaluate_jacobian(problem, at.x);
            }
            if memory.has_jacobian {
                memory.form();
                if memory.known == Known::Factor && memory.pace.is_slow() {
                    let is_full = memory.add_curvature(problem, at.x);
                    memory.pace.note_hessian(is_full);
                }
            }
        }
        !matches!(memory.known, Known::Nothing | Known::NotFinite)
    }

    fn examine(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        at: At<'_>,
    ) -> bool {
        // For D and R.
        let is_finite = self.look(problem, memory, at);
        if memory.known == Known::Hessian || is_finite && memory.add_curvature(problem, at.x) {
            return true;
        }
        memory.accuracy = problem.hessian(at.x, (at.cost, at.gradient), &mut memory.matrix);
        memory.scale_matrix();
        let is_finite = crate::linalg::is_finite(memory.matrix.as_slice());
        memory.known = match is_finite {
            _ if problem.uninterrupted().is_break() => Known::Nothing,
            true => Known::Hessian,
            false => Known::NotFinite,
        };
        is_finite
    }

    fn scale<'m>(&self, memory: &'m GaussNewtonModelMemory) -> Option<&'m DVector<f64>> {
        Some(&memory.scale)
    }

    fn matrix<'m>(&self, memory: &'m mut GaussNewtonModelMemory) -> Option<&'m DMatrix<f64>> {
        if memory.known == Known::Factor {
            memory.factor.write_gram(&mut memory.matrix);
            memory.known = Known::Gram;
        }
        Some(&memory.matrix)
    }

    fn factor<'m>(&self, memory: &'m GaussNewtonModelMemory) -> Option<Factor<'m>> {
        matches!(memory.known, Known::Factor | Known::Gram).then(|| memory.factor.get())
    }

    fn times(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        _at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        if memory.known == Known::Hessian {
            product.gemv(1.0, &memory.matrix, v, 0.0);
        } else {
            memory.factor.times(v, product);
        }
    }

    fn curvature_along(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut GaussNewtonModelMemory,
        at: At<'_>,
        step: &DVector<f64>,
        force: &mut DVector<f64>,
    ) -> bool {
        // After a trial that was not accepted the Jacobian may be that of the trial.
        let is_wanted = memory.known == Known::Factor && memory.x == *at.x && memory.pace.is_late();
        let GaussNewtonModelMemory { jacobian, second, scale, .. } = memory;
        if !is_wanted || !problem.residual_second_derivative(at.x, step, second) {
            return false;
        }
        jacobian.transpose_times(second, force);
        force.component_div_assign(scale);
        is_finite(force.as_slice())
    }

    fn accuracy(&self, memory: &GaussNewtonModelMemory) -> f64 {
        memory.accuracy
    }

    fn moved(&self, memory: &mut GaussNewtonModelMemory) {
        memory.known = Known::Nothing;
    }
}
