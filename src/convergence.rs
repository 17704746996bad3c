//! Measured convergence.

#[cfg(feature = "lab")]
pub mod report;
