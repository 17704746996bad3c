//! P A P' = L D L' of a symmetric matrix, L unit lower triangular, D of blocks 1 × 1 and 2 × 2: elimination and
//! solution, for any choice of pivots.
//!
//! J. R. Bunch, B. N. Parlett, *Direct methods for solving symmetric indefinite systems of linear equations*, SIAM J.
//! Numer. Anal. 8 (1971) 639-655.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// (1 + √17) / 8: the least size of the diagonal, relative to the other entries, for a pivot of one row.
pub(super) const DIAGONAL_PIVOT: f64 = 0.640_388_203_202_208_4;

/// The factors, or the rest of the matrix that is still to be eliminated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BlockLdl {
    /// L below the diagonal, the diagonal of D on it; n × n.
    #[serde(with = "super::matrix_bytes")]
    pub factor: DMatrix<f64>,
    /// Below the diagonal of D: not 0 at the first row of a 2 × 2 block. n.
    pub coupling: DVector<f64>,
    /// Row k of the factor is row `order[k]` of A.
    pub order: Vec<usize>,
}

impl BlockLdl {
    pub fn new(n: usize) -> Self {
        Self {
            factor: DMatrix::identity(n, n),
            coupling: DVector::zeros(n),
            order: (0..n).collect(),
        }
    }

    /// True when the storage is that of an n × n matrix and every index is inside it.
    pub fn is_valid(&self, n: usize) -> bool {
        self.factor.shape() == (n, n)
            && self.coupling.len() == n
            && (n == 0 || self.coupling[n - 1] == 0.0)
            && self.order.len() == n
            && self.order.iter().all(|&i| i < n)
    }

    /// Begins with the matrix in `factor`, of which the lower triangle is used: `pivot` brings a pivot to row k,
    /// eliminates it and returns its size. False when a factor is not finite.
    pub fn factorize(&mut self, mut pivot: impl FnMut(&mut Self, usize) -> usize) -> bool {
        let n = self.order.len();
        self.coupling.fill(0.0);
        for (k, i) in self.order.iter_mut().enumerate() {
            *i = k;
        }
        let mut k = 0;
        while k < n {
            k += pivot(self, k);
        }
        self.coupling.iter().all(|c| c.is_finite())
            && (0..n).all(|j| super::column(&self.factor, j)[j..].iter().all(|f| f.is_finite()))
    }

    /// Exchanges rows and columns j ≤ k of what is left, which begins at j or before.
    pub fn interchange(&mut self, j: usize, k: usize) {
        interchange(&mut self.factor, j, k);
        self.order.swap(j, k);
    }

    /// Eliminates row k. A pivot of 0 has only zeros below it.
    pub fn eliminate_one(&mut self, k: usize) -> usize {
        let a = &mut self.factor;
        let (n, d) = (a.nrows(), a[(k, k)]);
        if d == 0.0 {
            return 1;
        }
        for j in k + 1..n {
            let (left, right) = a.as_mut_slice().split_at_mut(j * n);
            let eliminated = &left[k * n..(k + 1) * n];
            super::axpy(-eliminated[j] / d, &eliminated[j..], &mut right[j..n]);
        }
        for l in &mut a.column_mut(k).as_mut_slice()[k + 1..] {
            *l /= d;
        }
        1
    }

    /// Eliminates rows k and k + 1, where no entry of the two columns exceeds the one that couples them.
    pub fn eliminate_two(&mut self, k: usize) -> usize {
        let a = &mut self.factor;
        let n = a.nrows();
        let coupling = std::mem::take(&mut a[(k + 1, k)]);
        self.coupling[k] = coupling;
        let [first, second] = [a[(k, k)] / coupling, a[(k + 1, k + 1)] / coupling];
        let factor = (first * second - 1.0).recip();
        let solve = |u: f64, v: f64| {
            // No entry exceeds the coupling, whose reciprocal may overflow.
            let [u, v] = [u / coupling, v / coupling];
            [factor * (second * u - v), factor * (first * v - u)]
        };
        for j in k + 2..n {
            let (left, right) = a.as_mut_slice().split_at_mut(j * n);
            let (u, v) = left[k * n..(k + 2) * n].split_at(n);
            let [l, m] = solve(u[j], v[j]);
            super::axpy2([-l, -m], [&u[j..], &v[j..]], &mut right[j..n]);
        }
        for j in k + 2..n {
            let [l, m] = solve(a[(j, k)], a[(j, k + 1)]);
            (a[(j, k)], a[(j, k + 1)]) = (l, m);
        }
        2
    }

    /// The eigenvalues and unit eigenvectors (x, y), (−y, x) of the block of D that begins at row k; a block of one row
    /// has its value twice. `None` at the second row of a block.
    pub fn block(&self, k: usize) -> Option<[(f64, [f64; 2]); 2]> {
        if k > 0 && self.coupling[k - 1] != 0.0 {
            return None;
        }
        let (a, b) = (self.factor[(k, k)], self.coupling[k]);
        if b == 0.0 {
            return Some([(a, [1.0, 0.0]); 2]);
        }
        // Jacobi's rotation.
        let c = self.factor[(k + 1, k + 1)];
        let cotangent = (c - a) / (2.0 * b);
        let t = (cotangent.abs() + cotangent.hypot(1.0)).recip().copysign(cotangent);
        let x = t.hypot(1.0).recip();
        let y = -t * x;
        Some([(a - t * b, [x, y]), (c + t * b, [-y, x])])
    }

    /// z ← D⁻¹ L⁻¹ z, with z in the order of the factor.
    pub fn solve_lower(&self, z: &mut [f64]) {
        for j in 0..z.len() {
            let column = &super::column(&self.factor, j)[j + 1..];
            let (head, tail) = z.split_at_mut(j + 1);
            super::axpy(-head[j], column, tail);
        }
        let mut k = 0;
        while k < z.len() {
            let (a, b) = (self.factor[(k, k)], self.coupling[k]);
            if b == 0.0 {
                z[k] /= a;
                k += 1;
            } else {
                let [first, second] = [a / b, self.factor[(k + 1, k + 1)] / b];
                let factor = ((first * second - 1.0) * b).recip();
                let [u, v] = [z[k], z[k + 1]];
                z[k] = factor * (second * u - v);
                z[k + 1] = factor * (first * v - u);
                k += 2;
            }
        }
    }

    /// z ← L⁻ᵀ z, with z in the order of the factor.
    pub fn solve_transposed(&self, z: &mut [f64]) {
        for j in (0..z.len()).rev() {
            let column = &super::column(&self.factor, j)[j + 1..];
            z[j] -= super::dot(column, &z[j + 1..]);
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
