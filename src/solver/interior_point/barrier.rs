//! The barrier of the bounds, and what keeps w and z inside them.
//!
//! ```text
//! φ(w) = σ f − μ Σ ln(w − l) − μ Σ ln(u − w) + κ μ Σ d,   d the distance from the only bound of a variable
//! Σ = z_l / (w − l) + z_u / (u − w)
//! α = max {α ≤ 1 : w + α d ≥ l + (1 − τ) (w − l), and the same at u}
//! ```
//!
//! Wächter & Biegler (2006), equations (3), (8), (15), (16) and section 3.7.

use nalgebra::DVector;

use super::frame::{Frame, Scale};
use super::point::{Duals, Point};

/// κ: the weight of the term that keeps a variable with one bound from going far away.
const DAMPING: f64 = 1e-5;
/// z stays within this factor of μ / d.
const NEAR: f64 = 1e10;

/// The bounds of w_j as the barrier sees them: [(distance, sign of its derivative); 2], and whether only one is finite.
fn sides(frame: &Frame, j: usize, w: f64) -> ([(f64, f64); 2], bool) {
    let [low, high] = frame.distances(j, w);
    ([(low, 1.0), (high, -1.0)], low.is_finite() != high.is_finite())
}

/// φ.
pub(super) fn value(frame: &Frame, scale: &Scale, at: &Point, mu: f64) -> f64 {
    let mut sum = 0.0;
    for (j, w) in at.w.iter().enumerate() {
        let (sides, is_single) = sides(frame, j, *w);
        for (distance, _) in sides.into_iter().filter(|(distance, _)| distance.is_finite()) {
            sum -= distance.ln();
            if is_single {
                sum += DAMPING * distance;
            }
        }
    }
    scale.cost * at.cost + mu * sum
}

/// ∂φ/∂w_j without that of the cost.
pub(super) fn slope(frame: &Frame, j: usize, w: f64, mu: f64) -> f64 {
    let (sides, is_single) = sides(frame, j, w);
    let of_bounds = sides.into_iter().filter(|(distance, _)| distance.is_finite());
    let damping = if is_single { DAMPING } else { 0.0 };
    of_bounds.map(|(distance, sign)| sign * mu * (damping - distance.recip())).sum()
}

/// Σ_j.
pub(super) fn curvature(frame: &Frame, j: usize, w: f64, z: &Duals) -> f64 {
    let [low, high] = frame.distances(j, w);
    z.lower[j] / low + z.upper[j] / high
}

/// The change of z with a change d of w_j: z + dz = μ / (w − l) − Σ d, and the same at u.
pub(super) fn dual_step(
    frame: &Frame,
    j: usize,
    (w, d): (f64, f64),
    z: &Duals,
    mu: f64,
) -> [f64; 2] {
    let [low, high] = frame.distances(j, w);
    let step = |distance: f64, z: f64, d: f64| match distance.is_finite() {
        true => (mu - z * d) / distance - z,
        false => 0.0,
    };
    [step(low, z.lower[j], d), step(high, z.upper[j], -d)]
}

/// The longest step along d that leaves the share 1 − τ of every distance.
pub(super) fn longest(frame: &Frame, w: &DVector<f64>, d: &DVector<f64>, tau: f64) -> f64 {
    let steps = w.iter().zip(d).enumerate().map(|(j, (w, d))| {
        let [low, high] = frame.distances(j, *w);
        let room = if *d < 0.0 { low } else { high };
        if *d == 0.0 { 1.0 } else { tau * room / d.abs() }
    });
    steps.fold(1.0, f64::min)
}

/// The longest step along dz that leaves the share 1 − τ of every z.
pub(super) fn longest_dual(z: &DVector<f64>, d: &DVector<f64>, tau: f64) -> f64 {
    let steps = z.iter().zip(d).map(|(z, d)| if *d < 0.0 { -tau * z / d } else { 1.0 });
    steps.fold(1.0, f64::min)
}

/// w ← w + α d, kept within the bounds where the sum is rounded; also writes x.
pub(super) fn advance(frame: &Frame, from: &Point, alpha: f64, d: &DVector<f64>, to: &mut Point) {
    for (j, to) in to.w.iter_mut().enumerate() {
        *to = (from.w[j] + alpha * d[j]).max(frame.lower[j]).min(frame.upper[j]);
    }
    to.x.copy_from(&to.w.rows(0, frame.n));
}

/// Brings z back to within a factor of 10¹⁰ of μ / d.
pub(super) fn reset(frame: &Frame, w: &DVector<f64>, z: &mut Duals, mu: f64) {
    for (j, w) in w.iter().enumerate() {
        let [low, high] = frame.distances(j, *w);
        for (z, distance) in [(&mut z.lower[j], low), (&mut z.upper[j], high)] {
            *z = match distance.is_finite() {
                true => z.max(mu / distance / NEAR).min(NEAR * mu / distance).min(f64::MAX),
                false => 0.0,
            };
        }
    }
}
