//! `Parallel` against `Serial`: `cargo bench --bench evaluators`.
//!
//! Generations of costs that keep a core busy for a millisecond, on two threads. Efficiency is the time of `Serial` divided by
//! twice the time of `Parallel`; every figure is the median of several generations, the two measured in turns.

use std::hint::black_box;
use std::time::Instant;

use extremum::{DVector, Evaluator, Parallel, Problem, Serial, from_fn};
use rayon::ThreadPoolBuilder;

/// A cost of about `milliseconds`: a number of steps that take as long here.
fn busy(milliseconds: f64, steps_per_millisecond: f64) -> f64 {
    let mut value = 0.5;
    for _ in 0..(milliseconds * steps_per_millisecond) as u64 {
        value = black_box(3.7 * value * (1.0 - value));
    }
    value
}

fn seconds(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// The times of a generation by either evaluator.
fn generation(problem: &dyn Problem, points: &[DVector<f64>], repetitions: usize) -> (f64, f64) {
    let (mut serial, mut parallel) = (Vec::new(), Vec::new());
    let mut costs = vec![0.0; points.len()];
    let mut same = costs.clone();
    for _ in 0..repetitions {
        serial.push(seconds(|| Serial::default().costs(problem, points, &mut costs).unwrap()));
        parallel.push(seconds(|| Parallel::default().costs(problem, points, &mut same).unwrap()));
        assert_eq!(costs, same);
    }
    (median(serial), median(parallel))
}

fn main() {
    // Long enough for the clock of the processor to settle.
    let steps = 20_000_000.0;
    let steps_per_millisecond = steps / (1e3 * seconds(|| _ = black_box(busy(1.0, steps))));
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let even = |_: usize| 1.0;
    // The same work in all, every eighth cost long; a thread that had its share cut out beforehand would have up to all of them.
    let uneven = |k: usize| if k % 8 == 0 { 4.5 } else { 0.5 };
    let first_half = |k: usize| if k < 16 { 1.9 } else { 0.1 };
    let cases: [(&str, usize, fn(usize) -> f64); 7] = [
        ("1 ms", 32, even),
        ("1 ms", 33, even),
        ("1 ms", 10, even),
        ("1 ms", 9, even),
        ("1 ms", 3, even),
        ("4.5 ms and seven of 0.5 ms", 32, uneven),
        ("1.9 ms, the last 16 of 0.1 ms", 32, first_half),
    ];
    println!(
        "{:>10}  {:30} {:>9} {:>9} {:>10}",
        "candidates", "cost", "serial", "2 threads", "efficiency"
    );
    for (label, candidates, duration) in cases {
        let problem = from_fn(1, |x| busy(duration(x[0] as usize), steps_per_millisecond));
        let points: Vec<_> = (0..candidates).map(|k| DVector::from_element(1, k as f64)).collect();
        let (serial, parallel) = pool.install(|| generation(&problem, &points, 15));
        println!(
            "{candidates:>10}  {label:30} {:6.1} ms {:6.1} ms {:10.2}",
            1e3 * serial,
            1e3 * parallel,
            serial / (2.0 * parallel)
        );
    }
}
