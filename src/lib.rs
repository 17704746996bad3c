//! Numerical optimization: minimises a function of many variables and says what kind of point it found.
//!
//! You write one [`Problem`]; any [`solver`] minimises it. The [`Solution`] says why the run ended, with the evidence,
//! and [`classify`] says whether the point is a minimum, a maximum or a saddle, with eigenvalues and estimates of their
//! errors.
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
//! [`from_fn`] makes a problem from closures; here it has the cost alone, and the solver takes finite differences for
//! the rest. With the feature `autodiff`, which is on by default, `problem!` gives a formula exact derivatives.
//!
//! | solver | needs | take it for |
//! |---|---|---|
//! | [`Lbfgs`] | gradient | the first try; many variables |
//! | [`Lbfgsb`] | gradient | the same, within bounds |
//! | [`Bfgs`] | gradient | up to a few thousand variables; an approximate inverse Hessian |
//! | [`Newton`] | gradient; Hessian or differences | fewest iterations; leaving saddles |
//! | [`TrustRegion`] | gradient; Hessian, products with it, differences, or none of them; or residuals | hard problems; saddles; many variables by products; fits |
//! | [`TrustRegion::tron`] | gradient; Hessian or differences | the same, within bounds |
//! | [`InteriorPoint`] | gradient; Hessian or differences | constraints, up to some hundred variables |
//! | [`ConjugateGradient`] | gradient | little memory |
//! | [`BarzilaiBorwein`] | gradient | cheap steps; bounds |
//! | [`GradientDescent`] | gradient | a baseline |
//! | [`AugmentedLagrangian`] | gradient and Jacobian, or differences; with [`TrustRegion::tron`] inside, second derivatives | constraints, with their multipliers |
//! | [`MultiStart`], [`BasinHopping`] | a local solver | several minima of a smooth function |
//! | [update rules](first_order): [`AdamW`](first_order::AdamW), [`Lion`](first_order::Lion), [`Prodigy`](first_order::Prodigy) and others | gradient, exact or of mini-batches | noisy gradients; neural networks |
//! | [`Svrg`], [`Saga`], [`Sarah`], [`Katyusha`] | a [`Sum`] of terms | convex losses over many terms |
//! | [`CmaEs`] | cost | rough or noisy costs, black boxes |
//! | [`DifferentialEvolution`], [`ParticleSwarm`], [`GeneticAlgorithm`], [`SimulatedAnnealing`] | cost | many minima |
//! | [`NelderMead`], [`PatternSearch`] | cost | few variables |
//! | [`RandomSearch`], [`SobolSearch`] | cost | a baseline; a first look |
//!
//! Where to go next:
//!
//! - `curve_fit` and the module `fit`, with the feature `fit`, which is on by default: fits of models to data, with
//!   standard errors, intervals, bands and losses; `guide::fitting`
//! - [`mod@problem`]: the problem itself, as closures, a type or a formula; [`Bounds`]; a [`Sum`] of many terms
//! - [`Constraints`]: equalities and inequalities, as closures or formulas, and [`Problem::with_constraints`]
//! - `Expression`, with the feature `expression`: formulas given as text, with exact derivatives
//! - [`Minimizer`] and [`stop`]: stopping rules, limits, observers, early stopping, checkpoints
//! - [`stationary`]: what kind of point was found; whether derivatives are right
//! - [`guide::choosing`]: which solver for which problem; the rest of [`guide`]: methods, accuracy, performance, design
//! - [`first_order`], [`schedule`] and [`tuning`]: update rules for gradients of your own, and their rates
//! - `convergence`, with the feature of that name, which is on by default: rates of convergence, measured
//!   and held against theory; with the feature `lab`, many solvers on many problems with profiles and a report
//! - [`evaluator`]: costs on many threads or machines
//! - [`scalar`]: minima and roots of functions of one variable
//! - the feature `faer`: Cholesky factorizations from n = 64 on by faer, 2.6 times as fast at n = 2000; then bits
//!   depend on the processor
//! - `progress`, with the feature of that name: progress bars
//! - [`line_search`]: line searches, also to be used alone; [`solver`]: how to write a solver
//! - `argmin`, with the feature `argmin`: argmin's problems on this library's solvers, and the reverse
//! - `functions`, with the feature `autodiff`: the test functions of the literature

#[cfg(feature = "argmin")]
pub mod argmin;
mod batches;
mod cancellation;
mod checkpoint;
#[cfg(feature = "convergence")]
pub mod convergence;
mod error;
mod evaluations;
pub mod evaluator;
mod fingerprint;
#[cfg(feature = "fit")]
pub mod fit;
#[cfg(feature = "autodiff")]
pub mod functions;
pub mod guide;
mod linalg;
pub mod line_search;
mod memory;
mod minimizer;
#[cfg(feature = "mpi")]
pub mod mpi;
mod oracle;
pub mod problem;
#[cfg(feature = "progress")]
pub mod progress;
mod random;
pub mod scalar;
pub mod schedule;
mod solution;
pub mod solver;
pub mod stationary;
pub mod stop;
mod termination;
pub mod tuning;
mod vector;

pub use batches::Batches;
pub use cancellation::CancellationToken;
pub use checkpoint::Checkpoint;
pub use error::Error;
pub use evaluations::Evaluations;
#[cfg(feature = "parallel")]
pub use evaluator::Parallel;
pub use evaluator::{Evaluator, EvaluatorLost, Serial};
pub use fingerprint::fingerprint;
#[cfg(feature = "fit")]
pub use fit::{curve_fit, fit};
pub use minimizer::{IntoControlFlow, Minimizer, Run, minimize};
pub use nalgebra::{DMatrix, DVector};
pub use nalgebra_sparse::CscMatrix;
pub use oracle::Oracle;
pub use problem::*;
pub use random::Random;
pub use solution::{Record, Solution};
pub use solver::descent::{
    BarzilaiBorwein, Beta, Bfgs, ConjugateGradient, Descent, GradientDescent, Lbfgs, Lbfgsb, Newton,
};
pub use solver::first_order;
pub use solver::population::{
    CmaEs, DifferentialEvolution, Generations, GeneticAlgorithm, NelderMead, ParticleSwarm,
    PatternSearch, Population, RandomSearch, Search, SimulatedAnnealing, SobolSearch,
    differential_evolution, particle_swarm,
};
pub use solver::trust_region::{LevenbergMarquardt, TrustRegion};
pub use solver::variance_reduced::{Katyusha, Saga, Sarah, Svrg};
pub use solver::{
    AnySolver, AugmentedLagrangian, BasinHopping, Domain, InteriorPoint, Iterate, MultiStart,
    Solver, State,
};
pub use stationary::{
    Classification, DerivativeReport, Kind, Mismatch, check_derivatives, classify,
};
pub use stop::{Progress, Stop, Warning};
pub use termination::{Stall, Termination};
pub use vector::IntoVector;
