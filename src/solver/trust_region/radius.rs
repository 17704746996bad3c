//! The radius of the trust region.
//!
//! ```text
//! first    |g|³ / g'B g, the length of the Cauchy step, where g'B g > 0; else max(1, |x|)
//! ρ < 0.1  Δ ← t |s|,  t in [0.3, 0.6] from the parabola through f, g's and the trial's cost
//! ρ > 0.9  Δ ← max(Δ, 2 |s|)
//! ```
//!
//! without a cap. Where Δ = √(|g| / σ) stands for the weight σ of a cubic term, ρ > 0.9 doubles it whatever |s|. The
//! factor 2 doubles with every such step to the boundary in a row, so that a wrong unit of length is found soon.
//!
//! A. Sartenaer, *Automatic determination of an initial trust region in nonlinear programming*, SIAM J. Sci. Comput. 18
//! (1997) 1788-1803, for the first radius; N. Gould, D. Orban, A. Sartenaer, P. Toint, *Sensitivity of trust-region
//! algorithms to their parameters*, 4OR 3 (2005) 227-241; C. Lin, J. Moré, *Newton's method for large bound-constrained
//! optimization problems*, SIAM J. Optim. 9 (1999) 1100-1127, for the parabola.

use nalgebra::DVector;

use super::state::Proposal;

/// A step with a smaller ratio of actual to predicted reduction is not taken.
pub(super) const ACCEPTED: f64 = 1e-4;
/// A smaller ratio shrinks the region, a larger one lets it grow.
const POOR: f64 = 0.1;
const GOOD: f64 = 0.9;
/// The first factor of growth, by which it grows itself, and the largest.
pub(super) const GROWTH: f64 = 2.0;
const FASTER: f64 = 2.0;
const FASTEST: f64 = 1e6;
/// The share of |s| to which the region shrinks.
const SHRINKAGE: [f64; 2] = [0.3, 0.6];
/// The same where the cost or the gradient is not finite.
const OUTSIDE: f64 = 0.25;
/// Steps at least this share of the radius reach the boundary.
const BOUNDARY: f64 = 0.99;
/// Radii leave room for a power of two above them.
const LARGEST: f64 = 1e307;

/// A radius that is small compared with x, and not with 1 where x is; with a scale D compared with D x, and with D.
pub(super) fn typical(x: &DVector<f64>, scale: Option<&DVector<f64>>) -> f64 {
    let sizes = || x.iter().enumerate().map(|(i, x)| (x.abs(), scale.map_or(1.0, |d| d[i])));
    let largest = sizes().map(|(x, d)| d * x).fold(0.0, f64::max);
    let least = sizes().map(|(_, d)| d).fold(f64::INFINITY, f64::min);
    let norm = if largest > 1e150 {
        largest
    } else {
        sizes().map(|(x, d)| (d * x).powi(2)).sum::<f64>().sqrt()
    };
    norm.max(least).min(LARGEST)
}

/// A radius with room above it, and above 0, which is none yet.
pub(super) fn within_range(radius: f64) -> f64 {
    radius.clamp(f64::MIN_POSITIVE, LARGEST)
}

/// The first radius, from the length of the Cauchy step.
pub(super) fn first(cauchy: f64, typical: f64) -> f64 {
    if cauchy > 0.0 && cauchy < LARGEST { cauchy } else { typical }
}

/// The radius and the next factor of growth after a trial with this reduction; NaN outside the domain. A radius that is
/// a weight grows whatever the length of the step.
pub(super) fn update(
    [radius, growth]: [f64; 2],
    Proposal { predicted, slope, length }: Proposal,
    reduction: f64,
    is_weight: bool,
) -> [f64; 2] {
    // A step with a cubic term may be longer than the radius.
    let length = length.min(radius);
    if !reduction.is_finite() {
        return [OUTSIDE * length, GROWTH];
    }
    let ratio = reduction / predicted;
    if ratio < POOR || ratio.is_nan() {
        // The slopes of steps that are far too long may overflow.
        let slope = slope.max(f64::MIN);
        let bend = -reduction - slope;
        let [least, most] = SHRINKAGE;
        let share = if bend > 0.0 { (-0.5 * slope / bend).clamp(least, most) } else { most };
        return [share * length, GROWTH];
    }
    if ratio <= GOOD {
        return [radius, GROWTH];
    }
    let next = if length >= BOUNDARY * radius { (FASTER * growth).min(FASTEST) } else { GROWTH };
    let grown = if is_weight { growth * radius } else { radius.max(growth * length) };
    [grown, next]
}
