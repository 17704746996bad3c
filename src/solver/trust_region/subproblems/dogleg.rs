//! The dogleg: from the minimum along the steepest descent towards the Newton step, as far as the ball goes.
//!
//! M. J. D. Powell, *A hybrid method for nonlinear equations*, in P. Rabinowitz (ed.), Numerical methods for nonlinear
//! algebraic equations (1970) 87-114; J. Nocedal, S. Wright, *Numerical optimization* (2006), eq. (4.16).

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Quadratic, Region, Subproblem};
use crate::linalg::{self, ModifiedLdl, dot};

/// The dogleg path: along the steepest descent to the minimum of the model, then straight to the Newton step.
///
/// **Method** one factorization P B P' = L D L' for each point, modified where B is not positive definite so that
/// curvature keeps its size and becomes positive; the step is the better of the path's end and the Cauchy point, by the
/// model with B itself. **Needs** B as a matrix; n² numbers of memory, n³/6 multiply-adds.
///
/// **Guarantee** at least the decrease of the Cauchy point.
///
/// **References** Powell (1970); Nocedal & Wright (2006), section 4.1; the factorization as in
/// [`Newton`](crate::Newton).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dogleg;

/// The memory of [`Dogleg`]: the factors and the Newton step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoglegMemory {
    factor: ModifiedLdl,
    state: Factors,
    /// (B + E)⁻¹ g.
    newton: DVector<f64>,
    /// B g and B u.
    image: DVector<f64>,
}

/// What the factors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Factors {
    /// Those of another point.
    Old,
    Current,
    /// Not finite.
    Failed,
}

impl DoglegMemory {
    /// Factorizes B, unless that is done; false when it fails.
    fn factorize(&mut self, b: &mut dyn Quadratic) -> bool {
        if let Some(matrix) = b.matrix().filter(|_| self.state == Factors::Old) {
            let is_done = self.factor.factorize(matrix);
            self.state = if is_done { Factors::Current } else { Factors::Failed };
        }
        self.state == Factors::Current
    }
}

/// β ≥ 0 with |c + β d|² = r², from the squares and the product: c'c, c'd and d'd.
pub(super) fn to_boundary([cc, cd, dd]: [f64; 3], radius: f64) -> f64 {
    let room = (radius * radius - cc).max(0.0);
    let root = (cd * cd + dd * room).sqrt();
    // The form without cancellation.
    if cd > 0.0 { room / (cd + root) } else { (root - cd) / dd }
}

impl Subproblem for Dogleg {
    type Memory = DoglegMemory;

    const NEEDS_MATRIX: bool = true;

    fn name(&self) -> &'static str {
        "Dogleg"
    }

    fn start(&self, n: usize) -> DoglegMemory {
        let [newton, image] = [(); 2].map(|()| DVector::zeros(n));
        DoglegMemory { factor: ModifiedLdl::new(n), state: Factors::Old, newton, image }
    }

    fn restore(&self, memory: &mut DoglegMemory, n: usize) -> bool {
        memory.factor.is_valid(n) && memory.newton.len() == n && memory.image.len() == n
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut DoglegMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        if !memory.factorize(b) {
            return f64::NAN;
        }
        let DoglegMemory { factor, newton, image, .. } = memory;
        let Region { radius, scale, .. } = region;
        let squares = gradient.norm_squared();
        b.times(gradient, image);
        let curvature = scale * gradient.dot(image);
        // The Cauchy point −γ g, and how much it gains.
        let inside = radius / squares.sqrt();
        let cauchy = if curvature > 0.0 { (squares / curvature).min(inside) } else { inside };
        let gain = cauchy * (squares - 0.5 * cauchy * curvature);

        factor.solve(gradient, newton);
        *newton /= -scale;
        let steepest = |u: &mut DVector<f64>| {
            u.copy_from(gradient);
            *u *= -cauchy;
            gain
        };
        if newton.norm() <= radius {
            u.copy_from(newton);
        } else if cauchy < inside {
            // c + β d with c = −γ g and d = p − c.
            steepest(u);
            *newton -= &*u;
            let [d, c] = [newton.as_slice(), u.as_slice()];
            let beta = to_boundary([dot(c, c), dot(c, d), dot(d, d)], radius);
            linalg::axpy(beta, newton.as_slice(), u.as_mut_slice());
        } else {
            return steepest(u);
        }
        b.times(u, image);
        let decrease = -(gradient.dot(u) + 0.5 * scale * u.dot(image));
        if decrease >= gain { decrease } else { steepest(u) }
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut DoglegMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        if !memory.factorize(b) || !memory.factor.negative_curvature(v) {
            return None;
        }
        v.normalize_mut();
        b.times(v, &mut memory.image);
        let size = b.matrix()?.norm();
        Some(v.dot(&memory.image)).filter(|curvature| *curvature < -b.accuracy() * size)
    }

    fn moved(&self, memory: &mut DoglegMemory) {
        memory.state = Factors::Old;
    }
}
