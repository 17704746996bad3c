//! Any number of variables, each coupled with its neighbours or, through an integral, with all.

use super::space::powell_singular;
use super::{Residuals, sized};
use crate::{DVector, Error, Num, Real};

/// Rosenbrock's valley n/2 times, uncoupled.
///
/// r₂ₖ₋₁ = 10 (x₂ₖ - x₂ₖ₋₁²), r₂ₖ = 1 - x₂ₖ₋₁; n = m, even; start (-1.2, 1, -1.2, 1, ...), where f = 12.1 n; f = 0 at
/// (1, ..., 1). [`functions::ExtendedRosenbrock`](crate::functions::ExtendedRosenbrock) is the same function with a
/// gradient in O(n).
/// Moré, Garbow, Hillstrom (1981) problem 21.
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
}

impl Residuals for ExtendedRosenbrock {
    const NAME: &'static str = "Extended Rosenbrock";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for pair in x.chunks_exact(2) {
            out(10.0 * (pair[1] - pair[0] * pair[0]));
            out(1.0 - pair[0]);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| [-1.2, 1.0][j % 2])
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::from_element(self.n, 1.0)]
    }
}

/// Powell's singular function n/4 times, uncoupled.
///
/// The residuals of [`PowellSingular`](super::PowellSingular) for each four variables; n = m, a multiple of 4; start
/// (3, -1, 0, 1, 3, -1, 0, 1, ...), where f = 53.75 n; f = 0 at the origin.
/// [`functions::ExtendedPowell`](crate::functions::ExtendedPowell) is the same function with a gradient in O(n).
/// Moré, Garbow, Hillstrom (1981) problem 22.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtendedPowellSingular {
    n: usize,
}

impl ExtendedPowellSingular {
    /// With `n` variables, a multiple of 4.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0 && n.is_multiple_of(4), "a positive multiple of 4")? })
    }
}

impl Residuals for ExtendedPowellSingular {
    const NAME: &'static str = "Extended Powell singular";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for block in x.chunks_exact(4) {
            powell_singular(block, out);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| [3.0, -1.0, 0.0, 1.0][j % 4])
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::zeros(self.n)]
    }
}

/// The start tⱼ (tⱼ - 1), tⱼ = j/(n + 1), of both discretised equations.
fn parabola(n: usize) -> DVector<f64> {
    DVector::from_fn(n, |j, _| {
        let t = grid(n, j);
        t * (t - 1.0)
    })
}

/// The inner grid point tⱼ = j/(n + 1) of [0, 1], `j` from 0.
fn grid(n: usize, j: usize) -> f64 {
    (j + 1) as f64 / (n + 1) as f64
}

/// A discretised boundary value problem, 2 u'' = (u + t + 1)³ with u(0) = u(1) = 0.
///
/// rᵢ = 2xᵢ - xᵢ₋₁ - xᵢ₊₁ + h² (xᵢ + tᵢ + 1)³/2 with h = 1/(n + 1), tᵢ = i h, x₀ = xₙ₊₁ = 0; n = m; start
/// xⱼ = tⱼ (tⱼ - 1); f = 0.
/// Moré, Garbow, Hillstrom (1981) problem 28.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscreteBoundaryValue {
    n: usize,
}

impl DiscreteBoundaryValue {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for DiscreteBoundaryValue {
    const NAME: &'static str = "Discrete boundary value";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let h = 1.0 / (self.n + 1) as f64;
        for i in 0..self.n {
            let source = 0.5 * h * h * (x[i] + (grid(self.n, i) + 1.0)).powi(3);
            let mut r = 2.0 * x[i] + source;
            if i > 0 {
                r -= x[i - 1];
            }
            if i + 1 < self.n {
                r -= x[i + 1];
            }
            out(r);
        }
    }
    fn start(&self) -> DVector<f64> {
        parabola(self.n)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// A discretised integral equation, the boundary value problem through its Green's function.
///
/// rᵢ = xᵢ + h/2 ((1 - tᵢ) Σⱼ≤ᵢ tⱼ cⱼ + tᵢ Σⱼ>ᵢ (1 - tⱼ) cⱼ) with cⱼ = (xⱼ + tⱼ + 1)³, h = 1/(n + 1), tᵢ = i h; n = m;
/// start xⱼ = tⱼ (tⱼ - 1); f = 0.
/// Moré, Garbow, Hillstrom (1981) problem 29.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscreteIntegralEquation {
    n: usize,
}

impl DiscreteIntegralEquation {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for DiscreteIntegralEquation {
    const NAME: &'static str = "Discrete integral equation";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let t = |j| grid(self.n, j);
        let cube = |j: usize| (x[j] + (t(j) + 1.0)).powi(3);
        // O(n²) as written, like the dense Jacobian; running sums would cancel.
        for (i, &xi) in x.iter().enumerate() {
            let before: Num<R> = (0..=i).map(|j| t(j) * cube(j)).sum();
            let after: Num<R> = (i + 1..self.n).map(|j| (1.0 - t(j)) * cube(j)).sum();
            let h = 1.0 / (self.n + 1) as f64;
            out(xi + 0.5 * h * ((1.0 - t(i)) * before + t(i) * after));
        }
    }
    fn start(&self) -> DVector<f64> {
        parabola(self.n)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// Broyden's tridiagonal system.
///
/// rᵢ = (3 - 2xᵢ) xᵢ - xᵢ₋₁ - 2xᵢ₊₁ + 1 with x₀ = xₙ₊₁ = 0; n = m; start (-1, ..., -1); f = 0.
/// Moré, Garbow, Hillstrom (1981) problem 30.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BroydenTridiagonal {
    n: usize,
}

impl BroydenTridiagonal {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for BroydenTridiagonal {
    const NAME: &'static str = "Broyden tridiagonal";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for i in 0..self.n {
            let mut r = (3.0 - 2.0 * x[i]) * x[i] + 1.0;
            if i > 0 {
                r -= x[i - 1];
            }
            if i + 1 < self.n {
                r -= 2.0 * x[i + 1];
            }
            out(r);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, -1.0)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// Broyden's banded system: five neighbours before, one after.
///
/// rᵢ = xᵢ (2 + 5xᵢ²) + 1 - Σⱼ xⱼ (1 + xⱼ) over j ≠ i, i - 5 ≤ j ≤ i + 1, 1 ≤ j ≤ n; n = m; start (-1, ..., -1); f = 0.
/// Moré, Garbow, Hillstrom (1981) problem 31.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BroydenBanded {
    n: usize,
}

impl BroydenBanded {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for BroydenBanded {
    const NAME: &'static str = "Broyden banded";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, &xi) in x.iter().enumerate() {
            let band = i.saturating_sub(5)..(i + 2).min(self.n);
            let others: Num<R> = band.filter(|&j| j != i).map(|j| x[j] * (1.0 + x[j])).sum();
            out(xi * (2.0 + 5.0 * xi * xi) + 1.0 - others);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, -1.0)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
}
