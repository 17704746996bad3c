//! Hessians and their products.

use std::mem::{replace, swap, take};

use nalgebra::{DMatrix, DVector};

use super::Oracle;
use super::differences::difference_step;
use crate::Matrix;

/// The size of the errors in a product with a Hessian, relative to its norm, as if it was differenced: which way it is
/// made is not known.
pub(crate) const PRODUCT_ERROR: f64 = 10.0 * difference_step::FORWARD;

/// A Hessian for products, and the point where it was evaluated; empty at first.
#[derive(Default)]
pub(super) struct GivenHessian {
    x: DVector<f64>,
    matrix: Matrix,
}

impl GivenHessian {
    /// Keeps the memory of the matrix alone.
    pub fn forget(&mut self) {
        self.x.fill(f64::NAN);
    }
}

impl Oracle<'_> {
    /// Writes ∇²f(x), n × n, and returns the size of its errors relative to its largest entries. `cost` and `gradient` are
    /// those at x. A Hessian that the problem does not give is differenced: n gradients, or n(n + 3)/2 costs when
    /// there is no gradient either. A Hessian of the wrong size counts as NaN.
    pub fn hessian(
        &mut self,
        x: &DVector<f64>,
        (cost, gradient): (f64, &DVector<f64>),
        hessian: &mut DMatrix<f64>,
    ) -> f64 {
        let n = x.len();
        if let Some(accuracy) = self.by_view(|view| view.hessian(x, hessian)) {
            return accuracy;
        }
        if self.given_hessian(x, hessian) {
            return n as f64 * f64::EPSILON;
        }
        if !self.meter.is_open() {
            hessian.fill(f64::NAN);
            return f64::NAN;
        }
        self.prepare_differences();
        if self.problem.has_gradient() {
            self.difference_gradient(x, gradient, hessian);
            10.0 * n as f64 * difference_step::FORWARD
        } else {
            self.difference_twice(x, cost, hessian, &mut Self::cost);
            10.0 * n as f64 * self.steps.second
        }
    }

    /// Writes ∇²f(x) as the problem gives it, both triangles untouched; false when it gives none or the run was
    /// interrupted. A Hessian of the wrong size counts as NaN.
    pub(crate) fn given_hessian(&mut self, x: &DVector<f64>, hessian: &mut DMatrix<f64>) -> bool {
        if matches!(self.hessian.matrix, Matrix::Sparse(_)) {
            // It is kept for its pattern.
            let is_given = self.evaluate_hessian(x);
            if is_given {
                self.hessian.matrix.write_to(hessian);
            }
            return is_given;
        }
        // A dense one is written where it is wanted.
        let kept = replace(&mut self.hessian.matrix, Matrix::Dense(take(hessian)));
        let is_given = self.evaluate_hessian(x);
        match &mut self.hessian.matrix {
            Matrix::Dense(matrix) => {
                swap(matrix, hessian);
                self.hessian.matrix = kept;
            }
            Matrix::Sparse(_) => *hessian = self.hessian.matrix.to_dense(),
        }
        if hessian.shape() != (x.len(), x.len()) {
            // The problem gave none, and yet changed the matrix.
            *hessian = DMatrix::zeros(x.len(), x.len());
        }
        is_given
    }

    /// Evaluates the problem's own Hessian into the workspace.
    fn evaluate_hessian(&mut self, x: &DVector<f64>) -> bool {
        // The matrix belongs to no point that is remembered.
        self.hessian.forget();
        if self.view.is_some() {
            let mut matrix = take(&mut self.hessian.matrix);
            let dense = matrix.dense(x.len(), x.len());
            let is_known = self.by_view(|view| view.hessian(x, dense)).is_some();
            self.hessian.matrix = matrix;
            return is_known && self.meter.is_open();
        }
        let (problem, matrix) = (self.problem, &mut self.hessian.matrix);
        if !self.meter.is_open() || !self.meter.call(false, || problem.write_hessian(x, matrix)) {
            return false;
        }
        self.meter.evaluations.hessian += 1;
        let n = x.len();
        if self.hessian.matrix.shape() != (n, n) {
            self.hessian.matrix.dense(n, n).fill(f64::NAN);
            self.note_failure(true);
        }
        true
    }

    /// Makes room for products with vectors, except for a Hessian that the problem gives.
    pub(crate) fn prepare_products(&mut self) {
        self.prepare_differences();
        self.prepare_along();
    }

    /// Writes ∇²f(x) v, n components; `gradient` is ∇f(x). If the problem does not give the product, its Hessian is multiplied
    /// with v, and is evaluated once for all products at x. Without a Hessian, the gradient is differenced along v, with one
    /// more gradient. NaN once the run is interrupted.
    ///
    /// ```
    /// use extremum::{DVector, Oracle, from_fn};
    /// let f = from_fn(2, |x| x[0] * x[0] * x[1]).with_gradient(|x, g| {
    ///     g[0] = 2.0 * x[0] * x[1];
    ///     g[1] = x[0] * x[0];
    /// });
    /// let (x, v) = (DVector::from_vec(vec![1.0, 2.0]), DVector::from_vec(vec![1.0, 1.0]));
    /// let (mut oracle, mut g, mut product) = (Oracle::new(&f), x.clone(), x.clone());
    /// oracle.gradient(&x, &mut g);
    /// oracle.hessian_product(&x, &g, &v, &mut product); // [[4, 2], [2, 0]] v
    /// assert!((product[0] - 6.0).abs() < 1e-6 && (product[1] - 2.0).abs() < 1e-6);
    /// assert_eq!(oracle.evaluations().gradient, 2);
    /// ```
    pub fn hessian_product(
        &mut self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        if !self.meter.is_open() {
            product.fill(f64::NAN);
            return;
        }
        let problem = self.problem;
        if self.meter.call(false, || problem.hessian_product(x, v, product)) {
            self.meter.evaluations.hessian_product += 1;
            return;
        }
        if self.hessian.x == *x || self.evaluate_hessian(x) {
            if self.hessian.x.len() == x.len() {
                self.hessian.x.copy_from(x);
            } else {
                self.hessian.x = x.clone();
            }
            self.hessian.matrix.times(v, product);
            return;
        }
        self.difference_along(v, (x, gradient), product, Self::gradient);
    }
}
