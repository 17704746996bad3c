//! The rules, one file each.

mod accelerated_gradient;
mod accumulate;
mod ad_ema_mix;
mod ada_belief;
mod ada_bound;
mod ada_max;
mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adan;
mod adopt;
mod agg_mo;
mod all_finite;
mod asgd;
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
mod madgrad;
mod moments;
mod momo;
mod nadam;
mod noise;
mod novo_grad;
mod polyak_step;
mod prodigy;
mod quasi_hyperbolic;
mod r_adam;
mod rms_prop;
mod rprop;
mod sam;
mod scale;
mod schedule_free;
mod sgd;
mod sign;
mod sophia;
mod swats;
mod yogi;

pub use accelerated_gradient::AcceleratedGradient;
pub use accumulate::Accumulate;
pub use ad_ema_mix::AdEmaMix;
pub use ada_belief::AdaBelief;
pub use ada_bound::{AdaBound, AmsBound};
pub use ada_max::AdaMax;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW, AmsGrad};
pub use adan::Adan;
pub use adopt::Adopt;
pub use agg_mo::AggMo;
pub use all_finite::AllFinite;
pub use asgd::Asgd;
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
pub use madgrad::Madgrad;
pub use momo::{Momo, MomoAdam};
pub use nadam::Nadam;
pub use noise::Noise;
pub use novo_grad::NovoGrad;
pub use polyak_step::PolyakStep;
pub use prodigy::Prodigy;
pub use quasi_hyperbolic::{QhAdam, Qhm};
pub use r_adam::RAdam;
pub use rms_prop::RmsProp;
pub use rprop::Rprop;
pub use sam::Sam;
pub use scale::Scale;
pub use schedule_free::{ScheduleFreeAdamW, ScheduleFreeRAdam, ScheduleFreeSgd};
pub use sgd::{Momentum, Nesterov, Sgd};
pub use sign::{SignSgd, Signum};
pub use sophia::Sophia;
pub use swats::Swats;
pub use yogi::Yogi;

use super::as_solver::solver;
use crate::Error;
use crate::error::check;

/// The share of an average that a step keeps: 0 to 1, 1 excluded.
fn check_beta(name: &'static str, beta: f64) -> Result<(), Error> {
    check((0.0..1.0).contains(&beta), name, beta, "0 to 1, 1 excluded")
}

/// A nonnegative number: finite, at least 0.
fn check_size(name: &'static str, size: f64) -> Result<(), Error> {
    check(size >= 0.0 && size.is_finite(), name, size, "finite, at least 0")
}

/// A divisor: finite, above 0.
fn check_above_0(name: &'static str, size: f64) -> Result<(), Error> {
    check(size > 0.0 && size.is_finite(), name, size, "finite, above 0")
}

/// The factor by which an estimate may grow in a step; infinity does not limit it.
fn check_growth(growth: f64) -> Result<(), Error> {
    check(growth >= 1.0, "growth", growth, "at least 1")
}

/// The estimate of a distance after a step: it never decreases, and grows at most by the factor `growth`. A candidate
/// that is not finite, 0/0 while all gradients were zero, is ignored.
fn grown(estimate: f64, candidate: f64, growth: f64) -> f64 {
    if candidate.is_finite() { estimate.max(candidate.min(estimate * growth)) } else { estimate }
}
