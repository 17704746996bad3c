//! The matrix of L-BFGS in its compact form, B = θ I + W C W', W = [y₁/‖y₁‖, s₁/‖s₁‖, y₂/‖y₂‖, ..].
//!
//! Every product with B that the method needs is one of numbers for each column of W: the inner products W'W and the square
//! matrix C of 2m rows. C follows from the BFGS formula itself, one pair after the other: in the coordinates of W, B s = θ e +
//! C W's, and C ← C − (B s)(B s)'/s'B s + y y'/s'y. Byrd, Nocedal & Schnabel (1994), theorem 2.3, give its inverse.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::linalg::{self, Pairs};

/// The inner products of the vectors y₁, s₁, y₂, .. of up to m pairs, the oldest first: all that B depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Products(#[serde(with = "linalg::matrix_bytes")] pub DMatrix<f64>);

impl Products {
    /// Room for m pairs.
    pub fn new(m: usize) -> Self {
        Self(DMatrix::zeros(2 * m, 2 * m))
    }

    /// True when there is room for m pairs.
    pub fn is_valid(&self, m: usize) -> bool {
        self.0.shape() == (2 * m, 2 * m)
    }

    /// Discards the oldest pair.
    pub fn forget_first(&mut self) {
        let (rows, size) = (self.0.nrows(), self.0.len());
        self.0.as_mut_slice().copy_within((2 * rows + 2).min(size).., 0);
    }

    /// Takes the products of a pair (s, y): sᵢ'y, yᵢ'y, sᵢ's and yᵢ's, at the places 0, 2, 4 and 5, for each pair before it, and
    /// its own [s'y, s's, y'y].
    pub fn take_pair(&mut self, before: &[[f64; 6]], [s_y, s_s, y_y]: [f64; 3]) {
        let k = before.len();
        let (y, s) = (2 * k, 2 * k + 1);
        let mut set = |i: usize, j: usize, product: f64| {
            self.0[(i, j)] = product;
            self.0[(j, i)] = product;
        };
        for (i, &[si_y, _, yi_y, _, si_s, yi_s]) in before.iter().enumerate() {
            set(2 * i + 1, y, si_y);
            set(2 * i + 1, s, si_s);
            set(2 * i, y, yi_y);
            set(2 * i, s, yi_s);
        }
        set(y, s, s_y);
        set(s, s, s_s);
        set(y, y, y_y);
    }

    /// Adds `sign` times the products of the given rows of k pairs; `row` is workspace.
    pub fn add_rows(
        &mut self,
        (pairs, k): (&Pairs, usize),
        row: &mut [[f64; 2]],
        rows: impl Iterator<Item = (usize, f64)>,
    ) {
        let row = &mut row[..k];
        let size = self.0.nrows();
        for (i, sign) in rows {
            pairs.read_row(i, row);
            row.iter_mut().for_each(|pair| pair.reverse());
            let row = row.as_flattened();
            for (w, column) in row.iter().zip(self.0.as_mut_slice().chunks_exact_mut(size)) {
                linalg::axpy(sign * w, row, &mut column[..2 * k]);
            }
        }
    }

    /// yᵢ'yᵢ and sᵢ'sᵢ.
    pub fn squares(&self, k: usize) -> impl Iterator<Item = f64> {
        (0..2 * k).map(|j| self.0[(j, j)])
    }
}

/// B of the last pairs, and the workspace to make it.
#[derive(Clone, Debug)]
pub(super) struct Compact {
    /// 1/‖y₁‖, 1/‖s₁‖, ..
    pub unit: Vec<f64>,
    /// W'W.
    pub gram: DMatrix<f64>,
    /// C.
    c: DMatrix<f64>,
    /// θ = y'y/s'y of the newest pair.
    pub theta: f64,
    /// True when all of this is that of the pairs.
    pub is_built: bool,
    /// B s in the coordinates of W.
    image: DVector<f64>,
}

impl Compact {
    /// Room for m pairs.
    pub fn new(m: usize) -> Self {
        let square = || DMatrix::zeros(2 * m, 2 * m);
        let [gram, c] = [(); 2].map(|()| square());
        let (unit, image) = (vec![0.0; 2 * m], DVector::zeros(2 * m));
        Self { unit, gram, c, theta: 1.0, is_built: false, image }
    }

    /// Makes W'W and C of the first k pairs, at least one, unless they are made; false when rounding or overflow left B without positive
    /// curvature along an s.
    pub fn build(&mut self, Products(products): &Products, k: usize) -> bool {
        if self.is_built {
            return true;
        }
        let Self { unit, gram, c, theta, image, is_built } = self;
        let newest = 2 * k - 2;
        *theta = products[(newest, newest)] / products[(newest, newest + 1)];
        for (j, unit) in unit[..2 * k].iter_mut().enumerate() {
            *unit = products[(j, j)].sqrt().recip();
        }
        for j in 0..2 * k {
            for i in 0..2 * k {
                gram[(i, j)] = products[(i, j)] * unit[i] * unit[j];
            }
        }
        c.fill(0.0);
        let rows = c.nrows();
        for (y, s) in (0..k).map(|k| (2 * k, 2 * k + 1)) {
            let image = &mut image.as_mut_slice()[..=s];
            image.fill(0.0);
            for q in 0..y {
                linalg::axpy(gram[(q, s)], &linalg::column(c, q)[..=s], image);
            }
            image[s] = *theta;
            let curvature = linalg::dot(image, &linalg::column(gram, s)[..=s]);
            if !(curvature > 0.0 && curvature.is_finite()) {
                return false;
            }
            for q in 0..=s {
                let column = &mut c.as_mut_slice()[q * rows..][..=s];
                linalg::axpy(-image[q] / curvature, image, column);
            }
            // y y'/s'y, of unit vectors.
            c[(y, y)] += unit[s] / unit[y] / gram[(y, s)];
        }
        *is_built = c.iter().all(|c| c.is_finite());
        *is_built
    }

    /// out ← C v.
    pub fn times(&self, v: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (q, v) in v.iter().enumerate() {
            linalg::axpy(*v, &linalg::column(&self.c, q)[..out.len()], out);
        }
    }
}
