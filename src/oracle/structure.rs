//! Residuals and constraints, which a problem may have in addition to its cost.

use nalgebra::DVector;

use super::Oracle;
use crate::{LeastSquares, Matrix};

impl<'a> Oracle<'a> {
    /// The number m of residuals; `None` when the problem is not a [sum of squares](LeastSquares).
    pub fn residuals(&self) -> Option<usize> {
        self.least_squares().map(LeastSquares::residuals)
    }

    fn least_squares(&self) -> Option<&'a dyn LeastSquares> {
        self.problem.structure().least_squares
    }

    /// Writes the residuals r(x) of a sum of squares, m components. NaN when the problem is not one, when it writes
    /// another number of residuals, and once the run is interrupted.
    ///
    /// ```
    /// use extremum::{DVector, LeastSquares, Matrix, Oracle, SumOfSquares};
    ///
    /// /// r = (x₀ x₁, x₀²)
    /// struct Pair;
    ///
    /// impl LeastSquares for Pair {
    ///     fn dimension(&self) -> usize {
    ///         2
    ///     }
    ///     fn residuals(&self) -> usize {
    ///         2
    ///     }
    ///     fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
    ///         (r[0], r[1]) = (x[0] * x[1], x[0] * x[0]);
    ///     }
    /// }
    ///
    /// let problem = SumOfSquares::new(Pair);
    /// let (x, mut r, mut jacobian) = (DVector::from_vec(vec![1.0, 3.0]), DVector::zeros(2), Matrix::default());
    /// let mut oracle = Oracle::new(&problem);
    /// oracle.residual(&x, &mut r);
    /// oracle.jacobian(&x, &r, &mut jacobian);
    /// assert!((jacobian.dense(2, 2)[(0, 0)] - 3.0).abs() < 1e-6); // ∂r₀/∂x₀ = x₁
    /// assert_eq!((oracle.evaluations().residual, oracle.evaluations().jacobian), (3, 0));
    /// ```
    pub fn residual(&mut self, x: &DVector<f64>, residual: &mut DVector<f64>) {
        match self.least_squares() {
            Some(problem) if self.meter.may_evaluate(self.meter.evaluations.residual) => {
                self.meter.evaluations.residual += 1;
                let m = problem.residuals();
                self.fill(residual, m, &mut |values| problem.residual(x, values));
            }
            _ => residual.fill(f64::NAN),
        }
    }

    /// Writes the Jacobian ∂rᵢ/∂xⱼ of the residuals at x, m × n, where `residual` is r(x): as the problem gives it, or
    /// by forward differences with n more evaluations of the residuals, within the bounds. NaN when the problem is not
    /// a sum of squares, when it gives a Jacobian of another size, and once the run is interrupted.
    pub fn jacobian(&mut self, x: &DVector<f64>, residual: &DVector<f64>, jacobian: &mut Matrix) {
        let shape = (residual.len(), x.len());
        let Some(problem) = self.least_squares() else { return unknown(shape, jacobian) };
        if !self.meter.may_evaluate(self.meter.evaluations.jacobian) {
            return unknown(shape, jacobian);
        }
        if self.meter.call(false, || problem.jacobian(x, jacobian)) {
            self.meter.evaluations.jacobian += 1;
            self.check_shape(shape, jacobian);
        } else {
            self.difference_jacobian(x, residual, jacobian, &mut Self::residual);
        }
    }

    /// Writes Σ wᵢ ∇²rᵢ(x) with the weights w, m components; n × n, and NaN when the residuals give another size. False
    /// when they do not give it, when the problem is not a sum of squares, and once the run is interrupted.
    pub fn residual_hessian(
        &mut self,
        x: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        let Some(problem) = self.least_squares() else { return false };
        if !self.meter.may_evaluate(self.meter.evaluations.residual_hessian)
            || !self.meter.call(false, || problem.write_hessian(x, weights, hessian))
        {
            return false;
        }
        self.meter.evaluations.residual_hessian += 1;
        self.check_shape((x.len(), x.len()), hessian);
        true
    }

    /// Writes the second derivative r''(x)[v, v] of the residuals along v, m components; NaN when the residuals write
    /// another number of them. False when they do not give it, when the problem is not a sum of squares, and once the
    /// run is interrupted.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::functions::residuals::{Components, Rosenbrock};
    /// use extremum::{AutoDiff, DVector, Oracle, SumOfSquares};
    /// let problem = SumOfSquares::new(AutoDiff(Components(Rosenbrock))); // r = (10 (x₁ − x₀²), 1 − x₀)
    /// let (x, v) = (DVector::from_vec(vec![-1.2, 1.0]), DVector::from_vec(vec![3.0, 1.0]));
    /// let (mut oracle, mut second) = (Oracle::new(&problem), DVector::zeros(2));
    /// assert!(oracle.residual_second_derivative(&x, &v, &mut second));
    /// assert_eq!(second.as_slice(), [-180.0, 0.0]);
    /// assert_eq!(oracle.evaluations().residual_second_derivative, 1);
    /// # }
    /// ```
    pub fn residual_second_derivative(
        &mut self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        let Some(problem) = self.least_squares() else { return false };
        if !self.meter.may_evaluate(self.meter.evaluations.residual_second_derivative)
            || !self.meter.call(false, || problem.second_derivative(x, v, second))
        {
            return false;
        }
        self.meter.evaluations.residual_second_derivative += 1;
        let m = problem.residuals();
        if second.len() != m {
            *second = DVector::repeat(m, f64::NAN);
        }
        self.note_failure(second.iter().any(|value| value.is_nan()));
        true
    }

    /// Writes the constraints c(x), m components. NaN when the problem has none, when it writes another number of
    /// values, and once the run is interrupted.
    pub fn constraint_values(&mut self, x: &DVector<f64>, values: &mut DVector<f64>) {
        match self.problem.structure().constraints {
            Some(constraints) if self.meter.may_evaluate(self.meter.evaluations.constraint) => {
                self.meter.evaluations.constraint += 1;
                let m = constraints.count();
                self.fill(values, m, &mut |values| constraints.values(x, values));
            }
            _ => values.fill(f64::NAN),
        }
    }

    /// Writes the Jacobian ∂cᵢ/∂xⱼ of the constraints at x, m × n, where `values` is c(x), as
    /// [`jacobian`](Self::jacobian) does for residuals.
    pub fn constraint_jacobian(
        &mut self,
        x: &DVector<f64>,
        values: &DVector<f64>,
        jacobian: &mut Matrix,
    ) {
        let shape = (values.len(), x.len());
        let Some(constraints) = self.problem.structure().constraints else {
            return unknown(shape, jacobian);
        };
        if !self.meter.may_evaluate(self.meter.evaluations.constraint_jacobian) {
            return unknown(shape, jacobian);
        }
        if self.meter.call(false, || constraints.jacobian(x, jacobian)) {
            self.meter.evaluations.constraint_jacobian += 1;
            self.check_shape(shape, jacobian);
        } else {
            self.difference_jacobian(x, values, jacobian, &mut Self::constraint_values);
        }
    }

    /// Writes Σ yᵢ ∇²cᵢ(x) with the multipliers y, m components; n × n, and NaN when the constraints give another size.
    /// False when they do not give it, when the problem has no constraints, and once the run is interrupted. It is
    /// never differenced here: see [`lagrangian_hessian`](Self::lagrangian_hessian).
    pub fn constraint_hessian(
        &mut self,
        x: &DVector<f64>,
        multipliers: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        let Some(constraints) = self.problem.structure().constraints else { return false };
        if !self.meter.may_evaluate(self.meter.evaluations.constraint_hessian) {
            return false;
        }
        if !self.meter.call(false, || constraints.write_hessian(x, multipliers, hessian)) {
            return false;
        }
        self.meter.evaluations.constraint_hessian += 1;
        self.check_shape((x.len(), x.len()), hessian);
        true
    }

    /// Lets the problem write m values. They are NaN if it writes another number of them, or panics.
    fn fill(
        &mut self,
        values: &mut DVector<f64>,
        m: usize,
        write: &mut dyn FnMut(&mut DVector<f64>),
    ) {
        // A value that is not written is unknown.
        values.fill(f64::NAN);
        let is_written = self.meter.call(false, || {
            write(values);
            true
        });
        if !is_written || values.len() != m {
            *values = DVector::repeat(m, f64::NAN);
        }
        self.note_failure(values.iter().any(|value| value.is_nan()));
    }

    fn check_shape(&mut self, shape: (usize, usize), matrix: &mut Matrix) {
        if matrix.shape() != shape {
            unknown(shape, matrix);
            self.note_failure(true);
        }
    }
}

/// A matrix of NaN.
fn unknown((rows, columns): (usize, usize), matrix: &mut Matrix) {
    matrix.dense(rows, columns).fill(f64::NAN);
}
