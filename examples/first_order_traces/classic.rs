//! The methods of the textbooks, and those that look at signs.

use extremum::first_order::{Momentum, Nesterov, Rule, Sgd};

use super::{Case, Method, Options, started};

/// The rule of a case, when it is one of these.
pub fn method(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
    match (&*case.lib, &*case.opt) {
        ("torch", "SGD") => sgd(case, o),
        _ => None,
    }
}

fn sgd(case: &Case, o: &Options) -> Option<Box<dyn Method>> {
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
