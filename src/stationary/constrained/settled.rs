//! The verdict about a point at which the active limits hold, from the curvature along them.

use nalgebra::DVector;

use super::conditions::Conditions;
use super::curvature::judge_along;
use super::limits::{Limit, Of};
use super::multipliers::non_negative;
use super::of_constraints;
use super::place::Place;
use super::tangent::Tangent;
use crate::Oracle;
use crate::stationary::active::{ActiveBound, Held, Side};
use crate::stationary::{Classification, Judged, Kind, Reason};

/// The sine of the angle to the space of others up to which a gradient belongs to it.
const IMPLIED: f64 = 1e-8;
/// A stationary point next to x, as far as the active limits define it.
pub(super) struct Settled {
    pub place: Place,
    /// The limits that hold it, their gradients, and the multipliers with their errors.
    pub active: Vec<Limit>,
    pub tangent: Tangent,
    pub multipliers: Vec<[f64; 2]>,
    /// Limits at which it is, but whose multipliers are 0 within their errors.
    pub weak: Vec<Limit>,
    /// The estimate of curvature along the limits that hold; `None` where they leave no direction.
    pub judged: Option<Judged>,
}

impl Settled {
    /// The multipliers of the constraints.
    fn of_constraints(&self) -> DVector<f64> {
        let values: Vec<f64> = self.multipliers.iter().map(|[y, _]| *y).collect();
        of_constraints(&self.active, &values, self.place.values.len())
    }

    pub fn conditions(&self, oracle: &Oracle<'_>, here: &Place) -> Conditions {
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

    /// The verdict, where x is `here`.
    pub fn verdict(
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

    /// The verdict of the curvature along the limits: a minimum needs it in all directions that the strong ones leave,
    /// and a saddle lacks it in one along all of them.
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

/// True when the gradients of some limits cancel in a combination with the signs of multipliers: the constraint
/// qualification of Mangasarian and Fromovitz fails.
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
