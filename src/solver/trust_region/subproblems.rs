//! The step: the minimum of the model in the ball, or near it.
//!
//! All work in the units of the gradient and of the radius, in which nothing over- or underflows:
//!
//! ```text
//! min q(u) = g'u + ½ u'(κ B) u   subject to |u| ≤ r,   ½ ≤ r < 1,   1 ≤ |g| < 2 or g = 0
//! ```

mod along;
mod cubic;
mod dense;
mod dogleg;
mod eigen;
mod exact;
mod gltr;
mod more_sorensen;
mod secular;
mod shifted;
mod steihaug;
mod triangular;
mod tridiagonal;
mod tron;

use nalgebra::DVector;
use serde::{Serialize, de::DeserializeOwned};

pub use cubic::Cubic;
pub use dogleg::{Dogleg, DoglegMemory};
pub use exact::{Exact, ExactMemory};
pub use gltr::{Gltr, GltrMemory};
pub use more_sorensen::{MoreSorensen, MoreSorensenMemory};
pub use steihaug::{Steihaug, SteihaugMemory};
pub use tron::{Tron, TronMemory};

use super::models::Quadratic;
use crate::Domain;
use crate::linalg::Lanczos;

/// The ball, and the units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region<'a> {
    /// r, from ½ to 1.
    pub radius: f64,
    /// κ, a power of two: the unit of length over that of the gradient.
    pub scale: f64,
    /// The unit of the gradient, a power of two: g times this is the gradient of the model.
    pub unit: f64,
    /// |g| relative to the gradient at the point before; 1 at the start.
    pub reduction: f64,
    /// The least and the most that each component of u may be, not positive and not negative; without numbers for a
    /// method that keeps no bounds.
    pub least: &'a DVector<f64>,
    /// See [`least`](Self::least).
    pub most: &'a DVector<f64>,
}

/// Minimises the model in the ball.
pub trait Subproblem: Clone + Send + Sync + std::fmt::Debug {
    /// The memory of the method, with all the workspace that it needs.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// True when B is needed as a matrix.
    const NEEDS_MATRIX: bool;

    /// True when the radius Δ stands for a weight |g| / Δ², which stays as the gradient changes, and u may be longer.
    const KEEPS_WEIGHT: bool = false;

    /// The name of the method with this subproblem.
    fn name(&self) -> &'static str;

    /// The domain in which the method keeps x. Default: [`Domain::Free`].
    fn domain(&self) -> Domain {
        Domain::Free
    }

    /// The memory before the first step, for n variables; allocates everything.
    fn start(&self, n: usize) -> Self::Memory;

    /// Completes a loaded memory; false when it does not fit n variables.
    fn restore(&self, memory: &mut Self::Memory, n: usize) -> bool;

    /// Returns g'B g, from which the first radius follows: before the first [`solve`](Self::solve), with the same
    /// gradient. `work` is workspace.
    fn steepest_curvature(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        _memory: &mut Self::Memory,
        work: &mut DVector<f64>,
    ) -> f64 {
        b.times(gradient, work);
        gradient.dot(work)
    }

    /// Writes u, |u| ≤ r up to rounding unless it [keeps a weight](Self::KEEPS_WEIGHT), and returns −q(u), the decrease
    /// that the model predicts. Not positive or not finite: there is no such step. At the same point it may be called
    /// again with a smaller radius. A method that keeps bounds is given g without the components that they hold at x.
    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut Self::Memory,
        u: &mut DVector<f64>,
    ) -> f64;

    /// Writes −(κ B + μ I)⁻¹ f with the multiplier μ of the last [`solve`](Self::solve), at the same point; false when
    /// this is not known. Default: false.
    fn solve_again(
        &self,
        _b: &mut dyn Quadratic,
        _force: &DVector<f64>,
        _region: Region<'_>,
        _memory: &mut Self::Memory,
        _out: &mut DVector<f64>,
    ) -> bool {
        false
    }

    /// Writes a unit vector v and returns v'B v, when that is negative beyond the errors in B.
    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut Self::Memory,
        v: &mut DVector<f64>,
    ) -> Option<f64>;

    /// Called when the method has moved to another point, or the last solution is void.
    fn moved(&self, memory: &mut Self::Memory);
}

/// Writes a unit vector of negative curvature, by products alone.
fn negative_curvature(
    lanczos: &mut Lanczos,
    b: &mut dyn Quadratic,
    v: &mut DVector<f64>,
) -> Option<f64> {
    let accuracy = b.accuracy();
    lanczos.negative_curvature(&mut |v, product| b.times(v, product), accuracy, v)
}
