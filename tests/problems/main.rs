//! Problems, their derivatives, and what kind of point was found.

mod autodiff;
mod bounds_example;
#[cfg(feature = "autodiff")]
mod constrained_verdicts;
mod constraints;
mod expression;
mod fits;
mod functions;
mod global_functions;
mod modules;
mod rates;
mod residuals;
mod scalar;
mod stationary;
mod stationary_examples;
mod structure;
