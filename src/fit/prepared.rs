//! The residuals that the solver sees: of the free parameters, in units of their standard deviations.
//!
//! ```text
//! rᵢ(z) = wᵢ Rᵢ(b),   b = the fixed parameters, with uₖ zₖ in the places of the free ones
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
    /// The free ones in units of these are what the solver sees, zₖ.
    units: Vec<f64>,
    /// A point of the free ones and the residuals there, which are known.
    known: Option<[DVector<f64>; 2]>,
    has_jacobian: bool,
    /// Workspaces not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<Workspace>>,
}

/// All parameters and a direction in them, weights of residuals, and a matrix for all parameters.
#[derive(Default)]
struct Workspace {
    whole: DVector<f64>,
    direction: DVector<f64>,
    weights: DVector<f64>,
    matrix: Matrix,
}

impl<'a> Prepared<'a> {
    pub fn new(
        inner: &'a dyn LeastSquares,
        factors: Option<DVector<f64>>,
        parameters: DVector<f64>,
        free: Vec<usize>,
        units: &DVector<f64>,
    ) -> Self {
        let has_jacobian = inner.has_jacobian();
        let scratch = Mutex::new(Vec::new());
        let units = free.iter().map(|&j| units[j]).collect();
        Self { inner, factors, parameters, free, units, known: None, has_jacobian, scratch }
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

    /// The free ones of all parameters, in their units.
    pub fn part(&self, parameters: &DVector<f64>) -> DVector<f64> {
        DVector::from_fn(self.free.len(), |k, _| parameters[self.free[k]] / self.units[k])
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
        for (k, z) in free.iter().enumerate() {
            // Not beyond the largest number, where a model may be level.
            whole[self.free[k]] = (z * self.units[k]).clamp(-f64::MAX, f64::MAX);
        }
    }

    fn weight(&self, residual: &mut DVector<f64>) {
        if let Some(factors) = self.factors.as_ref().filter(|w| w.len() == residual.len()) {
            residual.component_mul_assign(factors);
        }
    }

    fn with_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = lock().pop().unwrap_or_default();
        let made = work(&mut workspace);
        lock().push(workspace);
        made
    }

    /// Calls `work` with all parameters.
    fn at<T>(&self, z: &DVector<f64>, work: impl FnOnce(&DVector<f64>, &mut Workspace) -> T) -> T {
        self.with_workspace(|workspace| {
            let mut whole = std::mem::take(&mut workspace.whole);
            whole.clone_from(&self.parameters);
            self.expand(z, &mut whole);
            let made = work(&whole, workspace);
            workspace.whole = whole;
            made
        })
    }

    /// Derivatives by what the solver sees.
    fn scale_columns(&self, derivatives: &mut Matrix) {
        if let Matrix::Dense(matrix) = derivatives {
            for (mut column, unit) in matrix.column_iter_mut().zip(&self.units) {
                column *= *unit;
            }
        }
    }

    /// True when the solver sees the parameters as they are: none is fixed or scaled.
    fn is_plain(&self) -> bool {
        self.free.len() == self.parameters.len() && self.units.iter().all(|unit| *unit == 1.0)
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
        self.at(z, |whole, _| self.inner.residual(whole, residual));
        self.weight(residual);
    }

    fn jacobian(&self, z: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let is_given = self.has_jacobian
            && self.at(z, |whole, Workspace { matrix, .. }| {
                if self.is_plain() {
                    return self.inner.jacobian(whole, jacobian);
                }
                let is_given = self.inner.jacobian(whole, matrix);
                if is_given {
                    let rows = 0..matrix.rows();
                    select(matrix, whole.len(), (rows, &self.free), jacobian);
                    self.scale_columns(jacobian);
                }
                is_given
            });
        if let Some(factors) = self.factors.as_ref().filter(|_| is_given) {
            scale_rows(jacobian, factors);
        }
        is_given
    }

    fn write_hessian(
        &self,
        z: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        let is_given = self.has_jacobian;
        is_given
            && self.at(z, |whole, workspace| {
                let Workspace { weights: own, matrix, .. } = workspace;
                own.clone_from(weights);
                self.weight(own);
                if self.is_plain() {
                    return self.inner.write_hessian(whole, own, hessian);
                }
                let is_given = self.inner.write_hessian(whole, own, matrix);
                if is_given {
                    select(matrix, whole.len(), (self.free.iter().copied(), &self.free), hessian);
                    self.scale_columns(hessian);
                    if hessian.rows() == self.free.len() {
                        scale_rows(hessian, &DVector::from_column_slice(&self.units));
                    }
                }
                is_given
            })
    }

    fn second_derivative(
        &self,
        z: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        let is_given = self.has_jacobian
            && self.at(z, |whole, Workspace { direction, .. }| {
                direction.resize_vertically_mut(whole.len(), 0.0);
                direction.fill(0.0);
                self.expand(v, direction);
                self.inner.second_derivative(whole, direction, second)
            });
        if is_given {
            self.weight(second);
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

/// Writes some rows and columns of a matrix for all n parameters; nothing of the right size when it has another one,
/// which is refused elsewhere.
fn select(
    all: &Matrix,
    n: usize,
    (rows, columns): (impl ExactSizeIterator<Item = usize> + Clone, &[usize]),
    out: &mut Matrix,
) {
    if all.columns() != n || rows.clone().any(|i| i >= all.rows()) {
        *out = Matrix::default();
        return;
    }
    let dense;
    let all = match all {
        Matrix::Dense(all) => all,
        Matrix::Sparse(_) => {
            dense = all.to_dense();
            &dense
        }
    };
    let out = out.dense(rows.len(), columns.len());
    for (mut column, &j) in out.column_iter_mut().zip(columns) {
        for (entry, i) in column.iter_mut().zip(rows.clone()) {
            *entry = all[(i, j)];
        }
    }
}
