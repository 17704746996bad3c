//! The residuals that the solver sees: of the free parameters, in units of their standard deviations.
//!
//! ```text
//! rᵢ(z) = wᵢ Rᵢ(b),   b = the fixed parameters, with z in the places of the free ones
//! ```

use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;

use super::rows::scale_rows;
use crate::{LeastSquares, Matrix};

/// Residuals of the free parameters, weighted.
pub(super) struct Prepared<'a> {
    inner: &'a dyn LeastSquares,
    /// Those of rows; `None` when all are 1.
    factors: Option<DVector<f64>>,
    /// All parameters: the free ones have any value.
    parameters: DVector<f64>,
    /// The places of the free ones, ascending.
    free: Vec<usize>,
    /// A point of the free ones and the residuals there, which are known.
    known: Option<[DVector<f64>; 2]>,
    has_jacobian: bool,
    /// Workspaces not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<(DVector<f64>, Matrix)>>,
}

impl<'a> Prepared<'a> {
    pub fn new(
        inner: &'a dyn LeastSquares,
        factors: Option<DVector<f64>>,
        parameters: DVector<f64>,
        free: Vec<usize>,
    ) -> Self {
        let has_jacobian = inner.has_jacobian();
        let scratch = Mutex::new(Vec::new());
        Self { inner, factors, parameters, free, known: None, has_jacobian, scratch }
    }

    /// With the residuals R at these parameters, so that they are not evaluated again.
    pub fn with_known(mut self, parameters: &DVector<f64>, mut residual: DVector<f64>) -> Self {
        self.weight(&mut residual);
        self.known = Some([self.part(parameters), residual]);
        self
    }

    /// Without the Jacobian that the residuals have.
    pub fn differenced(mut self) -> Self {
        self.has_jacobian = false;
        self
    }

    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The free ones of all parameters.
    pub fn part(&self, parameters: &DVector<f64>) -> DVector<f64> {
        DVector::from_iterator(self.free.len(), self.free.iter().map(|&j| parameters[j]))
    }

    /// All parameters.
    pub fn whole(&self, free: &DVector<f64>) -> DVector<f64> {
        let mut whole = self.parameters.clone();
        self.expand(free, &mut whole);
        whole
    }

    /// The residuals that have a weight.
    pub fn weighty(&self, residual: &DVector<f64>) -> DVector<f64> {
        let has_weight = |i: usize| self.factors.as_ref().is_none_or(|w| w[i] > 0.0);
        let some = residual.iter().enumerate().filter(|(i, _)| has_weight(*i));
        DVector::from_vec(some.map(|(_, r)| *r).collect())
    }

    fn expand(&self, free: &DVector<f64>, whole: &mut DVector<f64>) {
        for (&j, z) in self.free.iter().zip(free) {
            whole[j] = *z;
        }
    }

    fn weight(&self, residual: &mut DVector<f64>) {
        if let Some(factors) = self.factors.as_ref().filter(|w| w.len() == residual.len()) {
            residual.component_mul_assign(factors);
        }
    }

    fn with_whole<T>(
        &self,
        z: &DVector<f64>,
        work: impl FnOnce(&DVector<f64>, &mut Matrix) -> T,
    ) -> T {
        if self.free.len() == self.parameters.len() {
            return work(z, &mut Matrix::default());
        }
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lock().pop();
        let (mut whole, mut jacobian) =
            kept.unwrap_or_else(|| (self.parameters.clone(), Matrix::default()));
        self.expand(z, &mut whole);
        let made = work(&whole, &mut jacobian);
        lock().push((whole, jacobian));
        made
    }
}

impl LeastSquares for Prepared<'_> {
    fn dimension(&self) -> usize {
        self.free.len()
    }

    fn residuals(&self) -> usize {
        self.inner.residuals()
    }

    fn residual(&self, z: &DVector<f64>, residual: &mut DVector<f64>) {
        if let Some([_, values]) = self.known.as_ref().filter(|[known, _]| known == z) {
            residual.copy_from(values);
            return;
        }
        self.with_whole(z, |whole, _| self.inner.residual(whole, residual));
        self.weight(residual);
    }

    fn jacobian(&self, z: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if !self.has_jacobian {
            return false;
        }
        let is_given = self.with_whole(z, |whole, all| {
            if self.free.len() == self.parameters.len() {
                return self.inner.jacobian(whole, jacobian);
            }
            let is_given = self.inner.jacobian(whole, all);
            if is_given && all.columns() == whole.len() {
                select(all, &self.free, jacobian);
            } else if is_given {
                // Of no size that fits, which is refused elsewhere.
                *jacobian = Matrix::default();
            }
            is_given
        });
        if let Some(factors) = &self.factors {
            scale_rows(jacobian, factors);
        }
        is_given
    }

    fn has_jacobian(&self) -> bool {
        self.has_jacobian
    }

    fn failure(&self) -> Option<String> {
        self.inner.failure()
    }
}

/// Writes some columns.
fn select(all: &Matrix, chosen: &[usize], out: &mut Matrix) {
    let out = out.dense(all.rows(), chosen.len());
    match all {
        Matrix::Dense(all) => {
            for (mut column, &j) in out.column_iter_mut().zip(chosen) {
                column.copy_from(&all.column(j));
            }
        }
        Matrix::Sparse(all) => {
            out.fill(0.0);
            for (k, &j) in chosen.iter().enumerate() {
                let column = all.col(j);
                for (&i, value) in column.row_indices().iter().zip(column.values()) {
                    out[(i, k)] = *value;
                }
            }
        }
    }
}
