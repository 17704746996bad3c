//! Rules with links and wrappers.

use extremum::first_order::{
    Accumulate, Adam, ClipAdaptive, ClipNorm, ClipValue, Lookahead, Momentum, Nesterov, Rule, Sgd,
};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    if case.lib != "optax" {
        return None;
    }
    match &*case.opt {
        "chain(clip_by_global_norm,adam)" => {
            let clip = ClipNorm::new(o.number("max_norm")?);
            started(clip.then(adam(o)?), case)
        }
        "chain(clip,sgd-momentum)" => before_sgd(ClipValue::new(o.number("max_delta")?), case, o),
        "chain(adaptive_grad_clip,sgd)" => {
            let clip = ClipAdaptive::new(o.number("clipping")?).epsilon(o.or("eps", 1e-3));
            before_sgd(clip, case, o)
        }
        "lookahead(adam)" => {
            let rule = Lookahead::new(adam(o)?)
                .period(o.number("sync_period")? as u64)
                .slow_step(o.number("slow_step_size")?);
            started(if o.is("reset_state") { rule.reset_state() } else { rule }, case)
        }
        // The number in the name is not that of the case.
        name if name.starts_with("apply_every(") && name.ends_with(")+adam") => {
            let rule = Accumulate::new(o.number("every_k")? as u64, adam(o)?);
            started(if o.flag("use_grad_mean", true) { rule } else { rule.sum() }, case)
        }
        _ => None,
    }
}

fn adam(o: &Options) -> Option<Adam> {
    let rule = Adam::new(o.number("learning_rate")?)
        .betas(o.or("b1", 0.9), o.or("b2", 0.999))
        .epsilon(o.or("eps", 1e-8))
        .epsilon_root(o.or("eps_root", 0.0));
    Some(if o.is("nesterov") { rule.nesterov() } else { rule })
}

fn before_sgd(link: impl Rule, case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let (rate, momentum) = (o.number("learning_rate")?, o.or("momentum", 0.0));
    // In optax the first velocity is the first gradient, whatever the momentum.
    if o.is("nesterov") {
        started(link.then(Nesterov::new(rate).momentum(momentum)), case)
    } else if momentum == 0.0 {
        started(link.then(Sgd::new(rate)), case)
    } else {
        started(link.then(Momentum::new(rate).momentum(momentum)), case)
    }
}
