//! A factorization that is Newton's where the Hessian is positive definite and something safe where it is not.
//!
//! P (H + E) P' = L D L', L unit lower triangular, D > 0 diagonal, E ≥ 0 diagonal and zero when H is sufficiently
//! positive definite. Gill, Murray & Wright, *Practical Optimization* (1981), section 4.4.2.2; Nocedal & Wright
//! (2006), section 3.4. The bounds δ and β are taken relative to the entries, so that a multiple of H gives the
//! same factor L.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// The factorization of one matrix at a time, in storage that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ModifiedCholesky {
    /// L below the diagonal, D on it; n × n.
    #[serde(with = "super::matrix_bytes")]
    factor: DMatrix<f64>,
    /// Row k of the factor is row `order[k]` of H.
    order: Vec<usize>,
    /// The most negative pivot before it was modified, and where it stood.
    lowest_pivot: Option<(usize, f64)>,
    /// A vector in the order of the factor; n.
    work: DVector<f64>,
}

impl ModifiedCholesky {
    /// Storage for n × n matrices.
    pub fn new(n: usize) -> Self {
        Self {
            factor: DMatrix::identity(n, n),
            order: (0..n).collect(),
            lowest_pivot: None,
            work: DVector::zeros(n),
        }
    }

    /// True when the storage is that of an n × n matrix and every index is inside it.
    pub fn is_valid(&self, n: usize) -> bool {
        self.factor.shape() == (n, n)
            && self.work.len() == n
            && self.order.len() == n
            && self.order.iter().all(|&i| i < n)
            && self.lowest_pivot.is_none_or(|(s, _)| s < n)
    }

    /// Factorizes `hessian`, of which the lower triangle is read. Entries must be finite.
    pub fn factorize(&mut self, hessian: &DMatrix<f64>) {
        let n = hessian.nrows();
        let a = &mut self.factor;
        a.copy_from(hessian);
        for (k, i) in self.order.iter_mut().enumerate() {
            *i = k;
        }
        self.lowest_pivot = None;
        // γ and ξ bound the diagonal and the rest; δ is the least pivot; β² bounds the entries of L D^(1/2).
        let (mut gamma, mut xi) = (0.0_f64, 0.0_f64);
        for j in 0..n {
            gamma = gamma.max(a[(j, j)].abs());
            xi = (j + 1..n).fold(xi, |xi, i| xi.max(a[(i, j)].abs()));
        }
        let delta = f64::EPSILON * (gamma + xi).max(f64::MIN_POSITIVE);
        let spread = ((n * n) as f64 - 1.0).sqrt().max(1.0);
        let beta_squared = gamma.max(xi / spread).max(delta);
        for j in 0..n {
            let pivot = (j..n)
                .fold(j, |best, i| if a[(i, i)].abs() > a[(best, best)].abs() { i } else { best });
            interchange(a, j, pivot);
            self.order.swap(j, pivot);
            let c = a[(j, j)];
            if c < self.lowest_pivot.map_or(0.0, |(_, lowest)| lowest) {
                self.lowest_pivot = Some((j, c));
            }
            let theta = (j + 1..n).fold(0.0_f64, |theta, i| theta.max(a[(i, j)].abs()));
            let d = c.abs().max(theta * theta / beta_squared).max(delta);
            a[(j, j)] = d;
            for k in j + 1..n {
                let (left, right) = a.as_mut_slice().split_at_mut(k * n);
                let column = &left[j * n..(j + 1) * n];
                super::axpy(-column[k] / d, &column[k..], &mut right[k..n]);
            }
            for l in &mut a.column_mut(j).as_mut_slice()[j + 1..] {
                *l /= d;
            }
        }
    }

    /// out ← (H + E)⁻¹ b.
    pub fn solve(&mut self, b: &DVector<f64>, out: &mut DVector<f64>) {
        let n = b.len();
        let z = self.work.as_mut_slice();
        for (z, &i) in z.iter_mut().zip(&self.order) {
            *z = b[i];
        }
        for j in 0..n {
            let column = &super::column(&self.factor, j)[j + 1..];
            let (head, tail) = z.split_at_mut(j + 1);
            super::axpy(-head[j], column, tail);
        }
        for (j, z) in z.iter_mut().enumerate() {
            *z /= self.factor[(j, j)];
        }
        self.solve_transposed(out);
    }

    /// Writes p with p'H p < 0 into `out` and returns true, when a pivot was negative. With L'Pp = e_s and the most
    /// negative pivot c at s, p'H p ≤ c.
    pub fn negative_curvature(&mut self, out: &mut DVector<f64>) -> bool {
        let Some((s, _)) = self.lowest_pivot else { return false };
        self.work.fill(0.0);
        self.work[s] = 1.0;
        self.solve_transposed(out);
        true
    }

    /// out ← P'L⁻ᵀ work.
    fn solve_transposed(&mut self, out: &mut DVector<f64>) {
        for j in (0..self.work.len()).rev() {
            let column = &super::column(&self.factor, j)[j + 1..];
            self.work[j] -= super::dot(column, &self.work.as_slice()[j + 1..]);
        }
        for (z, &i) in self.work.iter().zip(&self.order) {
            out[i] = *z;
        }
    }
}

/// Exchanges rows and columns j < k of a symmetric matrix of which the lower triangle is kept; the columns before
/// j hold L, whose rows move along.
fn interchange(a: &mut DMatrix<f64>, j: usize, k: usize) {
    if j == k {
        return;
    }
    let n = a.nrows();
    for i in 0..j {
        a.swap((j, i), (k, i));
    }
    a.swap((j, j), (k, k));
    for i in j + 1..k {
        a.swap((i, j), (k, i));
    }
    for i in k + 1..n {
        a.swap((i, j), (i, k));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factorized(h: &DMatrix<f64>) -> ModifiedCholesky {
        let mut factor = ModifiedCholesky::new(h.nrows());
        factor.factorize(h);
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
        // The second has a zero diagonal: no pivot is of any use as it stands.
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
}
