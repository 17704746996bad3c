//! One search, step by step as the papers number them.

use std::convert::Infallible;

use super::super::interpolation::{Sample, cubic, quadratic, safeguarded, secant};
use super::super::trials::{Expansion, Trials, between};
use super::super::{Failure, FailureReason, Start, Step};
use super::{HagerZhang, Memory};

/// The quadratic step does not use values when the expected change is below this share of C_k, because they are
/// rounding.
const RESOLVED: f64 = 1e-12;

/// A guess is kept when the slope that is expected there is at most this share of what may be left.
const KEPT: f64 = 0.75;

/// A guess that is longer than the parabola's minimiser by more than this share is not kept: it may lead into another valley.
const OVERSHOT: f64 = 0.5;

/// The end of a search: an accepted step or a failure.
pub(super) struct End(pub(super) Result<Step, Failure>);

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self(Err(failure))
    }
}

/// Where the slope vanishes that is linear between two points.
fn line(a: Sample, b: Sample) -> f64 {
    secant((a.alpha, a.slope), (b.alpha, b.slope))
}

/// A minimiser between a falling and a rising end: by slopes and values together where those are known, as Moré and
/// Thuente choose it (their cases 1 and 2), else by the slopes.
fn interpolated(a: Sample, b: Sample) -> f64 {
    let (secant, width, share) = (line(a, b), b.alpha - a.alpha, cubic(a, b));
    if !(share > 0.0 && share < 1.0) {
        return secant;
    }
    let curve = a.alpha + share * width;
    if b.value > a.value {
        let parabola = a.alpha + quadratic(a.value, a.slope, width, b.value);
        if curve < parabola { curve } else { curve + 0.5 * (parabola - curve) }
    } else {
        curve.min(secant)
    }
}

/// What a rejected trial shows. The value is NaN where it was not evaluated, or is lost in rounding.
enum Verdict {
    /// φ' >= 0: an upper end.
    Rising(Sample),
    /// φ' < 0 and φ low: a lower end.
    Falling(Sample),
    /// φ' < 0, but φ is higher than at the lower end: a minimiser lies before.
    TooHigh,
    /// Outside the domain.
    Outside,
}

/// One search in progress.
pub(super) struct Search<'a> {
    pub rule: &'a HagerZhang,
    pub trials: Trials<'a>,
    pub start: Start,
    pub memory: &'a mut Memory,
}

impl Search<'_> {
    /// L0-L3, until a trial is accepted or the search has failed.
    pub fn run(mut self) -> Result<Infallible, End> {
        let (mut a, mut b) = self.bracket()?;
        loop {
            self.trials.look()?;
            let wide = self.rule.shrinkage * (b.alpha - a.alpha);
            (a, b) = self.secant_pair(a, b)?;
            if b.alpha - a.alpha > wide {
                let middle = self.inside(a.alpha, b.alpha, 0.5)?;
                (a, b) = self.update(a, b, middle)?;
            }
        }
    }

    /// secant², S1-S4.
    fn secant_pair(&mut self, a: Sample, b: Sample) -> Result<(Sample, Sample), End> {
        let c = if self.rule.secants_only { line(a, b) } else { interpolated(a, b) };
        let (new_a, new_b) = self.update(a, b, c)?;
        if new_b.alpha == c {
            self.update(new_a, new_b, line(b, new_b))
        } else if new_a.alpha == c {
            self.update(new_a, new_b, line(a, new_a))
        } else {
            Ok((new_a, new_b))
        }
    }

    /// Shrinks the interval by a trial at `c`, U0-U3.
    fn update(&mut self, a: Sample, b: Sample, c: f64) -> Result<(Sample, Sample), End> {
        if !(a.alpha < c && c < b.alpha) {
            return Ok((a, b));
        }
        match self.trial(c)? {
            Verdict::Rising(c) => Ok((a, c)),
            Verdict::Falling(c) => Ok((c, b)),
            Verdict::TooHigh => self.cut(a, c, self.rule.bisection),
            Verdict::Outside => self.cut(a, c, 0.1),
        }
    }

    /// Cuts [a, `upper`] until it ends with φ' >= 0, U3; the first cut is at `share` of the interval.
    fn cut(
        &mut self,
        mut a: Sample,
        mut upper: f64,
        mut share: f64,
    ) -> Result<(Sample, Sample), End> {
        loop {
            let d = self.inside(a.alpha, upper, share)?;
            share = self.rule.bisection;
            match self.trial(d)? {
                Verdict::Rising(d) => return Ok((a, d)),
                Verdict::Falling(d) => a = d,
                Verdict::TooHigh => upper = d,
                Verdict::Outside => {
                    upper = d;
                    share = 0.1;
                }
            }
        }
    }

    /// A step strictly inside [a, b]; the end of the search where the two have come together.
    fn inside(&self, a: f64, b: f64, share: f64) -> Result<f64, End> {
        between(a, b, share)
            .filter(|_| b - a > 2.0 * f64::EPSILON * b)
            .ok_or_else(|| self.trials.failure(FailureReason::Rounding).into())
    }

    /// B0-B3.
    fn bracket(&mut self) -> Result<(Sample, Sample), End> {
        let Start { value, slope, .. } = self.start;
        let mut a = Sample { alpha: 0.0, value, slope };
        let mut c = self.first_step()?;
        let mut expansion = Expansion::new(self.rule.expansion);
        loop {
            match self.trial(c)? {
                Verdict::Rising(c) => return Ok((a, c)),
                Verdict::Falling(_) if c == self.start.alpha_max => {
                    return Err(End(self.trials.at_limit(c)));
                }
                Verdict::Falling(low) => {
                    a = low;
                    c = (c * expansion.next_factor()).min(self.start.alpha_max);
                }
                Verdict::TooHigh => return self.cut(a, c, self.rule.bisection),
                Verdict::Outside => return self.cut(a, c, 0.1),
            }
        }
    }

    /// The first step, I1 and I2 (QuadStep): where it is a guess, the minimiser of the parabola through its value, or
    /// twice the guess when that is not convex. Not in the papers: where values are lost in rounding, the
    /// parabola goes through its slope.
    fn first_step(&mut self) -> Result<f64, End> {
        let Start { value, slope, mut alpha, scaled, exact, alpha_max, .. } = self.start;
        if scaled {
            return Ok(alpha);
        }
        let mut outside = f64::INFINITY;
        let (minimizer, tolerance) = if alpha * -slope <= RESOLVED * self.memory.size {
            let Some(trial) = self.trials.slope(alpha)? else {
                return Ok(0.1 * alpha);
            };
            (secant((0.0, slope), (alpha, trial)), 0.1)
        } else {
            let trial = loop {
                if let Some(trial) = self.trials.value(alpha)? {
                    break trial;
                }
                outside = alpha;
                alpha *= 0.1;
            };
            (quadratic(value, slope, alpha, trial), 1e-8)
        };
        let step = if minimizer > 0.0 {
            safeguarded(minimizer, 0.1 * alpha, 10.0 * alpha)
        } else {
            2.0 * alpha
        };
        // The guess itself, which is half evaluated, when it is as good: by its slope, or up to rounding. Where steps need not
        // be exact, it is good enough when the parabola expects it to pass; its slope there is 1 − α/minimizer of the first.
        let is_kept = if exact {
            (step - alpha).abs() <= tolerance * alpha
        } else {
            let left = 1.0 - alpha / minimizer;
            left <= KEPT * self.curvature() && left >= -OVERSHOT
        };
        if is_kept {
            return Ok(alpha);
        }
        Ok(step.min(alpha + 0.5 * (outside - alpha)).min(alpha_max))
    }

    /// σ.
    fn curvature(&self) -> f64 {
        self.start.curvature(self.rule.curvature).max(self.rule.sufficient_decrease)
    }

    /// Evaluates a trial and tests T1 and T2.
    fn trial(&mut self, alpha: f64) -> Result<Verdict, End> {
        let Self { rule, trials, start, memory } = self;
        let slope = if start.scaled {
            trials.point(alpha)?.map(|point| point.slope)
        } else {
            trials.slope(alpha)?
        };
        let Some(slope) = slope else {
            return Ok(Verdict::Outside);
        };
        let below_t2 = slope <= (2.0 * rule.sufficient_decrease - 1.0) * start.slope;
        if memory.approximate && !below_t2 {
            return Ok(Verdict::Rising(Sample { alpha, value: f64::NAN, slope }));
        }
        let Some(value) = trials.value(alpha)? else {
            return Ok(Verdict::Outside);
        };

        let sigma = self.curvature();
        let Self { rule, trials, start, memory } = self;
        let change = value - start.value;
        let switch = rule.switch.unwrap_or(if start.exact { 1e-3 } else { 1e-8 });
        let approximate = memory.approximate || change.abs() < switch * memory.size;
        let decreases = change <= rule.sufficient_decrease * alpha * start.slope;
        let error = start.noise.max(rule.epsilon * memory.size);
        let is_low = value <= (start.value + error).min(start.ceiling);
        if slope >= sigma * start.slope && (decreases || (approximate && below_t2 && is_low)) {
            memory.approximate = approximate;
            return Err(End(Ok(trials.accept(alpha, value))));
        }
        let point = Sample { alpha, value: if approximate { f64::NAN } else { value }, slope };
        Ok(if slope >= 0.0 {
            Verdict::Rising(point)
        } else if is_low && (approximate || decreases) {
            Verdict::Falling(point)
        } else {
            Verdict::TooHigh
        })
    }
}
