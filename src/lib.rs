//! (tour)
pub mod line_search;
mod checkpoint;
mod error;
mod linalg;
mod minimizer;
mod oracle;
mod solution;
pub mod solver;
pub mod stationary;
pub mod stop;
pub mod problem;
pub use error::Error;
pub use nalgebra::{DMatrix, DVector};
pub use problem::*;
pub use checkpoint::Checkpoint;
pub use minimizer::{IntoControlFlow, IntoVector, Minimizer, Run, minimize};
pub use oracle::{CancellationToken, Evaluations, Oracle};
pub use solution::{Record, Solution, Stall, Termination};
pub use solver::descent::{
    BarzilaiBorwein, Beta, Bfgs, ConjugateGradient, Descent, GradientDescent, Lbfgs, Newton,
};
pub use solver::{AnySolver, Solver, State};
pub use stationary::{
    Classification, DerivativeReport, Kind, Mismatch, check_derivatives, classify,
};
pub use stop::{Progress, Stop};
