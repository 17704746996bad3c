//! Two variables.

use super::{Residuals, published};
use crate::{Num, Real};

/// Rosenbrock's curved valley.
///
/// r = (10 (x₂ - x₁²), 1 - x₁); n = m = 2; start (-1.2, 1), where f = 24.2; f = 0 at (1, 1).
/// Moré, Garbow, Hillstrom (1981) problem 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rosenbrock;

impl Residuals for Rosenbrock {
    published!(
        "Rosenbrock", n = 2, m = 2, start: [-1.2, 1.0], minima: [0.0], minimizers: [[1.0, 1.0]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(10.0 * (x[1] - x[0] * x[0]));
        out(1.0 - x[0]);
    }
}

/// Freudenstein and Roth's two cubics.
///
/// r = (-13 + x₁ + ((5 - x₂) x₂ - 2) x₂, -29 + x₁ + ((x₂ + 1) x₂ - 14) x₂); n = m = 2; start (0.5, -2), where
/// f = 400.5; f = 0 at (5, 4) and a local minimum 48.9842... at (11.41..., -0.8968...).
/// Moré, Garbow, Hillstrom (1981) problem 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreudensteinRoth;

impl Residuals for FreudensteinRoth {
    published!(
        "Freudenstein-Roth", n = 2, m = 2, start: [0.5, -2.0], minima: [0.0, 48.98425367924003],
        minimizers: [[5.0, 4.0], [11.412778986902094, -0.8968052532744766]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1]);
        out(-29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]);
    }
}

/// Powell's badly scaled function: the coordinates of the minimiser differ by a factor of 10⁶.
///
/// r = (10⁴ x₁ x₂ - 1, exp(-x₁) + exp(-x₂) - 1.0001); n = m = 2; start (0, 1); f = 0 at
/// (1.098...·10⁻⁵, 9.106...) and at its mirror image.
/// Moré, Garbow, Hillstrom (1981) problem 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowellBadlyScaled;

impl Residuals for PowellBadlyScaled {
    published!(
        "Powell badly scaled", n = 2, m = 2, start: [0.0, 1.0], minima: [0.0],
        minimizers: [[1.0981593296998204e-5, 9.1061467398665]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(1e4 * x[0] * x[1] - 1.0);
        out((-x[0]).exp() + (-x[1]).exp() - 1.0001);
    }
}

/// Brown's badly scaled function: the coordinates of the minimiser differ by a factor of 5·10¹¹.
///
/// r = (x₁ - 10⁶, x₂ - 2·10⁻⁶, x₁ x₂ - 2); n = 2, m = 3; start (1, 1); f = 0 at (10⁶, 2·10⁻⁶).
/// Moré, Garbow, Hillstrom (1981) problem 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrownBadlyScaled;

impl Residuals for BrownBadlyScaled {
    published!(
        "Brown badly scaled", n = 2, m = 3, start: [1.0, 1.0], minima: [0.0],
        minimizers: [[1e6, 2e-6]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(x[0] - 1e6);
        out(x[1] - 2e-6);
        out(x[0] * x[1] - 2.0);
    }
}

/// Beale's function: a narrow valley, and a cost that decreases towards 0.45... for x₂ near 1 far to the left.
///
/// rᵢ = yᵢ - x₁ (1 - x₂ⁱ) with y = (1.5, 2.25, 2.625); n = 2, m = 3; start (1, 1), where f = 14.203125; f = 0 at
/// (3, 0.5).
/// Moré, Garbow, Hillstrom (1981) problem 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beale;

impl Residuals for Beale {
    published!("Beale", n = 2, m = 3, start: [1.0, 1.0], minima: [0.0], minimizers: [[3.0, 0.5]]);

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (1..).zip([1.5, 2.25, 2.625]) {
            out(y - x[0] * (1.0 - x[1].powi(i)));
        }
    }
}
