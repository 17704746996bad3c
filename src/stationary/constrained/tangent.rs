//! The gradients of active limits: their rank, the directions that they leave free, and what follows from a gradient.
//!
//! ```text
//! Â = A with rows of length 1 = V Σ U',   ŷ = V Σ⁻¹ U' g,   n = −U Σ⁻¹ V' v̂,   Z: U'Z = 0
//! ```

use nalgebra::{DMatrix, DVector, SVD};

use super::limits::{Limit, Of};
use super::place::Place;

/// Singular values below this share of the largest, for each row or column, are rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;
/// The same where the gradients are differenced.
const DIFFERENCED: f64 = 1e-7;
/// The most sweeps of the decomposition, for each row or column.
const SWEEPS: usize = 100;

/// The singular value decomposition of the gradients.
pub(super) struct Tangent {
    /// An orthonormal basis Z of the directions along which no active limit changes, n × (n − rank).
    pub free: DMatrix<f64>,
    /// The number of independent gradients.
    pub rank: usize,
    /// The lengths of the gradients.
    norms: Vec<f64>,
    /// U, n × rank; Σ; V, one row for each limit.
    along: DMatrix<f64>,
    values: DVector<f64>,
    weights: DMatrix<f64>,
}

impl Tangent {
    /// The gradients of these limits at a place.
    pub fn of(place: &Place, limits: &[Limit]) -> Self {
        let (n, k) = (place.x.len(), limits.len());
        let mut rows: Vec<DVector<f64>> = limits.iter().map(|limit| place.row(*limit)).collect();
        let norms: Vec<f64> = rows.iter().map(|row| row.norm()).collect();
        for (row, norm) in rows.iter_mut().zip(&norms) {
            if *norm > 0.0 {
                *row /= *norm;
            }
        }
        if k == 0 {
            return Self::unknown(n, norms);
        }
        let columns = DMatrix::from_columns(&rows);
        let svd = SVD::try_new_unordered(columns, true, true, f64::EPSILON, SWEEPS * n.max(k));
        let svd = svd.filter(|svd| svd.singular_values.iter().all(|value| value.is_finite()));
        let Some(svd) = svd else { return Self::unknown(n, norms) };
        let (u, v_t) = (svd.u.unwrap_or_default(), svd.v_t.unwrap_or_default());
        let share = if place.has_jacobian { n.max(k) as f64 * ROUNDING } else { DIFFERENCED };
        let least = share * svd.singular_values.amax();
        let kept: Vec<usize> =
            (0..svd.singular_values.len()).filter(|&j| svd.singular_values[j] > least).collect();
        let along = u.select_columns(&kept);
        // The other columns of an orthogonal matrix that begins with U.
        let rank = kept.len();
        let mut whole = DMatrix::identity(n, n);
        along.clone().qr().q_tr_mul(&mut whole);
        let mut free = whole.rows(rank, n - rank).transpose();
        for limit in limits {
            // A variable at its bound does not move, not even by rounding.
            if let Of::Bound(i) = limit.of {
                free.row_mut(i).fill(0.0);
            }
        }
        Self {
            free,
            rank,
            norms,
            values: DVector::from_iterator(rank, kept.iter().map(|&j| svd.singular_values[j])),
            weights: v_t.select_rows(&kept).transpose(),
            along,
        }
    }

    /// No gradient, or none that is known.
    fn unknown(n: usize, norms: Vec<f64>) -> Self {
        let weights = DMatrix::zeros(norms.len(), 0);
        let (along, values) = (DMatrix::zeros(n, 0), DVector::zeros(0));
        Self { free: DMatrix::identity(n, n), rank: 0, norms, along, values, weights }
    }

    /// The least singular value that is not rounding, and its direction.
    pub fn weakest(&self) -> Option<(f64, DVector<f64>)> {
        let j = (0..self.rank).min_by(|&a, &b| self.values[a].total_cmp(&self.values[b]))?;
        Some((self.values[j], self.along.column(j).into_owned()))
    }

    /// How far x may be along the weakest direction when values have these errors.
    pub fn uncertainty(&self, errors: &[f64]) -> f64 {
        let Some((value, _)) = self.weakest() else { return 0.0 };
        let scaled = errors.iter().zip(&self.norms).map(|(error, norm)| error / norm);
        scaled.filter(|e| e.is_finite()).fold(0.0, f64::max) / value
    }

    /// Changes of gradients relative to their lengths, in the Frobenius norm.
    pub fn relative_change(&self, changes: impl Iterator<Item = f64>) -> f64 {
        let scaled = changes.zip(&self.norms).map(|(change, norm)| change / norm);
        scaled.filter(|c| c.is_finite()).map(|c| c * c).sum::<f64>().sqrt()
    }

    /// The multipliers whose combination of gradients is nearest to g; of several the shortest.
    pub fn multipliers(&self, gradient: &DVector<f64>) -> Vec<f64> {
        let scaled = self.along.tr_mul(gradient).component_div(&self.values);
        let found = &self.weights * scaled;
        found
            .iter()
            .zip(&self.norms)
            .map(|(y, norm)| if *norm > 0.0 { y / norm } else { 0.0 })
            .collect()
    }

    /// Bounds for the errors of the multipliers from those of the gradient, by components. Infinite for those that are
    /// not unique.
    pub fn multiplier_errors(&self, noise: &DVector<f64>) -> Vec<f64> {
        let along = self.along.abs().tr_mul(noise).component_div(&self.values);
        let bounds = self.weights.abs() * along;
        let errors = bounds.iter().zip(&self.norms).enumerate().map(|(k, (error, norm))| {
            // Its part in combinations of gradients that vanish.
            let lost = 1.0 - self.weights.row(k).norm_squared();
            if lost > 1e-8 { f64::INFINITY } else { error / norm }
        });
        errors.collect()
    }

    /// The shortest step that removes these excesses of the values over their limits, to first order.
    pub fn step_to(&self, excess: &[f64]) -> DVector<f64> {
        let scaled = excess
            .iter()
            .zip(&self.norms)
            .map(|(v, norm)| if *norm > 0.0 { v / norm } else { 0.0 });
        let scaled = DVector::from_iterator(excess.len(), scaled);
        let coordinates = self.weights.tr_mul(&scaled).component_div(&self.values);
        -(&self.along * coordinates)
    }
}
