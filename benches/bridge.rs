//! `extremum::argmin`: problems of argmin on extremum's solvers and the reverse, as `cargo test -p extremum-benches` runs them.
//! A run through the bridge must have the bits and the counts of the same run without it.

use std::collections::HashMap;
use std::fmt;

use argmin::core::{
    CostFunction, Error as ArgminError, Executor, Gradient, Hessian, IterState, State,
};
use argmin::solver::gradientdescent::SteepestDescent;
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use argmin::solver::trustregion::{Steihaug, TrustRegion};
use extremum::argmin::{ToArgmin, from_argmin};
use extremum::{
    Bounded, Bounds, Constrained, Constraints, DMatrix, DVector, Error, Lbfgs, Matrix, Minimizer,
    Newton, Problem, Solution, Solver, Termination, from_fn, minimize, try_from_fn,
};

/// The chained Rosenbrock function, Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², for either library: the minimum is 0, where all xᵢ = 1.
#[derive(Clone, Copy, Debug)]
struct Valley(usize);

impl Valley {
    fn cost(self, x: &[f64]) -> f64 {
        x.windows(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
    }

    fn gradient(self, x: &[f64]) -> Vec<f64> {
        let mut g = vec![0.0; x.len()];
        for i in 0..x.len() - 1 {
            let t = x[i + 1] - x[i] * x[i];
            g[i] -= 400.0 * t * x[i] + 2.0 * (1.0 - x[i]);
            g[i + 1] += 200.0 * t;
        }
        g
    }

    fn hessian(self, x: &[f64]) -> Vec<Vec<f64>> {
        let mut h = vec![vec![0.0; x.len()]; x.len()];
        for i in 0..x.len() - 1 {
            h[i][i] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
            h[i][i + 1] -= 400.0 * x[i];
            h[i + 1][i] -= 400.0 * x[i];
            h[i + 1][i + 1] += 200.0;
        }
        h
    }

    fn start(self) -> Vec<f64> {
        vec![0.5; self.0]
    }
}

impl Problem for Valley {
    fn dimension(&self) -> usize {
        self.0
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        Valley::cost(*self, x.as_slice())
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        gradient.copy_from_slice(&Valley::gradient(*self, x.as_slice()));
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let rows = Valley::hessian(*self, x.as_slice());
        Some(DMatrix::from_fn(self.0, self.0, |i, j| rows[i][j]).into())
    }
}

/// The same as a type of argmin's.
struct ArgminValley(Valley);

impl CostFunction for ArgminValley {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, ArgminError> {
        Ok(self.0.cost(x))
    }
}

impl Gradient for ArgminValley {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, ArgminError> {
        Ok(self.0.gradient(x))
    }
}

impl Hessian for ArgminValley {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;
    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, ArgminError> {
        Ok(self.0.hessian(x))
    }
}

/// An error of the user's own type.
#[derive(Debug, PartialEq)]
struct Crash(f64);

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crashed at {}", self.0)
    }
}

impl std::error::Error for Crash {}

/// (x − 1)² that fails below `cost_from`, with derivatives that fail below their own limits.
struct Crashing {
    cost_from: f64,
    gradient_from: f64,
    hessian_from: f64,
    /// The components of the gradient.
    length: usize,
}

const SAFE: Crashing =
    Crashing { cost_from: -9.0, gradient_from: -9.0, hessian_from: -9.0, length: 1 };

fn from(limit: f64, x: f64) -> Result<(), ArgminError> {
    if x < limit { Err(Crash(x).into()) } else { Ok(()) }
}

impl CostFunction for Crashing {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, ArgminError> {
        from(self.cost_from, x[0])?;
        Ok((x[0] - 1.0).powi(2))
    }
}

impl Gradient for Crashing {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, ArgminError> {
        from(self.gradient_from, x[0])?;
        Ok(vec![2.0 * (x[0] - 1.0); self.length])
    }
}

impl Hessian for Crashing {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;
    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, ArgminError> {
        from(self.hessian_from, x[0])?;
        Ok(vec![vec![2.0]])
    }
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_problem_of_argmin_runs_as_a_native_one() {
    fn same(of: &str, native: Solution, bridged: Solution) {
        assert_eq!(bits(native.x.as_slice()), bits(bridged.x.as_slice()), "{of}");
        assert_eq!(native.evaluations, bridged.evaluations, "{of}");
        assert_eq!(native.iterations, bridged.iterations, "{of}");
        assert!(native.termination.is_converged(), "{of}: {native}");
        assert!(native.x.iter().all(|x| (x - 1.0).abs() < 1e-4), "{of}: {native}");
    }
    fn run(problem: &dyn Problem, solver: impl Solver, x0: &[f64]) -> Solution {
        minimize(problem, solver, x0.to_vec()).unwrap()
    }
    for n in [2, 10] {
        let (valley, x0) = (Valley(n), Valley(n).start());
        let with_gradient = from_argmin(n, ArgminValley(valley)).with_gradient();
        let no_hessian = from_fn(n, |x| valley.cost(x.as_slice()))
            .with_gradient(|x, g| g.copy_from_slice(&valley.gradient(x.as_slice())));
        let lbfgs = Lbfgs::default;
        same("L-BFGS", run(&valley, lbfgs(), &x0), run(&with_gradient, lbfgs(), &x0));
        let newton = Newton::default;
        same("Newton", run(&no_hessian, newton(), &x0), run(&with_gradient, newton(), &x0));
        let all = from_argmin(n, ArgminValley(valley)).with_gradient().with_hessian();
        let exact = run(&all, newton(), &x0);
        assert!(exact.evaluations.hessian > 0);
        same("Newton, exact", run(&valley, newton(), &x0), exact);
        let (costs, own) =
            (from_argmin(n, ArgminValley(valley)), from_fn(n, |x| valley.cost(x.as_slice())));
        same("differences", run(&own, lbfgs(), &x0), run(&costs, lbfgs(), &x0));
    }
}

type Counted = (Vec<f64>, HashMap<String, u64>);

/// argmin's L-BFGS.
fn argmin_lbfgs<P>(problem: P, x0: Vec<f64>) -> Result<Counted, ArgminError>
where
    P: CostFunction<Param = Vec<f64>, Output = f64>
        + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>,
{
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10);
    let run = Executor::new(problem, solver)
        .configure(|state: IterState<_, _, (), (), (), f64>| {
            state.param(x0).max_iters(500).counting(true)
        })
        .run()?;
    let x = run.state.best_param.clone().unwrap();
    Ok((x, run.state.get_func_counts().clone()))
}

/// argmin's trust-region method.
fn argmin_trust_region<P>(problem: P, x0: Vec<f64>) -> Result<Counted, ArgminError>
where
    P: CostFunction<Param = Vec<f64>, Output = f64>
        + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>
        + Hessian<Param = Vec<f64>, Hessian = Vec<Vec<f64>>>,
{
    let solver: TrustRegion<_, f64> = TrustRegion::new(Steihaug::new());
    let run = Executor::new(problem, solver)
        .configure(|state| state.param(x0).max_iters(200).counting(true))
        .run()?;
    Ok((run.state.best_param.clone().unwrap(), run.state.get_func_counts().clone()))
}

#[test]
fn a_problem_runs_on_argmin_as_a_native_one() {
    for n in [2, 10] {
        let (valley, x0) = (Valley(n), Valley(n).start());
        let native = argmin_lbfgs(ArgminValley(valley), x0.clone()).unwrap();
        let bridged = argmin_lbfgs(ToArgmin::new(valley).unwrap(), x0.clone()).unwrap();
        assert_eq!(bits(&native.0), bits(&bridged.0));
        assert_eq!(native.1, bridged.1);
        assert!(bridged.1["gradient_count"] > 10, "{:?}", bridged.1);
        assert!(bridged.0.iter().all(|x| (x - 1.0).abs() < 1e-4), "{:?}", bridged.0);

        let native = argmin_trust_region(ArgminValley(valley), x0.clone()).unwrap();
        let bridged = argmin_trust_region(ToArgmin::new(&valley).unwrap(), x0).unwrap();
        assert_eq!(bits(&native.0), bits(&bridged.0));
        assert_eq!(native.1, bridged.1);
        assert!(bridged.1["hessian_count"] > 5, "{:?}", bridged.1);
        assert!(bridged.0.iter().all(|x| (x - 1.0).abs() < 1e-4), "{:?}", bridged.0);
    }
}

#[test]
fn vectors_of_nalgebra() {
    type Vector = nalgebra_0_34::DVector<f64>;
    let valley = Valley(2);
    let start = Vector::from_vec(vec![-1.2, 1.0]);
    let bridge = || ToArgmin::new(valley).unwrap().on::<Vector>();
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10);
    let run = Executor::new(bridge(), solver)
        .configure(|state| state.param(start.clone()).max_iters(500))
        .run();
    let x = run.unwrap().state.best_param.unwrap();
    assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-4), "{x}");
    // 1200 x₀² − 400 x₁ + 2 = 1330 and −400 x₀ = 480 at (−1.2, 1), and there again after the way back.
    let hessian = bridge().hessian(&start).unwrap();
    assert!((hessian[(0, 0)] - 1330.0).abs() < 1e-9 && (hessian[(1, 0)] - 480.0).abs() < 1e-9);
    let both_ways = from_argmin(2, bridge()).with_gradient().with_hessian();
    let x0 = DVector::from_vec(vec![-1.2, 1.0]);
    assert_eq!(both_ways.hessian(&x0), Problem::hessian(&valley, &x0));
    let found = minimize(&both_ways, Lbfgs::default(), x0.clone()).unwrap();
    assert_eq!(found.x, minimize(valley, Lbfgs::default(), x0).unwrap().x);
}

#[test]
fn an_error_of_argmin_ends_the_run_and_comes_back() {
    let ends = |crashing: Crashing| {
        let problem = from_argmin(1, crashing).with_gradient().with_hessian();
        let newton = Minimizer::new(&problem, Newton::default(), [5.0]).run().unwrap();
        assert!(matches!(newton.termination, Termination::ProblemFailed { .. }), "{newton}");
        assert!(newton.cost <= 16.0);
        problem.take_error().unwrap()
    };
    let cost = ends(Crashing { cost_from: 2.0, ..SAFE });
    assert!(cost.downcast_ref::<Crash>().unwrap().0 < 2.0, "{cost}");
    let gradient = ends(Crashing { gradient_from: 2.0, ..SAFE });
    assert!(gradient.downcast_ref::<Crash>().unwrap().0 < 2.0, "{gradient}");
    let hessian = ends(Crashing { hessian_from: 6.0, ..SAFE });
    assert_eq!(hessian.downcast_ref(), Some(&Crash(5.0)));

    // At the start there is no point to return.
    let problem = from_argmin(1, Crashing { cost_from: 6.0, ..SAFE }).with_gradient();
    let refused = minimize(&problem, Lbfgs::default(), [5.0]).unwrap_err();
    assert_eq!(refused, Error::ProblemFailed { reason: "crashed at 5".into() });
    assert_eq!(problem.take_error().unwrap().downcast_ref(), Some(&Crash(5.0)));

    // A gradient of the wrong length is an error too, not a panic.
    let problem = from_argmin(1, Crashing { length: 2, ..SAFE }).with_gradient();
    minimize(&problem, Lbfgs::default(), [5.0]).unwrap_err();
    let error = problem.take_error().unwrap();
    let expected = Error::Dimension { what: "the gradient", expected: 1, actual: 2 };
    assert_eq!(error.downcast_ref(), Some(&expected));
}

#[test]
fn an_error_of_the_problem_is_argmins_error() {
    let crashing = || {
        let cost = |x: &DVector<f64>| {
            if x[0] < 2.0 { Err(Crash(x[0])) } else { Ok((x[0] - 1.0).powi(2)) }
        };
        try_from_fn(1, cost).with_gradient(|x, g| {
            g[0] = 2.0 * (x[0] - 1.0);
            Ok(())
        })
    };
    let descend = |problem| {
        let solver = SteepestDescent::new(MoreThuenteLineSearch::new());
        let run = Executor::new(problem, solver);
        run.configure(|state| state.param(vec![5.0]).max_iters(100)).run().map(drop).unwrap_err()
    };
    let typed = descend(ToArgmin::fallible(crashing()).unwrap());
    assert!(typed.downcast_ref::<Crash>().unwrap().0 < 2.0, "{typed}");
    let text = descend(ToArgmin::new(crashing()).unwrap());
    assert_eq!(text.to_string(), typed.to_string());

    // argmin's L-BFGS ends without an error when its line search has one; a problem that was lent has it.
    let lent = crashing();
    let (x, _) = argmin_lbfgs(ToArgmin::new(&lent).unwrap(), vec![5.0]).unwrap();
    assert_eq!(x, [5.0]);
    assert!(lent.take_error().unwrap().0 < 2.0);

    // There and back it is still the same error.
    let returned = from_argmin(1, Crashing { cost_from: 6.0, ..SAFE }).with_gradient();
    let error = argmin_lbfgs(ToArgmin::fallible(returned).unwrap(), vec![5.0]).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Crash(5.0)));
}

#[test]
fn derivatives_that_are_not_given_are_differenced() {
    let valley = Valley(10);
    let costs = || ToArgmin::new(from_fn(10, move |x| valley.cost(x.as_slice()))).unwrap();
    let x = valley.start();
    let exact = (valley.gradient(&x), valley.hessian(&x));
    let gradient = costs().gradient(&x).unwrap();
    for (differenced, exact) in gradient.iter().zip(&exact.0) {
        assert!((differenced - exact).abs() < 1e-4, "{differenced} {exact}");
    }
    let hessian = costs().hessian(&x).unwrap();
    for (differenced, exact) in hessian.iter().flatten().zip(exact.1.iter().flatten()) {
        assert!((differenced - exact).abs() < 1e-3 * 1330.0, "{differenced} {exact}");
    }
    let (x, _) = argmin_lbfgs(costs(), x).unwrap();
    assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-3), "{x:?}");
}

#[test]
fn what_argmin_would_ignore_is_refused() {
    #[derive(Debug)]
    struct OnLine(Bounds);
    impl Constraints for OnLine {
        fn count(&self) -> usize {
            1
        }
        fn limits(&self) -> &Bounds {
            &self.0
        }
        fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
            values[0] = x.sum();
        }
    }
    let unit = |n| Bounds::new(vec![0.0; n], vec![1.0; n]).unwrap();
    let bounded = ToArgmin::new(Bounded(Valley(2), unit(2))).unwrap_err();
    assert_eq!(bounded, Error::NotForArgmin { what: "bounds" });
    let constrained = ToArgmin::new(Constrained(Valley(2), OnLine(unit(1)))).unwrap_err();
    assert_eq!(constrained, Error::NotForArgmin { what: "constraints" });

    let short = ToArgmin::new(Valley(2)).unwrap().cost(&vec![1.0]).unwrap_err();
    assert!(matches!(short.downcast_ref(), Some(Error::Dimension { expected: 2, actual: 1, .. })));
}

#[test]
fn a_forgotten_gradient_is_an_error() {
    #[derive(Debug)]
    struct Forgotten;
    impl Problem for Forgotten {
        fn dimension(&self) -> usize {
            2
        }
        fn cost(&self, x: &DVector<f64>) -> f64 {
            x.norm_squared()
        }
        fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
            gradient[0] = 2.0 * x[0];
        }
    }
    let error = ToArgmin::new(Forgotten).unwrap().gradient(&vec![1.0, 2.0]).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Error::GradientNotWritten { index: 1 }));
}
