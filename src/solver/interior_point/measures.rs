//! How far a point is from a solution: of the problem as it was given, and of the barrier's.
//!
//! ```text
//! E(μ) = max { |∇φ − J'y| / s_d, |h|, |d z − μ| / s_c }
//! s_d = max(100, mean |y, z|) / 100,   s_c = max(100, mean z) / 100
//! ```
//!
//! Wächter & Biegler (2006), equations (5) and (6).

use nalgebra::DVector;

use super::frame::{Frame, Row, Scale};
use super::point::{Duals, Point};
use crate::solver::first_order_conditions::{
    FirstOrderConditions, complementarity, projected_norm,
};

/// Multipliers up to this size in the mean do not loosen the test.
const ORDINARY: f64 = 100.0;

/// Measures a point, and writes the multipliers y of the problem as it was given: those of the limits, where a
/// constraint has a slack. `lagrangian` is workspace for ∇f − J'y.
pub(super) fn conditions(
    (frame, scale): (&Frame, &Scale),
    at: &Point,
    duals: &Duals,
    multipliers: &mut DVector<f64>,
    lagrangian: &mut DVector<f64>,
) -> FirstOrderConditions {
    for (i, y) in multipliers.iter_mut().enumerate() {
        let slack = frame.n + i;
        let scaled = match frame.rows[i] {
            Row::Equal(_) => duals.y[i],
            Row::Within => duals.lower[slack] - duals.upper[slack],
            Row::Free => 0.0,
        };
        *y = scaled * scale.rows[i] / scale.cost;
    }
    lagrangian.copy_from(&at.gradient);
    if frame.m > 0 {
        lagrangian.gemv_tr(-1.0, &at.jacobian, multipliers, 1.0);
    }
    let residual = projected_norm(frame.bounds.as_ref(), &at.x, lagrangian);
    let limits = frame.limits.as_ref();
    FirstOrderConditions {
        residual,
        violation: limits.map_or(0.0, |limits| limits.violation(&at.values)),
        complementarity: limits
            .map_or(0.0, |limits| complementarity(limits, &at.values, multipliers)),
    }
}

/// Writes ∇L = (σ∇f − J'y, y) without the bounds' terms; n + m.
pub(super) fn lagrangian_slope(
    (frame, scale): (&Frame, &Scale),
    at: &Point,
    y: &DVector<f64>,
    slope: &mut DVector<f64>,
) {
    let n = frame.n;
    for j in 0..n {
        let column = at.jacobian.column(j);
        let force = column.iter().zip(y).zip(&scale.rows).map(|((a, y), row)| a * y * row);
        slope[j] =
            if frame.is_free[j] { scale.cost * at.gradient[j] - force.sum::<f64>() } else { 0.0 };
    }
    for i in 0..frame.m {
        slope[n + i] = if frame.rows[i] == Row::Within { y[i] } else { 0.0 };
    }
}

/// E(μ), where `slope` is ∇L.
pub(super) fn error(
    (frame, scale): (&Frame, &Scale),
    at: &Point,
    duals: &Duals,
    slope: &DVector<f64>,
    mu: f64,
) -> f64 {
    let (mut residual, mut products, mut sum_z, mut bounds) = (0.0_f64, 0.0_f64, 0.0, 0_usize);
    for (j, slope) in slope.iter().enumerate() {
        let (low, high) = (duals.lower[j], duals.upper[j]);
        residual = residual.max((slope - low + high).abs());
        let [to_low, to_high] = frame.distances(j, at.w[j]);
        for (z, distance) in [(low, to_low), (high, to_high)] {
            if distance.is_finite() {
                products = products.max((z * distance - mu).abs());
                sum_z += z;
                bounds += 1;
            }
        }
    }
    let mean = |sum: f64, count: usize| (sum / count.max(1) as f64).max(ORDINARY) / ORDINARY;
    let of_duals = mean(sum_z + duals.y.lp_norm(1), frame.m + bounds);
    let gaps = (0..frame.m).fold(0.0_f64, |most, i| most.max(frame.gap(scale, at, i).abs()));
    (residual / of_duals).max(gaps).max(products / mean(sum_z, bounds))
}
