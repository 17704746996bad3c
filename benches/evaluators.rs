//! `Parallel` against `Serial`: `cargo bench -p extremum-benches --bench evaluators`.
//!
//! Generations of costs that keep a core busy for about a millisecond, on two threads. Efficiency is the time of `Serial`
//! divided by twice the time of `Parallel`, measured in turns. Every time is the shortest of many generations: whatever else
//! the machine does only adds to it, and two threads have two cores only when it does nothing else.
//!
//! A number of candidates that is no multiple of the number of threads leaves a thread idle in the end: with 9 of them on two
//! threads the efficiency is at most 9/10.

use std::hint::black_box;
use std::time::Instant;

use extremum::{DVector, Evaluator, Parallel, Problem, Serial, from_fn};
use rayon::ThreadPoolBuilder;

/// So many milliseconds of work, when `steps` of it take one.
fn busy(milliseconds: f64, steps: f64) -> f64 {
    let mut value = 0.5;
    for _ in 0..(milliseconds * steps) as u64 {
        value = black_box(3.7 * value * (1.0 - value));
    }
    value
}

fn seconds(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The shortest times of a generation by either evaluator.
fn generation(problem: &dyn Problem, points: &[DVector<f64>]) -> (f64, f64) {
    let (mut serial, mut parallel) = (f64::INFINITY, f64::INFINITY);
    let mut costs = vec![0.0; points.len()];
    let mut same = costs.clone();
    for _ in 0..25 {
        serial = serial.min(seconds(|| {
            Serial.costs(problem, points, &mut costs).unwrap();
        }));
        parallel = parallel.min(seconds(|| {
            Parallel.costs(problem, points, &mut same).unwrap();
        }));
        assert_eq!(costs, same);
    }
    (serial, parallel)
}

fn main() {
    const STEPS: f64 = 100_000.0;
    let times = (0..50).map(|_| seconds(|| _ = black_box(busy(1.0, STEPS))));
    let steps = STEPS / (1e3 * times.fold(f64::INFINITY, f64::min));
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    println!("candidates  cost                              serial  2 threads  efficiency");
    let measure = |label: &str, candidates: usize, milliseconds: fn(usize) -> f64| {
        let problem = from_fn(1, |x| busy(milliseconds(x[0] as usize), steps));
        let points: Vec<_> = (0..candidates).map(|k| DVector::from_element(1, k as f64)).collect();
        let (serial, parallel) = pool.install(|| generation(&problem, &points));
        let [serial_ms, parallel_ms] = [1e3 * serial, 1e3 * parallel];
        let efficiency = serial / (2.0 * parallel);
        println!(
            "{candidates:>10}  {label:30} {serial_ms:6.1} ms {parallel_ms:7.1} ms {efficiency:11.2}"
        );
    };
    for candidates in [32, 33, 10, 9] {
        measure("1 ms", candidates, |_| 1.0);
    }
    // As much work in all. Cut into halves beforehand, the last would be at an efficiency of 0.53.
    measure("4.5 ms and seven of 0.5 ms", 32, |k| if k.is_multiple_of(8) { 4.5 } else { 0.5 });
    measure("1.9 ms, the last 16 of 0.1 ms", 32, |k| if k < 16 { 1.9 } else { 0.1 });
}
