//! Adaptive first-order methods: update rules that map a gradient to a step, for gradients that you compute.
//!
//! A rule is plain configuration ([`Adam::new(1e-3)`](Adam)); started for n parameters of `f32` or `f64` it becomes an
//! [`Updater`]. Rules form chains with clipping and weight decay ([`Rule::then`]), which run in one pass over memory;
//! their rates are numbers or [schedules](crate::schedule). Defaults are PyTorch's where it has the rule.
//!
//! In the formulas of the rules, x are the parameters, g is the gradient and t the number of the step, from 1. A hat,
//! as in m̂, marks an average corrected for its bias. Apart from norms, sums and products with a transpose, all
//! operations are component by component.

mod as_solver;
mod chain;
mod groups;
mod iteration;
mod kept;
mod memories;
mod number;
mod pass;
mod rule;
mod rules;
mod slots;
mod solver;
mod state;
mod stepper;
mod updater;

pub use chain::Chain;
pub use groups::Groups;
pub use number::{Float, Lanes, Number};
pub use rule::{Entry, Now, Rule, Sums, Values};
pub use rules::{
    AcceleratedGradient, Accumulate, AdEmaMix, AdaBelief, AdaBound, AdaMax, Adadelta, Adafactor,
    Adagrad, Adam, AdamW, Adan, Adopt, AggMo, AllFinite, AmsBound, AmsGrad, Asgd, ClipAdaptive,
    ClipNorm, ClipValue, DAdaptAdaGrad, DAdaptAdam, DAdaptLion, DAdaptSgd, Decay, DoWg, Dog, Ema,
    Lamb, Lars, Lion, Lookahead, Madgrad, Momentum, Momo, MomoAdam, Nadam, Nesterov, Noise,
    NovoGrad, PolyakStep, Prodigy, QhAdam, Qhm, RAdam, RmsProp, Rprop, Sam, Scale,
    ScheduleFreeAdamW, ScheduleFreeRAdam, ScheduleFreeSgd, Sgd, SignSgd, Signum, Sophia, Swa,
    Swats, Yogi,
};
pub use slots::{Columns, Slots};
pub use solver::FirstOrder;
pub use state::FirstOrderState;
pub use updater::{Update, Updater, UpdaterState};
