//! A factorization of the Hessian for Newton's method, modified where the Hessian is not positive definite.
//!
//! P H P' = L D L', L unit lower triangular, D of blocks 1 × 1 and 2 × 2, with the pivots of Bunch and Parlett. When an
//! eigenvalue of D is not positive, every λ of D becomes max(|λ|, √ε λ_max): the curvature along a direction keeps its
//! magnitude, and only its sign is reversed. For a positive definite H it is Cholesky's factorization with pivots, and
//! nothing is modified; for a large one it is tried first without pivots, which is many times as fast. H is scaled by a
//! power of two first, so that its largest entry is about 1 and nothing overflows.
//!
//! J. R. Bunch, B. N. Parlett, *Direct methods for solving symmetric indefinite systems of linear equations*, SIAM J.
//! Numer. Anal. 8 (1971) 639-655; S. H. Cheng, N. J. Higham, *A modified Cholesky algorithm based on a symmetric
//! indefinite factorization*, SIAM J. Matrix Anal. Appl. 19 (1998) 1097-1110, who replace a negative λ by a small
//! positive one; Nocedal & Wright (2006), section 3.4.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::block_ldl::{BlockLdl, DIAGONAL_PIVOT};
use super::cholesky::{Workspace, cholesky, solve_lower, solve_transposed};

/// From so many rows on, a factorization without pivots comes first.
const LARGE: usize = 40;

/// The factorization of one matrix at a time, in storage that is reused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ModifiedLdl {
    /// L and D of σ²H.
    ldl: BlockLdl,
    /// σ, a power of two.
    scale: f64,
    /// The most negative eigenvalue of D before the modification, with the block's first row and the eigenvector there.
    lowest: Option<(f64, usize, [f64; 2])>,
    /// A vector in the order of the factor; n.
    work: DVector<f64>,
    /// True when the factor is Cholesky's, in the order of H.
    is_cholesky: bool,
    #[serde(skip)]
    blocks: Workspace,
}

impl ModifiedLdl {
    /// Storage for n × n matrices.
    pub fn new(n: usize) -> Self {
        Self {
            ldl: BlockLdl::new(n),
            scale: 1.0,
            lowest: None,
            work: DVector::zeros(n),
            is_cholesky: false,
            blocks: if n < LARGE { Workspace::default() } else { Workspace::new(n) },
        }
    }

    /// True when the storage is that of an n × n matrix and every index is inside it.
    pub fn is_valid(&self, n: usize) -> bool {
        self.ldl.is_valid(n)
            && self.work.len() == n
            && self.scale.is_normal()
            && self.lowest.is_none_or(|(_, k, [_, y])| k + usize::from(y != 0.0) < n)
    }

    /// Factorizes `hessian`, of which the lower triangle is used. False when an entry or a pivot is not finite; then
    /// there are no factors.
    pub fn factorize(&mut self, hessian: &DMatrix<f64>) -> bool {
        let n = hessian.nrows();
        if !super::is_finite(hessian.as_slice()) {
            return false;
        }
        let largest = super::max_abs(hessian.as_slice());
        self.scale = if largest > 0.0 { inverse_root(largest) } else { 1.0 };
        self.lowest = None;
        self.is_cholesky = false;
        if n >= LARGE {
            self.copy(hessian);
            self.is_cholesky = cholesky(&mut self.ldl.factor, &mut self.blocks).is_ok();
            if self.is_cholesky {
                return true;
            }
        }
        self.copy(hessian);
        let is_usable = self.ldl.factorize(eliminate);
        if is_usable {
            self.modify();
        }
        is_usable
    }

    fn copy(&mut self, hessian: &DMatrix<f64>) {
        for (to, from) in self.ldl.factor.as_mut_slice().iter_mut().zip(hessian.as_slice()) {
            *to = from * self.scale * self.scale;
        }
    }

    /// Makes D positive definite.
    fn modify(&mut self) {
        let n = self.work.len();
        let (mut largest, mut least) = (0.0_f64, f64::INFINITY);
        for k in 0..n {
            let Some(block) = self.ldl.block(k) else { continue };
            for (value, vector) in block {
                largest = largest.max(value.abs());
                least = least.min(value);
                if value < self.lowest.map_or(0.0, |(lowest, ..)| lowest) {
                    self.lowest = Some((value, k, vector));
                }
            }
        }
        if least > 0.0 {
            return;
        }
        let floor = f64::EPSILON.sqrt() * largest;
        let ldl = &mut self.ldl;
        for k in 0..n {
            let Some(block) = ldl.block(k) else { continue };
            let [(p, [x, y]), (q, _)] = block.map(|(value, v)| (value.abs().max(floor), v));
            ldl.factor[(k, k)] = p * x * x + q * y * y;
            if ldl.coupling[k] != 0.0 {
                ldl.factor[(k + 1, k + 1)] = p * y * y + q * x * x;
                // Equal eigenvalues leave no coupling, so that the block becomes two blocks of one row.
                ldl.coupling[k] = (p - q) * x * y;
            }
        }
    }

    /// out ← (H + E)⁻¹ b.
    pub fn solve(&mut self, b: &DVector<f64>, out: &mut DVector<f64>) {
        if self.is_cholesky {
            out.copy_from(b);
            *out *= self.scale;
            solve_lower(&self.ldl.factor, out.as_mut_slice());
            solve_transposed(&self.ldl.factor, out.as_mut_slice());
            *out *= self.scale;
            return;
        }
        let z = self.work.as_mut_slice();
        for (z, &i) in z.iter_mut().zip(&self.ldl.order) {
            *z = b[i] * self.scale;
        }
        self.ldl.solve_lower(z);
        self.solve_transposed(out);
        *out *= self.scale;
    }

    /// Writes p with p'H p < 0 into `out` and returns true, when an eigenvalue of D was negative. With L'Pp = q, the unit
    /// eigenvector of the most negative one, p'H p is this eigenvalue over σ².
    pub fn negative_curvature(&mut self, out: &mut DVector<f64>) -> bool {
        let Some((_, k, [x, y])) = self.lowest else { return false };
        self.work.fill(0.0);
        self.work[k] = x;
        if y != 0.0 {
            self.work[k + 1] = y;
        }
        self.solve_transposed(out);
        true
    }

    /// out ← P'L⁻ᵀ work.
    fn solve_transposed(&mut self, out: &mut DVector<f64>) {
        self.ldl.solve_transposed(self.work.as_mut_slice());
        for (z, &i) in self.work.iter().zip(&self.ldl.order) {
            out[i] = *z;
        }
    }
}

/// The power of two σ with 1/2 ≤ σ² a ≤ 4 for a positive number, or the closest normal σ for a denormal
/// number.
fn inverse_root(a: f64) -> f64 {
    let exponent = (a.to_bits() >> 52) as i32 - 1023;
    2.0_f64.powi(-exponent.div_euclid(2))
}

/// Eliminates the largest pivot of what is left from row k on, and returns its size.
fn eliminate(ldl: &mut BlockLdl, k: usize) -> usize {
    let a = &ldl.factor;
    let (mut diagonal, mut pivot) = (0.0, k);
    let (mut rest, mut row, mut column) = (0.0, k, k);
    for j in k..a.nrows() {
        let entries = &super::column(a, j)[j..];
        if entries[0].abs() > diagonal {
            (diagonal, pivot) = (entries[0].abs(), j);
        }
        for (i, entry) in entries.iter().enumerate().skip(1) {
            if entry.abs() > rest {
                (rest, row, column) = (entry.abs(), j + i, j);
            }
        }
    }
    if diagonal >= DIAGONAL_PIVOT * rest {
        ldl.interchange(k, pivot);
        return ldl.eliminate_one(k);
    }
    ldl.interchange(k, column);
    ldl.interchange(k + 1, row);
    ldl.eliminate_two(k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factorized(h: &DMatrix<f64>) -> ModifiedLdl {
        let mut factor = ModifiedLdl::new(h.nrows());
        assert!(factor.factorize(h));
        factor
    }

    #[test]
    fn a_positive_definite_matrix_is_solved_as_it_is() {
        let h = DMatrix::from_row_slice(3, 3, &[2.0, -1.0, 0.5, -1.0, 4.0, 1.0, 0.5, 1.0, 9.0]);
        let x = DVector::from_vec(vec![1.0, -2.0, 3.0]);
        let mut solved = DVector::zeros(3);
        let mut factor = factorized(&h);
        factor.solve(&(&h * &x), &mut solved);
        assert!((solved - x).amax() < 1e-14);
        assert!(!factor.negative_curvature(&mut DVector::zeros(3)));
    }

    #[test]
    fn an_indefinite_matrix_gives_descent_and_negative_curvature() {
        // The second has a zero diagonal: no entry of it is a pivot.
        for entries in [[1.0, 3.0, 3.0, 1.0], [0.0, 1.0, 1.0, 0.0], [-2.0, 0.0, 0.0, 1.0]] {
            let h = DMatrix::from_row_slice(2, 2, &entries);
            let g = DVector::from_vec(vec![1.0, -0.5]);
            let (mut d, mut p) = (DVector::zeros(2), DVector::zeros(2));
            let mut factor = factorized(&h);
            factor.solve(&g, &mut d);
            assert!(d.dot(&g) > 0.0);
            assert!(factor.negative_curvature(&mut p));
            assert!(p.dot(&(&h * &p)) < 0.0);
        }
    }

    #[test]
    fn curvatures_keep_their_size_and_lose_their_sign() {
        // Blocks of one row, a block of two with eigenvalues ±1, and both behind a triangle of ones.
        let d = [[-2.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
        let d = DMatrix::from_fn(3, 3, |i, j| d[i][j]);
        let mut solved = DVector::zeros(3);
        let b = DVector::from_vec(vec![1.0, -4.0, 3.0]);
        factorized(&d).solve(&b, &mut solved);
        assert!((&solved - DVector::from_vec(vec![0.5, -4.0, 3.0])).amax() < 1e-15);

        let l = DMatrix::from_fn(5, 5, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => 1.0,
            std::cmp::Ordering::Greater => 0.1 * (1 + i + 2 * j) as f64,
        });
        let d = DVector::from_vec(vec![3.0, -2.0, 1.0, -4.0, 0.5]);
        let h = &l * DMatrix::from_diagonal(&d) * l.transpose();
        let mut factor = factorized(&h);
        let mut p = DVector::zeros(5);
        assert!(factor.negative_curvature(&mut p));
        let (lowest, ..) = factor.lowest.unwrap();
        assert!((p.dot(&(&h * &p)) - lowest / factor.scale.powi(2)).abs() < 1e-13);
        // (H + E)⁻¹ is positive definite, and H + E has the determinant of H but for its sign.
        let inverse = DMatrix::from_fn(5, 5, |i, j| {
            let (mut e, mut column) = (DVector::zeros(5), DVector::zeros(5));
            e[j] = 1.0;
            factor.solve(&e, &mut column);
            column[i]
        });
        assert!((&inverse - inverse.transpose()).amax() < 1e-12 * inverse.amax());
        assert!(inverse.clone().symmetric_eigenvalues().min() > 0.0);
        assert!((inverse.determinant() * 12.0 - 1.0).abs() < 1e-12);
    }

    /// Many rows: Cholesky's factorization, and pivots after it fails.
    #[test]
    fn a_large_matrix_is_solved_as_well() {
        let mut random = crate::Random::new(5);
        for n in [39, 40, 64, 100] {
            let g = DMatrix::from_fn(n, n, |_, _| random.normal());
            let mut h = &g * g.transpose() + DMatrix::identity(n, n);
            let x = DVector::from_fn(n, |i, _| (i as f64).cos());
            let mut solved = DVector::zeros(n);
            let mut factor = factorized(&h);
            assert_eq!(factor.is_cholesky, n >= LARGE);
            factor.solve(&(&h * &x), &mut solved);
            assert!((&solved - &x).amax() < 1e-10, "{n}");
            h[(n - 1, n - 1)] = -1.0;
            let mut factor = factorized(&h);
            assert!(!factor.is_cholesky && factor.negative_curvature(&mut solved));
            assert!(solved.dot(&(&h * &solved)) < 0.0);
            factor.solve(&x, &mut solved);
            assert!(solved.dot(&x) > 0.0);
        }
    }

    /// A symmetric matrix with entries of any kind of number: of one size, of all sizes, the largest, denormal ones, zeros.
    fn hostile(random: &mut crate::Random, n: usize, with_bad: bool) -> DMatrix<f64> {
        let kind = random.index(6);
        let mut h = DMatrix::from_fn(n, n, |_, _| {
            let sign = 1.0_f64.copysign(random.normal());
            match (kind, random.index(8)) {
                (_, 0) if with_bad => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][random.index(3)],
                (0, _) => sign * f64::MAX * random.unit(),
                (1, _) => sign * f64::MAX,
                (2, _) => sign * f64::from_bits(random.index(1 << 20) as u64),
                (3, _) => sign * f64::from_bits(random.index(0x7FE0_0000) as u64 * (1 << 32)),
                (4, _) => [0.0, f64::MAX, -f64::MAX, f64::from_bits(1)][random.index(4)],
                _ => sign * random.unit(),
            }
        });
        h.fill_upper_triangle_with_lower_triangle();
        h
    }

    #[test]
    fn hostile_matrices_are_factorized_or_refused() {
        let mut random = crate::Random::new(3);
        let mut usable = 0;
        for trial in 0..60_000 {
            let n = 1 + random.index(6);
            let h = hostile(&mut random, n, trial % 4 == 0);
            let mut factor = ModifiedLdl::new(n);
            let is_usable = factor.factorize(&h);
            assert!(factor.is_valid(n));
            assert!(is_usable || trial % 4 == 0, "{h}");
            usable += usize::from(is_usable);
            let (mut x, mut p) = (DVector::zeros(n), DVector::zeros(n));
            factor.solve(&DVector::from_element(n, 1.0), &mut x);
            factor.negative_curvature(&mut p);
        }
        assert!(usable > 45_000, "{usable}");
    }

    /// H times a power of two has the solution of H divided by it, to the last bit, up to the largest and the least numbers.
    #[test]
    fn no_scale_of_the_matrix_changes_a_bit() {
        let h = DMatrix::from_fn(3, 3, |i, j| if i == j { 1.0 } else { 1.5 });
        let definite =
            DMatrix::from_row_slice(3, 3, &[2.0, -1.0, 0.5, -1.0, 1.75, 1.0, 0.5, 1.0, 1.5]);
        let b = DVector::from_vec(vec![1.0, -2.0, 3.0]);
        for h in [h, definite] {
            let mut expected = DVector::zeros(3);
            factorized(&h).solve(&b, &mut expected);
            for exponent in [-1000, -500, -3, 0, 5, 511, 1000, 1022] {
                let scale = 2.0_f64.powi(exponent);
                let mut x = DVector::zeros(3);
                factorized(&(&h * scale)).solve(&(&b * scale.min(1.0)), &mut x);
                assert_eq!(x, &expected / scale.max(1.0), "2^{exponent}");
            }
        }
        // Near the largest numbers, where elimination itself would overflow: still a descent direction.
        let largest = DMatrix::from_fn(3, 3, |i, j| if i == j { 1e308 } else { 1.5e308 });
        let (b, mut x) = (DVector::from_element(3, 1e308), DVector::zeros(3));
        factorized(&largest).solve(&b, &mut x);
        assert!(x.sum() > 0.1 && x.amax() < 10.0, "{x}");
    }
}
