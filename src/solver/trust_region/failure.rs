//! What is done where steps are rounding: a differenced gradient is refined; costs along the steepest descent say
//! whether the gradient is wrong, or the cost has a kink.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::state::Shape;
use super::{Model, StateOf, Subproblem, TrustRegion};
use crate::line_search::Step;
use crate::oracle::Norms;
use crate::solver::descent::Point;
use crate::solver::descent::diagnosis::{Diagnosis, diagnose};
use crate::solver::descent::ray::Ray;
use crate::solver::descent::steepest::{descend, descend_within};
use crate::{Oracle, Stall, Termination};

/// Writes a better gradient and returns true, when a differenced one is too coarse compared with its errors or
/// `has_failed`.
pub(super) fn refine(
    problem: &mut Oracle<'_>,
    (x, cost, plain): (&DVector<f64>, f64, f64),
    has_failed: bool,
    better: &mut DVector<f64>,
) -> bool {
    if !problem.is_refinable(cost) {
        return false;
    }
    let norms = Norms { cost, plain, scaled: plain, scale: None };
    problem.refine(x, norms, has_failed, better) && better.iter().all(|g| g.is_finite())
}

impl<M: Model, S: Subproblem> TrustRegion<M, S> {
    /// Ends the run, unless a better gradient or a lower point is found.
    pub(super) fn fail(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut StateOf<M, S>,
    ) -> ControlFlow<Termination> {
        if let Shape::Saddle(_) = state.shape {
            // The cost does not fall along it.
            state.shape = Shape::Convex;
            (state.radius, state.pending) = (self.typical(state), false);
            return ControlFlow::Continue(());
        }
        if problem.is_refinable(state.cost) {
            return self.refine_or_rest(problem, state);
        }
        let (x, gradient, cost) = (&state.x, &state.gradient, state.cost);
        let (along, longest) = match &state.room.bounds {
            None => {
                let along = descend(gradient, &mut state.escape);
                (along, 0.25 * f64::MAX / along.max.max(1.0))
            }
            Some(bounds) => {
                let at = Point { x, cost, gradient, scale: None, bounds: Some(bounds) };
                (descend_within(bounds, at, None, &mut state.escape), 1.0)
            }
        };
        let (slope, max) = (along.slope, along.max);
        let buffers = [&mut state.trial, &mut state.better];
        let line = (&state.x, None, &state.escape);
        let mut ray = Ray::new(problem, line, (state.cost, along), buffers, &mut state.seen);
        let diagnosis = diagnose(&mut ray, slope, longest);
        let lower = match diagnosis {
            Diagnosis::Lower { alpha, value } => ray.finish(Step { alpha, value, trials: 0 }),
            _ => None,
        };
        ray.uninterrupted()?;
        match (diagnosis, lower) {
            (Diagnosis::Kink, _) => state.stalled(Stall::Kink),
            (Diagnosis::Contradiction, _) => state.stalled(Stall::GradientContradictsCost),
            (_, Some(lower)) if lower.value < state.cost => {
                let largest = match self.model.scale(&state.model) {
                    Some(scale) => scale.component_mul(&state.escape).amax(),
                    None => max,
                };
                state.radius = 2.0 * lower.alpha * largest;
                self.accept(state, lower.value);
                ControlFlow::Continue(())
            }
            _ => Self::rest(state),
        }
    }

    /// Ends the run, unless a better gradient is found.
    pub(super) fn refine_or_rest(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut StateOf<M, S>,
    ) -> ControlFlow<Termination> {
        let here = (&state.x, state.cost, state.gradient_norm);
        let is_better = refine(problem, here, true, &mut state.better.gradient);
        problem.uninterrupted()?;
        if !is_better {
            return Self::rest(state);
        }
        self.take_gradient(state);
        (state.radius, state.idle) = (self.typical(state), 0);
        ControlFlow::Continue(())
    }

    /// False when a differenced gradient is smaller than its error, and a refined one is larger.
    pub(super) fn is_certain(&self, problem: &mut Oracle<'_>, state: &mut StateOf<M, S>) -> bool {
        if problem.problem().has_gradient() || problem.differences_residuals() {
            return true;
        }
        let known = state.gradient_norm;
        // As often as it can be refined: a run that is resumed on the way comes to the same gradient.
        while problem.gradient_error(&state.x, state.cost, Some(&state.gradient))
            > state.gradient_norm
        {
            let here = (&state.x, state.cost, state.gradient_norm);
            let is_better = refine(problem, here, true, &mut state.better.gradient);
            if !is_better || problem.uninterrupted().is_break() {
                break;
            }
            self.take_gradient(state);
        }
        state.gradient_norm <= known
    }

    /// Replaces the gradient at x by the better one.
    fn take_gradient(&self, state: &mut StateOf<M, S>) {
        state.take_gradient(true);
        self.subproblem.moved(&mut state.subproblem);
    }
}
