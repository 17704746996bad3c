//! What is fitted: models as formulas, and as closures.

use nalgebra::DVector;

use super::Columns;
use crate::{AutoDiff, LeastSquares, Matrix, Num, Real, VectorFormula};

/// A model y = f(t, b), written once for every kind of number. [`model!`](crate::model!) writes the struct for a single
/// expression; `AutoDiff(model)` is what [`curve_fit`](crate::curve_fit) takes.
///
/// ```
/// use extremum::fit::Model;
/// use extremum::{AutoDiff, Num, Real, curve_fit};
///
/// /// A sum of exponentials, b₀ e^(−b₁ t) + b₂ e^(−b₃ t) + ..
/// struct Decays(usize);
///
/// impl Model for Decays {
///     fn value<R: Real>(&self, t: &[f64], b: &[Num<R>]) -> Num<R> {
///         (0..self.0).map(|k| b[2 * k] * (-b[2 * k + 1] * t[0]).exp()).sum()
///     }
/// }
///
/// let t = [0.0, 1.0, 2.0, 3.0];
/// let y = t.map(|t: f64| 3.0 * (-0.5 * t).exp());
/// let fit = curve_fit(AutoDiff(Decays(1)), &t, &y).start([1.0, 1.0]).run()?;
/// assert!((fit.values()[0] - 3.0).abs() < 1e-9 && (fit.values()[1] - 0.5).abs() < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait Model: Sync {
    /// The number of predictors. Default: 1.
    fn columns(&self) -> usize {
        1
    }

    /// y at the predictors t of one point, for the parameters b.
    fn value<R: Real>(&self, t: &[f64], b: &[Num<R>]) -> Num<R>;
}

/// A model as [`curve_fit`](crate::curve_fit) takes it: `AutoDiff` of a [`Model`], which has exact derivatives, or a
/// closure `|t: &[f64], b: &[f64]| y`, whose derivatives are differenced.
pub trait Curve: Sync {
    /// The number of predictors; `None` when any will do.
    fn columns(&self) -> Option<usize> {
        None
    }

    /// Writes y at all points.
    fn values(&self, points: &Columns, b: &DVector<f64>, y: &mut DVector<f64>);

    /// Writes ∂yᵢ/∂bⱼ, m × n, and returns true, when it can be given. Default: false.
    fn jacobian(&self, _points: &Columns, _b: &DVector<f64>, _jacobian: &mut Matrix) -> bool {
        false
    }

    /// True when there is a [`jacobian`](Self::jacobian). Default: false.
    fn has_jacobian(&self) -> bool {
        false
    }

    /// Writes Σ wᵢ ∂²yᵢ/∂bⱼ∂bₖ and returns true, when it can be given; see [`LeastSquares::hessian`]. Default: false.
    fn write_hessian(
        &self,
        _points: &Columns,
        _b: &DVector<f64>,
        _weights: &DVector<f64>,
        _hessian: &mut Matrix,
    ) -> bool {
        false
    }

    /// Writes the second derivatives of y along v and returns true, when they can be given; see
    /// [`LeastSquares::second_derivative`]. Default: false.
    fn second_derivative(
        &self,
        _points: &Columns,
        _b: &DVector<f64>,
        _v: &DVector<f64>,
        _second: &mut DVector<f64>,
    ) -> bool {
        false
    }
}

impl<F: Fn(&[f64], &[f64]) -> f64 + Sync> Curve for F {
    fn values(&self, points: &Columns, b: &DVector<f64>, y: &mut DVector<f64>) {
        for (y, t) in y.iter_mut().zip(points.points()) {
            *y = self(t, b.as_slice());
        }
    }
}

impl<M: Model> Curve for AutoDiff<M> {
    fn columns(&self) -> Option<usize> {
        Some(self.0.columns())
    }

    fn values(&self, points: &Columns, b: &DVector<f64>, y: &mut DVector<f64>) {
        self.over(points, b.len()).residual(b, y);
    }

    fn jacobian(&self, points: &Columns, b: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.over(points, b.len()).jacobian(b, jacobian)
    }

    fn has_jacobian(&self) -> bool {
        true
    }

    fn write_hessian(
        &self,
        points: &Columns,
        b: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.over(points, b.len()).write_hessian(b, weights, hessian)
    }

    fn second_derivative(
        &self,
        points: &Columns,
        b: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        self.over(points, b.len()).second_derivative(b, v, second)
    }
}

impl<M: Model> AutoDiff<M> {
    fn over<'a>(&'a self, points: &'a Columns, parameters: usize) -> AutoDiff<Over<'a, M>> {
        AutoDiff(Over { model: &self.0, points, parameters })
    }
}

/// A model at all points, as a function of the parameters.
struct Over<'a, M> {
    model: &'a M,
    points: &'a Columns,
    parameters: usize,
}

impl<M: Model> VectorFormula for Over<'_, M> {
    fn dimension(&self) -> usize {
        self.parameters
    }
    fn length(&self) -> usize {
        self.points.len()
    }
    fn values<R: Real>(&self, b: &[Num<R>], y: &mut [Num<R>]) {
        for (y, t) in y.iter_mut().zip(self.points.points()) {
            *y = self.model.value(t, b);
        }
    }
}

/// f(t, b) − y.
pub(super) struct CurveResiduals<'a> {
    pub curve: &'a dyn Curve,
    pub points: &'a Columns,
    pub y: &'a [f64],
    pub parameters: usize,
}

impl LeastSquares for CurveResiduals<'_> {
    fn dimension(&self) -> usize {
        self.parameters
    }
    fn residuals(&self) -> usize {
        self.points.len()
    }
    fn residual(&self, b: &DVector<f64>, residual: &mut DVector<f64>) {
        self.curve.values(self.points, b, residual);
        for (r, y) in residual.iter_mut().zip(self.y) {
            *r -= y;
        }
    }
    fn jacobian(&self, b: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.curve.jacobian(self.points, b, jacobian)
    }
    fn has_jacobian(&self) -> bool {
        self.curve.has_jacobian()
    }
    fn write_hessian(
        &self,
        b: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.curve.write_hessian(self.points, b, weights, hessian)
    }
    fn second_derivative(
        &self,
        b: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        self.curve.second_derivative(self.points, b, v, second)
    }
}
