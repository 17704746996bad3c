//! The problems of Moré, Garbow and Hillstrom plus a constant: what is claimed is true of the function without it, and no run
//! ends above its start.

use extremum::functions::{TestFunction, more_garbow_hillstrom};
use extremum::stop::{converged, max_evaluations};
use extremum::{DVector, Matrix, Minimizer, Problem};
use extremum_hostile::solvers::with_every_search;

/// A function plus a constant.
struct Raised<'a> {
    function: &'a TestFunction,
    offset: f64,
}

impl Problem for Raised<'_> {
    fn dimension(&self) -> usize {
        self.function.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.offset + self.function.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.function.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.function.hessian(x)
    }
}

#[test]
fn a_constant_makes_no_claim_false() {
    for function in more_garbow_hillstrom() {
        for (name, solver) in with_every_search() {
            for offset in [1e4, 1e8, 1e12] {
                let problem = Raised { function: &function, offset };
                let found = Minimizer::new(&problem, &solver, function.start())
                    .stop_when(converged().or(max_evaluations(500)))
                    .run()
                    .expect("a good call");
                let label = format!("{} + {offset:e}, {name}: {found}", function.name());
                assert!(found.cost <= problem.cost(function.start()), "{label}");
                assert!(found.evaluations.cost.max(found.evaluations.gradient) <= 500, "{label}");
                if found.termination.is_converged() {
                    // Of the function itself: a minimum that is known, or a point that is as flat.
                    let cost = function.cost(&found.x);
                    let rounding = 64.0 * f64::EPSILON * offset;
                    let near = |known: &f64| cost - known <= rounding + 1e-4 * known.abs().max(1.0);
                    let mut gradient = DVector::zeros(found.x.len());
                    function.gradient(&found.x, &mut gradient);
                    let is_minimum = function.known_minima().iter().any(near);
                    let size = found.x.amax().max((&found.x - function.start()).amax());
                    let is_flat = gradient.amax() <= 1e-6 || gradient.amax() * size <= rounding;
                    assert!(is_minimum || is_flat, "{label}");
                }
            }
        }
    }
}
