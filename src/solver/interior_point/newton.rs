//! The primal-dual step: Newton's method on the first-order conditions of the barrier problem.
//!
//! ```text
//! ∇f − J'y − z_l + z_u = 0,   h = 0,   (w − l) z_l = μ,   (u − w) z_u = μ
//! μ ← max(μ_least, min(μ / 5, μ^1.5)) as long as E(μ) ≤ 10 μ,   τ = max(0.99, 1 − μ)
//! ```
//!
//! Wächter & Biegler (2006), equations (4), (7) to (13).

use nalgebra::DVector;

use super::barrier;
use super::kkt::Parts;
use super::measures::{error, lagrangian_slope};
use super::state::{InteriorPointState, Work};
use crate::Oracle;
use crate::linalg::is_finite;

/// κ_ε, κ_μ and θ_μ.
const SOLVED: f64 = 10.0;
const FACTOR: f64 = 0.2;
const POWER: f64 = 1.5;
/// The least μ.
pub(super) const LEAST_BARRIER: f64 = 1e-15;
/// The least τ.
const BOUNDARY: f64 = 0.99;
/// More often than this μ is not lowered at one point: from 1e20 to the least.
const BARRIERS: usize = 100;

/// What a step begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    pub mu: f64,
    pub tau: f64,
    /// E(μ).
    pub error: f64,
    /// E(0).
    pub distance: f64,
    /// δ.
    pub shift: f64,
}

/// The next μ below this one.
pub(super) fn lower(mu: f64) -> f64 {
    (FACTOR * mu).min(mu.powf(POWER)).max(LEAST_BARRIER)
}

/// Writes the step. `None` when the problem gives no finite numbers for it.
pub(super) fn propose(
    problem: &mut Oracle<'_>,
    state: &mut InteriorPointState,
) -> Option<Proposal> {
    let InteriorPointState { here, duals, scale, work, .. } = state;
    let Work { frame, kkt, hessian, curvature, step, sigma, y, slope, residual, gaps, .. } = work;
    let frame_and_scale = (&*frame, &*scale);
    lagrangian_slope(frame_and_scale, here, &duals.y, slope);
    let mut mu = state.mu;
    for _ in 0..BARRIERS {
        if mu <= LEAST_BARRIER || error(frame_and_scale, here, duals, slope, mu) > SOLVED * mu {
            break;
        }
        mu = lower(mu);
    }

    y.copy_from(&duals.y);
    y.component_mul_assign(&scale.rows);
    *y /= scale.cost;
    problem.lagrangian_hessian(&here.x, y, (here.cost, &here.gradient), hessian, curvature);
    *hessian *= scale.cost;
    for (j, w) in here.w.iter().enumerate() {
        sigma[j] = barrier::curvature(frame, j, *w, duals);
        residual[j] = slope[j] + barrier::slope(frame, j, *w, mu);
    }
    for i in 0..frame.m {
        gaps[i] = frame.gap(scale, here, i);
    }
    let parts = Parts {
        frame,
        scale,
        at: here,
        hessian: Some(&*hessian).filter(|hessian| is_finite(hessian.as_slice())),
        sigma,
        held: &|j| !frame.is_free[j],
        counts: &|_| true,
    };
    let shift = kkt.factorize(&parts, state.shift, mu)?;
    if !kkt.solve(&parts, (residual, gaps), &mut step.w, &mut step.y) {
        return None;
    }
    for (j, (w, d)) in here.w.iter().zip(&step.w).enumerate() {
        [step.lower[j], step.upper[j]] = barrier::dual_step(frame, j, (*w, *d), duals, mu);
    }
    Some(Proposal {
        mu,
        tau: BOUNDARY.max(1.0 - mu),
        error: error(frame_and_scale, here, duals, slope, mu),
        distance: error(frame_and_scale, here, duals, slope, 0.0),
        shift,
    })
}

/// Writes the step to where the constraints with values h + `gaps` vanish, from the factors of the last proposal.
pub(super) fn correct(state: &mut InteriorPointState, mu: f64, gaps: &DVector<f64>) -> bool {
    let InteriorPointState { here, duals, scale, work, .. } = state;
    let Work { frame, kkt, corrected, sigma, residual, .. } = work;
    let parts = Parts {
        frame,
        scale,
        at: here,
        hessian: None,
        sigma,
        held: &|j| !frame.is_free[j],
        counts: &|_| true,
    };
    if !kkt.solve(&parts, (residual, gaps), &mut corrected.w, &mut corrected.y) {
        return false;
    }
    for (j, (w, d)) in here.w.iter().zip(&corrected.w).enumerate() {
        [corrected.lower[j], corrected.upper[j]] =
            barrier::dual_step(frame, j, (*w, *d), duals, mu);
    }
    true
}
