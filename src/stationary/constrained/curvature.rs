//! The curvature of the Lagrangian along a set of limits, and what it says about their multipliers.
//!
//! ```text
//! Z'∇²L Z with errors;   d = −Z (Z'∇²L Z)⁻¹ Z'∇L;   error of y = 2 |y(x + d) − y(x)| + rounding
//! ```

use nalgebra::{DMatrix, DVector};

use super::limits::{Limit, Of};
use super::of_constraints;
use super::place::Place;
use super::tangent::Tangent;
use crate::Oracle;
use crate::stationary::chart::Chart;
use crate::stationary::face::Face;
use crate::stationary::noise::GradientNoise;
use crate::stationary::{Judged, Reason, judge};

/// The longest Newton step, relative to max(1, |x|), over which the multipliers are compared.
const NEWTON: f64 = 1e-2;

/// What second derivatives say about a set of active limits.
pub(super) struct Curved {
    pub judged: Option<Judged>,
    /// The errors of the multipliers.
    pub errors: Vec<f64>,
    /// The Newton step along the limits.
    pub newton: DVector<f64>,
}

impl Curved {
    pub fn at(
        oracle: &mut Oracle<'_>,
        place: &Place,
        (active, tangent): (&[Limit], &Tangent),
        multipliers: &[f64],
    ) -> Result<Self, Reason> {
        let y = of_constraints(active, multipliers, place.values.len());
        let mut newton = DVector::zeros(place.x.len());
        let mut judged = None;
        if tangent.free.ncols() > 0 {
            let found = judge_along(oracle, place, (&y, &tangent.free))?;
            newton = &tangent.free * &found.location.newton;
            judged = Some(found);
        }
        // The noise of the gradient of L with respect to all variables.
        let slope = place.lagrangian_gradient(&y);
        let mut whole = Face::whole(oracle, &place.x).with(place.lagrangian(&y));
        let mut noise = GradientNoise::at(&mut whole, &place.x, &slope);
        if !whole.has_gradient() {
            let cost = place.cost - y.dot(&place.values);
            noise = noise.differenced(&mut whole, &place.x, (cost, &slope), |_| None);
        }
        let mut errors = tangent.multiplier_errors(&noise.entries);
        // The multipliers a Newton step away.
        let size = place.x.amax().max(1.0);
        if newton.amax() > f64::EPSILON * size && newton.amax() <= NEWTON * size {
            let ahead = Place::at(oracle, within(oracle, &place.x + &newton))
                .and_then(|ahead| ahead.settle(oracle, active).ok());
            let moved = ahead.map(|(place, tangent)| tangent.multipliers(&place.gradient));
            for (k, error) in errors.iter_mut().enumerate() {
                let change =
                    moved.as_ref().map_or(f64::INFINITY, |moved| moved[k] - multipliers[k]);
                *error += 2.0 * change.abs();
            }
        }
        if let Some(judged) = &mut judged {
            let along = (&y, &tangent.free);
            judged.widen(&of_multipliers(oracle, place, along, active, &errors, judged))?;
        }
        Ok(Self { judged, errors, newton })
    }
}

/// The nearest point within the bounds.
fn within(oracle: &Oracle<'_>, mut x: DVector<f64>) -> DVector<f64> {
    if let Some(bounds) = oracle.problem().bounds() {
        bounds.project(&mut x);
    }
    x
}

/// The second derivatives of the Lagrangian along directions Z.
pub(super) fn judge_along(
    oracle: &mut Oracle<'_>,
    place: &Place,
    (y, free): (&DVector<f64>, &DMatrix<f64>),
) -> Result<Judged, Reason> {
    let (slope, cost) = (place.lagrangian_gradient(y), place.cost - y.dot(&place.values));
    let mut face =
        Face::new(oracle, &place.x, Chart::Plane(free.clone())).with(place.lagrangian(y));
    judge(&mut face, &place.x, &slope, cost)
}

/// By how much the errors of the multipliers may change the Hessian of the Lagrangian along Z.
fn of_multipliers(
    oracle: &mut Oracle<'_>,
    place: &Place,
    (y, free): (&DVector<f64>, &DMatrix<f64>),
    active: &[Limit],
    errors: &[f64],
    judged: &Judged,
) -> DMatrix<f64> {
    let mut total = DMatrix::zeros(free.ncols(), free.ncols());
    for (limit, error) in active.iter().zip(errors).filter(|(_, error)| error.is_finite()) {
        let Of::Constraint(i) = limit.of else { continue };
        let mut other = y.clone();
        // Large enough to show.
        other[i] += error.max(1e-3 * y.amax());
        let share = error / (other[i] - y[i]);
        let chart = Chart::Plane(free.clone());
        let mut face = Face::new(oracle, &place.x, chart).with(place.lagrangian(&other));
        let z = face.restrict(&place.x);
        if share > 0.0
            && let Some(hessian) = judged.measured.again(&mut face, &z)
        {
            total += (hessian - &judged.measured.hessian).abs() * share;
        }
    }
    total
}
