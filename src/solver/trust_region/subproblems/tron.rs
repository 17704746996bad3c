//! The minimum of the model in the ball and within bounds: projected searches, and conjugate gradients on the face they
//! reach.
//!
//! ```text
//! Cauchy   u ← P(−α g),  α ← the first of a falling sequence with q(u) ≤ μ g'u
//! face     w ≈ arg min q(u + w) over the variables strictly within their bounds, |u + w| ≤ ρ, by conjugate gradients
//!          u ← P(u + β w),  β ← the first of 1, ½, ¼, .. with q(u⁺) − q(u) ≤ μ r'(u⁺ − u)
//! ```
//!
//! with r = g + κ B u and the projection P into the bounds. Faces only shrink, so that after at most n of them the face
//! is that of the minimum; the projection lets many variables reach their bounds at once. 0 is within the bounds, hence
//! |P(v)| ≤ |v|, and the ball is kept.
//!
//! C. Lin, J. Moré, *Newton's method for large bound-constrained optimization problems*, SIAM J. Optim. 9 (1999)
//! 1100-1127, sections 3 and 5.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::along::Along;
use super::dogleg::to_boundary;
use super::{Quadratic, Region, Subproblem, negative_curvature};
use crate::Domain;
use crate::linalg::{Lanczos, axpy, dot};

/// μ: the share of the linear decrease that a projected search asks for.
const SUFFICIENT: f64 = 0.01;
/// A step whose square is at least this share of that of the radius ends the ball.
const BOUNDARY: f64 = 1.0 - 1e-12;
/// The most trials of a projected search.
const TRIALS: usize = 60;
/// A projected search along a face halves its step so often before it goes to the first bound.
const HALVINGS: usize = 10;
/// The least and the most products for each face.
const FEWEST: usize = 50;
const PER_VARIABLE: usize = 2;
/// The share of |g| to which the model is minimised where B is a matrix: its products cost little compared with another
/// one.
const ACCURATE: f64 = 1e-3;

/// The trust-region method for bounds of Lin and Moré: projected searches and conjugate gradients on faces.
///
/// **Method** a Cauchy step along the projected gradient of the model, then conjugate gradients on the face of the
/// variables that are strictly within their bounds, with a projected search along each minimum; until the gradient of
/// the model in them is at most η |g|, or the ball ends. η = 10⁻³ where B is a matrix; else as in
/// [`Steihaug`](super::Steihaug), and a smaller radius at the same point shortens the step along itself, without products.
///
/// **Needs** products with B only, at most max(2n, 50) for each of at most n + 1 faces; 38 vectors of memory.
///
/// **Guarantee** every step is within the bounds and in the ball, and at least as good as the Cauchy step. Where the
/// multipliers of the active bounds are not zero, the active set is that of the minimum after finitely many iterations.
///
/// **Reference** Lin & Moré, SIAM J. Optim. 9 (1999) 1100-1127, sections 3 to 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tron;

/// The memory of [`Tron`]: its vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TronMemory {
    /// κ B u.
    image: DVector<f64>,
    /// The gradient g + κ B u of the model in the free variables, and what is left of it.
    residual: DVector<f64>,
    /// w and κ B w.
    step: DVector<f64>,
    step_image: DVector<f64>,
    direction: DVector<f64>,
    product: DVector<f64>,
    /// Whether the product with −g is made.
    is_begun: bool,
    /// Where B is no matrix. Shorter, it is within the bounds as well.
    last: Along,
    #[serde(skip)]
    lanczos: Lanczos,
}

impl Region<'_> {
    /// The admissible uᵢ that is nearest.
    fn within(self, i: usize, u: f64) -> f64 {
        u.max(self.least[i]).min(self.most[i])
    }

    fn is_free(self, i: usize, u: f64) -> bool {
        self.least[i] < u && u < self.most[i]
    }
}

impl TronMemory {
    /// The model's gradient at u.
    fn slope_of(&self, i: usize, gradient: &DVector<f64>) -> f64 {
        gradient[i] + self.image[i]
    }

    /// Writes Δu = P(u + α d) − u and κ B Δu. Returns the slope r'Δu, the change of the model, and whether a bound cut
    /// the step.
    fn project(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        u: &DVector<f64>,
        alpha: f64,
    ) -> (f64, f64, bool) {
        let (mut slope, mut is_cut) = (0.0, false);
        for i in 0..u.len() {
            let there = u[i] + alpha * self.direction[i];
            let within = region.within(i, there);
            is_cut |= within != there;
            self.step[i] = within - u[i];
            slope += self.step[i] * self.slope_of(i, gradient);
        }
        if is_cut {
            b.times(&self.step, &mut self.step_image);
            self.step_image *= region.scale;
        } else {
            self.step_image.copy_from(&self.product);
            self.step_image *= alpha;
        }
        (slope, slope + 0.5 * self.step.dot(&self.step_image), is_cut)
    }

    /// u ← P(u + α d), the step that was projected last.
    fn take(&mut self, region: Region<'_>, u: &mut DVector<f64>, alpha: f64) {
        for (i, (u, d)) in u.iter_mut().zip(&self.direction).enumerate() {
            *u = region.within(i, *u + alpha * d);
        }
        self.image += &self.step_image;
    }

    /// Writes −g and −B g.
    fn begin(&mut self, b: &mut dyn Quadratic, gradient: &DVector<f64>) {
        self.direction.copy_from(gradient);
        self.direction.neg_mut();
        b.times(&self.direction, &mut self.product);
    }

    /// u ← P(−α g), from u = 0; false when there is no such step, or it ends the ball.
    fn cauchy(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        u: &mut DVector<f64>,
    ) -> bool {
        u.fill(0.0);
        self.image.fill(0.0);
        if !std::mem::take(&mut self.is_begun) {
            self.begin(b, gradient);
        }
        self.product *= region.scale;
        let squares = gradient.norm_squared();
        let curvature = self.direction.dot(&self.product);
        let reach = region.radius / squares.sqrt();
        let mut alpha = if curvature > 0.0 { (squares / curvature).min(reach) } else { reach };
        for _ in 0..TRIALS {
            let (slope, change, _) = self.project(b, gradient, region, u, alpha);
            if change <= SUFFICIENT * slope {
                self.take(region, u, alpha);
                return slope < 0.0 && u.norm_squared() < BOUNDARY * region.radius * region.radius;
            }
            if !change.is_finite() {
                return false;
            }
            alpha *= (-0.5 * slope / (change - slope)).clamp(0.1, 0.5);
        }
        false
    }

    /// Writes w, the minimum of the model in the free variables as far as the ball goes, and κ B w; false where the
    /// model is not finite.
    fn conjugate_gradients(
        &mut self,
        b: &mut dyn Quadratic,
        region: Region<'_>,
        u: &DVector<f64>,
        enough: f64,
    ) -> bool {
        let Self { residual, step, step_image, direction, product, .. } = self;
        step.fill(0.0);
        step_image.fill(0.0);
        direction.copy_from(residual);
        direction.neg_mut();
        let mut squares = residual.norm_squared();
        for _ in 0..FEWEST.max(PER_VARIABLE * u.len()) {
            b.times(direction, product);
            *product *= region.scale;
            let d = direction.as_slice();
            let curvature = dot(d, product.as_slice());
            if !curvature.is_finite() {
                return false;
            }
            let alpha = squares / curvature;
            // c = u + w.
            let [mut cc, mut cd] = [0.0; 2];
            for ((u, w), d) in u.iter().zip(step.iter()).zip(d) {
                cc += (u + w) * (u + w);
                cd += (u + w) * d;
            }
            let dd = dot(d, d);
            let beyond = || cc + alpha * (2.0 * cd + alpha * dd) >= region.radius * region.radius;
            let leaves = curvature <= 0.0 || beyond();
            let alpha = if leaves { to_boundary([cc, cd, dd], region.radius) } else { alpha };
            axpy(alpha, d, step.as_mut_slice());
            axpy(alpha, product.as_slice(), step_image.as_mut_slice());
            if leaves {
                return true;
            }
            for (i, r) in residual.iter_mut().enumerate() {
                if region.is_free(i, u[i]) {
                    *r += alpha * product[i];
                }
            }
            let before = squares;
            squares = residual.norm_squared();
            if squares <= enough || !squares.is_finite() {
                break;
            }
            *direction *= squares / before;
            *direction -= &*residual;
        }
        true
    }

    /// u ← P(u + β w); returns whether a bound cut it.
    fn search(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        u: &mut DVector<f64>,
    ) -> bool {
        std::mem::swap(&mut self.direction, &mut self.step);
        std::mem::swap(&mut self.product, &mut self.step_image);
        let mut beta = 1.0;
        for _ in 0..HALVINGS {
            let (slope, change, is_cut) = self.project(b, gradient, region, u, beta);
            if change <= SUFFICIENT * slope || change.is_nan() {
                self.take(region, u, beta);
                return is_cut;
            }
            beta *= 0.5;
        }
        // To the first bound: there the model falls all the way.
        let mut first = (beta, None);
        for (i, w) in self.direction.iter().enumerate() {
            let limit = if *w > 0.0 { region.most[i] } else { region.least[i] };
            let share = (limit - u[i]) / w;
            if *w != 0.0 && share < first.0 {
                first = (share, Some((i, limit)));
            }
        }
        axpy(first.0, self.direction.as_slice(), u.as_mut_slice());
        axpy(first.0, self.product.as_slice(), self.image.as_mut_slice());
        if let (_, Some((i, limit))) = first {
            u[i] = limit;
        }
        true
    }

    /// Minimises the model on smaller and smaller faces, until |r|² is `enough` there or the ball ends.
    fn faces(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        enough: f64,
        u: &mut DVector<f64>,
    ) {
        for _ in 0..=u.len() {
            for i in 0..u.len() {
                let is_free = region.is_free(i, u[i]);
                self.residual[i] = if is_free { self.slope_of(i, gradient) } else { 0.0 };
            }
            if self.residual.norm_squared() <= enough
                || !self.conjugate_gradients(b, region, u, enough)
                || !self.search(b, gradient, region, u)
            {
                return;
            }
        }
    }
}

impl Subproblem for Tron {
    type Memory = TronMemory;

    const NEEDS_MATRIX: bool = false;

    fn name(&self) -> &'static str {
        "Tron"
    }

    fn domain(&self) -> Domain {
        Domain::Bounded
    }

    fn start(&self, n: usize) -> TronMemory {
        let [image, residual, step, step_image, direction, product] =
            [(); 6].map(|()| DVector::zeros(n));
        TronMemory {
            image,
            residual,
            step,
            step_image,
            direction,
            product,
            is_begun: false,
            last: Along::new(n),
            lanczos: Lanczos::new(n),
        }
    }

    fn restore(&self, memory: &mut TronMemory, n: usize) -> bool {
        memory.lanczos = Lanczos::new(n);
        let TronMemory { image, residual, step, step_image, direction, product, last, .. } = memory;
        [image, residual, step, step_image, direction, product].iter().all(|v| v.len() == n)
            && last.is_valid(n)
    }

    /// The product is that of the Cauchy step, and is not made again.
    fn steepest_curvature(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        memory: &mut TronMemory,
        _work: &mut DVector<f64>,
    ) -> f64 {
        memory.begin(b, gradient);
        memory.is_begun = true;
        memory.direction.dot(&memory.product)
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut TronMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        if memory.last.is_known {
            return memory.last.shortened(region, u);
        }
        let is_cheap = b.factor().is_some() || b.matrix().is_some();
        let forcing = if is_cheap { ACCURATE } else { region.reduction.min(0.5) };
        if memory.cauchy(b, gradient, region, u) {
            memory.faces(b, gradient, region, forcing * forcing * gradient.norm_squared(), u);
        }
        let (slope, curvature) = (gradient.dot(u), u.dot(&memory.image));
        if !is_cheap {
            memory.last.keep(u, slope, curvature, region.scale);
        }
        -(slope + 0.5 * curvature)
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut TronMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        negative_curvature(&mut memory.lanczos, b, v)
    }

    fn moved(&self, memory: &mut TronMemory) {
        (memory.is_begun, memory.last.is_known) = (false, false);
    }
}
