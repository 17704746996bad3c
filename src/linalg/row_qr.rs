//! The factor R of a matrix that comes in blocks of rows, and Q'b for a right-hand side b.
//!
//! ```text
//! Q' [ R  c ]   [ R⁺ c⁺ ]
//!    [ A  b ] = [ 0  ·  ]      by Householder's reflections I − τ v v', v = (v₀, 0, .., 0, v₁, .., v_m)
//! ```
//!
//! Column j of R has zeros below its diagonal, so that the reflection j touches row j of R and the rows of A alone.
//! Rows of any number need the memory of one block.
//!
//! G. Golub, C. Van Loan, *Matrix computations* (2013), sections 5.2.2 and 6.5.3; Å. Björck, *Numerical methods for
//! least squares problems* (1996), section 6.2.2, for rows in blocks.

use nalgebra::DMatrix;

use super::{axpy, column, dot, max_abs, power_of_two};

/// Which entries of a block of rows there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All of them.
    Full,
    /// Those of the upper triangle; the others are zero, and stay so.
    Triangular,
}

/// Takes a block of `count` rows into the factor R, n × n, and the right-hand side c. `block` begins with the columns
/// of A and b, `count` entries each, and they are workspace afterwards.
pub(crate) fn absorb(
    r: &mut DMatrix<f64>,
    c: &mut [f64],
    block: &mut [f64],
    count: usize,
    rows: Rows,
) {
    let (r, block) = (r.as_mut_slice(), &mut block[..count * (c.len() + 1)]);
    super::wide(
        #[inline(always)]
        || reflect(r, c, block, count, rows),
    );
}

#[inline(always)]
fn reflect(r: &mut [f64], c: &mut [f64], block: &mut [f64], count: usize, rows: Rows) {
    let n = c.len();
    for j in 0..n {
        let height = if rows == Rows::Triangular { count.min(j + 1) } else { count };
        let (left, right) = block.split_at_mut((j + 1) * count);
        let v = &left[j * count..j * count + height];
        let tail = dot(v, v);
        if tail == 0.0 {
            continue;
        }
        let alpha = r[j * n + j];
        let norm = (alpha * alpha + tail).sqrt();
        let first = alpha + norm.copysign(alpha);
        r[j * n + j] = -norm.copysign(alpha);
        // τ = 2 / v'v.
        let tau = 1.0 / (norm * first.abs());
        for (k, entries) in (j + 1..).zip(right.chunks_mut(count)) {
            let entry = if k < n { &mut r[k * n + j] } else { &mut c[j] };
            let entries = &mut entries[..height];
            let share = tau * (first * *entry + dot(v, entries));
            *entry -= share * first;
            axpy(-share, v, entries);
        }
    }
}

/// The size of the entries of the upper triangle, a power of two.
pub(crate) fn unit_of_upper(r: &DMatrix<f64>) -> f64 {
    let columns = (0..r.ncols()).map(|j| max_abs(&column(r, j)[..=j]));
    power_of_two(columns.fold(0.0, f64::max))
}

/// x ← R⁻¹ x.
pub(crate) fn solve_upper(r: &DMatrix<f64>, x: &mut [f64]) {
    for j in (0..x.len()).rev() {
        let column = column(r, j);
        x[j] /= column[j];
        let (above, rest) = x.split_at_mut(j);
        axpy(-rest[0], &column[..j], above);
    }
}

/// x ← R'⁻¹ x.
pub(crate) fn solve_upper_transposed(r: &DMatrix<f64>, x: &mut [f64]) {
    for j in 0..x.len() {
        let column = column(r, j);
        x[j] = (x[j] - dot(&column[..j], &x[..j])) / column[j];
    }
}

/// Writes R v.
pub(crate) fn upper_times(r: &DMatrix<f64>, v: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (j, v) in v.iter().enumerate() {
        axpy(*v, &column(r, j)[..=j], &mut out[..=j]);
    }
}

/// Writes R'v.
pub(crate) fn upper_transposed_times(r: &DMatrix<f64>, v: &[f64], out: &mut [f64]) {
    for (j, out) in out.iter_mut().enumerate() {
        *out = dot(&column(r, j)[..=j], &v[..=j]);
    }
}

/// Adds R'R to a symmetric matrix.
pub(crate) fn add_gram_of_upper(r: &DMatrix<f64>, sum: &mut DMatrix<f64>) {
    for j in 0..r.ncols() {
        for i in 0..=j {
            let product = dot(&column(r, i)[..=i], &column(r, j)[..=i]);
            sum[(i, j)] += product;
            if i != j {
                sum[(j, i)] += product;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DVector;

    use super::*;
    use crate::random::Random;

    /// Against J'J, and the solution of the least-squares problem.
    #[test]
    fn blocks_make_one_factor() {
        let mut random = Random::new(3);
        for (m, n, size) in [(7, 3, 7), (50, 6, 8), (4, 6, 4), (9, 1, 2), (40, 12, 100)] {
            let a = DMatrix::from_fn(m, n, |_, _| random.normal());
            let b = DVector::from_fn(m, |_, _| random.normal());
            let (mut r, mut c) = (DMatrix::zeros(n, n), DVector::zeros(n));
            for start in (0..m).step_by(size) {
                let count = size.min(m - start);
                let mut block: Vec<f64> = a.rows(start, count).iter().copied().collect();
                block.extend(b.rows(start, count).iter());
                // What follows belongs to no block.
                block.resize(size * (n + 1), f64::NAN);
                absorb(&mut r, c.as_mut_slice(), &mut block, count, Rows::Full);
            }
            let gram = a.tr_mul(&a);
            let mut found = 0.0 * &gram;
            add_gram_of_upper(&r, &mut found);
            assert!((&found - &gram).amax() <= 1e-13 * gram.amax(), "{m} × {n}: {found}");
            let slope = a.tr_mul(&b);
            let mut product = slope.clone();
            upper_transposed_times(&r, c.as_slice(), product.as_mut_slice());
            assert!((product - &slope).amax() <= 1e-13 * slope.amax(), "{m} × {n}");
            if m >= n {
                let known = a.clone().svd(true, true).solve(&b, 0.0).expect("both were asked for");
                solve_upper(&r, c.as_mut_slice());
                assert!((&c - &known).amax() <= 1e-11 * known.amax(), "{m} × {n}: {c} {known}");
            }
        }
    }

    /// R'R + μ I from a triangular block, and solutions with its factor.
    #[test]
    fn a_multiple_of_the_identity_is_a_triangular_block() {
        let (n, mu) = (8, 0.3_f64);
        let mut random = Random::new(4);
        let r = DMatrix::from_fn(n, n, |i, j| if i <= j { random.normal() } else { 0.0 });
        let (mut shifted, mut c) = (r.clone(), DVector::zeros(n));
        let mut block = vec![0.0; n * (n + 1)];
        (0..n).for_each(|j| block[j * n + j] = mu.sqrt());
        absorb(&mut shifted, c.as_mut_slice(), &mut block, n, Rows::Triangular);
        let expected = r.tr_mul(&r) + DMatrix::from_diagonal_element(n, n, mu);
        let mut found = 0.0 * &r;
        add_gram_of_upper(&shifted, &mut found);
        assert!((&found - &expected).amax() <= 1e-14 * expected.amax());
        let x = DVector::from_fn(n, |_, _| random.normal());
        let (mut image, mut back) = (x.clone(), x.clone());
        upper_times(&shifted, x.as_slice(), image.as_mut_slice());
        upper_transposed_times(&shifted, image.as_slice(), back.as_mut_slice());
        solve_upper_transposed(&shifted, back.as_mut_slice());
        solve_upper(&shifted, back.as_mut_slice());
        assert!((&back - &x).amax() <= 1e-13 * x.amax());
    }
}
