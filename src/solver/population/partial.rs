//! The best point of a generation, or of a polish, within which the run's evaluations were used up.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// It is reported and not learnt: a resumed run makes the generation, or the polish, again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Partial {
    pub x: DVector<f64>,
    /// Infinite when there is none.
    pub cost: f64,
}

impl Partial {
    /// None yet, with a place for one.
    pub fn none(n: usize) -> Self {
        Self { x: DVector::zeros(n), cost: f64::INFINITY }
    }

    pub fn forget(&mut self) {
        self.cost = f64::INFINITY;
    }

    /// Takes in a point; one without a finite cost is none.
    pub fn take(&mut self, x: &DVector<f64>, cost: f64) {
        if cost < self.cost && cost > f64::NEG_INFINITY {
            self.x.copy_from(x);
            self.cost = cost;
        }
    }

    /// False for what a damaged checkpoint may hold.
    pub fn is_valid(&self, problem: &dyn Problem) -> bool {
        let is_within = || {
            self.x.iter().all(|x| x.is_finite())
                && problem.bounds().is_none_or(|bounds| bounds.contain(&self.x))
        };
        self.x.len() == problem.dimension()
            && (self.cost == f64::INFINITY || self.cost.is_finite() && is_within())
    }
}
