//! Adam and the rules that, like it, divide by the root of an average of squares.

#[path = "adam_like_kozistr.rs"]
mod kozistr;
#[path = "adam_like_optax.rs"]
mod optax;

use extremum::first_order::{AdaMax, Adam, AdamW, AmsGrad, Nadam, RAdam, Rule};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match &*case.lib {
        "torch" => torch(case, o),
        "optax" => optax::method(case, o),
        "pytorch_optimizer" => kozistr::method(case, o),
        "python" if case.opt == "AdamEpsHat" => {
            let rule = Adam::new(o.number("lr")?)
                .betas(o.number("beta1")?, o.number("beta2")?)
                .epsilon(o.number("eps_hat")?);
            started(rule.epsilon_hat(), case)
        }
        _ => None,
    }
}

fn torch(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", if matches!(&*case.opt, "Adamax" | "NAdam") { 2e-3 } else { 1e-3 });
    let betas = || o.list("betas", [0.9, 0.999]);
    let epsilon = || o.or("eps", 1e-8);
    match &*case.opt {
        "Adam" => {
            let ([b1, b2], epsilon) = (betas(), epsilon());
            let prefix = o.torch_prefix(rate, 0.0);
            if o.is("amsgrad") {
                let rule = AmsGrad::new(rate).betas(b1, b2).epsilon(epsilon);
                started(prefix.then(rule), case)
            } else {
                started(prefix.then(Adam::new(rate).betas(b1, b2).epsilon(epsilon)), case)
            }
        }
        "AdamW" => {
            let ([b1, b2], epsilon) = (betas(), epsilon());
            let decay = o.or("weight_decay", 1e-2);
            if o.is("amsgrad") {
                let rule = AmsGrad::new(rate).betas(b1, b2).epsilon(epsilon);
                started(o.sign().then(rule.decay(decay)), case)
            } else {
                let rule = AdamW::new(rate).betas(b1, b2).epsilon(epsilon);
                started(o.sign().then(rule.decay(decay)), case)
            }
        }
        "Adamax" => {
            let [b1, b2] = betas();
            let rule = AdaMax::new(rate).betas(b1, b2).epsilon(epsilon());
            started(o.torch_prefix(rate, 0.0).then(rule), case)
        }
        "NAdam" => {
            let [b1, b2] = betas();
            let rule = Nadam::new(rate).betas(b1, b2).epsilon(epsilon());
            let rule = rule.momentum_decay(o.or("momentum_decay", 4e-3));
            started(o.torch_prefix(rate, 0.0).then(rule), case)
        }
        "RAdam" => {
            let [b1, b2] = betas();
            let rule = RAdam::new(rate).betas(b1, b2).epsilon(epsilon());
            started(o.torch_prefix(rate, 0.0).then(rule), case)
        }
        _ => None,
    }
}
