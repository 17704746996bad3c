//! The record that every search keeps: which trials it made, how many are left, and the best point.

use super::interpolation::{Sample, safeguarded, secant};
use super::{Failure, FailureReason, Phi, ROUNDING, Start, Step};
use crate::Error;

/// The most trials that one search may be allowed.
const MOST_TRIALS: usize = 10_000;
/// How often a search may look at φ, at new or known steps, for each trial that it is allowed. Rounding can lead a
/// search back to known steps, where no trial is counted.
const LOOKS_PER_TRIAL: usize = 4;

/// What may be left of the slope where slopes decide: Wolfe's curvature condition.
const CURVATURE: f64 = 0.9;

/// After this many expansions by the usual factor, the factor is squared at each further one.
const USUAL_EXPANSIONS: usize = 10;

/// φ, with a record of the trials.
///
/// A trial outside the domain is `None`. A trial that ends the search (the limit is spent, the value is -infinity, the
/// step has vanished) is an `Err` to be passed on with `?`.
pub(super) struct Trials<'a> {
    phi: &'a mut dyn Phi,
    start: Start,
    limit: usize,
    /// Looks that are left.
    looks: usize,
    best: Step,
    /// The best trial whose slope is known to be finite, or the start.
    sound: Step,
    /// The last trial.
    last: f64,
    /// The last trial whose value was evaluated first, and that value: it may be needed again later.
    known_value: (f64, f64),
    /// The last trial whose slope was evaluated, and that slope.
    known_slope: (f64, f64),
}

impl<'a> Trials<'a> {
    /// Checks that the slope at the start is negative, and makes its first trial step usable.
    pub(super) fn new(
        phi: &'a mut dyn Phi,
        mut start: Start,
        limit: usize,
    ) -> Result<Self, Failure> {
        if !(start.alpha_max > 0.0 && start.alpha_max.is_finite()) {
            start.alpha_max = f64::MAX / 4.0;
        }
        if !(start.alpha > 0.0 && start.alpha.is_finite()) {
            start.alpha = 1.0;
        }
        start.alpha = start.alpha.min(start.alpha_max);
        let best = Step { alpha: 0.0, value: start.value, trials: 0 };
        let trials = Self {
            phi,
            start,
            limit,
            looks: limit.saturating_mul(LOOKS_PER_TRIAL),
            best,
            sound: best,
            last: 0.0,
            known_value: (0.0, start.value),
            known_slope: (0.0, start.slope),
        };
        if start.value.is_finite() && start.slope.is_finite() && start.slope < 0.0 {
            Ok(trials)
        } else {
            Err(trials.failure(FailureReason::NotDescent))
        }
    }

    /// The start, with a usable first trial step.
    pub(super) fn start(&self) -> Start {
        self.start
    }

    /// φ and φ' at a new trial step.
    pub(super) fn point(&mut self, alpha: f64) -> Result<Option<Sample>, Failure> {
        self.look()?;
        self.begin(alpha)?;
        let (value, slope) = self.phi.value_and_slope(alpha);
        if value == f64::NEG_INFINITY {
            return Err(self.failure(FailureReason::Unbounded));
        }
        if !(value.is_finite() && slope.is_finite()) {
            return Ok(None);
        }
        self.known_value = (alpha, value);
        self.record(alpha, value);
        self.confirm(alpha);
        Ok(Some(Sample { alpha, value, slope }))
    }

    /// φ at a trial step: a new one, or the one whose slope has been evaluated.
    pub(super) fn value(&mut self, alpha: f64) -> Result<Option<f64>, Failure> {
        self.look()?;
        if alpha == self.known_value.0 {
            return Ok(Some(self.known_value.1));
        }
        let is_first = alpha != self.last;
        self.begin(alpha)?;
        let value = self.phi.value(alpha);
        if value == f64::NEG_INFINITY {
            return Err(self.failure(FailureReason::Unbounded));
        }
        if !value.is_finite() {
            return Ok(None);
        }
        if is_first {
            self.known_value = (alpha, value);
        }
        self.record(alpha, value);
        if alpha == self.known_slope.0 {
            self.confirm(alpha);
        }
        Ok(Some(value))
    }

    /// φ' at a trial step: a new one, or the one whose value has been evaluated.
    pub(super) fn slope(&mut self, alpha: f64) -> Result<Option<f64>, Failure> {
        self.look()?;
        if alpha == self.known_slope.0 {
            return Ok(Some(self.known_slope.1));
        }
        self.begin(alpha)?;
        let slope = self.phi.slope(alpha);
        if !slope.is_finite() {
            // No search goes on from a point with a value but no slope, however low it is.
            if self.best.alpha == alpha {
                self.best = Step { trials: self.best.trials, ..self.sound };
            }
            return Ok(None);
        }
        self.known_slope = (alpha, slope);
        self.confirm(alpha);
        Ok(Some(slope))
    }

    /// The accepted step, which is the last trial.
    pub(super) fn accept(&self, alpha: f64, value: f64) -> Step {
        Step { alpha, value, trials: self.best.trials }
    }

    /// The end at the largest step, where φ still falls: it is as good as any other where the caller sets that limit.
    pub(super) fn at_limit(&mut self, alpha: f64) -> Result<Step, Failure> {
        if self.start.limited
            && let Some(value) = self.value(alpha)?
        {
            return Ok(self.accept(alpha, value));
        }
        Err(self.failure(FailureReason::Unbounded))
    }

    /// The end without an acceptable step.
    pub(super) fn failure(&self, reason: FailureReason) -> Failure {
        Failure { reason, best: self.best }
    }

    /// True when the linear model promises less at `alpha` than one rounding error of φ(0): a value that is still too
    /// high there will not decrease on a shorter step.
    pub(super) fn is_below_rounding(&self, alpha: f64) -> bool {
        alpha * -self.start.slope <= f64::EPSILON * self.start.value.abs()
    }

    /// True where `value` and φ(0) differ by rounding, so that slopes have to decide: by the decrease of the parabola through
    /// φ(0), φ'(0) and the slope there, condition (4.1) of Hager & Zhang, SIAM J. Optim. 16 (2005).
    pub(super) fn is_level(&self, value: f64) -> bool {
        let Start { value: start, ceiling, noise, .. } = self.start;
        (value - start).abs() <= noise.max(ROUNDING * start.abs()) && value <= ceiling
    }

    /// Where a search that compares values finds φ level at `alpha`: accepts the step when the slopes say that φ decreases
    /// by `decrease` of α φ'(0), else returns the next step, short of where the slope vanishes. A step on which the slope
    /// hardly changes is too short to gain anything.
    pub(super) fn step_by_slopes(
        &mut self,
        (alpha, value): (f64, f64),
        decrease: f64,
    ) -> Result<Result<Step, f64>, Failure> {
        if !self.is_level(value) {
            return Err(self.failure(FailureReason::Rounding));
        }
        Ok(match self.slope(alpha)? {
            Some(slope) if slope < CURVATURE * self.start.slope => {
                return Err(self.failure(FailureReason::Rounding));
            }
            Some(slope) if slope <= (2.0 * decrease - 1.0) * self.start.slope => {
                Ok(self.accept(alpha, value))
            }
            Some(slope) => {
                let flat = secant((0.0, self.start.slope), (alpha, slope));
                Err(safeguarded(flat, 0.1 * alpha, 0.5 * alpha))
            }
            None => Err(0.1 * alpha),
        })
    }

    /// Counts a pass of a search's loop. Ends a search that cycles among known steps.
    pub(super) fn look(&mut self) -> Result<(), Failure> {
        match self.looks.checked_sub(1) {
            Some(looks) => {
                self.looks = looks;
                Ok(())
            }
            None => Err(self.failure(FailureReason::Rounding)),
        }
    }

    /// Counts a trial, unless it continues one whose slope or value was evaluated before.
    fn begin(&mut self, alpha: f64) -> Result<(), Failure> {
        if alpha > 0.0 && (alpha == self.last || alpha == self.known_value.0) {
            return Ok(());
        }
        if self.best.trials >= self.limit {
            return Err(self.failure(FailureReason::TrialLimit));
        }
        // The step has underflowed.
        if !(alpha > 0.0 && alpha.is_finite()) {
            return Err(self.failure(FailureReason::Rounding));
        }
        self.best.trials += 1;
        self.last = alpha;
        Ok(())
    }

    fn record(&mut self, alpha: f64, value: f64) {
        if value < self.best.value {
            self.best.alpha = alpha;
            self.best.value = value;
        }
    }

    /// Records that the slope at `alpha` is finite.
    fn confirm(&mut self, alpha: f64) {
        if self.best.alpha == alpha {
            self.sound = self.best;
        }
    }
}

/// The factors by which a search expands while φ still decreases.
///
/// The usual factor for a while, and then its square, the square of that and so on: from any step, a few dozen trials
/// reach the largest number, so that a φ without a lower bound is detected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expansion {
    factor: f64,
    count: usize,
}

impl Expansion {
    pub(super) fn new(factor: f64) -> Self {
        Self { factor, count: 0 }
    }

    /// The factor for the next expansion; infinite in the end.
    pub(super) fn next_factor(&mut self) -> f64 {
        self.count += 1;
        if self.count > USUAL_EXPANSIONS {
            self.factor *= self.factor;
        }
        self.factor
    }
}

/// Checks the parameter that all searches share.
pub(super) fn check_max_trials(max_trials: usize) -> Result<(), Error> {
    let is_in_range = (1..=MOST_TRIALS).contains(&max_trials);
    crate::error::check(is_in_range, "max_trials", max_trials as f64, "from 1 to 10000")
}

/// The point at `share` of the way from `a` to `b`, or their middle; `None` when no number lies strictly between them.
pub(super) fn between(a: f64, b: f64, share: f64) -> Option<f64> {
    let is_inside = |c: &f64| a.min(b) < *c && *c < a.max(b);
    let [there, middle] = [share, 0.5].map(|share| a + share * (b - a));
    Some(there).filter(is_inside).or(Some(middle).filter(is_inside))
}
