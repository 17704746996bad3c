//! Evaluation of one point after the other, in the caller's thread.

use nalgebra::DVector;

use super::{Call, Evaluator, EvaluatorLost};

/// Evaluates one point after the other, in the caller's thread: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Evaluator for Serial {
    fn costs(
        &mut self,
        call: &Call<'_>,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<(), EvaluatorLost> {
        for (cost, x) in costs.iter_mut().zip(points) {
            *cost = call.cost(x);
        }
        Ok(())
    }
}
