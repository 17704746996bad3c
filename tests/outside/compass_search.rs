//! A solver of all of ℝⁿ that needs costs alone: compass search.
//!
//! T. Kolda, R. Lewis, V. Torczon, "Optimization by direct search: new perspectives on some classical and modern methods",
//! SIAM Review 45 (2003) 385-482, section 3.

use std::ops::ControlFlow;

use extremum::stop::{max_evaluations, max_iterations};
use extremum::{
    Bounds, Checkpoint, Constrained, Constraints, DVector, Error, Minimizer, MultiStart, Oracle,
    Problem, Solver, Stall, State, Termination, from_fn, minimize,
};
use extremum_tests::rosenbrock;
use serde::{Deserialize, Serialize};

use super::{Recorded, resumes_to_the_same_bits};

// The extension.

/// Tries x ± δ eᵢ in turn and takes the first that is lower; halves δ when none is.
#[derive(Clone)]
struct CompassSearch {
    first: f64,
    least: f64,
}

#[derive(Serialize, Deserialize)]
struct Compass {
    x: DVector<f64>,
    cost: f64,
    delta: f64,
}

impl State for Compass {
    fn x(&self) -> &DVector<f64> {
        &self.x
    }
    fn cost(&self) -> f64 {
        self.cost
    }
}

impl Solver for CompassSearch {
    type State = Compass;

    fn name(&self) -> &'static str {
        "CompassSearch"
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Compass, Error> {
        Ok(Compass { cost: problem.start_cost(&x0)?, x: x0, delta: self.first })
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Compass) -> ControlFlow<Termination> {
        let Compass { x, cost, delta } = state;
        for i in 0..x.len() {
            let centre = x[i];
            for there in [centre + *delta, centre - *delta] {
                x[i] = there;
                let trial = problem.cost(x);
                if trial < *cost {
                    *cost = trial;
                    return ControlFlow::Continue(());
                }
            }
            x[i] = centre;
            problem.uninterrupted()?;
        }
        *delta /= 2.0;
        if *delta >= self.least {
            return ControlFlow::Continue(());
        }
        let reason = Stall::Collapsed { size: *delta, tolerance: self.least };
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm: None })
    }
}

// Its tests.

const SEARCH: CompassSearch = CompassSearch { first: 1.0, least: 0.25 };

/// By hand, from (0, 0) to the minimum at (1, -2): right (1 cost), down and down (4 costs each), then none of 4 is lower
/// for δ = 1, 1/2 and 1/4.
#[test]
fn the_points_of_a_bowl() {
    let bowl = from_fn(2, |x| (x[0] - 1.0).powi(2) + (x[1] + 2.0).powi(2));
    let found = minimize(&bowl, SEARCH, [0.0, 0.0]).unwrap();
    assert_eq!((found.x.as_slice(), found.cost), ([1.0, -2.0].as_slice(), 0.0));
    assert_eq!((found.iterations, found.evaluations.cost), (6, 1 + 1 + 4 + 4 + 12));
    assert_eq!((found.evaluations.gradient, found.gradient_norm), (0, None));
    let collapsed = Stall::Collapsed { size: 0.125, tolerance: 0.25 };
    let expected = Termination::Stalled { reason: collapsed, gradient_norm: None };
    assert_eq!(found.termination, expected);
    assert_eq!(found.solver, "CompassSearch");
}

#[test]
fn bounds_are_refused_before_anything_is_evaluated() {
    let bounds = Bounds::new([-2.0, -2.0], [0.5, 2.0]).unwrap();
    let problem = Recorded::new(rosenbrock().with_bounds(bounds));
    let refused = minimize(&problem, SEARCH, [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::BoundsNotSupported { solver: "CompassSearch" });
    assert!(minimize(&problem, SEARCH.boxed(), [-1.2, 1.0]).is_err());
    assert_eq!(problem.count(), 0);
    // Inside another solver as well, by its own name.
    let refused = minimize(&problem, MultiStart::new(SEARCH).starts(3), [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::BoundsNotSupported { solver: "CompassSearch" });
    assert_eq!(problem.count(), 0);
}

#[test]
fn constraints_are_refused() {
    struct Half(Bounds);
    impl Constraints for Half {
        fn count(&self) -> usize {
            1
        }
        fn limits(&self) -> &Bounds {
            &self.0
        }
        fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
            c[0] = x[0] + x[1];
        }
    }
    let half = Half(Bounds::new([0.0], [f64::INFINITY]).unwrap());
    let refused = minimize(Constrained(rosenbrock(), half), SEARCH, [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::ConstraintsNotSupported { solver: "CompassSearch" });
}

#[test]
fn it_resumes_and_ends_as_every_solver() {
    let (valley, fine) = (rosenbrock(), CompassSearch { least: 1e-6, ..SEARCH });
    let limit = || max_iterations(50_000);
    let found = resumes_to_the_same_bits(&valley, &fine, &[-1.2, 1.0], limit);
    assert!(matches!(found.termination, Termination::Stalled { .. }), "{found}");
    assert!((found.x[0] - 1.0).abs() < 1e-2 && found.cost < 1e-4, "{found}");
    // In the middle of an iteration, which then counts for nothing.
    for limit in 1..30 {
        let run = Minimizer::new(&valley, fine.clone(), [-1.2, 1.0]);
        let found = run.stop_when(max_evaluations(limit)).run().unwrap();
        assert_eq!(found.evaluations.cost, limit);
        assert_eq!(found.cost, valley.cost(&found.x));
    }
    let outside = from_fn(1, |x| x[0].ln());
    let refused = minimize(&outside, SEARCH, [-1.0]).unwrap_err();
    assert!(matches!(refused, Error::NotInDomain { .. }), "{refused}");
}

/// What a solver gets without writing `restore`.
#[test]
fn a_checkpoint_of_another_problem_is_refused() {
    let (valley, line) = (rosenbrock(), from_fn(1, |x| x[0].abs()));
    let mut run = Minimizer::new(&valley, SEARCH, [-1.2, 1.0]).start().unwrap();
    assert!(run.step().is_continue());
    let checkpoint = Checkpoint::from_bytes(&run.checkpoint().to_bytes().unwrap()).unwrap();
    let refused = Minimizer::new(&line, SEARCH, [0.0]).resume(checkpoint).unwrap_err();
    assert!(matches!(refused, Error::Checkpoint { .. }), "{refused}");
}
