//! Adam and its relatives in pytorch_optimizer.

use extremum::first_order::{AdEmaMix, AdaBelief, AdaMax, Adan, Adopt, RAdam, Rule, Yogi};
use extremum::schedule::by_step;

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", if case.opt == "Yogi" { 1e-2 } else { 1e-3 });
    let betas = || o.list("betas", [0.9, 0.999]);
    let corrected = || !o.is("adam_debias");
    match &*case.opt {
        "AdaBelief" => {
            let rule = adabelief(rate, o).bias_correction(corrected(), true);
            without(o, &["adanorm"])?;
            o.get("adanorm_r");
            started(o.kozistr_prefix(rate, true).then(rule), case)
        }
        "AdaMax" => {
            let [b1, b2] = betas();
            let rule = AdaMax::new(rate).betas(b1, b2).epsilon(o.or("eps", 1e-8));
            without(o, &["adanorm"])?;
            let rule = rule.bias_correction(corrected());
            started(o.kozistr_prefix(rate, false).then(rule), case)
        }
        "RAdam" => {
            let [b1, b2] = betas();
            let mut rule = RAdam::new(rate).betas(b1, b2).epsilon(o.or("eps", 1e-8));
            rule = rule.threshold(o.or("n_sma_threshold", 5.0)).bias_correction(corrected(), true);
            if !o.is("degenerated_to_sgd") {
                rule = rule.waiting();
            }
            // Steps that do not move do not decay; a coupled decay is read but not used.
            without(o, &["adanorm", "fixed_decay"])?;
            let decay = o.or("weight_decay", 0.0);
            let decay = if o.flag("weight_decouple", true) { decay } else { 0.0 };
            started(o.sign().then(rule.decay(decay)), case)
        }
        "Yogi" => {
            let [b1, b2] = betas();
            let rule = Yogi::new(rate).betas(b1, b2).epsilon(o.or("eps", 1e-3));
            let rule = rule.initial(o.or("initial_accumulator", 1e-6));
            let rule = rule.bias_correction(corrected(), true);
            started(o.kozistr_prefix(rate, true).then(rule), case)
        }
        "Adan" => {
            let [b1, b2, b3] = o.list("betas", [0.98, 0.92, 0.99]);
            let rule = Adan::new(rate).betas(b1, b2, b3).epsilon(o.or("eps", 1e-8));
            let rule = rule.decay(o.or("weight_decay", 0.0));
            let rule = if o.is("weight_decouple") { rule.decoupled() } else { rule };
            without(o, &["adanorm", "use_gc"])?;
            if o.or("max_grad_norm", 0.0) != 0.0 {
                o.refuse("no option max_grad_norm");
                return None;
            }
            started(o.sign().then(rule), case)
        }
        "ADOPT" => {
            let [b1, b2] = o.list("betas", [0.9, 0.9999]);
            let rule = Adopt::new(rate).betas(b1, b2).epsilon(o.or("eps", 1e-6));
            without(o, &["cautious", "stable_adamw"])?;
            // It counts this step too.
            let rule = rule.clip(by_step(|steps| (steps as f64 + 1.0).powf(0.25)));
            started(o.kozistr_prefix(rate, false).then(rule), case)
        }
        "AdEMAMix" => {
            let [b1, b2, b3] = o.list("betas", [0.9, 0.999, 0.9999]);
            let rule = AdEmaMix::new(rate).betas(b1, b2, b3).alpha(o.or("alpha", 5.0));
            let mut rule = rule.epsilon(o.or("eps", 1e-8));
            if let Some(steps) = o.number("t_alpha_beta3") {
                rule = rule.warmup(steps);
            }
            without(o, &["cautious", "stable_adamw"])?;
            started(o.kozistr_prefix(rate, false).then(rule), case)
        }
        _ => None,
    }
}

fn adabelief(rate: f64, o: &Options) -> AdaBelief {
    let ([b1, b2], epsilon) = (o.list("betas", [0.9, 0.999]), o.or("eps", 1e-16));
    let mut rule = AdaBelief::new(rate).betas(b1, b2).epsilon(epsilon).epsilon_root(epsilon);
    let threshold = o.or("n_sma_threshold", 5.0);
    let waits = !o.flag("degenerated_to_sgd", true);
    if o.is("rectify") {
        rule = rule.threshold(threshold);
        if waits {
            rule = rule.waiting();
        }
    }
    if o.is("ams_bound") { rule.amsgrad() } else { rule }
}

/// Refuses options that this library does not have, when they are true.
fn without(o: &Options, names: &[&'static str]) -> Option<()> {
    for name in names {
        if o.is(name) {
            o.refuse(format!("no option {name}"));
            return None;
        }
    }
    Some(())
}
