//! The next step, in the units of the gradient and of the radius.

use std::ops::ControlFlow;

use super::models::Here;
use super::room::Room;
use super::state::{Proposal, Shape};
use super::{At, Model, Region, StateOf, Subproblem, TrustRegion, radius};
use crate::linalg::{dot, max_abs, power_of_two};
use crate::{Oracle, Termination};

/// The most that twice the correction for the curvature of residuals may be, relative to the step: the choice of M.
/// Transtrum and J. Sethna, arXiv 1201.5885 (2012).
const BEND: f64 = 0.75;

impl<M: Model, S: Subproblem> TrustRegion<M, S> {
    /// Writes the step: the subproblem's solution; from a saddle, one along negative curvature; along the steepest
    /// descent where the model is not finite.
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

    /// A step of the length of the radius along the negative curvature, or as far as bounds allow: down, or to the other side
    /// where bounds leave no room.
    fn leave(&self, state: &mut StateOf<M, S>, curvature: f64) {
        let scale = self.model.scale(&state.model);
        state.step.copy_from(&state.escape);
        if let Some(scale) = scale {
            state.step.component_div_assign(scale);
        }
        let slope = dot(state.gradient.as_slice(), state.step.as_slice());
        let sign = if slope > 0.0 { -1.0 } else { 1.0 };
        for sign in [sign, -sign] {
            let length = state.radius.min(state.room.reach(&state.x, &state.step, sign));
            let slope = sign * (length * slope);
            let predicted = -slope - 0.5 * length * (length * curvature);
            if predicted > 0.0 {
                state.step *= sign * length;
                state.proposal = Proposal { predicted, slope, length };
                return;
            }
        }
        state.step.fill(0.0);
    }

    fn minimise(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut StateOf<M, S>,
    ) -> ControlFlow<Termination> {
        let at = At { x: &state.x, cost: state.cost, gradient: &state.gradient };
        let reduction = state.reduction();
        let (u, g) = (&mut state.step, &mut state.unit_gradient);
        let memory = &mut state.model;
        let is_finite = self.model.look(problem, memory, at);
        problem.uninterrupted()?;
        g.copy_from(at.gradient);
        state.room.reduce(at.x, g);
        if let Some(scale) = self.model.scale(memory) {
            g.component_div_assign(scale);
        }
        let height = power_of_two(max_abs(g.as_slice()));
        *g /= height;
        let typical = radius::typical(at.x, self.model.scale(memory));
        let mut here = Here { problem: &mut *problem, model: &self.model, memory, at };
        let subproblem = &mut state.subproblem;
        let mut radius = state.radius;
        if radius == 0.0 {
            // |g|³ / g'B g.
            let mut cauchy = f64::NAN;
            if is_finite {
                let curvature = self.subproblem.steepest_curvature(&mut here, g, subproblem, u);
                cauchy = height * (g.norm_squared() * (g.norm() / curvature));
            }
            radius = radius::first(cauchy, typical);
        }
        // Δ = r · length with r from ½ to 1.
        let length = 2.0 * power_of_two(radius);
        let scale = (length / height).clamp(f64::MIN_POSITIVE, f64::MAX);
        state.room.measure(at.x, length, self.model.scale(here.memory));
        let Room { least, most, .. } = &state.room;
        let region =
            Region { radius: radius / length, scale, unit: height, reduction, least, most };

        let mut decrease = f64::NAN;
        if is_finite {
            decrease = self.subproblem.solve(&mut here, g, region, subproblem, u);
        }
        if let end @ ControlFlow::Break(_) = here.problem.uninterrupted() {
            // What was made of products that were not evaluated is void.
            self.subproblem.moved(subproblem);
            return end;
        }
        if !(decrease > 0.0 && decrease.is_finite() && u.iter().all(|u| u.is_finite())) {
            let norm = g.norm();
            u.copy_from(g);
            *u *= -region.radius / norm;
            state.room.clip(u);
            decrease = -dot(g.as_slice(), u.as_slice());
        }
        let norm = u.norm();
        let [bent, force] = [&mut state.trial.x, &mut state.trial.gradient];
        if state.room.bounds.is_none() {
            bent.copy_from(u);
            state.room.stretch(at.x, length, self.model.scale(here.memory), bent);
            if self.model.curvature_along(here.problem, here.memory, at, bent, force) {
                *force /= height;
                let is_solved =
                    self.subproblem.solve_again(&mut here, force, region, subproblem, bent);
                if is_solved && 2.0 * bent.norm() <= BEND * norm {
                    u.axpy(0.5, bent, 1.0);
                }
            }
        }
        here.problem.uninterrupted()?;
        let slope = height * (length * dot(g.as_slice(), u.as_slice()));
        let proposal =
            Proposal { predicted: height * (length * decrease), slope, length: length * norm };
        state.room.stretch(at.x, length, self.model.scale(&state.model), u);
        (state.radius, state.proposal) = (radius, proposal);
        ControlFlow::Continue(())
    }
}
