//! A point with everything that its first-order conditions need, and the way to the point next to it that keeps limits
//! exactly.

use nalgebra::{DMatrix, DVector};

use super::limits::{Limit, Of};
use super::tangent::Tangent;
use crate::stationary::Reason;
use crate::stationary::face::Lagrangian;
use crate::{Bounds, Matrix, Oracle};

/// The most steps to the limits; each has to be at most half as long as that before.
const STEPS: usize = 60;
/// The farthest that the point which keeps the limits may be, relative to max(1, |x|).
const FAR: f64 = 1e-2;
/// What cannot be told apart from it, where rounding ends the steps.
const CLOSE: f64 = 1e-9;
/// The rounding errors of values, in units in the last place of their terms.
const ROUNDING: f64 = 16.0 * f64::EPSILON;
/// The largest relative change of the gradients over the uncertainty of the point.
const REGULAR: f64 = 0.25;

/// A point, and the functions there.
#[derive(Clone)]
pub(super) struct Place {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient: DVector<f64>,
    /// c, and J.
    pub values: DVector<f64>,
    pub jacobian: DMatrix<f64>,
    /// Whether J is given, and not differenced.
    pub has_jacobian: bool,
}

impl Place {
    /// Evaluates a point. `None` where something is not finite, and once the run is interrupted.
    pub fn at(oracle: &mut Oracle<'_>, x: DVector<f64>) -> Option<Self> {
        let (n, m) = (x.len(), oracle.problem().structure().constraints?.count());
        let (mut gradient, mut values) = (DVector::zeros(n), DVector::zeros(m));
        let cost = oracle.start(&x, &mut gradient).ok()?;
        oracle.start_constraints(&x, &mut values).ok()?;
        let mut jacobian = Matrix::default();
        let before = oracle.evaluations().constraint_jacobian;
        oracle.constraint_jacobian(&x, &values, &mut jacobian);
        let has_jacobian = oracle.evaluations().constraint_jacobian > before;
        let jacobian = jacobian.to_dense();
        jacobian.iter().all(|j| j.is_finite()).then_some(Self {
            x,
            cost,
            gradient,
            values,
            jacobian,
            has_jacobian,
        })
    }

    /// The gradient of what is limited.
    pub fn row(&self, limit: Limit) -> DVector<f64> {
        match limit.of {
            Of::Constraint(i) => self.jacobian.row(i).transpose(),
            Of::Bound(i) => DVector::from_fn(self.x.len(), |j, _| f64::from(u8::from(i == j))),
        }
    }

    /// What the constraints add to the cost, with these multipliers.
    pub fn lagrangian(&self, multipliers: &DVector<f64>) -> Lagrangian {
        Lagrangian::new(multipliers.clone(), self.x.len(), self.has_jacobian)
    }

    /// ∇f − J'y.
    pub fn lagrangian_gradient(&self, multipliers: &DVector<f64>) -> DVector<f64> {
        &self.gradient - self.jacobian.tr_mul(multipliers)
    }

    /// Its value less the limit.
    pub fn excess(&self, limit: Limit) -> f64 {
        match limit.of {
            Of::Constraint(i) => self.values[i] - limit.at,
            Of::Bound(i) => self.x[i] - limit.at,
        }
    }

    /// How far inside the limit the value is; negative beyond it.
    pub fn gap(&self, limit: Limit) -> f64 {
        if limit.is_equality() {
            -self.excess(limit).abs()
        } else {
            limit.inwards() * self.excess(limit)
        }
    }

    /// Rounding errors in the value.
    fn rounding(&self, limit: Limit) -> f64 {
        let Of::Constraint(i) = limit.of else { return 0.0 };
        let row = self.jacobian.row(i);
        let terms: f64 = row.iter().zip(&self.x).map(|(j, x)| (j * x).abs()).sum();
        ROUNDING * (limit.at.abs() + self.values[i].abs() + terms)
    }

    /// True when x is beyond the limit, or so near.
    pub fn is_near(&self, limit: Limit, distance: f64) -> bool {
        self.gap(limit) <= distance * self.row(limit).norm() + self.rounding(limit)
    }

    /// True when x is beyond the limit by more than rounding.
    pub fn is_beyond(&self, limit: Limit) -> bool {
        self.gap(limit) < -self.rounding(limit)
    }

    /// The first of some limits that forbids the step, to first order, if it does so not far from x.
    pub fn first_on<'l>(
        &self,
        step: &DVector<f64>,
        limits: impl Iterator<Item = &'l Limit>,
    ) -> Option<Limit> {
        let farthest = FAR * self.x.amax().max(1.0) / step.amax();
        let shares = limits.filter_map(|limit| {
            let (row, gap) = (self.row(*limit), self.gap(*limit));
            let change = limit.inwards() * row.dot(step);
            let rounding = self.rounding(*limit) + 4.0 * f64::EPSILON * row.norm() * self.x.amax();
            (gap + change < -rounding).then(|| (gap.max(0.0) / -change, *limit))
        });
        let first = shares.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (first.0 <= farthest.min(1.0)).then_some(first.1)
    }

    /// True when x is at the limit, within rounding and the step to the stationary point.
    pub fn is_at(&self, limit: Limit, step: &DVector<f64>) -> bool {
        let row = self.row(limit);
        let size = self.x.amax().max(1.0);
        let reach = step.amax().min(1e3 * CLOSE * size) + CLOSE * size;
        self.gap(limit) <= self.rounding(limit) + row.norm() * reach
    }

    /// Goes to the nearest point at which these limits hold exactly, by Gauss and Newton's method.
    pub fn settle(
        &self,
        oracle: &mut Oracle<'_>,
        active: &[Limit],
    ) -> Result<(Self, Tangent), Reason> {
        let bounds: Option<Bounds> = oracle.problem().bounds().cloned();
        let size = self.x.amax().max(1.0);
        let mut place = self.clone();
        let mut last = f64::INFINITY;
        for _ in 0..STEPS {
            let tangent = Tangent::of(&place, active);
            let excess: Vec<f64> = active.iter().map(|limit| place.excess(*limit)).collect();
            let is_on = |tolerance: &dyn Fn(Limit) -> f64| {
                active.iter().zip(&excess).all(|(limit, v)| v.abs() <= tolerance(*limit))
            };
            if is_on(&|limit| place.rounding(limit)) {
                return Ok((place, tangent));
            }
            let step = tangent.step_to(&excess);
            let length = step.amax();
            if length > 0.5 * last || length <= 4.0 * f64::EPSILON * size {
                if is_on(&|l| place.rounding(l).max(CLOSE * size * place.row(l).norm())) {
                    return Ok((place, tangent));
                }
                let is_dependent = length > 4.0 * f64::EPSILON * size;
                return Err(if is_dependent { Reason::Degenerate } else { Reason::Infeasible });
            }
            last = length;
            let mut x = &place.x + step;
            for limit in active {
                if let Of::Bound(i) = limit.of {
                    x[i] = limit.at;
                }
            }
            if let Some(bounds) = &bounds {
                bounds.project(&mut x);
            }
            if (&x - &self.x).amax() > FAR * size {
                return Err(Reason::Infeasible);
            }
            place = Self::at(oracle, x).ok_or(Reason::NotFinite)?;
        }
        Err(Reason::Degenerate)
    }

    /// True when the gradients of the active limits stay independent over the distance within which rounding lets the
    /// point be: a condition like that of Newton and Kantorovich. Where they do not, there may be no multipliers.
    pub fn is_regular(&self, oracle: &mut Oracle<'_>, active: &[Limit], tangent: &Tangent) -> bool {
        let Some((value, direction)) = tangent.weakest() else { return true };
        let errors: Vec<f64> = active
            .iter()
            .map(|limit| self.rounding(*limit).max(self.excess(*limit).abs()))
            .collect();
        let reach = 4.0 * tangent.uncertainty(&errors);
        if reach <= 4.0 * f64::EPSILON * self.x.amax().max(1.0) {
            return true;
        }
        let bounds: Option<Bounds> = oracle.problem().bounds().cloned();
        let seen = [reach, -reach].into_iter().filter_map(|reach| {
            let mut x = &self.x + &direction * reach;
            if let Some(bounds) = &bounds {
                bounds.project(&mut x);
            }
            let there = Self::at(oracle, x)?;
            let change = active.iter().map(|l| (there.row(*l) - self.row(*l)).norm());
            Some(tangent.relative_change(change))
        });
        seen.fold(0.0, f64::max) <= REGULAR * value
    }
}
