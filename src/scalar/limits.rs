//! When a search ends: what a user sets, and the tolerance that follows from it.

use crate::Error;
use crate::error::check;

/// What a user sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// `None`: the default, 0 for roots and a share of the interval for minima.
    pub absolute: Option<f64>,
    pub relative: f64,
    pub max_evaluations: u64,
}

impl Limits {
    /// The defaults for roots.
    pub fn for_roots(max_evaluations: u64) -> Self {
        Self { absolute: None, relative: 4.0 * f64::EPSILON, max_evaluations }
    }

    /// The defaults for minima.
    pub fn for_minima() -> Self {
        Self { absolute: None, relative: f64::EPSILON.sqrt(), max_evaluations: 10_000 }
    }

    pub fn check(&self) -> Result<(), Error> {
        let absolute = self.absolute.unwrap_or(0.0);
        let finite = absolute >= 0.0 && absolute.is_finite();
        check(finite, "absolute_tolerance", absolute, "finite and >= 0")?;
        let below_1 = (0.0..1.0).contains(&self.relative);
        check(below_1, "relative_tolerance", self.relative, "in [0, 1)")?;
        let limit = self.max_evaluations;
        check(limit >= 1, "max_evaluations", limit as f64, ">= 1")
    }

    pub fn root_tolerance(&self) -> Tolerance {
        let absolute = self.absolute.unwrap_or(0.0);
        Tolerance { absolute, relative: self.relative, spacings: 1.0 }
    }

    /// The tolerance of a search for a minimum in an interval. Fewer than four spacings have no room for a golden section.
    pub fn minimum_tolerance(&self, low: f64, high: f64) -> Tolerance {
        let absolute = self.absolute.unwrap_or(2e-11 * half(low, high));
        Tolerance { absolute, relative: self.relative, spacings: 4.0 }
    }
}

/// t(x) = absolute + relative |x|, and at least so many spacings of the numbers at x.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    absolute: f64,
    relative: f64,
    spacings: f64,
}

impl Tolerance {
    /// t(x), which is finite and > 0.
    pub fn at(&self, x: f64) -> f64 {
        (self.absolute + self.relative * x.abs()).min(f64::MAX).max(self.spacings * spacing(x))
    }
}

/// The distance from |x| to the next larger number; to the next smaller one where there is no larger.
pub(super) fn spacing(x: f64) -> f64 {
    let (x, next) = (x.abs(), x.abs().next_up());
    if next.is_finite() { next - x } else { x - x.next_down() }
}

/// (to - from) / 2, without overflow.
pub(super) fn half(from: f64, to: f64) -> f64 {
    let width = to - from;
    if width.is_finite() { 0.5 * width } else { 0.5 * to - 0.5 * from }
}

/// x + step, or the neighbour of x in that direction when the sum is rounded to x.
pub(super) fn moved(x: f64, step: f64) -> f64 {
    match x + step {
        same if same == x && step > 0.0 => x.next_up(),
        same if same == x && step < 0.0 => x.next_down(),
        sum => sum,
    }
}

/// `Ok` for an interval with finite ends in their order.
pub(super) fn check_interval(low: f64, high: f64) -> Result<(), Error> {
    if low.is_finite() && high.is_finite() && low < high {
        Ok(())
    } else {
        Err(Error::Interval { low, high })
    }
}

/// `Ok` for a start that is a finite number.
pub(super) fn check_start(index: usize, value: f64) -> Result<(), Error> {
    if value.is_finite() { Ok(()) } else { Err(Error::NonFiniteStart { index, value }) }
}

/// The setters of [`Limits`], the same for every method.
macro_rules! setters {
    () => {
        /// Sets the absolute tolerance.
        pub fn absolute_tolerance(mut self, absolute_tolerance: f64) -> Self {
            self.limits.absolute = Some(absolute_tolerance);
            self
        }

        /// Sets the relative tolerance.
        pub fn relative_tolerance(mut self, relative_tolerance: f64) -> Self {
            self.limits.relative = relative_tolerance;
            self
        }

        /// Sets how often f may be evaluated.
        pub fn max_evaluations(mut self, max_evaluations: u64) -> Self {
            self.limits.max_evaluations = max_evaluations;
            self
        }
    };
}
pub(super) use setters;
