//! A symmetric matrix in packed storage, with the one pass over it that BFGS needs.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// The lower triangle of a symmetric n × n matrix, column after column: n(n + 1)/2 numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Packed {
    n: usize,
    entries: Vec<f64>,
}

impl Packed {
    /// The n × n matrix of zeros.
    pub fn zeros(n: usize) -> Self {
        Self { n, entries: vec![0.0; n * (n + 1) / 2] }
    }

    /// True when this is an n × n matrix with all its entries.
    pub fn is_valid(&self, n: usize) -> bool {
        self.n == n && self.entries.len() == n * (n + 1) / 2
    }

    /// Sets the matrix to the diagonal one with `diagonal(j)` at j.
    pub fn set_diagonal(&mut self, diagonal: impl Fn(usize) -> f64) {
        self.entries.fill(0.0);
        let mut first = 0;
        for j in 0..self.n {
            self.entries[first] = diagonal(j);
            first += self.n - j;
        }
    }

    /// Copies the lower triangle of a square matrix.
    pub fn copy_from(&mut self, matrix: &DMatrix<f64>) {
        let mut first = 0;
        for j in 0..self.n {
            let length = self.n - j;
            self.entries[first..first + length].copy_from_slice(&matrix.column(j).as_slice()[j..]);
            first += length;
        }
    }

    /// The full matrix.
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut dense = DMatrix::zeros(self.n, self.n);
        let mut first = 0;
        for j in 0..self.n {
            for i in j..self.n {
                dense[(i, j)] = self.entries[first + i - j];
                dense[(j, i)] = dense[(i, j)];
            }
            first += self.n - j;
        }
        dense
    }

    /// A ← A + s w' + w s', and with the new A: p ← A a, q ← A b. One pass over the entries.
    ///
    /// An entry below the diagonal stands for its mirror image too: it takes part in the sums of its own column
    /// and, by the row sums, in those of every row.
    pub fn update_and_multiply(
        &mut self,
        [s, w]: [&DVector<f64>; 2],
        [a, b]: [&DVector<f64>; 2],
        [p, q]: [&mut DVector<f64>; 2],
    ) {
        let [s, w, a, b] = [s, w, a, b].map(DVector::as_slice);
        let (p, q) = (p.as_mut_slice(), q.as_mut_slice());
        p.fill(0.0);
        q.fill(0.0);
        let mut entries = self.entries.as_mut_slice();
        for j in 0..self.n {
            let (column, rest) = entries.split_at_mut(self.n - j);
            entries = rest;
            let (below_p, below_q) = symmetric_column(
                column,
                [(s[j], &s[j..]), (w[j], &w[j..])],
                [(a[j], &a[j..]), (b[j], &b[j..])],
                [&mut p[j..], &mut q[j..]],
            );
            p[j] += below_p;
            q[j] += below_q;
        }
    }
}

/// One column of [`Packed::update_and_multiply`], from the diagonal down. Adds column · (aⱼ, bⱼ) to the row sums
/// and returns the products of the entries below the diagonal with a and b.
#[inline(always)]
fn symmetric_column(
    column: &mut [f64],
    [(s_j, s), (w_j, w)]: [(f64, &[f64]); 2],
    [(a_j, a), (b_j, b)]: [(f64, &[f64]); 2],
    [p, q]: [&mut [f64]; 2],
) -> (f64, f64) {
    const LANES: usize = super::LANES;
    column[0] += 2.0 * s_j * w_j;
    p[0] += column[0] * a_j;
    q[0] += column[0] * b_j;
    let (mut sum_a, mut sum_b) = ([0.0; LANES], [0.0; LANES]);
    let (columns, column_tail) = column[1..].as_chunks_mut::<LANES>();
    let (ps, p_tail) = p[1..].as_chunks_mut::<LANES>();
    let (qs, q_tail) = q[1..].as_chunks_mut::<LANES>();
    let ((ss, s_tail), (ws, w_tail)) = (s[1..].as_chunks(), w[1..].as_chunks());
    let ((as_, a_tail), (bs, b_tail)) = (a[1..].as_chunks(), b[1..].as_chunks());
    let mut visit = |h: &mut [f64],
                     s: &[f64],
                     w: &[f64],
                     a: &[f64],
                     b: &[f64],
                     p: &mut [f64],
                     q: &mut [f64]| {
        for l in 0..h.len() {
            h[l] += s[l] * w_j + w[l] * s_j;
            p[l] += h[l] * a_j;
            q[l] += h[l] * b_j;
            sum_a[l] += h[l] * a[l];
            sum_b[l] += h[l] * b[l];
        }
    };
    let rows = columns.iter_mut().zip(ps).zip(qs).zip(ss).zip(ws).zip(as_).zip(bs);
    for ((((((h, p), q), s), w), a), b) in rows {
        let (s, w, a, b): (&[f64; LANES], &[f64; LANES], &[f64; LANES], &[f64; LANES]) =
            (s, w, a, b);
        visit(h, s, w, a, b, p, q);
    }
    visit(column_tail, s_tail, w_tail, a_tail, b_tail, p_tail, q_tail);
    (sum_a.iter().sum(), sum_b.iter().sum())
}
