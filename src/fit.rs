//! Fits with error bars: nonlinear regression.
//!
//! ```text
//! minimise S(b) = Σ (yᵢ − f(tᵢ, b))²/σᵢ²;   s² = S/(m − n),   C = s² (J'J)⁻¹,   bⱼ ± t √Cⱼⱼ
//! ```
//!
//! [`curve_fit`] fits a model to data, and [`fit`](fit()) any residuals. A [`Fit`] has the parameters with standard
//! errors and confidence intervals, says why it ended and what kind of point it is, and predicts with bands.
//! [`guide::fitting`](crate::guide::fitting) shows everything; an example is at [`curve_fit`].
//!
//! G. Seber, C. Wild, *Nonlinear regression* (1989); D. Bates, D. Watts, *Nonlinear regression analysis and its
//! applications* (1988).

mod advice;
mod central;
mod columns;
mod decomposition;
mod display;
mod end;
mod errors;
mod loss;
mod model;
mod model_macro;
mod prediction;
mod prepared;
mod profile;
mod result;
mod robust;
mod rows;
mod run;
mod settings;
mod sizes;
mod task;

pub use columns::{Columns, IntoColumns};
pub use errors::Covariance;
pub use loss::Loss;
pub use model::{Curve, Model};
pub use prediction::Prediction;
pub use profile::Profile;
pub use result::{Counts, Fit, Parameter, Scale, Status};
pub use robust::Robust;
pub use settings::Fitting;

use crate::LeastSquares;

/// The fit of a model y = f(t, b) to data: minimises Σ (yᵢ − f(tᵢ, b))²/σᵢ² over the parameters b.
///
/// `model` is `model!(|t, b| ..)`, any [`Model`] in `AutoDiff`, or a closure `|t: &[f64], b: &[f64]| ..`,
/// whose derivatives are differenced. `t` has one column, `&t`, or several, `[&t, &u]`; `y` as many numbers as each
/// column.
///
/// ```
/// use extremum::{curve_fit, model};
///
/// // NIST's Misra1a: https://www.itl.nist.gov/div898/strd/nls/data/misra1a.shtml
/// let t = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0];
/// let y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78];
/// let fit = curve_fit(model!(|t, b| b[0] * (1.0 - (-b[1] * t).exp())), &t, &y).start([500.0, 1e-4]).run()?;
/// println!("{fit}");
///
/// let certified = [(2.3894212918e2, 2.7070075241), (5.5015643181e-4, 7.2668688436e-6)];
/// for (parameter, (value, error)) in fit.parameters.iter().zip(certified) {
///     assert!((parameter.value / value - 1.0).abs() < 1e-9);
///     assert!((parameter.standard_error.unwrap() / error - 1.0).abs() < 1e-6);
/// }
/// assert!(fit.is_converged() && fit.is_minimum());
///
/// // The same from a closure.
/// let closure = |t: &[f64], b: &[f64]| b[0] * (1.0 - (-b[1] * t[0]).exp());
/// let again = curve_fit(closure, &t, &y).start([500.0, 1e-4]).run()?;
/// assert!((again.values()[0] / 2.3894212918e2 - 1.0).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn curve_fit<'a>(
    model: impl Curve + 'a,
    t: impl IntoColumns,
    y: &(impl AsRef<[f64]> + ?Sized),
) -> Fitting<'a> {
    Fitting::of_curve(Box::new(model), t.into_columns(), y.as_ref())
}

/// The fit of residuals: minimises Σ rᵢ(b)², with error bars for b. The residuals are a [`LeastSquares`], with a
/// Jacobian or without, in units of their standard deviations or with these as [`sigma`](Fitting::sigma).
///
/// ```
/// use extremum::{DVector, LeastSquares, fit};
///
/// /// The distance of (b₀, b₁) from three points that lie on a circle around (1, 2), less its radius 5.
/// struct Circle;
///
/// impl LeastSquares for Circle {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn residuals(&self) -> usize {
///         3
///     }
///     fn residual(&self, b: &DVector<f64>, r: &mut DVector<f64>) {
///         for (r, [x, y]) in r.iter_mut().zip([[6.0, 2.0], [1.0, 7.0], [4.0, 6.0]]) {
///             *r = (b[0] - x).hypot(b[1] - y) - 5.0;
///         }
///     }
/// }
///
/// let found = fit(Circle).start([0.0, 0.0]).names(["x", "y"]).run()?;
/// assert!((found.values()[0] - 1.0).abs() < 1e-7 && found.is_converged());
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn fit<'a>(residuals: impl LeastSquares + 'a) -> Fitting<'a> {
    Fitting::of_residuals(Box::new(residuals))
}
