//! Evaluations: their count, their limit, and the best point among them.

use super::{Minimum, Root};
use crate::{Stall, Termination};

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
}

/// Counts the evaluations of one search, and remembers the best point.
#[derive(Debug)]
pub(super) struct Meter {
    /// What is to be small: |f| or f.
    measure: fn(f64) -> f64,
    limit: u64,
    /// The number of points that are not the method's choice.
    given: u64,
    evaluations: u64,
    best: Point,
}

impl Meter {
    pub fn for_root(limit: u64, given: u64) -> Self {
        let best = Point { x: f64::NAN, value: f64::NAN };
        Self { measure: f64::abs, limit, given, evaluations: 0, best }
    }

    pub fn for_minimum(limit: u64, given: u64) -> Self {
        Self { measure: |value| value, ..Self::for_root(limit, given) }
    }

    /// Evaluates f at x; `None` when the evaluations are used up.
    pub fn at(&mut self, x: f64, f: &mut impl FnMut(f64) -> f64) -> Option<Point> {
        if self.evaluations == self.limit {
            return None;
        }
        self.evaluations += 1;
        let point = Point { x, value: f(x) };
        let is_better = point.value.is_finite()
            && !((self.measure)(point.value) >= (self.measure)(self.best.value));
        if self.evaluations == 1 || is_better {
            self.best = point;
        }
        Some(point)
    }

    /// The finite point with the least |f|, or the lowest f; the first point when none is finite.
    pub fn best(&self) -> Point {
        self.best
    }

    pub fn limit(&self) -> Termination {
        Termination::MaxEvaluations { limit: self.limit }
    }

    pub fn root(&self, at: Point, bracket: Option<(f64, f64)>, termination: Termination) -> Root {
        let Point { x, value } = at;
        let evaluations = self.evaluations;
        let iterations = evaluations.saturating_sub(self.given);
        Root { x, value, bracket, evaluations, iterations, termination }
    }

    pub fn minimum(&self, bracket: Option<(f64, f64)>, termination: Termination) -> Minimum {
        let Point { x, value } = self.best;
        let evaluations = self.evaluations;
        let iterations = evaluations.saturating_sub(self.given);
        Minimum { x, value, bracket, evaluations, iterations, termination }
    }

    /// The end of a search that has come down to x in this interval; stalled when f is not finite there.
    pub fn minimum_at(&self, x: Point, (a, b): (f64, f64), end: Termination) -> Minimum {
        let outside = Termination::Stalled { reason: Stall::OutsideDomain, gradient_norm: None };
        if x.value.is_finite() {
            Minimum { x: x.x, value: x.value, ..self.minimum(Some((a, b)), end) }
        } else {
            self.minimum(Some((a, b)), if end.is_converged() { outside } else { end })
        }
    }
}
