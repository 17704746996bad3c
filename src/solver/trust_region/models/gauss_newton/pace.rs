//! When the model of Gauss and Newton gives way to the Hessian, and when steps follow the curve of a valley.
//!
//! ```text
//! near    |Q'r| < 0.01 |r|:       the residuals are nearly orthogonal to the columns of J
//! slow    |D⁻¹g⁺| > 0.1 |D⁻¹g|:   a step that leaves more than a tenth of the gradient
//! far     |Q'r| ≥ 0.1 |r|
//! ```
//!
//! After two slow steps in a row near the minimum B is the Hessian, as long as it is near. Small residuals make no slow
//! steps there. Farther away, in a curved valley, the Hessian is no better; where the method is still far after 20
//! points, its steps take the curvature of the residuals into account.
//!
//! J. Dennis, D. Gay, R. Welsch, *An adaptive nonlinear least-squares algorithm*, ACM Trans. Math. Software 7 (1981)
//! 348-368 (NL2SOL), for the idea, here with the exact curvature of the residuals; D. Bates, D. Watts, *A relative
//! offset orthogonality convergence criterion for nonlinear least squares*, Technometrics 23 (1981) 179-183, for |Q'r|
//! / |r|.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::solver::trust_region::models::Trial;

/// A larger offset is not near.
const NEAR: f64 = 0.01;
/// A smaller one is not far.
const FAR: f64 = 0.1;
/// So many points that are far make a valley.
const LATE: u32 = 20;
/// A smaller one is rounding, nearly.
const ROUNDING: f64 = 1e4 * f64::EPSILON;
/// The share of the gradient that a slow step leaves.
const SLOW: f64 = 0.1;
/// So many in a row.
const PATIENCE: u32 = 2;

/// How fast the last steps were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pace {
    slow: u32,
    /// Points that were far, and whether the current one is.
    far: u32,
    is_far: bool,
    /// True once the residuals gave no finite Hessian.
    lacks_hessian: bool,
}

impl Pace {
    /// Counts a point with this offset |Q'r| / |r|.
    pub fn note_point(&mut self, offset: f64) {
        self.is_far = offset >= FAR;
        self.far = self.far.saturating_add(u32::from(self.is_far));
    }

    /// True in a valley that is long.
    pub fn is_late(&self) -> bool {
        self.is_far && self.far > LATE
    }

    /// Learns from a trial at a point with this offset |Q'r| / |r|.
    pub fn learn(&mut self, offset: f64, trial: Trial<'_>, scale: &DVector<f64>) {
        let Trial { before, after, .. } = trial;
        if offset.is_nan() || offset >= NEAR {
            self.slow = 0;
        } else if self.slow < PATIENCE && offset > ROUNDING {
            let is_slow = norm(after, scale) > SLOW * norm(before, scale);
            self.slow = if is_slow { self.slow + 1 } else { 0 };
        }
    }

    /// True when the Hessian is wanted.
    pub fn is_slow(&self) -> bool {
        self.slow >= PATIENCE && !self.lacks_hessian
    }

    /// Whether the residuals gave it.
    pub fn note_hessian(&mut self, is_given: bool) {
        self.lacks_hessian = !is_given;
    }
}

/// |D⁻¹g|.
fn norm(gradient: &DVector<f64>, scale: &DVector<f64>) -> f64 {
    gradient.iter().zip(scale).map(|(g, d)| (g / d) * (g / d)).sum::<f64>().sqrt()
}
