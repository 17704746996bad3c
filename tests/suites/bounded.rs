//! Problems within bounds: the best known values, no evaluation outside, and no more evaluations than SciPy's L-BFGS-B.

use std::sync::atomic::{AtomicUsize, Ordering};

use extremum::functions::{TestFunction, bounded, more_garbow_hillstrom};
use extremum::solver::trust_region::{ProductsModel, Tron};
use extremum::stop::{gradient_norm, max_evaluations, target};
use extremum::{
    AnySolver, Bounds, DVector, FromFn, Lbfgs, Lbfgsb, Matrix, Minimizer, Problem, Solution,
    Solver, TrustRegion, from_fn,
};

/// Evaluations of L-BFGS-B 3.0 (SciPy 1.17.1, m = 10, ftol 0) until the projected gradient is at most 1e-6, in the order of
/// [`bounded`]; 0 where it does not get there.
const SCIPY: [u64; 43] = [
    48, 16, 4, 2, 8, 1, 33, 10, 7, 0, 6, 5, 18, 6, 31, 19, 14, 13, 42, 16, 18, 5, 40, 26, 14, 58,
    29, 24, 44, 62, 58, 31, 15, 14, 207, 29, 21, 18, 44, 8, 15, 14, 29,
];

/// Counts the points outside the bounds.
struct Watched<'a> {
    function: &'a TestFunction,
    outside: AtomicUsize,
}

impl Watched<'_> {
    fn look(&self, x: &DVector<f64>) {
        if !self.function.bounds().is_none_or(|bounds| bounds.contain(x)) {
            self.outside.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Problem for Watched<'_> {
    fn dimension(&self) -> usize {
        self.function.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.look(x);
        self.function.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.look(x);
        self.function.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.look(x);
        self.function.hessian(x)
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.function.bounds()
    }
}

fn solve(function: &TestFunction, solver: &impl Solver) -> Solution {
    let problem = Watched { function, outside: AtomicUsize::new(0) };
    let found = Minimizer::new(&problem, solver, function.start())
        .stop_when(gradient_norm(1e-6).or(max_evaluations(15_000)))
        .run()
        .expect("a good call");
    assert_eq!(problem.outside.into_inner(), 0, "{}", function.name());
    found
}

/// How many best values and how many converged ends, and the geometric mean of the evaluations over SciPy's.
fn compare(solver: &impl Solver) -> ([usize; 2], f64) {
    let (mut counts, mut logarithms) = ([0, 0], Vec::new());
    for (function, scipy) in bounded().iter().zip(SCIPY) {
        let found = solve(function, solver);
        let known = function.known_minima();
        let is_best = known.first().is_some_and(|f| found.cost - f <= 1e-6 * f.abs().max(1.0));
        let is_converged = found.termination.is_converged();
        let evaluations = found.evaluations.cost.max(found.evaluations.gradient);
        println!("{:45} {evaluations:5} {scipy:5} {is_best} {found}", function.name());
        counts[0] += usize::from(is_best);
        counts[1] += usize::from(is_converged);
        if is_converged && scipy > 0 {
            logarithms.push((evaluations as f64 / scipy as f64).ln());
        }
    }
    let ratio = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
    println!("{}: {counts:?}, {ratio:.3} of SciPy's evaluations", solver.name());
    (counts, ratio)
}

#[test]
fn lbfgsb_takes_no_more_evaluations_than_scipy() {
    let (counts, ratio) = compare(&Lbfgsb::default());
    assert!(counts[0] >= 39 && counts[1] >= 41 && ratio <= 1.0, "{counts:?}, {ratio}");
}

/// 0.76 times are what fides 0.8.0 takes, an interior-reflective trust region, with exact Hessians.
#[test]
fn the_trust_region_takes_fewer_than_others_with_second_derivatives() {
    let (counts, ratio) = compare(&TrustRegion::tron());
    assert!(counts[0] >= 39 && counts[1] >= 41 && ratio <= 0.76, "{counts:?}, {ratio}");
    let (counts, ratio) = compare(&TrustRegion::new(ProductsModel, Tron));
    assert!(counts[0] >= 39 && counts[1] >= 41 && ratio <= 0.76, "{counts:?}, {ratio}");
}

/// Where there are no bounds it is L-BFGS.
#[test]
fn without_bounds_lbfgsb_has_the_bits_of_lbfgs() {
    for function in more_garbow_hillstrom() {
        let run = |solver: &dyn AnySolver| {
            let stop = gradient_norm(1e-6).or(max_evaluations(500));
            let run = Minimizer::new(&function, solver, function.start()).stop_when(stop).run();
            run.expect("a good call")
        };
        let [free, bounded] = [run(&Lbfgs::default()), run(&Lbfgsb::default())];
        assert_eq!((&free.x, free.evaluations), (&bounded.x, bounded.evaluations));
    }
}

/// The problem of the drivers of L-BFGS-B: 4 (¼ (x₁ − 1)² + Σ (xᵢ − xᵢ₋₁²)²), variables 1, 3, 5, .. within [1, 100],
/// the others within [−100, 100], from 3.
fn driver(n: usize) -> FromFn<'static> {
    let lower: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 1.0 } else { -100.0 }).collect();
    from_fn(n, |x| {
        let terms = x.as_slice().windows(2).map(|pair| (pair[1] - pair[0] * pair[0]).powi(2));
        4.0 * (0.25 * (x[0] - 1.0).powi(2) + terms.sum::<f64>())
    })
    .with_gradient(|x, g| {
        g.fill(0.0);
        g[0] = 2.0 * (x[0] - 1.0);
        for i in 1..x.len() {
            let t = 8.0 * (x[i] - x[i - 1] * x[i - 1]);
            g[i] += t;
            g[i - 1] -= 2.0 * x[i - 1] * t;
        }
    })
    .with_bounds(Bounds::new(lower, vec![100.0; n]).expect("a box"))
}

/// C. Zhu, R. Byrd, P. Lu, J. Nocedal, ACM Trans. Math. Softw. 23 (1997), L-BFGS-B 3.0: the outputs that come with its
/// three drivers. The first ends at f = 1.083490083e-9, where f changes little; the others where the projected gradient
/// is at most 1e-10 (1 + f).
#[test]
fn the_drivers_of_lbfgsb_take_no_more_evaluations_than_printed() {
    let first = || target(1.083_490_083_430_061_5e-9);
    let others = || gradient_norm(1e-10);
    let cases = [
        (25, 5, first(), 28, 1.083_490_083_430_061_5e-9),
        (25, 5, others(), 53, 5.807_02e-15),
        (1000, 10, others(), 58, 5.35e-22),
    ];
    let mut missed = Vec::new();
    for (n, memory, stop, printed, cost) in cases {
        let problem = driver(n);
        let solver = Lbfgsb::default().memory(memory);
        let run = Minimizer::new(&problem, solver, vec![3.0; n]).stop_when(stop);
        let found = run.max_evaluations(900).run().expect("a good call");
        let evaluations = found.evaluations.cost.max(found.evaluations.gradient);
        println!("n = {n}: {evaluations} of {printed}, cost {:e} of {cost:e}", found.cost);
        if evaluations > printed || !found.termination.is_converged() {
            missed.push(format!("n = {n}: {evaluations} of {printed}, {found}"));
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
