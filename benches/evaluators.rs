//! `Parallel` compared with `Serial`: `cargo bench -p extremum-benches --bench evaluators`.
//!
//! Generations of costs that each keep a core busy for about a millisecond, on two threads. Efficiency is the time of
//! `Serial` divided by twice the time of `Parallel`; the two alternate. Every time is the shortest of many generations, since
//! other load on the machine only adds to it, and two threads have two cores only when there is none.
//!
//! If the number of candidates is not a multiple of the number of threads, a thread is idle at the end: with 9 candidates on
//! two threads the efficiency is at most 9/10.

use std::hint::black_box;
use std::time::Instant;

use extremum::evaluator::Call;
use extremum::{DVector, Evaluator, Parallel, Problem, Serial, from_fn};
use rayon::ThreadPoolBuilder;

/// The given number of milliseconds of work; `steps` of it take one.
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

/// The shortest times of a generation with each evaluator.
fn generation(problem: &dyn Problem, points: &[DVector<f64>]) -> (f64, f64) {
    let (mut serial, mut parallel) = (f64::INFINITY, f64::INFINITY);
    let call = Call::new(problem);
    let mut costs = vec![0.0; points.len()];
    let mut same = costs.clone();
    for _ in 0..25 {
        serial = serial.min(seconds(|| {
            Serial.costs(&call, points, &mut costs).unwrap();
        }));
        parallel = parallel.min(seconds(|| {
            Parallel.costs(&call, points, &mut same).unwrap();
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
    // The same total work. Split into halves beforehand, the last would have an efficiency of 0.53.
    measure("4.5 ms and seven of 0.5 ms", 32, |k| if k.is_multiple_of(8) { 4.5 } else { 0.5 });
    measure("1.9 ms, the last 16 of 0.1 ms", 32, |k| if k < 16 { 1.9 } else { 0.1 });
}
