//! Methods that use norms, distances or the cost, and methods that average.

use extremum::first_order::{
    DAdaptAdaGrad, DAdaptAdam, DAdaptLion, DAdaptSgd, Decay, DoWg, Dog, Lamb, Lars, Momo, MomoAdam,
    NovoGrad, PolyakStep, Prodigy, Rule, Scale, ScheduleFreeAdamW, ScheduleFreeRAdam,
    ScheduleFreeSgd,
};
use extremum::schedule::{Rate, Warmup};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match (&*case.lib, &*case.opt) {
        ("optax", "lamb") => started(lamb(o), case),
        ("optax", "lars") => started(lars(o), case),
        ("optax", "novograd") => started(novograd(o), case),
        ("pytorch_optimizer", "NovoGrad") => kozistr_novograd(case, o),
        ("optax", "schedule_free_sgd") => started(optax_schedule_free_sgd(o), case),
        ("optax", "schedule_free_adamw") => started(optax_schedule_free_adamw(o), case),
        ("schedulefree", "SGDScheduleFree") => started(schedule_free_sgd(o), case),
        ("schedulefree", "AdamWScheduleFree") => started(schedule_free_adamw(o), case),
        ("schedulefree", "RAdamScheduleFree") => started(schedule_free_radam(o), case),
        ("optax", "prodigy") => started(optax_prodigy(o), case),
        ("prodigyopt", "Prodigy") => prodigy(case, o),
        ("optax", "dadapt_adamw") => started(optax_dadapt_adamw(o), case),
        ("dadaptation", "DAdaptAdam") => dadapt_adam(case, o),
        ("dadaptation", "DAdaptAdaGrad") => started(dadapt_adagrad(o), case),
        ("dadaptation", "DAdaptSGD") => started(dadapt_sgd(o), case),
        ("dadaptation", "DAdaptLion") => started(dadapt_lion(o), case),
        ("optax", "dog") => dog(case, o),
        ("optax", "dowg") => started(dowg(o), case),
        ("optax", "polyak_sgd") => started(polyak_sgd(o), case),
        ("optax", "momo") => started(momo(o), case),
        ("optax", "momo_adam") => started(momo_adam(o), case),
        _ => None,
    }
}

fn lamb(o: &Options) -> Lamb {
    Lamb::new(o.or("learning_rate", f64::NAN))
        .betas(o.or("b1", 0.9), o.or("b2", 0.999))
        .epsilon(o.or("eps", 1e-6))
        .epsilon_root(o.or("eps_root", 0.0))
        .decay(o.or("weight_decay", 0.0))
}

fn lars(o: &Options) -> Lars {
    if !o.flag("trust_ratio_mask", true) {
        o.refuse("a trust_ratio_mask");
    }
    let decays = o.flag("weight_decay_mask", true);
    let rule = Lars::new(o.or("learning_rate", f64::NAN))
        .momentum(o.or("momentum", 0.9))
        .trust(o.or("trust_coefficient", 1e-3))
        .epsilon(o.or("eps", 0.0))
        .decay(if decays { o.or("weight_decay", 0.0) } else { 0.0 });
    if o.is("nesterov") { rule.nesterov() } else { rule }
}

fn novograd(o: &Options) -> NovoGrad {
    NovoGrad::new(o.or("learning_rate", f64::NAN))
        .betas(o.or("b1", 0.9), o.or("b2", 0.25))
        .epsilon(o.or("eps", 1e-6))
        .epsilon_root(o.or("eps_root", 0.0))
        .decay(o.or("weight_decay", 0.0))
}

fn kozistr_novograd(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let (rate, lambda) = (o.or("lr", 1e-3), o.or("weight_decay", 0.0));
    let [b1, b2] = o.list("betas", [0.95, 0.98]);
    let mut rule = NovoGrad::new(rate).betas(b1, b2).epsilon(o.or("eps", 1e-8));
    if o.is("grad_averaging") {
        rule = rule.gradient_averaging();
    }
    if o.is("adam_debias") {
        rule = rule.rate_correction();
    }
    let sign = Scale::new(if o.is("maximize") { -1.0 } else { 1.0 });
    let fixed = o.is("fixed_decay");
    // The coupled decay is added to the gradient after its division.
    if !o.is("weight_decouple") {
        started(sign.then(rule.decay(lambda)), case)
    } else if fixed {
        started(sign.then(Decay::fixed(lambda)).then(rule), case)
    } else {
        started(sign.then(Decay::decoupled(lambda, rate)).then(rule), case)
    }
}

/// The learning rate of optax: the warm-up starts at 0.
fn optax_warm_up(o: &Options, default: f64) -> Rate {
    let rate = o.or("learning_rate", default);
    match o.number("warmup_steps") {
        None => rate.into(),
        // A linear schedule without steps stays at its start.
        Some(0.0) => 0.0.into(),
        Some(steps) => Warmup::new(0.0, steps as u64, rate).into(),
    }
}

fn optax_schedule_free_sgd(o: &Options) -> ScheduleFreeSgd {
    ScheduleFreeSgd::new(optax_warm_up(o, 1.0))
        .weights_ahead()
        .beta(o.or("b1", 0.9))
        .decay(o.or("weight_decay", 0.0))
        .weight_rate_power(o.or("weight_lr_power", 2.0))
}

fn optax_schedule_free_adamw(o: &Options) -> ScheduleFreeAdamW {
    ScheduleFreeAdamW::new(optax_warm_up(o, 0.0025))
        .weights_ahead()
        .beta(o.or("b1", 0.9))
        .beta2(o.or("b2", 0.999))
        .epsilon(o.or("eps", 1e-8))
        .decay(o.or("weight_decay", 0.0))
        .weight_rate_power(o.or("weight_lr_power", 2.0))
}

/// The learning rate of schedulefree: the warm-up starts one step above 0.
fn warm_up(o: &Options, default: f64) -> Rate {
    let (rate, steps) = (o.or("lr", default), o.or("warmup_steps", 0.0));
    if steps > 1.0 { Warmup::new(rate / steps, steps as u64 - 1, rate).into() } else { rate.into() }
}

fn schedule_free_sgd(o: &Options) -> ScheduleFreeSgd {
    ScheduleFreeSgd::new(warm_up(o, 1.0))
        .beta(o.or("momentum", 0.9))
        .decay(o.or("weight_decay", 0.0))
        .weight_power(o.or("r", 0.0))
        .weight_rate_power(o.or("weight_lr_power", 2.0))
}

fn schedule_free_adamw(o: &Options) -> ScheduleFreeAdamW {
    let [b1, b2] = o.list("betas", [0.9, 0.999]);
    ScheduleFreeAdamW::new(warm_up(o, 0.0025))
        .beta(b1)
        .beta2(b2)
        .epsilon(o.or("eps", 1e-8))
        .decay(o.or("weight_decay", 0.0))
        .weight_power(o.or("r", 0.0))
        .weight_rate_power(o.or("weight_lr_power", 2.0))
}

fn schedule_free_radam(o: &Options) -> ScheduleFreeRAdam {
    let [b1, b2] = o.list("betas", [0.9, 0.999]);
    let rule = ScheduleFreeRAdam::new(o.or("lr", 0.0025))
        .beta(b1)
        .beta2(b2)
        .epsilon(o.or("eps", 1e-8))
        .decay(o.or("weight_decay", 0.0))
        .weight_power(o.or("r", 0.0))
        .weight_rate_power(o.or("weight_lr_power", 2.0));
    if o.flag("silent_sgd_phase", true) { rule } else { rule.gradient_steps() }
}

fn optax_prodigy(o: &Options) -> Prodigy {
    let [b1, b2] = o.list("betas", [0.9, 0.999]);
    let rule = Prodigy::new(o.or("learning_rate", 1.0))
        .betas(b1, b2)
        .beta3(o.or("beta3", b2.sqrt()))
        .epsilon(o.or("eps", 1e-8))
        .decay(o.or("weight_decay", 0.0))
        .initial_distance(o.or("estim_lr0", 1e-6))
        .coefficient(o.or("estim_lr_coef", 1.0))
        .bias_correction()
        .old_distance();
    if o.is("safeguard_warmup") { rule.safeguard_warm_up() } else { rule }
}

fn prodigy(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let ([b1, b2], lambda) = (o.list("betas", [0.9, 0.999]), o.or("weight_decay", 0.0));
    let mut rule = Prodigy::new(o.or("lr", 1.0))
        .betas(b1, b2)
        .beta3(o.or("beta3", b2.sqrt()))
        .epsilon(o.or("eps", 1e-8))
        .initial_distance(o.or("d0", 1e-6))
        .coefficient(o.or("d_coef", 1.0))
        .growth(o.or("growth_rate", f64::INFINITY))
        .every(o.or("slice_p", 1.0) as u64);
    if o.is("use_bias_correction") {
        rule = rule.bias_correction();
    }
    if o.is("safeguard_warmup") {
        rule = rule.safeguard_warm_up();
    }
    of_dadaptation(o);
    if o.flag("decouple", true) {
        started(rule.decay(lambda), case)
    } else {
        started(Decay::l2(lambda).then(rule), case)
    }
}

/// Marks as read the options that change no number.
fn of_dadaptation(o: &Options) {
    o.get("log_every");
    o.get("fsdp_in_use");
}

fn optax_dadapt_adamw(o: &Options) -> DAdaptAdam {
    let [b1, b2] = o.list("betas", [0.9, 0.999]);
    DAdaptAdam::new(o.or("learning_rate", 1.0))
        .betas(b1, b2)
        .epsilon(o.or("eps", 1e-8))
        .decay(o.or("weight_decay", 0.0))
        .initial_distance(o.or("estim_lr0", 1e-6))
        .bias_correction()
}

fn dadapt_adam(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let ([b1, b2], lambda) = (o.list("betas", [0.9, 0.999]), o.or("weight_decay", 0.0));
    let mut rule = DAdaptAdam::new(o.or("lr", 1.0))
        .betas(b1, b2)
        .epsilon(o.or("eps", 1e-8))
        .initial_distance(o.or("d0", 1e-6))
        .growth(o.or("growth_rate", f64::INFINITY));
    if o.is("use_bias_correction") {
        rule = rule.bias_correction();
    }
    of_dadaptation(o);
    if o.is("decouple") {
        started(rule.decay(lambda), case)
    } else {
        started(Decay::l2(lambda).then(rule), case)
    }
}

fn dadapt_adagrad(o: &Options) -> impl Rule {
    of_dadaptation(o);
    let rule = DAdaptAdaGrad::new(o.or("lr", 1.0))
        .momentum(o.or("momentum", 0.0))
        .epsilon(o.or("eps", 1e-6))
        .initial_distance(o.or("d0", 1e-6))
        .growth(o.or("growth_rate", f64::INFINITY));
    Decay::l2(o.or("weight_decay", 0.0)).then(rule)
}

fn dadapt_sgd(o: &Options) -> DAdaptSgd {
    of_dadaptation(o);
    DAdaptSgd::new(o.or("lr", 1.0))
        .momentum(o.or("momentum", 0.0))
        .decay(o.or("weight_decay", 0.0))
        .initial_distance(o.or("d0", 1e-6))
        .growth(o.or("growth_rate", f64::INFINITY))
}

fn dadapt_lion(o: &Options) -> DAdaptLion {
    let [b1, b2] = o.list("betas", [0.9, 0.99]);
    of_dadaptation(o);
    DAdaptLion::new(o.or("lr", 1.0))
        .betas(b1, b2)
        .decay(o.or("weight_decay", 0.0))
        .initial_distance(o.or("d0", 1e-6))
}

fn dog(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rule = Dog::new(o.or("learning_rate", 1.0)).epsilon(o.or("eps", 1e-8));
    let init = o.get("init_step");
    let size = init.and_then(|init| init.get(1)?.as_f64());
    let rule = match (init.and_then(|init| init.get(0)?.as_str()), size) {
        (Some("distance"), Some(size)) => rule.initial_distance(size),
        (Some("heuristic"), Some(size)) => rule.relative_distance(size),
        (Some("learning_rate"), Some(size)) => rule.initial_rate(size),
        (None, None) => rule,
        _ => {
            o.refuse("this init_step");
            return None;
        }
    };
    started(Decay::l2(o.or("weight_decay", 0.0)).then(rule), case)
}

fn dowg(o: &Options) -> impl Rule {
    let epsilon = o.or("eps", 1e-4);
    let rule = DoWg::new(o.or("learning_rate", 1.0))
        .epsilon(epsilon)
        .initial_square(o.or("init_estim_sq_dist", epsilon));
    Decay::l2(o.or("weight_decay", 0.0)).then(rule)
}

fn polyak_sgd(o: &Options) -> PolyakStep {
    let rule = PolyakStep::new(o.or("max_learning_rate", 1.0))
        .minimum(o.or("f_min", 0.0))
        .scaling(o.or("scaling", 1.0))
        .epsilon(o.or("eps", 0.0));
    match o.text("variant") {
        None | Some("sps") => rule,
        Some("sps+") => rule.never_climb(),
        Some(_) => {
            o.refuse("this variant");
            rule
        }
    }
}

fn momo(o: &Options) -> Momo {
    let rule = Momo::new(o.or("learning_rate", 1.0))
        .beta(o.or("beta", 0.9))
        .lower_bound(o.or("lower_bound", 0.0))
        .decay(o.or("weight_decay", 0.0));
    if o.is("adapt_lower_bound") { rule.adaptive_bound() } else { rule }
}

fn momo_adam(o: &Options) -> MomoAdam {
    let rule = MomoAdam::new(o.or("learning_rate", 1e-2))
        .betas(o.or("b1", 0.9), o.or("b2", 0.999))
        .epsilon(o.or("eps", 1e-8))
        .lower_bound(o.or("lower_bound", 0.0))
        .decay(o.or("weight_decay", 0.0));
    if o.is("adapt_lower_bound") { rule.adaptive_bound() } else { rule }
}
