//! The minimum of a quadratic in a ball, or with a cubic term, by a few factorizations of B + λ I.
//!
//! ```text
//! (B + λ I) p = −g,  λ ≥ max(0, −λ₁);   ball |p| = ρ, or λ = 0 and |p| ≤ ρ;   cubic term |p| = c λ
//! ```
//!
//! λ comes from the equation 1/|p| = 1/ρ, or 1/|p| = 1/(c λ), with the first terms of Taylor's series for 1/|p|, two or
//! one, for which one more solution with the same factors suffices: with y = (B + λ I)⁻¹ p the derivatives of |p|² are
//! −2 p'y and 6 y'y. It is kept between bounds: those of Gershgorin for λ₁; a λ where |p| is too long is below the
//! solution, one where |p| is too short above it; and v'B v / v'v ≥ λ₁ for each v, from the pivot that is not positive
//! where a factorization fails, and from inverse iteration where |p| is too short. The latter vector also makes up the
//! length in the hard case.
//!
//! J. Moré, D. Sorensen, *Computing a trust region step*, SIAM J. Sci. Stat. Comput. 4 (1983) 553-572, algorithm 3.14
//! and (3.8) for the end in the hard case; A. Conn, N. Gould, P. Toint, *Trust-region methods* (2000), algorithms 7.3.4
//! and 7.3.6; N. Gould, D. Robinson, H. Thorne, *On solving trust-region and other regularised subproblems in
//! optimization*, Math. Prog. Comp. 2 (2010) 21-57, for the second derivative.

use serde::{Deserialize, Serialize};

use super::dogleg::to_boundary;
use crate::linalg::{axpy, dot};

/// The relative error of |p|.
const TOLERANCE: f64 = 1e-4;
/// The share of the decrease that may be lost in the hard case.
const HARD: f64 = 1e-4;
/// The most factorizations. Four suffice where B is positive definite, ten otherwise.
const FACTORIZATIONS: usize = 60;
/// Where a guess is outside the bounds, at least this far between them.
const BETWEEN: f64 = 0.01;
/// Inverse iterations with each factorization.
const INVERSE: usize = 3;

/// A symmetric matrix B that is factorized with shifts.
pub(super) trait Shifted {
    /// The least entry of the diagonal.
    fn least_diagonal(&self) -> f64;

    /// Bounds for the eigenvalues, from below and from above.
    fn bounds(&mut self) -> [f64; 2];

    /// Factorizes B + λ I; false when that is not positive definite.
    fn factorize(&mut self, lambda: f64) -> bool;

    /// x ← (B + λ I)⁻¹ x.
    fn solve(&self, x: &mut [f64]);

    /// p ← −(B + λ I)⁻¹ g.
    fn minimum(&self, gradient: &[f64], p: &mut [f64]) {
        for (p, g) in p.iter_mut().zip(gradient) {
            *p = -g;
        }
        self.solve(p);
    }

    /// After a factorization that failed, writes a unit vector v and returns v'(B + λ I) v ≤ 0, or 0 when it has none.
    fn failure(&self, v: &mut [f64]) -> f64;
}

/// What |p| must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// The radius ρ, at most.
    Ball(f64),
    /// c λ.
    Cubic(f64),
}

impl Length {
    fn at(self, lambda: f64) -> f64 {
        match self {
            Self::Ball(radius) => radius,
            Self::Cubic(c) => c * lambda,
        }
    }

    /// Bounds for λ, from those for the eigenvalues: |g| / (λ + λ_n) ≤ |p| ≤ |g| / (λ + λ₁).
    fn bounds(self, [least, most]: [f64; 2], norm: f64) -> [f64; 2] {
        let bound = |eigenvalue: f64| match self {
            Self::Ball(radius) => norm / radius - eigenvalue,
            // λ (λ + λ₁) = |g| / c.
            Self::Cubic(c) => positive_root(1.0, eigenvalue, norm / c),
        };
        [bound(most).max(0.0), bound(least).max(-least).max(0.0)]
    }
}

/// |p| at one λ, with two derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    pub lambda: f64,
    norm: f64,
    /// p'y and y'y, y = (B + λ I)⁻¹ p.
    slope: f64,
    bend: f64,
}

impl Sample {
    /// The next λ.
    pub fn next(&self, length: Length) -> f64 {
        let Self { lambda, norm, slope, bend } = *self;
        // 1/|p|, and its derivatives.
        let (value, squares) = (norm.recip(), norm * norm);
        let first = slope / squares / norm;
        match length {
            Length::Ball(radius) => {
                let second = 3.0 * (slope / squares * (slope / squares) - bend / squares) / norm;
                let value = value - radius.recip();
                let root = (first * first - 2.0 * second * value).max(0.0).sqrt();
                lambda - 2.0 * value / (first + root)
            }
            // 1/(c λ) as it is, and one term for 1/|p|.
            Length::Cubic(c) => positive_root(first, value - first * lambda, c.recip()),
        }
    }
}

/// The positive root of a x² + b x = c, for positive a and c.
fn positive_root(a: f64, b: f64, c: f64) -> f64 {
    let root = (b * b + 4.0 * a * c).sqrt();
    if b > 0.0 { 2.0 * c / (b + root) } else { 0.5 * (root - b) / a }
}

/// Work, n entries each.
pub(super) struct Work<'a> {
    pub y: &'a mut [f64],
    /// A unit vector, kept for the next call: where the curvature is low.
    pub z: &'a mut [f64],
}

/// Writes the minimum into p and returns −q(p); `last` is the sample of the last call, with true when B and g are the
/// same. NaN: there is none.
pub(super) fn minimise(
    b: &mut impl Shifted,
    gradient: &[f64],
    length: Length,
    last: &mut Option<(Sample, bool)>,
    p: &mut [f64],
    work: Work<'_>,
) -> f64 {
    let Work { y, z } = work;
    let size = dot(gradient, gradient).sqrt();
    let [mut lower, mut upper] = [0.0_f64.max(-b.least_diagonal()), f64::INFINITY];
    let (mut rounding, mut is_sharp) = (0.0, false);
    let is_ball = matches!(length, Length::Ball(_));
    let mut lambda = match *last {
        Some((sample, true)) => sample.next(length).max(sample.lambda),
        _ if lower == 0.0 => 0.0,
        _ => f64::NAN,
    };
    for trial in 0..=FACTORIZATIONS {
        if lambda != 0.0 {
            if upper == f64::INFINITY {
                let eigenvalues = b.bounds();
                let [least, most] = length.bounds(eigenvalues, size);
                lower = lower.max(least);
                upper = most.max(lower);
                rounding =
                    gradient.len() as f64 * f64::EPSILON * eigenvalues[1].max(-eigenvalues[0]);
                if lambda.is_nan() {
                    lambda = last.map_or(f64::NAN, |(sample, _)| sample.lambda);
                }
            }
            let is_last = trial == FACTORIZATIONS || upper - lower <= rounding;
            if is_last {
                lambda = upper + rounding;
            } else if !(lambda > lower && lambda < upper) {
                let least = lower + BETWEEN * (upper - lower);
                lambda = if is_sharp { least } else { (lower * upper).sqrt().max(least) };
            }
            if !lambda.is_finite() {
                return f64::NAN;
            }
        }
        let is_last = lambda != 0.0 && lambda >= upper;
        if !b.factorize(lambda) {
            (lower, is_sharp) = (lower.max(lambda), false);
            let defect = b.failure(y);
            if defect < 0.0 {
                lower = lower.max(lambda - defect);
                z.copy_from_slice(y);
            }
            if is_last {
                return f64::NAN;
            }
            lambda = f64::NAN;
            continue;
        }
        b.minimum(gradient, p);
        let norm = dot(p, p).sqrt();
        let goal = length.at(lambda);
        y.copy_from_slice(p);
        b.solve(y);
        let sample = Sample { lambda, norm, slope: dot(p, y), bend: dot(y, y) };
        *last = Some((sample, true));
        let energy = -dot(gradient, p);
        let decrease = 0.5 * (energy + lambda * norm * norm);
        let is_inside = is_ball && lambda == 0.0 && norm <= goal;
        if is_inside || (norm - goal).abs() <= TOLERANCE * goal {
            return decrease;
        }
        if norm > goal {
            if is_last {
                // Rounding: the same step, not as long.
                let share = goal / norm;
                p.iter_mut().for_each(|p| *p *= share);
                return energy * share * (1.0 - 0.5 * share) + 0.5 * lambda * goal * goal;
            }
            lower = lower.max(lambda);
        } else {
            upper = upper.min(lambda);
            // What the longer step may gain.
            let rest = lambda * (goal * goal - norm * norm);
            if is_ball && rest <= HARD * 2.0 * decrease {
                return decrease;
            }
            let curvature = inverse_iteration(b, [z, y]);
            let along = dot(p, z);
            let tau = to_boundary([norm * norm, along.abs(), 1.0], goal).copysign(along);
            let loss = tau * tau * curvature;
            if loss <= HARD * (energy + lambda * goal * goal) || is_last {
                if loss >= rest {
                    return decrease;
                }
                axpy(tau, z, p);
                return 0.5 * (energy + lambda * goal * goal - loss);
            }
            // Inverse iteration finds more than a pivot does.
            (lower, is_sharp) = (lower.max(lambda - curvature), true);
        }
        lambda = sample.next(length);
    }
    f64::NAN
}

/// Improves the unit vector z, and returns z'(B + λ I) z.
fn inverse_iteration(b: &impl Shifted, [z, y]: [&mut [f64]; 2]) -> f64 {
    let mut curvature = f64::NAN;
    for _ in 0..INVERSE {
        y.copy_from_slice(z);
        b.solve(y);
        let norm = dot(y, y).sqrt();
        curvature = dot(y, z) / norm / norm;
        for (z, y) in z.iter_mut().zip(&*y) {
            *z = y / norm;
        }
    }
    curvature
}
