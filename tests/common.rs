//! Shared by the tests of all solvers: the table of solvers, problems with known solutions, and a bit-for-bit view of
//! vectors. A new solver is added to every test by one line in [`solvers`].

// At the tests' level of optimisation a program links generic code that a library before it has compiled: every solver.
use extremum_hostile as _;

pub mod seal;

use extremum::line_search::{Backtracking, HagerZhang, MoreThuente, StrongWolfe};
use extremum::solver::trust_region::{MoreSorensen, NewtonModel, ProductsModel, Tron};
use extremum::{
    AnySolver, BarzilaiBorwein, Bfgs, ConjugateGradient, DMatrix, DVector, FromFn, GradientDescent,
    Lbfgs, Lbfgsb, Matrix, Newton, Problem, Solver, TrustRegion, from_fn,
};

/// A solver with the name of its line search.
pub struct Entry {
    pub search: &'static str,
    pub solver: Box<dyn AnySolver>,
}

impl Entry {
    pub fn name(&self) -> &'static str {
        self.solver.name()
    }

    pub fn label(&self) -> String {
        format!("{} with {}", self.solver.name(), self.search)
    }
}

macro_rules! with_every_search {
    ($($solver:expr),+ $(,)?) => {
        vec![$(
            Entry { search: "HagerZhang", solver: $solver.line_search(HagerZhang::default()).boxed() },
            Entry { search: "MoreThuente", solver: $solver.line_search(MoreThuente::default()).boxed() },
            Entry { search: "StrongWolfe", solver: $solver.line_search(StrongWolfe::default()).boxed() },
            Entry { search: "Backtracking", solver: $solver.line_search(Backtracking::default()).boxed() },
        )+]
    };
}

/// Every solver with every search that makes sense for it.
pub fn solvers() -> Vec<Entry> {
    let mut table = with_every_search![
        GradientDescent::default(),
        ConjugateGradient::default(),
        BarzilaiBorwein::default(),
        Bfgs::default(),
        Lbfgs::default(),
        Newton::default(),
        Lbfgsb::default(),
    ];
    table.push(Entry { search: "Nonmonotone", solver: BarzilaiBorwein::default().boxed() });
    for (search, solver) in [
        ("a trust region", TrustRegion::default().boxed()),
        ("a trust region", TrustRegion::new(NewtonModel, MoreSorensen).boxed()),
        ("a trust region", TrustRegion::cubic().boxed()),
        ("a trust region", TrustRegion::dogleg().boxed()),
        ("a trust region", TrustRegion::tron().boxed()),
        ("a trust region", TrustRegion::sr1().boxed()),
        ("a trust region", TrustRegion::bfgs().boxed()),
        ("products", TrustRegion::steihaug().boxed()),
        ("products", TrustRegion::gltr().boxed()),
        ("products", TrustRegion::new(ProductsModel, Tron).boxed()),
    ] {
        table.push(Entry { search, solver });
    }
    table
}

/// The bits of a vector: equal only when nothing differs.
pub fn bits(x: &DVector<f64>) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Σ (i+1)(xᵢ − ln xᵢ), NaN outside x > 0. Smallest at 1, with the value n(n+1)/2.
pub fn barrier(n: usize) -> FromFn<'static> {
    let outside = |x: &DVector<f64>| x.iter().any(|x| *x <= 0.0);
    from_fn(n, move |x| {
        if outside(x) {
            return f64::NAN;
        }
        x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * (x - x.ln())).sum()
    })
    .with_gradient(move |x, g| {
        if outside(x) {
            return g.fill(f64::NAN);
        }
        for (i, (g, x)) in g.iter_mut().zip(x).enumerate() {
            *g = (i + 1) as f64 * (1.0 - 1.0 / x);
        }
    })
    .with_hessian(|x| {
        let n = x.len();
        DMatrix::from_fn(n, n, |i, j| if i == j { (i + 1) as f64 / (x[i] * x[i]) } else { 0.0 })
    })
}

/// Rosenbrock's valley: minimum 0 at (1, 1).
pub fn rosenbrock() -> FromFn<'static> {
    from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2))
        .with_gradient(|x, g| {
            let t = x[1] - x[0] * x[0];
            g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
            g[1] = 200.0 * t;
        })
        .with_hessian(|x| {
            let (a, b) = (2.0 - 400.0 * (x[1] - 3.0 * x[0] * x[0]), -400.0 * x[0]);
            DMatrix::from_row_slice(2, 2, &[a, b, b, 200.0])
        })
}

/// ½ x'Ax − b'x.
pub fn quadratic(a: DMatrix<f64>, b: DVector<f64>) -> FromFn<'static> {
    let (a_too, a_again, b_too) = (a.clone(), a.clone(), b.clone());
    from_fn(b.len(), move |x| 0.5 * x.dot(&(&a * x)) - b.dot(x))
        .with_gradient(move |x, g| *g = &a_too * x - &b_too)
        .with_hessian(move |_| a_again.clone())
}

/// A problem of which something is withheld.
pub struct Withheld<P> {
    pub problem: P,
    pub gradient: bool,
    pub hessian: bool,
}

impl<P: Problem> Problem for Withheld<P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        assert!(!self.gradient, "a gradient was asked for that the problem does not have");
        self.problem.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        if self.hessian { None } else { self.problem.hessian(x) }
    }
    fn has_gradient(&self) -> bool {
        !self.gradient
    }
}

/// Without its Hessian.
pub fn without_hessian<P: Problem>(problem: P) -> Withheld<P> {
    Withheld { problem, gradient: false, hessian: true }
}

/// Its cost alone.
pub fn cost_only<P: Problem>(problem: P) -> Withheld<P> {
    Withheld { problem, gradient: true, hessian: true }
}
