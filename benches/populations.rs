//! The populations' own work per candidate: `cargo bench -p extremum-benches --bench populations`.
//!
//! Time from one `ask` to the next, per candidate, on the sphere of n variables from (1, .., 1) with a scale of 0.5 and no
//! bounds. The time of the sphere itself is subtracted. Medians of many searches of 150 generations each; the last column is
//! the median divided by the time to draw n normal numbers, the least that a normally distributed candidate takes.

use std::hint::black_box;
use std::time::Instant;

use extremum::{
    CmaEs, DVector, DifferentialEvolution, GeneticAlgorithm, NelderMead, ParticleSwarm,
    PatternSearch, Population, Random, RandomSearch, Search, SimulatedAnnealing, SobolSearch,
};

const GENERATIONS: u64 = 150;

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds per candidate of a search, without the time in the costs.
fn own_work<P: Population + Clone>(population: &P, n: usize) -> f64 {
    let mut costs = Vec::new();
    let search = |costs: &mut Vec<f64>| {
        let mut search = Search::new(population.clone(), vec![1.0; n], None).unwrap();
        let (mut candidates, mut evaluating) = (0, 0.0);
        let total = seconds(|| {
            for _ in 0..GENERATIONS {
                let points = search.ask();
                candidates += points.len();
                let clock = Instant::now();
                costs.clear();
                costs.extend(points.iter().map(DVector::norm_squared));
                evaluating += clock.elapsed().as_secs_f64();
                if search.tell(costs).unwrap().is_break() {
                    break;
                }
            }
        });
        (total - evaluating) / candidates as f64
    };
    median((0..60).map(|_| search(&mut costs)).collect())
}

fn main() {
    println!("{:<24} {:>5} {:>16} {:>12}", "method", "n", "ns a candidate", "in normals");
    for n in [10, 100] {
        let mut random = Random::new(0);
        let draws = (0..60).map(|_| {
            let draw = || (0..100 * n).for_each(|_| _ = black_box(random.normal()));
            seconds(draw) / 100.0
        });
        let normals = median(draws.collect());
        let row = |name: &str, own: f64| {
            println!("{name:<24} {n:>5} {:>16.0} {:>12.1}", own * 1e9, own / normals);
        };
        row("n normal numbers", normals);
        row("CmaEs", own_work(&CmaEs::default().scale(0.5), n));
        row("CmaEs, separable", own_work(&CmaEs::default().scale(0.5).separable(), n));
        row("DifferentialEvolution", own_work(&DifferentialEvolution::default().scale(0.5), n));
        row("ParticleSwarm", own_work(&ParticleSwarm::default().scale(0.5), n));
        row("GeneticAlgorithm", own_work(&GeneticAlgorithm::default().scale(0.5), n));
        row("SimulatedAnnealing", own_work(&SimulatedAnnealing::default().scale(0.5), n));
        row("NelderMead", own_work(&NelderMead::default().scale(0.5), n));
        row("PatternSearch", own_work(&PatternSearch::default().scale(0.5), n));
        row("RandomSearch", own_work(&RandomSearch::default().scale(0.5), n));
        row("SobolSearch", own_work(&SobolSearch::default().scale(0.5), n));
    }
}
