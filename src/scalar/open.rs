//! What the root-finders without a bracket have in common: steps, and when to believe them.
//!
//! A short step alone shows nothing: beside a pole the steps of every such method are as short as beside a root. The
//! difference is that they lead towards a root and away from a pole. On an exponential, which has neither, every step
//! multiplies f by the same ratio, 1/e for Newton's method: for a root of any multiplicity f falls faster, and for a pole
//! of any order more slowly.

use super::Root;
use super::limits::{Limits, check_start};
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
struct Open<'a, F> {
    f: F,
    limits: &'a Limits,
    meter: Meter,
}

impl<F: FnMut(f64) -> [f64; 3]> Open<'_, F> {
    fn sample(&mut self, x: f64) -> Option<Sample> {
        let (mut first, mut second) = (0.0, 0.0);
        let f = &mut self.f;
        let mut value = |x| {
            let [value, d1, d2] = f(x);
            (first, second) = (d1, d2);
            value
        };
        let at = self.meter.at(x, &mut value)?;
        Some(Sample { at, first, second })
    }

    /// The sample at the target, or halfway back to x as often as f is not finite; and whether it is the target.
    fn move_to(&mut self, x: f64, mut target: f64) -> Result<(Sample, bool), Root> {
        let mut is_full = true;
        loop {
            let Some(sample) = self.sample(target) else { return Err(self.limit()) };
            if sample.at.value.is_finite() {
                return Ok((sample, is_full));
            }
            is_full = false;
            let nearer = f64::midpoint(x, target);
            if nearer == x || nearer == target {
                return Err(self.stalled(Stall::OutsideDomain));
            }
            target = nearer;
        }
    }

    fn limit(&self) -> Root {
        self.meter.root(self.meter.best(), None, self.meter.limit())
    }

    fn stalled(&self, reason: Stall) -> Root {
        let termination = Termination::Stalled { reason, gradient_norm: None };
        self.meter.root(self.meter.best(), None, termination)
    }
}

/// Steps from the last of the starts until they are shorter than the tolerance.
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
    let meter = Meter::for_root(limits.max_evaluations, starts.len() as u64);
    let mut search = Open { f, limits, meter };
    let mut samples = [None, None];
    for &x in starts {
        let Some(sample) = search.sample(x) else { return Ok(search.limit()) };
        if !sample.at.value.is_finite() {
            return Err(Error::NotInDomain { what: "value".into(), value: sample.at.value });
        }
        if sample.at.value == 0.0 {
            return Ok(zero(&search.meter, sample.at));
        }
        samples = [samples[1], Some(sample)];
    }
    let [before, Some(now)] = samples else { return Ok(search.limit()) };
    Ok(search.steps(ratio, before.unwrap_or(now), now, step))
}

impl<F: FnMut(f64) -> [f64; 3]> Open<'_, F> {
    fn steps(
        &mut self,
        ratio: f64,
        mut before: Sample,
        mut now: Sample,
        step: impl Fn(&Sample, &Sample) -> f64,
    ) -> Root {
        let start = self.meter.best().value.abs();
        let mut last_length = 0.0;
        // Every pass evaluates f, or ends.
        loop {
            let x = now.at.x;
            let length = step(&before, &now);
            let target = match x + length {
                same if same == x && length > 0.0 => x.next_up(),
                same if same == x && length < 0.0 => x.next_down(),
                target => target,
            };
            let is_rounded = x + length == x;
            if !target.is_finite() || target == x || target == before.at.x {
                return self.stalled(Stall::NoNextPoint { x });
            }
            let (next, is_full) = match self.move_to(x, target) {
                Ok(moved) => moved,
                Err(root) => return root,
            };
            if next.at.value == 0.0 {
                return zero(&self.meter, next.at);
            }
            let (length, tolerance) = ((next.at.x - x).abs(), self.limits.tolerance(next.at.x));
            let crossed = next.at.is_positive() != now.at.is_positive();
            let (value, old) = (next.at.value.abs(), now.at.value.abs());
            let falls = value <= ratio * old || length < last_length && value <= ratio * start;
            let is_root = (crossed && value.min(old) <= start) || (falls && !is_rounded);
            if is_full && length <= tolerance && is_root {
                let best = if value <= old { next.at } else { now.at };
                let bracket = crossed.then_some((x.min(next.at.x), x.max(next.at.x)));
                return self.meter.root(best, bracket, Termination::Step { length, tolerance });
            }
            last_length = length;
            (before, now) = (now, next);
        }
    }
}

fn zero(meter: &Meter, at: Point) -> Root {
    meter.root(at, Some((at.x, at.x)), Termination::Zero)
}
