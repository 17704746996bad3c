//! A solver for sums of squares: the method of Gauss and Newton.
//!
//! J. Nocedal, S. Wright, *Numerical Optimization*, 2nd ed., Springer (2006), section 10.3.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use extremum::line_search::FailureReason;
use extremum::stop::{gradient_norm, gradient_norm_relative_to_first, max_evaluations};
use extremum::{
    Bounded, Bounds, DVector, Error, Evaluations, Iterate, LeastSquares, Matrix, Minimizer,
    MultiStart, Oracle, Solver, Stall, SumOfSquares, Termination, minimize,
};
use extremum_tests::rosenbrock;

use super::resumes_to_the_same_bits;

// The extension.

/// x⁺ = x − α d, where d minimises ‖r − J d‖ and α is halved from 1 until the cost decreases. It remembers r and J.
#[derive(Clone)]
struct GaussNewton;

type Fit = Iterate<(DVector<f64>, Matrix)>;

/// The state at x, where the residuals are r: takes the Jacobian there.
fn fit(problem: &mut Oracle<'_>, x: DVector<f64>, r: DVector<f64>, mut j: Matrix) -> Fit {
    problem.jacobian(&x, &r, &mut j);
    let mut gradient = x.clone();
    j.transpose_times(&r, &mut gradient);
    let gradient_norm = Some(gradient.amax());
    Iterate { gradient_norm, ..Iterate::new(x, 0.5 * r.norm_squared(), (r, j)) }
}

impl Solver for GaussNewton {
    type State = Fit;

    fn name(&self) -> &'static str {
        "GaussNewton"
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Fit, Error> {
        let m = problem.residuals().ok_or(Error::NotASumOfSquares { solver: self.name() })?;
        let mut r = DVector::zeros(m);
        problem.start_residual(&x0, &mut r)?;
        Ok(fit(problem, x0, r, Matrix::default()))
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Fit) -> ControlFlow<Termination> {
        let (mut r, j) = state.memory.clone();
        let d = j.to_dense().svd(true, true).solve(&r, 1e-14);
        let mut d = d.unwrap_or_else(|_| DVector::zeros(state.x.len()));
        for _ in 0..50 {
            let x = &state.x - &d;
            problem.residual(&x, &mut r);
            problem.uninterrupted()?;
            if 0.5 * r.norm_squared() < state.cost {
                let next = fit(problem, x, r, j);
                problem.uninterrupted()?;
                *state = next;
                return ControlFlow::Continue(());
            }
            d /= 2.0;
        }
        let (reason, gradient_norm) = (FailureReason::Rounding, state.gradient_norm);
        let reason = Stall::LineSearch(reason);
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm })
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Fit) -> Result<(), Error> {
        let (Iterate { x, memory: (r, j), .. }, n) = (state, problem.dimension());
        let shape = (Some(r.len()), x.len(), j.rows(), j.columns());
        let reason = "it belongs to another fit".to_owned();
        let fits = shape == (problem.residuals(), n, r.len(), n);
        if fits { Ok(()) } else { Err(Error::Checkpoint { reason }) }
    }
}

// Its tests.

/// A fit that counts its own calls, with or without its Jacobian.
struct Counted<L> {
    fit: L,
    has_jacobian: bool,
    residuals: AtomicU64,
    jacobians: AtomicU64,
}

impl<L: LeastSquares> Counted<L> {
    fn new(fit: L, has_jacobian: bool) -> Self {
        Self { fit, has_jacobian, residuals: AtomicU64::new(0), jacobians: AtomicU64::new(0) }
    }

    fn calls(&self) -> (u64, u64) {
        (self.residuals.load(Ordering::Relaxed), self.jacobians.load(Ordering::Relaxed))
    }
}

impl<L: LeastSquares> LeastSquares for Counted<L> {
    fn dimension(&self) -> usize {
        self.fit.dimension()
    }
    fn residuals(&self) -> usize {
        self.fit.residuals()
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        self.residuals.fetch_add(1, Ordering::Relaxed);
        self.fit.residual(x, r);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        if self.has_jacobian {
            self.jacobians.fetch_add(1, Ordering::Relaxed);
        }
        self.has_jacobian && self.fit.jacobian(x, j)
    }
    fn has_jacobian(&self) -> bool {
        self.has_jacobian
    }
}

/// A line through (0, 1), (1, 3), (2, 4), (3, 4). The normal equations 14 a + 6 b = 23 and 6 a + 4 b = 12 give
/// a = 1, b = 3/2, and the residuals 1/2, −1/2, −1/2, 1/2.
struct Line;

const HEIGHTS: [f64; 4] = [1.0, 3.0, 4.0, 4.0];

impl LeastSquares for Line {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        4
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        for (i, height) in HEIGHTS.iter().enumerate() {
            r[i] = x[0] * i as f64 + x[1] - height;
        }
    }
    fn jacobian(&self, _: &DVector<f64>, j: &mut Matrix) -> bool {
        let j = j.dense(4, 2);
        for i in 0..4 {
            (j[(i, 0)], j[(i, 1)]) = (i as f64, 1.0);
        }
        true
    }
}

/// Half of Rosenbrock's function: r = (10 (x₁ − x₀²), 1 − x₀).
struct Valley;

impl LeastSquares for Valley {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        2
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        let j = j.dense(2, 2);
        (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (-20.0 * x[0], 10.0, -1.0, 0.0);
        true
    }
}

/// NIST's Misra1a: y = b₀ (1 − exp(−b₁ t)), with certified parameters.
struct Misra;

const MISRA: [(f64, f64); 14] = [
    (77.6, 10.07),
    (114.9, 14.73),
    (141.1, 17.94),
    (190.8, 23.93),
    (239.9, 29.61),
    (289.0, 35.18),
    (332.8, 40.02),
    (378.4, 44.82),
    (434.8, 50.76),
    (477.3, 55.05),
    (536.8, 61.01),
    (593.1, 66.40),
    (689.1, 75.47),
    (760.0, 81.78),
];

impl LeastSquares for Misra {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        MISRA.len()
    }
    fn residual(&self, b: &DVector<f64>, r: &mut DVector<f64>) {
        for (r, (t, y)) in r.iter_mut().zip(MISRA) {
            *r = b[0] * (1.0 - (-b[1] * t).exp()) - y;
        }
    }
    fn jacobian(&self, b: &DVector<f64>, j: &mut Matrix) -> bool {
        let j = j.dense(MISRA.len(), 2);
        for (i, (t, _)) in MISRA.into_iter().enumerate() {
            let e = (-b[1] * t).exp();
            (j[(i, 0)], j[(i, 1)]) = (1.0 - e, b[0] * t * e);
        }
        true
    }
}

/// One step solves it. With the Jacobian: residuals at the start and after the step. Differenced: n = 2 more at each of the
/// two points, and 2n + 1 for the error of the gradient that the run ends with. Never a cost.
#[test]
fn counts_of_a_line() {
    for has_jacobian in [true, false] {
        let problem = SumOfSquares::new(Counted::new(Line, has_jacobian));
        let found = minimize(&problem, GaussNewton, [5.0, -5.0]).unwrap();
        assert!(found.termination.is_converged(), "{found}");
        assert!((found.x[0] - 1.0).abs() < 1e-7 && (found.x[1] - 1.5).abs() < 1e-7, "{found}");
        assert!((found.cost - 0.5).abs() < 1e-12, "{found}");
        let expected = if has_jacobian { (2, 2) } else { (2 + 2 * 2 + 5, 0) };
        assert_eq!(problem.residuals().calls(), expected, "{found}");
        let Evaluations { residual, jacobian, cost, gradient, .. } = found.evaluations;
        assert_eq!(((residual, jacobian), (cost, gradient)), (expected, (0, 0)), "{found}");
        assert_eq!(found.iterations, 1);
    }
}

/// From (-1.2, 1) the full step leads to (1, -3.84), where ½ (48.4² + 0) exceeds ½ (4.4² + 2.2²): it is halved until the cost
/// is lower, at (-1.2 + 2.2 α, 1 − 4.84 α), where x₁ − x₀² = −0.44 (1 − α) − 4.84 α². That is α = 1/8: ½ (4.60625² + 1.925²)
/// is 12.461, still above 12.1, so 1/16 it is.
#[test]
fn counts_of_a_valley() {
    let costs = |alpha: f64| {
        let (first, second) = (-0.44 * (1.0 - alpha) - 4.84 * alpha * alpha, 2.2 - 2.2 * alpha);
        50.0 * first * first + 0.5 * second * second
    };
    assert!(costs(0.125) > costs(0.0) && costs(0.0625) < costs(0.0));
    for has_jacobian in [true, false] {
        let problem = SumOfSquares::new(Counted::new(Valley, has_jacobian));
        let mut run = Minimizer::new(&problem, GaussNewton, [-1.2, 1.0]).start().unwrap();
        assert!(run.step().is_continue());
        let (x, seen) = (run.progress().x.clone(), run.progress().evaluations);
        assert!((x[0] + 1.2 - 0.1375).abs() < 1e-6 && (x[1] - 0.6975).abs() < 1e-6, "{x}");
        let (residual, jacobian) = if has_jacobian { (6, 2) } else { (6 + 4, 0) };
        assert_eq!((seen.residual, seen.jacobian), (residual, jacobian));
        let found = run.complete();
        assert!(found.termination.is_converged(), "{found}");
        assert!((found.x[0] - 1.0).abs() < 1e-6 && (found.x[1] - 1.0).abs() < 1e-6, "{found}");
        let seen = found.evaluations;
        assert_eq!(problem.residuals().calls(), (seen.residual, seen.jacobian));
        assert_eq!((seen.cost, seen.gradient), (0, 0));
        let jacobians = if has_jacobian { found.iterations + 1 } else { 0 };
        assert_eq!(seen.jacobian, jacobians);
    }
}

#[test]
fn certified_parameters() {
    for has_jacobian in [true, false] {
        let problem = SumOfSquares::new(Counted::new(Misra, has_jacobian));
        let found = Minimizer::new(&problem, GaussNewton, [250.0, 5e-4])
            .stop_when(gradient_norm_relative_to_first(1e-6))
            .run()
            .unwrap();
        assert!(found.termination.is_converged(), "{found}");
        let close = |x: f64, certified: f64| ((x - certified) / certified).abs() < 1e-6;
        assert!(close(found.x[0], 2.3894212918e2) && close(found.x[1], 5.5015643181e-4), "{found}");
        assert!(close(2.0 * found.cost, 1.2455138894e-1), "{found}");
        let seen = found.evaluations;
        assert_eq!(problem.residuals().calls(), (seen.residual, seen.jacobian));
    }
}

/// The gradient of a differenced Jacobian is only as good as the differences: a test beyond them is not passed.
#[test]
fn differences_do_not_show_what_they_cannot() {
    for (tolerance, shows) in [(1e-6, true), (1e-12, false)] {
        let problem = SumOfSquares::new(Counted::new(Line, false));
        let run = Minimizer::new(&problem, GaussNewton, [5.0, -5.0]);
        let found = run.stop_when(gradient_norm(tolerance)).run().unwrap();
        assert_eq!(found.termination.is_converged(), shows, "{found}");
    }
}

#[test]
fn what_it_is_not_for_is_refused() {
    let refused = minimize(rosenbrock(), GaussNewton, [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::NotASumOfSquares { solver: "GaussNewton" });
    let poles = SumOfSquares::new(Counted::new(Line, true));
    let refused = minimize(&poles, GaussNewton, [f64::MAX, f64::MAX]).unwrap_err();
    assert!(matches!(refused, Error::NotInDomain { .. }), "{refused}");
    assert!(matches!(minimize(&poles, GaussNewton, [1.0]), Err(Error::Dimension { .. })));
}

#[test]
fn it_ends_and_resumes_as_every_solver() {
    for has_jacobian in [true, false] {
        let problem = SumOfSquares::new(Counted::new(Valley, has_jacobian));
        let stop = || gradient_norm(1e-6);
        resumes_to_the_same_bits(&problem, &GaussNewton, &[-1.2, 1.0], stop);
        for limit in 3..12 {
            let run = Minimizer::new(&problem, GaussNewton, [-1.2, 1.0]);
            let found = run.stop_when(max_evaluations(limit)).run().unwrap();
            assert_eq!(found.termination, Termination::MaxEvaluations { limit });
            let seen = found.evaluations;
            assert_eq!(seen.residual.max(seen.jacobian), limit, "{found}");
        }
    }
}

/// Restarts give it residuals too, and no more bounds than it keeps.
#[test]
fn restarts_give_it_residuals() {
    for has_jacobian in [true, false] {
        let free = SumOfSquares::new(Counted::new(Valley, has_jacobian));
        let restarts = || MultiStart::new(GaussNewton).starts(1);
        let found = minimize(&free, restarts(), [-1.2, 1.0]).unwrap();
        assert!(found.cost < 1e-12 && found.evaluations.residual > 0, "{found}");
        assert_eq!(found.evaluations.jacobian > 0, has_jacobian, "{found}");
        let bounds = Bounds::new([-2.0, -2.0], [1.5, 2.0]).unwrap();
        let refused = minimize(Bounded(free, bounds), restarts(), [-1.2, 1.0]).unwrap_err();
        assert_eq!(refused, Error::BoundsNotSupported { solver: "GaussNewton" });
    }
}
