//! The start of a run, and of another one in the same memory.

use nalgebra::DVector;

use super::{Descent, DescentState, Direction, norm_within};
use crate::{Error, Oracle};

impl<D: Direction> Descent<D> {
    /// Evaluates the start: returns the cost and the gradient's norm, and writes the gradient in the scaled variables.
    pub(super) fn look_at_start(
        &self,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<(f64, f64), Error> {
        let cost = problem.start(x0, gradient)?;
        let gradient_norm = norm_within(problem.problem().bounds(), x0, gradient);
        if let Some(scale) = &self.typical_x {
            gradient.component_mul_assign(scale);
            let overflows = |(g, _): &(&f64, &f64)| !g.is_finite();
            if let Some((_, &t)) = gradient.iter().zip(scale).find(overflows) {
                let range = "such that its product with the gradient is finite";
                return Err(Error::Parameter { name: "typical_x", value: t, range });
            }
        }
        Ok((cost, gradient_norm))
    }

    /// Refines a differenced gradient at the start.
    pub(super) fn refine_start(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut DescentState<D::Memory>,
    ) -> Result<(), Error> {
        let here = (&state.x, state.cost, &state.gradient, state.gradient_norm);
        let refined = self.refine(problem, here, false, &mut state.best.gradient);
        problem.check_interruption()?;
        state.take_gradient(refined);
        Ok(())
    }
}
