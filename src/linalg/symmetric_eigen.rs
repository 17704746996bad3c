//! The eigenvalues and eigenvectors of a symmetric matrix, without allocation and with the same bits everywhere.
//!
//! A = Q T Q' by Householder's reflections, T tridiagonal; T = V Λ V' by the implicit QR iteration with Wilkinson's shift.
//!
//! nalgebra's `SymmetricEigen` allocates at every call, and faer contracts products and sums where the processor can, so
//! that the bits of a run would depend on the processor.
//!
//! G. Golub, C. Van Loan, *Matrix computations* (2013), algorithms 8.3.1 (tridiagonalization) and 8.3.2 (implicit shift);
//! A. Dubrulle, R. Martin, J. Wilkinson, *The implicit QL algorithm*, Numer. Math. 12 (1968) 377-383, of which this is the
//! mirror image.

use nalgebra::{DMatrix, DVector};

use super::{axpy, axpy2, dot, max_abs};

/// Entries below this share of the largest one are set to zero, so that no square underflows.
const NEGLIGIBLE: f64 = f64::EPSILON * f64::EPSILON;

/// The most QR iterations for one eigenvalue. Two suffice on average.
const ITERATIONS: usize = 60;

/// Replaces a symmetric n × n matrix, of which the lower triangle is read, by its orthonormal eigenvectors, column j for
/// `values[j]`, in no order. `values` and `work` have n entries. False when the iteration does not end, as for entries that
/// are not finite; the results are then meaningless.
pub(crate) fn symmetric_eigen(
    a: &mut DMatrix<f64>,
    values: &mut DVector<f64>,
    work: &mut DVector<f64>,
) -> bool {
    let n = a.nrows();
    if n == 0 {
        return true;
    }
    a.fill_upper_triangle_with_lower_triangle();
    let (a, d, e) = (a.as_mut_slice(), values.as_mut_slice(), work.as_mut_slice());
    let negligible = NEGLIGIBLE * max_abs(a);
    super::wide(
        #[inline(always)]
        || {
            tridiagonalize(a, d, e, negligible);
            accumulate(a, n);
            diagonalize(a, d, e, negligible)
        },
    )
}

/// Writes the diagonal of T and the subdiagonal. Reflection k, I − 2 v v' / v'v, leaves v in column k below the
/// diagonal.
#[inline(always)]
fn tridiagonalize(a: &mut [f64], diagonal: &mut [f64], below: &mut [f64], negligible: f64) {
    let n = diagonal.len();
    for k in 0..n {
        let (left, right) = a.split_at_mut((k + 1) * n);
        diagonal[k] = left[k * n + k];
        let v = &mut left[k * n + k + 1..];
        let Some((first, rest)) = v.split_first_mut() else { continue };
        let tail = dot(rest, rest);
        below[k] = *first;
        if tail <= negligible * negligible {
            v.fill(0.0);
            continue;
        }
        below[k] = -(*first * *first + tail).sqrt().copysign(*first);
        *first -= below[k];
        let scale = 2.0 / (*first * *first + tail);
        // w = p − (τ v'p / 2) v with p = τ A v; A ← A − v w' − w v'.
        let w = &mut diagonal[k + 1..];
        w.fill(0.0);
        for (column, v) in right.chunks_exact(n).zip(&*v) {
            axpy(scale * v, &column[k + 1..], w);
        }
        axpy(-0.5 * scale * dot(v, w), v, w);
        for (j, column) in right.chunks_exact_mut(n).enumerate() {
            axpy2([-w[j], -v[j]], [v, w], &mut column[k + 1..]);
        }
    }
    below[n - 1] = 0.0;
}

/// Replaces the reflections by their product Q, from the last one on.
#[inline(always)]
fn accumulate(a: &mut [f64], n: usize) {
    for k in (0..n - 1).rev() {
        let (left, right) = a.split_at_mut((k + 1) * n);
        let v = &left[k * n + k + 1..];
        // The product of the later ones is in rows and columns from k + 2 on: one more row and column of the identity.
        right[k + 1..n].fill(0.0);
        for column in right.chunks_exact_mut(n) {
            column[k + 1] = 0.0;
        }
        right[k + 1] = 1.0;
        let norm_squared = dot(v, v);
        if norm_squared > 0.0 {
            for column in right.chunks_exact_mut(n) {
                let entries = &mut column[k + 1..];
                axpy(-2.0 * dot(v, entries) / norm_squared, v, entries);
            }
        }
    }
    a[..n].fill(0.0);
    for column in a.chunks_exact_mut(n) {
        column[0] = 0.0;
    }
    a[0] = 1.0;
}

/// The QR iteration: d becomes the eigenvalues of T, e zero, and the columns of Q are rotated along. From the last one on,
/// because the reflections have put the directions of small eigenvalues there.
#[inline(always)]
fn diagonalize(q: &mut [f64], d: &mut [f64], e: &mut [f64], negligible: f64) -> bool {
    for last in (0..d.len()).rev() {
        for iteration in 0.. {
            let is_coupled =
                |i: usize| e[i].abs() > negligible + f64::EPSILON * (d[i].abs() + d[i + 1].abs());
            let mut first = last;
            while first > 0 && is_coupled(first - 1) {
                first -= 1;
            }
            if first == last {
                break;
            }
            if iteration == ITERATIONS {
                return false;
            }
            sweep(q, d, e, [first, last]);
        }
    }
    d.iter().all(|d| d.is_finite())
}

/// One implicit step for the block of T from `first` to `last`.
#[inline(always)]
fn sweep(q: &mut [f64], d: &mut [f64], e: &mut [f64], [first, last]: [usize; 2]) {
    let n = d.len();
    let (half, square) = ((d[last - 1] - d[last]) / 2.0, e[last - 1] * e[last - 1]);
    let mut g = d[first] - d[last] + square / (half + (half * half + square).sqrt().copysign(half));
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for i in first..last {
        let (f, b) = (sine * e[i], cosine * e[i]);
        let squares = f * f + g * g;
        let r = squares.sqrt();
        if i > first {
            e[i - 1] = r;
        }
        if squares < f64::MIN_POSITIVE {
            // The block splits here.
            d[i] -= shift;
            return;
        }
        // f / r and g / r, with a division that does not wait for the root.
        let inverse = squares.recip();
        (sine, cosine) = (f * inverse * r, g * inverse * r);
        g = d[i] - shift;
        let rise = (d[i + 1] - g) * sine + cosine * (2.0 * b);
        shift = sine * rise;
        d[i] = g + shift;
        g = cosine * rise - b;
        let (left, right) = q[i * n..(i + 2) * n].split_at_mut(n);
        for (x, y) in left.iter_mut().zip(right) {
            (*x, *y) = (cosine * *x + sine * *y, cosine * *y - sine * *x);
        }
    }
    d[last] -= shift;
    e[last - 1] = g;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A V = V Λ and V'V = I to rounding, for dense, diagonal, repeated, zero and graded matrices.
    #[test]
    fn eigenvectors_are_orthonormal_and_reproduce_the_matrix() {
        let mut random = crate::Random::new(1);
        for n in [1, 2, 3, 10, 31] {
            for kind in 0..5 {
                let mut a = DMatrix::from_fn(n, n, |i, j| match kind {
                    0 => random.normal(),
                    1 => f64::from(u8::from(i == j)) * (i as f64 - 3.0),
                    2 => 1.0,
                    3 => 0.0,
                    _ => random.normal() * 10_f64.powi(-(i as i32) - (j as i32)),
                });
                a.fill_upper_triangle_with_lower_triangle();
                let (mut v, mut values, mut work) =
                    (a.clone(), DVector::zeros(n), DVector::zeros(n));
                assert!(symmetric_eigen(&mut v, &mut values, &mut work));
                let scale = a.norm() + f64::MIN_POSITIVE;
                let defect = &a * &v - &v * DMatrix::from_diagonal(&values);
                assert!(defect.norm() <= 1e-14 * n as f64 * scale, "{n} {kind}: {}", defect.norm());
                let product = v.transpose() * &v - DMatrix::identity(n, n);
                assert!(product.norm() <= 1e-14 * n as f64, "{n} {kind}: {}", product.norm());
            }
        }
    }

    #[test]
    fn what_is_not_finite_ends() {
        let (mut values, mut work) = (DVector::zeros(3), DVector::zeros(3));
        let mut a = DMatrix::from_element(3, 3, f64::NAN);
        assert!(!symmetric_eigen(&mut a, &mut values, &mut work));
    }

    #[test]
    fn eigenvalues_of_the_second_difference() {
        // 2 − 2 cos(k π / (n + 1)), k = 1, .., n.
        let n = 8;
        let mut a = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        let (mut values, mut work) = (DVector::zeros(n), DVector::zeros(n));
        assert!(symmetric_eigen(&mut a, &mut values, &mut work));
        values.as_mut_slice().sort_by(f64::total_cmp);
        for (k, value) in values.iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-14);
        }
    }
}
