//! A solver that keeps bounds: the projected gradient method.
//!
//! D. Bertsekas, "On the Goldstein-Levitin-Polyak gradient projection method", IEEE Transactions on Automatic Control 21
//! (1976) 174-184: steps along the projection arc. Problems and minima: W. Hock, K. Schittkowski, *Test Examples for
//! Nonlinear Programming Codes*, Springer 1981.

use std::f64::consts::PI;
use std::ops::ControlFlow;

use extremum::stop::converged;
use extremum::{
    Bounds, Checkpoint, DVector, Domain, Error, FromFn, Iterate, Minimizer, MultiStart, Oracle,
    Solver, Termination, from_fn, minimize,
};

use super::{Recorded, resumes_to_the_same_bits};

// The extension.

/// x⁺ = P(x − α g) if f(x⁺) ≤ f(x) − 1e-4 ‖x⁺ − x‖² / α, and then α is doubled; otherwise it is halved. It remembers α and g.
#[derive(Clone)]
struct ProjectedGradient;

type Place = Iterate<(f64, DVector<f64>)>;

fn place(bounds: &Bounds, x: DVector<f64>, cost: f64, memory: (f64, DVector<f64>)) -> Place {
    let gradient_norm = Some(bounds.projected_norm(&x, &memory.1));
    Iterate { gradient_norm, ..Iterate::new(x, cost, memory) }
}

fn bounds(problem: &Oracle<'_>) -> Bounds {
    let bounds = problem.problem().bounds().cloned();
    bounds.unwrap_or_else(|| Bounds::unbounded(problem.dimension()))
}

impl Solver for ProjectedGradient {
    type State = Place;

    fn name(&self) -> &'static str {
        "ProjectedGradient"
    }
    fn domain(&self) -> Domain {
        Domain::Bounded
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Place, Error> {
        let mut gradient = x0.clone();
        let cost = problem.start(&x0, &mut gradient)?;
        Ok(place(&bounds(problem), x0, cost, (1.0, gradient)))
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Place) -> ControlFlow<Termination> {
        let (bounds, (alpha, gradient)) = (bounds(problem), &mut state.memory);
        let mut x = &state.x - *alpha * &*gradient;
        bounds.project(&mut x);
        let cost = problem.cost(&x);
        problem.uninterrupted()?;
        if cost <= state.cost - 1e-4 * (&x - &state.x).norm_squared() / *alpha {
            let mut there = x.clone();
            problem.gradient(&x, &mut there);
            problem.uninterrupted()?;
            *state = place(&bounds, x, cost, (2.0 * *alpha, there));
        } else {
            *alpha /= 2.0;
        }
        ControlFlow::Continue(())
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Place) -> Result<(), Error> {
        let fits = [&state.x, &state.memory.1].map(|v| v.len() == problem.dimension());
        let reason = "it has another number of variables".to_owned();
        if fits == [true; 2] { Ok(()) } else { Err(Error::Checkpoint { reason }) }
    }
}

// Its tests.

/// Problem 4: the minimum is a corner of the bounds.
fn corner() -> FromFn<'static> {
    from_fn(2, |x| (x[0] + 1.0).powi(3) / 3.0 + x[1])
        .with_gradient(|x, g| {
            g[0] = (x[0] + 1.0).powi(2);
            g[1] = 1.0;
        })
        .with_bounds(Bounds::new([1.0, 0.0], [f64::INFINITY; 2]).unwrap())
}

/// Problem 5: the minimum is inside.
fn waves() -> FromFn<'static> {
    let cost = |x: &DVector<f64>| {
        (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0
    };
    from_fn(2, cost)
        .with_gradient(|x, g| {
            let (c, d) = ((x[0] + x[1]).cos(), 2.0 * (x[0] - x[1]));
            g[0] = c + d - 1.5;
            g[1] = c - d + 2.5;
        })
        .with_bounds(Bounds::new([-1.5, -3.0], [4.0, 3.0]).unwrap())
}

#[test]
fn hock_and_schittkowski() {
    let problem = Recorded::new(corner());
    let found = minimize(&problem, ProjectedGradient, [1.125, 0.125]).unwrap();
    assert!(found.termination.is_converged(), "{found}");
    assert_eq!((found.x.as_slice(), found.cost), ([1.0, 0.0].as_slice(), 8.0 / 3.0));
    assert_eq!((found.gradient_norm, problem.outside()), (Some(0.0), 0));

    let problem = Recorded::new(waves());
    let found = minimize(&problem, ProjectedGradient, [0.0, 0.0]).unwrap();
    assert!(found.termination.is_converged(), "{found}");
    assert!((found.cost + 0.75_f64.sqrt() + PI / 3.0).abs() < 1e-9, "{found}");
    assert!((found.x[0] - 0.5 + PI / 3.0).abs() < 1e-5, "{found}");
    assert!((found.x[1] + 0.5 + PI / 3.0).abs() < 1e-5, "{found}");
    assert_eq!(problem.outside(), 0);
    assert_eq!(problem.count() as u64, found.evaluations.cost + found.evaluations.gradient);
    assert!(found.classify(&problem).unwrap().is_minimum());
}

/// From costs alone: the differences keep the bounds too.
#[test]
fn without_a_gradient() {
    struct Within(FromFn<'static>);
    impl extremum::Problem for Within {
        fn dimension(&self) -> usize {
            2
        }
        fn cost(&self, x: &DVector<f64>) -> f64 {
            self.0.cost(x)
        }
        fn gradient(&self, _: &DVector<f64>, _: &mut DVector<f64>) {
            unreachable!("it has none")
        }
        fn bounds(&self) -> Option<&Bounds> {
            self.0.bounds()
        }
        fn has_gradient(&self) -> bool {
            false
        }
    }
    for (problem, start, least) in
        [(corner(), [1.125, 0.125], 8.0 / 3.0), (waves(), [0.0, 0.0], -0.75_f64.sqrt() - PI / 3.0)]
    {
        let problem = Recorded::new(Within(problem));
        let found = minimize(&problem, ProjectedGradient, start).unwrap();
        assert!((found.cost - least).abs() < 1e-8, "{found}");
        assert_eq!(problem.outside(), 0);
        assert_eq!(problem.count() as u64, found.evaluations.cost);
    }
}

#[test]
fn starts_outside_are_refused() {
    let problem = Recorded::new(corner());
    let refused = minimize(&problem, ProjectedGradient, [2.0, -0.5]).unwrap_err();
    let expected =
        Error::StartOutsideBounds { index: 1, value: -0.5, lower: 0.0, upper: f64::INFINITY };
    assert_eq!((refused, problem.count()), (expected, 0));
}

#[test]
fn it_resumes_within_the_same_bounds() {
    let (waves, corner) = (waves(), corner());
    let found = resumes_to_the_same_bits(&waves, &ProjectedGradient, &[0.0, 0.0], converged);
    assert!(found.termination.is_converged(), "{found}");
    let mut run = Minimizer::new(&waves, ProjectedGradient, [0.0, 0.0]).start().unwrap();
    assert!(run.step().is_continue());
    let checkpoint = Checkpoint::from_bytes(&run.checkpoint().to_bytes().unwrap()).unwrap();
    let refused = Minimizer::new(&corner, ProjectedGradient, [1.0, 0.0]).resume(checkpoint);
    assert!(matches!(refused, Err(Error::Checkpoint { .. })));
}

/// A local search that keeps bounds sees them, and x itself.
#[test]
fn restarts_leave_the_bounds_to_it() {
    let problem = Recorded::new(waves());
    let restarts = MultiStart::new(ProjectedGradient).starts(5);
    let found = minimize(&problem, restarts, [0.0, 0.0]).unwrap();
    // The lowest of the minima in these bounds: at the first, or π further on either side of it.
    assert!(found.cost <= -0.75_f64.sqrt() - PI / 3.0 + 1e-9, "{found}");
    assert_eq!(problem.outside(), 0);
}
