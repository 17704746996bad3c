//! Second-order methods on large dense problems, and without a matrix on larger ones, on one thread:
//!
//! ```text
//! cargo bench -p extremum-benches --features faer --bench dense   # -- --csv FILE
//! ```
//!
//! An iteration of `TrustRegion` and of `Newton` whose Hessian is positive definite, without the time inside the
//! problem, beside the Cholesky factorization of a copy of the same matrix and solution by faer, in place, and by
//! nalgebra. Then an iteration of `TrustRegion::steihaug()` beside the products that it takes. The shortest times; each
//! round measures all of them once.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use extremum::stop::max_iterations;
use extremum::{DMatrix, DVector, Matrix, Minimizer, Newton, Problem, Solver, TrustRegion};
use extremum_benches::report::Report;

fn main() {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut report = Report::from_arguments();
    report.header(&[
        "n",
        "TrustRegion, ms",
        "Newton, ms",
        "faer's solution, ms",
        "nalgebra's, ms",
        "TrustRegion / faer",
        "Newton / faer",
    ]);
    for (n, rounds) in [(50, 40), (100, 40), (200, 20), (500, 20), (1000, 10), (2000, 4)] {
        let problem = Dense::new(n);
        let (matrix, b) = (problem.at(&problem.start()), problem.start());
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            times[0].extend(steps(&problem, TrustRegion::default()));
            times[1].extend(steps(&problem, Newton::default()));
            times[2].push(by_faer(&matrix, &b));
            times[3].push(clocked(|| nalgebra_cholesky(&matrix, &b)));
        }
        let [region, newton, faer, nalgebra] =
            times.map(|times| 1e3 * times.into_iter().fold(f64::INFINITY, f64::min));
        let milliseconds = [region, newton, faer, nalgebra].map(|time| format!("{time:.3}"));
        let ratios = [region, newton].map(|time| format!("{:.2}", time / faer));
        report.row(&[[n.to_string()].as_slice(), &milliseconds, &ratios].concat());
    }
    println!();
    report.header(&["n", "Steihaug, ms per product", "of it in the problem, ms", "ratio"]);
    for n in [1000, 100_000, 1_000_000] {
        let problem = Chain { n, clock: AtomicU64::new(0), products: AtomicU64::new(0) };
        let mut run = Minimizer::new(&problem, TrustRegion::steihaug(), problem.start())
            .stop_when(max_iterations(12))
            .start()
            .expect("the start is in the domain");
        let (mut whole, mut inside) = (f64::INFINITY, f64::NAN);
        let mut is_going_on = true;
        while is_going_on {
            problem.clock.store(0, Relaxed);
            problem.products.store(0, Relaxed);
            let time = clocked(|| is_going_on = run.step().is_continue());
            let products = problem.products.load(Relaxed) as f64;
            if time / products < whole {
                whole = time / products;
                inside = 1e-9 * problem.clock.load(Relaxed) as f64 / products;
            }
        }
        report.row(&[
            n.to_string(),
            format!("{:.4}", 1e3 * whole),
            format!("{:.4}", 1e3 * inside),
            format!("{:.2}", whole / inside),
        ]);
    }
}

fn clocked<T>(work: impl FnOnce() -> T) -> f64 {
    let clock = Instant::now();
    std::hint::black_box(work());
    clock.elapsed().as_secs_f64()
}

fn nalgebra_cholesky(matrix: &DMatrix<f64>, b: &DVector<f64>) -> DVector<f64> {
    matrix.clone().cholesky().expect("it is positive definite").solve(b)
}

#[cfg(feature = "faer")]
fn by_faer(matrix: &DMatrix<f64>, b: &DVector<f64>) -> f64 {
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::cholesky::llt::{factor, solve};
    use faer::reborrow::{Reborrow, ReborrowMut};
    use faer::{MatMut, Par, Spec};
    let n = b.len();
    let (mut l, mut x) = (matrix.clone(), b.clone());
    let mut scratch =
        MemBuffer::new(factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Spec::default()));
    clocked(|| {
        l.copy_from(matrix);
        let stack = MemStack::new(&mut scratch);
        let mut l = MatMut::from_column_major_slice_mut(l.as_mut_slice(), n, n);
        let regularization = factor::LltRegularization::default();
        factor::cholesky_in_place(l.rb_mut(), regularization, Par::Seq, stack, Spec::default())
            .expect("it is positive definite");
        let x = MatMut::from_column_major_slice_mut(x.as_mut_slice(), n, 1);
        solve::solve_in_place(l.rb(), x, Par::Seq, stack);
    })
}

#[cfg(not(feature = "faer"))]
fn by_faer(_: &DMatrix<f64>, _: &DVector<f64>) -> f64 {
    f64::NAN
}

/// The library's own time of each iteration but the first four.
fn steps(problem: &Dense, solver: impl Solver) -> Vec<f64> {
    let mut run = Minimizer::new(problem, solver, problem.start())
        .stop_when(max_iterations(8))
        .start()
        .expect("the start is in the domain");
    let mut times = Vec::new();
    loop {
        problem.clock.store(0, Relaxed);
        let whole = clocked(|| run.step());
        times.push(whole - 1e-9 * problem.clock.load(Relaxed) as f64);
        if times.len() == 8 {
            return times.split_off(4);
        }
    }
}

/// ½ x'A x / 100 + Σ xᵢ⁴ / 4: every Newton step is in the ball, and lowers x by a third.
struct Dense {
    a: DMatrix<f64>,
    clock: AtomicU64,
}

impl Dense {
    fn new(n: usize) -> Self {
        let entry = |i: usize, j: usize| ((i * j) as f64 * 0.7).sin() / n as f64;
        let a = DMatrix::from_fn(n, n, |i, j| if i == j { 2.0 } else { entry(i, j) });
        Self { a: a / 100.0, clock: AtomicU64::new(0) }
    }

    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.a.nrows(), |i, _| 10.0 + 0.1 * (i % 7) as f64)
    }

    fn at(&self, x: &DVector<f64>) -> DMatrix<f64> {
        let mut h = self.a.clone();
        h.set_diagonal(&x.map(|x| 0.02 + 3.0 * x * x));
        h
    }

    fn keep<T>(&self, work: impl FnOnce() -> T) -> T {
        let clock = Instant::now();
        let result = work();
        self.clock.fetch_add(clock.elapsed().as_nanos() as u64, Relaxed);
        result
    }
}

impl Problem for Dense {
    fn dimension(&self) -> usize {
        self.a.nrows()
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.keep(|| 0.5 * x.dot(&(&self.a * x)) + 0.25 * x.map(|x| x.powi(4)).sum())
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.keep(|| *gradient = &self.a * x + x.map(|x| x.powi(3)));
    }

    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.keep(|| {
            match hessian {
                Matrix::Dense(h) if h.shape() == self.a.shape() => {
                    h.copy_from(&self.a);
                    h.set_diagonal(&x.map(|x| 0.02 + 3.0 * x * x));
                }
                _ => *hessian = Matrix::Dense(self.at(x)),
            }
            true
        })
    }
}

/// Σ (xᵢ − xᵢ₊₁)² / 2 + Σ xᵢ⁴ / 4, with products.
struct Chain {
    n: usize,
    clock: AtomicU64,
    products: AtomicU64,
}

impl Chain {
    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |i, _| 1.0 + 0.1 * (i % 7) as f64)
    }

    fn keep<T>(&self, work: impl FnOnce() -> T) -> T {
        let clock = Instant::now();
        let result = work();
        self.clock.fetch_add(clock.elapsed().as_nanos() as u64, Relaxed);
        result
    }
}

/// out ← second differences of v + d v.
fn differences(v: &[f64], d: impl Fn(usize) -> f64, out: &mut [f64]) {
    let last = v.len() - 1;
    out[0] = v[0] - v[1] + d(0) * v[0];
    for i in 1..last {
        out[i] = 2.0 * v[i] - v[i - 1] - v[i + 1] + d(i) * v[i];
    }
    out[last] = v[last] - v[last - 1] + d(last) * v[last];
}

impl Problem for Chain {
    fn dimension(&self) -> usize {
        self.n
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.keep(|| {
            let x = x.as_slice();
            let steps: f64 = x.windows(2).map(|x| (x[0] - x[1]) * (x[0] - x[1])).sum();
            0.5 * steps + 0.25 * x.iter().map(|x| x * x * x * x).sum::<f64>()
        })
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let x = x.as_slice();
        self.keep(|| differences(x, |i| x[i] * x[i], gradient.as_mut_slice()));
    }

    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        self.products.fetch_add(1, Relaxed);
        let x = x.as_slice();
        self.keep(|| {
            differences(v.as_slice(), |i| 3.0 * x[i] * x[i], product.as_mut_slice());
        });
        true
    }
}
