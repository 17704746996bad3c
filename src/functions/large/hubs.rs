//! Sums whose terms all share one variable: arrowhead Hessians.

use super::terms::{Terms, sum_of_terms};
use crate::{Num, Real};

sum_of_terms! {
    /// BDQRTIC of CUTEst: Σᵢ₌₁ⁿ⁻⁴ (3 - 4xᵢ)² + (xᵢ² + 2xᵢ₊₁² + 3xᵢ₊₂² + 4xᵢ₊₃² + 5xₙ²)².
    ///
    /// n ≥ 5; start (1, ..., 1), where f = 226 (n - 4).
    Bdqrtic, "BDQRTIC",
    size: |n| n >= 5, "at least 5",
    start: |_, _| 1.0,
    minima: [(100, 378.769), (500, 1981.01), (1000, 3983.82)]
}

impl Terms<5> for Bdqrtic {
    fn count(&self) -> usize {
        self.n - 4
    }
    fn places(&self, k: usize) -> [usize; 5] {
        [k, k + 1, k + 2, k + 3, self.n - 1]
    }
    fn term<R: Real>(&self, _k: usize, x: [Num<R>; 5]) -> Num<R> {
        let squares: Num<R> = (0..5).map(|i| (i + 1) as f64 * x[i].powi(2)).sum();
        (3.0 - 4.0 * x[0]).powi(2) + squares.powi(2)
    }
    fn slopes(&self, _k: usize, x: [f64; 5]) -> [f64; 5] {
        let squares: f64 = (0..5).map(|i| (i + 1) as f64 * x[i] * x[i]).sum();
        let mut slopes = std::array::from_fn(|i| 4.0 * squares * (i + 1) as f64 * x[i]);
        slopes[0] -= 8.0 * (3.0 - 4.0 * x[0]);
        slopes
    }
}

sum_of_terms! {
    /// LIARWHD of CUTEst: Σᵢ 4 (xᵢ² - x₁)² + (xᵢ - 1)².
    ///
    /// n ≥ 2; start (4, ..., 4), where f = 585 n; f = 0 at (1, ..., 1).
    Liarwhd, "LIARWHD",
    size: |n| n >= 2, "at least 2",
    start: |_, _| 4.0,
    minimizer: |_, _| 1.0
}

impl Terms<2> for Liarwhd {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [0, k + 1]
    }
    fn term<R: Real>(&self, k: usize, [hub, x]: [Num<R>; 2]) -> Num<R> {
        let own = |x: Num<R>| 4.0 * (x.powi(2) - hub).powi(2) + (x - 1.0).powi(2);
        if k == 0 { own(hub) + own(x) } else { own(x) }
    }
    fn slopes(&self, k: usize, [hub, x]: [f64; 2]) -> [f64; 2] {
        let (t, t_hub) = (8.0 * (x * x - hub), 8.0 * (hub * hub - hub));
        let own = if k == 0 { t_hub * (2.0 * hub - 1.0) + 2.0 * (hub - 1.0) } else { 0.0 };
        [own - t, 2.0 * t * x + 2.0 * (x - 1.0)]
    }
}

sum_of_terms! {
    /// NONDIA, Shanno's nondiagonal extension of Rosenbrock's valley: (x₁ - 1)² + Σᵢ₌₂ⁿ 100 (x₁ - xᵢ²)².
    ///
    /// n ≥ 2; start (-1, ..., -1), where f = 400 n - 396; f = 0 at (1, ..., 1). (The file of CUTEst has xᵢ₋₁ in place
    /// of xᵢ.)
    Nondia, "NONDIA",
    size: |n| n >= 2, "at least 2",
    start: |_, _| -1.0,
    minimizer: |_, _| 1.0
}

impl Terms<2> for Nondia {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [0, k + 1]
    }
    fn term<R: Real>(&self, k: usize, [hub, x]: [Num<R>; 2]) -> Num<R> {
        let shared = 100.0 * (hub - x.powi(2)).powi(2);
        if k == 0 { (hub - 1.0).powi(2) + shared } else { shared }
    }
    fn slopes(&self, k: usize, [hub, x]: [f64; 2]) -> [f64; 2] {
        let t = 200.0 * (hub - x * x);
        [if k == 0 { 2.0 * (hub - 1.0) + t } else { t }, -2.0 * t * x]
    }
}

sum_of_terms! {
    /// TQUARTIC of CUTEst: (x₁ - 1)² + Σᵢ₌₂ⁿ (x₁² - xᵢ²)².
    ///
    /// n ≥ 2; start (0.1, ..., 0.1), where f = 0.81; f = 0 where all |xᵢ| are x₁ = 1.
    Tquartic, "TQUARTIC",
    size: |n| n >= 2, "at least 2",
    start: |_, _| 0.1,
    minimizer: |_, _| 1.0
}

impl Terms<2> for Tquartic {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [0, k + 1]
    }
    fn term<R: Real>(&self, k: usize, [hub, x]: [Num<R>; 2]) -> Num<R> {
        let shared = (hub.powi(2) - x.powi(2)).powi(2);
        if k == 0 { (hub - 1.0).powi(2) + shared } else { shared }
    }
    fn slopes(&self, k: usize, [hub, x]: [f64; 2]) -> [f64; 2] {
        let t = 4.0 * (hub * hub - x * x);
        [if k == 0 { 2.0 * (hub - 1.0) + t * hub } else { t * hub }, -t * x]
    }
}
