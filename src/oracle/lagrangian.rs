//! The Hessian of the Lagrangian f(x) − Σ yᵢ cᵢ(x).

use nalgebra::{DMatrix, DVector};

use super::Oracle;
use crate::Matrix;

/// Room for the differences of y'c and of J'y. Empty until they are needed.
#[derive(Default)]
pub(super) struct Forces {
    values: DVector<f64>,
    jacobian: Matrix,
    here: DVector<f64>,
    there: DVector<f64>,
}

impl Forces {
    fn prepare(&mut self, n: usize, m: usize) {
        for (vector, length) in [(&mut self.values, m), (&mut self.here, n), (&mut self.there, n)] {
            if vector.len() != length {
                *vector = DVector::zeros(length);
            }
        }
    }
}

impl Oracle<'_> {
    /// Writes ∇²f(x) − Σ yᵢ ∇²cᵢ(x) with the multipliers y, m components, n × n, and returns the size of its errors
    /// relative to its largest entries, as [`hessian`](Self::hessian) does. `cost` and `gradient` are those of f at x,
    /// and `curvature` is workspace. What the problem does not give is differenced: the part of the constraints from
    /// J'y at x and n more points, or from y'c at x and n(n + 3)/2 more points where there is no Jacobian either.
    ///
    /// ```
    /// use extremum::{Bounds, DMatrix, DVector, Matrix, Oracle, Problem, constraints_from_fn, from_fn};
    /// let product = constraints_from_fn(1, |x, c| c[0] = x[0] * x[1]).at_least([1.0])?;
    /// let problem = from_fn(2, |x| x[0] * x[0]).with_constraints(product);
    /// let (x, y) = (DVector::from_vec(vec![2.0, 3.0]), DVector::from_vec(vec![5.0]));
    /// let (gradient, mut hessian) = (DVector::from_vec(vec![4.0, 0.0]), DMatrix::zeros(2, 2));
    /// let mut oracle = Oracle::new(&problem);
    /// oracle.lagrangian_hessian(&x, &y, (4.0, &gradient), &mut hessian, &mut Matrix::default());
    /// assert!((hessian - DMatrix::from_row_slice(2, 2, &[2.0, -5.0, -5.0, 0.0])).amax() < 1e-6);
    /// # Ok::<(), extremum::Error>(())
    /// ```
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
        let n = x.len();
        self.prepare_differences();
        let mut forces = std::mem::take(&mut self.forces);
        forces.prepare(n, y.len());
        let differenced = curvature.dense(n, n);
        let of_constraints = if self.gives_jacobian(x, &mut forces) {
            self.difference_products(x, y, differenced, &mut forces)
        } else {
            let mut product = |oracle: &mut Self, x: &DVector<f64>| {
                oracle.constraint_values(x, &mut forces.values);
                y.dot(&forces.values)
            };
            let here = product(self, x);
            self.difference_twice(x, here, differenced, &mut product);
            10.0 * n as f64 * self.steps.second
        };
        self.forces = forces;
        *hessian -= &*differenced;
        accuracy.max(of_constraints)
    }

    /// Writes Σ yᵢ ∇²cᵢ(x) from J'y beside x, where the Jacobian at x is in the workspace.
    fn difference_products(
        &mut self,
        x: &DVector<f64>,
        y: &DVector<f64>,
        differenced: &mut DMatrix<f64>,
        forces: &mut Forces,
    ) -> f64 {
        let Forces { values, jacobian, here, there } = forces;
        jacobian.transpose_times(y, here);
        let mut force = |oracle: &mut Self, x: &DVector<f64>, force: &mut DVector<f64>| {
            oracle.constraint_jacobian(x, values, jacobian);
            jacobian.transpose_times(y, force);
        };
        self.difference_force(x, here, (differenced, there), &mut force)
    }

    /// Asks the constraints for their Jacobian at x: it is in the workspace if they give it.
    fn gives_jacobian(&mut self, x: &DVector<f64>, forces: &mut Forces) -> bool {
        let Some(constraints) = self.problem.structure().constraints else { return false };
        let Forces { values, jacobian, .. } = forces;
        if !self.meter.may_evaluate(self.meter.evaluations.constraint_jacobian)
            || !self.meter.call(false, || constraints.jacobian(x, jacobian))
        {
            return false;
        }
        self.meter.evaluations.constraint_jacobian += 1;
        self.check_shape((values.len(), x.len()), jacobian);
        true
    }
}
