//! Systems of n equations that couple all variables.

use super::{Residuals, sized, total};
use crate::{DVector, Error, Num, Real};

/// The trigonometric system.
///
/// rᵢ = n - Σⱼ cos xⱼ + i (1 - cos xᵢ) - sin xᵢ; n = m; start (1/n, ..., 1/n); f = 0 at the origin among others; a
/// local minimum 2.79506...·10⁻⁵ for n = 10. The other local minima listed for n = 10 are not in the paper; they were
/// found by Newton's method from random starts and have positive definite Hessians.
/// Moré, Garbow, Hillstrom (1981) problem 26.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trigonometric {
    n: usize,
}

impl Trigonometric {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for Trigonometric {
    const NAME: &'static str = "Trigonometric";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let common = self.n as f64 - x.iter().map(|xj| xj.cos()).sum::<Num<R>>();
        for (i, xi) in x.iter().enumerate() {
            out(common + (i + 1) as f64 * (1.0 - xi.cos()) - xi.sin());
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0 / self.n as f64)
    }
    fn minima(&self) -> Vec<f64> {
        if self.n == 10 {
            vec![
                0.0,
                4.47356581278511e-7,
                2.795056121877504e-5,
                4.218633887922421e-5,
                8.788225218217542e-4,
            ]
        } else {
            vec![0.0]
        }
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::zeros(self.n)]
    }
}

/// Brown's almost-linear system: n - 1 linear equations and one product.
///
/// rᵢ = xᵢ + Σⱼ xⱼ - (n + 1) for i < n, rₙ = Πⱼ xⱼ - 1; n = m; start (½, ..., ½); f = 0 at (α, ..., α, α¹⁻ⁿ) for
/// every solution of n αⁿ - (n + 1) αⁿ⁻¹ + 1 = 0, α = 1 among them, and f = 1 at (0, ..., 0, n + 1).
/// Moré, Garbow, Hillstrom (1981) problem 27.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrownAlmostLinear {
    n: usize,
}

impl BrownAlmostLinear {
    /// With `n` variables, 3 or more: for fewer, (0, ..., 0, n + 1) is not a minimum.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 3, "at least 3")? })
    }
}

impl Residuals for BrownAlmostLinear {
    const NAME: &'static str = "Brown almost-linear";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let common = total(x) - (self.n + 1) as f64;
        for &xi in &x[..self.n - 1] {
            out(xi + common);
        }
        out(x.iter().fold(Num::from(1.0), |product, &xj| product * xj) - 1.0);
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 0.5)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0, 1.0]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        let mut corner = DVector::zeros(self.n);
        corner[self.n - 1] = (self.n + 1) as f64;
        vec![DVector::from_element(self.n, 1.0), corner]
    }
}
