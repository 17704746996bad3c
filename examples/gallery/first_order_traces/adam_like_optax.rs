//! Adam and its relatives in optax.

use extremum::first_order::{
    AdEmaMix, AdaBelief, AdaMax, Adam, AdamW, Adan, Adopt, AmsGrad, Nadam, RAdam, Yogi,
};
use extremum::schedule::Rate;

use super::super::schedules::schedule;
use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let betas = || [o.or("b1", 0.9), o.or("b2", 0.999)];
    let rate = || o.number("learning_rate");
    match &*case.opt {
        "adam" => adam(Adam::new(rate()?), o.is("nesterov"), case, o),
        "nadam" if !o.flag("nesterov", true) => adam(Adam::new(rate()?), false, case, o),
        "adamw" => adamw(rate()?.into(), o.is("nesterov"), case, o),
        "nadamw" if !o.flag("nesterov", true) => adamw(rate()?.into(), false, case, o),
        "adamw+warmup_cosine" => {
            for name in
                ["init_value", "peak_value", "warmup_steps", "decay_steps", "end_value", "exponent"]
            {
                o.get(name);
            }
            let options = case.hyper.as_object()?;
            let rate = schedule("optax", "warmup_cosine_decay_schedule", None, options)?;
            adamw(rate.into(), o.is("nesterov"), case, o)
        }
        "nadam" | "nadamw" => {
            let [b1, b2] = betas();
            let rule = Nadam::new(rate()?).constant_momentum().betas(b1, b2);
            let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
            let decay = if case.opt == "nadam" { 0.0 } else { o.or("weight_decay", 1e-4) };
            started(rule.decay(decay), case)
        }
        "amsgrad" => {
            let [b1, b2] = betas();
            let rule = AmsGrad::new(rate()?).betas(b1, b2).maximum_after_correction();
            let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
            let first = o.flag("bias_correction_mu", true);
            started(rule.bias_correction(first, o.flag("bias_correction_nu", true)), case)
        }
        "adamax" | "adamaxw" => {
            let [b1, b2] = betas();
            let decay = if case.opt == "adamax" { 0.0 } else { o.or("weight_decay", 1e-4) };
            let rule = AdaMax::new(rate()?).betas(b1, b2).epsilon(o.or("eps", 1e-8));
            started(rule.decay(decay), case)
        }
        "radam" => {
            let [b1, b2] = betas();
            let rule = RAdam::new(rate()?).betas(b1, b2).epsilon_after_correction();
            let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
            let rule = rule.threshold(o.or("threshold", 5.0));
            started(if o.is("nesterov") { rule.nesterov() } else { rule }, case)
        }
        "adabelief" => {
            let [b1, b2] = betas();
            let rule = AdaBelief::new(rate()?).betas(b1, b2);
            let rule = rule.epsilon(o.or("eps", 1e-16)).epsilon_root(o.or("eps_root", 1e-16));
            started(if o.is("nesterov") { rule.nesterov() } else { rule }, case)
        }
        "yogi" => {
            let [b1, b2] = betas();
            started(Yogi::new(rate()?).betas(b1, b2).epsilon(o.or("eps", 1e-3)), case)
        }
        "adan" => {
            let (b2, decay) = (o.or("b2", 0.92), o.or("weight_decay", 0.0));
            let rule = Adan::new(rate()?).betas(o.or("b1", 0.98), b2, o.or("b3", 0.99));
            let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 1e-8));
            started(rule.difference_weight(1.0 - b2).decoupled().decay(decay), case)
        }
        "adopt" => {
            let rule = Adopt::new(rate()?).betas(o.or("b1", 0.9), o.or("b2", 0.9999));
            let rule = rule.epsilon(o.or("eps", 1e-6));
            let rule = if o.flag("use_clipping", true) { rule } else { rule.without_clipping() };
            started(if o.is("nesterov") { rule.nesterov() } else { rule }, case)
        }
        "ademamix" => {
            let [b1, b2] = betas();
            let rule = AdEmaMix::new(rate()?).betas(b1, b2, o.or("b3", 0.9999));
            let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
            let rule = rule.alpha(o.or("alpha", 5.0)).decay(o.or("weight_decay", 0.0));
            started(rule, case)
        }
        _ => None,
    }
}

fn adam(rule: Adam, nesterov: bool, case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rule = rule.betas(o.or("b1", 0.9), o.or("b2", 0.999));
    let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
    started(if nesterov { rule.nesterov() } else { rule }, case)
}

fn adamw(rate: Rate, nesterov: bool, case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rule = AdamW::new(rate).betas(o.or("b1", 0.9), o.or("b2", 0.999));
    let rule = rule.epsilon(o.or("eps", 1e-8)).epsilon_root(o.or("eps_root", 0.0));
    let rule = rule.decay(o.or("weight_decay", 1e-4));
    started(if nesterov { rule.nesterov() } else { rule }, case)
}
