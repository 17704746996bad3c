//! What kind of point x is where constraints limit it.
//!
//! ```text
//! min f(x), l ≤ c(x) ≤ u:   ∇f = J'y,   yᵢ ≥ 0 at lᵢ, yᵢ ≤ 0 at uᵢ, 0 between;   w'∇²L w > 0 for all w ≠ 0 with A w = 0
//! ```
//!
//! with the Lagrangian L = f − y'c and the gradients A of the limits whose multipliers are not 0. Bounds of x are limits like
//! others. Nothing is taken from the solver: the active limits follow from x, their multipliers from non-negative least
//! squares, and both are corrected until the point next to x that they define contradicts none of them.
//!
//! J. Nocedal, S. Wright, *Numerical Optimization* (2006), theorems 12.1, 12.5 and 12.6.

mod conditions;
mod limits;
mod multipliers;
mod place;
mod tangent;

use nalgebra::{DMatrix, DVector};

pub use conditions::{Conditions, Multiplier};
use limits::{Limit, Of};
use multipliers::non_negative;
use place::Place;
use tangent::Tangent;

use super::active::{ActiveBound, Held, Side};
use super::chart::Chart;
use super::face::Face;
use super::noise::GradientNoise;
use super::{Classification, Judged, Kind, Reason, judge};
use crate::Oracle;

/// The most corrections of the set of active limits.
const CORRECTIONS: usize = 20;
/// How near to a limit x may be, relative to max(1, |x|), for it to be tried as active first.
const NEAR: f64 = 1e-6;
/// The sine of the angle to the space of others up to which a gradient belongs to it.
const IMPLIED: f64 = 1e-8;
/// The longest Newton step, relative to max(1, |x|), over which the multipliers are compared.
const NEWTON: f64 = 1e-2;

/// A stationary point next to x, as far as the active limits define it.
struct Settled {
    place: Place,
    /// The limits that hold it, their gradients, and the multipliers with their errors.
    active: Vec<Limit>,
    tangent: Tangent,
    multipliers: Vec<[f64; 2]>,
    /// Limits at which it is, but whose multipliers are 0 within their errors.
    weak: Vec<Limit>,
    /// The estimate of curvature along the limits that hold; `None` where they leave no direction.
    judged: Option<Judged>,
}

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

/// What second derivatives say about a set of active limits.
struct Curved {
    judged: Option<Judged>,
    /// The errors of the multipliers.
    errors: Vec<f64>,
    /// The Newton step along the limits.
    newton: DVector<f64>,
}

impl Curved {
    fn at(
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
fn judge_along(
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

/// True when the gradients of some limits cancel in a combination with the signs of multipliers: the constraint qualification of
/// Mangasarian and Fromovitz fails.
fn is_blocked(place: &Place, limits: &[Limit]) -> bool {
    (0..limits.len()).any(|k| {
        let others: Vec<Limit> =
            limits.iter().copied().filter(|limit| *limit != limits[k]).collect();
        let mut rest = place.row(limits[k]) * -limits[k].inwards();
        let norm = rest.norm();
        for (limit, y) in others.iter().zip(non_negative(place, &rest, &others)) {
            rest.axpy(-y, &place.row(*limit), 1.0);
        }
        rest.norm() <= IMPLIED * norm
    })
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

impl Settled {
    /// The multipliers of the constraints.
    fn of_constraints(&self) -> DVector<f64> {
        let values: Vec<f64> = self.multipliers.iter().map(|[y, _]| *y).collect();
        of_constraints(&self.active, &values, self.place.values.len())
    }

    fn conditions(&self, oracle: &Oracle<'_>, here: &Place) -> Conditions {
        let values: Vec<f64> = self.multipliers.iter().map(|[y, _]| *y).collect();
        let mut conditions = Conditions::at(oracle, here, &self.active, &values);
        for multiplier in &mut conditions.multipliers {
            let is_it = |limit: &Limit| limit.of == Of::Constraint(multiplier.index);
            if let Some(k) = self.active.iter().position(is_it) {
                multiplier.error = self.multipliers[k][1];
            }
        }
        conditions.rank = self.tangent.rank;
        conditions.is_strictly_complementary = self.weak.is_empty();
        conditions
    }

    /// The bounds that hold variables.
    fn bounds(&self) -> Vec<ActiveBound> {
        let held = self.active.iter().zip(&self.multipliers).filter_map(|(limit, [y, error])| {
            let Of::Bound(index) = limit.of else { return None };
            Some(ActiveBound { index, side: limit.side, multiplier: y.abs(), error: *error })
        });
        held.filter(|b| b.side == Side::Fixed || b.multiplier > b.error).collect()
    }

    fn verdict(
        self,
        oracle: &mut Oracle<'_>,
        here: &Place,
        conditions: Conditions,
    ) -> Classification {
        let moved = (&self.place.x - &here.x).amax();
        let held = Held {
            active: self.bounds(),
            ..Held::free_at(&self.place.x, here.cost, &here.gradient)
        };
        let mut answer =
            Classification::new(Kind::Minimum, (here.cost, conditions.residual), &held);
        answer.conditions = Some(conditions);
        let mut found = self.judged_along(oracle, answer, moved);
        let all: Vec<Limit> = self.active.iter().chain(&self.weak).copied().collect();
        let is_dependent = |limits: &[Limit]| Tangent::of(&self.place, limits).rank < limits.len();
        match found.kind {
            // Other multipliers may have another curvature.
            Kind::Maximum | Kind::Saddle { .. } if is_dependent(&self.active) => {
                found.kind = Kind::Undecided { reason: Reason::Dependent };
            }
            // No direction leads away from all limits, and no multipliers explain the slope.
            Kind::Undecided { reason: Reason::NotStationary } if is_blocked(&self.place, &all) => {
                found.kind = Kind::Undecided { reason: Reason::Degenerate };
            }
            _ => {}
        }
        found
    }

    /// The verdict of the curvature along the limits: a minimum needs it in all directions that the strong ones leave, and a
    /// saddle lacks it in one along all of them.
    fn judged_along(
        &self,
        oracle: &mut Oracle<'_>,
        answer: Classification,
        moved: f64,
    ) -> Classification {
        let corner = |mut answer: Classification| {
            answer.distance = moved;
            answer
        };
        let undecided = |mut answer: Classification, reason| {
            answer.kind = Kind::Undecided { reason };
            answer
        };
        let holds = self.active.iter().any(|limit| !limit.is_equality());
        let weak = self.decisive();
        if weak.is_empty() {
            return match &self.judged {
                Some(judged) => judged.classification(answer, moved, holds),
                None => corner(answer),
            };
        }
        let strong = self.strong();
        let all: Vec<Limit> = strong.iter().chain(&weak).copied().collect();
        let wide = match self.along(oracle, &strong) {
            None => return corner(answer),
            Some(Err(reason)) => return undecided(answer, reason),
            Some(Ok(judged)) => judged.classification(answer.clone(), moved, true),
        };
        if matches!(wide.kind, Kind::Minimum | Kind::Undecided { .. }) {
            return wide;
        }
        let narrow = self.along(oracle, &all).and_then(Result::ok);
        let narrow = narrow.map(|judged| judged.classification(answer, moved, true));
        narrow
            .filter(Classification::is_saddle)
            .unwrap_or_else(|| undecided(wide, Reason::WeaklyActive))
    }

    /// What the curvature along some limits says; `None` where they leave no direction.
    fn along(&self, oracle: &mut Oracle<'_>, limits: &[Limit]) -> Option<Result<Judged, Reason>> {
        let free = Tangent::of(&self.place, limits).free;
        let y = self.of_constraints();
        (free.ncols() > 0).then(|| judge_along(oracle, &self.place, (&y, &free)))
    }

    /// The active limits whose multipliers are not 0, and the equalities.
    fn strong(&self) -> Vec<Limit> {
        self.active.iter().copied().filter(|limit| !self.weak.contains(limit)).collect()
    }

    /// The weak limits that forbid directions which the strong ones allow.
    fn decisive(&self) -> Vec<Limit> {
        let mut weak = self.weak.clone();
        let free = Tangent::of(&self.place, &self.strong()).free;
        weak.retain(|limit| {
            let row = self.place.row(*limit);
            free.tr_mul(&row).norm() > IMPLIED * row.norm()
        });
        weak
    }
}
