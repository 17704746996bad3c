//! Methods with bounds on their rates, and those that look at signs.

use extremum::first_order::{AdaBound, AmsBound, Decay, Rule};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match (&*case.lib, &*case.opt) {
        ("pytorch_optimizer", "AdaBound") => {
            // It takes this option, and drops it.
            o.is("adam_debias");
            let prefix = o.kozistr_prefix(o.or("lr", 1e-3), true);
            let betas = o.list("betas", [0.9, 0.999]);
            ada_bound(case, o, prefix, betas, 1e-15, o.is("ams_bound"))
        }
        ("python", "AdaBound") => {
            let betas = [o.or("beta1", 0.9), o.or("beta2", 0.999)];
            ada_bound(case, o, Decay::l2(0.0), betas, 0.0, o.is("amsbound"))
        }
        _ => None,
    }
}

fn ada_bound(
    case: &Case,
    o: &Options,
    prefix: impl Rule,
    [b1, b2]: [f64; 2],
    root_epsilon: f64,
    is_ams: bool,
) -> Option<Box<dyn Method>> {
    let (rate, last) = (o.or("lr", 1e-3), o.or("final_lr", 0.1));
    let (gamma, epsilon) = (o.or("gamma", 1e-3), o.or("eps", 1e-8));
    if is_ams {
        let rule = AmsBound::new(rate).betas(b1, b2).final_rate(last).gamma(gamma);
        started(prefix.then(rule.epsilon(epsilon).root_epsilon(root_epsilon)), case)
    } else {
        let rule = AdaBound::new(rate).betas(b1, b2).final_rate(last).gamma(gamma);
        started(prefix.then(rule.epsilon(epsilon).root_epsilon(root_epsilon)), case)
    }
}
