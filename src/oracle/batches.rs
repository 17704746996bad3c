//! Batches of the terms of a sum.

use nalgebra::DVector;

use super::Oracle;
use crate::FiniteSum;

impl<'a> Oracle<'a> {
    /// The number N of terms, when the problem is a [sum](FiniteSum).
    pub fn terms(&self) -> Option<usize> {
        self.sum.map(FiniteSum::terms)
    }

    /// The mean cost over a batch of the terms of a sum. NaN when the problem is not a sum, or the batch is empty or
    /// contains an index out of range; the same holds for the gradients below.
    ///
    /// ```
    /// use extremum::{DVector, FiniteSum, Oracle, Sum};
    ///
    /// /// f_i(x) = (x - i)² / 2
    /// struct Squares;
    ///
    /// impl FiniteSum for Squares {
    ///     fn dimension(&self) -> usize {
    ///         1
    ///     }
    ///     fn terms(&self) -> usize {
    ///         10
    ///     }
    ///     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
    ///         batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
    ///     }
    ///     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
    ///         g[0] = batch.iter().map(|&i| x[0] - i as f64).sum::<f64>() / batch.len() as f64;
    ///     }
    /// }
    ///
    /// let problem = Sum::new(Squares);
    /// let mut oracle = Oracle::new(&problem);
    /// assert_eq!(oracle.batch_cost(&[2, 4], &DVector::from_vec(vec![0.0])), 5.0);
    /// assert_eq!((oracle.terms(), oracle.evaluations().terms), (Some(10), 2));
    /// ```
    pub fn batch_cost(&mut self, batch: &[usize], x: &DVector<f64>) -> f64 {
        match self.open_sum(batch) {
            Some(sum) => sum.cost(batch, x),
            None => f64::NAN,
        }
    }

    /// Writes the mean gradient over a batch of the terms.
    pub fn batch_gradient(
        &mut self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) {
        match self.open_sum(batch) {
            Some(sum) => sum.gradient(batch, x, gradient),
            None => gradient.fill(f64::NAN),
        }
    }

    /// Writes the mean gradient over a batch of the terms and returns the mean cost.
    pub fn batch_cost_and_gradient(
        &mut self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        let Some(sum) = self.open_sum(batch) else {
            gradient.fill(f64::NAN);
            return f64::NAN;
        };
        sum.cost_and_gradient(batch, x, gradient)
    }

    /// The sum with the batch counted, when it may be evaluated.
    fn open_sum(&mut self, batch: &[usize]) -> Option<&'a dyn FiniteSum> {
        let sum = self.sum?;
        let terms = sum.terms();
        if batch.is_empty() || batch.iter().any(|&i| i >= terms) || !self.meter.is_open() {
            return None;
        }
        let size = batch.len() as u64;
        self.meter.evaluations.terms = self.meter.evaluations.terms.saturating_add(size);
        Some(sum)
    }

    /// Writes ∇²f_B(x) v for a batch B of the terms of a sum, differenced from one more gradient of the batch along v.
    /// `gradient` is that of the batch at x. Like other batches, it is NaN where nothing can be evaluated.
    pub fn batch_hessian_product(
        &mut self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        self.difference_along(v, (x, gradient), product, |oracle, x, gradient| {
            oracle.batch_gradient(batch, x, gradient);
        });
    }
}
