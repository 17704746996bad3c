//! B + λ I from a factor R of B = R'R, without B.
//!
//! ```text
//! [ R    ]        [ R_λ ]         [ c ]   [ c_λ ]
//! [ √λ I ]  =  Q  [  0  ],    Q'  [ 0 ] = [  ·  ]:    R_λ'R_λ = B + λ I,   p = −R_λ⁻¹ c_λ
//! ```
//!
//! J. Moré, *The Levenberg-Marquardt algorithm*, in G. Watson (ed.), Numerical analysis (1978) 105-116, section 3.

use nalgebra::{DMatrix, DVector};

use super::shifted::Shifted;
use crate::linalg::row_qr::{Rows, absorb, solve_upper, solve_upper_transposed};
use crate::linalg::{column, dot};
use crate::solver::trust_region::models::Factor;

/// R and c in units of their own, and room for R_λ and c_λ.
pub(super) struct Triangular<'a> {
    pub factor: Factor<'a>,
    /// The units of R and of c.
    pub units: [f64; 2],
    pub shifted: &'a mut DMatrix<f64>,
    pub image: &'a mut DVector<f64>,
    /// n (n + 1) numbers.
    pub rows: &'a mut [f64],
}

impl Triangular<'_> {
    /// The squared norms of the columns.
    fn squares(&self) -> impl Iterator<Item = f64> {
        let r = self.factor.r;
        let unit = self.units[0];
        (0..r.ncols()).map(move |j| {
            let entries = &column(r, j)[..=j];
            dot(entries, entries) / unit / unit
        })
    }

    /// True when no row of R_λ is rounding.
    fn is_regular(&self) -> bool {
        let n = self.shifted.nrows();
        let diagonal = || (0..n).map(|j| self.shifted[(j, j)].abs());
        let largest = diagonal().fold(0.0, f64::max);
        let rounding = n as f64 * f64::EPSILON * largest;
        diagonal().all(|entry| entry > rounding) && largest.is_finite()
    }
}

impl Shifted for Triangular<'_> {
    fn least_diagonal(&self) -> f64 {
        self.squares().fold(f64::INFINITY, f64::min)
    }

    /// 0 and the sum of all.
    fn bounds(&mut self) -> [f64; 2] {
        [0.0, self.squares().sum()]
    }

    fn factorize(&mut self, lambda: f64) -> bool {
        let n = self.image.len();
        let [unit, unit_of_image] = self.units;
        for j in 0..n {
            let to = &mut self.shifted.as_mut_slice()[j * n..=j * n + j];
            for (to, from) in to.iter_mut().zip(column(self.factor.r, j)) {
                *to = from / unit;
            }
        }
        self.image.copy_from(self.factor.image);
        *self.image /= unit_of_image;
        if lambda > 0.0 {
            self.rows.fill(0.0);
            self.rows[..n * n].iter_mut().step_by(n + 1).for_each(|entry| *entry = lambda.sqrt());
            let image = self.image.as_mut_slice();
            absorb(self.shifted, image, self.rows, n, Rows::Triangular);
        }
        self.is_regular()
    }

    fn solve(&self, x: &mut [f64]) {
        solve_upper_transposed(self.shifted, x);
        solve_upper(self.shifted, x);
    }

    fn minimum(&self, _gradient: &[f64], p: &mut [f64]) {
        for (p, c) in p.iter_mut().zip(self.image.iter()) {
            *p = -c;
        }
        solve_upper(self.shifted, p);
    }

    /// B has no negative curvature.
    fn failure(&self, _v: &mut [f64]) -> f64 {
        0.0
    }
}
