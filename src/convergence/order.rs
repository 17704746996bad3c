//! Errors that fall faster than linearly, from pairs of successive errors: ln e_{k+1} = ln C + p ln e_k.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::models::LARGEST_POWER;
use super::window::Run;

/// A pair (ln e_k, ln e_{k+1}) of a run.
#[derive(Clone, Copy, Debug)]
struct Pair {
    run: usize,
    k: f64,
    x: f64,
    z: f64,
}

/// What the pairs show.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// p, half the width of its interval, and ln C; none where the errors fall faster than linearly, but by no order.
    pub order: Option<(f64, f64, f64)>,
    pub first: f64,
    pub last: f64,
    /// Errors in use.
    pub used: usize,
    pub aiccs: Vec<(&'static str, f64)>,
}

/// Least squares of z on one column and a constant.
#[derive(Clone, Copy, Debug)]
struct Line {
    slope: f64,
    constant: f64,
    rss: f64,
    sxx: f64,
}

impl Line {
    fn of(pairs: &[Pair], column: impl Fn(&Pair) -> f64, value: impl Fn(&Pair) -> f64) -> Self {
        let n = pairs.len() as f64;
        let x_mean = pairs.iter().map(&column).sum::<f64>() / n;
        let z_mean = pairs.iter().map(&value).sum::<f64>() / n;
        let sxx: f64 = pairs.iter().map(|p| (column(p) - x_mean).powi(2)).sum();
        let sxz: f64 = pairs.iter().map(|p| (column(p) - x_mean) * (value(p) - z_mean)).sum();
        let slope = if sxx > 0.0 { sxz / sxx } else { 0.0 };
        let constant = z_mean - slope * x_mean;
        let rss = pairs.iter().map(|p| (value(p) - constant - slope * column(p)).powi(2)).sum();
        Self { slope, constant, rss, sxx }
    }
}

/// The scatter of ln e that is expected before any is seen, and its weight in observations: three pairs alone fit many
/// lines by chance.
const PRIOR_SCATTER: f64 = 0.1;
const PRIOR_WEIGHT: f64 = 1.0;

impl Order {
    /// `None` where the errors do not fall faster than linearly, or do not show it.
    pub fn of(runs: &[Run], floor: f64) -> Option<Self> {
        let mut pairs: Vec<Pair> = Vec::new();
        for (r, run) in runs.iter().enumerate() {
            pairs.extend(accelerating(run, r));
        }
        if pairs.len() < 3 {
            return None;
        }
        pairs = consistent(pairs);
        let m = pairs.len() as f64;
        let change = |p: &Pair| p.z - p.x;
        let order = Line::of(&pairs, |p| p.x, change);
        let linear = pairs.iter().map(change).sum::<f64>() / m;
        let linear: f64 = pairs.iter().map(|p| (change(p) - linear).powi(2)).sum();
        let polynomial = [0.0, 1.0, 4.0].map(|shift| {
            let growth = |p: &Pair| ((p.k + 1.0 + shift) / (p.k + shift).max(0.5)).ln();
            let line = Line::of(&pairs, growth, change);
            if line.slope.abs() < LARGEST_POWER { line.rss } else { f64::INFINITY }
        });
        let polynomial = polynomial.into_iter().fold(f64::INFINITY, f64::min);
        let steady = Line::of(&pairs, |p| p.k, change).rss;
        let steady = steady.min(Line::of(&pairs, |p| (p.k + 1.0).ln(), change).rss);

        let freedom = m - 2.0;
        let prior = PRIOR_WEIGHT * PRIOR_SCATTER.powi(2);
        let scatter = ((order.rss + prior) / (freedom + PRIOR_WEIGHT)).sqrt();
        let p = 1.0 + order.slope;
        let certain = order.slope / (scatter / order.sxx.sqrt());
        let weighed = |rss: f64| m * ((rss + prior) / (m + PRIOR_WEIGHT)).ln();
        let aiccs = vec![
            ("order", weighed(order.rss) + 4.0),
            ("superlinear", weighed(steady) + 4.0),
            ("linear-polynomial", weighed(polynomial) + 4.0),
            ("linear", weighed(linear) + 2.0),
        ];
        let better = |rss: f64| (rss + prior) / (order.rss + prior);
        let falls = pairs.iter().map(|p| -change(p));
        let (least, most) =
            falls.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), fall| (a.min(fall), b.max(fall)));
        if certain < quantile(freedom + PRIOR_WEIGHT, 0.995) || most < 1.5 * least || most < 1.0 {
            return None;
        }
        let superlinear = polynomial.min(linear) / order.rss.min(steady).max(1e-300);
        let fits = order.rss.min(steady) + prior;
        if (polynomial.min(linear) + prior) / fits < 4.0 || superlinear < 4.0 {
            return None;
        }
        let first = pairs.iter().map(|p| p.k).fold(f64::INFINITY, f64::min);
        let last = pairs.iter().map(|p| p.k).fold(0.0, f64::max) + 1.0;
        let groups = clusters(&pairs);
        let used = pairs.len() + groups;
        let is_order = better(steady) > 6.0 && p > 1.05;
        if !is_order && better(steady) > 1.0 / 6.0 && m < 6.0 {
            return None;
        }
        // Successive pairs share an error.
        let plain = 1.4 * (order.rss / freedom / order.sxx).sqrt() * quantile(freedom, 0.975);
        let mean = pairs.iter().map(|p| p.x).sum::<f64>() / m;
        let rounding: f64 =
            pairs.iter().map(|p| ((p.x - mean) * (floor.ln() - p.z).exp()).powi(2)).sum();
        let half =
            plain.max(by_run(&pairs, &order, groups)).hypot(3.0 * rounding.sqrt() / order.sxx);
        let half = half + moved(&pairs, &order);
        let half = half.max(1e-9);
        // An order that may be 1 is none.
        if is_order && p - half <= 1.0 {
            return None;
        }
        let order = is_order.then_some((p, half, order.constant));
        Some(Self { order, first, last, used, aiccs })
    }
}

/// The last pairs of a run over which ln e falls by more from step to step.
fn accelerating(run: &Run, r: usize) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for i in (1..run.len()).rev() {
        let pair = Pair { run: r, k: run.k[i - 1], x: run.y[i - 1], z: run.y[i] };
        let falls = pair.z < pair.x && run.k[i] - run.k[i - 1] == 1.0;
        if !falls || pairs.last().is_some_and(|next| next.x - next.z <= pair.x - pair.z) {
            break;
        }
        pairs.push(pair);
    }
    pairs
}

/// The pairs of the smallest errors that lie on one line: from a third of the pairs, three at least, to larger errors, as
/// long as the next one is within the interval for predictions.
fn consistent(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut count = 3.max(pairs.len() / 3);
    while count < pairs.len() {
        let line = Line::of(&pairs[..count], |p| p.x, |p| p.z);
        let freedom = count as f64 - 2.0;
        let prior = PRIOR_WEIGHT * (0.2 * PRIOR_SCATTER).powi(2);
        let scatter = ((line.rss + prior) / (freedom + PRIOR_WEIGHT)).sqrt();
        let next = &pairs[count];
        let mean = pairs[..count].iter().map(|p| p.x).sum::<f64>() / count as f64;
        let spread =
            scatter * (1.0 + 1.0 / count as f64 + (next.x - mean).powi(2) / line.sxx).sqrt();
        let miss = (next.z - line.constant - line.slope * next.x).abs();
        if miss > quantile(freedom + PRIOR_WEIGHT, 0.995) * spread {
            break;
        }
        count += 1;
    }
    pairs.truncate(count);
    pairs.sort_by_key(|pair| pair.run);
    pairs
}

/// How far the slope moves when only the smaller half of the errors is used.
fn moved(pairs: &[Pair], line: &Line) -> f64 {
    let mut pairs = pairs.to_vec();
    pairs.sort_by(|a, b| a.x.total_cmp(&b.x));
    let half = &pairs[..(pairs.len() / 2).max(3)];
    (Line::of(half, |p| p.x, |p| p.z - p.x).slope - line.slope).abs()
}

fn clusters(pairs: &[Pair]) -> usize {
    let mut runs: Vec<usize> = pairs.iter().map(|p| p.run).collect();
    runs.dedup();
    runs.len()
}

/// Half the interval of the slope from the scatter between runs, whose pairs share their deviations (Liang and Zeger
/// 1986, eq. 6); 0 for a single run.
fn by_run(pairs: &[Pair], line: &Line, runs: usize) -> f64 {
    if runs < 2 {
        return 0.0;
    }
    let mean = pairs.iter().map(|p| p.x).sum::<f64>() / pairs.len() as f64;
    let mut sum = 0.0;
    let mut i = 0;
    while i < pairs.len() {
        let mut score = 0.0;
        let run = pairs[i].run;
        while i < pairs.len() && pairs[i].run == run {
            let p = &pairs[i];
            score += (p.x - mean) * (p.z - p.x - line.constant - line.slope * p.x);
            i += 1;
        }
        sum += score * score;
    }
    let r = runs as f64;
    (sum * r / (r - 1.0)).sqrt() / line.sxx * quantile(r - 1.0, 0.975)
}

/// The quantile of Student's t distribution.
pub(super) fn quantile(freedom: f64, probability: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom.max(1.0)).map_or(f64::NAN, |t| t.inverse_cdf(probability))
}
