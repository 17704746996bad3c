//! The last solution at a point, which a smaller ball there shortens along itself, without products.
//!
//! J. Nocedal, Y. Yuan, *Combining trust region and line search techniques*, in Y. Yuan (ed.), *Advances in nonlinear
//! programming* (1998) 153-175.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Region;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Along {
    /// The solution divided by its length, with the slope g'u and the curvature u'B u along it.
    unit: DVector<f64>,
    slope: f64,
    curvature: f64,
    pub is_known: bool,
}

impl Along {
    /// None yet, for n variables.
    pub fn new(n: usize) -> Self {
        Self { unit: DVector::zeros(n), slope: 0.0, curvature: 0.0, is_known: false }
    }

    /// True when it is for n variables.
    pub fn is_valid(&self, n: usize) -> bool {
        self.unit.len() == n
    }

    /// Keeps a solution, with g'u and u'(κ B) u.
    pub fn keep(&mut self, u: &DVector<f64>, slope: f64, curvature: f64, scale: f64) {
        let length = u.norm();
        self.unit.copy_from(u);
        self.unit /= length;
        self.slope = slope / length;
        self.curvature = curvature / scale / (length * length);
        self.is_known = length > 0.0;
    }

    /// Writes it with the length of the radius, and returns the decrease.
    pub fn shortened(&self, Region { radius, scale, .. }: Region<'_>, u: &mut DVector<f64>) -> f64 {
        u.copy_from(&self.unit);
        *u *= radius;
        -radius * (self.slope + 0.5 * radius * (scale * self.curvature))
    }
}
