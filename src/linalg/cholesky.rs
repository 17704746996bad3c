//! Cholesky's factorization L L' of a matrix in place, in blocks; above [`FAER`] rows by faer, where that feature is
//! on.
//!
//! ```text
//! panel by panel   C ← A − L_before L_before',   C = L L' without blocks
//! ```
//!
//! The products with what is before are made tile by tile from packed copies, so that each number that is loaded serves
//! several multiplications. Only faer contracts products and sums: without the feature a result has the same bits
//! everywhere.
//!
//! G. Golub, C. Van Loan, *Matrix computations* (2013), sections 4.2.5 and 4.2.9; K. Goto, R. van de Geijn, *Anatomy of
//! high-performance matrix multiplication*, ACM Trans. Math. Software 34 (2008) 12, for the packing.

use nalgebra::DMatrix;

use super::{axpy, dot};

/// Columns of a panel, and of what is multiplied at once.
const PANEL: usize = 64;
const DEPTH: usize = 256;
/// A tile.
const ROWS: usize = 8;
const COLUMNS: usize = 4;
/// From so many rows on, faer is faster: 1.2 times at 64, 2.4 times at 96, 2.6 times at 2000.
const FAER: usize = 64;

/// What a factorization needs besides the matrix. Nothing in it outlives a factorization, so that all are equal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    n: usize,
    left: Vec<f64>,
    right: Vec<f64>,
    #[cfg(feature = "faer")]
    faer: super::by_faer::Scratch,
}

impl PartialEq for Workspace {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Workspace {
    /// For n × n matrices.
    pub fn new(n: usize) -> Self {
        let depth = if n > PANEL && !is_for_faer(n) { DEPTH } else { 0 };
        Self {
            n,
            left: vec![0.0; depth * ROWS],
            right: vec![0.0; depth * PANEL],
            #[cfg(feature = "faer")]
            faer: if is_for_faer(n) {
                super::by_faer::Scratch::new(n)
            } else {
                super::by_faer::Scratch::default()
            },
        }
    }
}

fn is_for_faer(n: usize) -> bool {
    cfg!(feature = "faer") && n >= FAER
}

/// Replaces the lower triangle of A by L; what is above the diagonal is lost. Where a pivot is not positive its index k
/// is the error: rows and columns before k are those of L, and row k is L⁻¹ a_k. Allocates only when the workspace does
/// not fit.
pub(crate) fn cholesky(a: &mut DMatrix<f64>, work: &mut Workspace) -> Result<(), usize> {
    let n = a.nrows();
    if work.n != n {
        *work = Workspace::new(n);
    }
    #[cfg(feature = "faer")]
    if is_for_faer(n) {
        return super::by_faer::cholesky(a.as_mut_slice(), n, &mut work.faer);
    }
    own(a, work)
}

/// [`cholesky`] without faer.
fn own(a: &mut DMatrix<f64>, work: &mut Workspace) -> Result<(), usize> {
    let n = a.nrows();
    let (a, left, right) = (a.as_mut_slice(), work.left.as_mut_slice(), work.right.as_mut_slice());
    super::wide(
        #[inline(always)]
        || {
            for start in (0..n).step_by(PANEL) {
                let end = n.min(start + PANEL);
                let (before, panel) = a[..end * n].split_at_mut(start * n);
                for first in (0..start).step_by(DEPTH) {
                    let columns = &before[first * n..start.min(first + DEPTH) * n];
                    subtract(columns, panel, [n, start], [&mut *left, &mut *right]);
                }
                factorize(panel, [n, start])?;
            }
            Ok(())
        },
    )
}

/// Subtracts `before` times its rows of the panel's columns from the panel, from row `start` on.
#[inline(always)]
fn subtract(
    before: &[f64],
    panel: &mut [f64],
    [n, start]: [usize; 2],
    [left, right]: [&mut [f64]; 2],
) {
    let width = panel.len() / n;
    for (column, packed) in before.chunks_exact(n).zip(right.chunks_exact_mut(PANEL)) {
        packed[..width].copy_from_slice(&column[start..start + width]);
        packed[width..].fill(0.0);
    }
    for row in (start..n).step_by(ROWS) {
        let height = ROWS.min(n - row);
        for (column, packed) in before.chunks_exact(n).zip(left.as_chunks_mut::<ROWS>().0) {
            packed[..height].copy_from_slice(&column[row..row + height]);
        }
        let lefts = &left.as_chunks::<ROWS>().0[..before.len() / n];
        for (j, columns) in panel.chunks_mut(COLUMNS * n).enumerate() {
            let mut tile = [[0.0; ROWS]; COLUMNS];
            for (left, right) in lefts.iter().zip(right.chunks_exact(PANEL)) {
                let right = &right[j * COLUMNS..(j + 1) * COLUMNS];
                for c in 0..COLUMNS {
                    for r in 0..ROWS {
                        tile[c][r] += right[c] * left[r];
                    }
                }
            }
            for (column, sums) in columns.chunks_exact_mut(n).zip(&tile) {
                for (entry, sum) in column[row..row + height].iter_mut().zip(sums) {
                    *entry -= sum;
                }
            }
        }
    }
}

/// The factorization of a panel whose first row is `start`.
#[inline(always)]
fn factorize(panel: &mut [f64], [n, start]: [usize; 2]) -> Result<(), usize> {
    for j in 0..panel.len() / n {
        let (left, right) = panel.split_at_mut((j + 1) * n);
        let column = &mut left[j * n + start + j..];
        let pivot = column[0];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(start + j);
        }
        let root = pivot.sqrt();
        column[0] = root;
        for entry in &mut column[1..] {
            *entry /= root;
        }
        for (i, next) in right.chunks_exact_mut(n).enumerate() {
            axpy(-column[i + 1], &column[i + 1..], &mut next[start + j + i + 1..]);
        }
    }
    Ok(())
}

/// x ← L⁻¹ x for as many rows as x has.
pub(crate) fn solve_lower(l: &DMatrix<f64>, x: &mut [f64]) {
    super::wide(
        #[inline(always)]
        || {
            for j in 0..x.len() {
                let column = &super::column(l, j)[j..x.len()];
                x[j] /= column[0];
                let (head, tail) = x.split_at_mut(j + 1);
                axpy(-head[j], &column[1..], tail);
            }
        },
    );
}

/// x ← L'⁻¹ x for as many rows as x has.
pub(crate) fn solve_transposed(l: &DMatrix<f64>, x: &mut [f64]) {
    super::wide(
        #[inline(always)]
        || {
            for j in (0..x.len()).rev() {
                let column = &super::column(l, j)[j..x.len()];
                x[j] = (x[j] - dot(&column[1..], &x[j + 1..])) / column[0];
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(n: usize, least: f64) -> DMatrix<f64> {
        let mut random = crate::Random::new(n as u64);
        let g = DMatrix::from_fn(n, n, |_, _| random.normal());
        &g * g.transpose() / n as f64 + DMatrix::identity(n, n) * least
    }

    #[test]
    fn the_factor_reproduces_the_matrix_on_all_sides_of_the_blocks() {
        for n in [1, 2, 7, 8, 9, 47, 48, 63, 64, 65, 66, 100, 128, 131, 321, 330] {
            let a = random(n, 0.1);
            let mut l = a.clone();
            assert_eq!(cholesky(&mut l, &mut Workspace::new(n)), Ok(()));
            let l_only = l.lower_triangle();
            let defect = (&l_only * l_only.transpose() - &a).norm() / a.norm();
            assert!(defect < 1e-14, "{n}: {defect:e}");
            let mut x = nalgebra::DVector::from_fn(n, |i, _| (i as f64).sin());
            let b = &a * &x;
            let expected = x.clone();
            x.copy_from(&b);
            solve_lower(&l, x.as_mut_slice());
            solve_transposed(&l, x.as_mut_slice());
            assert!((x - &expected).amax() < 1e-10, "{n}");
        }
    }

    /// Row k of a failed factorization gives v with v'A v = the pivot.
    #[test]
    fn a_pivot_that_is_not_positive_shows_negative_curvature() {
        for n in [1, 2, 8, 47, 48, 65, 100, 200, 333] {
            for bad in [0, n / 3, n / 2, n - 1] {
                let mut a = random(n, 0.1);
                a[(bad, bad)] = -0.5;
                let mut l = a.clone();
                assert_eq!(cholesky(&mut l, &mut Workspace::new(n)), Err(bad), "{n}");
                let mut v = nalgebra::DVector::zeros(n);
                v[bad] = 1.0;
                for j in 0..bad {
                    v[j] = -l[(bad, j)];
                }
                solve_transposed(&l, &mut v.as_mut_slice()[..bad]);
                let squares: f64 = (0..bad).map(|j| l[(bad, j)].powi(2)).sum();
                let curvature = v.dot(&(&a * &v));
                assert!((curvature - (-0.5 - squares)).abs() < 1e-11, "{n} {bad}: {curvature}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for n in [3, 100] {
                let mut a = random(n, 1.0);
                a[(n / 2, n / 2)] = bad;
                assert_eq!(cholesky(&mut a, &mut Workspace::new(n)), Err(n / 2));
            }
        }
    }
}
