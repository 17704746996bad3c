//! The simplex and other populations compared with basin's closest methods, in one run, as ratios.
//!
//! ```text
//! cargo bench -p extremum-benches --bench peer_populations
//! ```
//!
//! Whole runs, evaluations included, divided by their number. The methods differ: basin's differential evolution has fixed F
//! and CR, its swarm has one neighbourhood, and its genetic algorithm is steady-state. The libraries alternate, and ratios
//! are medians over repetitions.

use std::time::Instant;

use extremum::functions::ChainedRosenbrock;
use extremum::stop::max_evaluations;
use extremum::{
    Bounds, DVector, DifferentialEvolution, GeneticAlgorithm, Minimizer, NelderMead, ParticleSwarm,
    Problem, Solver, from_fn,
};
use extremum_benches::measure::median;
use extremum_benches::{ForBasin, ForBasinWithin, Shared};

/// Runs of a given number of evaluations on Rosenbrock's function, n = 10: the simplex without bounds, the others within ±2.048.
fn main() {
    const EVALUATIONS: u64 = 6_000;
    const SIDE: f64 = 2.048;
    let problem = ChainedRosenbrock::new(10).expect("n > 1");
    let x0 = problem.start();
    let seconds_per_evaluation = |run: &dyn Fn(&Shared<'_>, u64)| {
        let (mut seconds, mut evaluations) = (0.0, 0);
        for seed in 0..5 {
            let shared = Shared::new(&problem, false);
            let clock = Instant::now();
            run(&shared, seed);
            seconds += clock.elapsed().as_secs_f64();
            evaluations += shared.evaluations().0;
        }
        seconds / evaluations as f64
    };
    fn own<S: Solver>(shared: &dyn Problem, x0: &DVector<f64>, solver: S) {
        let terms = Minimizer::new(&shared, solver, x0.clone());
        let found = terms.stop_when(max_evaluations(EVALUATIONS)).run();
        found.expect("the start is in the domain");
    }
    fn within<'a>(shared: &'a Shared<'a>) -> ForBasinWithin<'a> {
        let n = shared.dimension();
        let (lower, upper) = (DVector::repeat(n, -SIDE), DVector::repeat(n, SIDE));
        ForBasinWithin { shared, lower, upper }
    }
    fn boxed<'a>(shared: &'a Shared<'a>) -> impl Problem + 'a {
        let n = shared.dimension();
        let bounds = Bounds::new(vec![-SIDE; n], vec![SIDE; n]).expect("they are in order");
        from_fn(n, |x| shared.cost(x)).with_bounds(bounds)
    }
    macro_rules! basin_run {
        ($problem:expr, $solver:expr, $start:expr) => {{
            let terms = basin::Executor::new($problem, $solver, $start);
            let ended = terms.max_iter(u64::MAX).max_cost_evals(EVALUATIONS).run();
            assert!(ended.is_ok(), "the start is in the domain");
        }};
    }
    type Run<'r> = &'r dyn Fn(&Shared<'_>, u64);
    let start = basin::PopulationProgress::<DVector<f64>>::empty;
    let rows: [(&str, Run<'_>, Run<'_>); 4] = [
        ("NelderMead", &|shared, _| own(shared, &x0, NelderMead::default()), &|shared, _| {
            let start = basin::SimplexProgress::new(x0.clone());
            basin_run!(ForBasin(shared), basin::NelderMead::adaptive(), start);
        }),
        (
            "DifferentialEvolution",
            &|shared, seed| own(&boxed(shared), &x0, DifferentialEvolution::default().seed(seed)),
            &|shared, seed| basin_run!(within(shared), basin::De::new(seed), start()),
        ),
        (
            "ParticleSwarm",
            &|shared, seed| own(&boxed(shared), &x0, ParticleSwarm::default().seed(seed)),
            &|shared, seed| basin_run!(within(shared), basin::GlobalBestPso::new(seed), start()),
        ),
        (
            "GeneticAlgorithm",
            &|shared, seed| own(&boxed(shared), &x0, GeneticAlgorithm::default().seed(seed)),
            &|shared, seed| basin_run!(within(shared), basin::Ssga::new(seed), start()),
        ),
    ];
    println!("Populations, Rosenbrock of 10 variables, whole runs: nanoseconds per evaluation");
    println!("{:<22} {:>9} {:>9} {:>7}", "method", "extremum", "basin", "ratio");
    for (name, extremum, basin) in rows {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            own.push(seconds_per_evaluation(extremum));
            others.push(seconds_per_evaluation(basin));
        }
        let ratio = own.iter().zip(&others).map(|(own, other)| own / other).collect();
        let (own, others) = (median(own) * 1e9, median(others) * 1e9);
        println!("{name:<22} {own:>9.0} {others:>9.0} {:>7.2}", median(ratio));
    }
}
