//! The next step, in the units of the gradient and of the radius.

use std::ops::ControlFlow;

use super::models::{Here, Quadratic};
use super::state::{Proposal, Shape};
use super::{At, Model, Region, StateOf, Subproblem, TrustRegion, radius};
use crate::linalg::{dot, max_abs, power_of_two};
use crate::{Oracle, Termination};

impl<M: Model, S: Subproblem> TrustRegion<M, S> {
    /// Writes the step: the subproblem's solution; from a saddle, one along negative curvature; along the steepest descent
    /// where the model is not finite.
    pub(super) fn propose(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut StateOf<M, S>,
    ) -> ControlFlow<Termination> {
        if state.gradient_norm == 0.0 {
            self.examine(problem, state);
            problem.uninterrupted()?;
            if state.shape == Shape::Convex {
                return Self::rest(state);
            }
        }
        match state.shape {
            Shape::Saddle(curvature) => self.leave(state, curvature),
            _ => self.minimise(problem, state)?,
        }
        state.pending = true;
        ControlFlow::Continue(())
    }

    /// A step of the length of the radius, down along the negative curvature.
    fn leave(&self, state: &mut StateOf<M, S>, curvature: f64) {
        let length = state.radius;
        state.step.copy_from(&state.escape);
        if let Some(scale) = self.model.scale(&state.model) {
            state.step.component_div_assign(scale);
        }
        let slope = length * dot(state.gradient.as_slice(), state.step.as_slice());
        let sign = if slope > 0.0 { -1.0 } else { 1.0 };
        state.step *= sign * length;
        let predicted = slope.abs() - 0.5 * length * (length * curvature);
        state.proposal = Proposal { predicted, slope: -slope.abs(), length };
    }

    fn minimise(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut StateOf<M, S>,
    ) -> ControlFlow<Termination> {
        let at = At { x: &state.x, cost: state.cost, gradient: &state.gradient };
        let (u, g) = (&mut state.step, &mut state.unit_gradient);
        let memory = &mut state.model;
        let is_finite = self.model.look(problem, memory, at);
        problem.uninterrupted()?;
        g.copy_from(at.gradient);
        if let Some(scale) = self.model.scale(memory) {
            g.component_div_assign(scale);
        }
        let height = power_of_two(max_abs(g.as_slice()));
        *g /= height;
        let typical = radius::typical(at.x, self.model.scale(memory));
        let mut here = Here { problem: &mut *problem, model: &self.model, memory, at };
        if state.radius == 0.0 {
            // |g|³ / g'B g.
            let mut cauchy = f64::NAN;
            if is_finite {
                here.times(g, u);
                cauchy = height * (g.norm_squared() * (g.norm() / g.dot(u)));
                here.problem.uninterrupted()?;
            }
            state.radius = radius::first(cauchy, typical);
        }
        // Δ = r · length with r from ½ to 1.
        let length = 2.0 * power_of_two(state.radius);
        let scale = (length / height).clamp(f64::MIN_POSITIVE, f64::MAX);
        let region = Region { radius: state.radius / length, scale, reduction: state.reduction };

        let mut decrease = f64::NAN;
        if is_finite {
            decrease = self.subproblem.solve(&mut here, g, region, &mut state.subproblem, u);
        }
        if let end @ ControlFlow::Break(_) = problem.uninterrupted() {
            // What was made of products that were not evaluated is void.
            self.subproblem.moved(&mut state.subproblem);
            return end;
        }
        if !(decrease > 0.0 && decrease.is_finite() && u.iter().all(|u| u.is_finite())) {
            let norm = g.norm();
            u.copy_from(g);
            *u *= -region.radius / norm;
            decrease = region.radius * norm;
        }
        let slope = height * (length * dot(g.as_slice(), u.as_slice()));
        let proposal =
            Proposal { predicted: height * (length * decrease), slope, length: length * u.norm() };
        *u *= length;
        if let Some(scale) = self.model.scale(&state.model) {
            u.component_div_assign(scale);
        }
        state.proposal = proposal;
        ControlFlow::Continue(())
    }
}
