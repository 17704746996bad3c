//! Standard errors, correlations and leverages.
//!
//! ```text
//! Gauss-Newton  C = s² (J'J)⁻¹,                       s² = |r|² / (m − n)
//! Hessian       C = s² (J'J + Σ rᵢ ∇²rᵢ)⁻¹
//! sandwich      C = (J'J)⁻¹ J' diag(rᵢ²/(1 − hᵢ)²) J (J'J)⁻¹,  hᵢ = Jᵢ (J'J)⁻¹ Jᵢ'
//! loss          C = K² (Σ ψᵢ² / (m − n)) / (Σ ψ'ᵢ / m)² (J'J)⁻¹,   K = 1 + (n/m) var(ψ') / mean(ψ')²
//! ```
//!
//! G. Seber, C. Wild, *Nonlinear regression* (1989), eqs. (2.20) and (2.21) for the first; J. MacKinnon, H. White, J.
//! Econometrics 29 (1985) 305-325, HC3, for the sandwich; P. Huber, *Robust statistics* (1981), eq. (6.5) of section
//! 7.6, for the last, with ψ(r) = r ρ'((r/c)²).

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::Loss;
use super::decomposition::Decomposition;
use crate::Matrix;
use crate::linalg::symmetric_eigen;

/// Where the covariances of the parameters come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Covariance {
    /// s² (J'J)⁻¹, as NIST certifies it and all programs for fits give it.
    #[default]
    GaussNewton,
    /// s² H⁻¹ with the whole Hessian of ½ |r|²: of the likelihood as observed. It differs where residuals are large and
    /// the model is curved.
    Hessian,
    /// White's: right also where the standard deviations of the data are not those that were given.
    Sandwich,
}

/// J at the end for the parameters that have errors, and r there.
pub(super) struct At<'a> {
    pub jacobian: &'a Matrix,
    pub chosen: &'a [usize],
    pub residual: &'a DVector<f64>,
    pub parts: &'a Decomposition,
}

/// A factor F of the covariances C = F F', and the leverages hᵢ.
#[derive(Clone, Debug)]
pub(super) struct Errors {
    pub factor: DMatrix<f64>,
    pub leverages: DVector<f64>,
}

impl Errors {
    /// By J'J or by the sandwich, with the standard deviation s of a residual.
    pub fn of(at: &At<'_>, deviation: f64, is_sandwich: bool) -> Self {
        let root = at.parts.root();
        let (m, rank) = (at.residual.len(), root.ncols());
        let mut leverages = DVector::zeros(m);
        let mut middle = DMatrix::zeros(rank, rank);
        let mut row = DVector::zeros(rank);
        let dense;
        let jacobian = match at.jacobian {
            Matrix::Dense(matrix) => matrix,
            Matrix::Sparse(_) => {
                dense = at.jacobian.to_dense();
                &dense
            }
        };
        for i in 0..m {
            row.fill(0.0);
            for (k, &j) in at.chosen.iter().enumerate() {
                row.axpy(jacobian[(i, j)], &root.row(k).transpose(), 1.0);
            }
            leverages[i] = row.norm_squared();
            if is_sandwich {
                let left = (1.0 - leverages[i]).max(f64::EPSILON);
                middle.ger((at.residual[i] / left).powi(2), &row, &row, 1.0);
            }
        }
        let factor = if is_sandwich { root * square_root(middle) } else { root * deviation };
        Self { factor, leverages }
    }

    /// By the Hessian of ½ |r|² for the parameters that have errors, with errors up to `accuracy` of its largest
    /// entries. `None` where it is not certainly positive definite.
    pub fn by_hessian(
        hessian: &DMatrix<f64>,
        accuracy: f64,
        leverages: DVector<f64>,
        deviation: f64,
    ) -> Option<Self> {
        let scale = hessian.diagonal().map(|h| h.sqrt().recip());
        if !scale.iter().all(|s| s.is_finite()) {
            return None;
        }
        let mut balanced = hessian.clone();
        for (mut column, s) in balanced.column_iter_mut().zip(&scale) {
            column *= *s;
            column.component_mul_assign(&scale);
        }
        let (values, vectors) = eigen(balanced)?;
        let floor = values.len() as f64 * accuracy;
        if values.iter().any(|value| *value <= floor) {
            return None;
        }
        let mut factor = vectors;
        for (mut column, value) in factor.column_iter_mut().zip(&values) {
            column *= deviation / value.sqrt();
            column.component_mul_assign(&scale);
        }
        Some(Self { factor, leverages })
    }

    /// √Cⱼⱼ; infinite where it is beyond the range of numbers.
    pub fn standard(&self, j: usize) -> f64 {
        let error = self.factor.row(j).norm();
        if error.is_nan() { f64::INFINITY } else { error }
    }

    /// Cⱼₖ / √(Cⱼⱼ Cₖₖ).
    pub fn correlation(&self, j: usize, k: usize) -> f64 {
        let [first, second] = [j, k].map(|j| self.factor.row(j) / self.standard(j));
        first.dot(&second).clamp(-1.0, 1.0)
    }

    /// √(g'C g).
    pub fn along(&self, g: &DVector<f64>) -> f64 {
        self.factor.tr_mul(g).norm()
    }
}

/// The standard deviation that takes the place of s under a loss with the scale c. `None` where the loss has no
/// curvature at these residuals.
pub(super) fn deviation_under(
    loss: Loss,
    scale: f64,
    residual: &DVector<f64>,
    n: usize,
) -> Option<f64> {
    let m = residual.len() as f64;
    let freedom = m - n as f64;
    let (mut squares, mut sum, mut sum_of_squares) = (0.0, 0.0, 0.0);
    for r in residual {
        let g = loss.transform(r / scale);
        let (psi, slope) = (g.value * g.slope, g.slope * g.slope + g.value * g.curvature);
        squares += psi * psi;
        sum += slope;
        sum_of_squares += slope * slope;
    }
    let mean = sum / m;
    let variance = (sum_of_squares / m - mean * mean).max(0.0);
    let correction = 1.0 + n as f64 / m * variance / (mean * mean);
    let deviation = correction * scale * (squares / freedom).sqrt() / mean;
    (mean > 0.0 && deviation.is_finite()).then_some(deviation)
}

/// L with L L' = A, symmetric and positive semidefinite.
fn square_root(a: DMatrix<f64>) -> DMatrix<f64> {
    let n = a.nrows();
    let Some((values, mut root)) = eigen(a) else { return DMatrix::repeat(n, n, f64::NAN) };
    for (mut column, value) in root.column_iter_mut().zip(&values) {
        column *= value.max(0.0).sqrt();
    }
    root
}

/// Eigenvalues and eigenvectors.
fn eigen(mut a: DMatrix<f64>) -> Option<(DVector<f64>, DMatrix<f64>)> {
    let (mut values, mut work) = (DVector::zeros(a.nrows()), DVector::zeros(a.nrows()));
    symmetric_eigen(&mut a, &mut values, &mut work).then_some((values, a))
}
