//! How large the numbers of a fit are.

use nalgebra::DVector;

use super::task::{Source, Task};
use crate::Matrix;

/// The size of a parameter changes the data by at least this share of them.
const VISIBLE: f64 = 1e-3;

/// How large the numbers are that residuals are differences of.
pub(super) struct Sizes {
    /// The norm of the data y; of residuals that are fitted as such, of these at the start.
    pub data: f64,
    /// |(Σⱼ |Jᵢⱼ zⱼ| + |yᵢ|)ᵢ|: rounding of the parameters and the data changes the residuals by up to ε times this.
    pub rounded: f64,
    /// |Jⱼ|.
    pub columns: Vec<f64>,
}

impl Sizes {
    pub fn of(task: &Task<'_>, jacobian: &Matrix, z: &DVector<f64>) -> Self {
        let mut sums = DVector::zeros(jacobian.rows());
        if let Source::Curve { y, .. } = &task.source {
            for (i, (sum, y)) in sums.iter_mut().zip(y).enumerate() {
                *sum = (task.factor(i) * y).abs();
            }
        }
        let at_start = task.at_start.iter().enumerate();
        let data = match &task.source {
            Source::Curve { .. } => sums.norm(),
            Source::Residuals(_) => {
                DVector::from_iterator(sums.len(), at_start.map(|(i, r)| task.factor(i) * r)).norm()
            }
        };
        let mut columns = Vec::with_capacity(z.len());
        let mut unit = DVector::zeros(z.len());
        let mut column = DVector::zeros(jacobian.rows());
        for k in 0..z.len() {
            unit.fill(0.0);
            unit[k] = 1.0;
            jacobian.times(&unit, &mut column);
            columns.push(column.norm());
            sums.zip_apply(&column, |sum, entry| *sum += (entry * z[k]).abs());
        }
        Self { data, rounded: sums.norm(), columns }
    }

    /// The sizes of the parameters that steps of differences are relative to: |zⱼ|, but no more than what changes the
    /// data by as much as they are, and no less than a thousandth of that.
    pub fn of_parameters(&self, task: &Task<'_>, z: &DVector<f64>) -> DVector<f64> {
        DVector::from_fn(z.len(), |k, _| {
            let whole = self.data / self.columns[k];
            let size = if whole > 0.0 && whole.is_finite() {
                z[k].abs().max(VISIBLE * whole).min(whole)
            } else {
                z[k].abs()
            };
            match (task.start[task.free[k]] / task.units[task.free[k]]).abs() {
                _ if size > 0.0 => size,
                0.0 => 1.0,
                start => start,
            }
        })
    }
}
