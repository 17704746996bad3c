//! Fits with error bars: nonlinear regression.
//!
//! ```text
//! minimise S(b) = Σ (yᵢ − f(tᵢ, b))²/σᵢ²;   s² = S/(m − n),   C = s² (J'J)⁻¹,   bⱼ ± t √Cⱼⱼ
//! ```
//!
//! [`curve_fit`] fits a model to data, and [`fit`](fit()) any residuals. A [`Fit`] has the parameters with standard errors and
//! confidence intervals, says why it ended and what kind of point it is, and predicts with bands.
//! [`guide::fitting`](crate::guide::fitting) shows everything; an example is at [`curve_fit`].
//!
//! G. Seber, C. Wild, *Nonlinear regression* (1989); D. Bates, D. Watts, *Nonlinear regression analysis and its applications*
//! (1988).

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
pub use settings::{Fitting, curve_fit, fit};
