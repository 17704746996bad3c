//! Problems, their derivatives, and what kind of point was found.

mod autodiff;
mod functions;
mod global_functions;
#[cfg(feature = "lab")]
mod lab;
mod modules;
mod rates;
mod scalar;
mod stationary;
mod stationary_examples;
mod structure;
#[cfg(feature = "lab")]
mod theory;
