//! Residuals under a loss, as residuals.

use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;

use super::Loss;
use super::rows::{add_products, scale_rows};
use crate::error::check;
use crate::{Error, LeastSquares, Matrix};

/// The residuals r̃ of the [losses](Loss) of residuals r: ½ Σ r̃ᵢ² = ½ Σ c² ρ((rᵢ/c)²) exactly, so that every solver of
/// sums of squares minimises the loss, with a [scale](Self::scale) c.
///
/// ```text
/// r̃ = sign(r) c √ρ((r/c)²),   ∇r̃ = g' ∇r,   ∇²r̃ = g' ∇²r + g''/c ∇r ∇r',   g at r/c
/// ```
///
/// Nothing cancels where r is small and nothing overflows where it is large.
///
/// ```
/// use extremum::fit::{Loss, Robust};
/// use extremum::{DVector, LeastSquares, SumOfSquares, TrustRegion, minimize};
///
/// /// The distances of x from 0, 1 and 100.
/// struct Middle;
///
/// impl LeastSquares for Middle {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn residuals(&self) -> usize {
///         3
///     }
///     fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
///         r.copy_from_slice(&[x[0], x[0] - 1.0, x[0] - 100.0]);
///     }
/// }
///
/// let problem = SumOfSquares::new(Robust::new(Middle, Loss::Huber, 2.0)?);
/// let found = minimize(&problem, TrustRegion::gauss_newton(), [5.0])?;
/// // x + (x − 1) − 2 = 0: the outlier pulls with the force 2, whatever its distance.
/// assert!((found.x[0] - 1.5).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
pub struct Robust<L> {
    residuals: L,
    loss: Loss,
    scale: f64,
    /// Workspaces not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<Workspace>>,
}

/// The residuals r at x, factors of rows, and a Jacobian.
#[derive(Default)]
struct Workspace {
    x: DVector<f64>,
    residual: DVector<f64>,
    factors: DVector<f64>,
    jacobian: Matrix,
}

impl<L: LeastSquares> Robust<L> {
    /// Residuals under a loss with the scale c > 0, in the unit of the residuals.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a scale that is not positive and finite.
    pub fn new(residuals: L, loss: Loss, scale: f64) -> Result<Self, Error> {
        check(scale > 0.0 && scale.is_finite(), "scale", scale, "above 0 and finite")?;
        Ok(Self { residuals, loss, scale, scratch: Mutex::new(Vec::new()) })
    }

    /// The scale c.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Calls `work` with r(x), evaluated unless it is known.
    fn at<T>(&self, x: &DVector<f64>, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let m = self.residuals.residuals();
        let mut workspace = lock().pop().unwrap_or_default();
        if workspace.x != *x || workspace.residual.len() != m {
            workspace.residual.resize_vertically_mut(m, 0.0);
            workspace.factors.resize_vertically_mut(m, 0.0);
            self.residuals.residual(x, &mut workspace.residual);
            workspace.x.clone_from(x);
        }
        let made = work(&mut workspace);
        lock().push(workspace);
        made
    }
}

impl<L: LeastSquares> LeastSquares for Robust<L> {
    fn dimension(&self) -> usize {
        self.residuals.dimension()
    }
    fn residuals(&self) -> usize {
        self.residuals.residuals()
    }
    fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>) {
        self.at(x, |workspace| {
            for (value, r) in residual.iter_mut().zip(&workspace.residual) {
                *value = self.scale * self.loss.transform(r / self.scale).value;
            }
        });
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if !self.residuals.jacobian(x, jacobian) {
            return false;
        }
        self.at(x, |Workspace { residual, factors, .. }| {
            for (factor, r) in factors.iter_mut().zip(residual.iter()) {
                *factor = self.loss.transform(r / self.scale).slope;
            }
            scale_rows(jacobian, factors);
        });
        true
    }
    fn has_jacobian(&self) -> bool {
        self.residuals.has_jacobian()
    }
    fn hessian(&self, x: &DVector<f64>, weights: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        self.write_hessian(x, weights, &mut hessian).then_some(hessian)
    }
    fn write_hessian(
        &self,
        x: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        let n = x.len();
        self.at(x, |Workspace { residual, factors, jacobian, .. }| {
            let at = |r: f64| self.loss.transform(r / self.scale);
            for (factor, (r, w)) in factors.iter_mut().zip(residual.iter().zip(weights)) {
                *factor = w * at(*r).slope;
            }
            let is_given = self.residuals.write_hessian(x, factors, hessian)
                && self.residuals.jacobian(x, jacobian);
            if !is_given || jacobian.shape() != (residual.len(), n) {
                return false;
            }
            for (factor, (r, w)) in factors.iter_mut().zip(residual.iter().zip(weights)) {
                *factor = w * at(*r).curvature / self.scale;
            }
            add_products(jacobian, factors, hessian);
            true
        })
    }
    fn second_derivative(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        self.at(x, |Workspace { residual, factors, jacobian, .. }| {
            let is_given = self.residuals.second_derivative(x, v, second)
                && self.residuals.jacobian(x, jacobian);
            if !is_given || jacobian.shape() != (residual.len(), v.len()) {
                return false;
            }
            jacobian.times(v, factors);
            for ((second, along), r) in second.iter_mut().zip(factors.iter()).zip(residual.iter()) {
                let g = self.loss.transform(r / self.scale);
                *second = g.slope * *second + g.curvature / self.scale * along * along;
            }
            true
        })
    }
    fn failure(&self) -> Option<String> {
        self.residuals.failure()
    }
}

impl<L: LeastSquares> std::fmt::Debug for Robust<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Robust")
            .field("loss", &self.loss)
            .field("scale", &self.scale)
            .finish_non_exhaustive()
    }
}
