//! What is done where steps are rounding: a differenced gradient is refined; costs along the steepest descent say whether the
//! gradient is wrong, or the cost has a kink.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::state::Shape;
use super::{Model, StateOf, Subproblem, TrustRegion};
use crate::line_search::Step;
use crate::oracle::Norms;
use crate::solver::descent::Proposal;
use crate::solver::descent::diagnosis::{Diagnosis, diagnose};
use crate::solver::descent::ray::Ray;
use crate::{Oracle, Stall, Termination, linalg};

/// Writes a better gradient and returns true, when a differenced one is too coarse compared with its errors or
/// `has_failed`.
pub(super) fn refine(
    problem: &mut Oracle<'_>,
    (x, cost, gradient): (&DVector<f64>, f64, &DVector<f64>),
    has_failed: bool,
    better: &mut DVector<f64>,
) -> bool {
    if !problem.is_refinable(cost) {
        return false;
    }
    let plain = linalg::max_abs(gradient.as_slice());
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
        state.escape.copy_from(&state.gradient);
        state.escape.neg_mut();
        let (slope, max) = linalg::dot_and_max(state.escape.as_slice(), state.gradient.as_slice());
        let along = Proposal { slope, max, scaled: false, curvature: None };
        let buffers = [&mut state.trial, &mut state.better];
        let line = (&state.x, None, &state.escape);
        let mut ray = Ray::new(problem, line, (state.cost, along), buffers, &mut state.seen);
        let diagnosis = diagnose(&mut ray, slope, 0.25 * f64::MAX / max.max(1.0));
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
        let here = (&state.x, state.cost, &state.gradient);
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
            let here = (&state.x, state.cost, &state.gradient);
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
