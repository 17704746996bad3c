//! Schedules made from schedules and from closures.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Schedule, check_rate, finite_product};
use crate::Error;

/// One schedule after the other: s₁(t) for t < n, then s₂(t - n); made by [`Schedule::then`].
///
/// ```
/// use extremum::schedule::{Exponential, Schedule};
/// let rate = 0.5.then(10, Exponential::new(0.4, 0.5));
/// assert_eq!((rate.at(9), rate.at(10), rate.at(11)), (0.5, 0.4, 0.2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Then<A, B> {
    pub(super) first: A,
    pub(super) steps: u64,
    pub(super) next: B,
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(after) => self.next.at(after),
            None => self.first.at(step),
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.first.check()?;
        self.next.check()
    }
}

/// The product of two schedules, s₁(t) s₂(t); made by [`Schedule::times`].
///
/// ```
/// use extremum::schedule::{Exponential, Schedule, StepDecay};
/// let rate = Exponential::new(0.4, 0.5).times(StepDecay::new(1.0, 2).factor(0.5));
/// assert_eq!((rate.at(1), rate.at(2)), (0.2, 0.05));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product<A, B> {
    pub(super) left: A,
    pub(super) right: B,
}

impl<A: Schedule, B: Schedule> Schedule for Product<A, B> {
    fn at(&self, step: u64) -> f64 {
        finite_product(self.left.at(step), self.right.at(step))
    }

    fn check(&self) -> Result<(), Error> {
        self.left.check()?;
        self.right.check()
    }
}

/// A multiple of a schedule, c s(t) with c >= 0; made by [`Schedule::scaled`].
///
/// ```
/// use extremum::schedule::{Exponential, Schedule};
/// assert_eq!(Exponential::new(0.4, 0.5).scaled(2.0).at(1), 0.4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled<S> {
    pub(super) inner: S,
    pub(super) factor: f64,
}

impl<S: Schedule> Schedule for Scaled<S> {
    fn at(&self, step: u64) -> f64 {
        finite_product(self.inner.at(step), self.factor)
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("factor", self.factor)?;
        self.inner.check()
    }
}

/// A schedule that starts n steps later, s(max(t - n, 0)); made by [`Schedule::delayed`].
///
/// ```
/// use extremum::schedule::{Exponential, Schedule};
/// let rate = Exponential::new(0.4, 0.5).delayed(3);
/// assert_eq!((rate.at(0), rate.at(3), rate.at(4)), (0.4, 0.4, 0.2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delayed<S> {
    pub(super) inner: S,
    pub(super) steps: u64,
}

impl<S: Schedule> Schedule for Delayed<S> {
    fn at(&self, step: u64) -> f64 {
        self.inner.at(step.saturating_sub(self.steps))
    }

    fn check(&self) -> Result<(), Error> {
        self.inner.check()
    }
}

/// A schedule from a closure; made by [`by_step`].
#[derive(Clone, Copy)]
pub struct ByStep<F>(F);

/// A schedule from a closure that maps the number of finished steps to a rate.
///
/// ```
/// use extremum::schedule::{Schedule, by_step};
/// assert_eq!(by_step(|t| 0.1 / (1 + t / 10) as f64).at(15), 0.05);
/// ```
pub fn by_step<F: Fn(u64) -> f64 + Send + Sync>(rate: F) -> ByStep<F> {
    ByStep(rate)
}

impl<F: Fn(u64) -> f64 + Send + Sync> Schedule for ByStep<F> {
    fn at(&self, step: u64) -> f64 {
        (self.0)(step)
    }
}

impl<F> fmt::Debug for ByStep<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("by_step(..)")
    }
}
