//! The radius of the trust region.
//!
//! ```text
//! ρ < ¼    Δ ← t |s|,  t in [1/16, ½] from the parabola through f, g's and the trial's cost
//! ρ > ¾    Δ ← max(Δ, 2.5 |s|)
//! ```
//!
//! without a cap. The factor 2.5 doubles with every such step to the boundary in a row, so that a wrong unit of length is found
//! soon. N. Gould, D. Orban, A. Sartenaer, P. Toint, *Sensitivity of trust-region algorithms to their parameters*, 4OR 3
//! (2005) 227-241; C. Lin, J. Moré, *Newton's method for large bound-constrained optimization problems*, SIAM J. Optim. 9
//! (1999) 1100-1127, for the parabola.

use nalgebra::DVector;

use super::state::Proposal;

/// A step with a smaller ratio of actual to predicted reduction is not taken.
pub(super) const ACCEPTED: f64 = 1e-4;
/// A smaller ratio shrinks the region, a larger one lets it grow.
const POOR: f64 = 0.25;
const GOOD: f64 = 0.75;
/// The first factor of growth, by which it grows itself, and the largest.
pub(super) const GROWTH: f64 = 2.5;
const FASTER: f64 = 2.0;
const FASTEST: f64 = 1e6;
/// The share of |s| to which the region shrinks.
const SHRINKAGE: [f64; 2] = [1.0 / 16.0, 0.5];
/// The same where the cost or the gradient is not finite.
const OUTSIDE: f64 = 0.25;
/// Steps at least this share of the radius reach the boundary.
const BOUNDARY: f64 = 0.99;
/// The squares of no radius are needed; this one leaves room for its growth.
const LARGEST: f64 = 1e307;

/// The first radius, and that after a failure: max(1, |x|).
pub(super) fn first(x: &DVector<f64>) -> f64 {
    let largest = x.amax();
    let norm = if largest > 1e150 { largest } else { x.norm() };
    norm.max(1.0)
}

/// The radius and the next factor of growth after a trial with this reduction; NaN outside the domain.
pub(super) fn update(
    [radius, growth]: [f64; 2],
    Proposal { predicted, slope, length }: Proposal,
    reduction: f64,
) -> [f64; 2] {
    if !reduction.is_finite() {
        return [OUTSIDE * length, GROWTH];
    }
    let ratio = reduction / predicted;
    if ratio < POOR || ratio.is_nan() {
        let bend = -reduction - slope;
        let [least, most] = SHRINKAGE;
        let share = if bend > 0.0 { (-0.5 * slope / bend).clamp(least, most) } else { most };
        return [share * length, GROWTH];
    }
    if ratio <= GOOD {
        return [radius, GROWTH];
    }
    let next = if length >= BOUNDARY * radius { (FASTER * growth).min(FASTEST) } else { GROWTH };
    [radius.max(growth * length).min(LARGEST), next]
}
