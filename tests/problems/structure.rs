//! What a problem has beside its cost: residuals, constraints, and matrices written in place.

#![cfg(all(feature = "autodiff", feature = "parallel"))]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use extremum::functions::residuals::{
    Beale, BrownDennis, Components, OsborneOne, Residuals, Rosenbrock, Squared,
};
use extremum::stationary::{Reason, VectorFunction};
use extremum::{
    AutoDiff, Bounded, Bounds, Constrained, Constraints, CscMatrix, DMatrix, DVector, Domain,
    Error, Kind, Lbfgs, LeastSquares, Matrix, Minimizer, Mismatch, NelderMead, Newton, Oracle,
    Parallel, ParticleSwarm, Problem, Solver, Structure, SumOfSquares, Termination,
    check_derivatives, classify, from_fn, minimize,
};

fn vector(x: &[f64]) -> DVector<f64> {
    DVector::from_row_slice(x)
}

/// Rosenbrock's residuals r = (10 (x₁ − x₀²), 1 − x₀), by hand, with what may be wrong.
#[derive(Default)]
struct ByHand {
    gives_no_jacobian: bool,
    wrong_entry: bool,
    wrong_size: bool,
    calls: AtomicU64,
    jacobians: AtomicU64,
}

impl LeastSquares for ByHand {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        2
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        (r[0], r[1]) = (10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if self.gives_no_jacobian {
            return false;
        }
        self.jacobians.fetch_add(1, Ordering::Relaxed);
        let j = jacobian.dense(2 + usize::from(self.wrong_size), 2);
        (j[(0, 0)], j[(0, 1)]) = (-20.0 * x[0], 10.0);
        (j[(1, 0)], j[(1, 1)]) = (if self.wrong_entry { 1.0 } else { -1.0 }, 0.0);
        true
    }
    fn has_jacobian(&self) -> bool {
        !self.gives_no_jacobian
    }
}

/// c(x) = (x₀² + x₁², x₀ x₁) between −1 and 2, with the Hessians 2 I and [[0, 1], [1, 0]].
struct Curves {
    limits: Bounds,
    wrong_hessian: bool,
    wrong_row: bool,
}

impl Curves {
    fn new() -> Self {
        let limits = Bounds::new([-1.0; 2], [2.0; 2]).unwrap();
        Self { limits, wrong_hessian: false, wrong_row: false }
    }
}

impl Constraints for Curves {
    fn count(&self) -> usize {
        2
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
        (c[0], c[1]) = (x.norm_squared(), x[0] * x[1]);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let j = jacobian.dense(2, 2);
        (j[(0, 0)], j[(0, 1)]) = (2.0 * x[0], 2.0 * x[1]);
        (j[(1, 0)], j[(1, 1)]) = if self.wrong_row { (x[0], x[1]) } else { (x[1], x[0]) };
        true
    }
    fn hessian(&self, _: &DVector<f64>, y: &DVector<f64>) -> Option<Matrix> {
        let cross = if self.wrong_hessian { 2.0 * y[1] } else { y[1] };
        Some(DMatrix::from_row_slice(2, 2, &[2.0 * y[0], cross, cross, 2.0 * y[0]]).into())
    }
}

#[test]
fn matrices_multiply_alike_and_keep_their_memory() {
    let dense = DMatrix::from_row_slice(2, 3, &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]);
    for matrix in [Matrix::from(dense.clone()), Matrix::from(CscMatrix::from(&dense))] {
        assert_eq!((matrix.rows(), matrix.columns()), (2, 3));
        let (mut product, mut transposed) = (vector(&[9.0; 2]), vector(&[9.0; 3]));
        matrix.times(&vector(&[1.0, 2.0, 3.0]), &mut product);
        matrix.transpose_times(&vector(&[1.0, 2.0]), &mut transposed);
        assert_eq!(product.as_slice(), [7.0, 6.0]);
        assert_eq!(transposed.as_slice(), [1.0, 6.0, 2.0]);
    }
    let mut matrix = Matrix::from(CscMatrix::from(&dense));
    matrix.dense(2, 2)[(1, 0)] = 4.0;
    let place = matrix.dense(2, 2).as_ptr();
    assert_eq!(matrix.dense(2, 2).as_slice(), [0.0, 4.0, 0.0, 0.0]);
    assert_eq!(matrix.dense(2, 2).as_ptr(), place);
    assert_eq!(matrix.dense(1, 2).as_slice(), [0.0, 0.0]);
}

/// A Hessian that is given serves all products at its point, and is evaluated again only elsewhere.
#[test]
fn products_come_from_a_given_hessian() {
    for is_sparse in [false, true] {
        let problem = from_fn(2, |x| x[0].powi(3) + x[0] * x[1])
            .with_gradient(|x, g| (g[0], g[1]) = (3.0 * x[0] * x[0] + x[1], x[0]))
            .with_hessian(move |x| {
                let dense = DMatrix::from_row_slice(2, 2, &[6.0 * x[0], 1.0, 1.0, 0.0]);
                if is_sparse { Matrix::from(CscMatrix::from(&dense)) } else { dense.into() }
            });
        let mut oracle = Oracle::new(&problem);
        let (x, mut g, mut product) = (vector(&[2.0, 1.0]), vector(&[0.0; 2]), vector(&[0.0; 2]));
        oracle.gradient(&x, &mut g);
        for (v, expected) in [([1.0, 0.0], [12.0, 1.0]), ([0.0, 1.0], [1.0, 0.0])] {
            oracle.hessian_product(&x, &g, &vector(&v), &mut product);
            assert_eq!(product.as_slice(), expected);
        }
        assert_eq!((oracle.evaluations().hessian, oracle.evaluations().gradient), (1, 1));
        oracle.hessian_product(&vector(&[3.0, 1.0]), &g, &vector(&[1.0, 1.0]), &mut product);
        assert_eq!(product.as_slice(), [19.0, 1.0]);
        assert_eq!((oracle.evaluations().hessian, oracle.evaluations().gradient), (2, 1));
        assert_eq!(oracle.evaluations().hessian_product, 0);
    }
}

/// The test functions are Σ rᵢ², the sums of squares half of that.
#[test]
fn sums_of_squares_are_half_of_the_published_functions() {
    fn check<T: Residuals + Clone>(function: T) {
        let squared = AutoDiff(Squared(function.clone()));
        let halved = SumOfSquares::new(AutoDiff(Components(function.clone())));
        let x = function.start().map(|x| x + 0.1);
        let [mut g, mut half] = [(); 2].map(|()| DVector::zeros(x.len()));
        let (cost, half_cost) =
            (squared.cost_and_gradient(&x, &mut g), halved.cost_and_gradient(&x, &mut half));
        assert!((cost - 2.0 * half_cost).abs() <= 1e-14 * cost, "{}", T::NAME);
        assert!((&g - 2.0 * half).amax() <= 1e-13 * g.amax(), "{}", T::NAME);
        assert_eq!(halved.cost(&x), half_cost, "{}", T::NAME);
        assert!(check_derivatives(&halved, &x).unwrap().passes(), "{}", T::NAME);
    }
    check(Rosenbrock);
    check(Beale);
    check(BrownDennis);
    check(OsborneOne);
}

/// The derivatives of Rosenbrock's residuals.
#[test]
fn formulas_have_exact_jacobians() {
    let x = vector(&[3.0, 5.0]);
    let mut jacobian = Matrix::default();
    assert!(AutoDiff(Components(Rosenbrock)).jacobian(&x, &mut jacobian));
    assert_eq!(jacobian.dense(2, 2).as_slice(), [-60.0, -1.0, 10.0, 0.0]);
}

#[test]
fn a_fit_is_solved_with_its_jacobian_or_without() -> Result<(), Error> {
    let given = SumOfSquares::new(ByHand::default());
    let found = minimize(&given, Lbfgs::default(), [-1.2, 1.0])?;
    assert!(found.termination.is_converged() && (found.x[0] - 1.0).abs() < 1e-6, "{found}");
    // The residuals at a point serve its cost and its gradient.
    let calls = given.residuals().calls.load(Ordering::Relaxed);
    assert!(calls <= found.evaluations.cost, "{calls} calls: {found}");
    let missing = SumOfSquares::new(ByHand { gives_no_jacobian: true, ..ByHand::default() });
    assert!(given.has_gradient() && !missing.has_gradient());
    let found = minimize(&missing, Lbfgs::default(), [-1.2, 1.0])?;
    assert!((found.x[0] - 1.0).abs() < 1e-4 && found.evaluations.gradient == 0, "{found}");
    Ok(())
}

/// Without writing `has_jacobian`: it is asked for at the origin.
#[test]
fn a_jacobian_is_recognised() {
    struct Plain(bool);
    impl LeastSquares for Plain {
        fn dimension(&self) -> usize {
            1
        }
        fn residuals(&self) -> usize {
            1
        }
        fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
            r[0] = x[0] - 2.0;
        }
        fn jacobian(&self, _: &DVector<f64>, jacobian: &mut Matrix) -> bool {
            jacobian.dense(1, 1)[(0, 0)] = 1.0;
            self.0
        }
    }
    assert!(SumOfSquares::new(Plain(true)).has_gradient());
    assert!(!SumOfSquares::new(Plain(false)).has_gradient());
}

/// Differenced Jacobians: n residuals, none of them outside the bounds.
#[test]
fn jacobians_are_differenced_within_the_bounds() -> Result<(), Error> {
    let bounds = Bounds::new([0.0, 0.0, 2.0], [1e-9, 1.0, 2.0])?;
    struct Recorded<'a>(&'a Bounds, AtomicU64);
    impl LeastSquares for Recorded<'_> {
        fn dimension(&self) -> usize {
            3
        }
        fn residuals(&self) -> usize {
            4
        }
        fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
            self.1.fetch_add(u64::from(!self.0.contain(x)), Ordering::Relaxed);
            r.copy_from_slice(&[x[0], x[0] * x[1], x[1].exp(), x[2]]);
        }
    }
    let problem = Bounded(SumOfSquares::new(Recorded(&bounds, AtomicU64::new(0))), bounds.clone());
    let mut oracle = Oracle::new(&problem);
    for x in [[0.0, 0.0, 2.0], [1e-9, 1.0, 2.0], [0.5e-9, 0.5, 2.0]] {
        let before = oracle.evaluations().residual;
        let (x, mut r, mut jacobian) = (vector(&x), vector(&[0.0; 4]), Matrix::default());
        oracle.residual(&x, &mut r);
        oracle.jacobian(&x, &r, &mut jacobian);
        let j = jacobian.dense(4, 3);
        let expected = [
            [1.0, 0.0, 0.0],
            [x[1], x[0], 0.0],
            [0.0, x[1].exp(), 0.0],
            // The bounds fix this variable.
            [0.0, 0.0, 0.0],
        ];
        for (i, row) in expected.iter().enumerate() {
            for (k, entry) in row.iter().enumerate() {
                assert!((j[(i, k)] - entry).abs() < 1e-6, "({i}, {k}) at {x}: {}", j[(i, k)]);
            }
        }
        // One at x, and one for each variable that is not fixed.
        assert_eq!(oracle.evaluations().residual - before, 3);
    }
    assert_eq!(problem.0.residuals().1.load(Ordering::Relaxed), 0);
    assert_eq!(oracle.evaluations().jacobian, 0);
    Ok(())
}

#[test]
fn what_is_missing_or_of_the_wrong_size_is_nan() {
    let (x, mut values, mut jacobian) = (vector(&[1.0, 2.0]), vector(&[0.0; 2]), Matrix::default());
    let plain = from_fn(2, |x| x[0]);
    let mut oracle = Oracle::new(&plain);
    assert_eq!(oracle.residuals(), None);
    oracle.residual(&x, &mut values);
    assert!(values.iter().all(|r| r.is_nan()));
    oracle.constraint_jacobian(&x, &values, &mut jacobian);
    assert!(jacobian.dense(2, 2).iter().all(|j| j.is_nan()));
    assert_eq!(oracle.evaluations(), Oracle::new(&plain).evaluations());

    let wrong = SumOfSquares::new(ByHand { wrong_size: true, ..ByHand::default() });
    let mut oracle = Oracle::new(&wrong);
    oracle.residual(&x, &mut values);
    assert_eq!(values.as_slice(), [10.0, 0.0]);
    oracle.jacobian(&x, &values, &mut jacobian);
    assert!(jacobian.dense(2, 2).iter().all(|j| j.is_nan()));
    assert!(matches!(
        minimize(&wrong, Lbfgs::default(), [0.0, 0.0]),
        Err(Error::NotInDomain { .. })
    ));
}

#[test]
fn jacobians_are_checked_entry_by_entry() -> Result<(), Error> {
    let x = [1.3, -0.7];
    let right = SumOfSquares::new(ByHand::default());
    let report = check_derivatives(&right, x)?;
    assert!(report.passes() && report.checked >= 6, "{report}");
    let wrong = SumOfSquares::new(ByHand { wrong_entry: true, ..ByHand::default() });
    let report = check_derivatives(&wrong, x)?;
    let entry = report.mismatches.iter().find_map(|mismatch| match *mismatch {
        Mismatch::JacobianEntry { of, row, column, given, differenced, .. } => {
            Some((of, row, column, given, differenced))
        }
        _ => None,
    });
    let (of, row, column, given, differenced) = entry.expect("the wrong entry");
    assert_eq!((of, row, column, given), (VectorFunction::Residuals, 1, 0, 1.0), "{report}");
    assert!((differenced + 1.0).abs() < 1e-8, "{report}");
    let wrong = SumOfSquares::new(ByHand { wrong_size: true, ..ByHand::default() });
    let report = check_derivatives(&wrong, x)?;
    let size = Mismatch::JacobianSize { of: VectorFunction::Residuals, rows: 3, columns: 2 };
    assert!(report.mismatches.contains(&size), "{report}");
    Ok(())
}

#[test]
fn constraints_are_checked_with_their_hessians() -> Result<(), Error> {
    let cost = || from_fn(2, |x| x[0] + x[1]);
    let x = [0.8, 0.4];
    let report = check_derivatives(&Constrained(cost(), Curves::new()), x)?;
    assert!(report.passes() && report.checked >= 12, "{report}");
    let curves = Curves { wrong_hessian: true, ..Curves::new() };
    let report = check_derivatives(&Constrained(cost(), curves), x)?;
    assert!(!report.passes());
    for mismatch in &report.mismatches {
        let Mismatch::ConstraintHessianEntry { constraint: 1, given, differenced, .. } = *mismatch
        else {
            panic!("{report}");
        };
        assert!(given == 2.0 && (differenced - 1.0).abs() < 1e-6, "{report}");
    }
    let curves = Curves { wrong_row: true, ..Curves::new() };
    let report = check_derivatives(&Constrained(cost(), curves), x)?;
    assert!(report.mismatches.iter().any(|mismatch| matches!(
        mismatch,
        Mismatch::JacobianEntry { of: VectorFunction::Constraints, row: 1, column: 0, .. }
    )));
    Ok(())
}

/// At the origin the constraints leave the bowl its minimum; in their corner (1, −1) it falls inwards.
#[test]
fn verdicts_within_constraints() -> Result<(), Error> {
    let bowl = || {
        from_fn(2, |x| x.norm_squared())
            .with_gradient(|x, g| (g[0], g[1]) = (2.0 * x[0], 2.0 * x[1]))
    };
    let constrained = Constrained(bowl(), Curves::new());
    assert!(classify(&constrained, [0.0, 0.0])?.is_minimum());
    let kind = classify(&constrained, [1.0, -1.0])?.kind;
    assert_eq!(kind, Kind::Undecided { reason: Reason::NotStationary });
    Ok(())
}

/// Wrappers and pointers pass the structure on, and a fit within constraints has both parts.
#[test]
fn a_problem_may_have_two_structures() -> Result<(), Error> {
    let fit = SumOfSquares::new(AutoDiff(Components(Rosenbrock)));
    let problem = Bounded(Constrained(&fit, Curves::new()), Bounds::unbounded(2));
    let boxed: Box<dyn Problem + '_> = Box::new(problem);
    let Structure { sum, least_squares, constraints, .. } = boxed.structure();
    assert!(sum.is_none());
    assert_eq!(least_squares.map(|fit| fit.residuals()), Some(2));
    assert_eq!(constraints.map(|curves| curves.count()), Some(2));
    // Nothing but a solver for constraints takes it.
    assert!(Domain::Constrained > Domain::Bounded);
    for solver in
        [Lbfgs::default().boxed(), Newton::default().boxed(), NelderMead::default().boxed()]
    {
        let refused = Minimizer::new(&boxed, &solver, [0.5, 0.5]).run();
        let Err(Error::ConstraintsNotSupported { solver: name }) = refused else { panic!() };
        assert_eq!(name, solver.name());
    }
    Ok(())
}

/// The workspaces of a sum of squares are taken by one thread at a time.
#[test]
fn threads_change_no_bit_of_a_fit() -> Result<(), Error> {
    let fit = SumOfSquares::new(AutoDiff(Components(OsborneOne)));
    let swarm = || {
        Minimizer::new(&fit, ParticleSwarm::default().scale(0.5), OsborneOne.start())
            .max_iterations(30)
    };
    let (serial, parallel) = (swarm().run()?, swarm().evaluate_with(Parallel).run()?);
    assert_eq!((serial.x, serial.cost), (parallel.x, parallel.cost));
    assert!(matches!(serial.termination, Termination::MaxIterations { .. }));
    Ok(())
}

/// Residuals that fail at the fifth call end the run, and so do constraints.
#[test]
fn residuals_and_constraints_may_fail() -> Result<(), Error> {
    struct Failing(AtomicU64);
    impl LeastSquares for Failing {
        fn dimension(&self) -> usize {
            1
        }
        fn residuals(&self) -> usize {
            1
        }
        fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
            let call = self.0.fetch_add(1, Ordering::Relaxed);
            r[0] = if call >= 4 { f64::NAN } else { x[0] - 2.0 };
        }
        fn failure(&self) -> Option<String> {
            (self.0.load(Ordering::Relaxed) > 4).then(|| "no license".to_owned())
        }
    }
    let problem = SumOfSquares::new(Failing(AtomicU64::new(0)));
    let found = minimize(&problem, NelderMead::default().scale(1.0), [0.0])?;
    let Termination::ProblemFailed { reason } = &found.termination else { panic!("{found}") };
    assert!(reason == "no license" && found.cost <= 2.0, "{found}");
    let Curves { limits, .. } = Curves::new();
    struct Lost(Bounds);
    impl Constraints for Lost {
        fn count(&self) -> usize {
            2
        }
        fn limits(&self) -> &Bounds {
            &self.0
        }
        fn values(&self, _: &DVector<f64>, c: &mut DVector<f64>) {
            c.fill(f64::NAN);
        }
        fn failure(&self) -> Option<String> {
            Some("lost".to_owned())
        }
    }
    let problem = Constrained(from_fn(2, |x| x[0]), Lost(limits));
    let mut oracle = Oracle::new(&problem);
    oracle.constraint_values(&vector(&[0.0; 2]), &mut vector(&[0.0; 2]));
    let ended = oracle.uninterrupted();
    assert!(matches!(ended, ControlFlow::Break(Termination::ProblemFailed { .. })), "{ended:?}");
    Ok(())
}

/// A corner of the box is a minimum by its bounds, also among constraints that hold nothing there.
#[test]
fn a_corner_within_constraints() -> Result<(), Error> {
    let corner = Bounded(from_fn(2, |x| x[0] + x[1]), Bounds::new([0.5; 2], [2.0; 2])?);
    assert!(classify(&corner, [0.5; 2])?.is_minimum());
    let found = classify(&Constrained(corner, Curves::new()), [0.5; 2])?;
    assert!(found.is_minimum() && found.active.len() == 2, "{found}");
    Ok(())
}
