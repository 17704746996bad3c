//! The global minimum of the model with a cubic term in place of the ball.
//!
//! ```text
//! min q(u) + σ |u|³ / 3,   σ = |g| / r²:   B u + σ |u| u = −g,   B + σ |u| I positive semidefinite
//! ```
//!
//! r is the step where B is zero. As in the ball, from the eigenvectors of B by the [secular equation](super::secular),
//! or by [factorizations](super::shifted) of B + λ I, λ = σ |u|.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::exact::ExactMemory;
use super::{Quadratic, Region, Subproblem};

/// Cubic regularization: the weight σ of a cubic term takes the place of the radius.
///
/// **Method** adaptive regularization with models of order 2 in its simplified form: the ratio ρ uses the model without
/// its cubic term. σ grows where the prediction was poor and falls where it was good, as the radius of the ball does,
/// with Δ = √(|g| / σ) in its place; it stays when the gradient changes. Solved as in [`Exact`](super::Exact).
/// **Needs** B as a matrix; n² numbers of memory.
///
/// **Guarantee** a gradient of norm ε after a number of steps proportional to ε^(−3/2), which no method with two
/// derivatives improves.
///
/// **References** E. Birgin, J. Gardenghi, J. Martínez, S. Santos, P. Toint, Math. Prog. 163 (2017) 359-368, with p =
/// 2; C. Cartis, N. Gould, P. Toint, Math. Prog. 127 (2011) 245-295.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cubic;

impl Subproblem for Cubic {
    type Memory = ExactMemory;

    const NEEDS_MATRIX: bool = true;
    const KEEPS_WEIGHT: bool = true;

    fn name(&self) -> &'static str {
        "CubicRegularization"
    }

    fn start(&self, n: usize) -> ExactMemory {
        ExactMemory::new(n)
    }

    fn restore(&self, memory: &mut ExactMemory, n: usize) -> bool {
        memory.restore(n)
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut ExactMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        memory.solve(b, gradient, region, true, u)
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut ExactMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        memory.negative_curvature(b, v)
    }

    fn moved(&self, memory: &mut ExactMemory) {
        memory.moved();
    }
}
