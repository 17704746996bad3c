//! extremum compared with argmin and basin: the same problem objects, in one run, as ratios.
//!
//! ```text
//! cargo bench -p extremum-benches --bench peers
//! ```
//!
//! Three tables. The first compares the libraries' own work per iteration, excluding the time in the problem: the
//! difference of a longer and a shorter run, divided by the iterations between. The stored pairs are complete by then, and the
//! cost of the start cancels. On Rosenbrock's function whole runs are timed, evaluations included, divided by their
//! iterations. The second counts the evaluations until a gradient of maximum norm 1e-6 was evaluated, whatever each
//! library's stopping rule says, and shows whether the three ended at the same point. The third compares CMA-ES with basin's
//! (argmin has none): whole runs on the sphere of ten variables, evaluations included, divided by their number.
//!
//! Each library uses its default line search or that of its own examples: extremum Hager and Zhang's; basin Moré and
//! Thuente's for L-BFGS and the strong Wolfe search for BFGS; argmin Moré and Thuente's. basin runs on nalgebra and reuses
//! gradients; argmin runs on `Vec<f64>`, and the copies between the two types count as evaluation.
//!
//! This is not a Criterion bench, which would measure one library after another: the libraries alternate within each
//! repetition, so that all see the machine in the same state, and the figures are medians of ratios within a repetition.

use std::time::Instant;

use extremum::functions::{
    ChainedRosenbrock, Engval1, ExtendedPowell, ExtendedRosenbrock, TestFunction, by_name,
};
use extremum::stop::max_iterations;
use extremum::{CmaEs, DMatrix, DVector, Minimizer, Problem, from_fn};
use extremum_benches::libraries::{LIBRARIES, Library, Method, run};
use extremum_benches::measure::median;
use extremum_benches::{ForBasin, Shared};

const TOLERANCE: f64 = 1e-6;

fn main() {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("Own work per iteration, without the evaluations of the problem");
    println!(
        "{:<9} {:<6} {:<22} {:>8} {:>14} {:>10}  runs",
        "library", "method", "problem", "n", "microseconds", "ratio"
    );
    let large = ChainedRosenbrock::new(1_000_000).expect("n > 1");
    per_iteration(Method::Lbfgs, "Chained Rosenbrock", &large, &large.start(), |_| (12, 24, 3));
    let wide = ChainedRosenbrock::new(1000).expect("n > 1");
    // argmin multiplies n × n matrices stored as vectors of vectors: seconds per iteration.
    per_iteration(Method::Bfgs, "Chained Rosenbrock", &wide, &wide.start(), |library| {
        if library == Library::Argmin { (1, 2, 1) } else { (20, 60, 9) }
    });
    rosenbrock_runs();
    evaluations();
    cma_es_runs();
}

/// A row per library: time per iteration between a run of `short` and one of `long` iterations, repeated.
fn per_iteration(
    method: Method,
    name: &str,
    problem: &dyn Problem,
    x0: &DVector<f64>,
    lengths: impl Fn(Library) -> (u64, u64, usize),
) {
    let own = |library: Library, limit: u64| {
        let shared = Shared::new(problem, true);
        let found = run(library, method, &shared, x0, (0.0, limit));
        (found.seconds - shared.spent().as_secs_f64(), found.iterations)
    };
    let repetitions = lengths(Library::Extremum).2;
    let mut seconds = [const { Vec::new() }; 3];
    for repetition in 0..repetitions {
        for (library, seconds) in LIBRARIES.into_iter().zip(&mut seconds) {
            let (short, long, repetitions) = lengths(library);
            if repetition < repetitions {
                let ((t0, k0), (t1, k1)) = (own(library, short), own(library, long));
                seconds.push((t1 - t0) / (k1 - k0) as f64);
            }
        }
    }
    print_times(method, name, x0.len(), &seconds);
}

/// Whole runs of L-BFGS on Rosenbrock's function from many starts.
fn rosenbrock_runs() {
    let problem = ExtendedRosenbrock::new(2).expect("n is even");
    let starts: Vec<_> = (0..200)
        .map(|k| {
            DVector::from_column_slice(&[-1.2 + 0.01 * f64::from(k), 1.0 + 0.005 * f64::from(k)])
        })
        .collect();
    let mut seconds = [const { Vec::new() }; 3];
    for _ in 0..15 {
        for (library, seconds) in LIBRARIES.into_iter().zip(&mut seconds) {
            let (mut total, mut iterations) = (0.0, 0);
            for x0 in &starts {
                let shared = Shared::new(&problem, false);
                let found = run(library, Method::Lbfgs, &shared, x0, (TOLERANCE, 1000));
                total += found.seconds;
                iterations += found.iterations;
            }
            seconds.push(total / iterations as f64);
        }
    }
    print_times(Method::Lbfgs, "Rosenbrock, whole runs", 2, &seconds);
}

fn print_times(method: Method, name: &str, n: usize, seconds: &[Vec<f64>; 3]) {
    let method = if method == Method::Bfgs { "BFGS" } else { "L-BFGS" };
    for (library, own) in LIBRARIES.into_iter().zip(seconds) {
        // Within a repetition; the last of extremum's if a library has fewer.
        let ratios = own.iter().zip(&seconds[0]).map(|(own, extremum)| own / extremum).collect();
        println!(
            "{:<9} {method:<6} {name:<22} {n:>8} {:>14.3} {:>10.2}  {}",
            library.name(),
            median(own.clone()) * 1e6,
            median(ratios),
            own.len()
        );
    }
}

/// A row per function, method and library: evaluations to a gradient of maximum norm 1e-6.
fn evaluations() {
    let mut problems: Vec<TestFunction> = Vec::new();
    problems.extend([2, 100, 10_000].map(|n| ExtendedRosenbrock::new(n).expect("even").into()));
    problems.extend(
        ["Wood", "Powell singular", "Helical valley", "Beale"]
            .map(|name| by_name(name).expect("it is one of the collection")),
    );
    problems.push(ExtendedPowell::new(1000).expect("a multiple of 4").into());
    problems.push(ChainedRosenbrock::new(100).expect("n > 1").into());
    problems.push(Engval1::new(1000).expect("n > 1").into());

    println!("\nEvaluations to a gradient of maximum norm {TOLERANCE:e}");
    println!(
        "{:<9} {:<6} {:<22} {:>6} {:>6} {:>7} {:>7} {:>7}  same point",
        "library", "method", "problem", "n", "iters", "costs", "grads", "ratio"
    );
    for method in [Method::Lbfgs, Method::Bfgs] {
        // argmin's BFGS takes too long, with n³ work per iteration.
        let small = |problem: &&TestFunction| method == Method::Lbfgs || problem.dimension() <= 100;
        let mut totals = [[0; 2]; 3];
        for problem in problems.iter().filter(small) {
            let mut reference: Option<(DVector<f64>, u64)> = None;
            for (library, totals) in LIBRARIES.into_iter().zip(&mut totals) {
                let shared = Shared::watching(problem, TOLERANCE);
                let found = run(library, method, &shared, problem.start(), (0.1 * TOLERANCE, 2000));
                let name = if method == Method::Bfgs { "BFGS" } else { "L-BFGS" };
                print!(
                    "{:<9} {name:<6} {:<22} {:>6} {:>6} ",
                    library.name(),
                    problem.name(),
                    problem.dimension(),
                    found.iterations
                );
                let Some((costs, gradients)) = shared.evaluations_to_tolerance() else {
                    println!("{:>7} {:>7} {:>7}  not reached", "-", "-", "-");
                    continue;
                };
                let calls = costs.max(gradients);
                *totals = [totals[0] + calls, totals[1] + 1];
                let (x, own) = reference.get_or_insert_with(|| (found.x.clone(), calls));
                let distance = (&found.x - &*x).amax();
                let same = if distance <= 1e-2 { "yes" } else { "NO" };
                let ratio = calls as f64 / *own as f64;
                println!("{costs:>7} {gradients:>7} {ratio:>7.2}  {same} ({distance:.0e})");
            }
        }
        for (library, [calls, solved]) in LIBRARIES.into_iter().zip(totals) {
            println!("{:<9} {calls} evaluations in total, {solved} reached", library.name());
        }
    }
}

/// 150 generations of CMA-ES on the sphere, n = 10, for many seeds.
fn cma_es_runs() {
    const GENERATIONS: u64 = 150;
    let sphere = from_fn(10, DVector::norm_squared);
    let x0 = DVector::from_element(10, 1.0);
    let seconds_per_evaluation = |run: &dyn Fn(&Shared<'_>, u64)| {
        let (mut seconds, mut evaluations) = (0.0, 0);
        for seed in 0..20 {
            let shared = Shared::new(&sphere, false);
            let clock = Instant::now();
            run(&shared, seed);
            seconds += clock.elapsed().as_secs_f64();
            evaluations += shared.evaluations().0;
        }
        seconds / evaluations as f64
    };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        own.push(seconds_per_evaluation(&|shared, seed| {
            let solver = CmaEs::default().scale(0.5).seed(seed);
            let terms = Minimizer::new(shared, solver, x0.clone());
            let found = terms.stop_when(max_iterations(GENERATIONS)).run();
            found.expect("the start is in the domain");
        }));
        others.push(seconds_per_evaluation(&|shared, seed| {
            let solver = basin::CmaEs::<DVector<f64>, DMatrix<f64>>::new(seed, 0.5);
            let start = basin::PopulationProgress::from_point(x0.clone());
            let terms = basin::Executor::new(ForBasin(shared), solver, start);
            let Ok(_) = terms.max_iter(GENERATIONS).run();
        }));
    }
    println!("\nCMA-ES, sphere of 10 variables, whole runs: nanoseconds per evaluation");
    let ratio = own.iter().zip(&others).map(|(own, other)| other / own).collect();
    println!("extremum  {:>6.0}", median(own) * 1e9);
    println!("basin     {:>6.0}  {:.2} times extremum's", median(others) * 1e9, median(ratio));
}
