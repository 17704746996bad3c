//! The schedules of torch and optax, by the names and options of those libraries.

use extremum::schedule::{
    Cosine, Curve, Cyclic, Exponential, OneCycle, PiecewiseConstant, Polynomial, ReduceOnPlateau,
    Schedule, StepDecay, WarmRestarts,
};
use serde_json::{Map, Value};

type Boxed = Box<dyn Schedule>;

/// The options of one schedule. One that is absent or `null` has the library's default.
struct Options<'a>(&'a Map<String, Value>);

impl Options<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    fn or(&self, name: &str, default: f64) -> f64 {
        self.number(name).unwrap_or(default)
    }

    /// A number of steps; the libraries treat a negative one as 0.
    fn steps(&self, name: &str) -> Option<u64> {
        self.number(name).map(|steps| steps as u64)
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    fn list(&self, name: &str) -> Option<&Vec<Value>> {
        self.get(name)?.as_array()
    }

    fn curve(&self, name: &str, default: &str) -> Option<Curve> {
        match self.text(name).unwrap_or(default) {
            "cos" | "cosine" => Some(Curve::Cosine),
            "linear" => Some(Curve::Linear),
            _ => None,
        }
    }
}

/// The schedule of `lib` (`torch` or `optax`) with this name. `None`: unknown, or a required option is missing.
pub fn schedule(
    lib: &str,
    name: &str,
    base_lr: Option<f64>,
    hyper: &Map<String, Value>,
) -> Option<Box<dyn Schedule>> {
    match lib {
        "torch" => torch(name, base_lr?, &Options(hyper)),
        "optax" => optax(name, &Options(hyper)),
        _ => None,
    }
}

fn torch(name: &str, base: f64, o: &Options) -> Option<Boxed> {
    let total = o.steps("total_iters").unwrap_or(5);
    Some(match name {
        "ConstantLR" => {
            let first = base * o.or("factor", 1.0 / 3.0);
            // torch undoes the factor AT total_iters, so with 0 it never does.
            if total == 0 {
                Box::new(first)
            } else {
                Box::new(PiecewiseConstant::new(first).value(total, base))
            }
        }
        "LinearLR" => {
            let first = base * o.or("start_factor", 1.0 / 3.0);
            line(first, base * o.or("end_factor", 1.0), total, 1.0, 0)
        }
        "PolynomialLR" => line(base, 0.0, total, o.or("power", 1.0), 0),
        "StepLR" => {
            Box::new(StepDecay::new(base, o.steps("step_size")?).factor(o.or("gamma", 0.1)))
        }
        "MultiStepLR" => {
            let mut steps: Vec<u64> =
                o.list("milestones")?.iter().filter_map(Value::as_u64).collect();
            steps.sort_unstable();
            let gamma = o.or("gamma", 0.1);
            Box::new(
                steps.into_iter().fold(PiecewiseConstant::new(base), |s, t| s.factor(t, gamma)),
            )
        }
        "ExponentialLR" => Box::new(Exponential::new(base, o.number("gamma")?)),
        "CosineAnnealingLR" => {
            Box::new(Cosine::new(base, o.steps("T_max")?).end(o.or("eta_min", 0.0)).periodic())
        }
        "CosineAnnealingWarmRestarts" => Box::new(
            WarmRestarts::new(base, o.steps("T_0")?)
                .multiplier(o.steps("T_mult").unwrap_or(1))
                .end(o.or("eta_min", 0.0)),
        ),
        "CyclicLR" => {
            let up = o.steps("step_size_up").unwrap_or(2000);
            let cycle = Cyclic::new(o.number("base_lr")?, o.number("max_lr")?, up)
                .down(o.steps("step_size_down").unwrap_or(up));
            match o.text("mode").unwrap_or("triangular") {
                "triangular" => Box::new(cycle),
                "triangular2" => Box::new(cycle.triangular2()),
                "exp_range" => Box::new(cycle.exp_range(o.or("gamma", 1.0))),
                _ => return None,
            }
        }
        "OneCycleLR" => {
            let steps = match o.steps("total_steps") {
                Some(steps) => steps,
                None => o.steps("epochs")? * o.steps("steps_per_epoch")?,
            };
            let cycle =
                one_cycle(o, o.number("max_lr")?, steps).curve(o.curve("anneal_strategy", "cos")?);
            Box::new(if o.is("three_phase") { cycle.three_phases() } else { cycle })
        }
        "SequentialLR" => joined(o, "milestones", |name, o| torch(name, base, &o))?,
        // Each scheduler multiplies the rate by its value for a base of 1.
        "ChainedScheduler" => {
            let mut chain: Boxed = Box::new(base);
            for part in o.list("schedulers")? {
                let (name, o) = part_of(part)?;
                chain = Box::new(chain.times(torch(name, 1.0, &o)?));
            }
            chain
        }
        _ => return None,
    })
}

fn optax(name: &str, o: &Options) -> Option<Boxed> {
    let init = || o.number("init_value");
    let warmed = |after: Boxed| -> Option<Boxed> {
        let steps = o.steps("warmup_steps")?;
        Some(Box::new(line(init()?, o.number("peak_value")?, steps, 1.0, 0).then(steps, after)))
    };
    Some(match name {
        "constant_schedule" => Box::new(o.number("value")?),
        "polynomial_schedule" | "linear_schedule" => {
            let power = if name == "linear_schedule" { 1.0 } else { o.number("power")? };
            let begin = o.steps("transition_begin").unwrap_or(0);
            line(init()?, o.number("end_value")?, o.steps("transition_steps")?, power, begin)
        }
        "exponential_decay" => exponential(init()?, o)?,
        "cosine_decay_schedule" => Box::new(
            Cosine::new(init()?, o.steps("decay_steps")?)
                .end(init()? * o.or("alpha", 0.0))
                .power(o.or("exponent", 1.0)),
        ),
        "piecewise_constant_schedule" => Box::new(pieces(init()?, o)?),
        "piecewise_interpolate_schedule" => {
            Box::new(pieces(init()?, o)?.interpolated(o.curve("interpolate_type", "")?))
        }
        "linear_onecycle_schedule" => Box::new(
            one_cycle(o, o.number("peak_value")?, o.steps("transition_steps")?)
                .on_whole_steps()
                .curve(Curve::Linear)
                .return_at(o.or("pct_final", 0.85)),
        ),
        "cosine_onecycle_schedule" => Box::new(
            one_cycle(o, o.number("peak_value")?, o.steps("transition_steps")?).on_whole_steps(),
        ),
        "warmup_constant_schedule" => warmed(Box::new(o.number("peak_value")?))?,
        "warmup_cosine_decay_schedule" => {
            let (peak, warmup) = (o.number("peak_value")?, o.steps("warmup_steps")?);
            // optax includes the warm-up in decay_steps, and ignores the end value of a peak of 0.
            let steps = o.steps("decay_steps")?.saturating_sub(warmup);
            let end = if peak == 0.0 { 0.0 } else { o.or("end_value", 0.0) };
            warmed(Box::new(Cosine::new(peak, steps).end(end).power(o.or("exponent", 1.0))))?
        }
        "warmup_exponential_decay_schedule" => warmed(exponential(o.number("peak_value")?, o)?)?,
        "sgdr_schedule" => {
            let mut cycles = Vec::new();
            for cycle in o.list("cosine_kwargs")? {
                let o = Options(cycle.as_object()?);
                cycles.push((optax("warmup_cosine_decay_schedule", &o)?, o.steps("decay_steps")?));
            }
            let (last, _) = cycles.pop()?;
            cycles.into_iter().rfold(last, |next, (cycle, steps)| Box::new(cycle.then(steps, next)))
        }
        "join_schedules" => joined(o, "boundaries", |name, o| optax(name, &o))?,
        _ => return None,
    })
}

/// A polynomial; both libraries stay at the first rate when it has no steps.
fn line(from: f64, to: f64, steps: u64, power: f64, begin: u64) -> Boxed {
    if steps == 0 {
        Box::new(from)
    } else {
        Box::new(Polynomial::new(from, to, steps).power(power).begin(begin))
    }
}

/// The exponential_decay of optax, which is constant for 0 steps and for a factor of 0.
fn exponential(initial: f64, o: &Options) -> Option<Boxed> {
    let (steps, factor) = (o.steps("transition_steps")?, o.number("decay_rate")?);
    if steps == 0 || factor == 0.0 {
        return Some(Box::new(initial));
    }
    let mut decay = Exponential::new(initial, factor)
        .every(steps)
        .begin(o.steps("transition_begin").unwrap_or(0));
    if o.is("staircase") {
        decay = decay.staircase();
    }
    if let Some(end) = o.number("end_value") {
        decay = decay.end(end);
    }
    Some(Box::new(decay))
}

fn one_cycle(o: &Options, peak: f64, steps: u64) -> OneCycle {
    let initial = peak / o.or("div_factor", 25.0);
    OneCycle::new(peak, steps)
        .initial(initial)
        .end(initial / o.or("final_div_factor", 1e4))
        .rise(o.or("pct_start", 0.3))
        .curve(Curve::Cosine)
}

/// The factors of `boundaries_and_scales`, whose steps are JSON strings.
fn pieces(initial: f64, o: &Options) -> Option<PiecewiseConstant> {
    let mut pieces = Vec::new();
    if let Some(entries) = o.get("boundaries_and_scales") {
        for (step, factor) in entries.as_object()? {
            pieces.push((step.parse::<u64>().ok()?, factor.as_f64()?));
        }
    }
    pieces.sort_unstable_by_key(|&(step, _)| step);
    Some(pieces.into_iter().fold(PiecewiseConstant::new(initial), |s, (t, f)| s.factor(t, f)))
}

/// `{"schedule": name, "hyper": options}`
fn part_of(part: &Value) -> Option<(&str, Options<'_>)> {
    Some((part.get("schedule")?.as_str()?, Options(part.get("hyper")?.as_object()?)))
}

/// One schedule after the other, each from its own step 0, at the steps in the list `at`.
fn joined<'a>(
    o: &'a Options,
    at: &str,
    build: impl Fn(&'a str, Options<'a>) -> Option<Boxed>,
) -> Option<Boxed> {
    let parts = o.list("schedulers").or_else(|| o.list("schedules"))?;
    let steps: Option<Vec<u64>> = o.list(at)?.iter().map(Value::as_u64).collect();
    let (mut next, mut steps) = (None, steps?);
    for part in parts.iter().rev() {
        let (name, options) = part_of(part)?;
        let this = build(name, options)?;
        next = Some(match next {
            None => this,
            Some(next) => {
                let end = steps.pop()?;
                let begin = steps.last().copied().unwrap_or(0);
                Box::new(this.then(end.checked_sub(begin)?, next)) as Boxed
            }
        });
    }
    next
}

/// The rates of torch's ReduceLROnPlateau after each of the metrics. `None`: an unknown mode.
pub fn plateau(base_lr: f64, hyper: &Map<String, Value>, metrics: &[f64]) -> Option<Vec<f64>> {
    let o = Options(hyper);
    let mut rule = ReduceOnPlateau::new()
        .base(base_lr)
        .factor(o.or("factor", 0.1))
        .patience(o.steps("patience").unwrap_or(10))
        .threshold(o.or("threshold", 1e-4))
        .cooldown(o.steps("cooldown").unwrap_or(0))
        .min_rate(o.or("min_lr", 0.0))
        .min_change(o.or("eps", 1e-8));
    match o.text("threshold_mode").unwrap_or("rel") {
        "rel" => {}
        "abs" => rule = rule.absolute(),
        _ => return None,
    }
    match o.text("mode").unwrap_or("min") {
        "min" => {}
        "max" => rule = rule.maximize(),
        _ => return None,
    }
    let mut plateau = rule.start();
    Some(metrics.iter().map(|&metric| base_lr * plateau.observe(metric)).collect())
}
