//! Which errors of a run can be used: those above the floor, on the envelope where the errors ripple, and thinned where
//! there are many.

/// Errors below this many floors are cut: at 50 floors, rounding changes ln e by 0.02.
const CUT: f64 = 50.0;

/// Errors below this share of the largest are cut: costs and gradients, up to the fourth power of the distance, underflow.
const UNDERFLOW: f64 = 1e-75;

/// The usable errors of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub k: Vec<f64>,
    /// ln e, or means of it.
    pub y: Vec<f64>,
    /// The number of errors behind each mean.
    pub weight: Vec<f64>,
    /// h and w of the quadrature (1 − 2w) f(k) + w f(k − h) + w f(k + h) for the mean of f over the same k.
    pub nodes: Vec<(f64, f64)>,
}

impl Run {
    pub fn len(&self) -> usize {
        self.k.len()
    }

    pub fn first(&self) -> f64 {
        self.k.first().copied().unwrap_or(f64::NAN)
    }

    pub fn last(&self) -> f64 {
        self.k.last().copied().unwrap_or(f64::NAN)
    }

    /// Adds one error.
    fn push(&mut self, k: f64, y: f64) {
        self.k.push(k);
        self.y.push(y);
        self.weight.push(1.0);
        self.nodes.push((0.0, 0.0));
    }

    /// The mean of f over the i-th block.
    pub fn mean_of(&self, i: usize, f: impl Fn(f64) -> f64) -> f64 {
        let (k, (h, w)) = (self.k[i], self.nodes[i]);
        if w == 0.0 { f(k) } else { (1.0 - 2.0 * w) * f(k) + w * (f(k - h) + f(k + h)) }
    }

    /// The run from the share `from` of its length on.
    pub fn tail(&self, from: f64) -> Self {
        let start = self.first() + from * (self.last() - self.first());
        let i = self.k.partition_point(|&k| k < start);
        Self {
            k: self.k[i..].into(),
            y: self.y[i..].into(),
            weight: self.weight[i..].into(),
            nodes: self.nodes[i..].into(),
        }
    }

    /// Means over blocks of neighbours, so that some hundred points remain. A block is narrow compared with k, so that a
    /// power of k is as good as straight in it, and with the length of the run.
    pub fn thinned(&self) -> Self {
        let mut thin = Self::default();
        let longest = (self.last() - self.first()) / 200.0;
        let mut i = 0;
        while i < self.len() {
            let width = (0.02 * (self.k[i] - self.first())).min(longest);
            let end = self.k.partition_point(|&k| k <= self.k[i] + width).max(i + 1);
            let weight = (end - i) as f64;
            let mean = |values: &[f64]| values.iter().sum::<f64>() / weight;
            let centre = mean(&self.k[i..end]);
            thin.push(centre, mean(&self.y[i..end]));
            if end - i > 1 {
                // The second and fourth moments of k are met.
                let moment =
                    |p| self.k[i..end].iter().map(|k| (k - centre).powi(p)).sum::<f64>() / weight;
                let (second, fourth) = (moment(2), moment(4));
                let square = fourth / second;
                thin.weight[thin.k.len() - 1] = weight;
                thin.nodes[thin.k.len() - 1] = (square.sqrt(), 0.5 * second / square);
            }
            i = end;
        }
        thin
    }
}

/// What was cut from a run, and what remains.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub run: Run,
    pub floor: f64,
    pub is_monotone: bool,
    pub is_envelope: bool,
}

impl Window {
    /// Of errors at increasing k, with the level of rounding errors if it is known.
    pub fn of(points: impl Iterator<Item = (f64, f64)>, known_floor: Option<f64>) -> Self {
        let mut k: Vec<f64> = Vec::new();
        let mut errors = Vec::new();
        for (at, error) in points {
            let is_next = at.is_finite() && k.last().is_none_or(|&last| at > last);
            if is_next && error.is_finite() && error > 0.0 {
                k.push(at);
                errors.push(error);
            }
        }
        let y: Vec<f64> = errors.iter().map(|e: &f64| e.ln()).collect();
        let rounding = known_floor.unwrap_or_else(|| rounding(&errors));
        let largest = errors.iter().fold(0.0, |a, &b| f64::max(a, b));
        let flat = plateau(&some(&k), &some(&y)).map_or(0.0, f64::exp);
        let floor = [rounding, flat, f64::MIN_POSITIVE, UNDERFLOW / CUT * largest]
            .into_iter()
            .fold(0.0, f64::max);
        let end = errors.iter().rposition(|&e| e >= CUT * floor).map_or(0, |last| last + 1);
        let mut run = Run::default();
        for i in (0..end).filter(|&i| errors[i] >= CUT * floor) {
            run.push(k[i], y[i]);
        }
        let is_monotone = run.y.windows(2).all(|y| y[1] <= y[0]);
        let envelope = if is_monotone { None } else { envelope(&run) };
        let is_envelope = envelope.is_some();
        Self { run: envelope.unwrap_or(run), floor, is_monotone, is_envelope }
    }
}

/// The level of rounding errors, relative to the largest error. If errors below it go on falling, it is lower; if they
/// rise again, it is the level they stay below.
fn rounding(errors: &[f64]) -> f64 {
    let largest = errors.iter().fold(0.0, |a, &b| f64::max(a, b));
    let level = f64::EPSILON * largest;
    let is_end = |e: &[f64]| e[0] < CUT * level && e[1] >= e[0];
    match errors.windows(2).position(is_end) {
        Some(end) => {
            let later = errors[end + 1..].iter().fold(0.0, |a, &b| f64::max(a, b));
            if later < CUT * CUT * level { later } else { level }
        }
        None => errors.iter().fold(level, |a, &b| a.min(b)),
    }
}

/// Some thousand of the values, evenly spaced: enough to see a plateau.
fn some(values: &[f64]) -> Vec<f64> {
    values.iter().step_by(values.len().div_ceil(4000).max(1)).copied().collect()
}

/// The level of ln e over a tail that no longer falls, if there is one: flat within its scatter, and far flatter than the
/// errors just before. A power of k, the slowest class, falls over any tail by a third of what it fell just before.
fn plateau(k: &[f64], y: &[f64]) -> Option<f64> {
    let n = y.len();
    let mut level = None;
    for length in lengths(n) {
        let start = n - length;
        let from = (start / 4).max(start.saturating_sub(length.max(2)));
        let (tail, before) = (&y[start..], &y[from..start]);
        if before.len() < 2 {
            continue;
        }
        let span = (k[n - 1] - k[start]) / (k[start - 1] - k[from]);
        let expected = fall(before) * span.min(1.0);
        let error = |y: &[f64]| 1.8 * scatter(y) / (y.len().div_ceil(3) as f64).sqrt();
        let errors = error(tail).hypot(if before.len() < 4 { 0.0 } else { error(before) });
        let is_flat = fall(tail).abs() <= (3.0 * errors).max(3e-3);
        if is_flat && expected > 0.5 && fall(tail).abs() + 3.0 * errors < 0.25 * expected {
            level = Some(median(tail));
        }
    }
    level
}

/// Lengths of tails, from 2 to all but two errors: in steps of about a quarter of the tail, or of what is before it.
fn lengths(n: usize) -> Vec<usize> {
    let (mut lengths, mut length) = (Vec::new(), 2);
    while length + 2 <= n {
        lengths.push(length);
        length += (length.min(n - length) / 4).max(1);
    }
    lengths
}

/// The median of the first third minus that of the last.
fn fall(y: &[f64]) -> f64 {
    let third = y.len().div_ceil(3);
    median(&y[..third]) - median(&y[y.len() - third..])
}

/// The standard deviation about a smooth trend, from second differences; half the range of fewer than 4 values.
fn scatter(y: &[f64]) -> f64 {
    if y.len() < 4 {
        let range = y.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b))
            - y.iter().fold(f64::INFINITY, |a, &b| a.min(b));
        return 0.5 * range;
    }
    let differences = y.windows(3).map(|y| (y[0] - 2.0 * y[1] + y[2]).abs());
    1.4826 * median(&differences.collect::<Vec<_>>()) / 6.0_f64.sqrt()
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    if values.is_empty() {
        return f64::NAN;
    }
    let (_, &mut median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    median
}

/// The errors that no later one exceeds, if the errors ripple by large factors. A sequence with smaller ripples or noise
/// is used as it is, because its extremes would be biased.
fn envelope(run: &Run) -> Option<Run> {
    const LARGE: f64 = 0.7;
    let rises = run.y.windows(2).filter(|y| y[1] - y[0] > LARGE).count();
    if 20 * rises < run.len() {
        return None;
    }
    let mut peaks = Run::default();
    for i in (0..run.len()).rev() {
        if peaks.y.last().is_none_or(|&last| run.y[i] >= last) {
            peaks.push(run.k[i], run.y[i]);
        }
    }
    peaks.k.reverse();
    peaks.y.reverse();
    (peaks.len() >= 8).then_some(peaks)
}
