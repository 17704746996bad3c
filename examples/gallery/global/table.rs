//! The success rate, its uncertainty, and the cost.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Row;
use super::arguments::Arguments;

pub fn print(arguments: &Arguments, rows: &[Row]) {
    println!(
        "{}, n = {}, {} seeds, {} evaluations each\n",
        arguments.label(),
        arguments.dimension,
        arguments.seeds,
        arguments.budget
    );
    println!(
        "{:<28} {:>7} {:>12} {:>12} {:>12} {:>12} {:>9}",
        "solver", "solved", "95 %", "expected", "median", "median gap", "ms"
    );
    for Row { name, outcomes } in rows {
        let runs = outcomes.len();
        let solved = outcomes.iter().filter(|outcome| outcome.solved).count();
        let (low, high) = wilson(solved as f64, runs as f64);
        let all: u64 = outcomes.iter().map(|outcome| outcome.evaluations).sum();
        let expected = if solved == 0 { f64::INFINITY } else { all as f64 / solved as f64 };
        // A run that failed has not ended at all.
        let times = outcomes
            .iter()
            .map(|outcome| if outcome.solved { outcome.evaluations as f64 } else { f64::INFINITY });
        let gap = median(outcomes.iter().map(|outcome| outcome.gap));
        let milliseconds = median(outcomes.iter().map(|outcome| outcome.milliseconds));
        println!(
            "{name:<28} {:>7} {:>12} {:>12} {:>12} {gap:>12.1e} {milliseconds:>9.2}",
            format!("{solved}/{runs}"),
            format!("{low:.2} to {high:.2}"),
            evaluations(expected),
            evaluations(median(times)),
        );
    }
}

fn evaluations(count: f64) -> String {
    if count.is_finite() { format!("{count:.0}") } else { "never".to_owned() }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// E. Wilson's interval of 95 % for a probability (JASA 22, 1927, p. 209).
fn wilson(successes: f64, runs: f64) -> (f64, f64) {
    let z = Normal::standard().inverse_cdf(0.975);
    let (share, weight) = (successes / runs, z * z / runs);
    let centre = (share + weight / 2.0) / (1.0 + weight);
    let half = z * (share * (1.0 - share) / runs + weight / (4.0 * runs)).sqrt() / (1.0 + weight);
    ((centre - half).max(0.0), (centre + half).min(1.0))
}
