//! Update rules as solvers and on mini-batches, and variance-reduced methods, with random settings and rates.

use extremum::first_order::{
    AcceleratedGradient, Accumulate, AdEmaMix, AdaBelief, AdaBound, AdaMax, Adadelta, Adafactor,
    Adagrad, Adam, AdamW, Adan, Adopt, AggMo, AllFinite, AmsBound, AmsGrad, Asgd, ClipAdaptive,
    ClipNorm, ClipValue, DAdaptAdaGrad, DAdaptAdam, DAdaptLion, DAdaptSgd, Decay, DoWg, Dog, Ema,
    FirstOrder, Lamb, Lars, Lion, Lookahead, Madgrad, Momentum, Momo, MomoAdam, Nadam, Nesterov,
    Noise, NovoGrad, PolyakStep, Prodigy, QhAdam, Qhm, RAdam, RmsProp, Rprop, Rule, Sam, Scale,
    ScheduleFreeAdamW, ScheduleFreeRAdam, ScheduleFreeSgd, Sgd, SignSgd, Signum, Sophia, Swa,
    Swats, Yogi,
};
use extremum::schedule::{
    Cosine, Cyclic, Exponential, InverseSqrt, InverseTime, OneCycle, PiecewiseConstant, Polynomial,
    Rate, ReduceOnPlateau, StepDecay, WarmRestarts, Warmup, WarmupStableDecay,
};
use extremum::{Katyusha, Saga, Sarah, Solver, Svrg};

use super::dice::Dice;
use super::solvers::{Any, Said, settings};

/// A constant rate or a schedule.
fn rate(dice: &mut Dice) -> Said<Rate> {
    let (a, b, k) = (dice.size(), dice.share(), dice.steps());
    macro_rules! schedule {
        ($kind:ident($($argument:expr),*)) => {{
            let arguments = [$(format!("{:?}", $argument)),*].join(", ");
            let text = format!("{}::new({arguments})", stringify!($kind));
            Said::new($kind::new($($argument),*).into(), text)
        }};
    }
    match dice.index(26) {
        0 => schedule!(StepDecay(a, k)),
        1 => schedule!(Exponential(a, b)),
        2 => schedule!(Polynomial(a, b, k)),
        3 => schedule!(InverseTime(a, b)),
        4 => schedule!(InverseSqrt(a, k)),
        5 => schedule!(Cosine(a, k)),
        6 => schedule!(WarmRestarts(a, k)),
        7 => schedule!(Warmup(0.0, k, a)),
        8 => schedule!(WarmupStableDecay(a, k, k, k)),
        9 => schedule!(OneCycle(a, k)),
        10 => schedule!(Cyclic(b, a, k)),
        11 => Said::new(
            PiecewiseConstant::new(a).value(k, b).into(),
            format!("PiecewiseConstant::new({a:?}).value({k}, {b:?})"),
        ),
        _ => Said::new(a.into(), format!("{a:?}")),
    }
}

fn plain(dice: &mut Dice, said: Said<impl Rule + Solver + 'static>) -> Said<Any> {
    match dice.index(12) {
        0 => {
            let text = format!(
                "FirstOrder::new({}).plateau(ReduceOnPlateau::new().patience(5))",
                said.text
            );
            let plateau = ReduceOnPlateau::new().patience(5);
            Said::new(FirstOrder::new(said.value).plateau(plateau).boxed(), text)
        }
        _ => said.map(Solver::boxed),
    }
}

/// The rules, one a line, with their settings.
macro_rules! table {
    ($($rule:ident $(, $setter:ident($($draw:ident),*))*;)*) => {
        /// A rule for whole problems.
        const RULES: &[fn(&mut Dice) -> Said<Any>] = &[$(|dice| {
            let rate = rate(dice);
            let text = format!("{}::new({})", stringify!($rule), rate.text);
            let said = Said::new($rule::new(rate.value), text);
            let said = settings!(dice, said $(, $setter($($draw),*))*);
            plain(dice, said)
        }),*];
    };
}

table! {
    AcceleratedGradient, restart(flag);
    AdEmaMix, betas(share, share, share), alpha(size), warmup(size);
    AdaBelief, betas(share, share), epsilon(tiny), amsgrad(), rectified();
    AdaBound, betas(share, share), final_rate(size), gamma(tiny), epsilon(tiny);
    AdaMax, betas(share, share), epsilon(tiny), epsilon_outside(), bias_correction(flag);
    Adadelta, rho(share), epsilon(tiny);
    Adafactor, epsilon(tiny), smallest(tiny), threshold(growth), decay(tiny);
    Adagrad, rate_decay(size), initial(size), epsilon(tiny), epsilon_inside();
    Adam, betas(share, share), epsilon(tiny), epsilon_root(tiny), nesterov(),
        bias_correction(flag, flag);
    AdamW, decay(share);
    Adan, betas(share, share, share), difference_weight(size), decoupled();
    Adopt, betas(share, share), epsilon(tiny), without_clipping(), nesterov();
    AmsBound, betas(share, share), final_rate(size), gamma(tiny);
    AmsGrad, betas(share, share), maximum_after_correction();
    Asgd, decay(tiny), power(share), average_from(size);
    DAdaptAdaGrad, momentum(share), epsilon(tiny), initial_distance(size), growth(growth);
    DAdaptAdam, betas(share, share), epsilon(tiny), decay(tiny), bias_correction(),
        initial_distance(size);
    DAdaptLion, betas(share, share), decay(tiny), initial_distance(size);
    DAdaptSgd, momentum(share), decay(tiny), initial_distance(size), growth(growth);
    DoWg, initial_square(size), epsilon(tiny);
    Dog, initial_distance(size), relative_distance(size), epsilon(tiny);
    Lamb, betas(share, share), epsilon(tiny), decay(tiny);
    Lars, momentum(share), nesterov(), trust(size), epsilon(tiny), decay(tiny);
    Lion, betas(share, share), decay(tiny);
    Madgrad, momentum(share), epsilon(tiny), decay(tiny);
    Momentum, momentum(share), dampening(share);
    Momo, lower_bound(size), adaptive_bound(), decay(tiny), beta(share);
    MomoAdam, lower_bound(size), adaptive_bound(), betas(share, share), epsilon(tiny);
    Nadam, betas(share, share), momentum_decay(share), constant_momentum();
    Nesterov, momentum(share);
    NovoGrad, betas(share, share), epsilon(tiny), gradient_averaging(), rate_correction();
    PolyakStep, minimum(size), scaling(size), epsilon(tiny), never_climb();
    Prodigy, betas(share, share), beta3(share), epsilon(tiny), decay(tiny), initial_distance(size),
        coefficient(size);
    QhAdam, betas(share, share), nus(share, share), epsilon(tiny);
    Qhm, momentum(share), nu(share);
    RAdam, betas(share, share), epsilon(tiny), threshold(growth), waiting();
    RmsProp, smoothing(share), momentum(share), centred(), epsilon(tiny), epsilon_inside(),
        rate_inside(), nesterov();
    Rprop, factors(share, growth), step_sizes(tiny, size);
    ScheduleFreeAdamW, beta(share), beta2(share), decay(tiny), weight_power(size),
        weight_rate_power(size);
    ScheduleFreeRAdam, beta(share), beta2(share), gradient_steps();
    ScheduleFreeSgd, beta(share), decay(tiny), weights_ahead();
    Sgd;
    SignSgd;
    Signum, beta(share);
    Sophia, betas(share, share), curvature_factor(size), epsilon(tiny), decay(tiny), period(steps);
    Swats, betas(share, share), epsilon(tiny), tolerance(tiny, tiny), amsgrad(), nesterov();
    Yogi, betas(share, share), epsilon(tiny), initial(size);
}

/// Chains and rules around rules.
const WRAPPERS: &[fn(&mut Dice) -> Said<Any>] = &[
    |dice| {
        let (a, b) = (dice.size(), dice.share());
        let text = format!("AggMo::new({a:?}, [0.0, {b:?}, 0.99])");
        plain(dice, Said::new(AggMo::new(a, [0.0, b, 0.99]), text))
    },
    |dice| {
        let (k, rate) = (dice.steps(), rate(dice));
        let text = format!("Accumulate::new({k}, Adam::new({}))", rate.text);
        plain(dice, Said::new(Accumulate::new(k, Adam::new(rate.value)), text))
    },
    |dice| {
        let rate = rate(dice);
        let said = Said::new(
            Lookahead::new(Adam::new(rate.value)),
            format!("Lookahead::new(Adam::new({}))", rate.text),
        );
        let said = settings!(dice, said, period(steps), slow_step(share), reset_state());
        plain(dice, said)
    },
    |dice| {
        let (radius, rate) = (dice.size(), rate(dice));
        let text = format!("Sam::new({radius:?}, Sgd::new({}))", rate.text);
        plain(dice, Said::new(Sam::new(radius, Sgd::new(rate.value)), text))
    },
    |dice| {
        let (a, b, c, rate) = (dice.size(), dice.tiny(), dice.share(), rate(dice));
        let text = format!(
            "ClipNorm::new({a:?}).then(Decay::l2({b:?})).then(Sgd::new({})).then(Ema::new({c:?}))",
            rate.text
        );
        let chain =
            ClipNorm::new(a).then(Decay::l2(b)).then(Sgd::new(rate.value)).then(Ema::new(c));
        plain(dice, Said::new(chain, text))
    },
    |dice| {
        let (a, seed, rate) = (dice.tiny(), dice.seed(), rate(dice));
        let text =
            format!("AllFinite.then(Noise::new({a:?}, {seed})).then(Momentum::new({}))", rate.text);
        plain(
            dice,
            Said::new(AllFinite.then(Noise::new(a, seed)).then(Momentum::new(rate.value)), text),
        )
    },
    |dice| {
        let (a, b, c, rate) = (dice.size(), dice.share(), dice.size(), rate(dice));
        let text = format!(
            "ClipValue::new({a:?}).then(ClipAdaptive::new({b:?})).then(Scale::new({c:?}))\
             .then(Adam::new({})).then(Swa::default())",
            rate.text
        );
        let clips = ClipValue::new(a).then(ClipAdaptive::new(b)).then(Scale::new(c));
        plain(dice, Said::new(clips.then(Adam::new(rate.value)).then(Swa::default()), text))
    },
];

pub fn rule(dice: &mut Dice) -> Said<Any> {
    let i = dice.index(RULES.len() + WRAPPERS.len());
    RULES.get(i).unwrap_or_else(|| &WRAPPERS[i - RULES.len()])(dice)
}

/// Methods that work on the terms of a sum.
pub fn mini_batches(dice: &mut Dice) -> Said<Any> {
    let (step, size, seed) = (dice.size(), dice.small(), dice.seed());
    macro_rules! batches {
        ($rule:ident) => {{
            let rate = rate(dice);
            let text = format!("{}::new({}).batches({size}, {seed})", stringify!($rule), rate.text);
            let said = Said::new($rule::new(rate.value).batches(size, seed), text);
            settings!(dice, said, measure_every(few_steps)).map(Solver::boxed)
        }};
    }
    macro_rules! reduced {
        ($said:expr $(, $setter:ident())?) => {
            settings!(dice, $said, batch_size(small), inner(small), seed(seed) $(, $setter())?)
                .map(Solver::boxed)
        };
    }
    match dice.index(8) {
        0 => batches!(Sgd),
        1 => batches!(Adam),
        2 => batches!(Momo),
        3 => batches!(ScheduleFreeAdamW),
        4 => reduced!(Said::new(Svrg::new(step), format!("Svrg::new({step:?})")), random_iterate()),
        5 => {
            reduced!(Said::new(Sarah::new(step), format!("Sarah::new({step:?})")), random_iterate())
        }
        6 => reduced!(Said::new(Saga::new(step), format!("Saga::new({step:?})"))),
        _ => {
            let (smooth, convex) = (dice.size(), dice.tiny());
            let text = format!("Katyusha::new({smooth:?}, {convex:?})");
            reduced!(Said::new(Katyusha::new(smooth, convex), text))
        }
    }
}
