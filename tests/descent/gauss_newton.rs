//! The trust region on residuals: published minima, counts, units, saddles, allocations, resuming.

#![cfg(feature = "autodiff")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Mutex;

use allocation_counter::measure;
use extremum::functions::residuals::{
    Bard, Box3d, BrownDennis, Components, FreudensteinRoth, HelicalValley, KowalikOsborne,
    OsborneOne, OsborneTwo, Residuals, Rosenbrock, Wood,
};
use extremum::solver::trust_region::{GaussNewtonModel, Tron};
use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    AutoDiff, Bounded, Bounds, CscMatrix, DMatrix, DVector, Error, Evaluations, LeastSquares,
    LevenbergMarquardt, Matrix, Minimizer, Problem, Solver, SumOfSquares, Termination, TrustRegion,
    minimize,
};
use extremum_tests::{bits, rosenbrock};

use super::checkpoint::resumes_at_every_step;

/// r = (10 (x₁ − x₀²), 1 − x₀), with or without its Jacobian, in other units: x = unit · y. It remembers its calls.
struct Valley {
    unit: [f64; 2],
    has_jacobian: bool,
    calls: Mutex<[HashMap<Vec<u64>, u64>; 2]>,
}

impl Valley {
    fn new(unit: [f64; 2], has_jacobian: bool) -> Self {
        Self { unit, has_jacobian, calls: Mutex::default() }
    }

    fn note(&self, which: usize, x: &DVector<f64>) {
        *self.calls.lock().unwrap()[which].entry(bits(x)).or_default() += 1;
    }

    /// The calls of residuals and of Jacobians, and the most at one point.
    fn counts(&self) -> [(u64, u64); 2] {
        let calls = self.calls.lock().unwrap();
        [0, 1].map(|i| (calls[i].values().sum(), calls[i].values().copied().max().unwrap_or(0)))
    }
}

impl LeastSquares for Valley {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        2
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        self.note(0, x);
        let (a, b) = (x[0] / self.unit[0], x[1] / self.unit[1]);
        (r[0], r[1]) = (10.0 * (b - a * a), 1.0 - a);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        if !self.has_jacobian {
            return false;
        }
        self.note(1, x);
        let j = j.dense(2, 2);
        (j[(0, 0)], j[(0, 1)]) =
            (-20.0 * (x[0] / self.unit[0]) / self.unit[0], 10.0 / self.unit[1]);
        (j[(1, 0)], j[(1, 1)]) = (-1.0 / self.unit[0], 0.0);
        true
    }
    fn has_jacobian(&self) -> bool {
        self.has_jacobian
    }
}

/// Within bounds: at (½, ¼) the first variable is held, ½ (1 − ½)² = ⅛. Nothing is evaluated outside, in any units.
#[test]
fn bounds_are_kept() {
    for unit in [[1.0, 1.0], [1e6, 1e-4]] {
        let bounds = Bounds::new([-2.0 * unit[0], -2.0 * unit[1]], [0.5 * unit[0], 2.0 * unit[1]]);
        let (bounds, valley) = (bounds.unwrap(), Valley::new(unit, true));
        let problem = Bounded(SumOfSquares::new(&valley), bounds.clone());
        let solver = TrustRegion::new(GaussNewtonModel, Tron);
        // The gradient is rounding beyond that.
        let stop = gradient_norm(1e-9 / unit[0].min(unit[1])).or(max_iterations(100));
        let start = [-1.2 * unit[0], unit[1]];
        let found = Minimizer::new(&problem, solver, start).stop_when(stop).run().unwrap();
        assert!(found.termination.is_converged(), "{found}");
        assert!((found.cost - 0.125).abs() < 1e-12 && found.x[0] == 0.5 * unit[0], "{found}");
        let calls = valley.calls.into_inner().unwrap();
        let point = |bits: &Vec<u64>| DVector::from_fn(2, |i, _| f64::from_bits(bits[i]));
        assert!(calls.iter().flat_map(|calls| calls.keys()).all(|x| bounds.contain(&point(x))));
    }
}

/// The minima that Moré, Garbow and Hillstrom list.
#[test]
fn published_minima_are_found() {
    macro_rules! each {
        ($($function:ident)+) => {$({
            let problem = SumOfSquares::new(AutoDiff(Components($function)));
            let found = minimize(&problem, TrustRegion::gauss_newton(), $function.start()).unwrap();
            let name = format!("{}: {found}", $function::NAME);
            let (sum, known) = (2.0 * found.cost, $function.minima());
            assert!(known.iter().any(|f| (sum - f).abs() <= 1e-4 * f + 1e-9), "{name}");
            assert!(found.termination.is_converged(), "{name}");
        })+};
    }
    each!(Bard Box3d FreudensteinRoth HelicalValley KowalikOsborne OsborneOne OsborneTwo Rosenbrock Wood);
}

/// What is counted was called, and nothing was called twice at a point. The Hessian at the end takes gradients, and no
/// cost.
#[test]
fn residuals_and_jacobians_are_all_that_is_evaluated() {
    let problem = SumOfSquares::new(Valley::new([1.0; 2], true));
    let mut run = Minimizer::new(&problem, TrustRegion::gauss_newton(), [-1.2, 1.0])
        .stop_when(gradient_norm(1e-8))
        .start()
        .unwrap();
    let mut before = run.progress().evaluations;
    loop {
        let (counts, now) = (problem.residuals().counts(), run.progress().evaluations);
        if now.gradient == 0 {
            assert_eq!(counts, [(now.residual, 1), (now.jacobian, 1)]);
            before = now;
        }
        if run.step().is_break() {
            break;
        }
    }
    let found = run.finish();
    assert!(found.termination.is_converged() && found.cost < 1e-20, "{found}");
    assert!(before.residual < 30, "{found}");
    let n = 2;
    assert!((n..=3 * n).contains(&found.evaluations.gradient), "{found}");
    assert_eq!(found.evaluations.cost, 0, "{found}");
    // Differenced: n more residuals for each Jacobian.
    let problem = SumOfSquares::new(Valley::new([1.0; 2], false));
    let found = minimize(&problem, TrustRegion::gauss_newton(), [-1.2, 1.0]).unwrap();
    assert!(found.termination.is_converged() && found.cost < 1e-12, "{found}");
    assert_eq!((found.evaluations.gradient, found.evaluations.jacobian), (0, 0), "{found}");
}

/// The scale makes the iterates independent of the units of the variables: powers of two change no bit.
#[test]
fn units_change_no_iterate() {
    let path = |unit: [f64; 2]| {
        let problem = SumOfSquares::new(Valley::new(unit, true));
        let mut path = Vec::new();
        Minimizer::new(&problem, TrustRegion::gauss_newton(), [-1.2 * unit[0], unit[1]])
            .stop_when(gradient_norm(0.0).or(max_iterations(12)))
            .observe(|p| path.push([p.x[0] / unit[0], p.x[1] / unit[1]].map(f64::to_bits)))
            .run()
            .unwrap();
        path
    };
    let usual = path([1.0, 1.0]);
    assert!(usual.len() > 10);
    for unit in [[1024.0, 1.0], [1.0, 2.0_f64.powi(40)], [2.0_f64.powi(-30), 8.0]] {
        assert_eq!(path(unit), usual, "{unit:?}");
    }
}

/// r = (x² − 1, y): ½ |r|² has minima at x = ±1 and a saddle at 0, where J'J has no negative eigenvalue.
struct Wells(bool);

impl LeastSquares for Wells {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        2
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        (r[0], r[1]) = (x[0] * x[0] - 1.0, x[1]);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        if self.0 {
            let j = j.dense(2, 2);
            (j[(0, 0)], j[(0, 1)], j[(1, 0)], j[(1, 1)]) = (2.0 * x[0], 0.0, 0.0, 1.0);
        }
        self.0
    }
}

#[test]
fn it_does_not_end_at_a_saddle() {
    for has_jacobian in [true, false] {
        for start in [[0.0, 0.0], [0.0, 3.0], [1e-12, -1.0], [1e-3, 1e3]] {
            // Differences at 10⁻¹² see no change of x²; the run then says that they show nothing.
            if !has_jacobian && start[0] == 1e-12 {
                continue;
            }
            let problem = SumOfSquares::new(Wells(has_jacobian));
            let found = minimize(&problem, TrustRegion::gauss_newton(), start).unwrap();
            let label = format!("{has_jacobian} {start:?}: {found}");
            assert!(found.termination.is_converged(), "{label}");
            assert!((found.x[0].abs() - 1.0).abs() < 1e-5 && found.x[1].abs() < 1e-5, "{label}");
        }
    }
}

#[test]
fn what_it_is_not_for_is_refused() {
    let solver = "GaussNewton";
    let refused = minimize(rosenbrock(), TrustRegion::gauss_newton(), [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::NotASumOfSquares { solver });
    assert_eq!(TrustRegion::gauss_newton().name(), solver);
    let problem = SumOfSquares::new(Valley::new([1.0; 2], true));
    let start = |x0: &[f64]| minimize(&problem, TrustRegion::gauss_newton(), x0).unwrap_err();
    assert!(matches!(start(&[1.0]), Error::Dimension { .. }));
    assert!(matches!(start(&[f64::NAN, 1.0]), Error::NonFiniteStart { .. }));
    assert!(matches!(start(&[f64::MAX, 1.0]), Error::NotInDomain { .. }));
}

#[test]
fn it_ends_and_resumes_as_every_solver() {
    for has_jacobian in [true, false] {
        let solver = TrustRegion::gauss_newton();
        let problem = SumOfSquares::new(Valley::new([1.0; 2], has_jacobian));
        resumes_at_every_step("valley", &problem, &solver, &[-1.2, 1.0]);
        let wells = SumOfSquares::new(Wells(has_jacobian));
        resumes_at_every_step("at a saddle", &wells, &solver, &[0.0, 0.0]);
        resumes_at_every_step("above a saddle", &wells, &solver, &[0.0, 3.0]);
        for limit in 3..12 {
            let run = Minimizer::new(&problem, &solver, [-1.2, 1.0]);
            let found = run.stop_when(max_evaluations(limit)).run().unwrap();
            assert_eq!(found.termination, Termination::MaxEvaluations { limit });
            let seen = found.evaluations;
            assert_eq!(seen.residual.max(seen.jacobian), limit, "{found}");
        }
    }
}

/// The residuals of another problem without their derivatives.
struct Plain<L>(L);

impl<L: LeastSquares> LeastSquares for Plain<L> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        self.0.residual(x, r);
    }
}

/// No step allocates but the first of its kind: that makes the room, in the problem as well.
#[test]
fn no_step_allocates() {
    let exact = |start: DVector<f64>, problem: &dyn Problem| {
        let mut run = Minimizer::new(&problem, LevenbergMarquardt::default(), start)
            .stop_when(gradient_norm(1e-6).or(max_evaluations(1000)))
            .start()
            .unwrap();
        let (mut steps, mut before) = (0, Evaluations::default());
        loop {
            let mut is_over = false;
            let made = measure(|| is_over = black_box(run.step()).is_break());
            let now = run.progress().evaluations;
            let kinds = |e: Evaluations| {
                [e.residual, e.residual_hessian, e.residual_second_derivative, e.cost]
                    .map(|count| count > 0)
            };
            if kinds(before) == kinds(now) {
                assert_eq!(made.count_total, 0, "step {steps}: {made:?}, {now:?}");
            }
            before = now;
            steps += 1;
            if is_over {
                break;
            }
        }
        assert!(steps > 5, "{steps}");
        before
    };
    let problem = SumOfSquares::new(AutoDiff(Components(KowalikOsborne)));
    assert!(exact(KowalikOsborne.start(), &problem).residual_hessian > 1);
    let problem = SumOfSquares::new(AutoDiff(Components(OsborneOne)));
    assert!(exact(100.0 * OsborneOne.start(), &problem).residual_second_derivative > 1);
    let problem = SumOfSquares::new(Plain(AutoDiff(Components(KowalikOsborne))));
    assert_eq!(exact(KowalikOsborne.start(), &problem).jacobian, 0);
}

/// Läuchli's matrix, a row of ones above δ I: J'J = 1 1' + δ² I is singular in double precision, and J is not. r = J (x
/// − x*) with x*ⱼ = j; in blocks of rows, dense or sparse.
struct Lauchli {
    n: usize,
    delta: f64,
    is_sparse: bool,
}

impl LeastSquares for Lauchli {
    fn dimension(&self) -> usize {
        self.n
    }
    fn residuals(&self) -> usize {
        self.n + 1
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        let d = DVector::from_fn(self.n, |j, _| x[j] - j as f64);
        r[0] = d.sum();
        r.rows_mut(1, self.n).copy_from(&(self.delta * d));
    }
    fn jacobian(&self, _: &DVector<f64>, j: &mut Matrix) -> bool {
        let dense = DMatrix::from_fn(self.n + 1, self.n, |i, k| match i {
            0 => 1.0,
            _ if i == k + 1 => self.delta,
            _ => 0.0,
        });
        *j = if self.is_sparse { CscMatrix::from(&dense).into() } else { dense.into() };
        true
    }
}

/// By singular values (n = 5), and by factors (n = 50 and 300): errors of the order of the condition of J, 10⁹, and
/// not of its square, by which nothing would be left.
#[test]
fn the_condition_of_the_jacobian_is_not_squared() {
    for n in [5, 50, 300] {
        let found = [false, true].map(|is_sparse| {
            let problem = SumOfSquares::new(Lauchli { n, delta: 1e-9, is_sparse });
            let run = Minimizer::new(&problem, LevenbergMarquardt::default(), vec![0.0; n]);
            run.stop_when(gradient_norm(0.0).or(max_iterations(10))).run().unwrap()
        });
        let error = (0..n).map(|j| (found[0].x[j] - j as f64).abs()).fold(0.0, f64::max);
        assert!(error < 1e-5 * n as f64, "{n}: {error:e}, {}", found[0]);
        assert_eq!(found[0].x, found[1].x, "{n}");
    }
}

/// Brown and Dennis' residuals are 10⁵ at the minimum: there Gauss and Newton's steps are slow, or diverge.
#[test]
fn large_residuals_take_the_whole_hessian() {
    let run = |problem: &dyn Problem| {
        let solver = LevenbergMarquardt::default();
        let run = Minimizer::new(&problem, solver, BrownDennis.start());
        run.stop_when(gradient_norm(1e-5).or(max_evaluations(1000))).run().unwrap()
    };
    let whole = run(&SumOfSquares::new(AutoDiff(Components(BrownDennis))));
    assert!(whole.termination.is_converged(), "{whole}");
    assert!((2.0 * whole.cost / BrownDennis.minima()[0] - 1.0).abs() < 1e-9, "{whole}");
    let counts = whole.evaluations;
    assert!(counts.residual_hessian <= 10 && counts.residual <= 250, "{whole}");
    // On small residuals it makes no difference, and is asked for at the end alone.
    let small = SumOfSquares::new(AutoDiff(Components(OsborneOne)));
    let found = minimize(&small, LevenbergMarquardt::default(), OsborneOne.start()).unwrap();
    assert_eq!(found.evaluations.residual_hessian, 1, "{found}");
}

/// Far from the minimum, in a narrow valley: less than a third of the evaluations, those of r'' counted.
#[test]
fn steps_follow_a_valley() {
    let count = |l: &dyn LeastSquares| {
        let problem = SumOfSquares::new(l);
        let start = 100.0 * OsborneOne.start();
        let found = minimize(&problem, LevenbergMarquardt::default(), start).unwrap();
        assert!((2.0 * found.cost - 5.464894697e-5).abs() < 1e-12, "{found}");
        found.evaluations
    };
    let exact = AutoDiff(Components(OsborneOne));
    let bent = count(&exact);
    let straight = count(&FirstOrder(exact));
    let all = bent.residual + bent.residual_second_derivative;
    assert!(bent.residual_second_derivative > 0 && straight.residual_second_derivative == 0);
    assert!(3 * all < straight.residual, "{all} and {}", straight.residual);
}

/// The residuals of another problem with their Jacobian alone.
struct FirstOrder<L>(L);

impl<L: LeastSquares> LeastSquares for FirstOrder<L> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn residuals(&self) -> usize {
        self.0.residuals()
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        self.0.residual(x, r);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        self.0.jacobian(x, j)
    }
}
