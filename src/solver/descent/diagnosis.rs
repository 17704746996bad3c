//! Why no lower point was found along the steepest descent.
//!
//! With φ'(0) < 0 a smooth φ decreases on short steps, and past a minimum it rises with the square of the step. Where φ rises
//! in proportion to the step, on steps β < α, the slopes there tell why:
//!
//! ```text
//! σ = (φ(α) − φ(β)) / (α − β) > 0,   m = (φ'(β) + φ'(α)) / 2,   β = 0.6 α
//! m agrees with σ     the gradient is right there, and jumps between x and there: a kink
//! m does not          the gradient is not that of the cost
//! ```

use super::ray::Ray;
use crate::line_search::Phi;

/// Why a search along the steepest descent failed.
pub(in crate::solver) enum Diagnosis {
    /// Nothing beyond rounding.
    Nothing,
    /// The cost rises at once, and the gradient beyond x agrees.
    Kink,
    /// The cost rises where the gradient says that it decreases.
    Contradiction,
    /// There is a lower point after all.
    Lower { alpha: f64, value: f64 },
}

/// The shorter step, relative to the longer: not a power of ½, because searches try those.
const SHORTER: f64 = 0.6;
/// A proportional rise reaches at least this share on the shorter step: between that of a line, 0.6, and that of a
/// parabola, 0.36.
const PROPORTIONAL: f64 = 0.48;
/// A step whose promised decrease is less than this share of the rise says nothing: it leads far away, along a slope
/// that is rounding.
const PROMISING: f64 = 1e-3;

/// Without a rise in the search, the longer step is the one that promises a decrease by this share of the cost.
const VISIBLE: f64 = 1e6 * f64::EPSILON;

/// The shortest step at which a gradient is blamed, relative to the shortest that is long compared with the rounding of x.
const SAFELY: f64 = 16.0;

/// Evaluates two points of the ray after its search has failed, and a third before the gradient is blamed. A differenced
/// gradient is never blamed.
pub(in crate::solver) fn diagnose(
    ray: &mut Ray<'_, '_, '_>,
    slope: f64,
    alpha_max: f64,
) -> Diagnosis {
    let cost = ray.cost();
    let visible = (VISIBLE * cost.abs() / -slope).min(alpha_max);
    let alpha = if ray.shortest_rise().is_finite() { ray.shortest_rise() } else { visible };
    if !ray.has_gradient() || !alpha.is_normal() {
        return Diagnosis::Nothing;
    }
    let near = SHORTER * alpha;
    let (far_value, far_slope) = ray.value_and_slope(alpha);
    let (near_value, near_slope) = ray.value_and_slope(near);
    if near_value < cost {
        return Diagnosis::Lower { alpha: near, value: near_value };
    }
    let (rise, near_rise) = (far_value - cost, near_value - cost);
    if !ray.shortest_rise().is_finite() {
        return Diagnosis::Nothing;
    }
    let is_proportional = near_rise >= PROPORTIONAL * rise && near * -slope >= PROMISING * rise;
    let secant = (far_value - near_value) / (alpha - near);
    let mean = 0.5 * (near_slope + far_slope);
    let resolved = ray.shortest_resolved();
    // Costs below the smallest normal number have few digits.
    let is_visible = rise >= f64::MIN_POSITIVE && near >= resolved;
    let is_telling = is_proportional && is_visible && secant.is_finite() && mean.is_finite();
    if !is_telling {
        return Diagnosis::Nothing;
    }
    if mean >= 0.5 * secant {
        return Diagnosis::Kink;
    }
    // Next to a cusp, a correct gradient holds over short steps only.
    let short = visible.max(SAFELY * resolved);
    if short < near {
        let value = ray.value(short);
        if value < cost {
            return Diagnosis::Lower { alpha: short, value };
        }
    }
    Diagnosis::Contradiction
}
