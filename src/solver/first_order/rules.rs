//! The rules, one file each.

mod accumulate;
mod adadelta;
mod adagrad;
mod adam;
mod all_finite;
mod average;
mod clip;
mod d_adapt_ada_grad;
mod d_adapt_adam;
mod d_adapt_lion;
mod d_adapt_sgd;
mod decay;
mod dog;
mod lamb;
mod lars;
mod lion;
mod lookahead;
mod momo;
mod noise;
mod novo_grad;
mod polyak_step;
mod prodigy;
mod rms_prop;
mod sam;
mod scale;
mod schedule_free;
mod sgd;
mod sophia;

pub use accumulate::Accumulate;
pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW, AmsGrad};
pub use all_finite::AllFinite;
pub use average::{Ema, Swa};
pub use clip::{ClipAdaptive, ClipNorm, ClipValue};
pub use d_adapt_ada_grad::DAdaptAdaGrad;
pub use d_adapt_adam::DAdaptAdam;
pub use d_adapt_lion::DAdaptLion;
pub use d_adapt_sgd::DAdaptSgd;
pub use decay::Decay;
pub use dog::{DoWg, Dog};
pub use lamb::Lamb;
pub use lars::Lars;
pub use lion::Lion;
pub use lookahead::Lookahead;
pub use momo::{Momo, MomoAdam};
pub use noise::Noise;
pub use novo_grad::NovoGrad;
pub use polyak_step::PolyakStep;
pub use prodigy::Prodigy;
pub use rms_prop::RmsProp;
pub use sam::Sam;
pub use scale::Scale;
pub use schedule_free::{ScheduleFreeAdamW, ScheduleFreeRAdam, ScheduleFreeSgd};
pub use sgd::{Momentum, Nesterov, Sgd};
pub use sophia::Sophia;

use crate::Error;
use crate::error::check;

/// Makes rules solvers, and gives them without a trait in scope what users write first.
macro_rules! startable {
    ($($rule:ty),+) => {$(
        crate::solver::first_order::solver::solver!([] $rule);

        impl $rule {
            /// The rule on mini-batches of `size` terms of a sum, in an order that `seed` determines: see
            /// [`FirstOrder::batches`](crate::first_order::FirstOrder::batches).
            pub fn batches(self, size: usize, seed: u64) -> crate::first_order::FirstOrder<Self> {
                crate::first_order::FirstOrder::new(self).batches(size, seed)
            }
            /// The rule with a state for n parameters, for gradients of your own.
            pub fn start<T: crate::first_order::Float>(
                self,
                n: usize,
            ) -> crate::first_order::Updater<T, Self> {
                crate::first_order::Rule::start(self, n)
            }
        }
    )+};
}
use startable;

/// A share that is left of an average after a step: 0 to 1, 1 excluded.
fn check_beta(name: &'static str, beta: f64) -> Result<(), Error> {
    check((0.0..1.0).contains(&beta), name, beta, "0 to 1, 1 excluded")
}

/// A number without a sign: finite, at least 0.
fn check_size(name: &'static str, size: f64) -> Result<(), Error> {
    check(size >= 0.0 && size.is_finite(), name, size, "finite, at least 0")
}

/// A number that something is divided by: finite, above 0.
fn check_above_0(name: &'static str, size: f64) -> Result<(), Error> {
    check(size > 0.0 && size.is_finite(), name, size, "finite, above 0")
}

/// A factor that an estimate may grow by in a step; any, when it is infinite.
fn check_growth(growth: f64) -> Result<(), Error> {
    check(growth >= 1.0, "growth", growth, "at least 1")
}

/// The estimate of a distance after a step: it never falls, and grows by no more than `growth`. A candidate that is not
/// finite, 0/0 while all gradients were zero, is none.
fn grown(estimate: f64, candidate: f64, growth: f64) -> f64 {
    if candidate.is_finite() { estimate.max(candidate.min(estimate * growth)) } else { estimate }
}
