//! Adaptive first-order methods: update rules that map a gradient to a step, for gradients of your own.
//!
//! A rule is plain configuration ([`Adam::new(1e-3)`](Adam)); started for n parameters of `f32` or `f64` it becomes an
//! [`Updater`]. Rules chain by type with clipping and weight decay ([`Rule::then`]) and run in one pass over memory;
//! their rates are numbers or [schedules](crate::schedule). Defaults are PyTorch's.

mod chain;
mod groups;
mod number;
mod pass;
mod rule;
mod rules;
mod slots;
mod updater;

pub use chain::Chain;
pub use groups::Groups;
pub use number::{Float, Lanes, Number};
pub use rule::{Entry, Now, Rule, Sums, Values};
pub use rules::{
    AcceleratedGradient, AdaBound, Adadelta, Adafactor, Adagrad, Adam, AdamW, AggMo, AmsBound,
    AmsGrad, Asgd, ClipNorm, ClipValue, Decay, Lion, Madgrad, Momentum, Nesterov, QhAdam, Qhm,
    RmsProp, Rprop, Scale, Sgd, SignSgd, Signum, Swats,
};
pub use slots::{Columns, Slots};
pub use updater::{Step, Updater, UpdaterState};
