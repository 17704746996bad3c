//! Whether a trial fulfils what the model predicts, also where costs differ by rounding only.
//!
//! ```text
//! |f − f⁺| ≥ 10⁴ ε |f|    reduction f − f⁺
//! below that              reduction −½ (g's + g⁺'s), if f⁺ − f is at most rounding
//! below that, |g| halves  as predicted at least, if f⁺ − f is at most an error that the last changes of f would hide
//! ```
//!
//! The trapezoidal rule has the error |s|³ |f'''| / 12, which vanishes faster than the reduction itself; a gradient
//! that it needs is that of the next point. The rule is that of the trust regions of JuliaSmoothOptimizers, without
//! their absolute terms, so that the unit of the cost does not matter. Conn, Gould & Toint (2000), section 17.4.2.

use super::radius::ACCEPTED;
use super::state::Proposal;
use super::{Model, TrustRegionState};
use crate::Oracle;
use crate::linalg::{dot, sums};

/// A change of the cost below this share of it may be rounding.
const RESOLVED: f64 = 1e4 * f64::EPSILON;
/// A reduction below this share of the cost is rounding.
const NOTHING: f64 = 2.0 * f64::EPSILON;

/// A trial point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub cost: f64,
    /// NaN outside the domain.
    pub reduction: f64,
    /// True where slopes decide, and show no reduction beyond rounding.
    pub is_rounding: bool,
    /// True when the gradient was evaluated and is finite.
    pub has_gradient: bool,
}

impl Trial {
    pub fn is_accepted(&self, proposal: Proposal) -> bool {
        self.reduction >= ACCEPTED * proposal.predicted && self.reduction > 0.0
    }
}

impl<M, S> TrustRegionState<M, S> {
    /// True when the step is rounding in every variable.
    pub(super) fn is_still(&self) -> bool {
        self.x.iter().zip(&self.step).all(|(x, s)| s.abs() <= f64::EPSILON * x.abs())
    }

    /// Evaluates the cost at x + s, and the gradient where the step may be accepted.
    pub(super) fn evaluate<K>(&mut self, model: &K, problem: &mut Oracle<'_>) -> Trial
    where
        K: Model<Memory = M>,
    {
        let mut trial =
            Trial { cost: f64::NAN, reduction: f64::NAN, is_rounding: false, has_gradient: false };
        for ((out, x), s) in self.trial.x.iter_mut().zip(&self.x).zip(&self.step) {
            *out = x + s;
        }
        self.room.contain(&self.x, &self.step, &mut self.trial.x);
        if self.trial.x.iter().any(|x| !x.is_finite()) {
            return trial;
        }
        trial.cost = model.cost(problem, &mut self.model, &self.trial.x);
        let actual = self.cost - trial.cost;
        if !actual.is_finite() {
            return trial;
        }
        trial.reduction = actual;
        let is_level = actual.abs() <= (RESOLVED * self.cost.abs()).max(self.noise());
        let may_be_accepted = if is_level {
            // A noisy ceiling sinks as the changes of the cost fade, also below the cost at x.
            trial.cost <= self.noisy_ceiling().max(self.cost)
        } else {
            trial.is_accepted(self.proposal)
        };
        if !may_be_accepted {
            return trial;
        }
        let gradient = &mut self.trial.gradient;
        model.gradient(problem, &mut self.model, (&self.trial.x, trial.cost), gradient);
        let [zero] = sums([gradient.as_slice()], |[g]| [0.0 * g]);
        trial.has_gradient = zero == 0.0;
        if !trial.has_gradient {
            trial.reduction = f64::NAN;
        } else if is_level {
            let after = dot(gradient.as_slice(), self.step.as_slice());
            trial.reduction = -0.5 * (self.proposal.slope + after);
            let has_halved = self.room.norm(&self.trial.x, gradient) <= 0.5 * self.gradient_norm;
            trial.is_rounding = trial.reduction <= NOTHING * self.cost.abs();
            if has_halved {
                trial.reduction = trial.reduction.max(self.proposal.predicted);
            } else if trial.cost > self.ceiling() {
                trial.reduction = actual;
            }
        }
        trial
    }
}
