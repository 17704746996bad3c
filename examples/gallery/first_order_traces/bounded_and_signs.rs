//! Methods with bounded learning rates, methods that use signs, and methods with several averages of the gradient.

use extremum::first_order::{
    AdaBound, AggMo, AmsBound, Decay, Lion, Madgrad, QhAdam, Qhm, Rule, SignSgd, Signum, Swats,
};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match (&*case.lib, &*case.opt) {
        ("pytorch_optimizer", "AdaBound") => {
            drops(o);
            let prefix = o.kozistr_prefix(o.or("lr", 1e-3), true);
            let betas = o.list("betas", [0.9, 0.999]);
            ada_bound(case, o, prefix, betas, 1e-15, o.is("ams_bound"))
        }
        ("python", "AdaBound") => {
            let betas = [o.or("beta1", 0.9), o.or("beta2", 0.999)];
            ada_bound(case, o, Decay::l2(0.0), betas, 0.0, o.is("amsbound"))
        }
        ("pytorch_optimizer", "AggMo") => match o.get("betas").and_then(|list| list.as_array()) {
            None => agg_mo(case, o, [0.0, 0.9, 0.99]),
            Some(betas) => match betas.len() {
                1 => agg_mo(case, o, [0.0; 1]),
                2 => agg_mo(case, o, [0.0; 2]),
                3 => agg_mo(case, o, [0.0; 3]),
                4 => agg_mo(case, o, [0.0; 4]),
                5 => agg_mo(case, o, [0.0; 5]),
                6 => agg_mo(case, o, [0.0; 6]),
                _ => {
                    o.refuse("more than 6 betas, or none");
                    None
                }
            },
        },
        ("pytorch_optimizer", "Lion") => kozistr_lion(case, o),
        ("optax", "lion") => {
            let rule =
                Lion::new(o.number("learning_rate")?).betas(o.or("b1", 0.9), o.or("b2", 0.99));
            started(rule.decay(o.or("weight_decay", 1e-3)), case)
        }
        ("pytorch_optimizer", "MADGRAD") => madgrad(case, o),
        ("pytorch_optimizer", "QHM") => {
            let rate = o.or("lr", 1e-3);
            let rule = Qhm::new(rate).momentum(o.or("momentum", 0.0)).nu(o.or("nu", 1.0));
            started(o.kozistr_prefix(rate, false).then(rule), case)
        }
        ("python", "QHAdam") => {
            let rule = QhAdam::new(o.number("lr")?)
                .betas(o.or("beta1", 0.995), o.or("beta2", 0.999))
                .nus(o.or("nu1", 0.7), o.or("nu2", 1.0))
                .epsilon(o.or("eps", 1e-8));
            started(rule, case)
        }
        ("optax", "sign_sgd") => started(SignSgd::new(o.number("learning_rate")?), case),
        ("optax", "signum") => {
            started(Signum::new(o.number("learning_rate")?).beta(o.or("beta", 0.9)), case)
        }
        ("pytorch_optimizer", "SWATS") => swats(case, o),
        _ => None,
    }
}

/// AdaBound and SWATS of pytorch_optimizer accept this option and ignore it.
fn drops(o: &Options) {
    o.is("adam_debias");
}

fn ada_bound(
    case: &Case,
    o: &Options,
    prefix: impl Rule,
    [b1, b2]: [f64; 2],
    epsilon_root: f64,
    is_ams: bool,
) -> Option<Box<dyn Method>> {
    let (rate, last) = (o.or("lr", 1e-3), o.or("final_lr", 0.1));
    let (gamma, epsilon) = (o.or("gamma", 1e-3), o.or("eps", 1e-8));
    if is_ams {
        let rule = AmsBound::new(rate).betas(b1, b2).final_rate(last).gamma(gamma);
        started(prefix.then(rule.epsilon(epsilon).epsilon_root(epsilon_root)), case)
    } else {
        let rule = AdaBound::new(rate).betas(b1, b2).final_rate(last).gamma(gamma);
        started(prefix.then(rule.epsilon(epsilon).epsilon_root(epsilon_root)), case)
    }
}

fn agg_mo<const K: usize>(case: &Case, o: &Options, default: [f64; K]) -> Option<Box<dyn Method>> {
    let rate = o.or("lr", 1e-3);
    let rule = AggMo::new(rate, o.list("betas", default)).shared();
    started(o.kozistr_prefix(rate, false).then(rule), case)
}

fn kozistr_lion(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    // It centralizes the gradients of matrices only.
    o.is("use_gc");
    for name in ["cautious", "adanorm"] {
        if o.is(name) {
            o.refuse(format!("Lion with {name}"));
        }
    }
    let rate = o.or("lr", 1e-4);
    let [b1, b2] = o.list("betas", [0.9, 0.99]);
    started(o.kozistr_prefix(rate, true).then(Lion::new(rate).betas(b1, b2)), case)
}

fn madgrad(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    let lambda = o.or("weight_decay", 0.0);
    let (l2, own) = if o.is("weight_decouple") { (0.0, lambda) } else { (lambda, 0.0) };
    let rule = Madgrad::new(o.or("lr", 1e-3))
        .momentum(o.or("momentum", 0.9))
        .epsilon(o.or("eps", 1e-6))
        .decay(own);
    started(o.sign().then(Decay::l2(l2)).then(rule), case)
}

fn swats(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    drops(o);
    let (lambda, epsilon) = (o.or("weight_decay", 0.0), o.or("eps", 1e-6));
    let (before, own) = match (o.is("weight_decouple"), o.is("fixed_decay")) {
        (false, _) => (Decay::l2(lambda), 0.0),
        (true, true) => (Decay::fixed(lambda), 0.0),
        // The rate of this decay changes with the phase.
        (true, false) => (Decay::l2(0.0), lambda),
    };
    let [b1, b2] = o.list("betas", [0.9, 0.999]);
    let mut rule = Swats::new(o.or("lr", 1e-3))
        .betas(b1, b2)
        .epsilon(epsilon)
        .epsilon_root(1e-15)
        .tolerance(1e-8, epsilon)
        .decay(own);
    if o.is("ams_bound") {
        rule = rule.amsgrad();
    }
    if o.is("nesterov") {
        rule = rule.nesterov();
    }
    started(o.sign().then(before).then(rule), case)
}
