//! The quasi-Newton methods of three libraries on the same problem objects.

use std::time::Instant;

use argmin::core::Executor;
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::{BFGS, LBFGS};
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{Bfgs, DVector, Lbfgs, Minimizer, Solver};

use crate::{ForArgmin, ForBasin, Shared};

/// The number of pairs of L-BFGS.
pub const PAIRS: usize = 10;

#[derive(Clone, Copy, PartialEq)]
/// A library whose methods run on the shared problems.
pub enum Library {
    /// extremum.
    Extremum,
    /// basin, on nalgebra.
    Basin,
    /// argmin, on `Vec<f64>`.
    Argmin,
}

/// All of them, extremum first.
pub const LIBRARIES: [Library; 3] = [Library::Extremum, Library::Basin, Library::Argmin];

impl Library {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Library::Extremum => "extremum",
            Library::Basin => "basin",
            Library::Argmin => "argmin",
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
/// A method that all of them have.
pub enum Method {
    /// L-BFGS with ten pairs.
    Lbfgs,
    /// BFGS.
    Bfgs,
}

/// How a run ended.
pub struct Outcome {
    /// Its best point.
    pub x: DVector<f64>,
    /// The number of iterations.
    pub iterations: u64,
    /// Of the whole run, its start included.
    pub seconds: f64,
}

/// Runs `method` of `library` to a gradient norm of `tolerance` or for `limit` iterations.
pub fn run(
    library: Library,
    method: Method,
    shared: &Shared<'_>,
    x0: &DVector<f64>,
    (tolerance, limit): (f64, u64),
) -> Outcome {
    match (library, method) {
        (Library::Extremum, Method::Lbfgs) => {
            extremum_run(Lbfgs::default().memory(PAIRS), shared, x0, (tolerance, limit))
        }
        (Library::Extremum, Method::Bfgs) => {
            extremum_run(Bfgs::default(), shared, x0, (tolerance, limit))
        }
        (Library::Basin, method) => {
            let start = basin::FirstOrderState::new(x0.clone());
            let clock = Instant::now();
            let found = match method {
                Method::Lbfgs => {
                    let solver = basin::Lbfgs::new().with_m_capacity(PAIRS).unbounded();
                    let solver = solver.with_absolute_gradient_tolerance(tolerance);
                    basin::Executor::new(ForBasin(shared), solver, start).max_iter(limit).run()
                }
                Method::Bfgs => {
                    let solver = basin::Bfgs::<DVector<f64>>::new();
                    let solver = solver.with_absolute_gradient_tolerance(tolerance);
                    basin::Executor::new(ForBasin(shared), solver, start).max_iter(limit).run()
                }
            };
            let seconds = clock.elapsed().as_secs_f64();
            let Ok(found) = found;
            Outcome { x: found.best_param().clone(), iterations: found.iter(), seconds }
        }
        (Library::Argmin, method) => {
            let (search, x) = (MoreThuenteLineSearch::new(), x0.as_slice().to_vec());
            let problem = ForArgmin::new(shared);
            let clock = Instant::now();
            let found = match method {
                Method::Lbfgs => {
                    let solver = LBFGS::new(search, PAIRS)
                        .with_tolerance_grad(tolerance)
                        .and_then(|solver| solver.with_tolerance_cost(0.0))
                        .expect("the tolerances are valid");
                    Executor::new(problem, solver)
                        .configure(|state| state.param(x).max_iters(limit))
                        .timer(false)
                        .run()
                        .map(|found| (found.state.best_param, found.state.iter))
                }
                Method::Bfgs => {
                    let solver = BFGS::new(search)
                        .with_tolerance_grad(tolerance)
                        .and_then(|solver| solver.with_tolerance_cost(0.0))
                        .expect("the tolerances are valid");
                    let n = x.len();
                    let identity: Vec<Vec<f64>> = (0..n)
                        .map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect())
                        .collect();
                    Executor::new(problem, solver)
                        .configure(|state| state.param(x).inv_hessian(identity).max_iters(limit))
                        .timer(false)
                        .run()
                        .map(|found| (found.state.best_param, found.state.iter))
                }
            };
            let seconds = clock.elapsed().as_secs_f64();
            let (x, iterations) = found.unwrap_or((None, 0));
            let x = x.map_or_else(|| x0.clone() * f64::NAN, DVector::from_vec);
            Outcome { x, iterations, seconds }
        }
    }
}

fn extremum_run<S: Solver>(
    solver: S,
    shared: &Shared<'_>,
    x0: &DVector<f64>,
    (tolerance, limit): (f64, u64),
) -> Outcome {
    let x = x0.clone();
    let clock = Instant::now();
    let found = Minimizer::new(shared, solver, x)
        .stop_when(gradient_norm(tolerance).or(max_iterations(limit)))
        .run()
        .expect("the start is in the domain");
    let seconds = clock.elapsed().as_secs_f64();
    Outcome { x: found.x, iterations: found.iterations, seconds }
}
