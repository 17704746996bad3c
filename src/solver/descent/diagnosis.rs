//! Why no lower point was found along the steepest descent.
//!
//! With φ'(0) < 0 a smooth φ decreases on short steps, and past a minimum it rises with the square of the step. Where φ rises
//! in proportion to the step, on steps α and α/2, the slopes there tell why:
//!
//! ```text
//! σ = (φ(α) − φ(α/2)) / (α/2) > 0,   m = (φ'(α/2) + φ'(α)) / 2
//! m agrees with σ     the gradient is right there, and turns between x and there: a kink
//! m does not          the gradient is not that of the cost
//! ```

use super::ray::Ray;
use crate::line_search::Phi;

/// What a failed search along the steepest descent was about.
pub(super) enum Diagnosis {
    /// Nothing beyond rounding.
    Nothing,
    /// The cost rises at once, as the gradient beyond x says.
    Kink,
    /// The cost rises where the gradient says that it falls.
    Contradiction,
    /// There is a lower point after all.
    Lower { alpha: f64, value: f64 },
}

/// At most this share of the rise may be missing on half the step: a parabola's would be three quarters.
const PROPORTIONAL: f64 = 0.4;
/// Steps that promise less than this share of the rise went far out from where the slope is rounding: they say nothing.
const PROMISING: f64 = 1e-3;

/// Looks at two points of the ray after its search has failed.
pub(super) fn diagnose(ray: &mut Ray<'_, '_, '_>, slope: f64) -> Diagnosis {
    let alpha = ray.shortest_rise();
    if !alpha.is_finite() {
        return Diagnosis::Nothing;
    }
    let cost = ray.cost();
    let half = 0.5 * alpha;
    let (far_value, far_slope) = ray.value_and_slope(alpha);
    let (value, near_slope) = ray.value_and_slope(half);
    if value < cost {
        return Diagnosis::Lower { alpha: half, value };
    }
    let (rise, half_rise) = (far_value - cost, value - cost);
    let is_proportional = half_rise >= PROPORTIONAL * rise && half * -slope >= PROMISING * rise;
    let secant = (far_value - value) / half;
    let mean = 0.5 * (near_slope + far_slope);
    if !is_proportional || !(secant.is_finite() && mean.is_finite()) {
        Diagnosis::Nothing
    } else if mean >= 0.5 * secant {
        Diagnosis::Kink
    } else {
        Diagnosis::Contradiction
    }
}
