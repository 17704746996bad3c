//! The best point of a generation, or of a polish, during which the run used up its evaluations.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// It is reported, but the population does not learn from it: a resumed run repeats the generation, or the polish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Partial {
    pub x: DVector<f64>,
    /// Infinite when there is none.
    pub cost: f64,
}

impl Partial {
    /// No point yet, with room for one.
    pub fn none(n: usize) -> Self {
        Self { x: DVector::zeros(n), cost: f64::INFINITY }
    }

    pub fn forget(&mut self) {
        self.cost = f64::INFINITY;
    }

    /// Keeps a point that is better; costs that are not finite are ignored.
    pub fn take(&mut self, x: &DVector<f64>, cost: f64) {
        if cost < self.cost && cost > f64::NEG_INFINITY {
            self.x.copy_from(x);
            self.cost = cost;
        }
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn is_valid(&self, problem: &dyn Problem) -> bool {
        let is_within = || {
            self.x.iter().all(|x| x.is_finite())
                && problem.bounds().is_none_or(|bounds| bounds.contain(&self.x))
        };
        self.x.len() == problem.dimension()
            && (self.cost == f64::INFINITY || self.cost.is_finite() && is_within())
    }
}
