//! Laws that theory proves of the methods, and textbook recursions written out here: descent, invariances, finite
//! termination on quadratics, rates. Equation numbers are those of Nocedal & Wright, *Numerical Optimization* (2006).

#![cfg(feature = "autodiff")]

use extremum::functions::{ExtendedRosenbrock, by_name, more_garbow_hillstrom};
use extremum::line_search::{MoreThuente, StrongWolfe};
use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    Beta, Bfgs, ConjugateGradient, DMatrix, DVector, FromFn, GradientDescent, Lbfgs, Matrix,
    Minimizer, Newton, Problem, Solver, from_fn,
};
use extremum_tests::{bits, quadratic, rosenbrock, solvers};

/// The iterates of the first steps.
fn path(
    problem: &dyn Problem,
    solver: impl Solver,
    start: &DVector<f64>,
    steps: u64,
) -> Vec<DVector<f64>> {
    let mut path = Vec::new();
    Minimizer::new(&problem, solver, start)
        .stop_when(max_iterations(steps))
        .observe(|p| path.push(p.x.clone()))
        .run()
        .unwrap();
    path
}

fn gradient(problem: &dyn Problem, x: &DVector<f64>) -> DVector<f64> {
    let mut gradient = DVector::zeros(x.len());
    problem.gradient(x, &mut gradient);
    gradient
}

/// Numbers between −1 and 1, the same ones every time.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// An orthogonal matrix.
fn rotation(n: usize) -> DMatrix<f64> {
    let mut next = numbers(7);
    DMatrix::from_fn(n, n, |_, _| next()).qr().q()
}

/// Symmetric, with these eigenvalues.
fn with_eigenvalues(eigenvalues: &[f64]) -> DMatrix<f64> {
    let q = rotation(eigenvalues.len());
    let a = &q * DMatrix::from_diagonal(&DVector::from_row_slice(eigenvalues)) * q.transpose();
    0.5 * (&a + a.transpose())
}

fn bowl(eigenvalues: &[f64]) -> (FromFn<'static>, DMatrix<f64>, DVector<f64>) {
    let mut next = numbers(3);
    let a = with_eigenvalues(eigenvalues);
    let minimizer = DVector::from_fn(eigenvalues.len(), |_, _| next());
    (quadratic(a.clone(), &a * &minimizer), a, minimizer)
}

/// f(A z).
struct Transformed<P> {
    problem: P,
    a: DMatrix<f64>,
}

impl<P: Problem> Problem for Transformed<P> {
    fn dimension(&self) -> usize {
        self.a.ncols()
    }
    fn cost(&self, z: &DVector<f64>) -> f64 {
        self.problem.cost(&(&self.a * z))
    }
    fn gradient(&self, z: &DVector<f64>, g: &mut DVector<f64>) {
        g.copy_from(&(self.a.transpose() * gradient(&self.problem, &(&self.a * z))));
    }
    fn hessian(&self, z: &DVector<f64>) -> Option<Matrix> {
        let Matrix::Dense(h) = self.problem.hessian(&(&self.a * z))? else { return None };
        Some((self.a.transpose() * h * &self.a).into())
    }
}

/// The paths agree, A z with x, relative to the distance of the first step.
fn paths_agree(
    label: &str,
    z: &[DVector<f64>],
    a: &DMatrix<f64>,
    x: &[DVector<f64>],
    tolerance: f64,
) {
    assert_eq!(z.len(), x.len(), "{label}");
    for (k, (z, x)) in z.iter().zip(x).enumerate() {
        let error = (a * z - x).amax() / x.amax().max(1.0);
        assert!(error <= tolerance, "{label}, step {k}: {error:e}");
    }
}

#[test]
fn costs_fall_at_every_step() {
    for entry in solvers().iter().filter(|e| e.search != "Nonmonotone") {
        for f in more_garbow_hillstrom() {
            // Where costs are level up to 64 rounding units, slopes decide.
            let epsilon = 64.0 * f64::EPSILON;
            let (mut last, mut highest) = (f64::INFINITY, 0.0_f64);
            Minimizer::new(&f, &entry.solver, f.start())
                .stop_when(gradient_norm(1e-6).or(max_evaluations(300)))
                .observe(|p| {
                    highest = highest.max(p.cost.abs());
                    let limit = last + epsilon * highest;
                    let label = (f.name(), entry.label(), p.iteration);
                    assert!(p.cost <= limit, "{label:?}: {} after {last}", p.cost);
                    last = p.cost;
                })
                .run()
                .unwrap();
        }
    }
}

#[test]
fn the_best_point_of_a_nonmonotone_run_never_rises() {
    for entry in solvers().iter().filter(|e| e.search == "Nonmonotone") {
        for f in more_garbow_hillstrom() {
            let mut last = f64::INFINITY;
            Minimizer::new(&f, &entry.solver, f.start())
                .stop_when(gradient_norm(1e-6).or(max_evaluations(500)))
                .observe(|p| {
                    // But within rounding.
                    let limit = last + 64.0 * f64::EPSILON * last.abs();
                    assert!(p.cost <= limit, "{}: {} after {last}", f.name(), p.cost);
                    last = p.cost;
                })
                .run()
                .unwrap();
        }
    }
}

/// e ↦ (I − α A) e at the best fixed rate 2/(L + m): the slowest and the fastest direction shrink by (κ − 1)/(κ + 1).
#[test]
fn gradient_descent_at_the_best_fixed_rate_contracts_as_it_should() {
    let eigenvalues = [1.0, 3.0, 7.0, 9.0];
    let (problem, a, minimizer) = bowl(&eigenvalues);
    let factor = (9.0 - 1.0) / (9.0 + 1.0);
    let eigen = a.symmetric_eigen();
    let extreme = eigen.eigenvalues.imin();
    let start = &minimizer + 10.0 * eigen.eigenvectors.column(extreme);
    let path = path(&problem, GradientDescent::with_rate(2.0 / 10.0), &start, 40);
    assert_eq!(path.len(), 41);
    for (k, pair) in path.windows(2).enumerate() {
        let ratio = (&pair[1] - &minimizer).norm() / (&pair[0] - &minimizer).norm();
        assert!((ratio - factor).abs() < 1e-10, "step {k}: {ratio}");
    }
}

/// Theorem 3.3: f(x⁺) − f* ≤ ((κ − 1)/(κ + 1))² (f(x) − f*) with exact searches, and the worst start attains it.
#[test]
fn gradient_descent_with_exact_searches_has_the_rate_of_kantorovich() {
    let problem =
        quadratic(DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, 20.0])), DVector::zeros(2));
    let exact = GradientDescent::default()
        .line_search(MoreThuente::default().sufficient_decrease(1e-9).curvature(1e-8));
    let path = path(&problem, exact, &DVector::from_vec(vec![20.0, 1.0]), 20);
    let factor = (19.0_f64 / 21.0).powi(2);
    for (k, pair) in path.windows(2).enumerate() {
        let ratio = problem.cost(&pair[1]) / problem.cost(&pair[0]);
        assert!((ratio - factor).abs() < 1e-6, "step {k}: {ratio} for {factor}");
    }
}

/// Theorems 5.1 and 6.4: with exact searches n steps end on a quadratic, for every β and for BFGS.
#[test]
fn conjugate_gradients_and_bfgs_end_on_a_quadratic_in_n_steps() {
    let eigenvalues = [1.0, 2.0, 4.0, 5.0, 9.0, 12.0, 20.0, 30.0];
    let n = eigenvalues.len();
    let (problem, _, minimizer) = bowl(&eigenvalues);
    let start = DVector::from_element(n, 3.0);
    let first = gradient(&problem, &start).amax();
    macro_rules! exact {
        ($($solver:expr),+ $(,)?) => {
            $(for textbook in [false, true] {
                let mt = MoreThuente::default().sufficient_decrease(1e-9).curvature(1e-8);
                let sw = StrongWolfe::default().sufficient_decrease(1e-9).curvature(1e-8);
                let path = if textbook {
                    path(&problem, $solver.line_search(sw), &start, n as u64)
                } else {
                    path(&problem, $solver.line_search(mt), &start, n as u64)
                };
                let label = format!("{} {textbook}", stringify!($solver));
                let last = path.last().unwrap();
                let left = gradient(&problem, last).amax() / first;
                assert!(left < 1e-6, "{label}: {left:e} of the gradient is left");
                assert!((last - &minimizer).amax() < 1e-5, "{label}");
                // And not much earlier: the eigenvalues are all different.
                let before = gradient(&problem, &path[n - 2]).amax() / first;
                assert!(before > 1e-6, "{label}: {before:e}");
            })+
        };
    }
    exact![
        ConjugateGradient::default(),
        ConjugateGradient::default().beta(Beta::FletcherReeves),
        ConjugateGradient::default().beta(Beta::PolakRibierePlus),
        ConjugateGradient::default().beta(Beta::HestenesStiefel),
        ConjugateGradient::default().beta(Beta::DaiYuan),
        Bfgs::default(),
        Lbfgs::default().memory(n),
        Lbfgs::default().memory(1),
    ];
}

/// As many steps as there are different eigenvalues (theorem 5.4).
#[test]
fn conjugate_gradients_need_a_step_for_each_different_eigenvalue() {
    let (problem, _, minimizer) = bowl(&[1.0, 1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 40.0]);
    let search = MoreThuente::default().sufficient_decrease(1e-9).curvature(1e-8);
    let solver = ConjugateGradient::default().line_search(search);
    let path = path(&problem, solver, &DVector::from_element(8, 3.0), 3);
    assert!((path.last().unwrap() - minimizer).amax() < 1e-6);
    assert!(path.len() == 4);
}

/// The two-loop recursion, algorithm 7.4, on the pairs as they were seen.
fn two_loops(pairs: &[(DVector<f64>, DVector<f64>)], g: &DVector<f64>) -> DVector<f64> {
    let mut q = g.clone();
    let mut alphas = Vec::new();
    for (s, y) in pairs.iter().rev() {
        let alpha = s.dot(&q) / s.dot(y);
        q -= alpha * y;
        alphas.push(alpha);
    }
    let (s, y) = pairs.last().unwrap();
    let mut r = s.dot(y) / y.dot(y) * q;
    for ((s, y), alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = y.dot(&r) / s.dot(y);
        r += (alpha - beta) * s;
    }
    -r
}

/// How far two vectors are from parallel.
fn angle(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a / a.norm() - b / b.norm()).norm()
}

/// The relative rounding of a difference of iterates.
fn blur(step: &DVector<f64>, x: &DVector<f64>) -> f64 {
    1e-10 + 1e-14 * x.amax() / step.amax()
}

#[test]
fn lbfgs_goes_where_the_two_loop_recursion_goes() {
    let f = ExtendedRosenbrock::new(12).unwrap();
    let shifted = DVector::from_fn(12, |i, _| [-1.2, 1.0, 0.3, -0.7][i % 4] + 0.05 * i as f64);
    for memory in [1, 3, 5, 20] {
        let path = path(&f, Lbfgs::default().memory(memory), &shifted, 40);
        let mut compared = 0;
        for k in 1..path.len() - 1 {
            let pairs: Vec<_> = path[k.saturating_sub(memory)..=k]
                .windows(2)
                .map(|p| (&p[1] - &p[0], gradient(&f, &p[1]) - gradient(&f, &p[0])))
                .collect();
            let step = &path[k + 1] - &path[k];
            let textbook = two_loops(&pairs, &gradient(&f, &path[k]));
            let off = angle(&step, &textbook);
            if pairs.iter().all(|(s, y)| s.dot(y) > 1e-6 * s.norm() * y.norm()) {
                assert!(off < 100.0 * blur(&step, &path[k]), "m = {memory}, step {k}: {off:e}");
                compared += 1;
            }
        }
        assert!(compared >= 20, "m = {memory}: {compared} compared");
    }
}

/// Equations 6.17 and 6.20 on dense matrices.
#[test]
fn bfgs_goes_where_the_textbook_goes() {
    let f = by_name("Wood").unwrap();
    let path = path(&f, Bfgs::default().self_scaling(false), f.start(), 40);
    let mut h: Option<DMatrix<f64>> = None;
    let identity = DMatrix::<f64>::identity(4, 4);
    for k in 0..path.len() - 2 {
        let (s, y) = (&path[k + 1] - &path[k], gradient(&f, &path[k + 1]) - gradient(&f, &path[k]));
        let rho = 1.0 / s.dot(&y);
        let before = h.take().unwrap_or_else(|| s.dot(&y) / y.dot(&y) * &identity);
        let left = &identity - rho * &s * y.transpose();
        let after = &left * before * left.transpose() + rho * &s * s.transpose();
        let step = &path[k + 2] - &path[k + 1];
        let off = angle(&step, &-(&after * gradient(&f, &path[k + 1])));
        assert!(off < 1e4 * blur(&step, &path[k + 1]), "step {k}: {off:e}");
        h = Some(after);
    }
    assert!(path.len() > 30);
}

/// With memory for every step L-BFGS is BFGS whose H₀ is scaled anew; on a quadratic with exact searches both are
/// conjugate gradients, so that the iterates are the same.
#[test]
fn with_exact_searches_on_a_quadratic_all_three_take_the_same_path() {
    let (problem, ..) = bowl(&[1.0, 2.0, 5.0, 9.0, 14.0]);
    let start = DVector::from_element(5, 2.0);
    let search = || MoreThuente::default().sufficient_decrease(1e-9).curvature(1e-9);
    let cg = ConjugateGradient::default().beta(Beta::PolakRibierePlus).line_search(search());
    let reference = path(&problem, cg, &start, 4);
    let identity = DMatrix::identity(5, 5);
    for other in [
        path(&problem, Bfgs::default().line_search(search()), &start, 4),
        path(&problem, Lbfgs::default().line_search(search()), &start, 4),
    ] {
        paths_agree("quasi-Newton", &other, &identity, &reference, 1e-7);
    }
}

/// Σ exp(x) − b'x with a coupling: smooth, convex, not quadratic.
fn convex() -> FromFn<'static> {
    from_fn(3, |x| {
        x.map(f64::exp).sum() - x[0] - 2.0 * x[1] - 0.5 * x[2] + 0.5 * (x[0] + x[1] - x[2]).powi(2)
    })
    .with_gradient(|x, g| {
        let t = x[0] + x[1] - x[2];
        g[0] = x[0].exp() - 1.0 + t;
        g[1] = x[1].exp() - 2.0 + t;
        g[2] = x[2].exp() - 0.5 - t;
    })
    .with_hessian(|x| {
        let c = DVector::from_vec(vec![1.0, 1.0, -1.0]);
        DMatrix::from_diagonal(&x.map(f64::exp)) + &c * c.transpose()
    })
}

fn affine() -> DMatrix<f64> {
    DMatrix::from_row_slice(3, 3, &[2.0, 0.3, 0.0, -0.5, 30.0, 1.0, 0.01, 0.0, 0.1])
}

#[test]
fn newton_is_affine_invariant() {
    let (a, start) = (affine(), DVector::from_vec(vec![1.5, -1.0, 2.0]));
    let x = path(&convex(), Newton::default(), &start, 5);
    let transformed = Transformed { problem: convex(), a: a.clone() };
    let z = path(&transformed, Newton::default(), &a.clone().lu().solve(&start).unwrap(), 5);
    paths_agree("Newton", &z, &a, &x, 1e-9);
}

/// BFGS is, once its H₀ is transformed too.
#[test]
fn bfgs_is_affine_invariant() {
    let (a, start) = (affine(), DVector::from_vec(vec![1.5, -1.0, 2.0]));
    let solver = |h: DMatrix<f64>| Bfgs::default().initial_hessian(h);
    let x = path(&convex(), solver(DMatrix::identity(3, 3)), &start, 10);
    let transformed = Transformed { problem: convex(), a: a.clone() };
    let h = a.transpose() * &a;
    let z = path(&transformed, solver(h), &a.clone().lu().solve(&start).unwrap(), 10);
    paths_agree("Bfgs", &z, &a, &x, 1e-7);
}

/// Rotations for quadratics (the first trial depends on the coordinates, but the first step does not); reflections and
/// exchanges of coordinates for everything else.
#[test]
fn methods_without_a_metric_are_equivariant() {
    let n = 6;
    let (problem, ..) = bowl(&[1.0, 2.0, 3.0, 5.0, 8.0, 13.0]);
    let q = rotation(n);
    let start = DVector::from_element(n, 2.0);
    let exchange = DMatrix::from_fn(n, n, |i, j| {
        if (i + 2) % n == j { if i % 2 == 0 { 1.0 } else { -1.0 } } else { 0.0 }
    });
    let valley = ExtendedRosenbrock::new(n).unwrap();
    let uneven = DVector::from_fn(n, |i, _| [-1.2, 1.0, 0.3, -0.7][i % 4]);
    macro_rules! each {
        ($($solver:expr),+ $(,)?) => {
            $({
                let label = stringify!($solver);
                // A first step relative to `typical_x`, because one relative to x depends on the axes.
                let solver = $solver.typical_x(vec![1.0; n]);
                for (problem, start, steps) in [(&problem as &dyn Problem, &start, 6), (&valley, &uneven, 12)] {
                    let x = path(problem, solver.clone(), start, steps);
                    let rotated = Transformed { problem, a: q.clone() };
                    let z = path(&rotated, solver.clone(), &(q.transpose() * start), steps);
                    paths_agree(label, &z, &q, &x, 1e-7);
                }
                let x = path(&valley, $solver, &uneven, 12);
                let exchanged = Transformed { problem: &valley, a: exchange.clone() };
                let z = path(&exchanged, $solver, &(exchange.transpose() * &uneven), 12);
                paths_agree(label, &z, &exchange, &x, 1e-6);
            })+
        };
    }
    each![
        GradientDescent::default(),
        ConjugateGradient::default(),
        Lbfgs::default(),
        Bfgs::default()
    ];
}

/// Theorem 3.5: ‖e⁺‖ ≤ C ‖e‖², with C from the Hessian's Lipschitz constant.
#[test]
fn newton_converges_quadratically() {
    let minimizer = path(&convex(), Newton::default(), &DVector::zeros(3), 30).pop().unwrap();
    assert!(gradient(&convex(), &minimizer).amax() < 1e-14);
    let path = path(&convex(), Newton::default(), &DVector::from_vec(vec![0.5, 0.5, 0.2]), 8);
    let errors: Vec<f64> = path.iter().map(|x| (x - &minimizer).norm()).collect();
    for pair in errors.windows(2).filter(|pair| pair[1] > 1e-14) {
        assert!(pair[1] <= 2.0 * pair[0] * pair[0], "{errors:?}");
    }
    assert!(errors.last().unwrap() < &1e-14 && errors[0] > 0.1, "{errors:?}");
}

#[test]
fn newton_ends_on_a_quadratic_in_one_step() {
    let (problem, a, minimizer) = bowl(&[1e-3, 1.0, 50.0, 1e3]);
    let start = DVector::from_element(4, 3.0);
    let newton = path(&problem, Newton::default(), &start, 1);
    assert!((&newton[1] - &minimizer).amax() < 1e-7);
    // And so does BFGS that is given the Hessian.
    let bfgs = path(&problem, Bfgs::default().initial_hessian(a.clone()), &start, 1);
    assert!((&bfgs[1] - &minimizer).amax() < 1e-7);
    // In whatever units it is to work.
    let typical = [1e-2, 10.0, 3.0, 0.5];
    let scaled = Bfgs::default().initial_hessian(a).typical_x(typical);
    assert!((&path(&problem, scaled, &start, 1)[1] - &minimizer).amax() < 1e-7);
}

#[test]
fn bfgs_learns_the_inverse_hessian() {
    let (problem, a, _) = bowl(&[1.0, 2.0, 4.0, 5.0, 9.0]);
    let inverse = a.try_inverse().unwrap();
    let exact = MoreThuente::default().sufficient_decrease(1e-9).curvature(1e-7);
    for typical in [[1.0; 5], [0.5, 2.0, 1.0, 3.0, 1.5]] {
        let solver = Bfgs::default().line_search(exact).typical_x(typical);
        let mut run = Minimizer::new(&problem, solver, [3.0; 5])
            .stop_when(max_iterations(5))
            .start()
            .unwrap();
        while run.step().is_continue() {}
        let error = (run.state().inverse_hessian() - &inverse).amax();
        assert!(error < 1e-5, "{typical:?}: {error:e}");
    }
    // On Rosenbrock's valley, of the Hessian [[802, −400], [−400, 200]] at the minimum, to the digits of the end.
    let problem = rosenbrock();
    let mut run = Minimizer::new(&problem, Bfgs::default(), [-1.2, 1.0])
        .stop_when(gradient_norm(1e-9))
        .start()
        .unwrap();
    while run.step().is_continue() {}
    let inverse = DMatrix::from_row_slice(2, 2, &[0.5, 1.0, 1.0, 2.005]);
    let error = (run.state().inverse_hessian() - inverse).amax();
    assert!(error < 0.05, "{error}");
}

#[test]
fn a_run_is_repeatable_and_its_steps_are_those_of_the_stepper() {
    for entry in solvers() {
        let problem = rosenbrock();
        let run = || {
            Minimizer::new(&problem, &entry.solver, [-1.2, 1.0])
                .stop_when(gradient_norm(1e-6).or(max_evaluations(500)))
                .trace()
        };
        let (once, again) = (run().run().unwrap(), run().run().unwrap());
        assert_eq!(bits(&once.x), bits(&again.x), "{}", entry.label());
        let mut stepped = run().start().unwrap();
        while stepped.step().is_continue() {}
        let stepped = stepped.finish();
        assert_eq!(bits(&once.x), bits(&stepped.x), "{}", entry.label());
        assert_eq!(once.evaluations, stepped.evaluations, "{}", entry.label());
        assert_eq!(once.trace.len() as u64, once.iterations + 1, "{}", entry.label());
    }
}

/// (3.7) at every step that is taken: the strong Wolfe conditions, with the constants of the documentation.
#[test]
fn accepted_steps_satisfy_the_strong_wolfe_conditions() {
    macro_rules! each {
        ($($solver:expr, $curvature:expr);+ $(;)?) => {
            $(for f in more_garbow_hillstrom().iter().filter(|f| f.name() != "Meyer") {
                let path = path(f, $solver, f.start(), 15);
                for pair in path.windows(2) {
                    let s = &pair[1] - &pair[0];
                    if s.amax() < 1e-6 * pair[0].amax() || s.amax() == 0.0 {
                        continue; // The slope along a difference of iterates would be rounding.
                    }
                    let (cost, then) = (f.cost(&pair[0]), f.cost(&pair[1]));
                    if (cost - then).abs() <= 1e-9 * cost.abs() {
                        continue; // Level points are no step: the flatter one is reported.
                    }
                    let slopes = [gradient(f, &pair[0]).dot(&s), gradient(f, &pair[1]).dot(&s)];
                    let label = format!("{}, {}", f.name(), stringify!($solver));
                    let rounding = 1e-12 * cost.abs();
                    assert!(then <= cost + 0.99e-4 * slopes[0] + rounding, "{label}");
                    let limit = 1.001 * $curvature * slopes[0].abs();
                    assert!(slopes[1].abs() <= limit + rounding, "{label}: {slopes:?}");
                }
            })+
        };
    }
    each![
        Bfgs::default().line_search(MoreThuente::default()), 0.9;
        Lbfgs::default().line_search(StrongWolfe::default()), 0.9;
        Newton::default().line_search(StrongWolfe::default().curvature(0.5)), 0.5;
        ConjugateGradient::default().line_search(MoreThuente::default()), 0.1;
    ];
}
