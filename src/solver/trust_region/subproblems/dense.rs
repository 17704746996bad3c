//! B + λ I from B as a matrix, by Cholesky's factorization.

use nalgebra::DMatrix;

use super::shifted::Shifted;
use crate::linalg::cholesky::Workspace;
use crate::linalg::{self, dot, power_of_two};

/// B / unit.
pub(super) struct Dense<'a> {
    pub matrix: &'a DMatrix<f64>,
    pub unit: f64,
    pub factor: &'a mut DMatrix<f64>,
    pub blocks: &'a mut Workspace,
    /// The first row that was not factorized.
    pub end: usize,
}

impl Dense<'_> {
    /// The sum of squares.
    pub fn squares(&self) -> f64 {
        let square = |x: f64| x * x;
        let column = |j: usize| {
            let entries = &linalg::column(self.matrix, j)[j..];
            let [sum] = linalg::sums([entries], |[a]| [square(a / self.unit)]);
            2.0 * sum - square(entries[0] / self.unit)
        };
        (0..self.matrix.nrows()).map(column).sum()
    }
}

impl Shifted for Dense<'_> {
    fn least_diagonal(&self) -> f64 {
        let diagonal = (0..self.matrix.nrows()).map(|i| self.matrix[(i, i)]);
        diagonal.fold(f64::INFINITY, f64::min) / self.unit
    }

    /// Those of Gershgorin, and the norm.
    fn bounds(&mut self) -> [f64; 2] {
        // The factor is not needed any more: its first column has room for the sums of rows.
        let n = self.matrix.nrows();
        let sums = &mut self.factor.as_mut_slice()[..n];
        sums.fill(0.0);
        for j in 0..n {
            let below = &linalg::column(self.matrix, j)[j + 1..];
            for (sum, entry) in sums[j + 1..].iter_mut().zip(below) {
                *sum += entry.abs() / self.unit;
            }
            sums[j] += below.iter().map(|entry| entry.abs() / self.unit).sum::<f64>();
        }
        let [mut least, mut most] = [f64::INFINITY, f64::NEG_INFINITY];
        for (i, sum) in sums.iter().enumerate() {
            let diagonal = self.matrix[(i, i)] / self.unit;
            (least, most) = (least.min(diagonal - sum), most.max(diagonal + sum));
        }
        let norm = self.squares().sqrt();
        [least.max(-norm), most.min(norm)]
    }

    fn factorize(&mut self, lambda: f64) -> bool {
        let n = self.matrix.nrows();
        let inverse = self.unit.recip();
        for j in 0..n {
            let from = &linalg::column(self.matrix, j)[j..];
            let to = &mut self.factor.as_mut_slice()[j * n + j..(j + 1) * n];
            for (to, from) in to.iter_mut().zip(from) {
                *to = from * inverse;
            }
            to[0] += lambda;
        }
        let result = linalg::cholesky(self.factor, self.blocks);
        self.end = result.err().unwrap_or(n);
        result.is_ok()
    }

    fn solve(&self, x: &mut [f64]) {
        linalg::solve_lower(self.factor, x);
        linalg::solve_transposed(self.factor, x);
    }

    /// v = (−L'⁻¹ l, 1, 0), L l = a with column k of B + λ I, where pivot k is not positive: v'(B + λ I) v is this
    /// pivot.
    fn failure(&self, v: &mut [f64]) -> f64 {
        let k = self.end;
        v.fill(0.0);
        v[k] = 1.0;
        let mut pivot = f64::NAN;
        if k < v.len() {
            for (j, v) in v[..k].iter_mut().enumerate() {
                *v = -self.factor[(k, j)];
            }
            pivot = self.factor[(k, k)];
            linalg::solve_transposed(self.factor, &mut v[..k]);
        }
        let squares = dot(v, v);
        v.iter_mut().for_each(|v| *v /= squares.sqrt());
        if pivot < 0.0 { pivot / squares } else { 0.0 }
    }
}

/// The size of the entries of the lower triangle, a power of two.
pub(super) fn largest(matrix: &DMatrix<f64>) -> f64 {
    let columns = (0..matrix.nrows()).map(|j| linalg::max_abs(&linalg::column(matrix, j)[j..]));
    power_of_two(columns.fold(0.0, f64::max))
}
