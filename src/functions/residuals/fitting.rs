//! Models fitted to data that a formula gives.

use super::{Residuals, published, sized};
use crate::{DVector, Error, Num, Real};

/// Jennrich and Sampson's two exponentials; the minimiser is far from a zero residual, and the cost grows
/// doubly exponentially beside it.
///
/// rᵢ = 2 + 2i - (exp(i x₁) + exp(i x₂)), i = 1, ..., 10; n = 2, m = 10; start (0.3, 0.4); minimum 124.362... at
/// x₁ = x₂ = 0.2578...
/// Moré, Garbow, Hillstrom (1981) problem 6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JennrichSampson;

impl Residuals for JennrichSampson {
    published!(
        "Jennrich-Sampson", n = 2, m = 10, start: [0.3, 0.4], minima: [124.36218235561483],
        minimizers: [[0.2578252136703641, 0.2578252136703641]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for i in (1..=10).map(f64::from) {
            out(2.0 + 2.0 * i - ((i * x[0]).exp() + (i * x[1]).exp()));
        }
    }
}

/// The Gulf research and development function, a Weibull law.
///
/// rᵢ = exp(-|yᵢ - x₂|^x₃/x₁) - tᵢ with tᵢ = i/100 and yᵢ = 25 + (-50 ln tᵢ)^(2/3); n = 3, m = 99; start
/// (5, 2.5, 0.15); f = 0 at (50, 25, 1.5). There are no derivatives where x₂ equals a yᵢ. The paper prints
/// |yᵢ m i x₂|, a misprint for |yᵢ - x₂|, which its Algorithm 566 computes.
/// Moré, Garbow, Hillstrom (1981) problem 11.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GulfResearch;

impl Residuals for GulfResearch {
    published!(
        "Gulf research and development", n = 3, m = 99, start: [5.0, 2.5, 0.15], minima: [0.0],
        minimizers: [[50.0, 25.0, 1.5]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for t in (1..=99).map(|i| f64::from(i) / 100.0) {
            let y = 25.0 + (-50.0 * t.ln()).powf(2.0 / 3.0);
            out((-(y - x[1]).abs().pow(x[2]) / x[0]).exp() - t);
        }
    }
}

/// Box's three-dimensional function.
///
/// rᵢ = exp(-tᵢ x₁) - exp(-tᵢ x₂) - x₃ (exp(-tᵢ) - exp(-10 tᵢ)) with tᵢ = i/10; n = 3, m = 10; start (0, 10, 20);
/// f = 0 at (1, 10, 1), at (10, 1, -1) and on the line x₁ = x₂, x₃ = 0.
/// Moré, Garbow, Hillstrom (1981) problem 12.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Box3d;

impl Residuals for Box3d {
    published!(
        "Box three-dimensional", n = 3, m = 10, start: [0.0, 10.0, 20.0], minima: [0.0],
        minimizers: [[1.0, 10.0, 1.0], [10.0, 1.0, -1.0]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for t in (1..=10).map(|i| f64::from(i) / 10.0) {
            let difference = (-t).exp() - (-10.0 * t).exp();
            out((-t * x[0]).exp() - (-t * x[1]).exp() - x[2] * difference);
        }
    }
}

/// Brown and Dennis' function.
///
/// rᵢ = (x₁ + tᵢ x₂ - exp tᵢ)² + (x₃ + x₄ sin tᵢ - cos tᵢ)² with tᵢ = i/5; n = 4, m = 20; start (25, 5, -5, -1),
/// where f = 7926693.336...; minimum 85822.2... at (-11.59..., 13.20..., -0.4034..., 0.2367...).
/// Moré, Garbow, Hillstrom (1981) problem 16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrownDennis;

impl Residuals for BrownDennis {
    published!(
        "Brown-Dennis", n = 4, m = 20, start: [25.0, 5.0, -5.0, -1.0], minima: [85822.20162635634],
        minimizers: [[
            -11.594439904762163, 13.203630051207202, -0.40343948817685954, 0.23677877445573622,
        ]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for t in (1..=20).map(|i| f64::from(i) / 5.0) {
            let (first, second) = (x[0] + t * x[1] - t.exp(), x[2] + t.sin() * x[3] - t.cos());
            out(first * first + second * second);
        }
    }
}

/// Biggs' function with six parameters: three exponentials.
///
/// rᵢ = x₃ exp(-tᵢ x₁) - x₄ exp(-tᵢ x₂) + x₆ exp(-tᵢ x₅) - yᵢ with tᵢ = i/10 and
/// yᵢ = exp(-tᵢ) - 5 exp(-10 tᵢ) + 3 exp(-4 tᵢ); n = 6, m = 13; start (1, 2, 1, 1, 1, 1); f = 0 at
/// (1, 10, 1, 5, 4, 3) and wherever two terms are exchanged, and a local minimum 5.65565...·10⁻³, where two rates
/// coincide: x₁ = x₅.
/// Moré, Garbow, Hillstrom (1981) problem 18.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiggsExp6;

impl Residuals for BiggsExp6 {
    published!(
        "Biggs EXP6", n = 6, m = 13, start: [1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
        minima: [0.0, 5.655649925499932e-3],
        minimizers: [
            [1.0, 10.0, 1.0, 5.0, 4.0, 3.0],
            [
                1.711415994719588, 17.683198180949038, 4.675228959516932, 5.186561551993442,
                1.711415994719588, -2.3489416376791463,
            ],
        ],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for t in (1..=13).map(|i| f64::from(i) / 10.0) {
            let y = (-t).exp() - 5.0 * (-10.0 * t).exp() + 3.0 * (-4.0 * t).exp();
            let term = |scale: usize, rate: usize| x[scale] * (-t * x[rate]).exp();
            out(term(2, 0) - term(3, 1) + term(5, 4) - y);
        }
    }
}

/// Watson's function: a polynomial for the solution of y' = 1 + y², y(0) = 0; very ill-conditioned for large n.
///
/// rᵢ = Σⱼ₌₂ⁿ (j - 1) xⱼ tᵢʲ⁻² - (Σⱼ₌₁ⁿ xⱼ tᵢʲ⁻¹)² - 1 with tᵢ = i/29, i = 1, ..., 29, r₃₀ = x₁,
/// r₃₁ = x₂ - x₁² - 1; 2 ≤ n ≤ 31, m = 31; start at the origin, where f = 30; minimum 2.28767...·10⁻³ for n = 6,
/// 1.39976...·10⁻⁶ for n = 9, 4.72238...·10⁻¹⁰ for n = 12.
/// Moré, Garbow, Hillstrom (1981) problem 20.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watson {
    n: usize,
}

impl Watson {
    /// With `n` variables, 2 to 31; 6, 9 and 12 are customary.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        Ok(Self { n: sized(n, (2..=31).contains(&n), "from 2 to 31")? })
    }
}

impl Residuals for Watson {
    const NAME: &'static str = "Watson";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        31
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for t in (1..=29).map(|i| f64::from(i) / 29.0) {
            // Horner's rule for the polynomial and its derivative together.
            let (mut value, mut slope) = (Num::from(0.0), Num::from(0.0));
            for &coefficient in x.iter().rev() {
                slope = t * slope + value;
                value = t * value + coefficient;
            }
            out(slope - value * value - 1.0);
        }
        out(x[0]);
        out(x[1] - x[0] * x[0] - 1.0);
    }
    fn start(&self) -> DVector<f64> {
        DVector::zeros(self.n)
    }
    fn minima(&self) -> Vec<f64> {
        match self.n {
            6 => vec![2.287670053552419e-3],
            9 => vec![1.3997601380977217e-6],
            12 => vec![4.722381103999874e-10],
            _ => Vec::new(),
        }
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        match self.n {
            6 => vec![DVector::from_row_slice(&[
                -0.015725086401458418,
                1.0124348693691099,
                -0.23299162595673725,
                1.2604300877996073,
                -1.5137289227222785,
                0.9929964324311341,
            ])],
            _ => Vec::new(),
        }
    }
}
