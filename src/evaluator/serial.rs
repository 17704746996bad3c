//! Evaluation of one point after the other, in the caller's thread.

use nalgebra::DVector;

use super::{Evaluator, EvaluatorLost, caught};
use crate::Problem;

/// Evaluates one point after the other, in the caller's thread: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Evaluator for Serial {
    fn costs(
        &mut self,
        problem: &dyn Problem,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<u64, EvaluatorLost> {
        let mut panics = 0;
        for (cost, x) in costs.iter_mut().zip(points) {
            *cost = caught(problem, x).unwrap_or_else(|| {
                panics += 1;
                f64::NAN
            });
        }
        Ok(panics)
    }
}
