//! The cost of an iteration of each solver, without the evaluations of the problem, on one thread.
//!
//! ```text
//! cargo bench -p extremum-benches --bench per_step
//! ```
//!
//! Criterion's timings are of the library's own work: the time of an iteration, excluding the time inside the problem. The
//! table at the end gives their medians as multiples of the time that the same machine needed, in the same run, to read (and
//! write) the data that such an iteration has to access:
//!
//! - L-BFGS with m pairs, n = 10⁶: reading 4 m n numbers from memory, each stored number twice;
//! - BFGS: one pass that reads and writes the n (n + 1)/2 numbers of the inverse Hessian;
//! - first-order methods: one pass that reads n numbers, from memory for n = 10⁶, from cache for smaller n;
//! - Newton: nalgebra's Cholesky factorization of an n × n matrix.
//!
//! For n = 10⁶ the problem measures the time spent in it, and a pass over 512 MiB follows every iteration, so that both see
//! the machine in the same state. For smaller n the clock would cost as much as the problem: whole runs are timed, and the
//! evaluations, timed separately, are subtracted as often as the runs made them (runs repeat exactly). The start of a run is
//! not part of any figure, nor are, at n = 10⁶, the first 12 iterations, during which L-BFGS collects its pairs.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use criterion::Criterion;
use extremum::{
    BarzilaiBorwein, Bfgs, ConjugateGradient, DMatrix, DVector, GradientDescent, Lbfgs, Matrix,
    Newton, Problem, Solver,
};
use extremum_benches::Shared;
use extremum_benches::libraries::PAIRS;
use extremum_benches::measure::{Course, Measured, Memory, Spread, start, time};

const LARGE: usize = 1_000_000;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut table = Table::default();
    let mut memory = Memory::new();

    // First the two with a target.
    let large = Spread::new(LARGE);
    let own = large_steps(&mut criterion, &mut memory, "Lbfgs", Lbfgs::default(), &large);
    let bound = memory.read((4 * PAIRS * LARGE) as f64);
    let of = "4mn reads from memory";
    table.row(("Lbfgs", LARGE), own, (bound, of), Some(Target::Ratio(1.5)));
    if let Some(read) = memory.read(1.0) {
        println!(
            "From memory, one thread reads {:.1} GB/s (median), {:.1} (best).\n",
            8e-9 / read.median,
            8e-9 / read.best
        );
    }

    let starts: Vec<_> = (0..64)
        .map(|k| {
            DVector::from_column_slice(&[-1.2 + 0.03 * f64::from(k), 1.0 + 0.01 * f64::from(k)])
        })
        .collect();
    let own = small_steps(&mut criterion, "Lbfgs", Lbfgs::default(), &Rosenbrock, &starts);
    let target = Some(Target::Seconds(0.25e-6));
    table.row(("Lbfgs, Rosenbrock", 2), own, (memory.hot_read(2), "reads of a vector"), target);

    let wide = Spread::new(1000);
    let own = small_steps(&mut criterion, "Bfgs", Bfgs::default(), &wide, &wide.starts(2));
    let bound = memory.hot_read_and_write(1000 * 1001 / 2);
    table.row(("Bfgs", 1000), own, (bound, "passes over n(n+1)/2"), None);

    // Every other size.
    macro_rules! first_order {
        ($name:literal, $solver:expr) => {
            for n in [10, 1000] {
                let problem = Spread::new(n);
                let starts = problem.starts(if n == 10 { 16 } else { 2 });
                let own = small_steps(&mut criterion, $name, $solver, &problem, &starts);
                table.row(($name, n), own, (memory.hot_read(n), "reads of a vector"), None);
            }
            let own = large_steps(&mut criterion, &mut memory, $name, $solver, &large);
            table.row(($name, LARGE), own, (memory.read(LARGE as f64), "reads of a vector"), None);
        };
    }
    first_order!("GradientDescent", GradientDescent::default());
    first_order!("BarzilaiBorwein", BarzilaiBorwein::default());
    first_order!("ConjugateGradient", ConjugateGradient::default());
    for n in [10, 1000] {
        let problem = Spread::new(n);
        let own =
            small_steps(&mut criterion, "Lbfgs", Lbfgs::default(), &problem, &problem.starts(4));
        table.row(("Lbfgs", n), own, (memory.hot_read(n), "reads of a vector"), None);
    }
    for n in [10, 100] {
        let problem = Spread::new(n);
        let own =
            small_steps(&mut criterion, "Bfgs", Bfgs::default(), &problem, &problem.starts(4));
        let bound = memory.hot_read_and_write(n * (n + 1) / 2);
        table.row(("Bfgs", n), own, (bound, "passes over n(n+1)/2"), None);
    }
    for n in [10, 100] {
        let problem = Spread::new(n);
        let own =
            small_steps(&mut criterion, "Newton", Newton::default(), &problem, &problem.starts(4));
        table.row(("Newton", n), own, (factorization(n), "Cholesky factorizations"), None);
    }

    criterion.final_summary();
    table.print();
}

/// The library's own time per iteration for n = 10⁶; `None` when the command line excluded it.
fn large_steps<S: Solver + Clone>(
    criterion: &mut Criterion,
    memory: &mut Memory,
    name: &str,
    solver: S,
    problem: &Spread,
) -> Option<Measured> {
    let timed = Shared::new(problem, true);
    let mut course = Course::new(&timed, solver, problem.start());
    memory.clear();
    criterion.bench_function(&format!("{name}/n={LARGE}"), |b| {
        b.iter_custom(|iterations| {
            let step = |_| {
                let own = course.step();
                memory.measure();
                own
            };
            (0..iterations).map(step).sum()
        });
    });
    Measured::of(course.into_own())
}

/// Like [`large_steps`], from the time of whole runs.
fn small_steps<S: Solver + Clone, P: Problem>(
    criterion: &mut Criterion,
    name: &str,
    solver: S,
    problem: &P,
    starts: &[DVector<f64>],
) -> Option<Measured> {
    let runs = || starts.iter().map(|x0| start(problem, solver.clone(), x0.clone()));
    // The runs' calls and iterations are the same every time.
    let counted = Counted::new(problem);
    let mut steps = 0;
    let mut calls = [0; Counted::KINDS];
    for x0 in starts {
        let mut run = start(&counted, solver.clone(), x0.clone());
        let before = counted.calls();
        while run.step().is_continue() {}
        steps += run.progress().iteration;
        for (sum, (after, before)) in calls.iter_mut().zip(counted.calls().iter().zip(before)) {
            *sum += after - before;
        }
    }
    let inside = |calls: [u64; Counted::KINDS]| -> f64 {
        let each = counted.seconds_per_call(&starts[0], &calls);
        calls.iter().zip(each).map(|(&calls, each)| calls as f64 * each).sum()
    };
    let inside = inside(calls);

    let mut own = Vec::new();
    let name = format!("{name}/n={}", problem.dimension());
    criterion.bench_function(&name, |b| {
        b.iter_custom(|iterations| {
            let mut total = 0.0;
            let batches = iterations.div_ceil(steps);
            for _ in 0..batches {
                let mut ready: Vec<_> = runs().collect();
                let clock = Instant::now();
                for run in &mut ready {
                    while run.step().is_continue() {}
                }
                let seconds = ((clock.elapsed().as_secs_f64() - inside) / steps as f64).max(0.0);
                black_box(&ready);
                own.push(seconds);
                total += seconds;
            }
            Duration::from_secs_f64(total / batches as f64 * iterations as f64)
        });
    });
    Measured::of(own)
}

/// 100 (x₂ − x₁²)² + (1 − x₁)²: a very cheap evaluation.
struct Rosenbrock;

impl Problem for Rosenbrock {
    fn dimension(&self) -> usize {
        2
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        let (t, u) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        100.0 * t * t + u * u
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let (t, u) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        gradient[0] = -400.0 * t * x[0] - 2.0 * u;
        gradient[1] = 200.0 * t;
    }
}

/// A problem that counts its calls by kind: costs, gradients, both at once, Hessians.
struct Counted<'a> {
    inner: &'a dyn Problem,
    calls: [AtomicU64; Counted::KINDS],
}

impl<'a> Counted<'a> {
    const KINDS: usize = 4;

    fn new(inner: &'a dyn Problem) -> Self {
        Self { inner, calls: [const { AtomicU64::new(0) }; Counted::KINDS] }
    }

    fn calls(&self) -> [u64; Counted::KINDS] {
        std::array::from_fn(|kind| self.calls[kind].load(Relaxed))
    }

    /// The time of each kind of call that occurred, at `x`.
    fn seconds_per_call(&self, x: &DVector<f64>, calls: &[u64; 4]) -> [f64; Counted::KINDS] {
        let mut gradient = DVector::zeros(x.len());
        let problem = black_box(self.inner);
        std::array::from_fn(|kind| match kind {
            _ if calls[kind] == 0 => 0.0,
            0 => time(|| problem.cost(black_box(x))).median,
            1 => time(|| problem.gradient(black_box(x), &mut gradient)).median,
            2 => time(|| problem.cost_and_gradient(black_box(x), &mut gradient)).median,
            _ => time(|| problem.hessian(black_box(x))).median,
        })
    }
}

impl Problem for Counted<'_> {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.calls[0].fetch_add(1, Relaxed);
        self.inner.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.calls[1].fetch_add(1, Relaxed);
        self.inner.gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.calls[2].fetch_add(1, Relaxed);
        self.inner.cost_and_gradient(x, gradient)
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.calls[3].fetch_add(1, Relaxed);
        self.inner.hessian(x)
    }
}

/// The time of a Cholesky factorization, without the copy of the matrix.
fn factorization(n: usize) -> Option<Measured> {
    let entry = |i, j| if i == j { n as f64 } else { 1.0 / (1 + i + j) as f64 };
    let matrix = DMatrix::from_fn(n, n, entry);
    let copy = time(|| matrix.clone()).best;
    Some(time(|| matrix.clone().cholesky()).map(|both| both - copy))
}

#[derive(Clone, Copy)]
enum Target {
    /// At most this multiple of the yardstick.
    Ratio(f64),
    /// At most this time, in seconds.
    Seconds(f64),
}

#[derive(Default)]
struct Table {
    rows: Vec<String>,
}

impl Table {
    fn row(
        &mut self,
        (solver, n): (&str, usize),
        own: Option<Measured>,
        (unit, of): (Option<Measured>, &str),
        target: Option<Target>,
    ) {
        let (Some(own), Some(unit)) = (own, unit) else { return };
        let (ratio, best_ratio) = (own.median / unit.median, own.best / unit.best);
        let verdict = match target {
            None => String::new(),
            Some(Target::Ratio(limit)) => {
                format!("; at most {limit}: {}", met(ratio.min(best_ratio) <= limit))
            }
            Some(Target::Seconds(limit)) => {
                format!("; at most {} us: {}", limit * 1e6, met(own.median <= limit))
            }
        };
        self.rows.push(format!(
            "{solver:<18} {n:>8} {:>11.3} {:>11.3} {ratio:>9.2} {best_ratio:>9.2}  {of}{verdict}",
            own.median * 1e6,
            own.best * 1e6,
        ));
    }

    fn print(&self) {
        println!("\nThe library's own work per iteration");
        println!(
            "{:<18} {:>8} {:>11} {:>11} {:>9} {:>9}",
            "solver", "n", "median us", "best us", "median/", "best/"
        );
        for row in &self.rows {
            println!("{row}");
        }
    }
}

fn met(holds: bool) -> &'static str {
    if holds { "met" } else { "MISSED" }
}
