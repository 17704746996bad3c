//! How far a point is from a solution: of the problem as it was given, and of the barrier's.
//!
//! ```text
//! E(μ) = max { |∇φ − J'y| / s_d, |h|, |d z − μ| / s_c },   s_d = max(100, mean |y, z|) / 100,  s_c = max(100, mean z) / 100
//! ```
//!
//! Wächter & Biegler (2006), equations (5) and (6).

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, Row, Scale};
use super::point::{Duals, Point};
use crate::linalg::{is_finite, max_abs};

/// Multipliers up to this size in the mean do not loosen the test.
const ORDINARY: f64 = 100.0;

/// The first-order conditions of the problem as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Measures {
    /// The maximum norm of ∇f − J'y, projected within bounds.
    pub residual: f64,
    /// The largest violation of a limit.
    pub violation: f64,
    /// The largest |yᵢ| times the distance of cᵢ from the limit that the sign of yᵢ belongs to.
    pub complementarity: f64,
}

impl Measures {
    /// Measures a point, and writes the multipliers y of the problem as it was given: those of the limits, where a constraint
    /// has a slack. `slope` is workspace for ∇f − J'y.
    pub fn new(
        (frame, scale): (&Frame, &Scale),
        at: &Point,
        duals: &Duals,
        multipliers: &mut DVector<f64>,
        slope: &mut DVector<f64>,
    ) -> Self {
        for (i, y) in multipliers.iter_mut().enumerate() {
            let slack = frame.n + i;
            let scaled = match frame.rows[i] {
                Row::Equal(_) => duals.y[i],
                Row::Within => duals.lower[slack] - duals.upper[slack],
                Row::Free => 0.0,
            };
            *y = scaled * scale.rows[i] / scale.cost;
        }
        slope.copy_from(&at.gradient);
        if frame.m > 0 {
            slope.gemv_tr(-1.0, &at.jacobian, multipliers, 1.0);
        }
        let residual = match &frame.bounds {
            Some(bounds) => bounds.projected_norm(&at.x, slope),
            None if is_finite(slope.as_slice()) => max_abs(slope.as_slice()),
            None => f64::NAN,
        };
        let (mut violation, mut complementarity) = (0.0, 0.0_f64);
        if let Some(limits) = &frame.limits {
            violation = limits.violation(&at.values);
            let sides = limits.lower().iter().zip(limits.upper());
            for ((y, c), (lower, upper)) in multipliers.iter().zip(&at.values).zip(sides) {
                let distance = if *y > 0.0 { c - lower } else { upper - c };
                if *y != 0.0 {
                    complementarity = complementarity.max((y * distance).abs());
                }
            }
        }
        Self { residual, violation, complementarity }
    }

    pub fn largest(&self) -> f64 {
        self.residual.max(self.violation).max(self.complementarity)
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
