//! Sums whose terms have a few neighbouring variables each: banded Hessians.

use std::f64::consts::PI;

use super::terms::{Terms, sum_of_terms};
use crate::{Num, Real};

sum_of_terms! {
    /// BROYDN3D of CUTEst as least squares: Σᵢ ((3 - 2xᵢ) xᵢ - xᵢ₋₁ - 2xᵢ₊₁ + 1)², x₀ = xₙ₊₁ = 0.
    ///
    /// n ≥ 3; start (-1, ..., -1), where f = n + 11; the minimum is 0. Moré, Garbow, Hillstrom (1981) problem 30.
    Broydn3d, "BROYDN3D",
    size: |n| n >= 3, "at least 3",
    start: |_, _| -1.0,
    minima: [(12, 0.0), (100, 0.0), (1000, 0.0)]
}

impl Broydn3d {
    /// The first of the three variables of term k, and which of them is its xᵢ.
    fn middle(&self, k: usize) -> (usize, usize) {
        let first = k.saturating_sub(1).min(self.n - 3);
        (first, k - first)
    }
}

impl Terms<3> for Broydn3d {
    fn count(&self) -> usize {
        self.n
    }
    fn places(&self, k: usize) -> [usize; 3] {
        let (first, _) = self.middle(k);
        [first, first + 1, first + 2]
    }
    fn term<R: Real>(&self, k: usize, x: [Num<R>; 3]) -> Num<R> {
        let (_, i) = self.middle(k);
        let mut r = (3.0 - 2.0 * x[i]) * x[i] + 1.0;
        if i > 0 {
            r -= x[i - 1];
        }
        if i < 2 {
            r -= 2.0 * x[i + 1];
        }
        r.powi(2)
    }
    fn slopes(&self, k: usize, x: [f64; 3]) -> [f64; 3] {
        let (_, i) = self.middle(k);
        let (before, after) = (i.checked_sub(1), Some(i + 1).filter(|&i| i < 3));
        let neighbours = before.map_or(0.0, |i| x[i]) + 2.0 * after.map_or(0.0, |i| x[i]);
        let r = 2.0 * ((3.0 - 2.0 * x[i]) * x[i] - neighbours + 1.0);
        let mut slopes = [0.0; 3];
        slopes[i] = r * (3.0 - 4.0 * x[i]);
        if let Some(i) = before {
            slopes[i] = -r;
        }
        if let Some(i) = after {
            slopes[i] = -2.0 * r;
        }
        slopes
    }
}

sum_of_terms! {
    /// CRAGGLVY of CUTEst: Σₖ (eᵃ - b)⁴ + 100 (b - c)⁶ + (tan(c - d) + c - d)⁴ + a⁸ + (d - 1)² over windows
    /// (a, b, c, d) that advance by two variables.
    ///
    /// n ≥ 4, even; start (1, 2, ..., 2).
    Cragglvy, "CRAGGLVY",
    size: |n| n >= 4 && n.is_multiple_of(2), "at least 4 and even",
    start: |j, _| if j == 0 { 1.0 } else { 2.0 },
    minima: [(4, 0.0), (10, 1.886566), (50, 15.372), (100, 32.270), (500, 167.45), (1000, 336.42), (5000, 1688.2)]
}

impl Terms<4> for Cragglvy {
    fn count(&self) -> usize {
        self.n / 2 - 1
    }
    fn places(&self, k: usize) -> [usize; 4] {
        [2 * k, 2 * k + 1, 2 * k + 2, 2 * k + 3]
    }
    fn term<R: Real>(&self, _k: usize, [a, b, c, d]: [Num<R>; 4]) -> Num<R> {
        (a.exp() - b).powi(4)
            + 100.0 * (b - c).powi(6)
            + ((c - d).tan() + c - d).powi(4)
            + a.powi(8)
            + (d - 1.0).powi(2)
    }
    fn slopes(&self, _k: usize, [a, b, c, d]: [f64; 4]) -> [f64; 4] {
        let (e, t) = (a.exp(), (c - d).tan());
        let first = 4.0 * (e - b).powi(3);
        let second = 600.0 * (b - c).powi(5);
        let third = 4.0 * (t + c - d).powi(3) * (2.0 + t * t);
        [first * e + 8.0 * a.powi(7), second - first, third - second, 2.0 * (d - 1.0) - third]
    }
}

sum_of_terms! {
    /// EDENSCH of CUTEst: 16 + Σᵢ₌₁ⁿ⁻¹ (xᵢ - 2)⁴ + (xᵢ xᵢ₊₁ - 2xᵢ₊₁)² + (xᵢ₊₁ + 1)².
    ///
    /// n ≥ 2; start (0, ..., 0), where f = 17 n - 1.
    Edensch, "EDENSCH",
    size: |n| n >= 2, "at least 2",
    start: |_, _| 0.0,
    minima: [(36, 219.28), (2000, 12003.2)]
}

impl Terms<2> for Edensch {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [k, k + 1]
    }
    fn term<R: Real>(&self, k: usize, [a, b]: [Num<R>; 2]) -> Num<R> {
        let offset = if k == 0 { 16.0 } else { 0.0 };
        (a - 2.0).powi(4) + (a * b - 2.0 * b).powi(2) + (b + 1.0).powi(2) + offset
    }
    fn slopes(&self, _k: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        let t = a - 2.0;
        [4.0 * t.powi(3) + 2.0 * t * b * b, 2.0 * t * t * b + 2.0 * (b + 1.0)]
    }
}

sum_of_terms! {
    /// FREUROTH of CUTEst: Σᵢ₌₁ⁿ⁻¹ (xᵢ + ((5 - xᵢ₊₁) xᵢ₊₁ - 2) xᵢ₊₁ - 13)² + (xᵢ + ((xᵢ₊₁ + 1) xᵢ₊₁ - 14) xᵢ₊₁ - 29)².
    ///
    /// n ≥ 2; start (0.5, -2, 0, ..., 0), where f = 1010 n - 1443.5 for n > 2.
    Freuroth, "FREUROTH",
    size: |n| n >= 2, "at least 2",
    start: |j, _| [0.5, -2.0].get(j).copied().unwrap_or(0.0),
    minima: [(10, 1014.1), (50, 5881.0), (100, 11965.0), (500, 60634.0), (1000, 121470.0), (5000, 608160.0)]
}

impl Terms<2> for Freuroth {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [k, k + 1]
    }
    fn term<R: Real>(&self, _k: usize, [a, b]: [Num<R>; 2]) -> Num<R> {
        (a + ((5.0 - b) * b - 2.0) * b - 13.0).powi(2)
            + (a + ((b + 1.0) * b - 14.0) * b - 29.0).powi(2)
    }
    fn slopes(&self, _k: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        let r = 2.0 * (a + ((5.0 - b) * b - 2.0) * b - 13.0);
        let s = 2.0 * (a + ((b + 1.0) * b - 14.0) * b - 29.0);
        [r + s, r * ((10.0 - 3.0 * b) * b - 2.0) + s * ((3.0 * b + 2.0) * b - 14.0)]
    }
}

sum_of_terms! {
    /// GENROSE of CUTEst, Rosenbrock's valley chained: 1 + Σᵢ₌₂ⁿ 100 (xᵢ - xᵢ₋₁²)² + (xᵢ - 1)².
    ///
    /// n ≥ 2; start xᵢ = i/(n + 1); f = 1 at (1, ..., 1). The number of steps along the valley is
    /// proportional to n.
    Genrose, "GENROSE",
    size: |n| n >= 2, "at least 2",
    start: |j, n| (j + 1) as f64 / (n + 1) as f64,
    minimizer: |_, _| 1.0
}

impl Terms<2> for Genrose {
    fn count(&self) -> usize {
        self.n - 1
    }
    fn places(&self, k: usize) -> [usize; 2] {
        [k, k + 1]
    }
    fn term<R: Real>(&self, k: usize, [a, b]: [Num<R>; 2]) -> Num<R> {
        let offset = if k == 0 { 1.0 } else { 0.0 };
        100.0 * (b - a.powi(2)).powi(2) + (b - 1.0).powi(2) + offset
    }
    fn slopes(&self, _k: usize, [a, b]: [f64; 2]) -> [f64; 2] {
        let t = b - a * a;
        [-400.0 * t * a, 200.0 * t + 2.0 * (b - 1.0)]
    }
}

sum_of_terms! {
    /// SCHMVETT of CUTEst: Σᵢ₌₁ⁿ⁻² -1/(1 + (a - b)²) - sin((πb + c)/2) - exp(-((a + c)/b - 2)²) over windows
    /// (a, b, c).
    ///
    /// n ≥ 3; start (0.5, ..., 0.5); f = -3 (n - 2) where all are π/(π + 1).
    Schmvett, "SCHMVETT",
    size: |n| n >= 3, "at least 3",
    start: |_, _| 0.5,
    minimizer: |_, _| PI / (PI + 1.0)
}

impl Terms<3> for Schmvett {
    fn count(&self) -> usize {
        self.n - 2
    }
    fn places(&self, k: usize) -> [usize; 3] {
        [k, k + 1, k + 2]
    }
    fn term<R: Real>(&self, _k: usize, [a, b, c]: [Num<R>; 3]) -> Num<R> {
        -1.0 / (1.0 + (a - b).powi(2))
            - (0.5 * (PI * b + c)).sin()
            - (-((a + c) / b - 2.0).powi(2)).exp()
    }
    fn slopes(&self, _k: usize, [a, b, c]: [f64; 3]) -> [f64; 3] {
        let first = 2.0 * (a - b) / (1.0 + (a - b).powi(2)).powi(2);
        let second = -0.5 * (0.5 * (PI * b + c)).cos();
        let quotient = (a + c) / b;
        let third = 2.0 * (quotient - 2.0) * (-(quotient - 2.0).powi(2)).exp() / b;
        [first + third, PI * second - first - third * quotient, second + third]
    }
}
