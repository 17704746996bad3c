//! Given rates at given steps.

use serde::{Deserialize, Serialize};

use super::{Curve, Polynomial, Schedule, Then, check_rate, finite_product};
use crate::Error;
use crate::error::check;

/// A piecewise constant rate: `initial` at first, and each further one from its own step on.
///
/// **Method** v_i for b_i ≤ t < b_(i+1).
///
/// **Parameters** The steps b_i in ascending order; rates v_i and factors >= 0.
///
/// ```
/// use extremum::schedule::{PiecewiseConstant, Schedule};
/// let rate = PiecewiseConstant::new(0.4).factor(10, 0.5).value(20, 0.01);
/// assert_eq!((rate.at(9), rate.at(10), rate.at(20)), (0.4, 0.2, 0.01));
/// ```
///
/// **References** The MultiStepLR of torch 2.15; piecewise_constant_schedule of optax 0.2.8.
#[doc(alias = "MultiStep")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PiecewiseConstant {
    initial: f64,
    /// (b_i, v_i)
    pieces: Vec<(u64, f64)>,
}

impl PiecewiseConstant {
    /// The rate `initial` until the first [`value`](Self::value) or [`factor`](Self::factor).
    pub fn new(initial: f64) -> Self {
        Self { initial, pieces: Vec::new() }
    }

    /// Sets the rate from `step` on.
    pub fn value(mut self, step: u64, value: f64) -> Self {
        self.pieces.push((step, value));
        self
    }

    /// Sets the rate from `step` on, as a multiple of the previous rate.
    pub fn factor(self, step: u64, factor: f64) -> Self {
        let value = finite_product(self.last(), factor);
        self.value(step, value)
    }

    /// Connects the values by `curve`, without jumps.
    pub fn interpolated(self, curve: Curve) -> Interpolated {
        Interpolated { knots: self, curve }
    }

    /// Piecewise constant with a polynomial tail: from step `begin` on, the last rate decreases to `end` in `steps`
    /// steps as (1 - t/T)^`power`.
    ///
    /// ```
    /// use extremum::schedule::{PiecewiseConstant, Schedule};
    /// let rate = PiecewiseConstant::new(0.4).value(10, 0.2).polynomial_tail(20, 10, 2.0, 0.0);
    /// assert_eq!((rate.at(5), rate.at(20), rate.at(25), rate.at(30)), (0.4, 0.2, 0.05, 0.0));
    /// ```
    pub fn polynomial_tail(
        self,
        begin: u64,
        steps: u64,
        power: f64,
        end: f64,
    ) -> Then<Self, Polynomial> {
        let tail = Polynomial::new(self.last(), end, steps).power(power);
        self.then(begin, tail)
    }

    fn last(&self) -> f64 {
        self.pieces.last().map_or(self.initial, |&(_, value)| value)
    }

    /// The number of pieces that have begun.
    fn begun(&self, step: u64) -> usize {
        self.pieces.partition_point(|&(begin, _)| begin <= step)
    }

    /// Where the latest piece began, and its value.
    fn before(&self, begun: usize) -> (u64, f64) {
        begun.checked_sub(1).map_or((0, self.initial), |last| self.pieces[last])
    }
}

impl Schedule for PiecewiseConstant {
    fn at(&self, step: u64) -> f64 {
        self.before(self.begun(step)).1
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("initial", self.initial)?;
        let mut before = 0;
        for &(step, value) in &self.pieces {
            check(step >= before, "step", step as f64, "at least the previous step")?;
            check_rate("value", value)?;
            before = step;
        }
        Ok(())
    }
}

/// A rate through given values along a [`Curve`]; made by [`PiecewiseConstant::interpolated`].
///
/// **Method** A curve from (b_i, v_i) to (b_(i+1), v_(i+1)).
///
/// ```
/// use extremum::schedule::{Curve, PiecewiseConstant, Schedule};
/// let rate = PiecewiseConstant::new(1.0).value(4, 0.5).value(8, 0.25).interpolated(Curve::Linear);
/// assert_eq!((rate.at(2), rate.at(4), rate.at(6), rate.at(99)), (0.75, 0.5, 0.375, 0.25));
/// ```
///
/// **References** The piecewise_interpolate_schedule of optax 0.2.8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interpolated {
    knots: PiecewiseConstant,
    curve: Curve,
}

impl Schedule for Interpolated {
    fn at(&self, step: u64) -> f64 {
        let begun = self.knots.begun(step);
        let (begin, from) = self.knots.before(begun);
        match self.knots.pieces.get(begun) {
            Some(&(end, to)) => {
                let s = step.saturating_sub(begin) as f64 / end.saturating_sub(begin).max(1) as f64;
                self.curve.between(from, to, s)
            }
            None => from,
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.knots.check()
    }
}
