//! Quadratics, from perfectly to badly conditioned.

use super::terms::{Terms, sum_of_terms};
use crate::{Num, Real};

sum_of_terms! {
    /// TRIDIA of CUTEst: (x₁ - 1)² + Σᵢ₌₂ⁿ i (2xᵢ - xᵢ₋₁)².
    ///
    /// n ≥ 2; start (1, ..., 1), where f = n(n + 1)/2 - 1; f = 0 at xᵢ = 2¹⁻ⁱ. The condition number grows like n.
    Tridia, "TRIDIA",
    size: |n| n >= 2, "at least 2",
    start: |_, _| 1.0,
    minimizer: |j, _| 0.5f64.powi(j as i32)
}

impl Terms<2> for Tridia {
    fn count(&self) -> usize {
        self.n
    }
    fn places(&self, k: usize) -> [usize; 2] {
        if k == 0 { [0, 1] } else { [k - 1, k] }
    }
    fn term<R: Real>(&self, k: usize, [a, b]: [Num<R>; 2]) -> Num<R> {
        if k == 0 { (a - 1.0).powi(2) } else { (k + 1) as f64 * (2.0 * b - a).powi(2) }
    }
    fn slopes(&self, k: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        let slope = 2.0 * (k + 1) as f64 * (2.0 * b - a);
        if k == 0 { [2.0 * (a - 1.0), 0.0] } else { [-slope, 2.0 * slope] }
    }
}

sum_of_terms! {
    /// DIXON3DQ of CUTEst: (x₁ - 1)² + Σᵢ₌₂ⁿ⁻¹ (xᵢ - xᵢ₊₁)² + (xₙ - 1)².
    ///
    /// n ≥ 2; start (-1, ..., -1), where f = 8; f = 0 at (1, ..., 1). The condition number grows like n².
    Dixon3dq, "DIXON3DQ",
    size: |n| n >= 2, "at least 2",
    start: |_, _| -1.0,
    minimizer: |_, _| 1.0
}

impl Terms<2> for Dixon3dq {
    fn count(&self) -> usize {
        self.n
    }
    fn places(&self, k: usize) -> [usize; 2] {
        if k + 1 < self.n { [k, k + 1] } else { [k, k - 1] }
    }
    fn term<R: Real>(&self, k: usize, [a, b]: [Num<R>; 2]) -> Num<R> {
        if k == 0 || k + 1 == self.n { (a - 1.0).powi(2) } else { (a - b).powi(2) }
    }
    fn slopes(&self, k: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        if k == 0 || k + 1 == self.n {
            [2.0 * (a - 1.0), 0.0]
        } else {
            [2.0 * (a - b), -2.0 * (a - b)]
        }
    }
}

sum_of_terms! {
    /// DQDRTIC of CUTEst: Σᵢ₌₁ⁿ⁻² xᵢ² + 100 xᵢ₊₁² + 100 xᵢ₊₂².
    ///
    /// n ≥ 3; start (3, ..., 3), where f = 1809 (n - 2); f = 0 at the origin. Three different curvatures.
    Dqdrtic, "DQDRTIC",
    size: |n| n >= 3, "at least 3",
    start: |_, _| 3.0,
    minimizer: |_, _| 0.0
}

impl Terms<3> for Dqdrtic {
    fn count(&self) -> usize {
        self.n - 2
    }
    fn places(&self, k: usize) -> [usize; 3] {
        [k, k + 1, k + 2]
    }
    fn term<R: Real>(&self, _k: usize, [a, b, c]: [Num<R>; 3]) -> Num<R> {
        a.powi(2) + 100.0 * b.powi(2) + 100.0 * c.powi(2)
    }
    fn slopes(&self, _k: usize, [a, b, c]: [f64; 3]) -> [f64; 3] {
        [2.0 * a, 200.0 * b, 200.0 * c]
    }
}

sum_of_terms! {
    /// The power function: Σᵢ (i xᵢ)², a diagonal of condition number n².
    ///
    /// n ≥ 1; start (1, ..., 1), where f = n(n + 1)(2n + 1)/6; f = 0 at the origin. N. Andrei, *An unconstrained
    /// optimization test functions collection*, Adv. Model. Optim. 10 (2008) 147-161.
    Power, "POWER",
    size: |n| n >= 1, "positive",
    start: |_, _| 1.0,
    minimizer: |_, _| 0.0
}

impl Terms<1> for Power {
    fn count(&self) -> usize {
        self.n
    }
    fn places(&self, k: usize) -> [usize; 1] {
        [k]
    }
    fn term<R: Real>(&self, k: usize, [a]: [Num<R>; 1]) -> Num<R> {
        ((k + 1) as f64 * a).powi(2)
    }
    fn slopes(&self, k: usize, [a]: [f64; 1]) -> [f64; 1] {
        [2.0 * ((k + 1) as f64).powi(2) * a]
    }
}
