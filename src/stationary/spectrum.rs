//! Eigenvalues of a symmetric matrix whose entries are known up to errors.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// The eigen-decomposition of A = S H S, S diagonal with powers of two.
///
/// By Sylvester's law of inertia A has as many negative eigenvalues as H. Its entries are of one size where those of H
/// span many orders of magnitude (variables in metres and in nanometres), so that its small eigenvalues are not lost
/// in the rounding errors of its large ones.
///
/// S balances |H|: every row's largest entry becomes about 1 (Ruiz, "A scaling algorithm to equilibrate both rows and
/// columns norms in matrices", RAL-TR-2001-034). For a positive definite H that is the diagonal scaling
/// hᵢⱼ / √(hᵢᵢ hⱼⱼ), the best there is up to a factor of n (van der Sluis 1969).
pub(super) struct Spectrum {
    /// The diagonal of S.
    pub scale: DVector<f64>,
    /// Ascending.
    pub values: DVector<f64>,
    /// One eigenvector per column.
    pub vectors: DMatrix<f64>,
    /// A bound for the error of every eigenvalue (Weyl): ‖S E S‖_F + `solver`.
    pub radius: f64,
    /// The part of the radius that is due to the computation of the eigenvalues.
    pub solver: f64,
}

impl Spectrum {
    /// The spectrum of `hessian` balanced. `None` when the eigenvalues cannot be computed.
    pub fn balanced(hessian: &DMatrix<f64>, error: &DMatrix<f64>) -> Option<Self> {
        let n = hessian.nrows();
        // A row of errors alone must not be scaled up: its errors would then count for every eigenvalue.
        let size = hessian.abs() + error * (4.0 * n as f64);
        let mut exponents = vec![0_i32; n];
        for _ in 0..8 {
            let largest: Vec<i32> = (0..n)
                .map(|i| {
                    let row = (0..n).filter(|&j| size[(i, j)] > 0.0);
                    row.map(|j| exponent(size[(i, j)]) + exponents[i] + exponents[j]).max()
                })
                .map(|exponent| exponent.unwrap_or(0))
                .collect();
            for (exponent, largest) in exponents.iter_mut().zip(largest) {
                *exponent -= largest.div_euclid(2);
            }
        }
        // S and S² must be finite.
        let scale = |e: &i32| power_of_two((*e).clamp(-500, 500));
        Self::of(hessian, error, DVector::from_iterator(n, exponents.iter().map(scale)))
    }

    /// The spectrum of `hessian` itself: S is one number, so that nothing overflows.
    pub fn plain(hessian: &DMatrix<f64>, error: &DMatrix<f64>) -> Option<Self> {
        let largest = hessian.amax();
        let half = if largest > 0.0 { exponent(largest).div_euclid(2) } else { 0 };
        Self::of(hessian, error, DVector::from_element(hessian.nrows(), power_of_two(-half)))
    }

    fn of(hessian: &DMatrix<f64>, error: &DMatrix<f64>, scale: DVector<f64>) -> Option<Self> {
        let n = hessian.nrows();
        let scaled = congruent(hessian, &scale);
        if !scaled.iter().all(|a| a.is_finite()) {
            return None;
        }
        let eigen = SymmetricEigen::try_new(scaled.clone(), f64::EPSILON, 100 * n + 100)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let values = DVector::from_fn(n, |i, _| eigen.eigenvalues[order[i]]);
        let vectors = DMatrix::from_fn(n, n, |i, j| eigen.eigenvectors[(i, order[j])]);
        // How far the computed pairs are from eigenpairs, and the vectors from orthonormal.
        let mut reconstructed = vectors.clone();
        for (mut column, value) in reconstructed.column_iter_mut().zip(&values) {
            column *= *value;
        }
        let residual = (&scaled * &vectors - reconstructed).norm();
        let skew = (vectors.tr_mul(&vectors) - DMatrix::identity(n, n)).norm();
        let solver = 2.0 * residual + (skew + 2.0 * n as f64 * f64::EPSILON) * scaled.norm();
        let radius = congruent(error, &scale).norm() + solver;
        radius.is_finite().then_some(Self { scale, values, vectors, radius, solver })
    }

    /// Q' S B S Q.
    pub fn project(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        self.vectors.tr_mul(&congruent(b, &self.scale)) * &self.vectors
    }

    /// Q' S g: a gradient in coordinates of the eigenvectors.
    pub fn coordinates(&self, g: &DVector<f64>) -> DVector<f64> {
        self.vectors.tr_mul(&g.component_mul(&self.scale))
    }

    /// |Q|' S e: bounds for the coordinates of a vector with components of at most e.
    pub fn coordinate_bounds(&self, e: &DVector<f64>) -> DVector<f64> {
        self.vectors.abs().tr_mul(&e.component_mul(&self.scale))
    }

    /// S Q c: the vector with coordinates c in the eigenvectors, in the variables of H.
    pub fn vector(&self, c: &DVector<f64>) -> DVector<f64> {
        (&self.vectors * c).component_mul(&self.scale)
    }
}

/// S B S.
pub(super) fn congruent(b: &DMatrix<f64>, scale: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(b.nrows(), b.ncols(), |i, j| b[(i, j)] * scale[i] * scale[j])
}

/// e with 2ᵉ <= a < 2ᵉ⁺¹, for a normal positive number; the least exponent for a smaller one.
fn exponent(a: f64) -> i32 {
    (a.to_bits() >> 52) as i32 - 1023
}

/// 2ᵉ for the exponents of normal numbers.
fn power_of_two(e: i32) -> f64 {
    2.0_f64.powi(e)
}

/// Eigenvalues, ascending, of a positive definite matrix by Jacobi's rotations. Unlike methods that reduce the matrix
/// first, they find small eigenvalues to as many digits as the matrix determines: with an error of about ε times the
/// condition number of the *balanced* matrix relative to each eigenvalue (Demmel and Veselić, "Jacobi's method is more
/// accurate than QR", SIAM J. Matrix Anal. Appl. 13 (1992), theorem 3.1). `None` if that fails.
pub(super) fn jacobi(mut a: DMatrix<f64>) -> Option<DVector<f64>> {
    let n = a.nrows();
    for _ in 0..40 {
        let mut rotated = false;
        for q in 1..n {
            for p in 0..q {
                let (a_pp, a_qq, a_pq) = (a[(p, p)], a[(q, q)], a[(p, q)]);
                if a_pp <= 0.0 || a_qq <= 0.0 {
                    return None;
                }
                if a_pq.abs() <= f64::EPSILON * a_pp.sqrt() * a_qq.sqrt() {
                    continue;
                }
                rotated = true;
                let theta = 0.5 * (a_qq - a_pp) / a_pq;
                let t = 1.0_f64.copysign(theta) / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = c * t;
                for k in (0..n).filter(|&k| k != p && k != q) {
                    let (a_kp, a_kq) = (a[(k, p)], a[(k, q)]);
                    for (i, value) in [(p, c * a_kp - s * a_kq), (q, s * a_kp + c * a_kq)] {
                        a[(k, i)] = value;
                        a[(i, k)] = value;
                    }
                }
                a[(p, p)] = a_pp - t * a_pq;
                a[(q, q)] = a_qq + t * a_pq;
                a[(p, q)] = 0.0;
                a[(q, p)] = 0.0;
            }
        }
        if !rotated {
            let mut values: Vec<f64> = a.diagonal().iter().copied().collect();
            values.sort_by(f64::total_cmp);
            return values.iter().all(|v| *v > 0.0).then(|| DVector::from_vec(values));
        }
    }
    None
}
