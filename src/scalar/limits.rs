//! The tolerances and the limit that all methods share.

use crate::error::check;
use crate::{Error, Termination};

/// When a search ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    pub absolute: f64,
    pub relative: f64,
    pub max_evaluations: u64,
    /// The least tolerance, in distances from x to its neighbour.
    pub least: f64,
}

impl Limits {
    pub fn new(absolute: f64, relative: f64, max_evaluations: u64) -> Self {
        Self { absolute, relative, max_evaluations, least: 1.0 }
    }

    pub fn at_least(self, least: f64) -> Self {
        Self { least, ..self }
    }

    pub fn check(&self) -> Result<(), Error> {
        let Self { absolute, relative, max_evaluations, .. } = *self;
        let finite = absolute >= 0.0 && absolute.is_finite();
        check(finite, "absolute_tolerance", absolute, "finite and >= 0")?;
        let below_1 = (0.0..1.0).contains(&relative);
        check(below_1, "relative_tolerance", relative, "in [0, 1)")?;
        check(max_evaluations >= 1, "max_evaluations", max_evaluations as f64, ">= 1")
    }

    /// t(x), at least the distance from x to its neighbour. Finite.
    pub fn tolerance(&self, x: f64) -> f64 {
        (self.absolute + self.relative * x.abs()).min(f64::MAX).max(self.least * spacing(x))
    }
}

/// The same for minima, where the absolute tolerance may depend on the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MinimumLimits {
    pub absolute: Option<f64>,
    pub relative: f64,
    pub max_evaluations: u64,
}

impl Default for MinimumLimits {
    fn default() -> Self {
        Self { absolute: None, relative: f64::EPSILON.sqrt(), max_evaluations: 10_000 }
    }
}

impl MinimumLimits {
    pub fn check(&self) -> Result<(), Error> {
        Limits::new(self.absolute.unwrap_or(0.0), self.relative, self.max_evaluations).check()
    }

    /// The limits for a search in this interval.
    pub fn within(&self, low: f64, high: f64) -> Result<Limits, Error> {
        let absolute = self.absolute.unwrap_or(2e-11 * half(low, high));
        let limits = Limits::new(absolute, self.relative, self.max_evaluations);
        limits.check().map(|()| limits)
    }
}

impl Limits {
    /// The end of a search for a minimum in [a, b], when both ends are within 2 t(x) of x.
    pub fn minimum_ended(&self, a: f64, x: f64, b: f64) -> Option<Termination> {
        let tolerance = self.tolerance(x);
        let ended = half(a, x).max(half(x, b)) <= tolerance;
        // Neither is more than the largest number.
        let (width, tolerance) = ((b - a).min(f64::MAX), (4.0 * tolerance).min(f64::MAX));
        ended.then_some(Termination::Bracket { width, tolerance })
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
            self.limits.absolute = absolute_tolerance;
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

/// The setters of [`MinimumLimits`].
macro_rules! minimum_setters {
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
pub(super) use minimum_setters;
