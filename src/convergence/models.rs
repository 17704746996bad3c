//! Models of errors that fall linearly or more slowly, as fits of ln e, and which of them the errors support.
//!
//! | model | ln e_k |
//! |---|---|
//! | sublinear | c − a ln (k + δ) |
//! | linear | c + k ln ρ |
//! | linear after a transient | c + k ln ρ + s qᵏ, 0 < q < 1 |
//! | linear-polynomial | c + k ln ρ + a ln (k + δ) |
//! | superlinear | c + k ln ρ − a k², or c + k ln ρ − a k ln k |
//!
//! The origin of k is unknown, so δ is 0 or 1, or fitted where the errors show it.

use super::least_squares::{Fit, dot};
use super::window::Run;

/// Relative errors of ln e that are rounding.
const ROUNDING: f64 = 1e-12;

/// The largest power of k that is considered.
pub(super) const LARGEST_POWER: f64 = 10.0;

/// One fitted model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub kind: Kind,
    pub fit: Fit,
    /// δ or q.
    pub shape: f64,
    pub aicc: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sublinear,
    ShiftedSublinear,
    Linear,
    LinearAfterTransient,
    LinearPolynomial,
    ShiftedLinearPolynomial,
    Quadratic,
    Factorial,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sublinear => "sublinear",
            Self::ShiftedSublinear => "sublinear, shifted",
            Self::Linear => "linear",
            Self::LinearAfterTransient => "linear after a transient",
            Self::LinearPolynomial => "linear-polynomial",
            Self::ShiftedLinearPolynomial => "linear-polynomial, shifted",
            Self::Quadratic => "superlinear, k²",
            Self::Factorial => "superlinear, k ln k",
        }
    }
}

impl Model {
    /// Where the coefficient of the power of k is.
    pub fn power(&self) -> Option<(f64, f64)> {
        let at = match self.kind {
            Kind::Sublinear | Kind::ShiftedSublinear => 0,
            Kind::LinearPolynomial | Kind::ShiftedLinearPolynomial => 1,
            _ => return None,
        };
        Some((self.fit.coefficients[at], self.fit.variances[at]))
    }

    /// Whether a transient has ended, as far as its slope matters. Few errors that fall faster and faster are none.
    pub fn is_spent(&self, span: f64) -> bool {
        let [slope, size] = [self.fit.coefficients[0], self.fit.coefficients[1]];
        let is_slowing = size > 0.0 || self.fit.residuals.len() >= 40;
        is_slowing && (size * self.shape * (self.shape * span).exp()).abs() < 0.1 * slope.abs()
    }

    /// ln ρ and its variance.
    pub fn slope(&self) -> Option<(f64, f64)> {
        let is_sublinear = matches!(self.kind, Kind::Sublinear | Kind::ShiftedSublinear);
        (!is_sublinear).then(|| (self.fit.coefficients[0], self.fit.variances[0]))
    }
}

/// The models fitted to the same errors.
#[derive(Clone, Debug)]
pub(super) struct Fits {
    pub models: Vec<Model>,
    /// The number of independent residuals of the best model: fewer than errors where neighbours are alike.
    pub independent: f64,
    pub count: usize,
    /// Whether its residuals show no pattern.
    pub is_adequate: bool,
}

impl Fits {
    pub fn of(runs: &[Run]) -> Option<Self> {
        let count: usize = runs.iter().map(Run::len).sum();
        let first = runs.iter().map(Run::first).fold(f64::INFINITY, f64::min);
        let span = runs.iter().map(|run| run.last() - run.first()).fold(0.0, f64::max);
        let total: f64 = runs.iter().flat_map(|run| &run.weight).sum();
        let scale = runs.iter().flat_map(|run| &run.y).fold(0.0, |a: f64, y| a.max(y.abs()));
        let mut models = Vec::new();
        let mut add = |kind, shape, fit: Option<Fit>| {
            models.extend(fit.map(|fit| Model { kind, fit, shape, aicc: f64::NAN }));
        };
        let k = |k: f64| k;
        add(Kind::Linear, 0.0, Fit::of(runs, &[&k]));
        let offsets = if first > 0.0 { [0.0, 1.0] } else { [1.0 - first; 2] };
        for offset in offsets {
            let log = |k: f64| (k + offset).ln();
            add(Kind::Sublinear, offset, Fit::of(runs, &[&log]));
            add(Kind::LinearPolynomial, offset, Fit::of(runs, &[&k, &log]));
        }
        // Longer shifts are not told from a straight line.
        let shifts = || geometric(0.25, 4.0 * span, 24).map(|shift| shift - first);
        add(Kind::Quadratic, 0.0, Fit::of(runs, &[&k, &|k: f64| k * k]));
        add(Kind::Factorial, 1.0, Fit::of(runs, &[&k, &|k: f64| k * (k + 1.0).ln()]));
        let (shape, fit) = profile(shifts(), |delta| {
            let log = move |k: f64| (k + delta).ln();
            // A higher power with a long shift is as good as a straight line.
            let plain =
                Fit::of(runs, &[&log]).filter(|fit| fit.coefficients[0].abs() < LARGEST_POWER);
            // The derivative by δ is a column of the final fit, so that the variances include that of δ.
            let derivative = move |k: f64| 1.0 / (k + delta);
            (plain, Box::new(move || Fit::of(runs, &[&log, &derivative])) as _)
        });
        add(Kind::ShiftedSublinear, shape, fit);
        let (shape, fit) = profile(shifts(), |delta| {
            let log = move |k: f64| (k + delta).ln();
            let derivative = move |k: f64| 1.0 / (k + delta);
            let last = move || Fit::of(runs, &[&k, &log, &derivative]);
            (Fit::of(runs, &[&k, &log]), Box::new(last) as _)
        });
        add(Kind::ShiftedLinearPolynomial, shape, fit);
        // Transients that last from one error to half the run.
        let rates = geometric(2.0 / span.max(4.0), 2.0, 24).map(|rate| -rate);
        let (shape, fit) = profile(rates, |rate| {
            let decay = move |k: f64| (rate * (k - first)).exp();
            let derivative = move |k: f64| (k - first) * (rate * (k - first)).exp();
            let last = move || Fit::of(runs, &[&k, &decay, &derivative]);
            (Fit::of(runs, &[&k, &decay]), Box::new(last) as _)
        });
        add(Kind::LinearAfterTransient, shape, fit);

        models.retain(|m: &Model| m.power().is_none_or(|(power, _)| power.abs() < LARGEST_POWER));
        let rounding = (ROUNDING * scale.max(1.0)).powi(2) * total;
        let by_freedom = |model: &&Model| {
            let free = count as f64 - model.fit.parameters as f64;
            if free < 1.0 { f64::INFINITY } else { (model.fit.rss + rounding) / free }
        };
        let best = models.iter().min_by(|a, b| by_freedom(a).total_cmp(&by_freedom(b)))?;
        if by_freedom(&best).is_infinite() {
            return None;
        }
        let share = independent_share(&best.fit.residuals, runs.len());
        let is_rounding = best.fit.rss <= 100.0 * rounding;
        let independent = if is_rounding { count as f64 } else { share * count as f64 };
        let is_adequate = is_rounding || share > 0.4 && !has_burn_in(&best.fit.residuals);
        for model in &mut models {
            // One more for the variance.
            let parameters = model.fit.parameters as f64 + 1.0;
            let free = independent - parameters - 1.0;
            let penalty = 2.0 * parameters + 2.0 * parameters * (parameters + 1.0) / free;
            let likelihood = independent * ((model.fit.rss + rounding) / total).ln();
            model.aicc = if free > 0.0 { likelihood + penalty } else { f64::INFINITY };
        }
        Some(Self { models, independent, count, is_adequate })
    }

    /// The better of two kinds by AICc.
    pub fn best(&self, kinds: &[Kind]) -> Option<&Model> {
        let of_kinds = self.models.iter().filter(|model| kinds.contains(&model.kind));
        of_kinds.min_by(|a, b| a.aicc.total_cmp(&b.aicc))
    }

    pub fn of_kind(&self, kind: Kind) -> Option<&Model> {
        self.best(&[kind])
    }

    /// The standard error that belongs to a coefficient's variance, with correlated residuals taken into account, and the
    /// degrees of freedom of its Student distribution.
    pub fn error(&self, model: &Model, variance: f64) -> (f64, f64) {
        let free = (self.count as f64 - model.fit.parameters as f64).max(1.0);
        let inflation = self.count as f64 / self.independent;
        let freedom = (self.independent - model.fit.parameters as f64).max(1.0);
        ((variance * model.fit.rss / free * inflation).sqrt(), freedom)
    }
}

/// (1 − r) / (1 + r) with the correlation r of neighbouring residuals: the share of them that are independent, if they
/// form an autoregressive process (Bayley and Hammersley 1946); four of each run at least.
fn independent_share(residuals: &[f64], runs: usize) -> f64 {
    let n = residuals.len();
    let square = dot(residuals, residuals);
    if n < 3 || square == 0.0 {
        return 1.0;
    }
    let r = dot(&residuals[1..], &residuals[..n - 1]) / square;
    ((1.0 - r) / (1.0 + r)).clamp((4.0 * runs as f64 / n as f64).min(1.0), 1.0)
}

/// Whether one of the first residuals is out of proportion to the rest.
fn has_burn_in(residuals: &[f64]) -> bool {
    let (first, rest) = residuals.split_at((residuals.len() / 8).max(2).min(residuals.len()));
    let scatter = (dot(rest, rest) / rest.len().max(1) as f64).sqrt();
    first.iter().any(|r| r.abs() > 4.0 * scatter)
}

fn geometric(from: f64, to: f64, count: usize) -> impl Iterator<Item = f64> + Clone {
    let ratio = (to / from).max(1.0);
    (0..count).map(move |i| from * ratio.powf(i as f64 / (count - 1) as f64))
}

type Last<'r> = Box<dyn Fn() -> Option<Fit> + 'r>;

/// The shape with the smallest residuals, on a grid and then by golden sections, and the fit there with the column of its
/// derivative.
fn profile<'r>(
    grid: impl Iterator<Item = f64>,
    fit: impl Fn(f64) -> (Option<Fit>, Last<'r>),
) -> (f64, Option<Fit>) {
    let rss = |shape: f64| fit(shape).0.map_or(f64::INFINITY, |fit| fit.rss);
    let grid: Vec<f64> = grid.collect();
    let values: Vec<f64> = grid.iter().map(|&shape| rss(shape)).collect();
    let Some(lowest) = (0..grid.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])) else {
        return (f64::NAN, None);
    };
    let (mut a, mut b) = (grid[lowest.saturating_sub(1)], grid[(lowest + 1).min(grid.len() - 1)]);
    const SHARE: f64 = 0.381_966_011_250_105;
    for _ in 0..25 {
        let (left, right) = (a + SHARE * (b - a), b - SHARE * (b - a));
        if rss(left) <= rss(right) { b = right } else { a = left }
    }
    let shape = 0.5 * (a + b);
    let (simple, last) = fit(shape);
    let is_possible = simple.is_some();
    (shape, last().or(simple).filter(|_| is_possible))
}
