//! Conjugate gradients on the model, as far as the ball goes, from products with B alone.
//!
//! ```text
//! u ← u + α d,  r ← r + α κ B d,  d ← −r + β d,   α = r'r / d'κB d,   β = r⁺'r⁺ / r'r
//! ```
//!
//! from u = 0, r = g, d = −g. It ends where |r| ≤ η |g|; where the next u leaves the ball, on the way there; and where
//! d'B d ≤ 0, on the boundary along d. Every α d lowers the model and makes u longer, so the first is the Cauchy point.
//!
//! T. Steihaug, *The conjugate gradient method and trust regions in large scale optimization*, SIAM J. Numer. Anal. 20
//! (1983) 626-637; P. Toint, in I. Duff (ed.), *Sparse matrices and their uses* (1981) 57-88.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::along::Along;
use super::dogleg::to_boundary;
use super::{Quadratic, Region, Subproblem, negative_curvature};
use crate::linalg::{Lanczos, axpy, sums};

/// The least and the most products for each point.
const FEWEST: usize = 50;
const PER_VARIABLE: usize = 2;

/// The most products for n variables.
pub(super) fn most_products(n: usize) -> usize {
    FEWEST.max(PER_VARIABLE * n)
}

/// The truncated conjugate gradients of Steihaug and Toint.
///
/// **Method** conjugate gradients until |r| ≤ η |g|, the boundary, or negative curvature; η = min(½, |g| / |g before|)
/// falls as the gradient does, so that convergence is superlinear. A smaller radius at the same point takes no
/// products: the step is then shortened along itself (Nocedal & Yuan 1998).
///
/// **Needs** products with B only, at most max(2n, 50) for each point; 35 vectors of memory, of which 30 serve to find
/// a direction of negative curvature where the gradient vanishes.
///
/// **Guarantee** at least the decrease of the Cauchy point; for convex models at least half of the greatest (Yuan
/// 2000).
///
/// **References** Steihaug, SIAM J. Numer. Anal. 20 (1983) 626-637; Nocedal & Wright (2006), algorithm 7.2; J. Nocedal,
/// Y. Yuan, in Y. Yuan (ed.), *Advances in nonlinear programming* (1998) 153-175; Y. Yuan, Math. Prog. 87 (2000)
/// 559-573.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steihaug;

/// The memory of [`Steihaug`]: the vectors of the iteration and the last solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SteihaugMemory {
    residual: DVector<f64>,
    direction: DVector<f64>,
    image: DVector<f64>,
    last: Along,
    /// True when `image` is B d for the first d.
    is_begun: bool,
    #[serde(skip)]
    lanczos: Lanczos,
}

impl SteihaugMemory {
    fn iterate(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        Region { radius, scale, reduction, .. }: Region<'_>,
        u: &mut DVector<f64>,
    ) {
        let Self { residual, direction, image, is_begun, .. } = self;
        u.fill(0.0);
        residual.copy_from(gradient);
        direction.copy_from(gradient);
        direction.neg_mut();
        let mut squares = residual.norm_squared();
        let forcing = reduction.min(0.5);
        let enough = forcing * forcing * squares;
        for _ in 0..most_products(u.len()) {
            if !std::mem::take(is_begun) {
                b.times(direction, image);
            }
            *image *= scale;
            let [x, d] = [u.as_slice(), direction.as_slice()];
            let [curvature, ux, ud, dd] =
                sums([x, d, image.as_slice()], |[x, d, image]| [d * image, x * x, x * d, d * d]);
            if !curvature.is_finite() {
                return;
            }
            let alpha = squares / curvature;
            let beyond = || ux + alpha * (2.0 * ud + alpha * dd) >= radius * radius;
            let leaves = curvature <= 0.0 || beyond();
            let alpha = if leaves { to_boundary([ux, ud, dd], radius) } else { alpha };
            axpy(alpha, direction.as_slice(), u.as_mut_slice());
            axpy(alpha, image.as_slice(), residual.as_mut_slice());
            let before = squares;
            squares = residual.norm_squared();
            if leaves || squares <= enough || !squares.is_finite() {
                return;
            }
            let beta = squares / before;
            for (d, r) in direction.as_mut_slice().iter_mut().zip(residual.as_slice()) {
                *d = beta * *d - r;
            }
        }
    }
}

impl Subproblem for Steihaug {
    type Memory = SteihaugMemory;

    const NEEDS_MATRIX: bool = false;

    fn name(&self) -> &'static str {
        "Steihaug"
    }

    fn start(&self, n: usize) -> SteihaugMemory {
        let [residual, direction, image] = [(); 3].map(|()| DVector::zeros(n));
        SteihaugMemory {
            residual,
            direction,
            image,
            last: Along::new(n),
            is_begun: false,
            lanczos: Lanczos::new(n),
        }
    }

    fn restore(&self, memory: &mut SteihaugMemory, n: usize) -> bool {
        memory.lanczos = Lanczos::new(n);
        let SteihaugMemory { residual, direction, image, last, .. } = memory;
        [residual, direction, image].iter().all(|v| v.len() == n) && last.is_valid(n)
    }

    /// The product is that of the first direction, −g, and is not made again.
    fn steepest_curvature(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        memory: &mut SteihaugMemory,
        work: &mut DVector<f64>,
    ) -> f64 {
        work.copy_from(gradient);
        work.neg_mut();
        b.times(work, &mut memory.image);
        memory.is_begun = true;
        work.dot(&memory.image)
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut SteihaugMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        if memory.last.is_known {
            return memory.last.shortened(region, u);
        }
        memory.iterate(b, gradient, region, u);
        // r = g + κ B u.
        let (slope, rest) = (gradient.dot(u), memory.residual.dot(u));
        memory.last.keep(u, slope, rest - slope, region.scale);
        -0.5 * (slope + rest)
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut SteihaugMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        negative_curvature(&mut memory.lanczos, b, v)
    }

    fn moved(&self, memory: &mut SteihaugMemory) {
        (memory.last.is_known, memory.is_begun) = (false, false);
    }
}
