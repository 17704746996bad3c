//! Newton's method: (H + E) d = −g, with E = 0 where H is positive definite.
//!
//! Where H is not, H + E = P'L |D| L'P from the factors P H P' = L D L' (Bunch & Parlett 1971): the curvature along a
//! direction keeps its magnitude, and with it the step; only its sign is reversed. Where the gradient vanishes and H
//! has a negative eigenvalue, d is a direction of negative curvature from the same factors.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::linalg::{self, ModifiedLdl};
use crate::line_search::HagerZhang;
use crate::{Error, Oracle, memory};

/// Newton's method with a modified factorization and a line search.
///
/// **Method** (H + E) d = −g, H = ∇²f(x), E = 0 where H is positive definite; else P (H + E) P' = L |D| L' with the
/// factors P H P' = L D L', D of blocks 1 × 1 and 2 × 2, |λ| for its eigenvalues λ; the trial step is 1.
///
/// **Needs** a gradient, and the Hessian or n more gradients an iteration for differences, which are counted; 2n²
/// numbers of memory, at most 16 GiB (n = 32768), n³/6 multiply-adds; with the feature `faer`, positive definite Hessians
/// of 64 and more variables are factorized faster, 2.6 times at n = 2000. **Parameters** the line search (default
/// [`HagerZhang`]), [`typical_x`](Descent::typical_x).
///
/// **Guarantee** quadratic convergence near a minimum with a positive definite Hessian; affine invariance there. It
/// examines the Hessian before it reports convergence, and leaves a saddle along negative curvature.
///
/// ```
/// use extremum::{DMatrix, Newton, from_fn, minimize};
/// let wells = from_fn(2, |x| x[0].powi(4) - 2.0 * x[0] * x[0] + x[1] * x[1])
///     .with_gradient(|x, g| { g[0] = 4.0 * x[0].powi(3) - 4.0 * x[0]; g[1] = 2.0 * x[1]; })
///     .with_hessian(|x| DMatrix::from_row_slice(2, 2, &[12.0 * x[0] * x[0] - 4.0, 0.0, 0.0, 2.0]));
/// let found = minimize(&wells, Newton::default(), [0.0, 0.0])?; // a saddle
/// assert!((found.cost + 1.0).abs() < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Nocedal & Wright (2006), algorithm 3.2 and section 3.4; Bunch & Parlett, SIAM J. Numer. Anal. 8 (1971)
/// 639-655; Cheng & Higham, SIAM J. Matrix Anal. Appl. 19 (1998) 1097-1110.
pub type Newton = Descent<ModifiedNewton>;

/// The direction of [`Newton`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifiedNewton;

impl Default for Newton {
    fn default() -> Self {
        Descent::new(ModifiedNewton, HagerZhang::default())
    }
}

/// The memory of [`ModifiedNewton`]: the Hessian at the current point and its factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewtonMemory {
    #[serde(with = "linalg::matrix_bytes")]
    hessian: DMatrix<f64>,
    factor: ModifiedLdl,
    /// Relative size of the errors in `hessian`.
    accuracy: f64,
    /// True when the two belong to the current point.
    current: bool,
    /// True when convergence was refused here, so that the next direction must be one of negative curvature.
    at_saddle: bool,
    /// True after a failed search, until a step succeeds: the direction is steepest descent.
    steepest: bool,
    /// −g, or a direction of negative curvature and its image under H.
    work: DVector<f64>,
    image: DVector<f64>,
}

impl NewtonMemory {
    /// Evaluates and factorizes the Hessian at a point; false when it is not finite, or its factors are not.
    fn look(&mut self, problem: &mut Oracle<'_>, at: Point<'_>) -> bool {
        if !self.current {
            // Differences need the gradient as the problem gives it.
            self.work.copy_from(at.gradient);
            if let Some(scale) = at.scale {
                self.work.component_div_assign(scale);
            }
            self.accuracy = problem.hessian(at.x, (at.cost, &self.work), &mut self.hessian);
            if let Some(scale) = at.scale {
                for (mut column, t) in self.hessian.column_iter_mut().zip(scale) {
                    column *= *t;
                    column.component_mul_assign(scale);
                }
            }
            self.current = self.factor.factorize(&self.hessian);
        }
        self.current
    }

    /// Leaves p in `work` and returns p'H p when that is negative beyond the errors of H.
    fn negative_curvature(&mut self) -> Option<f64> {
        if !self.factor.negative_curvature(&mut self.work) {
            return None;
        }
        for (j, image) in self.image.iter_mut().enumerate() {
            *image = linalg::dot(linalg::column(&self.hessian, j), self.work.as_slice());
        }
        let [curvature, norm_squared] =
            linalg::sums([self.work.as_slice(), self.image.as_slice()], |[p, hp]| [p * hp, p * p]);
        let radius = self.accuracy * self.hessian.norm();
        (curvature < -radius * norm_squared).then_some(curvature)
    }
}

impl Direction for ModifiedNewton {
    type Memory = NewtonMemory;

    fn name(&self) -> &'static str {
        "Newton"
    }

    fn check(&self, n: usize) -> Result<(), Error> {
        memory::check_pairs(self.name(), n, 2.0)
    }

    fn start(
        &self,
        problem: &mut Oracle<'_>,
        n: usize,
        _scale: Option<&DVector<f64>>,
    ) -> NewtonMemory {
        problem.prepare_differences();
        NewtonMemory {
            hessian: DMatrix::zeros(n, n),
            factor: ModifiedLdl::new(n),
            accuracy: 0.0,
            current: false,
            at_saddle: false,
            steepest: false,
            work: DVector::zeros(n),
            image: DVector::zeros(n),
        }
    }

    fn is_valid(&self, memory: &NewtonMemory, n: usize) -> bool {
        memory.hessian.shape() == (n, n)
            && memory.factor.is_valid(n)
            && memory.work.len() == n
            && memory.image.len() == n
    }

    fn propose(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut NewtonMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        let stationary = at.gradient.iter().all(|g| *g == 0.0);
        if memory.steepest || !memory.look(problem, at) {
            return super::steepest::descend(at.gradient, d);
        }
        if (memory.at_saddle || stationary)
            && let Some(curvature) = memory.negative_curvature()
        {
            let (slope, max) = linalg::dot_and_max(memory.work.as_slice(), at.gradient.as_slice());
            let sign = if slope > 0.0 { -1.0 } else { 1.0 };
            d.copy_from(&memory.work);
            *d *= sign;
            return Proposal { slope: sign * slope, max, scaled: true, curvature: Some(curvature) };
        }
        memory.factor.solve(at.gradient, d);
        d.neg_mut();
        let (slope, max) = linalg::dot_and_max(d.as_slice(), at.gradient.as_slice());
        Proposal { slope, max, scaled: true, curvature: None }
    }

    fn update(&self, memory: &mut NewtonMemory, _step: Accepted<'_>) {
        memory.current = false;
        memory.at_saddle = false;
        memory.steepest = false;
    }

    fn reset(&self, memory: &mut NewtonMemory, moved: bool) -> bool {
        memory.current &= !moved;
        memory.at_saddle = false;
        !std::mem::replace(&mut memory.steepest, true)
    }

    fn accepts_convergence(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut NewtonMemory,
        at: Point<'_>,
    ) -> bool {
        memory.at_saddle = memory.look(problem, at) && memory.negative_curvature().is_some();
        !memory.at_saddle
    }
}
