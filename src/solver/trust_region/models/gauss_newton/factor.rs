//! The factor R of the scaled Jacobian and Q'r, from blocks of its rows.
//!
//! ```text
//! Q' [ J D⁻¹  r ] = [ R c ]
//!                   [ 0 · ]     D⁻¹J'J D⁻¹ = R'R,   D⁻¹J'r = R'c
//! ```

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::Matrix;
use crate::linalg::row_qr::{Rows, absorb, add_gram_of_upper, upper_times, upper_transposed_times};
use crate::linalg::{dot, is_finite, matrix_bytes, max_abs, power_of_two};
use crate::solver::trust_region::models::Factor;

/// The least rows of a block. With ten variables they fit in the first-level cache.
pub(super) const BLOCK: usize = 256;
/// Columns whose squared norm is within these need no unit of their own.
const SQUARES: [f64; 2] = [1e-280, 1e280];

/// R, c, and the room that they need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ScaledFactor {
    #[serde(with = "matrix_bytes")]
    r: DMatrix<f64>,
    image: DVector<f64>,
    /// A block of rows, column by column.
    #[serde(skip)]
    rows: Vec<f64>,
    work: DVector<f64>,
}

impl ScaledFactor {
    /// For m residuals of n variables; allocates everything.
    pub fn new(m: usize, n: usize) -> Self {
        Self {
            r: DMatrix::zeros(n, n),
            image: DVector::zeros(n),
            rows: vec![0.0; Self::block(m, n) * (n + 1)],
            work: DVector::zeros(n),
        }
    }

    /// Completes a loaded one; false when it does not fit.
    pub fn restore(&mut self, m: usize, n: usize) -> bool {
        self.rows = vec![0.0; Self::block(m, n) * (n + 1)];
        self.r.shape() == (n, n) && self.image.len() == n && self.work.len() == n
    }

    /// The rows of a block.
    fn block(m: usize, n: usize) -> usize {
        m.min(BLOCK.max(n))
    }

    /// Takes the larger of D and the norms of the columns of J for D, and factorizes J D⁻¹; false when that is not
    /// finite.
    pub fn form(
        &mut self,
        jacobian: &Matrix,
        residual: &DVector<f64>,
        scale: &mut DVector<f64>,
    ) -> bool {
        for (j, d) in scale.iter_mut().enumerate() {
            let norm = norm(jacobian.entries(j));
            if norm > *d && norm.is_finite() {
                *d = norm;
            } else if *d == 0.0 {
                *d = 1.0;
            }
        }
        self.r.fill(0.0);
        self.image.fill(0.0);
        let m = residual.len();
        let size = Self::block(m, scale.len());
        for start in (0..m).step_by(size.max(1)) {
            let count = size.min(m - start);
            let mut columns = self.rows.chunks_exact_mut(count);
            for (j, (d, column)) in scale.iter().zip(&mut columns).enumerate() {
                jacobian.write_column(j, start, column);
                column.iter_mut().for_each(|entry| *entry /= *d);
            }
            if let Some(last) = columns.next() {
                last.copy_from_slice(&residual.as_slice()[start..start + count]);
            }
            absorb(&mut self.r, self.image.as_mut_slice(), &mut self.rows, count, Rows::Full);
        }
        is_finite(self.r.as_slice()) && is_finite(self.image.as_slice())
    }

    /// R and c.
    pub fn get(&self) -> Factor<'_> {
        Factor { r: &self.r, image: &self.image }
    }

    /// Writes R'(R v).
    pub fn times(&mut self, v: &DVector<f64>, product: &mut DVector<f64>) {
        upper_times(&self.r, v.as_slice(), self.work.as_mut_slice());
        upper_transposed_times(&self.r, self.work.as_slice(), product.as_mut_slice());
    }

    /// Writes R'R.
    pub fn write_gram(&self, gram: &mut DMatrix<f64>) {
        gram.fill(0.0);
        self.add_gram(gram);
    }

    /// Adds R'R to a symmetric matrix.
    pub fn add_gram(&self, sum: &mut DMatrix<f64>) {
        add_gram_of_upper(&self.r, sum);
    }
}

/// The norm, without over- and underflow.
fn norm(entries: &[f64]) -> f64 {
    let squares = dot(entries, entries);
    let [least, most] = SQUARES;
    if (least..=most).contains(&squares) {
        return squares.sqrt();
    }
    let unit = power_of_two(max_abs(entries));
    let square = |entry: &f64| (entry / unit) * (entry / unit);
    unit * entries.iter().map(square).sum::<f64>().sqrt()
}
