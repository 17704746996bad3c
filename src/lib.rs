//! (tour)
mod checkpoint;
mod error;
#[cfg(feature = "autodiff")]
pub mod functions;
mod linalg;
pub mod line_search;
mod minimizer;
mod oracle;
pub mod problem;
mod solution;
pub mod solver;
pub mod stationary;
pub mod stop;
pub use checkpoint::Checkpoint;
pub use error::Error;
pub use minimizer::{IntoControlFlow, IntoVector, Minimizer, Run, minimize};
pub use nalgebra::{DMatrix, DVector};
pub use oracle::{CancellationToken, Evaluations, Oracle};
pub use problem::*;
pub use solution::{Record, Solution, Stall, Termination};
pub use solver::descent::{
    BarzilaiBorwein, Beta, Bfgs, ConjugateGradient, Descent, GradientDescent, Lbfgs, Newton,
};
pub use solver::{AnySolver, Solver, State};
pub use stationary::{
    Classification, DerivativeReport, Kind, Mismatch, check_derivatives, classify,
};
pub use stop::{Progress, Stop};
