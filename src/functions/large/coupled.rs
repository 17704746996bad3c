//! Sums whose terms share variables.

use super::{large, sized};
use crate::{DVector, Error};

/// (xᵢ, xᵢ₊₁) for i = 1, ..., n - 1.
fn pairs(x: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    x.iter().copied().zip(x.iter().copied().skip(1))
}

/// Rosenbrock's valley chained: Σᵢ₌₁ⁿ⁻¹ 100 (xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)².
///
/// n ≥ 2; start (-1.2, 1, -1.2, 1, ...); f = 0 at (1, ..., 1). From n = 4 on there is a second minimum near
/// (-1, 1, ..., 1) with f near 4 (S. Kok, C. Sandrock, Evol. Comput. 17 (2009) 437-453). The Hessian is tridiagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChainedRosenbrock {
    n: usize,
}

impl ChainedRosenbrock {
    /// With `n` variables, 2 or more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 2, "at least 2")? })
    }

    /// (-1.2, 1, -1.2, 1, ...).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| [-1.2, 1.0][j % 2])
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::from_element(self.n, 1.0))
    }

    fn value(&self, x: &[f64]) -> f64 {
        pairs(x)
            .map(|(x, y)| {
                let (t, u) = (y - x * x, 1.0 - x);
                100.0 * t * t + u * u
            })
            .sum()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (mut value, mut carry) = (0.0, 0.0);
        for (i, (x, y)) in pairs(x).enumerate() {
            let (t, u) = (y - x * x, 1.0 - x);
            gradient[i] = carry - 400.0 * t * x - 2.0 * u;
            carry = 200.0 * t;
            value += 100.0 * t * t + u * u;
        }
        gradient[self.n - 1] = carry;
        value
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let mut diagonal = 0.0;
        if j > 0 {
            push(j - 1, -400.0 * x[j - 1]);
            diagonal += 200.0;
        }
        if j + 1 < self.n {
            diagonal += 1200.0 * x[j] * x[j] - 400.0 * x[j + 1] + 2.0;
        }
        push(j, diagonal);
        if j + 1 < self.n {
            push(j + 1, -400.0 * x[j]);
        }
    }
}

large!(ChainedRosenbrock, "Chained Rosenbrock");

/// ENGVAL1 of CUTEst: Σᵢ₌₁ⁿ⁻¹ (xᵢ² + xᵢ₊₁²)² - 4xᵢ + 3.
///
/// n ≥ 2; start (2, ..., 2), where f = 59 (n - 1); f = 0 at (1, 0) for n = 2. The Hessian is tridiagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engval1 {
    n: usize,
}

impl Engval1 {
    /// With `n` variables, 2 or more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 2, "at least 2")? })
    }

    /// (2, ..., 2).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 2.0)
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        (self.n == 2).then(|| DVector::from_row_slice(&[1.0, 0.0]))
    }

    fn value(&self, x: &[f64]) -> f64 {
        pairs(x).map(|(x, y)| (x * x + y * y).powi(2) - 4.0 * x + 3.0).sum()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (mut value, mut carry) = (0.0, 0.0);
        for (i, (x, y)) in pairs(x).enumerate() {
            let s = x * x + y * y;
            gradient[i] = carry + 4.0 * s * x - 4.0;
            carry = 4.0 * s * y;
            value += s * s - 4.0 * x + 3.0;
        }
        gradient[self.n - 1] = carry;
        value
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let square = x[j] * x[j];
        let mut diagonal = 0.0;
        if j > 0 {
            push(j - 1, 8.0 * x[j - 1] * x[j]);
            diagonal += 12.0 * square + 4.0 * x[j - 1] * x[j - 1];
        }
        if j + 1 < self.n {
            diagonal += 12.0 * square + 4.0 * x[j + 1] * x[j + 1];
        }
        push(j, diagonal);
        if j + 1 < self.n {
            push(j + 1, 8.0 * x[j] * x[j + 1]);
        }
    }
}

large!(Engval1, "ENGVAL1");

/// ARWHEAD of CUTEst: Σᵢ₌₁ⁿ⁻¹ (xᵢ² + xₙ²)² - 4xᵢ + 3, whose Hessian is an arrowhead.
///
/// n ≥ 2; start (1, ..., 1), where f = 3 (n - 1); f = 0 at (1, ..., 1, 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arwhead {
    n: usize,
}

impl Arwhead {
    /// With `n` variables, 2 or more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 2, "at least 2")? })
    }

    /// (1, ..., 1).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0)
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::from_fn(self.n, |j, _| if j + 1 < self.n { 1.0 } else { 0.0 }))
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (shaft, tip) = x.split_at(self.n - 1);
        let square = tip[0] * tip[0];
        shaft.iter().map(|x| (x * x + square).powi(2) - 4.0 * x + 3.0).sum()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (shaft, tip) = x.split_at(self.n - 1);
        let square = tip[0] * tip[0];
        let (mut value, mut radii) = (0.0, 0.0);
        for (x, g) in shaft.iter().zip(&mut *gradient) {
            let s = x * x + square;
            *g = 4.0 * s * x - 4.0;
            radii += s;
            value += s * s - 4.0 * x + 3.0;
        }
        gradient[self.n - 1] = 4.0 * radii * tip[0];
        value
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let (shaft, tip) = x.split_at(self.n - 1);
        let (last, tip) = (self.n - 1, tip[0]);
        if j < last {
            push(j, 12.0 * x[j] * x[j] + 4.0 * tip * tip);
            push(last, 8.0 * x[j] * tip);
        } else {
            let mut diagonal = 0.0;
            for (i, x) in shaft.iter().enumerate() {
                push(i, 8.0 * x * tip);
                diagonal += 4.0 * x * x + 12.0 * tip * tip;
            }
            push(last, diagonal);
        }
    }
}

large!(Arwhead, "ARWHEAD");
