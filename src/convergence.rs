//! Rates of convergence, measured: from the errors of a run to the class (sublinear, linear, superlinear, of order p),
//! its numbers and their intervals.
//!
//! ```
//! use extremum::convergence::{Class, Rate};
//!
//! // Gradient descent on a quadratic of condition 10: the error falls by 9/11 at each step.
//! let errors: Vec<f64> = (0..100).map(|k| 3.0 * (9.0_f64 / 11.0).powi(k)).collect();
//! let Class::Linear { factor } = Rate::of(&errors).class else { panic!("linear") };
//! assert!((factor.value - 9.0 / 11.0).abs() < 1e-9);
//!
//! // Newton's method for the square root of 2.
//! let (mut x, mut errors) = (3.0_f64, Vec::new());
//! for _ in 0..6 {
//!     errors.push((x - 2.0_f64.sqrt()).abs());
//!     x = 0.5 * (x + 2.0 / x);
//! }
//! let Class::Order { order } = Rate::of(&errors).class else { panic!("of an order") };
//! assert!(order.low <= 2.0 && 2.0 <= order.high);
//! ```
//!
//! [`guide::convergence`](crate::guide::convergence) describes the method.

mod least_squares;
mod models;
mod order;
mod rate;
mod slow;
mod theory;
mod uneven;
mod window;

#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "lab")]
mod profile;
#[cfg(feature = "lab")]
pub mod report;
#[cfg(feature = "lab")]
mod results;
#[cfg(feature = "lab")]
mod summary;

#[cfg(feature = "lab")]
pub use lab::{Axis, Case, Lab, Measure, Outcome, Sample, Trial};
#[cfg(feature = "lab")]
pub use profile::Profile;
pub use rate::{Class, Estimate, Rate};
#[cfg(feature = "lab")]
pub use results::{Reference, Results};
pub use theory::{Theory, Verdict};
