//! Multipliers that explain a gradient best.
//!
//! ```text
//! min |g − Σ yₖ aₖ|,   yₖ ≥ 0 at lower limits, yₖ ≤ 0 at upper limits
//! ```
//!
//! C. Lawson, R. Hanson, *Solving least squares problems* (1974), algorithm NNLS (23.10).

use nalgebra::DVector;

use super::limits::Limit;
use super::place::Place;
use super::tangent::Tangent;

/// Non-negative least squares: a multiplier for each limit; 0 for those that are not needed.
pub(super) fn non_negative(place: &Place, gradient: &DVector<f64>, limits: &[Limit]) -> Vec<f64> {
    let rows: Vec<_> = limits.iter().map(|limit| place.row(*limit)).collect();
    let mut chosen: Vec<bool> = limits.iter().map(|limit| limit.is_equality()).collect();
    let mut y = vec![0.0; limits.len()];
    let tolerance = 16.0 * place.x.len() as f64 * f64::EPSILON * gradient.norm();
    let solve = |chosen: &[bool]| {
        let members: Vec<usize> = (0..limits.len()).filter(|&k| chosen[k]).collect();
        let set: Vec<Limit> = members.iter().map(|&k| limits[k]).collect();
        let found = Tangent::of(place, &set).multipliers(gradient);
        let mut y = vec![0.0; limits.len()];
        for (k, value) in members.into_iter().zip(found) {
            y[k] = value;
        }
        y
    };
    let is_allowed = |k: usize, y: f64| limits[k].is_equality() || limits[k].inwards() * y > 0.0;
    if chosen.contains(&true) {
        y = solve(&chosen);
    }
    for _ in 0..3 * limits.len() {
        let mut residual = gradient.clone();
        for (row, y) in rows.iter().zip(&y) {
            residual.axpy(-y, row, 1.0);
        }
        // The limit along which the rest of the gradient points most.
        let gain = |k: usize| limits[k].inwards() * rows[k].dot(&residual) / rows[k].norm();
        let candidates = (0..limits.len()).filter(|&k| !chosen[k] && gain(k) > tolerance);
        let Some(best) = candidates.max_by(|&a, &b| gain(a).total_cmp(&gain(b))) else { break };
        chosen[best] = true;
        for _ in 0..=limits.len() {
            let wanted = solve(&chosen);
            // As far towards the solution as the signs allow.
            let blocked = |k: &usize| chosen[*k] && !is_allowed(*k, wanted[*k]);
            let share = |k: usize| y[k] / (y[k] - wanted[k]);
            let Some(first) =
                (0..limits.len()).filter(blocked).min_by(|&a, &b| share(a).total_cmp(&share(b)))
            else {
                y = wanted;
                break;
            };
            let share = share(first);
            let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
            for (y, wanted) in y.iter_mut().zip(&wanted) {
                *y += share * (wanted - *y);
            }
            (chosen[first], y[first]) = (false, 0.0);
        }
    }
    y
}
