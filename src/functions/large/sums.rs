//! Functions of a sum over all variables: their dense Hessians are a diagonal plus a matrix of rank one.

use super::problem;
use crate::functions::{TestFunction, sized};
use crate::{DMatrix, DVector, Error, Matrix};

/// PENALTY1 of CUTEst: 10⁻⁵ Σᵢ (xᵢ - 1)² + (Σᵢ xᵢ² - ¼)².
///
/// n ≥ 2; start (1, 2, ..., n). The minimum has all variables equal. Moré, Garbow, Hillstrom (1981) problem 23.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty1 {
    n: usize,
}

impl Penalty1 {
    /// With `n` variables, 2 or more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 2, "at least 2")? })
    }

    /// (1, 2, ..., n).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| (j + 1) as f64)
    }

    fn value(&self, x: &[f64]) -> f64 {
        let distances: f64 = x.iter().map(|x| (x - 1.0) * (x - 1.0)).sum();
        let squares: f64 = x.iter().map(|x| x * x).sum();
        1e-5 * distances + (squares - 0.25).powi(2)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let squares: f64 = x.iter().map(|x| x * x).sum();
        for (g, x) in gradient.iter_mut().zip(x) {
            *g = 2e-5 * (x - 1.0) + 4.0 * (squares - 0.25) * x;
        }
        self.value(x)
    }

    fn dense_hessian(&self, x: &[f64]) -> Option<Matrix> {
        let squares: f64 = x.iter().map(|x| x * x).sum();
        let diagonal = 2e-5 + 4.0 * (squares - 0.25);
        let entry = |i, j| 8.0 * x[i] * x[j] + if i == j { diagonal } else { 0.0 };
        Some(DMatrix::from_fn(self.n, self.n, entry).into())
    }
}

problem!(Penalty1, dense_hessian);

impl From<Penalty1> for TestFunction {
    fn from(function: Penalty1) -> Self {
        // Of the paper (n = 4, 10) and of the file (n = 50, 100, 1000).
        let minima: [(usize, f64); 5] = [
            (4, 2.24997e-5),
            (10, 7.08765e-5),
            (50, 4.318163e-4),
            (100, 9.024910e-4),
            (1000, 9.686175e-3),
        ];
        let here = minima.iter().filter(|(n, _)| *n == function.n);
        Self {
            minima: here.map(|(_, minimum)| *minimum).collect(),
            ..super::published("PENALTY1", function.start(), None, function)
        }
    }
}

/// VARDIM of CUTEst: Σᵢ (xᵢ - 1)² + s² + s⁴ with s = Σᵢ i (xᵢ - 1).
///
/// n ≥ 1; start xᵢ = 1 - i/n; f = 0 at (1, ..., 1). Moré, Garbow, Hillstrom (1981) problem 25.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vardim {
    n: usize,
}

impl Vardim {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 1, "positive")? })
    }

    /// xᵢ = 1 - i/n.
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| 1.0 - (j + 1) as f64 / self.n as f64)
    }

    fn sum(x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(j, x)| (j + 1) as f64 * (x - 1.0)).sum()
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (s, distances) = (Self::sum(x), x.iter().map(|x| (x - 1.0) * (x - 1.0)).sum::<f64>());
        distances + s * s + s.powi(4)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let s = Self::sum(x);
        let slope = 2.0 * s + 4.0 * s.powi(3);
        for (j, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
            *g = 2.0 * (x - 1.0) + slope * (j + 1) as f64;
        }
        self.value(x)
    }

    fn dense_hessian(&self, x: &[f64]) -> Option<Matrix> {
        let curvature = 2.0 + 12.0 * Self::sum(x).powi(2);
        let entry = |i: usize, j: usize| {
            curvature * ((i + 1) * (j + 1)) as f64 + if i == j { 2.0 } else { 0.0 }
        };
        Some(DMatrix::from_fn(self.n, self.n, entry).into())
    }
}

problem!(Vardim, dense_hessian);

impl From<Vardim> for TestFunction {
    fn from(function: Vardim) -> Self {
        let minimizer = DVector::from_element(function.n, 1.0);
        super::published("VARDIM", function.start(), Some(minimizer), function)
    }
}
