//! Errors that fall too unevenly for a smooth model, as those of quasi-Newton methods do: what the runs agree on.
//!
//! ln e is compared at the quarters of each run. With the falls q₁..q₄ of a run and their sum q,
//!
//! | class | over the runs, by Student's t at 99 % |
//! |---|---|
//! | linear | \|q₃ + q₄ - q₁ - q₂\| < 0.15 q |
//! | superlinear | q₃ + q₄ - q₁ - q₂ > 0.2 q and q₄ - q₃ > 0.05 q, where q > 15 |
//!
//! A power k^-a falls by 0.3 q less over the second half of the last three quarters. The factor's interval is the larger of
//! those from the scatter between runs and between quarters, and a power k^±1 beside ρᵏ is allowed for.

use super::order::quantile;
use super::slow::{Slow, Verdict};
use super::window::Run;

/// The shares left out as burn-in.
const STARTS: [f64; 3] = [0.0, 0.125, 0.25];
/// The fewest runs, and the fewest errors of one.
const RUNS: usize = 3;
const ERRORS: usize = 8;

/// `None` where there are too few runs, or they do not agree.
pub(super) fn of(runs: &[Run]) -> Option<Slow> {
    STARTS.into_iter().find_map(|from| {
        let tails = runs.iter().map(|run| run.tail(from)).filter(|run| run.len() >= ERRORS);
        let tails: Vec<Run> = tails.collect();
        if tails.len() < RUNS {
            return None;
        }
        let falls: Vec<[f64; 4]> = tails.iter().map(falls).collect();
        let verdict = if is_linear(&falls) {
            Verdict::Linear { slope: slope(&tails, &falls)? }
        } else if is_superlinear(&falls) {
            Verdict::Superlinear
        } else {
            return None;
        };
        let constant = match verdict {
            Verdict::Linear { slope } => {
                let points = tails.iter().flat_map(|run| run.k.iter().zip(&run.y));
                mean_and_half(&points.map(|(k, y)| y - slope[0] * k).collect::<Vec<_>>()).0
            }
            _ => f64::NAN,
        };
        Some(Slow {
            verdict: Some(verdict),
            constant,
            first: tails.iter().map(Run::first).fold(f64::INFINITY, f64::min),
            last: tails.iter().map(Run::last).fold(0.0, f64::max),
            used: tails.iter().flat_map(|run| &run.weight).sum::<f64>() as usize,
            aiccs: Vec::new(),
        })
    })
}

/// How far ln e falls over each quarter of the run.
fn falls(run: &Run) -> [f64; 4] {
    let at = |quarter: usize| {
        let k = run.first() + 0.25 * quarter as f64 * (run.last() - run.first());
        let i = run.k.partition_point(|&other| other <= k).clamp(1, run.len() - 1);
        let share = (k - run.k[i - 1]) / (run.k[i] - run.k[i - 1]);
        run.y[i - 1] + share * (run.y[i] - run.y[i - 1])
    };
    std::array::from_fn(|quarter| at(quarter) - at(quarter + 1))
}

fn sum(falls: &[f64; 4]) -> f64 {
    falls.iter().sum()
}

/// How much more the second half falls than the first, as a share of both.
fn growths(falls: &[[f64; 4]]) -> Vec<f64> {
    falls.iter().map(|q| (q[2] + q[3] - q[0] - q[1]) / sum(q)).collect()
}

fn is_linear(falls: &[[f64; 4]]) -> bool {
    let (growth, half) = mean_and_half(&growths(falls));
    falls.iter().all(|q| sum(q) > 1.0) && growth.abs() + half < 0.15
}

fn is_superlinear(falls: &[[f64; 4]]) -> bool {
    let (growth, half) = mean_and_half(&growths(falls));
    let ends: Vec<f64> = falls.iter().map(|q| (q[3] - q[2]) / sum(q)).collect();
    let (end, end_half) = mean_and_half(&ends);
    falls.iter().all(|q| sum(q) > 15.0) && growth - half > 0.2 && end - end_half > 0.05
}

/// The mean slope with its interval.
fn slope(runs: &[Run], falls: &[[f64; 4]]) -> Option<[f64; 3]> {
    let spans: Vec<f64> = runs.iter().map(|run| run.last() - run.first()).collect();
    let by_run: Vec<f64> = falls.iter().zip(&spans).map(|(q, span)| -sum(q) / span).collect();
    let by_quarter: [f64; 4] = std::array::from_fn(|i| {
        let slopes = falls.iter().zip(&spans).map(|(q, span)| -4.0 * q[i] / span);
        slopes.sum::<f64>() / runs.len() as f64
    });
    let (value, half) = mean_and_half(&by_run);
    let growth = runs.iter().map(|run| (run.last() / run.first().max(1.0)).ln());
    let power = growth.zip(&spans).map(|(growth, span)| growth / span).fold(0.0, f64::max);
    let half = half.max(mean_and_half(&by_quarter).1) + power;
    (value + half < 0.0).then_some([value, value - half, value + half])
}

/// The mean, and half its interval of 99 %.
fn mean_and_half(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, quantile(n - 1.0, 0.995) * (variance / n).sqrt())
}
