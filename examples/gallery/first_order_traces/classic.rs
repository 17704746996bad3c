//! The textbook methods.

use extremum::first_order::{
    AcceleratedGradient, Adadelta, Adafactor, Adagrad, Asgd, Decay, Momentum, Nesterov, RmsProp,
    Rprop, Rule, Scale, Sgd,
};
use extremum::schedule::{Exponential, Rate};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match (&*case.lib, &*case.opt) {
        ("torch", "SGD") => torch_sgd(case, o),
        ("torch", "Adagrad") => torch_adagrad(case, o),
        ("torch", "Adadelta") => torch_adadelta(case, o),
        ("torch", "RMSprop") => torch_rms_prop(case, o),
        ("torch", "Rprop") => rprop(case, o),
        ("torch", "ASGD") => asgd(case, o),
        ("torch", "Adafactor") => adafactor(case, o),
        ("optax", "sgd") => optax_sgd(case, o, o.number("learning_rate")?.into()),
        ("optax", "sgd+exponential_decay") => optax_sgd(case, o, exponential_decay(o)?),
        ("optax", "adagrad") => optax_adagrad(case, o),
        ("optax", "adadelta") => optax_adadelta(case, o),
        ("optax", "rmsprop") => optax_rms_prop(case, o),
        ("python", "NesterovFista") => {
            started(AcceleratedGradient::new(o.number("lr")?).restart(false), case)
        }
        _ => None,
    }
}

fn torch_sgd(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1e-3);
    let (momentum, dampening) = (o.or("momentum", 0.0), o.or("dampening", 0.0));
    let prefix = o.torch_prefix(rate, 0.0);
    if o.is("nesterov") {
        started(prefix.then(Nesterov::new(rate).momentum(momentum)), case)
    } else if momentum == 0.0 {
        started(prefix.then(Sgd::new(rate)), case)
    } else {
        started(prefix.then(Momentum::new(rate).momentum(momentum).dampening(dampening)), case)
    }
}

fn optax_sgd(case: &Case, o: &Options, rate: Rate) -> Option<Box<dyn Method>> {
    let (momentum, nesterov) = (o.number("momentum"), o.is("nesterov"));
    match momentum {
        None => started(Sgd::new(rate), case),
        Some(momentum) if nesterov => started(Nesterov::new(rate).momentum(momentum), case),
        Some(momentum) => started(Momentum::new(rate).momentum(momentum), case),
    }
}

/// The exponential_decay of optax, which is constant for 0 steps and for a factor of 0.
fn exponential_decay(o: &Options) -> Option<Rate> {
    let (initial, steps) = (o.number("init_value")?, o.number("transition_steps")?);
    let (factor, begin) = (o.number("decay_rate")?, o.or("transition_begin", 0.0));
    let (staircase, end) = (o.is("staircase"), o.number("end_value"));
    if steps <= 0.0 || factor == 0.0 {
        return Some(initial.into());
    }
    let mut rate = Exponential::new(initial, factor).every(steps as u64).begin(begin as u64);
    if staircase {
        rate = rate.staircase();
    }
    if let Some(end) = end {
        rate = rate.end(end);
    }
    Some(rate.into())
}

fn torch_adagrad(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1e-2);
    let rule = Adagrad::new(rate)
        .rate_decay(o.or("lr_decay", 0.0))
        .initial(o.or("initial_accumulator_value", 0.0))
        .epsilon(o.or("eps", 1e-10));
    started(o.torch_prefix(rate, 0.0).then(rule), case)
}

fn optax_adagrad(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rule = Adagrad::new(o.number("learning_rate")?)
        .initial(o.or("initial_accumulator_value", 0.1))
        .epsilon(o.or("eps", 1e-7))
        .epsilon_inside();
    started(rule, case)
}

fn torch_adadelta(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1.0);
    let rule = Adadelta::new(rate).rho(o.or("rho", 0.9)).epsilon(o.or("eps", 1e-6));
    started(o.torch_prefix(rate, 0.0).then(rule), case)
}

fn optax_adadelta(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    // Without a learning rate optax does not change the sign either, and ascends.
    let (rate, sign) = o.number("learning_rate").map_or((1.0, -1.0), |rate| (rate, 1.0));
    let rule = Adadelta::new(rate).rho(o.or("rho", 0.9)).epsilon(o.or("eps", 1e-6));
    let decay = Decay::l2(o.or("weight_decay", 0.0));
    started(decay.then(Scale::new(sign)).then(rule), case)
}

fn torch_rms_prop(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1e-2);
    let mut rule = RmsProp::new(rate)
        .smoothing(o.or("alpha", 0.99))
        .epsilon(o.or("eps", 1e-8))
        .momentum(o.or("momentum", 0.0));
    if o.is("centered") {
        rule = rule.centred();
    }
    started(o.torch_prefix(rate, 0.0).then(rule), case)
}

fn optax_rms_prop(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let mut rule = RmsProp::new(o.number("learning_rate")?)
        .smoothing(o.or("decay", 0.9))
        .epsilon(o.or("eps", 1e-8))
        .initial(o.or("initial_scale", 0.0))
        .momentum(o.or("momentum", 0.0))
        .rate_inside();
    if o.flag("eps_in_sqrt", true) {
        rule = rule.epsilon_inside();
    }
    if o.is("centered") {
        rule = rule.centred();
    }
    if o.is("bias_correction") {
        rule = rule.bias_correction();
    }
    if o.is("nesterov") {
        rule = rule.nesterov();
    }
    started(rule, case)
}

fn rprop(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let [shrink, grow] = o.list("etas", [0.5, 1.2]);
    let [smallest, largest] = o.list("step_sizes", [1e-6, 50.0]);
    let rule = Rprop::new(o.or("lr", 1e-2)).factors(shrink, grow).step_sizes(smallest, largest);
    started(o.sign().then(rule), case)
}

fn asgd(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1e-2);
    let rule = Asgd::new(rate)
        .decay(o.or("lambd", 1e-4))
        .power(o.or("alpha", 0.75))
        .average_from(o.or("t0", 1e6));
    started(o.torch_prefix(rate, 0.0).then(rule), case)
}

fn adafactor(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    // The default of the first one, null, is the machine epsilon.
    let [epsilon, smallest] = o.list("eps", [f64::EPSILON, 1e-3]);
    let rule = Adafactor::new(o.or("lr", 1e-2))
        .exponent(o.or("beta2_decay", -0.8))
        .epsilon(epsilon)
        .smallest(smallest)
        .threshold(o.or("d", 1.0))
        .decay(o.or("weight_decay", 0.0));
    started(o.sign().then(rule), case)
}
