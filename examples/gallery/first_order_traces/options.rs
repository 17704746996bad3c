//! The options of a case, by the names that its library uses.

use std::cell::RefCell;
use std::collections::BTreeSet;

use extremum::first_order::{Decay, Rule, Scale};
use serde_json::{Map, Value};

/// Options that affect how a library computes, but not the result.
const OF_THE_LIBRARY: [&str; 5] = ["foreach", "fused", "capturable", "differentiable", "mu_dtype"];

/// The options of a case. One that is absent or null has the library's default. Reads are recorded: an option that was
/// never read would be ignored.
pub struct Options<'a> {
    hyper: Option<&'a Map<String, Value>>,
    asked: RefCell<BTreeSet<&'static str>>,
    /// Why the values of some options are not supported.
    refused: RefCell<Option<String>>,
}

impl<'a> Options<'a> {
    pub fn new(hyper: &'a Value) -> Self {
        let asked = RefCell::new(BTreeSet::from(OF_THE_LIBRARY));
        Self { hyper: hyper.as_object(), asked, refused: RefCell::new(None) }
    }

    /// Why a case cannot be run: what was refused.
    pub fn refusal(&self) -> Option<String> {
        self.refused.borrow().clone()
    }

    /// The options that were not read.
    pub fn unknown(&self) -> Option<String> {
        let asked = self.asked.borrow();
        let given = self.hyper?.iter().filter(|(_, value)| !value.is_null());
        let unknown: Vec<&str> =
            given.map(|(name, _)| name.as_str()).filter(|name| !asked.contains(name)).collect();
        (!unknown.is_empty()).then(|| format!("no option {}", unknown.join(" ")))
    }

    /// Records that this value of an option is not supported.
    pub fn refuse(&self, why: impl Into<String>) {
        *self.refused.borrow_mut() = Some(why.into());
    }

    pub fn get(&self, name: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(name);
        self.hyper?.get(name).filter(|value| !value.is_null())
    }

    /// A number, if it is there.
    pub fn number(&self, name: &'static str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    /// A number, or the library's default.
    pub fn or(&self, name: &'static str, default: f64) -> f64 {
        self.number(name).unwrap_or(default)
    }

    pub fn is(&self, name: &'static str) -> bool {
        self.flag(name, false)
    }

    pub fn flag(&self, name: &'static str, default: bool) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    pub fn text(&self, name: &'static str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// A list of numbers, or the library's default.
    pub fn list<const N: usize>(&self, name: &'static str, default: [f64; N]) -> [f64; N] {
        let given = self.get(name);
        std::array::from_fn(|k| {
            given.and_then(|list| list.get(k)).and_then(Value::as_f64).unwrap_or(default[k])
        })
    }

    /// `maximize` of torch and pytorch_optimizer.
    pub fn sign(&self) -> Scale {
        Scale::new(if self.is("maximize") { -1.0 } else { 1.0 })
    }

    /// What torch does to a gradient first: `maximize`, then its coupled or decoupled `weight_decay`.
    pub fn torch_prefix(&self, rate: f64, default_decay: f64) -> impl Rule {
        let lambda = self.or("weight_decay", default_decay);
        let decay = if self.is("decoupled_weight_decay") {
            Decay::decoupled(lambda, rate)
        } else {
            Decay::l2(lambda)
        };
        self.sign().then(decay)
    }

    /// The same of pytorch_optimizer, where `weight_decouple` and `fixed_decay` say which decay it is.
    pub fn kozistr_prefix(&self, rate: f64, decoupled: bool) -> impl Rule {
        let lambda = self.or("weight_decay", 0.0);
        let (decoupled, fixed) = (self.flag("weight_decouple", decoupled), self.is("fixed_decay"));
        let decay = match (decoupled, fixed) {
            (false, _) => Decay::l2(lambda),
            (true, false) => Decay::decoupled(lambda, rate),
            (true, true) => Decay::fixed(lambda),
        };
        self.sign().then(decay)
    }
}
