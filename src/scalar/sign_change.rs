//! A bracket of a root: two points at which f has different signs.

use std::ops::ControlFlow;

use super::Root;
use super::limits::{Limits, Tolerance, check_interval, spacing};
use super::meter::{Meter, Point};
use crate::{Error, Stall, Termination};

/// The bracket of a search, which only gets narrower.
pub(super) struct SignChange<F> {
    f: F,
    tolerance: Tolerance,
    meter: Meter,
    /// The ends of the first bracket.
    first: [Point; 2],
    /// The end with the smaller |f|.
    pub x: Point,
    /// The other end.
    pub other: Point,
}

impl<F: FnMut(f64) -> f64> SignChange<F> {
    /// Evaluates both ends. Breaks when that ends the search already.
    pub fn start(
        limits: &Limits,
        mut f: F,
        low: f64,
        high: f64,
    ) -> Result<ControlFlow<Root, Self>, Error> {
        limits.check()?;
        check_interval(low, high)?;
        let mut meter = Meter::for_root(limits.max_evaluations);
        let mut ends = [Point { x: low, value: f64::NAN }, Point { x: high, value: f64::NAN }];
        for end in &mut ends {
            let point = match meter.at(end.x, &mut f) {
                Ok(point) => point,
                Err(limit) => return Ok(ControlFlow::Break(meter.best_root(None, limit))),
            };
            if point.value == 0.0 {
                return Ok(ControlFlow::Break(meter.best_root(None, Termination::Zero)));
            }
            *end = point;
        }
        let [at_low, at_high] = ends.map(|end| end.value);
        if at_low.is_nan() || at_high.is_nan() || (at_low > 0.0) == (at_high > 0.0) {
            return Err(Error::NoSignChange { low, high, at_low, at_high });
        }
        let (tolerance, [x, other]) = (limits.root_tolerance(), ends);
        let mut bracket = Self { f, tolerance, meter, first: ends, x, other };
        bracket.order();
        Ok(bracket.ended().map_continue(|()| bracket))
    }

    /// Evaluates f at x, between the ends, which becomes an end. Breaks when the search ends.
    pub fn narrow(&mut self, x: f64) -> ControlFlow<Root> {
        let point = match self.meter.at(x, &mut self.f) {
            Ok(point) => point,
            Err(limit) => return ControlFlow::Break(self.best(limit)),
        };
        if point.value == 0.0 {
            return ControlFlow::Break(self.best(Termination::Zero));
        }
        if point.value.is_nan() {
            return ControlFlow::Break(self.stalled(Stall::NotANumber { x }));
        }
        if point.is_positive() == self.other.is_positive() {
            self.other = self.x;
        }
        self.x = point;
        self.order();
        self.ended()
    }

    /// The shortest step worth taking: half the tolerance, and at least to the next number.
    pub fn least_step(&self) -> f64 {
        (0.5 * self.tolerance.at(self.x.x)).max(spacing(self.x.x))
    }

    fn order(&mut self) {
        if self.other.value.abs() < self.x.value.abs() {
            std::mem::swap(&mut self.x, &mut self.other);
        }
    }

    fn ended(&self) -> ControlFlow<Root> {
        let (width, tolerance) = ((self.other.x - self.x.x).abs(), self.tolerance.at(self.x.x));
        if width > tolerance {
            return ControlFlow::Continue(());
        }
        let value = self.x.value.abs();
        ControlFlow::Break(if self.is_jump() {
            self.stalled(Stall::Jump { value, width })
        } else {
            let end = Termination::Bracket { width, tolerance };
            self.meter.root(self.x, Some(self.interval()), end)
        })
    }

    /// True when |f| did not fall on either side: a continuous f does, unless it is steeper than the bracket shows.
    fn is_jump(&self) -> bool {
        let did_fall = |end: Point| {
            let first = self.first.iter().find(|first| first.is_positive() == end.is_positive());
            first.is_some_and(|first| end.value.abs() < first.value.abs())
        };
        let is_narrowed = self.x.x != self.first[0].x && self.x.x != self.first[1].x
            || self.other.x != self.first[0].x && self.other.x != self.first[1].x;
        self.x.value.is_infinite() || is_narrowed && !did_fall(self.x) && !did_fall(self.other)
    }

    fn stalled(&self, reason: Stall) -> Root {
        self.best(Termination::Stalled { reason, gradient_norm: None })
    }

    fn best(&self, termination: Termination) -> Root {
        self.meter.best_root(Some(self.interval()), termination)
    }

    fn interval(&self) -> (f64, f64) {
        (self.x.x.min(self.other.x), self.x.x.max(self.other.x))
    }
}
