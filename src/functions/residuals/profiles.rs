//! Any number of variables, with residuals that involve all of them.

use super::{Residuals, sized};
use crate::{DVector, Error, Num, Real};

/// The weight a of both penalty functions.
const WEIGHT: f64 = 1e-5;

/// Penalty function I: a weak pull to (1, ..., 1) against a sphere of radius ½.
///
/// rᵢ = √a (xᵢ - 1), i = 1, ..., n, rₙ₊₁ = Σⱼ xⱼ² - ¼ with a = 10⁻⁵; m = n + 1; start (1, 2, ..., n); minimum
/// 2.24997...·10⁻⁵ for n = 4, 7.08765...·10⁻⁵ for n = 10.
/// Moré, Garbow, Hillstrom (1981) problem 23.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PenaltyOne {
    n: usize,
}

impl PenaltyOne {
    /// With `n` variables, 2 or more: only then is there one minimum.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n >= 2, "at least 2")? })
    }

    /// The coordinate t > 0 that all coordinates of the minimiser share, 2n t³ + (a - ½) t = a.
    fn coordinate(&self) -> f64 {
        let n = self.n as f64;
        // Newton's method from above the largest root of a function that is convex there: monotone.
        let mut t = 1.0;
        loop {
            let value = (2.0 * n * t * t + (WEIGHT - 0.5)) * t - WEIGHT;
            let next = t - value / (6.0 * n * t * t + (WEIGHT - 0.5));
            if next >= t {
                return t;
            }
            t = next;
        }
    }
}

impl Residuals for PenaltyOne {
    const NAME: &'static str = "Penalty I";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n + 1
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for &xi in x {
            out(WEIGHT.sqrt() * (xi - 1.0));
        }
        out(x.iter().map(|&xj| xj * xj).sum::<Num<R>>() - 0.25);
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| (j + 1) as f64)
    }
    fn minima(&self) -> Vec<f64> {
        let (n, t) = (self.n as f64, self.coordinate());
        vec![WEIGHT * n * (t - 1.0).powi(2) + (n * t * t - 0.25).powi(2)]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::from_element(self.n, self.coordinate())]
    }
}

/// Penalty function II: a weak pull to an exponential profile against a weighted sphere.
///
/// With a = 10⁻⁵ and yᵢ = exp(i/10) + exp((i - 1)/10): r₁ = x₁ - 0.2; rᵢ = √a (exp(xᵢ/10) + exp(xᵢ₋₁/10) - yᵢ),
/// 2 ≤ i ≤ n; rᵢ = √a (exp(xᵢ₋ₙ₊₁/10) - exp(-1/10)), n < i < 2n; r₂ₙ = Σⱼ (n - j + 1) xⱼ² - 1. m = 2n;
/// start (½, ..., ½); minimum 9.37629...·10⁻⁶ for n = 4, 2.93660...·10⁻⁴ for n = 10.
/// Moré, Garbow, Hillstrom (1981) problem 24.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PenaltyTwo {
    n: usize,
}

impl PenaltyTwo {
    /// With `n` variables; 4 and 10 are customary.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for PenaltyTwo {
    const NAME: &'static str = "Penalty II";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        2 * self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(x[0] - 0.2);
        for (i, pair) in (2..).zip(x.windows(2)) {
            let y = (i as f64 / 10.0).exp() + ((i - 1) as f64 / 10.0).exp();
            out(WEIGHT.sqrt() * ((pair[1] / 10.0).exp() + (pair[0] / 10.0).exp() - y));
        }
        for &xi in &x[1..] {
            out(WEIGHT.sqrt() * ((xi / 10.0).exp() - (-0.1f64).exp()));
        }
        let weighted = x.iter().enumerate().map(|(j, &xj)| (self.n - j) as f64 * (xj * xj));
        out(weighted.sum::<Num<R>>() - 1.0);
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 0.5)
    }
    fn minima(&self) -> Vec<f64> {
        match self.n {
            4 => vec![9.37629300735544e-6],
            10 => vec![2.93660537456746e-4],
            _ => Vec::new(),
        }
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        match self.n {
            4 => vec![DVector::from_row_slice(&[
                0.1999993333503804,
                0.1913167009927725,
                0.48010148533262326,
                0.5188454043902003,
            ])],
            _ => Vec::new(),
        }
    }
}

/// The variably dimensioned function: a sphere with one direction of fourth order, steeper as n grows.
///
/// rᵢ = xᵢ - 1, i = 1, ..., n, rₙ₊₁ = Σⱼ j (xⱼ - 1), rₙ₊₂ = rₙ₊₁²; m = n + 2; start xⱼ = 1 - j/n; f = 0 at (1, ..., 1).
/// Moré, Garbow, Hillstrom (1981) problem 25.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariablyDimensioned {
    n: usize,
}

impl VariablyDimensioned {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for VariablyDimensioned {
    const NAME: &'static str = "Variably dimensioned";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n + 2
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let mut moment = Num::from(0.0);
        for (j, &xj) in x.iter().enumerate() {
            moment += (j + 1) as f64 * (xj - 1.0);
            out(xj - 1.0);
        }
        out(moment);
        out(moment * moment);
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| 1.0 - (j + 1) as f64 / self.n as f64)
    }
    fn minima(&self) -> Vec<f64> {
        vec![0.0]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::from_element(self.n, 1.0)]
    }
}

/// Chebyquad: abscissas of Chebyshev's quadrature with equal weights.
///
/// rᵢ = (1/n) Σⱼ Tᵢ(xⱼ) - ∫₀¹ Tᵢ(x) dx with the Chebyshev polynomials Tᵢ of [0, 1], whose integrals are 0 for odd i
/// and -1/(i² - 1) for even i; m = n; start xⱼ = j/(n + 1); f = 0 for n ≤ 7 and n = 9; minimum 3.51687...·10⁻³ for
/// n = 8, 6.50395...·10⁻³ for n = 10. The two others listed for n = 10, one of them lower, are not in the paper; they
/// were found by Newton's method from random starts and have positive definite Hessians. The only formula here that
/// allocates: 2n numbers in each evaluation.
/// Moré, Garbow, Hillstrom (1981) problem 35.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chebyquad {
    n: usize,
}

impl Chebyquad {
    /// With `n` variables.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `n` is 0.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, n > 0, "positive")? })
    }
}

impl Residuals for Chebyquad {
    const NAME: &'static str = "Chebyquad";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.n
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        // (Tᵢ₋₁, Tᵢ) at every abscissa, by Tᵢ₊₁ = 2 (2x - 1) Tᵢ - Tᵢ₋₁.
        let mut polynomials: Vec<_> =
            x.iter().map(|&xj| (Num::from(1.0), 2.0 * xj - 1.0)).collect();
        for i in 1..=self.n {
            let mean = polynomials.iter().map(|&(_, t)| t).sum::<Num<R>>() / self.n as f64;
            let integral = if i % 2 == 0 { -1.0 / ((i * i) as f64 - 1.0) } else { 0.0 };
            out(mean - integral);
            for ((before, t), &xj) in polynomials.iter_mut().zip(x) {
                (*before, *t) = (*t, 2.0 * (2.0 * xj - 1.0) * *t - *before);
            }
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| (j + 1) as f64 / (self.n + 1) as f64)
    }
    fn minima(&self) -> Vec<f64> {
        match self.n {
            1..=7 | 9 => vec![0.0],
            8 => vec![3.5168737256779303e-3],
            10 => vec![4.772713696375346e-3, 6.503954800882299e-3, 9.500628850221666e-3],
            _ => Vec::new(),
        }
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        match self.n {
            8 => vec![DVector::from_row_slice(&[
                0.043152760151016656,
                0.19309084038418614,
                0.26632870689027294,
                0.5,
                0.5,
                0.7336712931097271,
                0.8069091596158139,
                0.9568472398489833,
            ])],
            _ => Vec::new(),
        }
    }
}
