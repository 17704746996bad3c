//! Sums of terms in one, two or four separate variables.

use super::{large, sized};
use crate::{DVector, Error};

/// Σ term(block) over blocks of `B` numbers, in four partial sums, so that the loop can run in vector registers.
fn sum<const B: usize>(x: &[f64], term: impl Fn(&[f64; B]) -> f64) -> f64 {
    let (quads, rest) = x.as_chunks::<B>().0.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for quad in quads {
        for (sum, block) in sums.iter_mut().zip(quad) {
            *sum += term(block);
        }
    }
    let rest: f64 = rest.iter().map(term).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// As [`sum`], for a term that also writes its gradient into the block of `gradient`.
fn sum_and_gradient<const B: usize>(
    x: &[f64],
    gradient: &mut [f64],
    term: impl Fn(&[f64; B], &mut [f64; B]) -> f64,
) -> f64 {
    let (quads, rest) = x.as_chunks::<B>().0.as_chunks::<4>();
    let (quads_out, rest_out) = gradient.as_chunks_mut::<B>().0.as_chunks_mut::<4>();
    let mut sums = [0.0; 4];
    for (quad, out) in quads.iter().zip(quads_out) {
        for ((sum, block), out) in sums.iter_mut().zip(quad).zip(out) {
            *sum += term(block, out);
        }
    }
    let rest: f64 = rest.iter().zip(rest_out).map(|(block, out)| term(block, out)).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Rosenbrock's valley n/2 times: Σₖ 100 (x₂ₖ - x₂ₖ₋₁²)² + (1 - x₂ₖ₋₁)².
///
/// n even; start (-1.2, 1, -1.2, 1, ...), where f = 12.1 n; f = 0 at (1, ..., 1). The Hessian has 2 × 2 blocks.
/// Moré, Garbow, Hillstrom (1981) problem 21; SROSENBR of CUTEst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtendedRosenbrock {
    n: usize,
}

impl ExtendedRosenbrock {
    /// With `n` variables, even.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is odd or 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0 && n.is_multiple_of(2), "positive and even")? })
    }

    /// (-1.2, 1, -1.2, 1, ...).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| [-1.2, 1.0][j % 2])
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::from_element(self.n, 1.0))
    }

    fn value(&self, x: &[f64]) -> f64 {
        sum(x, |&[x, y]| {
            let (t, u) = (y - x * x, 1.0 - x);
            100.0 * t * t + u * u
        })
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        sum_and_gradient(x, gradient, |&[x, y], g| {
            let (t, u) = (y - x * x, 1.0 - x);
            *g = [-400.0 * t * x - 2.0 * u, 200.0 * t];
            100.0 * t * t + u * u
        })
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let first = j - j % 2;
        let off = -400.0 * x[first];
        if j == first {
            push(first, 1200.0 * x[first] * x[first] - 400.0 * x[first + 1] + 2.0);
            push(first + 1, off);
        } else {
            push(first, off);
            push(first + 1, 200.0);
        }
    }
}

large!(ExtendedRosenbrock, "Extended Rosenbrock");

/// Powell's singular function n/4 times: Σₖ (a + 10b)² + 5 (c - d)² + (b - 2c)⁴ + 10 (a - d)⁴ over blocks
/// (a, b, c, d).
///
/// n a multiple of 4; start (3, -1, 0, 1, ...), where f = 53.75 n; f = 0 at the origin, where the Hessian, in 4 × 4
/// blocks, has half the full rank.
/// Moré, Garbow, Hillstrom (1981) problem 22; POWELLSG of CUTEst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtendedPowell {
    n: usize,
}

impl ExtendedPowell {
    /// With `n` variables, a multiple of 4.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0 && n.is_multiple_of(4), "a positive multiple of 4")? })
    }

    /// (3, -1, 0, 1, 3, -1, 0, 1, ...).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| [3.0, -1.0, 0.0, 1.0][j % 4])
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::zeros(self.n))
    }

    fn value(&self, x: &[f64]) -> f64 {
        sum(x, |&[a, b, c, d]| {
            let (p, q, r, s) = (a + 10.0 * b, c - d, b - 2.0 * c, a - d);
            p * p + 5.0 * q * q + (r * r) * (r * r) + 10.0 * (s * s) * (s * s)
        })
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        sum_and_gradient(x, gradient, |&[a, b, c, d], g| {
            let (p, q, r, s) = (a + 10.0 * b, c - d, b - 2.0 * c, a - d);
            let (r3, s3) = (4.0 * r * r * r, 40.0 * s * s * s);
            *g = [2.0 * p + s3, 20.0 * p + r3, 10.0 * q - 2.0 * r3, -10.0 * q - s3];
            p * p + 5.0 * q * q + (r * r) * (r * r) + 10.0 * (s * s) * (s * s)
        })
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let first = j - j % 4;
        let (r, s) = (x[first + 1] - 2.0 * x[first + 2], x[first] - x[first + 3]);
        let (r2, s2) = (12.0 * r * r, 120.0 * s * s);
        let block = [
            [2.0 + s2, 20.0, 0.0, -s2],
            [20.0, 200.0 + r2, -2.0 * r2, 0.0],
            [0.0, -2.0 * r2, 10.0 + 4.0 * r2, -10.0],
            [-s2, 0.0, -10.0, 10.0 + s2],
        ];
        for (i, &entry) in block[j % 4].iter().enumerate() {
            push(first + i, entry);
        }
    }
}

large!(ExtendedPowell, "Extended Powell singular");

/// Σᵢ exp(xᵢ) - √i xᵢ, i from 1: convex, with a condition number of √n at the minimiser.
///
/// Start (1, ..., 1); the minimiser is xᵢ = ½ ln i, f = Σᵢ √i (1 - ½ ln i), which is -653.0786727331... for n = 100.
/// The Hessian is diagonal. The first driver of CG_DESCENT (Hager, Zhang, ACM TOMS 32 (2006) 113-137).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExponentialMinusLinear {
    n: usize,
}

impl ExponentialMinusLinear {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }

    /// (1, ..., 1).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0)
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::from_fn(self.n, |j, _| 0.5 * ((j + 1) as f64).ln()))
    }

    fn value(&self, x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(j, &x)| x.exp() - ((j + 1) as f64).sqrt() * x).sum()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        for (j, (&x, g)) in x.iter().zip(gradient).enumerate() {
            let (growth, weight) = (x.exp(), ((j + 1) as f64).sqrt());
            *g = growth - weight;
            value += growth - weight * x;
        }
        value
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        push(j, x[j].exp());
    }
}

large!(ExponentialMinusLinear, "Exponential minus linear");
