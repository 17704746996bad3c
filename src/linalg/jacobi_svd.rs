//! The singular values and right singular vectors of a triangular factor, without allocation and with the same bits
//! everywhere.
//!
//! ```text
//! R = U Σ V':   the columns of R' are rotated until they are orthogonal, R' U = V Σ
//! ```
//!
//! Errors in the singular values are relative to each, where R' is a well-conditioned matrix with its columns scaled,
//! and not to the largest; a matrix R'R would have lost those below √ε of it. nalgebra's `SVD` allocates at every call.
//!
//! J. Demmel, K. Veselić, *Jacobi's method is more accurate than QR*, SIAM J. Matrix Anal. Appl. 13 (1992) 1204-1245,
//! algorithm 4.1, on the transpose; P. de Rijk, *A one-sided Jacobi algorithm for computing the singular value
//! decomposition on a vector computer*, SIAM J. Sci. Stat. Comput. 10 (1989) 359-371, for the order.

use nalgebra::{DMatrix, DVector};

use super::{dot, two_columns};

/// Sweeps over all pairs. Six suffice on average.
const SWEEPS: usize = 40;

/// Replaces R' by V, column j for the singular value `values[j]`, and c by U'c. A column for the value 0 is 0. False
/// when the iteration does not end, as for entries that are not finite.
pub(crate) fn jacobi_svd(
    transposed: &mut DMatrix<f64>,
    c: &mut [f64],
    values: &mut DVector<f64>,
) -> bool {
    let n = c.len();
    let (w, values) = (transposed.as_mut_slice(), values.as_mut_slice());
    super::wide(
        #[inline(always)]
        || {
            let is_done = orthogonalize(w, c, values);
            for (column, value) in w.chunks_mut(n.max(1)).zip(values) {
                *value = value.sqrt();
                if *value > 0.0 {
                    column.iter_mut().for_each(|entry| *entry /= *value);
                }
            }
            is_done
        },
    )
}

/// Leaves the squares of the columns in `squares`.
#[inline(always)]
fn orthogonalize(w: &mut [f64], c: &mut [f64], squares: &mut [f64]) -> bool {
    let n = c.len();
    let tolerance = f64::EPSILON * (n as f64).sqrt();
    for (column, square) in w.chunks(n.max(1)).zip(&mut *squares) {
        *square = dot(column, column);
    }
    for _ in 0..SWEEPS {
        let mut is_orthogonal = true;
        for i in 0..n {
            for j in i + 1..n {
                let [p, q] = two_columns(w, n, i, j);
                // The longer one first.
                if squares[i] < squares[j] {
                    p.swap_with_slice(q);
                    squares.swap(i, j);
                    c.swap(i, j);
                }
                let product = dot(p, q);
                let (a, b) = (squares[i], squares[j]);
                if !product.is_finite() {
                    return false;
                }
                if product.abs() <= tolerance * a.sqrt() * b.sqrt() {
                    continue;
                }
                is_orthogonal = false;
                let zeta = 0.5 * (b - a) / product;
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = cosine * tangent;
                for (p, q) in p.iter_mut().zip(q.iter_mut()) {
                    (*p, *q) = (cosine * *p - sine * *q, sine * *p + cosine * *q);
                }
                (c[i], c[j]) = (cosine * c[i] - sine * c[j], sine * c[i] + cosine * c[j]);
                (squares[i], squares[j]) = (dot(p, p), dot(q, q));
            }
        }
        if is_orthogonal {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// R = U Σ V' with these values: they come back to relative accuracy where the columns of R' are scaled alone.
    #[test]
    fn values_vectors_and_coordinates_are_those_of_the_matrix() {
        let mut random = Random::new(11);
        for n in [0, 1, 2, 5, 17, 40] {
            let r = DMatrix::from_fn(n, n, |i, j| if i <= j { random.normal() } else { 0.0 });
            let c = DVector::from_fn(n, |_, _| random.normal());
            let (mut v, mut along, mut values) = (r.transpose(), c.clone(), DVector::zeros(n));
            assert!(jacobi_svd(&mut v, along.as_mut_slice(), &mut values));
            let identity = DMatrix::identity(n, n);
            assert!((v.tr_mul(&v) - &identity).amax() <= 1e-13);
            assert!(values.as_slice().is_sorted_by(|a, b| a >= b), "{values}");
            // R'R = V Σ² V', and R'c = V Σ U'c.
            let squares = DMatrix::from_diagonal(&values.map(|value| value * value));
            let gram = r.tr_mul(&r);
            assert!((&v * squares * v.transpose() - &gram).amax() <= 1e-13 * gram.amax().max(1.0));
            let slope = &v * values.component_mul(&along);
            assert!((slope - r.tr_mul(&c)).amax() <= 1e-13 * gram.amax().max(1.0));
        }
        // Rows of sizes 1, 10⁻¹², 10⁻²⁴: the normal equations would see the first alone.
        let r = DMatrix::from_row_slice(3, 3, &[1.0, 1.0, 1.0, 0.0, 1e-12, 2e-12, 0.0, 0.0, 1e-24]);
        let (mut v, mut c, mut values) = (r.transpose(), [0.0; 3], DVector::zeros(3));
        assert!(jacobi_svd(&mut v, &mut c, &mut values));
        // σ₁σ₂σ₃ = det R, and σ₁σ₂ = the norm of its 2 × 2 minors up to 10⁻²⁴: √(1 + 4 + 1) 10⁻¹².
        let known = [3.0_f64.sqrt(), 2.0_f64.sqrt() * 1e-12, 1e-24 / 6.0_f64.sqrt()];
        for (found, known) in values.iter().zip(known) {
            assert!((found / known - 1.0).abs() < 1e-11, "{values}");
        }
    }

    #[test]
    fn what_is_not_finite_ends() {
        let mut v = DMatrix::from_element(3, 3, f64::NAN);
        assert!(!jacobi_svd(&mut v, &mut [1.0; 3], &mut DVector::zeros(3)));
        let mut zero = DMatrix::zeros(3, 3);
        let mut values = DVector::repeat(3, 1.0);
        assert!(jacobi_svd(&mut zero, &mut [1.0; 3], &mut values) && values.amax() == 0.0);
    }
}
