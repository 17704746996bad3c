//! How fast solvers converge.

#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "lab")]
mod profile;
#[cfg(feature = "lab")]
mod results;

#[cfg(feature = "lab")]
pub use lab::{Axis, Case, Lab, Measure, Outcome, Sample, Trial};
#[cfg(feature = "lab")]
pub use profile::Profile;
#[cfg(feature = "lab")]
pub use results::{Reference, Results};
