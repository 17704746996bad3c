//! By how much a point violates the constraints, and what the slope of that promises.
//!
//! ```text
//! vᵢ = cᵢ − P(cᵢ),  P the projection into the limits;   slope = |J'v| / |v|, projected within the bounds
//! ```
//!
//! Where the slope vanishes and v does not, x is a stationary point of ½ |v|²: the certificate of
//! [`Infeasible`](crate::Termination::Infeasible).

use super::state::{InteriorPointState, Work};
use crate::Termination;
use crate::problem::Sides;

/// A violation up to this is none.
const FEASIBLE: f64 = 1e-8;

/// A point that violates the constraints, unscaled.
pub(super) struct Violated {
    /// The largest |vᵢ|.
    violation: f64,
    /// |J'v| / |v|, projected within bounds, and as a share of the largest |∇cᵢ| at the start or 1.
    slope: f64,
    pub share: f64,
    /// The largest relative change of |v| that its slope promises when a variable changes by max(1, |x|).
    pub promised: f64,
}

impl Violated {
    pub fn end(&self) -> Termination {
        Termination::Infeasible { violation: self.violation, slope: self.slope }
    }
}

/// How the point violates the constraints, if it does.
pub(super) fn violated(state: &mut InteriorPointState) -> Option<Violated> {
    let InteriorPointState { here, scale, work, .. } = state;
    let Work { frame, force, y, .. } = work;
    let limits = frame.limits.as_ref()?;
    let mut steepest = 1.0_f64;
    for (i, Sides { lower, upper }) in limits.sides().enumerate() {
        let c = here.values[i];
        y[i] = c - c.max(lower).min(upper);
        if y[i] != 0.0 {
            steepest = steepest.max(scale.rows[i].recip());
        }
    }
    let violation = y.amax();
    if violation <= FEASIBLE {
        return None;
    }
    // Squares of violations may be infinite.
    *y /= violation;
    let share_of_largest = y.norm();
    *y /= share_of_largest;
    let norm = violation * share_of_largest;
    here.jacobian.tr_mul_to(y, force);
    let bounds = frame.bounds.as_ref();
    let promises = force.iter().zip(&here.x).enumerate().map(|(j, (g, x))| {
        let room = bounds.map_or(f64::INFINITY, |bounds| bounds.room(j, *x, *g));
        g.abs() * room.min(x.abs().max(1.0))
    });
    let promised = promises.fold(0.0, f64::max) / norm;
    let slope = bounds.map_or(force.amax(), |bounds| bounds.projected_norm(&here.x, force));
    Some(Violated { violation, slope, share: slope / steepest, promised })
}
