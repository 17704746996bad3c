//! How times grow with the number of variables and of threads:
//!
//! ```text
//! cargo bench -p extremum-benches --bench scaling   # -- --csv FILE
//! ```
//!
//! The library's own work per iteration of L-BFGS with m = 10 pairs, compared with reading the 2mn stored numbers twice: from
//! cache or memory, as their size has it. Below n = 1000, the two clock readings of each iteration and of its evaluation are a
//! visible share. Then an evaluation of a sum, and of a generation of a population whose costs take about a millisecond, on
//! 1, 2, 4, .. threads up to all. Times are the shortest of many for threads, and medians otherwise.

use std::hint::black_box;
use std::time::Instant;

use extremum::evaluator::Call;
use extremum::{DVector, Evaluator, FiniteSum, Lbfgs, Parallel, Problem, Sum, from_fn};
use extremum_benches::Shared;
use extremum_benches::libraries::PAIRS;
use extremum_benches::measure::{Course, Measured, Memory, Spread, time};
use extremum_benches::report::Report;
use rayon::ThreadPoolBuilder;

fn main() {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut report = Report::from_arguments();
    variables(&mut report);
    println!();
    threads(&mut report);
}

fn variables(report: &mut Report) {
    let memory = Memory::new();
    report.header(&["n", "us per iteration", "ns per variable", "us to read 4mn numbers", "ratio"]);
    for (n, steps) in [
        (100, 4000),
        (1000, 4000),
        (10_000, 1000),
        (100_000, 200),
        (1_000_000, 30),
        (10_000_000, 8),
    ] {
        let problem = Spread::new(n);
        let shared = Shared::new(&problem, true);
        let mut course = Course::new(&shared, Lbfgs::default().memory(PAIRS), problem.start());
        (0..steps).for_each(|_| _ = course.step());
        let own = Measured::of(course.into_own()).expect("there were steps").median;
        let numbers = 2 * PAIRS * n;
        let read = memory.hot_read(numbers.min(memory.numbers())).expect("it is always measured");
        let twice = 2.0 * read.median * numbers as f64 / numbers.min(memory.numbers()) as f64;
        report.row(&[
            n.to_string(),
            format!("{:.2}", own * 1e6),
            format!("{:.2}", own * 1e9 / n as f64),
            format!("{:.2}", twice * 1e6),
            format!("{:.2}", own / twice),
        ]);
    }
}

/// The mean of log(1 + exp(−aᵢ·x)) over terms i, with aᵢ from a simple rule.
struct Logistic {
    a: Vec<f64>,
    n: usize,
}

impl Logistic {
    fn new(terms: usize, n: usize) -> Self {
        let a = (0..terms * n).map(|k| (k * 7919 % 1009) as f64 / 1009.0 - 0.5).collect();
        Self { a, n }
    }

    fn margin(&self, i: usize, x: &DVector<f64>) -> f64 {
        self.a[i * self.n..][..self.n].iter().zip(x.as_slice()).map(|(a, x)| a * x).sum()
    }
}

impl FiniteSum for Logistic {
    fn dimension(&self) -> usize {
        self.n
    }
    fn terms(&self) -> usize {
        self.a.len() / self.n
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        let sum: f64 = batch.iter().map(|&i| (-self.margin(i, x)).exp().ln_1p()).sum();
        sum / batch.len() as f64
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        gradient.fill(0.0);
        for &i in batch {
            let slope = -1.0 / ((1.0 + self.margin(i, x).exp()) * batch.len() as f64);
            for (g, a) in gradient.as_mut_slice().iter_mut().zip(&self.a[i * self.n..]) {
                *g += slope * a;
            }
        }
    }
}

fn threads(report: &mut Report) {
    let sum = Sum::new(Logistic::new(100_000, 100));
    let x = DVector::repeat(100, 0.1);
    // About a millisecond each.
    let busy = |start: f64| (0..300_000).fold(start, |v, _| black_box(3.7 * v * (1.0 - v)));
    let costs = from_fn(1, |x| busy(x[0]));
    let points: Vec<_> = (1..=64).map(|k| DVector::repeat(1, f64::from(k) / 65.0)).collect();

    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let mut counts: Vec<_> = (0..).map(|k| 1 << k).take_while(|&threads| threads < all).collect();
    counts.push(all);
    report.header(&[
        "threads",
        "ms for a Sum",
        "times as fast",
        "ms for a generation",
        "times as fast",
    ]);
    let mut single = None;
    for threads in counts {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let (of_sum, of_costs) = pool.install(|| {
            let mut gradient = DVector::zeros(100);
            let of_sum = time(|| sum.cost_and_gradient(&x, &mut gradient)).best;
            let (call, mut values) = (Call::new(&costs), vec![0.0; points.len()]);
            let generation = (0..20).map(|_| {
                let clock = Instant::now();
                _ = black_box(Parallel.costs(&call, &points, &mut values));
                clock.elapsed().as_secs_f64()
            });
            (of_sum, generation.fold(f64::INFINITY, f64::min))
        });
        let (sum_1, costs_1) = *single.get_or_insert((of_sum, of_costs));
        report.row(&[
            threads.to_string(),
            format!("{:.2}", of_sum * 1e3),
            format!("{:.2}", sum_1 / of_sum),
            format!("{:.1}", of_costs * 1e3),
            format!("{:.2}", costs_1 / of_costs),
        ]);
    }
}
