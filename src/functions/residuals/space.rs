//! Three and four variables.

use std::f64::consts::TAU;

use super::{Residuals, published};
use crate::{Num, Real};

/// Fletcher and Powell's helical valley.
///
/// r = (10 (x₃ - 10 θ), 10 (√(x₁² + x₂²) - 1), x₃), where 2πθ is the angle of (x₁, x₂) in (-π/2, 3π/2]; the cost
/// jumps across x₁ = 0, x₂ < 0 and has no derivative on the axis x₁ = x₂ = 0. n = m = 3; start (-1, 0, 0), where
/// f = 2500; f = 0 at (1, 0, 0).
/// Moré, Garbow, Hillstrom (1981) problem 7.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HelicalValley;

impl Residuals for HelicalValley {
    published!(
        "Helical valley", n = 3, m = 3, start: [-1.0, 0.0, 0.0], minima: [0.0],
        minimizers: [[1.0, 0.0, 0.0]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let theta = if x[0] > 0.0 {
            (x[1] / x[0]).atan() / TAU
        } else if x[0] < 0.0 {
            (x[1] / x[0]).atan() / TAU + 0.5
        } else {
            // The same angle through its cotangent, which is smooth where x₁ = 0.
            0.25f64.copysign(x[1].value()) - (x[0] / x[1]).atan() / TAU
        };
        out(10.0 * (x[2] - 10.0 * theta));
        out(10.0 * ((x[0] * x[0] + x[1] * x[1]).sqrt() - 1.0));
        out(x[2]);
    }
}

/// Powell's singular function: the Hessian at the minimiser has rank 2, and Newton's method converges linearly.
///
/// r = (x₁ + 10 x₂, √5 (x₃ - x₄), (x₂ - 2 x₃)², √10 (x₁ - x₄)²); n = m = 4; start (3, -1, 0, 1), where f = 215;
/// f = 0 at the origin.
/// Moré, Garbow, Hillstrom (1981) problem 13.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowellSingular;

impl Residuals for PowellSingular {
    published!(
        "Powell singular", n = 4, m = 4, start: [3.0, -1.0, 0.0, 1.0], minima: [0.0],
        minimizers: [[0.0; 4]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        powell_singular(x, out);
    }
}

/// The four residuals of one block of Powell's singular function.
pub(super) fn powell_singular<R: Real>(x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
    out(x[0] + 10.0 * x[1]);
    out(5f64.sqrt() * (x[2] - x[3]));
    out((x[1] - 2.0 * x[2]).powi(2));
    out(10f64.sqrt() * (x[0] - x[3]).powi(2));
}

/// Wood's function: two coupled Rosenbrock valleys with a saddle near the path, where f = 7.87...
///
/// r = (10 (x₂ - x₁²), 1 - x₁, √90 (x₄ - x₃²), 1 - x₃, √10 (x₂ + x₄ - 2), (x₂ - x₄)/√10); n = 4, m = 6; start
/// (-3, -1, -3, -1), where f = 19192; f = 0 at (1, 1, 1, 1).
/// Moré, Garbow, Hillstrom (1981) problem 14.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wood;

impl Residuals for Wood {
    published!(
        "Wood", n = 4, m = 6, start: [-3.0, -1.0, -3.0, -1.0], minima: [0.0],
        minimizers: [[1.0; 4]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        out(10.0 * (x[1] - x[0] * x[0]));
        out(1.0 - x[0]);
        out(90f64.sqrt() * (x[3] - x[2] * x[2]));
        out(1.0 - x[2]);
        out(10f64.sqrt() * (x[1] + x[3] - 2.0));
        out((x[1] - x[3]) / 10f64.sqrt());
    }
}
