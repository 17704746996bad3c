//! What the model says elsewhere, with bands.
//!
//! ```text
//! f(t, b) ± t √(g'C g)            confidence: of the curve;     g = ∂f(t, b)/∂b
//! f(t, b) ± t √(s² σ² + g'C g)    prediction: of a new observation with standard deviation σ, here 1
//! ```
//!
//! G. Seber, C. Wild, *Nonlinear regression* (1989), section 5.1, eq. (5.4): to first order in the errors of b.

use nalgebra::DVector;

use super::model::CurveResiduals;
use super::prepared::Prepared;
use super::task::{Source, Task, check_columns};
use super::{Fit, IntoColumns};
use crate::{Bounded, Error, LeastSquares, Matrix, Oracle, SumOfSquares};

/// What a fitted model says at new points, made by [`Fit::predict`]. Each has one number for each point, in the unit of
/// y.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// f(t, b).
    pub values: DVector<f64>,
    /// The standard errors of these: infinite where they depend on what the data do not tell, and NaN without a degree
    /// of freedom.
    pub standard_errors: DVector<f64>,
    /// Half the width of the confidence band of the curve, at each point by itself.
    pub confidence: DVector<f64>,
    /// Half the width of the band for a new observation with σ = 1; that is s, the residual standard deviation, when no
    /// standard deviations were given.
    pub prediction: DVector<f64>,
}

impl Fit<'_> {
    /// The fitted curve at new points, as many columns as the data have, with bands.
    ///
    /// ```
    /// use extremum::{curve_fit, model};
    /// let (t, y) = ([-1.0, 0.0, 1.0, 2.0, 3.0], [1.0, 3.2, 4.8, 7.1, 8.9]);
    /// let line = curve_fit(model!(|t, b| b[0] + b[1] * t), &t, &y).start([0.0, 0.0]).run()?;
    /// let ahead = line.predict(&[1.0, 5.0])?;
    /// // At the mean of t the variance of a line is s²/m; 4 from it, s² (1/m + 4²/Σ (tᵢ − 1)²).
    /// let s = line.residual_standard_deviation;
    /// assert!((ahead.standard_errors[0] - s * (1.0_f64 / 5.0).sqrt()).abs() < 1e-9);
    /// assert!((ahead.standard_errors[1] - s * (1.0_f64 / 5.0 + 16.0 / 10.0).sqrt()).abs() < 1e-9);
    /// let of_new = (s * s + ahead.standard_errors[1].powi(2)).sqrt();
    /// assert!((ahead.prediction[1] - line.quantile() * of_new).abs() < 1e-9);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Fit`] for another number of columns, and where residuals were fitted without a model; [`Error::Data`]
    /// for points that are not finite.
    pub fn predict(&self, t: impl IntoColumns) -> Result<Prediction, Error> {
        let Source::Curve { curve, .. } = &self.task.source else {
            let reason = "residuals were fitted, which have no model to predict by".to_owned();
            return Err(Error::Fit { reason });
        };
        let points = t.into_columns()?;
        check_columns(curve.as_ref(), &points)?;
        let y = vec![0.0; points.len()];
        let parameters = self.parameters.len();
        let curve = CurveResiduals { curve: curve.as_ref(), points: &points, y: &y, parameters };
        let (values, jacobian) = self.evaluate(&curve);
        let errors = DVector::from_fn(values.len(), |i, _| self.error_along(&jacobian, i));
        let (t, s) = (self.quantile(), self.observation());
        let half = |error: f64| if error == f64::INFINITY { error } else { t * error };
        Ok(Prediction {
            values,
            confidence: errors.map(half),
            prediction: errors.map(|error| half(error.hypot(s))),
            standard_errors: errors,
        })
    }

    /// The model and its derivatives by the free parameters.
    fn evaluate(&self, curve: &dyn LeastSquares) -> (DVector<f64>, nalgebra::DMatrix<f64>) {
        let Task { free, units, is_differenced, .. } = &self.task;
        let prepared = Prepared::new(curve, None, self.values(), free.clone(), units);
        let prepared = if *is_differenced { prepared.differenced() } else { prepared };
        let z = prepared.part(&self.parts.parameters);
        let problem = SumOfSquares::new(&prepared);
        let bounded = self.task.bounds_of(free).map(|bounds| Bounded(&problem, bounds));
        let mut oracle = match &bounded {
            Some(bounded) => Oracle::new(bounded),
            None => Oracle::new(&problem),
        };
        let (mut values, mut jacobian) = (DVector::zeros(curve.residuals()), Matrix::default());
        oracle.residual(&z, &mut values);
        oracle.jacobian(&z, &values, &mut jacobian);
        (values, jacobian.to_dense())
    }

    /// √(g'C g) for a row g.
    fn error_along(&self, jacobian: &nalgebra::DMatrix<f64>, i: usize) -> f64 {
        let (Some(errors), Some(parts)) = (&self.parts.errors, &self.parts.parts) else {
            return f64::NAN;
        };
        let chosen = &self.parts.chosen;
        let row = DVector::from_fn(chosen.len(), |k, _| jacobian[(i, chosen[k])]);
        if parts.tells(&row) { errors.along(&row) } else { f64::INFINITY }
    }

    /// The standard deviation of an observation with σ = 1.
    fn observation(&self) -> f64 {
        if self.task.is_absolute { 1.0 } else { self.residual_standard_deviation }
    }
}
