//! Everything that changes, and which of its points is reported.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::function::{Function, Work};
use super::newton::Newton;
use super::points::{Point, Points};
use crate::solver::State;
use crate::solver::first_order_conditions::{FirstOrderConditions, projected_norm};
use crate::solver::inner_run::InnerRun;
use crate::{Bounds, Termination};

/// Up to this violation points count as feasible when they are compared: that of the default test.
pub(super) const FEASIBLE: f64 = 1e-6;
/// A slope of the violation below this share of the gradients of its constraints is none.
const FLAT: f64 = 1e-6;
/// The relative change of a violation that its slope may promise where it is stationary.
const UNPROMISING: f64 = 1e-3;
/// The rounding of a cost, relative to it.
const ROUNDING: f64 = 1e-14;

/// The state of [`AugmentedLagrangian`](super::AugmentedLagrangian), with that of the inner solver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugmentedLagrangianState<L> {
    pub(super) points: Points,
    pub(super) function: Function,
    /// The multipliers λ at the current point, of the unscaled constraints, and how far both are from the conditions.
    pub(super) multipliers: DVector<f64>,
    pub(super) conditions: FirstOrderConditions,
    pub(super) best: Best,
    /// The run of the inner solver; `None` before the first.
    pub(super) inner: Option<InnerRun<L>>,
    /// True when the next one is to begin.
    pub(super) is_over: bool,
    /// True when the next one begins at the best point, and not at the current one.
    pub(super) returns: bool,
    /// True when the factors of f and c were set again after the start, or need not be.
    pub(super) is_rescaled: bool,
    /// What the inner solver said of a step whose end is not evaluated yet.
    pub(super) advanced: Option<Advance>,
    /// The norm of ∇L at which the inner run ends.
    pub(super) tolerance: f64,
    /// The number of inner runs that have ended.
    pub(super) outer: u64,
    pub(super) progress: Progress,
    pub(super) newton: Newton,
    pub(super) ended: Option<Termination>,
    #[serde(skip)]
    pub(super) work: WorkOf,
}

/// Workspace and the problem's bounds; equal to any other, because they follow from the problem.
#[derive(Clone, Debug, Default)]
pub(super) struct WorkOf {
    pub work: Work,
    /// Where an inner run begins.
    pub start: DVector<f64>,
    pub bounds: Option<Bounds>,
}

impl WorkOf {
    pub fn new(n: usize, m: usize, bounds: Option<Bounds>) -> Self {
        Self { work: Work::new(n, m), start: DVector::zeros(n), bounds }
    }
}

impl PartialEq for WorkOf {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// How a step of the inner solver went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Advance {
    GoesOn,
    Ended,
    Unbounded,
}

/// The progress of inner runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The violation of the scaled constraints at the start of the inner run.
    pub start: f64,
    /// max |eᵢ| at the end of the last one.
    pub error: f64,
    /// The least of these so far.
    pub least_error: f64,
    /// The least error of the conditions so far, and how many runs have ended since it fell.
    pub least: f64,
    pub idle: u64,
    /// Steps since then.
    pub idle_steps: u64,
}

/// The best point so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    pub x: DVector<f64>,
    pub cost: f64,
    pub multipliers: DVector<f64>,
    pub conditions: FirstOrderConditions,
}

impl Best {
    /// Takes a point if it is better: less infeasible; among feasible points lower by more than what their violations
    /// are worth, Σ |yᵢ| |vᵢ|; and among those that are level so, nearer to the first-order conditions, as is the end
    /// of an inner run (`is_end`) however high.
    pub fn consider(
        &mut self,
        point: &Point,
        (multipliers, conditions): (&DVector<f64>, FirstOrderConditions),
        is_end: bool,
    ) {
        let [there, here] = [conditions.violation, self.conditions.violation];
        let is_better = if there > FEASIBLE || here > FEASIBLE {
            there < here || (there == here && point.cost < self.cost)
        } else {
            let price = multipliers.lp_norm(1).max(self.multipliers.lp_norm(1));
            let level = price * there.max(here) + ROUNDING * self.cost.abs();
            let is_nearer = conditions.error() < self.conditions.error();
            point.cost < self.cost - level
                || (is_nearer && (is_end || point.cost <= self.cost + level))
        };
        if is_better {
            self.take(point, (multipliers, conditions));
        }
    }

    /// Takes a point in any case.
    pub fn take(
        &mut self,
        point: &Point,
        (multipliers, conditions): (&DVector<f64>, FirstOrderConditions),
    ) {
        self.x.copy_from(&point.x);
        self.cost = point.cost;
        self.multipliers.copy_from(multipliers);
        self.conditions = conditions;
    }
}

impl<L> AugmentedLagrangianState<L> {
    /// The penalty ρ of the scaled function.
    pub fn penalty(&self) -> f64 {
        self.function.penalty
    }

    /// The number of inner runs that have ended.
    pub fn outer_iterations(&self) -> u64 {
        self.outer
    }

    /// Measures the current point with the multipliers that are set.
    pub(super) fn measure(&mut self) {
        let Self { points, function, multipliers, work: WorkOf { work, bounds, .. }, .. } = self;
        let here = points.here();
        let Some(limits) = &function.limits else { return };
        self.conditions = FirstOrderConditions::at(
            (bounds.as_ref(), limits),
            (&here.x, &here.gradient),
            (&here.values, &here.jacobian),
            multipliers,
            &mut work.lagrangian,
        );
    }

    /// Reports the current point if it is better than the best; see [`Best::consider`].
    pub(super) fn consider(&mut self, is_end: bool) {
        self.best.consider(self.points.here(), (&self.multipliers, self.conditions), is_end);
    }

    /// Whether no small step can reduce the violations of the scaled constraints, which are σᵢ vᵢ: the slope of their
    /// norm is a millionth of the steepest gradient among them at most. Returns it in units of the problem, |P(x −
    /// J'w/|w|) − x| with wᵢ = σᵢ² vᵢ: where all factors σᵢ are equal, that is the slope of |v|.
    pub(super) fn stationary_violation(&mut self) -> Option<f64> {
        let Self { points, function, work: WorkOf { work, bounds, .. }, .. } = self;
        let here = points.here();
        let (mut squares, mut steepest) = (0.0, 0.0_f64);
        for (i, c) in here.values.iter().enumerate() {
            let (scale, [lower, upper]) = (function.scales[i], function.sides(i));
            let violation = scale * c - (scale * c).max(lower).min(upper);
            work.weights[i] = scale * violation;
            squares += violation * violation;
            if violation != 0.0 {
                steepest = steepest.max(scale * function.steepness[i]);
            }
        }
        let norm = work.weights.norm();
        if norm == 0.0 {
            return None;
        }
        work.weights /= norm;
        here.jacobian.transpose_times(&work.weights, &mut work.lagrangian);
        let slope = projected_norm(bounds.as_ref(), &here.x, &work.lagrangian);
        let is_flat = slope * norm <= FLAT * steepest * squares.sqrt();
        // Nor may it promise much over the size of the variables, where gradients were much steeper before.
        let promised = slope * norm * here.x.amax().max(1.0);
        (is_flat && promised <= UNPROMISING * squares).then_some(slope)
    }
}

impl<L: State> State for AugmentedLagrangianState<L> {
    fn x(&self) -> &DVector<f64> {
        &self.best.x
    }
    fn cost(&self) -> f64 {
        self.best.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.best.conditions.residual)
    }
    fn current(&self) -> &DVector<f64> {
        &self.points.here().x
    }
    fn current_cost(&self) -> f64 {
        self.points.here().cost
    }
    fn infeasibility(&self) -> Option<f64> {
        Some(self.best.conditions.violation)
    }
    fn complementarity(&self) -> Option<f64> {
        Some(self.best.conditions.complementarity)
    }
    fn multipliers(&self) -> Option<&DVector<f64>> {
        Some(&self.best.multipliers)
    }
}
