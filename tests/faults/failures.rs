//! Costs that return errors.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use extremum::first_order::{Adam, Sam, Sgd, Sophia};
use extremum::{
    AnySolver, BarzilaiBorwein, BasinHopping, Bfgs, Bounds, CmaEs, ConjugateGradient, DMatrix,
    DVector, DifferentialEvolution, Error, Fallible, GeneticAlgorithm, GradientDescent, Lbfgs,
    Lbfgsb, Matrix, Minimizer, MultiStart, NelderMead, Newton, Parallel, ParticleSwarm,
    PatternSearch, RandomSearch, SimulatedAnnealing, SobolSearch, Solver, Termination, TryProblem,
    minimize, try_from_fn,
};

#[derive(Clone, Debug, PartialEq)]
enum Crash {
    /// At this call.
    Call(u64),
    Outside,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Crash::Call(number) => write!(f, "no license at call {number}"),
            Crash::Outside => write!(f, "the reactor would melt"),
        }
    }
}

/// A bowl with a valley, which fails at a call of any of its functions.
struct Failing {
    n: usize,
    at: u64,
    calls: AtomicU64,
    gradient: bool,
    bounds: Option<Bounds>,
}

impl Failing {
    fn new(n: usize, at: u64, gradient: bool) -> Self {
        Self { n, at, calls: AtomicU64::new(0), gradient, bounds: None }
    }

    fn call(&self) -> Result<(), Crash> {
        let number = self.calls.fetch_add(1, SeqCst) + 1;
        if number >= self.at { Err(Crash::Call(number)) } else { Ok(()) }
    }
}

fn cost(x: &DVector<f64>) -> f64 {
    let pairs = (1..x.len()).map(|i| 10.0 * (x[i] - x[i - 1].powi(2)).powi(2));
    pairs.sum::<f64>() + (1.0 - x[0]).powi(2)
}

impl TryProblem for Failing {
    type Error = Crash;

    fn dimension(&self) -> usize {
        self.n
    }
    fn try_cost(&self, x: &DVector<f64>) -> Result<f64, Crash> {
        self.call()?;
        Ok(cost(x))
    }
    fn try_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<(), Crash> {
        self.call()?;
        gradient.fill(0.0);
        gradient[0] = -2.0 * (1.0 - x[0]);
        for i in 1..x.len() {
            let t = 20.0 * (x[i] - x[i - 1].powi(2));
            gradient[i] += t;
            gradient[i - 1] -= 2.0 * x[i - 1] * t;
        }
        Ok(())
    }
    fn has_gradient(&self) -> bool {
        self.gradient
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}

/// Every solver that takes problems of this kind, with bounds those that keep them.
fn solvers(within_bounds: bool) -> Vec<Box<dyn AnySolver>> {
    let mut solvers = vec![
        MultiStart::default().scale(0.5).boxed(),
        BasinHopping::default().scale(0.5).boxed(),
        CmaEs::default().scale(0.5).boxed(),
        DifferentialEvolution::default().scale(0.5).boxed(),
        ParticleSwarm::default().scale(0.5).boxed(),
        GeneticAlgorithm::default().scale(0.5).boxed(),
        SimulatedAnnealing::default().scale(0.5).boxed(),
        NelderMead::default().scale(0.5).boxed(),
        PatternSearch::default().scale(0.5).boxed(),
        RandomSearch::default().scale(0.5).boxed(),
        SobolSearch::default().scale(0.5).boxed(),
    ];
    solvers.extend([BarzilaiBorwein::default().boxed(), Lbfgsb::default().boxed()]);
    if !within_bounds {
        solvers.extend([
            GradientDescent::default().boxed(),
            ConjugateGradient::default().boxed(),
            Bfgs::default().boxed(),
            Lbfgs::default().boxed(),
            Newton::default().boxed(),
            Adam::new(0.01).boxed(),
            Sgd::new(0.001).boxed(),
            Sam::new(0.05, Sgd::new(0.001)).boxed(),
            Sophia::new(0.001).boxed(),
        ]);
    }
    solvers
}

#[test]
fn an_error_ends_the_run_and_comes_back() {
    for (gradient, within_bounds) in [(true, false), (false, false), (true, true), (false, true)] {
        for at in [10, 13, 31] {
            for solver in solvers(within_bounds) {
                let mut problem = Failing::new(3, at, gradient);
                if within_bounds {
                    problem.bounds = Some(Bounds::new([-2.0; 3], [0.9; 3]).unwrap());
                }
                let problem = Fallible::new(problem);
                let start = DVector::from_vec(vec![-0.5, 0.3, 0.2]);
                let found = Minimizer::new(&problem, &solver, &start).run();
                let found = found.unwrap_or_else(|error| {
                    panic!("{} {gradient} {within_bounds} {at}: {error}", solver.name())
                });
                let label = format!("{} {gradient} {within_bounds} {at}: {found}", solver.name());
                let reason = format!("no license at call {at}");
                assert_eq!(found.termination, Termination::ProblemFailed { reason }, "{label}");
                assert!(found.termination.is_failure() && !found.termination.is_converged());
                assert!(found.cost <= cost(&start) && found.cost == cost(&found.x), "{label}");
                assert_eq!(problem.take_error(), Some(Crash::Call(at)), "{label}");
                assert_eq!(problem.take_error(), None);
            }
        }
    }
}

#[test]
fn an_error_on_another_thread_as_well() {
    let problem = Fallible::new(Failing::new(3, 50, false));
    let run = Minimizer::new(&problem, ParticleSwarm::default().scale(0.5), [0.5; 3]);
    let found = run.evaluate_with(Parallel).run().unwrap();
    assert!(matches!(found.termination, Termination::ProblemFailed { .. }), "{found}");
    assert!(found.cost <= cost(&DVector::from_element(3, 0.5)));
    assert!(matches!(problem.take_error(), Some(Crash::Call(50..))));
}

#[test]
fn an_error_at_the_start_is_an_error() {
    for solver in solvers(false) {
        let problem = Fallible::new(Failing::new(3, 1, true));
        let failed = Minimizer::new(&problem, &solver, [0.5; 3]).run().unwrap_err();
        assert!(matches!(failed, Error::ProblemFailed { .. }), "{}: {failed}", solver.name());
        assert!(failed.to_string().contains("no license at call 1"));
        assert_eq!(problem.take_error(), Some(Crash::Call(1)));
    }
}

#[test]
fn errors_that_mean_outside_the_domain() {
    let barrier = |x: f64| if x <= 0.0 { Err(Crash::Outside) } else { Ok(x - x.ln()) };
    let problem = try_from_fn(1, move |x: &DVector<f64>| barrier(x[0]))
        .with_gradient(|x, g| {
            g[0] = 1.0 - 1.0 / x[0];
            Ok(())
        })
        .outside_domain(|error| *error == Crash::Outside);
    let found = minimize(&problem, GradientDescent::default(), [0.01]).unwrap();
    assert!(found.termination.is_converged() && (found.x[0] - 1.0).abs() < 1e-5, "{found}");
    assert_eq!(problem.take_error(), None);
}

/// The cost is sound, and the Hessian fails.
struct NoHessian;

impl TryProblem for NoHessian {
    type Error = Crash;

    fn dimension(&self) -> usize {
        2
    }
    fn try_cost(&self, x: &DVector<f64>) -> Result<f64, Crash> {
        Ok(x.norm_squared())
    }
    fn try_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<(), Crash> {
        *gradient = 2.0 * x;
        Ok(())
    }
    fn has_gradient(&self) -> bool {
        true
    }
    fn try_hessian(&self, x: &DVector<f64>) -> Result<Option<Matrix>, Crash> {
        if x[0] == 1.0 { Err(Crash::Outside) } else { Ok(Some(DMatrix::identity(2, 2).into())) }
    }
}

#[test]
fn a_hessian_fails_as_well() {
    let problem = Fallible::new(NoHessian);
    let found = minimize(&problem, Newton::default(), [1.0, 2.0]).unwrap();
    let reason = Crash::Outside.to_string();
    assert_eq!(found.termination, Termination::ProblemFailed { reason });
    assert_eq!((found.cost, problem.take_error()), (5.0, Some(Crash::Outside)));
}
