//! The global minimum of the model in the ball: by an eigendecomposition for few variables, by factorizations for many.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::eigen::EigenMemory;
use super::more_sorensen::MoreSorensenMemory;
use super::{Quadratic, Region, Subproblem};

/// The most variables with eigenvectors. They take less than a tenth of a millisecond, about 15 times a factorization;
/// from 200 variables on it is more than 25 times.
const FEW: usize = 40;

/// The global minimum of the model in the ball, also where B is indefinite or singular, and in the hard case.
///
/// **Method** up to n = 40, κ B = Q Λ Q' once for each point, then Newton's iteration on 1/|u(μ)| = 1/r to 12 digits:
/// 4.5n³ multiply-adds. For more, [`MoreSorensen`](super::MoreSorensen) to 4 digits: n³/6 for a Newton step, otherwise
/// two to six times that, which the feature `faer` makes faster. **Needs** B as a matrix; n² numbers of memory.
///
/// Where a model gives a [factor](super::Quadratic::factor) R of B = R'R, B is not formed: up to n = 40 the singular
/// values of R take the place of eigenvalues, and for more QR factorizations of R above √λ I that of Cholesky's, n³/3
/// each. The errors of u are then of the order of the condition of R, and not of its square.
///
/// **Guarantee** with B u + μ u = −g, μ ≥ 0, μ (r − |u|) = 0 and B + μ I positive semidefinite, u is the global
/// minimum.
///
/// **Reference** Moré & Sorensen, SIAM J. Sci. Stat. Comput. 4 (1983) 553-572.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact;

/// The memory of [`Exact`] and [`Cubic`](super::Cubic).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExactMemory(By);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum By {
    Eigenvectors(EigenMemory),
    Factors(MoreSorensenMemory),
}

impl ExactMemory {
    pub(super) fn new(n: usize) -> Self {
        Self(if n <= FEW {
            By::Eigenvectors(EigenMemory::new(n))
        } else {
            By::Factors(MoreSorensenMemory::new(n))
        })
    }

    pub(super) fn restore(&mut self, n: usize) -> bool {
        match &mut self.0 {
            By::Eigenvectors(memory) => n <= FEW && memory.is_valid(n),
            By::Factors(memory) => n > FEW && memory.restore(n),
        }
    }

    /// Writes the minimum in the ball, or with the cubic term that has this radius, and returns the decrease.
    pub(super) fn solve(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        is_cubic: bool,
        u: &mut DVector<f64>,
    ) -> f64 {
        let radius = region.radius;
        match &mut self.0 {
            By::Eigenvectors(memory) if is_cubic => {
                let sigma = gradient.norm() / (radius * radius);
                memory.solve(b, gradient, region, u, |secular, out| {
                    secular.with_cubic_term(sigma, out)
                })
            }
            By::Eigenvectors(memory) => {
                memory.solve(b, gradient, region, u, |secular, out| secular.in_ball(radius, out))
            }
            By::Factors(memory) => memory.solve(b, gradient, region, is_cubic, u),
        }
    }

    pub(super) fn negative_curvature(
        &mut self,
        b: &mut dyn Quadratic,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        match &mut self.0 {
            By::Eigenvectors(memory) => memory.negative_curvature(b, v),
            By::Factors(memory) => memory.negative_curvature(b, v),
        }
    }

    pub(super) fn moved(&mut self) {
        match &mut self.0 {
            By::Eigenvectors(memory) => memory.moved(),
            By::Factors(memory) => memory.moved(),
        }
    }
}

impl Subproblem for Exact {
    type Memory = ExactMemory;

    const NEEDS_MATRIX: bool = true;

    fn name(&self) -> &'static str {
        "TrustRegion"
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
        memory.solve(b, gradient, region, false, u)
    }

    fn solve_again(
        &self,
        b: &mut dyn Quadratic,
        force: &DVector<f64>,
        region: Region<'_>,
        memory: &mut ExactMemory,
        out: &mut DVector<f64>,
    ) -> bool {
        match &mut memory.0 {
            By::Eigenvectors(memory) => memory.solve_again(force, out),
            By::Factors(memory) => memory.solve_again(b, force, region, out),
        }
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
