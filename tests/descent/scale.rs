//! Laws of units: the cost may be given in any unit (times a power of two, so that nothing rounds), and so may the
//! variables (`typical_x`); the iterates are the same, bit for bit. An offset of the cost changes no minimiser.

#![cfg(feature = "autodiff")]

use extremum::functions::{TestFunction, more_garbow_hillstrom};
use extremum::line_search::{Backtracking, HagerZhang, MoreThuente, StrongWolfe};
use extremum::solver::trust_region::{MoreSorensen, NewtonModel};
use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    BarzilaiBorwein, Bfgs, ConjugateGradient, DMatrix, DVector, GradientDescent, Lbfgs, Lbfgsb,
    Matrix, Minimizer, Newton, Problem, Solver, Stop, TrustRegion, from_fn,
};
use extremum_tests::{Entry, bits, rosenbrock, without_hessian};

/// `factor` · f(x ⊘ unit): the problem in other units.
struct InUnits<'a> {
    problem: &'a dyn Problem,
    factor: f64,
    unit: DVector<f64>,
}

impl InUnits<'_> {
    fn inner(&self, x: &DVector<f64>) -> DVector<f64> {
        x.component_div(&self.unit)
    }
}

impl Problem for InUnits<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.factor * self.problem.cost(&self.inner(x))
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.problem.gradient(&self.inner(x), gradient);
        gradient.component_div_assign(&self.unit);
        *gradient *= self.factor;
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let Matrix::Dense(mut h) = self.problem.hessian(&self.inner(x))? else { return None };
        for j in 0..h.ncols() {
            for i in 0..h.nrows() {
                h[(i, j)] = self.factor * (h[(i, j)] / self.unit[i] / self.unit[j]);
            }
        }
        Some(h.into())
    }
}

macro_rules! with_searches {
    ($($solver:expr),+ $(,)?) => {
        vec![$(
            Entry { search: "default", solver: $solver.boxed() },
            Entry { search: "MoreThuente", solver: $solver.line_search(MoreThuente::default()).boxed() },
            Entry { search: "StrongWolfe", solver: $solver.line_search(StrongWolfe::default()).boxed() },
            Entry { search: "Backtracking", solver: $solver.line_search(Backtracking::default()).boxed() },
        )+]
    };
}

/// Those of which the law is promised, and the rest.
fn solvers() -> Vec<Entry> {
    let mut table = with_searches![
        Bfgs::default(),
        Lbfgs::default(),
        Lbfgsb::default(),
        Newton::default(),
        ConjugateGradient::default(),
        GradientDescent::default(),
        BarzilaiBorwein::default(),
    ];
    for solver in [
        TrustRegion::default().boxed(),
        TrustRegion::cubic().boxed(),
        TrustRegion::dogleg().boxed(),
        TrustRegion::steihaug().boxed(),
        TrustRegion::sr1().boxed(),
        TrustRegion::bfgs().boxed(),
        TrustRegion::gltr().boxed(),
        TrustRegion::new(NewtonModel, MoreSorensen).boxed(),
    ] {
        table.push(Entry { search: "a trust region", solver });
    }
    table
}

/// The iterates in the units of `problem.problem`, and how the run ended.
fn path(
    problem: &InUnits<'_>,
    solver: &impl Solver,
    start: &DVector<f64>,
    stop: Stop,
) -> (Vec<Vec<u64>>, &'static str) {
    let mut path = Vec::new();
    let found = Minimizer::new(problem, solver, start.component_mul(&problem.unit))
        .stop_when(stop)
        .observe(|p| path.push(bits(&problem.inner(p.x))))
        .run()
        .unwrap();
    (path, found.termination.name())
}

/// Compares paths; the first difference is said.
fn same_path(label: &str, a: &(Vec<Vec<u64>>, &str), b: &(Vec<Vec<u64>>, &str)) {
    let differ = a.0.iter().zip(&b.0).position(|(a, b)| a != b);
    assert_eq!(differ, None, "{label}: of {} and {} iterations", a.0.len(), b.0.len());
    assert_eq!((a.0.len(), a.1), (b.0.len(), b.1), "{label}");
}

const NAMES: [&str; 12] = [
    "Rosenbrock",
    "Powell badly scaled",
    "Beale",
    "Helical valley",
    "Biggs EXP6",
    "Box three-dimensional",
    "Wood",
    "Kowalik-Osborne",
    "Watson",
    "Penalty II",
    "Trigonometric",
    "Chebyquad",
];

/// Of several characters; with Hessians that are indefinite on the way for most.
fn problems() -> Vec<TestFunction> {
    let all = more_garbow_hillstrom();
    let chosen: Vec<_> = all.into_iter().filter(|f| NAMES.contains(&f.name())).collect();
    let missing: Vec<_> =
        NAMES.iter().filter(|name| !chosen.iter().any(|f| f.name() == **name)).collect();
    assert!(chosen.len() >= 9, "no such problems: {missing:?}");
    chosen
}

#[test]
fn some_of_the_hessians_are_indefinite() {
    let is_indefinite = |f: &TestFunction| match f.hessian(f.start()) {
        Some(Matrix::Dense(h)) => h.symmetric_eigenvalues().min() < 0.0,
        _ => false,
    };
    assert!(problems().iter().filter(|f| is_indefinite(f)).count() >= 3);
}

fn any_unit_of_the_cost(problem: &dyn Problem, name: &str, start: &DVector<f64>) {
    for entry in solvers() {
        let run = |exponent: i32| {
            let factor = 2.0_f64.powi(exponent);
            let unit = DVector::from_element(start.len(), 1.0);
            let problem = InUnits { problem, factor, unit };
            let stop = gradient_norm(1e-6 * factor).or(max_evaluations(1_000));
            path(&problem, &entry.solver, start, stop)
        };
        let plain = run(0);
        for exponent in [-56, -31, -30, 30] {
            let label = format!("{name} · 2^{exponent}, {}", entry.label());
            same_path(&label, &run(exponent), &plain);
        }
    }
}

#[test]
fn the_unit_of_the_cost_changes_no_bit() {
    for f in problems() {
        any_unit_of_the_cost(&f, f.name(), f.start());
    }
}

#[test]
fn nor_does_it_where_the_hessian_is_differenced() {
    for f in problems().iter().take(4) {
        any_unit_of_the_cost(&without_hessian(f), f.name(), f.start());
    }
}

#[test]
fn the_units_of_the_variables_change_no_bit_when_they_are_given() {
    macro_rules! each {
        ($problem:ident: $($solver:expr),+ $(,)?) => {
            $({
                let start = $problem.start();
                let n = start.len();
                let one = DVector::from_element(n, 1.0);
                let d = DVector::from_fn(n, |i, _| 2.0_f64.powi([-20, 3, 11, 0, -7][i % 5]));
                let stop = || max_iterations(60).or(max_evaluations(1_000));
                let run = |unit: &DVector<f64>| {
                    let problem =
                        InUnits { problem: &$problem, factor: 1.0, unit: unit.clone() };
                    path(&problem, &$solver.typical_x(unit), start, stop())
                };
                let label = format!("{}, {}", $problem.name(), stringify!($solver));
                same_path(&label, &run(&d), &run(&one));
                // And they do matter: without them the path is another one.
                let problem = InUnits { problem: &$problem, factor: 1.0, unit: d.clone() };
                let without = path(&problem, &$solver, start, stop());
                assert!(without.0 != run(&one).0 || $solver.name() == "Newton", "{label}");
            })+
        };
    }
    for f in problems() {
        each![f:
            Bfgs::default(),
            Lbfgs::default(),
            Lbfgsb::default(),
            Newton::default(),
            ConjugateGradient::default(),
            GradientDescent::default(),
            BarzilaiBorwein::default(),
            Bfgs::default().line_search(MoreThuente::default()),
            Lbfgs::default().line_search(MoreThuente::default()),
            ConjugateGradient::default().line_search(MoreThuente::default()),
        ];
    }
}

/// 10⁸ + f: the costs near the minimum differ in no digit, their gradients do.
#[test]
fn an_offset_is_seen_through() {
    let f = rosenbrock();
    let f = &f;
    let raised = from_fn(2, move |x| f.cost(x) + 1e8)
        .with_gradient(move |x, g| f.gradient(x, g))
        .with_hessian(move |x| match f.hessian(x) {
            Some(Matrix::Dense(h)) => h,
            _ => DMatrix::zeros(0, 0),
        });
    macro_rules! each {
        ($($solver:expr),+ $(,)?) => {
            $({
                let found = Minimizer::new(&raised, $solver, [-1.2, 1.0])
                    .stop_when(gradient_norm(1e-7).or(max_evaluations(500)))
                    .run()
                    .unwrap();
                let error = found.x.add_scalar(-1.0).amax();
                assert!(found.termination.is_converged(), "{}: {found}", $solver.name());
                assert!(error < 1e-6, "{}: {found} {error:e}", $solver.name());
                assert!(found.gradient_norm.unwrap() <= 1e-7, "{}: {found}", $solver.name());
            })+
        };
    }
    each![
        Bfgs::default(),
        Lbfgs::default(),
        Lbfgsb::default(),
        Newton::default(),
        ConjugateGradient::default(),
        Bfgs::default().line_search(HagerZhang::default().epsilon(1e-8)),
    ];
}
