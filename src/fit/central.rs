//! Central differences of residuals, for the end of a fit without derivatives.
//!
//! ```text
//! ∂r/∂zⱼ ≈ (8 (r(z + hⱼ eⱼ) − r(z − hⱼ eⱼ)) − (r(z + 2hⱼ eⱼ) − r(z − 2hⱼ eⱼ))) / 12hⱼ,   hⱼ = ε^⅕ sⱼ
//! ∂r/∂zⱼ ≈ (r(z + hⱼ eⱼ) − r(z − hⱼ eⱼ)) / 2hⱼ,   hⱼ = ε^⅓ sⱼ,   where the long steps leave the bounds or the domain
//! ```
//!
//! with the size sⱼ of a parameter. Forward differences leave 8 digits of the derivatives, these 12 and 10: M.
//! Abramowitz, I. Stegun, *Handbook of mathematical functions* (1964), table 25.2; the steps balance rounding with
//! truncation as in J. Nocedal, S. Wright, *Numerical optimization* (2006), section 8.1.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;

use super::decomposition::Decomposition;
use crate::{Bounds, LeastSquares, Matrix};

/// At most so many steps are taken,
const STEPS: u64 = 30;
/// as long as each makes the offset smaller by this factor,
const FALL: f64 = 0.9;
/// and until it is this small.
const TIGHT: f64 = 1e-10;
/// Sums of squares that differ by no more than this share are level.
const LEVEL: f64 = 1e4 * f64::EPSILON;

/// Residuals with a Jacobian by central differences, within bounds.
pub(super) struct Central<'a> {
    residuals: &'a dyn LeastSquares,
    bounds: Option<&'a Bounds>,
    sizes: DVector<f64>,
    evaluations: AtomicU64,
    scratch: Mutex<Scratch>,
}

/// A point, and the residuals on both sides of it.
#[derive(Default)]
struct Scratch {
    point: DVector<f64>,
    above: DVector<f64>,
    below: DVector<f64>,
}

impl<'a> Central<'a> {
    /// With the sizes of the parameters.
    pub fn new(
        residuals: &'a dyn LeastSquares,
        bounds: Option<&'a Bounds>,
        sizes: DVector<f64>,
    ) -> Self {
        let (evaluations, scratch) = (AtomicU64::new(0), Mutex::default());
        Self { residuals, bounds, sizes, evaluations, scratch }
    }

    /// How often the residuals were evaluated.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// Evaluates the residuals at two values of variable j.
    fn both_sides(&self, j: usize, [upper, lower]: [f64; 2], scratch: &mut Scratch) {
        let Scratch { point, above, below } = scratch;
        let here = point[j];
        for (x, values) in [(upper, above), (lower, below)] {
            values.resize_vertically_mut(self.residuals.residuals(), f64::NAN);
            point[j] = x;
            self.residuals.residual(point, values);
        }
        point[j] = here;
        self.evaluations.fetch_add(2, Ordering::Relaxed);
    }

    /// Adds `weight` times the difference of both sides to a column.
    fn add(column: &mut [f64], weight: f64, scratch: &Scratch) {
        let sides = scratch.above.iter().zip(scratch.below.iter());
        for (entry, (above, below)) in column.iter_mut().zip(sides) {
            *entry += weight * (above - below);
        }
    }

    /// Writes the derivatives by variable j.
    fn differentiate(&self, j: usize, column: &mut [f64], scratch: &mut Scratch) {
        let z = scratch.point[j];
        let (low, high) = self.bounds.map_or((f64::NEG_INFINITY, f64::INFINITY), |bounds| {
            (bounds.lower()[j], bounds.upper()[j])
        });
        let long = self.sizes[j] * f64::EPSILON.powf(0.2);
        let [above, below] = [z + long, z - long];
        if low <= z - 2.0 * long && z + 2.0 * long <= high {
            column.fill(0.0);
            self.both_sides(j, [above, below], scratch);
            Self::add(column, 8.0 / (6.0 * (above - below)), scratch);
            let [above, below] = [z + 2.0 * long, z - 2.0 * long];
            self.both_sides(j, [above, below], scratch);
            Self::add(column, -2.0 / (6.0 * (above - below)), scratch);
            if column.iter().all(|entry| entry.is_finite()) {
                return;
            }
        }
        column.fill(0.0);
        let short = self.sizes[j] * f64::EPSILON.cbrt();
        let [above, below] = [(z + short).min(high), (z - short).max(low)];
        if above > below {
            self.both_sides(j, [above, below], scratch);
            Self::add(column, 1.0 / (above - below), scratch);
        }
    }
}

impl LeastSquares for Central<'_> {
    fn dimension(&self) -> usize {
        self.residuals.dimension()
    }
    fn residuals(&self) -> usize {
        self.residuals.residuals()
    }
    fn residual(&self, z: &DVector<f64>, residual: &mut DVector<f64>) {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.residuals.residual(z, residual);
    }
    fn jacobian(&self, z: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let jacobian = jacobian.dense(self.residuals(), z.len());
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        scratch.point.clone_from(z);
        for (j, mut column) in jacobian.column_iter_mut().enumerate() {
            self.differentiate(j, column.as_mut_slice(), &mut scratch);
        }
        true
    }
    fn has_jacobian(&self) -> bool {
        true
    }
    fn failure(&self) -> Option<String> {
        self.residuals.failure()
    }
}

/// Takes Gauss and Newton's steps from the end of a run, as long as the [offset](Decomposition::offset) falls and they
/// do not raise the sum of squares beyond rounding, with at most `left` evaluations. Returns the end, and how many were
/// tried.
pub(super) fn polish(
    central: &Central<'_>,
    mut z: DVector<f64>,
    bounds: Option<&Bounds>,
    left: u64,
) -> (DVector<f64>, u64) {
    let is_inside = |z: &DVector<f64>, j: &usize| {
        bounds.is_none_or(|b| b.lower()[*j] < z[*j] && z[*j] < b.upper()[*j])
    };
    let chosen: Vec<usize> = (0..z.len()).filter(|j| is_inside(&z, j)).collect();
    let m = central.residuals();
    let mut jacobian = Matrix::default();
    let mut at = |z: &DVector<f64>| {
        let mut residual = DVector::repeat(m, f64::NAN);
        central.residual(z, &mut residual);
        central.jacobian(z, &mut jacobian);
        let parts = Decomposition::of(&jacobian, &chosen, &residual, m)?;
        let norm = residual.norm();
        Some((parts.offset().unwrap_or(norm), norm, parts.step()))
    };
    let steps = STEPS.min(left / (4 * z.len() as u64 + 1));
    let mut here = if steps > 0 { at(&z) } else { None };
    for taken in 0..steps {
        let Some((offset, norm, step)) = &here else { return (z, taken) };
        let mut next = z.clone();
        for (&j, step) in chosen.iter().zip(step) {
            next[j] += step;
        }
        if *offset <= TIGHT || !chosen.iter().all(|j| is_inside(&next, j)) {
            return (z, taken);
        }
        let there = at(&next);
        let is_better = there.as_ref().is_some_and(|(offset_there, norm_there, _)| {
            *offset_there <= FALL * offset && *norm_there <= (1.0 + LEVEL) * norm
        });
        if !is_better {
            return (z, taken + 1);
        }
        (z, here) = (next, there);
    }
    (z, steps)
}
