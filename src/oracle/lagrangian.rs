//! The Hessian of the Lagrangian f(x) − Σ yᵢ cᵢ(x).

use nalgebra::{DMatrix, DVector};

use super::Oracle;
use crate::Matrix;

impl Oracle<'_> {
    /// Writes ∇²f(x) − Σ yᵢ ∇²cᵢ(x) with the multipliers y, m components, n × n, and returns the size of its errors relative
    /// to its largest entries, as [`hessian`](Self::hessian) does. `cost` and `gradient` are those of f at x, and `curvature`
    /// is workspace. What the problem does not give is differenced: the part of the constraints from J'y at n more points.
    pub fn lagrangian_hessian(
        &mut self,
        x: &DVector<f64>,
        y: &DVector<f64>,
        (cost, gradient): (f64, &DVector<f64>),
        hessian: &mut DMatrix<f64>,
        curvature: &mut Matrix,
    ) -> f64 {
        let accuracy = self.hessian(x, (cost, gradient), hessian);
        if y.iter().all(|y| *y == 0.0) {
            return accuracy;
        }
        if self.constraint_hessian(x, y, curvature) {
            curvature.subtract_from(hessian);
            return accuracy;
        }
        if !self.meter.is_open() {
            hessian.fill(f64::NAN);
            return f64::NAN;
        }
        self.prepare_differences();
        let (mut values, mut jacobian) = (DVector::zeros(y.len()), Matrix::default());
        let mut force = |oracle: &mut Oracle<'_>, x: &DVector<f64>, force: &mut DVector<f64>| {
            // A Jacobian that is differenced needs points of its own.
            oracle.prepare_differences();
            oracle.constraint_values(x, &mut values);
            oracle.constraint_jacobian(x, &values, &mut jacobian);
            jacobian.transpose_times(y, force);
        };
        let mut here = DVector::zeros(x.len());
        force(self, x, &mut here);
        let differenced = curvature.dense(x.len(), x.len());
        let of_constraints = self.difference_force(x, &here, differenced, &mut force);
        *hessian -= &*differenced;
        accuracy.max(of_constraints)
    }
}
