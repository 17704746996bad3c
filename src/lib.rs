//! Numerical optimization that says what it found.
//!
//! You write one [`Problem`]; any [`solver`] minimises it; the [`Solution`] says why the run ended, with the
//! evidence, and [`classify`] says whether the point is a minimum, a maximum or a saddle, with
//! eigenvalues and estimates of how wrong each may be.
//!
//! ```
//! use extremum::{Newton, from_fn, minimize};
//!
//! let himmelblau = from_fn(2, |x| (x[0].powi(2) + x[1] - 11.0).powi(2) + (x[0] + x[1].powi(2) - 7.0).powi(2));
//! let found = minimize(&himmelblau, Newton::default(), [1.0, 1.0])?;
//! assert!((found.x[0] - 3.0).abs() < 1e-6 && (found.x[1] - 2.0).abs() < 1e-6);
//! assert!(found.classify(&himmelblau)?.is_minimum());
//! # Ok::<(), extremum::Error>(())
//! ```
//!
//! | solver | needs | in one line |
//! |---|---|---|
//! | [`Lbfgs`] | gradient | in doubt, and for many variables |
//! | [`Bfgs`] | gradient | up to a few thousand variables; gives its inverse Hessian back |
//! | [`Newton`] | gradient; Hessian or differences | fewest steps; leaves saddles |
//! | [`ConjugateGradient`] | gradient | little memory |
//! | [`BarzilaiBorwein`] | gradient | cheap steps |
//! | [`GradientDescent`] | gradient | a yardstick |
//! | [`CmaEs`] | costs | rough or noisy costs, black boxes |
//! | [`DifferentialEvolution`], [`ParticleSwarm`], [`GeneticAlgorithm`], [`SimulatedAnnealing`] | costs | many minima |
//! | [`NelderMead`], [`PatternSearch`] | costs | few variables |
//! | [`MultiStart`], [`BasinHopping`] | a local solver | several minima of a smooth function |
//!
//! Where to look: [`mod@problem`] for what can be minimised, [`Minimizer`] and [`stop`] for the terms of a run,
//! [`line_search`] for searches that work alone, [`solver`] for writing one's own, [`stationary`] for what kind of point
//! was found, [`guide`] for everything else. With the feature `autodiff`, which is on by default, one formula written with
//! `problem!` has exact derivatives, and `functions` has the test functions of the literature.

mod batches;
mod checkpoint;
mod error;
pub mod evaluator;
#[cfg(feature = "autodiff")]
pub mod functions;
pub mod guide;
mod linalg;
pub mod line_search;
mod memory;
mod minimizer;
mod oracle;
pub mod problem;
mod random;
pub mod schedule;
mod solution;
pub mod solver;
pub mod stationary;
pub mod stop;
pub mod tuning;

pub use batches::Batches;
pub use checkpoint::Checkpoint;
pub use error::Error;
#[cfg(feature = "parallel")]
pub use evaluator::Parallel;
#[cfg(feature = "mpi")]
pub use evaluator::mpi;
pub use evaluator::{Evaluator, EvaluatorLost, Serial};
pub use minimizer::{IntoControlFlow, IntoVector, Minimizer, Run, minimize};
pub use nalgebra::{DMatrix, DVector};
pub use nalgebra_sparse::CscMatrix;
pub use oracle::{CancellationToken, Evaluations, Oracle};
pub use problem::*;
pub use random::Random;
pub use solution::{Record, Solution, Stall, Termination};
pub use solver::descent::{
    BarzilaiBorwein, Beta, Bfgs, ConjugateGradient, Descent, GradientDescent, Lbfgs, Newton,
};
pub use solver::first_order;
pub use solver::population::{
    CmaEs, DifferentialEvolution, Generations, GeneticAlgorithm, NelderMead, ParticleSwarm,
    PatternSearch, Population, RandomSearch, Search, SimulatedAnnealing, SobolSearch,
    differential_evolution, particle_swarm,
};
pub use solver::variance_reduced::{Katyusha, Saga, Sarah, Svrg};
pub use solver::{AnySolver, BasinHopping, Domain, MultiStart, Solver, State};
pub use stationary::{
    Classification, DerivativeReport, Kind, Mismatch, check_derivatives, classify,
};
pub use stop::{Progress, Stop, Warning};
