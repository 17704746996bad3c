//! Evaluations: their count, their limit, and the best point among them.

use super::limits::{Tolerance, half};
use super::{Minimum, Root};
use crate::{Error, Stall, Termination};

/// A point and the value of f there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub x: f64,
    pub value: f64,
}

impl Point {
    pub fn is_positive(self) -> bool {
        self.value > 0.0
    }

    /// True when the value is lower than the other's; NaN counts as +infinity.
    pub fn is_below(self, other: Self) -> bool {
        self.value < other.value || (other.value.is_nan() && self.value < f64::INFINITY)
    }

    /// `Ok` where f is finite, as it must be at a start.
    pub fn check_domain(self) -> Result<(), Error> {
        let Self { value, .. } = self;
        if value.is_finite() {
            Ok(())
        } else {
            Err(Error::NotInDomain { what: "value".into(), value })
        }
    }
}

/// Counts the evaluations of one search, and remembers the best point.
#[derive(Debug)]
pub(super) struct Meter {
    /// What is to be small: |f| or f.
    measure: fn(f64) -> f64,
    limit: u64,
    evaluations: u64,
    best: Point,
}

impl Meter {
    pub fn for_root(limit: u64) -> Self {
        let best = Point { x: f64::NAN, value: f64::NAN };
        Self { measure: f64::abs, limit, evaluations: 0, best }
    }

    pub fn for_minimum(limit: u64) -> Self {
        Self { measure: |value| value, ..Self::for_root(limit) }
    }

    /// Evaluates f at x, unless the evaluations are used up.
    pub fn at(&mut self, x: f64, f: &mut impl FnMut(f64) -> f64) -> Result<Point, Termination> {
        if self.evaluations == self.limit {
            return Err(Termination::MaxEvaluations { limit: self.limit });
        }
        self.evaluations += 1;
        let point = Point { x, value: f(x) };
        // Of equal points the last, which a search for a minimum has come down to.
        let is_worse = (self.measure)(self.best.value) < (self.measure)(point.value);
        let is_first = self.evaluations == 1 || !self.best.value.is_finite();
        if self.evaluations == 1 || point.value.is_finite() && (is_first || !is_worse) {
            self.best = point;
        }
        Ok(point)
    }

    /// The finite point with the least |f|, or the lowest f; the first point when none is finite.
    pub fn best(&self) -> Point {
        self.best
    }

    /// The best point; where f is 0, it is the bracket.
    pub fn best_root(&self, bracket: Option<(f64, f64)>, termination: Termination) -> Root {
        let Point { x, .. } = self.best;
        let is_zero = termination == Termination::Zero;
        self.root(self.best, if is_zero { Some((x, x)) } else { bracket }, termination)
    }

    pub fn root(&self, at: Point, bracket: Option<(f64, f64)>, termination: Termination) -> Root {
        let Point { x, value } = at;
        Root { x, value, bracket, evaluations: self.evaluations, termination }
    }

    /// The best point; the search has stalled when f is not finite even there.
    pub fn minimum(&self, bracket: Option<(f64, f64)>, termination: Termination) -> Minimum {
        let Point { x, value } = self.best;
        let termination = if termination.is_converged() && !value.is_finite() {
            Termination::Stalled { reason: Stall::OutsideDomain, gradient_norm: None }
        } else {
            termination
        };
        Minimum { x, value, bracket, evaluations: self.evaluations, termination }
    }
}

/// `Err` when a search for a minimum in [a, b] has ended at x: both ends are within 2 t(x), or f is -infinity.
pub(super) fn check_minimum(
    tolerance: &Tolerance,
    (a, b): (f64, f64),
    x: Point,
) -> Result<(), Termination> {
    if x.value == f64::NEG_INFINITY {
        return Err(Termination::Unbounded { cost: x.value });
    }
    let tolerance = tolerance.at(x.x);
    if half(a, x.x).max(half(x.x, b)) > tolerance {
        return Ok(());
    }
    // Neither is more than the largest number.
    let (width, tolerance) = ((b - a).min(f64::MAX), (4.0 * tolerance).min(f64::MAX));
    Err(Termination::Bracket { width, tolerance })
}
