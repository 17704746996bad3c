//! The line search with a filter, and second-order corrections.
//!
//! ```text
//! accepted where (θ, φ) passes the filter, and
//!   φ(α) ≤ φ + 10⁻⁸ α ∇φ'd                           if α (−∇φ'd)^2.3 > θ^1.1, θ ≤ θ_least   (the cost decides)
//!   θ(α) ≤ (1 − 10⁻⁵) θ  or  φ(α) ≤ φ − 10⁻⁸ θ       otherwise; then the filter gets ((1 − 10⁻⁵) θ, φ − 10⁻⁸ θ)
//! ```
//!
//! Where the first trial violates the constraints more than the last point, up to four corrections follow the curved
//! constraints: the same system with α h + h(trial) in place of h. Wächter & Biegler (2006), algorithm A; the
//! constants are Ipopt's.

use super::barrier;
use super::filter::{Pair, at_most};
use super::frame::Frame;
use super::newton::{self, Proposal};
use super::point::Point;
use super::state::{InteriorPointState, Work};
use crate::Oracle;
use crate::linalg::dot;

/// γ_θ, γ_φ and η.
const LESS_VIOLATION: f64 = 1e-5;
const LESS_COST: f64 = 1e-8;
const SUFFICIENT: f64 = 1e-8;
/// s_φ and s_θ.
const COST_POWER: f64 = 2.3;
const VIOLATION_POWER: f64 = 1.1;
/// γ_α: the share of the shortest useful step that is still tried.
const SHORTEST: f64 = 0.05;
/// κ_soc, and the most corrections.
const CORRECTED: f64 = 0.99;
const CORRECTIONS: usize = 4;
/// The most halvings.
const HALVINGS: usize = 50;
/// A step is rounding when no component exceeds this many rounding units of max(1, |w|).
const ROUNDING: f64 = 10.0 * f64::EPSILON;

/// How a search ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// The trial point, with its derivatives, is the next one. What the filter gets, and the step along d, which is the
    /// corrected one or not.
    Accepted {
        alpha: f64,
        share: f64,
        augment: Option<Pair>,
        is_corrected: bool,
        is_rounding: bool,
    },
    /// The cost is −∞ at a feasible point.
    Unbounded,
    Failed,
}

/// What every trial is held against.
pub(super) struct Search {
    theta: f64,
    phi: f64,
    /// ∇φ'd.
    slope: f64,
    least_violation: f64,
    mu: f64,
    /// True when μ is new, so that the filter is empty.
    is_fresh: bool,
}

impl Search {
    fn new(state: &InteriorPointState, proposal: Proposal) -> Self {
        let InteriorPointState { here, scale, work, filter, .. } = state;
        let frame = &work.frame;
        let mut slope =
            scale.cost * dot(here.gradient.as_slice(), &work.step.w.as_slice()[..frame.n]);
        for (j, (w, d)) in here.w.iter().zip(&work.step.w).enumerate() {
            slope += barrier::slope(frame, j, *w, proposal.mu) * d;
        }
        Self {
            theta: frame.gaps(scale, here),
            phi: barrier::value(frame, scale, here, proposal.mu),
            slope,
            least_violation: filter.least,
            mu: proposal.mu,
            is_fresh: proposal.mu != state.mu,
        }
    }

    /// The shortest step that may still be accepted.
    fn shortest(&self) -> f64 {
        let Self { theta, slope, .. } = *self;
        let mut least = LESS_VIOLATION;
        if slope < 0.0 {
            least = least.min(LESS_COST * theta / -slope);
            if theta <= self.least_violation {
                least = least.min(theta.powf(VIOLATION_POWER) / (-slope).powf(COST_POWER));
            }
        }
        SHORTEST * least
    }

    /// True when a step α is to be judged by the cost.
    fn is_by_cost(&self, alpha: f64) -> bool {
        self.slope < 0.0
            && self.theta <= self.least_violation
            && alpha * (-self.slope).powf(COST_POWER) > self.theta.powf(VIOLATION_POWER)
    }

    fn is_sufficient(&self, alpha: f64, phi: f64) -> bool {
        at_most(phi - self.phi, SUFFICIENT * alpha * self.slope, self.phi)
    }

    /// θ at the trial point, and what the filter gets when it is accepted. Where it is refused, slacks may move.
    fn judge_trial(
        &self,
        state: &mut InteriorPointState,
        alpha: f64,
    ) -> (f64, Option<Option<Pair>>) {
        let pair = self.pair(state);
        let accepted = self.judge(state, alpha, pair);
        if accepted.is_some() {
            return (pair[0], accepted);
        }
        let Work { frame, trial, .. } = &mut state.work;
        frame.move_slacks(&state.scale, trial);
        let pair = self.pair(state);
        (pair[0], self.judge(state, alpha, pair))
    }

    /// (θ, φ) at the trial point.
    fn pair(&self, state: &InteriorPointState) -> Pair {
        let (frame, trial) = (&state.work.frame, &state.work.trial);
        let phi = barrier::value(frame, &state.scale, trial, self.mu);
        [frame.gaps(&state.scale, trial), phi]
    }

    /// What the filter gets when (θ, φ) at the step α is accepted; `None` when it is not.
    fn judge(
        &self,
        state: &InteriorPointState,
        alpha: f64,
        [theta, phi]: Pair,
    ) -> Option<Option<Pair>> {
        let is_allowed = match self.is_fresh {
            true => theta <= state.filter.most,
            false => state.filter.accepts([theta, phi]),
        };
        if !is_allowed || !phi.is_finite() {
            return None;
        }
        let (by_cost, is_sufficient) = (self.is_by_cost(alpha), self.is_sufficient(alpha, phi));
        let is_better = if by_cost {
            is_sufficient
        } else {
            at_most(theta, (1.0 - LESS_VIOLATION) * self.theta, self.theta)
                || at_most(phi - self.phi, -LESS_COST * self.theta, self.phi)
        };
        let pair = [(1.0 - LESS_VIOLATION) * self.theta, self.phi - LESS_COST * self.theta];
        is_better.then_some(Some(pair).filter(|_| !(by_cost && is_sufficient)))
    }
}

/// Searches along the proposed step, and leaves what it accepts in `work.trial`, the first trial in `work.first`.
pub(super) fn search(
    problem: &mut Oracle<'_>,
    state: &mut InteriorPointState,
    proposal: Proposal,
) -> Outcome {
    let search = Search::new(state, proposal);
    let Work { frame, step, .. } = &state.work;
    let longest = barrier::longest(frame, &state.here.w, &step.w, proposal.tau);
    let sizes = state.here.w.iter().zip(&step.w).map(|(w, d)| d.abs() / w.abs().max(1.0));
    let is_rounding = sizes.fold(0.0, f64::max) <= ROUNDING;
    let shortest = search.shortest();
    let mut alpha = longest;
    state.work.first.cost = f64::NAN;
    for pass in 0..HALVINGS {
        let Work { frame, step, trial, .. } = &mut state.work;
        barrier::advance(frame, &state.here, alpha, &step.w, trial);
        let is_finite = trial.evaluate(problem, &state.here);
        if problem.uninterrupted().is_break() {
            return Outcome::Failed;
        }
        if is_unbounded(frame, trial) {
            return Outcome::Unbounded;
        }
        if is_finite {
            let (theta, judged) = search.judge_trial(state, alpha);
            let accepted = if is_rounding { Some(None) } else { judged };
            if let Some(augment) = accepted
                && differentiate(problem, &state.here, &mut state.work)
            {
                return Outcome::Accepted {
                    alpha,
                    share: alpha / longest,
                    augment,
                    is_corrected: false,
                    is_rounding,
                };
            }
            if pass == 0 {
                let Work { first, trial, .. } = &mut state.work;
                first.copy_values(trial);
                if accepted.is_none()
                    && theta >= search.theta
                    && let Some(outcome) =
                        correct(problem, state, &search, proposal, (alpha, theta))
                {
                    return outcome;
                }
            }
        }
        alpha *= 0.5;
        if alpha < shortest || alpha == 0.0 {
            break;
        }
    }
    Outcome::Failed
}

fn differentiate(problem: &mut Oracle<'_>, here: &Point, work: &mut Work) -> bool {
    work.trial.differentiate(problem, here, &mut work.jacobian)
}

/// True at a feasible point of infinite cost below.
fn is_unbounded(frame: &Frame, trial: &Point) -> bool {
    let violation = frame.limits.as_ref().map_or(0.0, |limits| limits.violation(&trial.values));
    trial.cost == f64::NEG_INFINITY && violation <= super::FEASIBLE
}

/// Second-order corrections of the first trial, at the step α with the violation θ.
fn correct(
    problem: &mut Oracle<'_>,
    state: &mut InteriorPointState,
    search: &Search,
    proposal: Proposal,
    (mut alpha, mut theta): (f64, f64),
) -> Option<Outcome> {
    let mut gaps = std::mem::take(&mut state.work.gaps);
    let mut outcome = None;
    let first = alpha;
    for _ in 0..CORRECTIONS {
        let Work { frame, trial, .. } = &state.work;
        for (i, gap) in gaps.iter_mut().enumerate() {
            *gap = alpha * *gap + frame.gap(&state.scale, trial, i);
        }
        if !newton::correct(state, proposal.mu, &gaps) {
            break;
        }
        let Work { frame, corrected, trial, .. } = &mut state.work;
        alpha = barrier::longest(frame, &state.here.w, &corrected.w, proposal.tau);
        barrier::advance(frame, &state.here, alpha, &corrected.w, trial);
        let is_finite = trial.evaluate(problem, &state.here);
        if !is_finite || problem.uninterrupted().is_break() {
            break;
        }
        let (next, accepted) = search.judge_trial(state, first);
        if let Some(augment) = accepted
            && differentiate(problem, &state.here, &mut state.work)
        {
            outcome = Some(Outcome::Accepted {
                alpha,
                share: 1.0,
                augment,
                is_corrected: true,
                is_rounding: false,
            });
            break;
        }
        if next > CORRECTED * theta {
            break;
        }
        theta = next;
    }
    state.work.gaps = gaps;
    outcome
}
