//! Learning rates that change with the number of steps.
//!
//! A [`Schedule`] is a pure function of t, the number of finished steps (t = 0 for the first step), so a resumed run
//! needs only t. Rates are absolute values, not factors of a base rate. A rule takes a [`Rate`]: a number or any
//! schedule. [`ReduceOnPlateau`] depends on the cost, and therefore has a state.
//!
//! | schedule | rate after t steps | names elsewhere |
//! |---|---|---|
//! | `f64` | a | constant |
//! | [`StepDecay`] | a γ^⌊t/k⌋ | StepLR |
//! | [`PiecewiseConstant`] | given values at given steps | MultiStepLR, ConstantLR |
//! | [`Interpolated`] | a curve through them | piecewise_interpolate |
//! | [`Exponential`] | a γ^(t/k) | exponential decay, ExponentialLR |
//! | [`Polynomial`] | e + (a - e) (1 - t/T)^p | PolynomialLR, LinearLR |
//! | [`InverseTime`] | a / (1 + k t/T) | hyperbolic decay |
//! | [`InverseSqrt`] | a / √max(t, w) | Noam |
//! | [`Cosine`] | e + (a - e) (1 + cos(π t/T)) / 2 | cosine decay, CosineAnnealingLR |
//! | [`WarmRestarts`] | cosines that start again | SGDR, cosine annealing with restarts |
//! | [`Warmup`] | a line up to any other schedule | gradual warm-up |
//! | [`WarmupStableDecay`] | up, level, down | WSD, trapezoidal |
//! | [`OneCycle`] | up to the peak, down to almost 0 | 1cycle, super-convergence |
//! | [`Cyclic`] | triangles | CyclicLR |
//! | [`by_step`] | any closure | LambdaLR |
//!
//! Combine them by [`then`](Schedule::then), [`times`](Schedule::times), [`scaled`](Schedule::scaled),
//! [`delayed`](Schedule::delayed).
//!
//! The four decays of the classical texts are exponential decay, [`Exponential`]; cosine decay, [`Cosine`]; piecewise
//! constant with a polynomial tail, [`PiecewiseConstant::polynomial_tail`]; and cosine annealing, [`Cosine::periodic`],
//! or with restarts [`WarmRestarts`].
//!
//! ```
//! use extremum::schedule::{Cosine, Rate, Schedule, Warmup};
//!
//! let rate = Rate::from(Warmup::new(0.0, 10, Cosine::new(0.1, 100)));
//! assert!((rate.at(5) - 0.05).abs() < 1e-15); // half-way up
//! assert!((rate.at(60) - 0.05).abs() < 1e-15); // half-way down
//! assert_eq!(rate.at(u64::MAX), 0.0);
//! assert!(Rate::from(f64::NAN).check().is_err());
//! ```

mod combine;
mod cosine;
mod curve;
mod cycle;
mod decay;
mod inverse;
mod piecewise;
mod plateau;
mod polynomial;
mod warmup;

use std::fmt::Debug;
use std::sync::Arc;

pub use combine::{ByStep, Delayed, Product, Scaled, Then, by_step};
pub use cosine::{Cosine, WarmRestarts};
pub use curve::Curve;
pub use cycle::{Cyclic, OneCycle};
pub use decay::{Exponential, StepDecay};
pub use inverse::{InverseSqrt, InverseTime};
pub use piecewise::{Interpolated, PiecewiseConstant};
pub use plateau::{Plateau, ReduceOnPlateau};
pub use polynomial::Polynomial;
pub use warmup::{Warmup, WarmupStableDecay};

use crate::Error;
use crate::error::check;

/// A learning rate as a pure function of the number of finished steps.
///
/// A number is the constant schedule; `Box<S>` and `Arc<S>` are schedules too. The schedules of this module, once their
/// [`check`](Self::check) is `Ok`, return a finite rate for every step.
pub trait Schedule: Debug + Send + Sync {
    /// The rate of the step after `step` finished steps.
    fn at(&self, step: u64) -> f64;

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first parameter that is not.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// This schedule for `steps` steps, then `next`, which starts at its own step 0.
    fn then<S: Schedule>(self, steps: u64, next: S) -> Then<Self, S>
    where
        Self: Sized,
    {
        Then { first: self, steps, next }
    }

    /// The product of two schedules (the ChainedScheduler of torch, where the second is a factor).
    fn times<S: Schedule>(self, other: S) -> Product<Self, S>
    where
        Self: Sized,
    {
        Product { left: self, right: other }
    }

    /// `factor` times this schedule.
    fn scaled(self, factor: f64) -> Scaled<Self>
    where
        Self: Sized,
    {
        Scaled { inner: self, factor }
    }

    /// This schedule, held at its first rate for `steps` steps.
    fn delayed(self, steps: u64) -> Delayed<Self>
    where
        Self: Sized,
    {
        Delayed { inner: self, steps }
    }
}

impl Schedule for f64 {
    fn at(&self, _step: u64) -> f64 {
        *self
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("the rate", *self)
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn at(&self, step: u64) -> f64 {
        (**self).at(step)
    }

    fn check(&self) -> Result<(), Error> {
        (**self).check()
    }
}

impl<S: Schedule + ?Sized> Schedule for Arc<S> {
    fn at(&self, step: u64) -> f64 {
        (**self).at(step)
    }

    fn check(&self) -> Result<(), Error> {
        (**self).check()
    }
}

/// The learning rate of a rule: a number or any [`Schedule`]. Clones share the schedule.
///
/// ```
/// use extremum::schedule::{Exponential, Rate};
///
/// assert_eq!(Rate::from(0.01).at(7), 0.01);
/// assert_eq!(Rate::from(Exponential::new(0.08, 0.5)).at(3), 0.01);
/// ```
#[derive(Clone, Debug)]
pub struct Rate(Arc<dyn Schedule>);

impl<S: Schedule + 'static> From<S> for Rate {
    fn from(schedule: S) -> Self {
        Self(Arc::new(schedule))
    }
}

impl Rate {
    /// The rate of the step after `step` finished steps.
    pub fn at(&self, step: u64) -> f64 {
        self.0.at(step)
    }

    /// Checks that the parameters of the schedule are in their ranges and that it starts at a finite rate >= 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] otherwise.
    pub fn check(&self) -> Result<(), Error> {
        self.0.check()?;
        check_rate("the rate of the first step", self.at(0))
    }
}

fn check_rate(name: &'static str, rate: f64) -> Result<(), Error> {
    check(rate >= 0.0 && rate.is_finite(), name, rate, "finite and at least 0")
}

fn check_steps(name: &'static str, steps: u64) -> Result<(), Error> {
    check(steps >= 1, name, steps as f64, "at least 1")
}

/// a · b, kept finite: an infinite rate times a factor of 0 would be NaN.
fn finite_product(a: f64, b: f64) -> f64 {
    (a * b.min(f64::MAX)).min(f64::MAX)
}

/// t / T in [0, 1]; 1 for T = 0.
fn fraction(step: u64, steps: u64) -> f64 {
    if step >= steps { 1.0 } else { step as f64 / steps as f64 }
}
