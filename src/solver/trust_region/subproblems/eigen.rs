//! The global minimum of the model in the ball, or with a cubic term, by one eigendecomposition for each point.
//!
//! κ B = Q Λ Q', a = Q'g; then the [secular equation](super::secular) for the multiplier, and u = Q z. Smaller radii at
//! the same point need no other decomposition, and the least eigenvalue says whether the point is a saddle. Where B =
//! R'R and g = R'c are known by their factor R = U Σ V', Q = V, Λ = Σ² and a = Σ U'c, without R'R.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::secular::Secular;
use super::{Quadratic, Region};
use crate::linalg::row_qr::unit_of_upper;
use crate::linalg::{self, jacobi_svd, max_abs, power_of_two, symmetric_eigen};
use crate::solver::trust_region::models::Factor;

/// The eigenvectors and eigenvalues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EigenMemory {
    #[serde(with = "linalg::matrix_bytes")]
    vectors: DMatrix<f64>,
    /// Of B / unit.
    values: DVector<f64>,
    /// A power of two, the size of B.
    unit: f64,
    state: Decomposition,
    /// a, when it comes from a factor.
    slopes: DVector<f64>,
    has_slopes: bool,
    /// λ, a and z in the units of a region.
    scaled: DVector<f64>,
    along: DVector<f64>,
    coordinates: DVector<f64>,
}

/// What the eigenvectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Decomposition {
    /// Those of another point.
    Old,
    Current,
    /// The iteration did not end.
    Failed,
}

impl EigenMemory {
    pub(super) fn new(n: usize) -> Self {
        let zeros = || DVector::zeros(n);
        Self {
            vectors: DMatrix::zeros(n, n),
            values: zeros(),
            unit: 1.0,
            state: Decomposition::Old,
            slopes: zeros(),
            has_slopes: false,
            scaled: zeros(),
            along: zeros(),
            coordinates: zeros(),
        }
    }

    /// Decomposes B, unless that is done; false when it fails.
    fn decompose(&mut self, b: &mut dyn Quadratic) -> bool {
        if self.state != Decomposition::Old {
            return self.state == Decomposition::Current;
        }
        let factor = b.factor();
        self.has_slopes = factor.is_some();
        let is_done = if let Some(factor) = factor {
            self.decompose_factor(factor)
        } else if let Some(matrix) = b.matrix() {
            self.unit = power_of_two(max_abs(matrix.as_slice()));
            self.vectors.copy_from(matrix);
            self.vectors /= self.unit;
            let is_done = symmetric_eigen(&mut self.vectors, &mut self.values, &mut self.scaled);
            drop_rounding(&mut self.values);
            is_done
        } else {
            return false;
        };
        self.state = if is_done { Decomposition::Current } else { Decomposition::Failed };
        is_done
    }

    fn decompose_factor(&mut self, Factor { r, image }: Factor<'_>) -> bool {
        let Self { vectors, values, slopes, .. } = self;
        let unit = unit_of_upper(r);
        for j in 0..r.ncols() {
            for i in 0..r.nrows() {
                vectors[(j, i)] = if i <= j { r[(i, j)] / unit } else { 0.0 };
            }
        }
        slopes.copy_from(image);
        let is_done = jacobi_svd(vectors, slopes.as_mut_slice(), values);
        drop_rounding(values);
        slopes.component_mul_assign(values);
        *slopes *= unit;
        values.apply(|value| *value *= *value);
        self.unit = unit * unit;
        is_done
    }

    /// Writes the minimum that the [secular equation](Secular) has, and returns the decrease; NaN when there are no
    /// eigenvectors.
    pub(super) fn solve(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        u: &mut DVector<f64>,
        minimum: impl FnOnce(&Secular<'_>, &mut [f64]) -> f64,
    ) -> f64 {
        if gradient.is_empty() || !self.decompose(b) {
            return f64::NAN;
        }
        let Self { vectors, values, unit, slopes, scaled, along, coordinates, .. } = self;
        scaled.copy_from(values);
        *scaled *= *unit;
        *scaled *= region.scale;
        let rounding = gradient.len() as f64 * f64::EPSILON * gradient.norm();
        for j in 0..gradient.len() {
            let a = if self.has_slopes && scaled[j] != 0.0 {
                slopes[j] / region.unit
            } else {
                linalg::dot(linalg::column(vectors, j), gradient.as_slice())
            };
            // Where there is no curvature, rounding must not look like a slope.
            along[j] = if scaled[j] == 0.0 && a.abs() <= rounding { 0.0 } else { a };
        }
        let (values, along) = (scaled.as_slice(), along.as_slice());
        let secular = Secular { values, along, least: scaled.imin() };
        let decrease = minimum(&secular, coordinates.as_mut_slice());
        u.fill(0.0);
        for (j, z) in coordinates.iter().enumerate() {
            linalg::axpy(*z, linalg::column(vectors, j), u.as_mut_slice());
        }
        decrease
    }

    /// Writes −(κ B + μ I)⁻¹ f with the multiplier μ of the last solution; false when there is none.
    pub(super) fn solve_again(&mut self, force: &DVector<f64>, out: &mut DVector<f64>) -> bool {
        let Self { vectors, scaled, along, coordinates, .. } = self;
        let longest = coordinates.icamax();
        let mu = (-along[longest] / coordinates[longest] - scaled[longest]).max(0.0);
        if self.state != Decomposition::Current || !mu.is_finite() {
            return false;
        }
        out.fill(0.0);
        for (j, value) in scaled.iter().enumerate() {
            let vector = linalg::column(vectors, j);
            let share = linalg::dot(vector, force.as_slice()) / (value + mu);
            if share.is_finite() {
                linalg::axpy(-share, vector, out.as_mut_slice());
            }
        }
        true
    }

    /// Writes the eigenvector of the least eigenvalue, and returns that when it is negative beyond the errors in B.
    pub(super) fn negative_curvature(
        &mut self,
        b: &mut dyn Quadratic,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        if v.is_empty() || !self.decompose(b) {
            return None;
        }
        let least = self.values.imin();
        v.copy_from(&self.vectors.column(least));
        let error = b.accuracy() * self.values.norm();
        let value = self.values[least];
        (value < -error).then_some(value * self.unit)
    }

    pub(super) fn is_valid(&self, n: usize) -> bool {
        let Self { vectors, values, slopes, scaled, along, coordinates, .. } = self;
        let fits = [values, slopes, scaled, along, coordinates].iter().all(|v| v.len() == n);
        fits && vectors.shape() == (n, n)
    }

    pub(super) fn moved(&mut self) {
        self.state = Decomposition::Old;
    }
}

/// Values that are rounding are zero.
fn drop_rounding(values: &mut DVector<f64>) {
    let rounding = values.len() as f64 * f64::EPSILON * values.amax();
    for value in values.iter_mut().filter(|value| value.abs() <= rounding) {
        *value = 0.0;
    }
}
