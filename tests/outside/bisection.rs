//! A line search: bisection to the weak Wolfe conditions.
//!
//! A. Lewis, M. Overton, "Nonsmooth optimization via quasi-Newton methods", Mathematical Programming 141 (2013) 135-163,
//! algorithm 2.6.

use extremum::line_search::{Failure, FailureReason, LineSearch, Phi, Start, Step};
use extremum::stop::converged;
use extremum::{
    BarzilaiBorwein, Bfgs, Bounds, ConjugateGradient, DVector, Error, FromFn, GradientDescent,
    Lbfgs, Newton, Solver, Stall, Termination, from_fn, minimize,
};
use extremum_tests::{barrier, rosenbrock};

use super::{Recorded, resumes_to_the_same_bits};

// The extension.

/// Halves the bracket of α until φ(α) ≤ φ(0) + 1e-4 α φ'(0) and φ'(α) ≥ κ φ'(0); doubles α while there is no bracket.
#[derive(Clone, Debug)]
struct Bisection {
    kappa: f64,
}

impl LineSearch for Bisection {
    fn search(
        &self,
        phi: &mut dyn Phi,
        start: Start,
        _memory: &mut [f64],
    ) -> Result<Step, Failure> {
        let (mut low, mut high, mut alpha) = (0.0, f64::INFINITY, start.alpha.min(start.alpha_max));
        let mut best = Step { alpha: 0.0, value: start.value, trials: 0 };
        let fails = |reason, best| Err(Failure { reason, best });
        for trials in 1..=100 {
            let value = phi.value(alpha);
            let is_lower = value <= start.value + 1e-4 * alpha * start.slope;
            let slope = if is_lower { phi.slope(alpha) } else { f64::NAN };
            best.trials = trials;
            if value == f64::NEG_INFINITY {
                return fails(FailureReason::Unbounded, best);
            }
            if slope.is_nan() {
                high = alpha;
            } else if slope < self.kappa * start.slope && alpha < start.alpha_max {
                (low, best) = (alpha, Step { alpha, value, trials });
            } else {
                return Ok(Step { alpha, value, trials });
            }
            let middle = low + 0.5 * (high - low);
            alpha = if high < f64::INFINITY { middle } else { (2.0 * low).min(start.alpha_max) };
            if alpha == low || alpha == high {
                return fails(FailureReason::Rounding, best);
            }
        }
        fails(FailureReason::TrialLimit, best)
    }
    fn check(&self) -> Result<(), Error> {
        let (name, value, range) = ("kappa", self.kappa, "in (1e-4, 1)");
        let is_in_range = value > 1e-4 && value < 1.0;
        if is_in_range { Ok(()) } else { Err(Error::Parameter { name, value, range }) }
    }
}

// Its tests.

const SEARCH: Bisection = Bisection { kappa: 0.9 };

/// φ = (α − 1)², whose slope at 0 is −2: accepted where φ is lower and 2 (α − 1) ≥ −1.8, from 0.1 to almost 2.
#[test]
fn trials_on_a_parabola() {
    let mut phi = |a: f64| ((a - 1.0).powi(2), 2.0 * (a - 1.0));
    for (first, alpha, trials) in [(1.0, 1.0, 1), (4.0, 1.0, 3), (3.0, 1.5, 2), (0.01, 0.16, 5)] {
        let start = Start::new(1.0, -2.0).alpha(first);
        let step = SEARCH.search(&mut phi, start, &mut []).unwrap();
        assert_eq!((step.alpha, step.trials), (alpha, trials), "from {first}");
        assert_eq!(step.value, (alpha - 1.0).powi(2));
    }
    // −ln(1 − α) − 2 α has no value beyond 1.
    let mut phi = |a: f64| (-(1.0 - a).ln() - 2.0 * a, 1.0 / (1.0 - a) - 2.0);
    let step = SEARCH.search(&mut phi, Start::new(0.0, -1.0).alpha(3.0), &mut []).unwrap();
    assert_eq!((step.alpha, step.trials), (0.75, 3));
    // Rising against its slope.
    let failure = SEARCH.search(&mut |a| (a, -1.0), Start::new(0.0, -1.0), &mut []).unwrap_err();
    assert_eq!((failure.best.alpha, failure.reason), (0.0, FailureReason::TrialLimit));
}

#[test]
fn every_line_search_solver_takes_it() {
    let solvers = [
        Bfgs::default().line_search(SEARCH).boxed(),
        Lbfgs::default().line_search(SEARCH).boxed(),
        Newton::default().line_search(SEARCH).boxed(),
        BarzilaiBorwein::default().line_search(SEARCH).boxed(),
        ConjugateGradient::default().line_search(Bisection { kappa: 0.1 }).boxed(),
    ];
    for solver in &solvers {
        let found = minimize(rosenbrock(), solver, [-1.2, 1.0]).unwrap();
        assert!(found.termination.is_converged() && found.cost < 1e-10, "{found}");
        let found = minimize(barrier(4), solver, [0.1, 2.0, 30.0, 4.0]).unwrap();
        assert!(found.termination.is_converged() && (found.cost - 10.0).abs() < 1e-9, "{found}");
    }
    let refused =
        minimize(rosenbrock(), Lbfgs::default().line_search(Bisection { kappa: 1.0 }), [0.0; 2]);
    assert!(matches!(refused, Err(Error::Parameter { name: "kappa", .. })));
    let lbfgs = Lbfgs::default().line_search(SEARCH);
    resumes_to_the_same_bits(&rosenbrock(), &lbfgs, &[-1.2, 1.0], converged);
}

/// It goes no further than the direction allows: problem 4 of Hock and Schittkowski, whose minimum 8/3 is a corner.
#[test]
fn it_stays_within_bounds() {
    let problem: FromFn<'_> = from_fn(2, |x| (x[0] + 1.0).powi(3) / 3.0 + x[1])
        .with_gradient(|x, g| {
            g[0] = (x[0] + 1.0).powi(2);
            g[1] = 1.0;
        })
        .with_bounds(Bounds::new([1.0, 0.0], [f64::INFINITY; 2]).unwrap());
    let problem = Recorded::new(problem);
    let solver = BarzilaiBorwein::default().line_search(SEARCH);
    let found = minimize(&problem, solver, [1.125, 0.125]).unwrap();
    assert!(found.termination.is_converged() && problem.outside() == 0, "{found}");
    assert_eq!((found.x.as_slice(), found.cost), ([1.0, 0.0].as_slice(), 8.0 / 3.0));
}

/// What the run makes of its failures: a slope that is none, and a cost without a minimum.
#[test]
fn its_failures_are_understood() {
    let solver = GradientDescent::default().line_search(SEARCH);
    let wrong = from_fn(1, |x| x[0] * x[0]).with_gradient(|x, g| g[0] = -2.0 * x[0]);
    let found = minimize(&wrong, &solver, [1.0]).unwrap();
    let reason = Stall::GradientContradictsCost;
    let expected = Termination::Stalled { reason, gradient_norm: Some(2.0) };
    assert_eq!(found.termination, expected, "{found}");
    let bottomless = from_fn(1, |x: &DVector<f64>| if x[0] > 9.0 { -f64::INFINITY } else { -x[0] })
        .with_gradient(|_, g| g[0] = -1.0);
    let found = minimize(&bottomless, &solver, [1.0]).unwrap();
    assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
}
