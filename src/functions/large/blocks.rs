//! Sums of terms in separate variables, whose blocks differ or are far from quadratic.

use super::terms::{Terms, sum_of_terms};
use crate::{Num, Real};

sum_of_terms! {
    /// QUARTC of CUTEst: Σᵢ (xᵢ - i)⁴.
    ///
    /// n ≥ 1; start (2, ..., 2); f = 0 at (1, 2, ..., n), where the Hessian is zero.
    Quartc, "QUARTC",
    size: |n| n >= 1, "positive",
    start: |_, _| 2.0,
    minimizer: |j, _| (j + 1) as f64
}

impl Terms<1> for Quartc {
    fn count(&self) -> usize {
        self.n
    }
    fn places(&self, k: usize) -> [usize; 1] {
        [k]
    }
    fn term<R: Real>(&self, k: usize, [a]: [Num<R>; 1]) -> Num<R> {
        (a - (k + 1) as f64).powi(4)
    }
    fn slopes(&self, k: usize, [a]: [f64; 1]) -> [f64; 1] {
        [4.0 * (a - (k + 1) as f64).powi(3)]
    }
}

sum_of_terms! {
    /// WOODS of CUTEst, Wood's function n/4 times: Σₖ 100 (b - a²)² + (1 - a)² + 90 (d - c²)² + (1 - c)²
    /// + 10 (b + d - 2)² + (b - d)²/10 over blocks (a, b, c, d).
    ///
    /// n a multiple of 4; start (-3, -1, -3, -1, ...), where f = 4798 n; f = 0 at (1, ..., 1).
    Woods, "WOODS",
    size: |n| n > 0 && n.is_multiple_of(4), "a positive multiple of 4",
    start: |j, _| [-3.0, -1.0][j % 2],
    minimizer: |_, _| 1.0
}

impl Terms<4> for Woods {
    fn count(&self) -> usize {
        self.n / 4
    }
    fn places(&self, k: usize) -> [usize; 4] {
        [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3]
    }
    fn term<R: Real>(&self, _k: usize, [a, b, c, d]: [Num<R>; 4]) -> Num<R> {
        100.0 * (b - a.powi(2)).powi(2)
            + (1.0 - a).powi(2)
            + 90.0 * (d - c.powi(2)).powi(2)
            + (1.0 - c).powi(2)
            + 10.0 * (b + d - 2.0).powi(2)
            + 0.1 * (b - d).powi(2)
    }
    fn slopes(&self, _k: usize, [a, b, c, d]: [f64; 4]) -> [f64; 4] {
        let (s, t) = (b - a * a, d - c * c);
        let (sum, difference) = (20.0 * (b + d - 2.0), 0.2 * (b - d));
        [
            -400.0 * s * a - 2.0 * (1.0 - a),
            200.0 * s + sum + difference,
            -360.0 * t * c - 2.0 * (1.0 - c),
            180.0 * t + sum - difference,
        ]
    }
}
