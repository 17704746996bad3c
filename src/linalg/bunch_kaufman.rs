//! The factorization of a symmetric indefinite matrix with its inertia, by rook pivots.
//!
//! ```text
//! P S A S P' = L D L',    inertia(A) = inertia(D)
//! ```
//!
//! S is diagonal, of powers of two, and makes the largest entry of each row about 1. An entry is a pivot of one row
//! when no other in its column exceeds it by more than 1.56; else two rows are one, whose common entry is the largest
//! in both columns. So L has no large entries, and the search looks at two columns in the mean where a complete one
//! looks at all of them.
//!
//! J. R. Bunch, L. Kaufman, *Some stable methods for calculating inertia and solving symmetric linear systems*, Math.
//! Comp. 31 (1977) 163-179; C. Ashcraft, R. Grimes, J. Lewis, *Accurate symmetric indefinite linear equation
//! solvers*, SIAM J. Matrix Anal. Appl. 20 (1998) 513-561, section 3.

use nalgebra::{DMatrix, DVector};

use super::block_ldl::{BlockLdl, DIAGONAL_PIVOT};
use super::{column, power_of_two};

/// Passes of the scaling: the first takes the sizes of the rows, the second what that has left.
const SCALINGS: usize = 3;

/// Eigenvalues up to this many times n rounding units are zero.
const ZERO: f64 = 4.0;

/// How many eigenvalues have each sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inertia {
    pub positive: usize,
    pub negative: usize,
    /// Zero up to rounding.
    pub zero: usize,
}

/// The factorization of one matrix at a time, in storage that is reused.
#[derive(Clone, Debug)]
pub(crate) struct Indefinite {
    ldl: BlockLdl,
    /// S; n.
    scale: DVector<f64>,
    /// The largest entries of the rows, and a vector in the order of the factor; n.
    work: DVector<f64>,
}

impl Indefinite {
    /// Storage for n × n matrices.
    pub fn new(n: usize) -> Self {
        Self { ldl: BlockLdl::new(n), scale: DVector::zeros(n), work: DVector::zeros(n) }
    }

    /// Factorizes a matrix, of which the lower triangle is used. `None` when an entry or a factor is not finite; then
    /// there are no factors.
    pub fn factorize(&mut self, matrix: &DMatrix<f64>) -> Option<Inertia> {
        let n = matrix.nrows();
        let mut lower = (0..n).map(|j| &column(matrix, j)[j..]);
        if !lower.all(super::is_finite) {
            return None;
        }
        self.equilibrate(matrix);
        let Self { ldl, scale, .. } = self;
        for j in 0..n {
            for (i, entry) in column(matrix, j).iter().enumerate().skip(j) {
                ldl.factor[(i, j)] = entry * scale[i] * scale[j];
            }
        }
        if !ldl.factorize(eliminate) {
            return None;
        }
        let rounding = ZERO * n as f64 * f64::EPSILON;
        let mut inertia = Inertia::default();
        for k in 0..n {
            let Some(block) = ldl.block(k) else { continue };
            let size = if ldl.coupling[k] == 0.0 { 1 } else { 2 };
            for (value, _) in block.into_iter().take(size) {
                *match value {
                    value if value.abs() <= rounding => &mut inertia.zero,
                    value if value > 0.0 => &mut inertia.positive,
                    _ => &mut inertia.negative,
                } += 1;
            }
        }
        Some(inertia)
    }

    /// Chooses S.
    fn equilibrate(&mut self, matrix: &DMatrix<f64>) {
        let Self { scale, work, .. } = self;
        scale.fill(1.0);
        for _ in 0..SCALINGS {
            work.fill(0.0);
            for j in 0..scale.len() {
                for (i, entry) in column(matrix, j).iter().enumerate().skip(j) {
                    let size = (entry * scale[i] * scale[j]).abs();
                    work[i] = work[i].max(size);
                    work[j] = work[j].max(size);
                }
            }
            for (s, largest) in scale.iter_mut().zip(work.iter()) {
                if largest.is_normal() {
                    *s = power_of_two(*s / largest.sqrt());
                }
            }
        }
    }

    /// b ← A⁻¹ b.
    pub fn solve(&mut self, b: &mut [f64]) {
        let Self { ldl, scale, work } = self;
        for (z, &i) in work.iter_mut().zip(&ldl.order) {
            *z = b[i] * scale[i];
        }
        ldl.solve_lower(work.as_mut_slice());
        ldl.solve_transposed(work.as_mut_slice());
        for (z, &i) in work.iter().zip(&ldl.order) {
            b[i] = z * scale[i];
        }
    }
}

/// Eliminates the pivot that the search from row k finds, and returns its size.
fn eliminate(ldl: &mut BlockLdl, k: usize) -> usize {
    let a = &ldl.factor;
    let (mut p, (mut r, mut largest)) = (k, largest_beside(a, k, k));
    if a[(p, p)].abs() >= DIAGONAL_PIVOT * largest {
        return ldl.eliminate_one(k);
    }
    // The largest entry grows with every pass.
    for _ in k..a.nrows() {
        let (next, found) = largest_beside(a, k, r);
        if a[(r, r)].abs() >= DIAGONAL_PIVOT * found {
            ldl.interchange(k, r);
            return ldl.eliminate_one(k);
        }
        if found <= largest {
            break;
        }
        (p, r, largest) = (r, next, found);
    }
    if p == r {
        // All that is left beside it is not a number.
        return ldl.eliminate_one(k);
    }
    let (first, second) = (p.min(r), p.max(r));
    ldl.interchange(k, first);
    ldl.interchange(k + 1, second);
    ldl.eliminate_two(k)
}

/// Where the largest entry beside the diagonal is in row and column r of what is left from row k on, and its size.
fn largest_beside(a: &DMatrix<f64>, k: usize, r: usize) -> (usize, f64) {
    let before = (k..r).map(|j| (j, a[(r, j)].abs()));
    let after = column(a, r).iter().enumerate().skip(r + 1).map(|(i, entry)| (i, entry.abs()));
    before.chain(after).fold((r, 0.0), |most, at| if at.1 > most.1 { at } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn symmetric(random: &mut Random, n: usize) -> DMatrix<f64> {
        let half = DMatrix::from_fn(n, n, |_, _| random.normal());
        &half + half.transpose()
    }

    /// By Sylvester's law the inertia is that of the eigenvalues; the solution is that of the system.
    #[test]
    fn inertia_and_solution_are_those_of_the_matrix() {
        let mut random = Random::new(4);
        for trial in 0..300 {
            let n = 1 + random.index(30);
            let mut a = symmetric(&mut random, n);
            if trial % 2 == 0 {
                // As it is at saddle points: a block of zeros on the diagonal.
                let m = n / 3;
                a.view_mut((n - m, n - m), (m, m)).fill(0.0);
            }
            let signs = a.clone().symmetric_eigenvalues();
            let positive = signs.iter().filter(|value| **value > 0.0).count();
            let mut factor = Indefinite::new(n);
            let inertia = factor.factorize(&a).unwrap();
            assert_eq!((inertia.positive, inertia.negative), (positive, n - positive));
            let x = DVector::from_fn(n, |_, _| random.normal());
            let mut solved = &a * &x;
            factor.solve(solved.as_mut_slice());
            let condition =
                signs.amax() / signs.iter().fold(f64::MAX, |least, v| least.min(v.abs()));
            assert!((solved - &x).amax() <= 1e-13 * condition, "{n}");
        }
    }

    /// Rows in units from 1e-12 to 1e12 change neither the inertia nor the solution.
    #[test]
    fn units_of_the_rows_do_not_matter() {
        let mut random = Random::new(6);
        for _ in 0..100 {
            let n = 2 + random.index(12);
            let a = symmetric(&mut random, n);
            let units = DVector::from_fn(n, |_, _| 10.0_f64.powf(random.between(-12.0, 12.0)));
            let scaled = DMatrix::from_fn(n, n, |i, j| a[(i, j)] * units[i] * units[j]);
            let (mut plain, mut factor) = (Indefinite::new(n), Indefinite::new(n));
            assert_eq!(plain.factorize(&a), factor.factorize(&scaled));
            let b = DVector::from_fn(n, |_, _| random.normal());
            let (mut x, mut z) = (b.clone(), b.component_mul(&units));
            plain.solve(x.as_mut_slice());
            factor.solve(z.as_mut_slice());
            assert!((z.component_mul(&units) - &x).amax() <= 1e-8 * x.amax());
        }
    }

    #[test]
    fn a_singular_matrix_has_eigenvalues_of_zero() {
        let mut random = Random::new(7);
        for _ in 0..100 {
            let n = 3 + random.index(10);
            let rank = 1 + random.index(n - 1);
            let half = DMatrix::from_fn(n, rank, |_, _| random.normal());
            let inertia = Indefinite::new(n).factorize(&(&half * half.transpose())).unwrap();
            assert_eq!(inertia, Inertia { positive: rank, negative: 0, zero: n - rank });
        }
        let zero = Indefinite::new(2).factorize(&DMatrix::zeros(2, 2));
        assert_eq!(zero, Some(Inertia { zero: 2, ..Inertia::default() }));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            let matrix = DMatrix::from_row_slice(2, 2, &[1.0, bad, bad, 1.0]);
            assert_eq!(Indefinite::new(2).factorize(&matrix), None);
        }
    }
}
