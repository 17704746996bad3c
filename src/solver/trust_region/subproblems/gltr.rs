//! Truncated conjugate gradients that go on along the boundary, in the space of Lanczos' vectors.
//!
//! ```text
//! κ B Q = Q T + β q e_k',  Q'g = |g| e₁,   min |g| h₁ + ½ h'T h  subject to |h| ≤ r,   u = Q h
//! ```
//!
//! The residuals of conjugate gradients are the vectors q but for their lengths, and their α and β give the tridiagonal
//! T. After the boundary is hit, or d'B d ≤ 0, Lanczos' method takes their place, until |(κ B + λ I) u + g| = β |h_k| ≤
//! η |g|.
//!
//! N. Gould, S. Lucidi, M. Roma, P. Toint, *Solving the trust-region subproblem using the Lanczos method*, SIAM J.
//! Optim. 9 (1999) 504-525, algorithm 5.1, with all vectors kept in place of a second pass.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::along::Along;
use super::dogleg::to_boundary;
use super::steihaug::most_products;
use super::tridiagonal::Tridiagonal;
use super::{Quadratic, Region, Subproblem, negative_curvature};
use crate::linalg::{Lanczos, axpy, dot, sums};

/// A rest below this share of T is rounding: the space is complete.
const COMPLETE: f64 = 1e-12;

/// The method of Gould, Lucidi, Roma and Toint: conjugate gradients, and beyond the boundary the minimum in the Krylov
/// space.
///
/// **Method** as [`Steihaug`](super::Steihaug) inside the ball. Where that would end on the boundary, Lanczos' vectors
/// widen the space until the residual of the optimality condition falls by the same η, or 30 vectors are reached;
/// beyond 30, the step is that of Steihaug. A smaller radius at the same point takes no products: the same space has
/// another minimum.
///
/// **Needs** products with B only, at most max(2n, 50) for each point; 35 vectors of memory.
///
/// **Guarantee** at least the decrease of Steihaug's step; the decrease of the exact minimum as η goes to 0, where the
/// space contains it.
///
/// **Reference** Gould, Lucidi, Roma & Toint, SIAM J. Optim. 9 (1999) 504-525.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gltr;

/// The memory of [`Gltr`]: the vectors of the iterations and the last solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GltrMemory {
    /// g + κ B u.
    residual: DVector<f64>,
    direction: DVector<f64>,
    /// κ B d, and afterwards β q.
    image: DVector<f64>,
    last: Along,
    /// κ of T, whose rows are those of the space; 0: it has been left.
    scale: f64,
    rows: usize,
    t: Tridiagonal,
    /// Q.
    lanczos: Lanczos,
}

impl GltrMemory {
    /// Writes u and its residual.
    fn iterate(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        Region { radius, scale, reduction, .. }: Region<'_>,
        u: &mut DVector<f64>,
    ) {
        let Self { residual, direction, image, t, rows, lanczos, .. } = self;
        let basis = &mut lanczos.basis;
        u.fill(0.0);
        residual.copy_from(gradient);
        direction.copy_from(gradient);
        direction.neg_mut();
        (self.scale, *rows) = (scale, 0);
        let mut squares = residual.norm_squared();
        let forcing = reduction.min(0.5);
        let enough = forcing * forcing * squares;
        // Of the multiple of r that is q.
        let mut sign = 1.0;
        let mut coupled = 0.0;
        for k in 0..most_products(u.len()) {
            b.times(direction, image);
            *image *= scale;
            let [x, d] = [u.as_slice(), direction.as_slice()];
            let [curvature, ux, ud, dd] =
                sums([x, d, image.as_slice()], |[x, d, image]| [d * image, x * x, x * d, d * d]);
            if !curvature.is_finite() {
                *rows = 0;
                return;
            }
            let (alpha, pivot) = (squares / curvature, curvature / squares);
            let beyond = || ux + alpha * (2.0 * ud + alpha * dd) >= radius * radius;
            let leaves = curvature <= 0.0 || beyond();
            let is_kept = k < basis.len();
            if is_kept {
                basis[k].copy_from(residual);
                basis[k] *= sign / squares.sqrt();
                t.diagonal[k] = pivot + coupled;
                *rows = k + 1;
            } else {
                *rows = 0;
            }
            if leaves && is_kept {
                // β q.
                image.axpy(pivot, residual, 1.0);
                *image *= -sign / squares.sqrt();
                self.go_on(b, gradient, radius, forcing, u);
                return;
            }
            let alpha = if leaves { to_boundary([ux, ud, dd], radius) } else { alpha };
            axpy(alpha, direction.as_slice(), u.as_mut_slice());
            axpy(alpha, image.as_slice(), residual.as_mut_slice());
            let before = squares;
            squares = residual.norm_squared();
            let beta = squares / before;
            if leaves || squares <= enough || !squares.is_finite() {
                image.copy_from(residual);
                *image *= -sign * pivot / before.sqrt();
                return;
            }
            if is_kept {
                t.coupling[k] = pivot * beta.sqrt();
            }
            coupled = pivot * beta;
            sign = -sign;
            for (d, r) in direction.as_mut_slice().iter_mut().zip(residual.as_slice()) {
                *d = beta * *d - r;
            }
        }
    }

    /// Widens the space by Lanczos' method as far as it helps, and writes the minimum there.
    fn go_on(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        radius: f64,
        forcing: f64,
        u: &mut DVector<f64>,
    ) {
        let norm = gradient.norm();
        loop {
            self.t.minimise(self.rows, norm, radius);
            let Self { image, t, rows, lanczos, .. } = self;
            let (k, basis) = (*rows, &mut lanczos.basis);
            let beta = image.norm();
            let is_complete = k == basis.len() || beta <= COMPLETE * t.size(k);
            let residual = beta * t.h[k - 1].abs();
            if is_complete || residual <= forcing * norm || residual.is_nan() {
                break;
            }
            let q = &mut basis[k];
            q.copy_from(image);
            *q /= beta;
            b.times(q, image);
            *image *= self.scale;
            t.coupling[k - 1] = beta;
            t.diagonal[k] = dot(basis[k].as_slice(), image.as_slice());
            for q in &basis[..=k] {
                axpy(-dot(q.as_slice(), image.as_slice()), q.as_slice(), image.as_mut_slice());
            }
            *rows = k + 1;
        }
        self.combine(gradient, radius, u);
    }

    /// u = Q h and its residual g + Q T h + β q h_k.
    fn combine(&mut self, gradient: &DVector<f64>, radius: f64, u: &mut DVector<f64>) {
        let Self { residual, image, t, rows, lanczos, .. } = self;
        u.fill(0.0);
        residual.copy_from(gradient);
        for (k, q) in lanczos.basis[..*rows].iter().enumerate() {
            axpy(t.h[k], q.as_slice(), u.as_mut_slice());
            axpy(t.times(*rows, k), q.as_slice(), residual.as_mut_slice());
        }
        axpy(t.h[*rows - 1], image.as_slice(), residual.as_mut_slice());
        let share = radius / u.norm();
        if share < 1.0 {
            *u *= share;
            *residual -= gradient;
            *residual *= share;
            *residual += gradient;
        }
    }
}

impl Subproblem for Gltr {
    type Memory = GltrMemory;

    const NEEDS_MATRIX: bool = false;

    fn name(&self) -> &'static str {
        "Gltr"
    }

    fn start(&self, n: usize) -> GltrMemory {
        let [residual, direction, image] = [(); 3].map(|()| DVector::zeros(n));
        let lanczos = Lanczos::new(n);
        GltrMemory {
            residual,
            direction,
            image,
            last: Along::new(n),
            scale: 1.0,
            rows: 0,
            t: Tridiagonal::new(lanczos.basis.len()),
            lanczos,
        }
    }

    fn restore(&self, memory: &mut GltrMemory, n: usize) -> bool {
        let GltrMemory { residual, direction, image, last, rows, t, lanczos, .. } = memory;
        [residual, direction, image].iter().all(|v| v.len() == n)
            && last.is_valid(n)
            && lanczos.is_valid(n)
            && t.restore(lanczos.basis.len())
            && *rows <= lanczos.basis.len()
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut GltrMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        let Region { radius, scale, .. } = region;
        if !memory.last.is_known {
            memory.iterate(b, gradient, region, u);
        } else if memory.rows > 0 {
            let change = scale / memory.scale;
            memory.image *= change;
            memory.t.scale(change);
            memory.scale = scale;
            memory.t.minimise(memory.rows, gradient.norm(), radius);
            memory.combine(gradient, radius, u);
        } else {
            return memory.last.shortened(region, u);
        }
        let (slope, rest) = (gradient.dot(u), memory.residual.dot(u));
        memory.last.keep(u, slope, rest - slope, scale);
        -0.5 * (slope + rest)
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut GltrMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        // It takes the place of the vectors.
        memory.rows = 0;
        negative_curvature(&mut memory.lanczos, b, v)
    }

    fn moved(&self, memory: &mut GltrMemory) {
        memory.last.is_known = false;
    }
}
