//! Refinement of differenced gradients where their errors matter.

use nalgebra::DVector;

use super::{Descent, DescentState, Direction, norm_within};
use crate::oracle::Norms;
use crate::{Oracle, linalg};

impl<D: Direction> Descent<D> {
    /// Writes a better gradient and returns its norm, when a differenced one is too coarse compared with its errors or
    /// `has_failed`.
    pub(super) fn refine(
        &self,
        problem: &mut Oracle<'_>,
        (x, cost, gradient, plain): (&DVector<f64>, f64, &DVector<f64>, f64),
        has_failed: bool,
        better: &mut DVector<f64>,
    ) -> Option<f64> {
        if !problem.is_refinable(cost) {
            return None;
        }
        let scale = self.typical_x.as_ref();
        let scaled = scale.map_or(plain, |_| linalg::max_abs(gradient.as_slice()));
        if !problem.refine(x, Norms { cost, plain, scaled, scale }, has_failed, better) {
            return None;
        }
        let norm = norm_within(problem.problem().bounds(), x, better);
        if let Some(scale) = scale {
            better.component_mul_assign(scale);
        }
        better.iter().all(|g| g.is_finite()).then_some(norm)
    }

    /// False when a differenced gradient is smaller than its error, and a refined one is larger.
    pub(super) fn is_certain(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut DescentState<D::Memory>,
    ) -> bool {
        if problem.problem().has_gradient() {
            return true;
        }
        let known = state.gradient_norm;
        // As often as it can be refined: a run that is resumed on the way comes to the same gradient.
        loop {
            let DescentState { x, cost, gradient, gradient_norm, best, .. } = state;
            best.gradient.copy_from(gradient);
            if let Some(scale) = &self.typical_x {
                best.gradient.component_div_assign(scale);
            }
            if problem.gradient_error(x, *cost, Some(&best.gradient)) <= *gradient_norm {
                break;
            }
            let here = (&*x, *cost, &*gradient, *gradient_norm);
            let refined = self.refine(problem, here, true, &mut best.gradient);
            if refined.is_none() || problem.uninterrupted().is_break() {
                break;
            }
            state.take_gradient(refined);
        }
        state.gradient_norm <= known
    }
}
