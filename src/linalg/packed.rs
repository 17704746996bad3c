//! A symmetric matrix in packed storage, with the one pass over it that BFGS needs.

use std::array::from_fn;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::add_lanes;

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
    /// An entry below the diagonal also stands for its mirror image: it takes part in the sums of its own column
    /// and, by the row sums, in those of every row. Columns are taken in pairs, which halves the traffic with the
    /// vectors; a pair is first updated and then multiplied, while it is in the first-level cache, because the
    /// factors and sums of both together do not fit into the registers.
    pub fn update_and_multiply(
        &mut self,
        [s, w]: [&DVector<f64>; 2],
        [a, b]: [&DVector<f64>; 2],
        [p, q]: [&mut DVector<f64>; 2],
    ) {
        let vectors = [s, w, a, b].map(DVector::as_slice);
        let (n, entries) = (self.n, self.entries.as_mut_slice());
        let (p, q) = (p.as_mut_slice(), q.as_mut_slice());
        super::wide(
            #[inline(always)]
            || update_and_multiply(n, entries, vectors, [p, q]),
        );
    }
}

/// [`Packed::update_and_multiply`] on slices.
#[inline(always)]
fn update_and_multiply(
    n: usize,
    mut entries: &mut [f64],
    [s, w, a, b]: [&[f64]; 4],
    [p, q]: [&mut [f64]; 2],
) {
    p.fill(0.0);
    q.fill(0.0);
    for j in (0..n).step_by(2) {
        let (left, rest) = entries.split_at_mut(n - j);
        let ([s_0, s @ ..], [w_0, w @ ..]) = (&s[j..], &w[j..]) else { return };
        let ([a_0, a @ ..], [b_0, b @ ..]) = (&a[j..], &b[j..]) else { return };
        let ([p_0, p @ ..], [q_0, q @ ..]) = (&mut p[j..], &mut q[j..]) else { return };
        let [h_00, left @ ..] = left else { return };
        *h_00 += 2.0 * s_0 * w_0;
        *p_0 += *h_00 * a_0;
        *q_0 += *h_00 * b_0;
        // The second column, unless n is odd and this was the last.
        let ([s_1, s @ ..], [w_1, w @ ..]) = (s, w) else { return };
        let ([a_1, a @ ..], [b_1, b @ ..]) = (a, b) else { return };
        let ([p_1, p @ ..], [q_1, q @ ..]) = (p, q) else { return };
        let (right, rest) = rest.split_at_mut(left.len());
        let ([h_10, left @ ..], [h_11, right @ ..]) = (left, right) else { return };
        *h_10 += s_1 * w_0 + w_1 * s_0;
        *h_11 += 2.0 * s_1 * w_1;
        let rows = left.iter_mut().zip(&mut *right).zip(s).zip(w);
        for (((l, r), s), w) in rows {
            *l += s * w_0 + w * s_0;
            *r += s * w_1 + w * s_1;
        }
        let sums = multiply([left, right], [(a, [*a_0, *a_1]), (b, [*b_0, *b_1])], [p, q]);
        *p_0 += *h_10 * a_1 + sums[0];
        *q_0 += *h_10 * b_1 + sums[1];
        *p_1 += *h_10 * a_0 + *h_11 * a_1 + sums[2];
        *q_1 += *h_10 * b_0 + *h_11 * b_1 + sums[3];
        entries = rest;
    }
}

/// Adds left · a₀ + right · a₁ to p and the same with b to q; returns left'a, left'b, right'a and right'b.
#[inline(always)]
fn multiply(
    [left, right]: [&[f64]; 2],
    [(a, [a_0, a_1]), (b, [b_0, b_1])]: [(&[f64], [f64; 2]); 2],
    [p, q]: [&mut [f64]; 2],
) -> [f64; 4] {
    const LANES: usize = 4;
    let ((ls, l_tail), (rs, r_tail)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let ((as_, a_tail), (bs, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let ((ps, p_tail), (qs, q_tail)) = (p.as_chunks_mut::<LANES>(), q.as_chunks_mut::<LANES>());
    let mut lanes = [[0.0; LANES]; 4];
    for (((((l, r), a), b), p), q) in ls.iter().zip(rs).zip(as_).zip(bs).zip(ps).zip(qs) {
        for (lanes, (h, x)) in lanes.iter_mut().zip([(l, a), (l, b), (r, a), (r, b)]) {
            *lanes = from_fn(|i| lanes[i] + h[i] * x[i]);
        }
        // All is read before anything is written: the optimiser does not know that p and q are apart.
        let sums: [f64; LANES] = from_fn(|i| p[i] + (l[i] * a_0 + r[i] * a_1));
        let sums_b: [f64; LANES] = from_fn(|i| q[i] + (l[i] * b_0 + r[i] * b_1));
        (*p, *q) = (sums, sums_b);
    }
    let mut sums = lanes.each_ref().map(|lanes| add_lanes(lanes));
    let tails = l_tail.iter().zip(r_tail).zip(a_tail).zip(b_tail).zip(p_tail).zip(q_tail);
    for (((((l, r), a), b), p), q) in tails {
        for (sum, product) in sums.iter_mut().zip([l * a, l * b, r * a, r * b]) {
            *sum += product;
        }
        *p += l * a_0 + r * a_1;
        *q += l * b_0 + r * b_1;
    }
    sums
}
