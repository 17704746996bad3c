//! Linear and sublinear convergence: which model the errors support, and its numbers.

use super::models::{Fits, Kind, Model};
use super::order::quantile;
use super::window::Run;

/// What the errors show.
#[derive(Clone, Debug)]
pub(super) struct Slow {
    pub verdict: Option<Verdict>,
    pub constant: f64,
    pub first: f64,
    pub last: f64,
    pub used: usize,
    pub aiccs: Vec<(&'static str, f64)>,
}

/// A value with its interval.
pub(super) type Interval = [f64; 3];

#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Sublinear { power: Interval },
    Linear { slope: Interval },
    LinearPolynomial { slope: Interval, power: Interval },
    Superlinear,
}

/// The fewest errors of a run: the models have up to three parameters beside its constant.
pub(super) const FEWEST: usize = 6;

/// The difference of AICc beyond which a model has no support (Burnham and Anderson 2002, section 2.6).
const NO_SUPPORT: f64 = 9.0;

/// Shares of a run that may be left out as burn-in; the second is its first error.
const STARTS: [f64; 7] = [0.0, 1e-9, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 3.0 / 8.0, 1.0 / 2.0];

impl Slow {
    /// `None` where there are too few errors.
    pub fn of(runs: &[Run], floor: f64) -> Option<Self> {
        // The first window whose residuals show no pattern, or else the last one that decides.
        let (mut chosen, mut is_chosen) = (None, false);
        for from in STARTS {
            let tails = tails(runs, from);
            if tails.is_empty() {
                break;
            }
            let Some(fits) = Fits::of(&tails) else { continue };
            let is_decided = decide(&tails, &fits).is_some();
            let is_adequate = fits.is_adequate && is_decided;
            if is_decided || !is_chosen {
                is_chosen = is_decided;
                chosen = Some((from, tails, fits));
            }
            if is_adequate {
                break;
            }
        }
        let (from, tails, fits) = chosen?;
        let later = self::tails(runs, 0.5 * (1.0 + from));
        let earlier = if fits.is_adequate { Vec::new() } else { self::tails(runs, 0.5 * from) };
        let verdict = decide(&tails, &fits);
        let (verdict, constant) = match verdict {
            Some(model) => (
                verdict_of(model, &tails, &[later, lowered(&tails, floor), earlier], &fits),
                constant(model, &tails),
            ),
            None => (None, f64::NAN),
        };
        Some(Self {
            verdict,
            constant,
            first: tails.iter().map(Run::first).fold(f64::INFINITY, f64::min),
            last: tails.iter().map(Run::last).fold(0.0, f64::max),
            used: tails.iter().flat_map(|run| &run.weight).sum::<f64>() as usize,
            aiccs: fits.models.iter().map(|model| (model.kind.name(), model.aicc)).collect(),
        })
    }
}

fn tails(runs: &[Run], from: f64) -> Vec<Run> {
    runs.iter().map(|run| run.tail(from)).filter(|run| run.len() >= FEWEST).collect()
}

/// The runs as they would be if the floor were added to each error; none where that changes nothing.
fn lowered(runs: &[Run], floor: f64) -> Vec<Run> {
    let lowest = runs.iter().flat_map(|run| &run.y).fold(f64::INFINITY, |a, &y| a.min(y));
    if lowest - floor.ln() > 1e4_f64.ln() {
        return Vec::new();
    }
    let without = |y: &f64| y + (-(floor.ln() - y).exp()).max(-0.5).ln_1p();
    let lower = |run: &Run| Run { y: run.y.iter().map(without).collect(), ..run.clone() };
    runs.iter().map(lower).collect()
}

/// The one model that the errors support; `None` where they leave it open.
fn decide<'f>(runs: &[Run], fits: &'f Fits) -> Option<&'f Model> {
    let linear = fits.best(&[Kind::Linear, Kind::LinearAfterTransient])?;
    let sublinear = fits.best(&[Kind::Sublinear, Kind::ShiftedSublinear]);
    let polynomial = fits.best(&[Kind::LinearPolynomial, Kind::ShiftedLinearPolynomial]);
    let aicc = |model: Option<&Model>| model.map_or(f64::INFINITY, |model| model.aicc);
    let span = runs.iter().map(|run| run.last() - run.first()).fold(0.0, f64::max);
    let fallen = runs.iter().map(|run| run.y[0] - run.y[run.len() - 1]).fold(0.0, f64::max);
    if fallen < 0.3 {
        return None;
    }
    let faster = fits.best(&[Kind::Quadratic, Kind::Factorial]);
    let (lin, sub, poly, fast) = (linear.aicc, aicc(sublinear), aicc(polynomial), aicc(faster));
    if fast + NO_SUPPORT < lin.min(sub).min(poly) {
        return faster.filter(|model| model.fit.coefficients[1] < 0.0);
    }
    // The largest size, but for a chance of 0.5 %.
    let largest = |model: &Model, (value, variance): (f64, f64)| {
        let (error, freedom) = fits.error(model, variance);
        value.abs() + quantile(freedom, 0.995) * error
    };
    if let Some(model) = polynomial.filter(|_| poly + NO_SUPPORT < lin.min(sub)) {
        let ((slope, _), power) = (model.slope()?, model.power()?);
        if (slope * span).abs() < 0.1 {
            return sublinear;
        }
        if power.0.abs() < 0.1 {
            return Some(linear);
        }
        let is_sure = poly + NO_SUPPORT < fast && largest(model, power) < 2.0 * power.0.abs();
        return is_sure.then_some(model);
    }
    // The simpler models hold where the larger one fits no better, and could have shown what they leave out.
    let larger = fits.of_kind(Kind::LinearPolynomial)?;
    if lin + NO_SUPPORT < sub {
        let plain = fits.of_kind(Kind::Linear)?;
        if plain.aicc < lin + 6.0 {
            return (largest(larger, larger.power()?) < 0.5).then_some(plain);
        }
        let is_settled = lin + NO_SUPPORT < poly.min(fast) && linear.is_spent(span);
        return is_settled.then_some(linear);
    }
    if sub + NO_SUPPORT < lin {
        let plain = fits.of_kind(Kind::Sublinear)?;
        if plain.aicc < sub + 6.0 {
            return (span * largest(larger, larger.slope()?) < 1.0).then_some(plain);
        }
        let larger = fits.of_kind(Kind::ShiftedLinearPolynomial);
        let is_steady =
            |model: &Model| model.slope().is_some_and(|s| span * largest(model, s) < 2.0);
        return sublinear.filter(|_| sub + NO_SUPPORT < poly || larger.is_some_and(is_steady));
    }
    None
}

/// The numbers of a model, if they are those of convergence.
fn verdict_of(model: &Model, runs: &[Run], others: &[Vec<Run>], fits: &Fits) -> Option<Verdict> {
    let others: Vec<Option<Fits>> = others.iter().map(|runs| Fits::of(runs)).collect();
    let interval = |get: fn(&Model) -> Option<(f64, f64)>| {
        let kind = if model.kind == Kind::LinearAfterTransient { Kind::Linear } else { model.kind };
        let (value, variance) = get(model)?;
        let own = get(fits.of_kind(kind)?)?.0;
        let (error, freedom) = fits.error(model, variance);
        let half = (error * quantile(freedom, 0.975)).max(by_run(runs, model, get));
        let mut half = half.max(1e-10 * value.abs());
        // The second half of the errors shows how far the value still moves: it may move as far again. The errors without
        // the floor show how far it has been moved. Where the residuals show a pattern, the first correction is often like
        // 1/k, twice as large at half the k: what the value has moved since, it may move again, twice for safety.
        let mut ends = [value, value];
        let mut extend = |moved: f64| {
            ends = [ends[0] + moved.min(0.0), ends[1] + moved.max(0.0)];
        };
        let [later, lowered, earlier] =
            [0, 1, 2].map(|i| get(others[i].as_ref()?.of_kind(kind)?));
        let scale = if fits.is_adequate { 1.0 } else { 2.0 };
        extend(later.map_or(0.0, |(later, _)| scale * (later - value)));
        extend(lowered.map_or(0.0, |(lowered, _)| lowered - own));
        extend(earlier.map_or(0.0, |(earlier, _)| scale * (own - earlier)));
        let [low, high] = ends;
        if model.kind == Kind::LinearAfterTransient {
            // What one transient does not explain, several would.
            half = half.max(0.25 * (high - low));
        }
        Some([value, low - half, high + half])
    };
    let negated = |[value, low, high]: Interval| [-value, -high, -low];
    match model.kind {
        Kind::Quadratic | Kind::Factorial => Some(Verdict::Superlinear),
        Kind::Linear | Kind::LinearAfterTransient => {
            let slope = interval(Model::slope)?;
            (slope[0] < 0.0 && slope[2] < 0.0).then_some(Verdict::Linear { slope })
        }
        Kind::Sublinear | Kind::ShiftedSublinear => {
            let power = negated(interval(Model::power)?);
            (power[1] > 0.0).then_some(Verdict::Sublinear { power })
        }
        Kind::LinearPolynomial | Kind::ShiftedLinearPolynomial => {
            let (slope, power) = (interval(Model::slope)?, interval(Model::power)?);
            (slope[2] < 0.0).then_some(Verdict::LinearPolynomial { slope, power })
        }
    }
}

/// Half the interval from the scatter of the runs' own values; 0 for fewer than three runs.
fn by_run(runs: &[Run], model: &Model, get: fn(&Model) -> Option<(f64, f64)>) -> f64 {
    if runs.len() < 3 {
        return 0.0;
    }
    let own = runs.iter().filter_map(|run| {
        get(Fits::of(std::slice::from_ref(run))?.of_kind(model.kind)?).map(|(value, _)| value)
    });
    let own: Vec<f64> = own.collect();
    let r = own.len() as f64;
    if r < 3.0 {
        return 0.0;
    }
    let mean = own.iter().sum::<f64>() / r;
    let variance = own.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (r - 1.0);
    quantile(r - 1.0, 0.975) * (variance / r).sqrt()
}

/// ln C, the mean over the runs.
fn constant(model: &Model, runs: &[Run]) -> f64 {
    let log = |k: f64| (k + model.shape).ln();
    let part = |k: f64| {
        let c = &model.fit.coefficients;
        match model.kind {
            Kind::Quadratic | Kind::Factorial => f64::NAN,
            Kind::Linear => c[0] * k,
            Kind::LinearAfterTransient => {
                let first = runs.iter().map(Run::first).fold(f64::INFINITY, f64::min);
                c[0] * k + c[1] * (model.shape * (k - first)).exp()
            }
            Kind::Sublinear | Kind::ShiftedSublinear => c[0] * log(k),
            Kind::LinearPolynomial | Kind::ShiftedLinearPolynomial => c[0] * k + c[1] * log(k),
        }
    };
    let of_run = |run: &Run| {
        let sum: f64 =
            (0..run.len()).map(|i| run.weight[i] * (run.y[i] - run.mean_of(i, part))).sum();
        sum / run.weight.iter().sum::<f64>()
    };
    runs.iter().map(of_run).sum::<f64>() / runs.len() as f64
}
