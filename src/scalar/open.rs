//! What the root-finders without a bracket have in common: steps, and when to believe them.
//!
//! A short step alone shows nothing: beside a pole the steps of every such method are as short as beside a root. The
//! difference is that they lead towards a root and away from a pole. On an exponential, which has neither, every step
//! multiplies f by the same ratio, 1/e for Newton's method: for a root of any multiplicity f falls faster, and for a pole
//! of any order more slowly.

use super::Root;
use super::limits::{Limits, Tolerance, check_start, moved};
use super::meter::{Meter, Point};
use crate::{Error, Stall, Termination};

/// A point with f, f' and f'', as far as the method has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub at: Point,
    pub first: f64,
    pub second: f64,
}

/// One search.
struct Open<F> {
    f: F,
    tolerance: Tolerance,
    meter: Meter,
}

/// Steps from the last of the starts, one or two, until they are shorter than the tolerance.
///
/// `step` gives the step from the last sample and the one before. `ratio` is that of f on an exponential.
pub(super) fn iterate(
    limits: &Limits,
    ratio: f64,
    f: impl FnMut(f64) -> [f64; 3],
    starts: &[f64],
    step: impl Fn(&Sample, &Sample) -> f64,
) -> Result<Root, Error> {
    limits.check()?;
    for (index, &x) in starts.iter().enumerate() {
        check_start(index, x)?;
    }
    let meter = Meter::for_root(limits.max_evaluations);
    let mut search = Open { f, tolerance: limits.root_tolerance(), meter };
    let mut samples = Vec::with_capacity(starts.len());
    for &x in starts {
        match search.sample(x) {
            Ok(sample) => samples.push(sample),
            Err(end) => return Ok(search.meter.best_root(None, end)),
        }
        samples[samples.len() - 1].at.check_domain()?;
    }
    let end = search.steps(ratio, samples[0], samples[samples.len() - 1], step);
    Ok(end.unwrap_or_else(|end| search.meter.best_root(None, end)))
}

impl<F: FnMut(f64) -> [f64; 3]> Open<F> {
    /// Evaluates f at x, unless the evaluations are used up. A root ends the search.
    fn sample(&mut self, x: f64) -> Result<Sample, Termination> {
        let (mut first, mut second) = (0.0, 0.0);
        let mut value = |x| {
            let value;
            [value, first, second] = (self.f)(x);
            value
        };
        let at = self.meter.at(x, &mut value)?;
        if at.value == 0.0 { Err(Termination::Zero) } else { Ok(Sample { at, first, second }) }
    }

    /// The sample at the target, or halfway back to x as often as f is not finite; and whether it is the target.
    fn move_to(&mut self, x: f64, mut target: f64) -> Result<(Sample, bool), Termination> {
        let mut is_full = true;
        loop {
            let sample = self.sample(target)?;
            if sample.at.value.is_finite() {
                return Ok((sample, is_full));
            }
            is_full = false;
            let nearer = f64::midpoint(x, target);
            if nearer == x || nearer == target {
                return Err(stalled(Stall::OutsideDomain));
            }
            target = nearer;
        }
    }

    /// Every pass evaluates f, or ends.
    fn steps(
        &mut self,
        ratio: f64,
        mut before: Sample,
        mut now: Sample,
        step: impl Fn(&Sample, &Sample) -> f64,
    ) -> Result<Root, Termination> {
        let start = self.meter.best().value.abs();
        let mut last_length = 0.0;
        loop {
            let x = now.at.x;
            let length = step(&before, &now);
            let is_rounded = x + length == x;
            let target = moved(x, length);
            if !target.is_finite() || target == x || target == before.at.x {
                return Err(stalled(Stall::NoNextPoint { x }));
            }
            let (next, is_full) = self.move_to(x, target)?;
            let (length, tolerance) = ((next.at.x - x).abs(), self.tolerance.at(next.at.x));
            let crossed = next.at.is_positive() != now.at.is_positive();
            let (value, old) = (next.at.value.abs(), now.at.value.abs());
            let falls = value <= ratio * old || length < last_length && value <= ratio * start;
            let is_root = crossed || (falls && !is_rounded);
            if is_full && length <= tolerance && is_root && value.min(old) <= start {
                let best = if value <= old { next.at } else { now.at };
                let bracket = crossed.then_some((x.min(next.at.x), x.max(next.at.x)));
                return Ok(self.meter.root(best, bracket, Termination::Step { length, tolerance }));
            }
            last_length = length;
            (before, now) = (now, next);
        }
    }
}

fn stalled(reason: Stall) -> Termination {
    Termination::Stalled { reason, gradient_norm: None }
}
