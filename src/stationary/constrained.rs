//! What kind of point x is where constraints limit it.
//!
//! ```text
//! min f(x), l ≤ c(x) ≤ u:   ∇f = J'y,   yᵢ ≥ 0 at lᵢ, yᵢ ≤ 0 at uᵢ, 0 between;   w'∇²L w > 0 for all w ≠ 0 with A w = 0
//! ```
//!
//! with the Lagrangian L = f − y'c and the gradients A of the limits whose multipliers are not 0. Bounds of x are
//! limits like others. Nothing is taken from the solver: the active limits follow from x, their multipliers from
//! non-negative least squares, and both are corrected until the point next to x that they define contradicts none of
//! them.
//!
//! J. Nocedal, S. Wright, *Numerical Optimization* (2006), theorems 12.1, 12.5 and 12.6.

mod conditions;
mod curvature;
mod limits;
mod multipliers;
mod place;
mod settled;
mod tangent;

use nalgebra::DVector;

pub use conditions::{Conditions, Multiplier};
use curvature::Curved;
use limits::{Limit, Of};
use multipliers::non_negative;
use place::Place;
use settled::Settled;

use super::active::Held;
use super::{Classification, Kind, Reason};
use crate::Oracle;

/// The most corrections of the set of active limits.
const CORRECTIONS: usize = 20;
/// How near to a limit x may be, relative to max(1, |x|), for it to be tried as active first.
const NEAR: f64 = 1e-6;
/// The verdict about x, with f and ∇f there.
pub(super) fn examine(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    cost: f64,
    gradient: &DVector<f64>,
) -> Classification {
    let undecided = |reason, conditions: Option<Conditions>| {
        let held = Held::free_at(x, cost, gradient);
        let mut answer =
            Classification::new(Kind::Undecided { reason }, (cost, gradient.amax()), &held);
        if let Some(conditions) = conditions {
            answer.gradient_norm = conditions.residual;
            answer.conditions = Some(conditions);
        }
        answer
    };
    let Some(here) = Place::at(oracle, x.clone()) else {
        return undecided(Reason::NotFinite, None);
    };
    match settle(oracle, &here) {
        Ok(settled) => {
            let conditions = settled.conditions(oracle, &here);
            settled.verdict(oracle, &here, conditions)
        }
        Err((reason, near)) => {
            let found = non_negative(&here, &here.gradient, &near);
            let conditions = Conditions::at(oracle, &here, &near, &found);
            undecided(reason, Some(conditions))
        }
    }
}

/// Finds the active limits and the point that they define; or says why there is none, with the limits tried last.
fn settle(oracle: &mut Oracle<'_>, here: &Place) -> Result<Settled, (Reason, Vec<Limit>)> {
    let limits = Limit::all(oracle);
    let near = NEAR * here.x.amax().max(1.0);
    let mut tried: Vec<Limit> = limits.iter().copied().filter(|l| here.is_near(*l, near)).collect();
    // Those that hold whatever their multipliers, because they are violated without them; and those that do not hold.
    let (mut forced, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..CORRECTIONS {
        let fail = |reason| (reason, tried.clone());
        let found = non_negative(here, &here.gradient, &tried);
        let holds =
            |limit: &Limit, y: f64| limit.is_equality() || y != 0.0 || forced.contains(limit);
        let active: Vec<Limit> =
            tried.iter().zip(&found).filter(|(l, y)| holds(l, **y)).map(|(l, _)| *l).collect();
        let (place, tangent) = here.settle(oracle, &active).map_err(fail)?;
        if !place.is_regular(oracle, &active, &tangent) {
            return Err(fail(Reason::Degenerate));
        }
        let multipliers = tangent.multipliers(&place.gradient);
        let Curved { judged, errors, newton } =
            Curved::at(oracle, &place, (&active, &tangent), &multipliers).map_err(fail)?;
        // A limit whose multiplier has the wrong sign does not hold.
        let is_wrong = |k: &usize| {
            !active[*k].is_equality() && active[*k].inwards() * multipliers[*k] < -errors[*k]
        };
        if let Some(k) = (0..active.len()).find(is_wrong) {
            refused.push(active[k]);
            forced.retain(|limit| *limit != active[k]);
            tried.retain(|limit| *limit != active[k]);
            continue;
        }
        // One that is violated does, and the first that forbids the Newton step.
        let is_free = |limit: &&Limit| !active.contains(limit);
        let beyond: Vec<Limit> =
            limits.iter().filter(is_free).filter(|l| place.is_beyond(**l)).copied().collect();
        if beyond.iter().any(|limit| refused.contains(limit)) {
            return Err(fail(Reason::NotStationary));
        }
        let is_open = |l: &&Limit| is_free(l) && !tried.contains(l) && !refused.contains(l);
        let first = place.first_on(&newton, limits.iter().filter(is_open));
        if !beyond.is_empty() || first.is_some() {
            tried.extend(
                beyond.iter().filter(|limit| !tried.contains(limit)).copied().collect::<Vec<_>>(),
            );
            tried.extend(first);
            forced.extend(beyond);
            continue;
        }
        let weak = limits
            .iter()
            .copied()
            .filter(|l| match active.iter().position(|held| held == l) {
                Some(k) => !l.is_equality() && multipliers[k].abs() <= errors[k],
                None => !refused.contains(l) && place.is_at(*l, &newton),
            })
            .collect();
        let multipliers =
            multipliers.into_iter().zip(errors).map(|(y, error)| [y, error]).collect();
        return Ok(Settled { place, active, tangent, multipliers, weak, judged });
    }
    Err((Reason::NotStationary, tried))
}

/// The multipliers of the constraints, of all of which some limits are active.
fn of_constraints(active: &[Limit], multipliers: &[f64], count: usize) -> DVector<f64> {
    let mut all = DVector::zeros(count);
    for (limit, y) in active.iter().zip(multipliers) {
        if let Of::Constraint(i) = limit.of {
            all[i] += y;
        }
    }
    all
}
