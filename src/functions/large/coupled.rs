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

/// DIXMAANA of CUTEst: 1 + Σᵢ₌₁ⁿ xᵢ² + ⅛ Σᵢ₌₁²ᵐ xᵢ² xᵢ₊ₘ⁴ + ⅛ Σᵢ₌₁ᵐ xᵢ xᵢ₊₂ₘ with n = 3m.
///
/// Start (2, ..., 2), where f = 1 + 9.5 n; f = 1 at the origin. The Hessian has three entries in each column.
/// L. C. W. Dixon, Z. Maany, A family of test problems with sparse Hessians for unconstrained optimization,
/// Hatfield Polytechnic (1988).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DixmaanA {
    n: usize,
}

impl DixmaanA {
    /// With `n` variables, a multiple of 3.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0 && n.is_multiple_of(3), "a positive multiple of 3")? })
    }

    /// (2, ..., 2).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 2.0)
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::zeros(self.n))
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (a, rest) = x.split_at(self.n / 3);
        let (b, c) = rest.split_at(self.n / 3);
        let mut value = 1.0;
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let (a2, b2, c2) = (a * a, b * b, c * c);
            value += a2 + b2 + c2 + 0.125 * (a2 * b2 * b2 + b2 * c2 * c2 + a * c);
        }
        value
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let third = self.n / 3;
        let (a, rest) = x.split_at(third);
        let (b, c) = rest.split_at(third);
        let (ga, rest) = gradient.split_at_mut(third);
        let (gb, gc) = rest.split_at_mut(third);
        let mut value = 1.0;
        for (((a, b), c), ((ga, gb), gc)) in
            a.iter().zip(b).zip(c).zip(ga.iter_mut().zip(gb).zip(gc))
        {
            let (a2, b2, c2) = (a * a, b * b, c * c);
            *ga = 2.0 * a + 0.25 * a * b2 * b2 + 0.125 * c;
            *gb = 2.0 * b + 0.5 * a2 * b2 * b + 0.25 * b * c2 * c2;
            *gc = 2.0 * c + 0.5 * b2 * c2 * c + 0.125 * a;
            value += a2 + b2 + c2 + 0.125 * (a2 * b2 * b2 + b2 * c2 * c2 + a * c);
        }
        value
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let third = self.n / 3;
        let i = j % third;
        let (a, b, c) = (x[i], x[i + third], x[i + 2 * third]);
        let (a2, b2, c2) = (a * a, b * b, c * c);
        let (ab, bc) = (a * b * b2, b * c * c2);
        let column = match j / third {
            0 => [2.0 + 0.25 * b2 * b2, ab, 0.125],
            1 => [ab, 2.0 + 1.5 * a2 * b2 + 0.25 * c2 * c2, bc],
            _ => [0.125, bc, 2.0 + 1.5 * b2 * c2],
        };
        for (k, entry) in column.into_iter().enumerate() {
            push(i + k * third, entry);
        }
    }
}

large!(DixmaanA, "DIXMAANA");
