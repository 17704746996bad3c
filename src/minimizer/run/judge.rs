//! Whether a run ends: the rules, the method's objections, and the errors that a claim of convergence has to exceed.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::{Run, progress};
use crate::solver::accepted;
use crate::stop::{TOLERANCE, stalls};
use crate::{Progress, Solver, Stall, State, Stop, Termination};

/// A rule on the gradient.
type Rule = fn(&Stop, &Progress<'_>) -> Option<Termination>;

/// So often can errors in a cost double, from rounding to the cost itself.
const DOUBLINGS: u32 = f64::MANTISSA_DIGITS;

impl<S: Solver> Run<'_, S> {
    /// Decides whether the run ends here. Convergence takes precedence over what the solver says: a search that fails
    /// at a point that passes the test has nothing more to find.
    pub(super) fn judge(&mut self, flow: ControlFlow<Termination>) {
        self.warning = None;
        let ending = flow.clone().break_value();
        let mut progress = self.progress();
        if progress.gradient_norm.is_some_and(|norm| norm <= TOLERANCE) {
            progress.promised = self.promised();
        }
        let mut verdict = self.stop.holds(&progress);
        if verdict.as_ref().is_some_and(Termination::is_by_gradient) {
            let again = self.accepted(Stop::holds);
            // Where the method objects, the other rules still count; and its evaluations count for them.
            let mut progress = self.progress();
            progress.promised = self.promised();
            let warning = progress.warning().filter(|_| again.is_some());
            let others = self.stop.holds(&Progress { gradient_norm: None, ..progress });
            self.warning = warning;
            verdict = again.or(others);
        }
        if verdict.as_ref().is_none_or(|v| !v.is_converged())
            && let ControlFlow::Break(reason) = flow
        {
            verdict = Some(self.settled().filter(|_| reason.is_at_rest()).unwrap_or(reason));
        }
        let by_validation = || self.validation.as_ref()?.verdict(&self.validated);
        let mut verdict = verdict.or_else(by_validation);
        if verdict.is_none() {
            let at = (self.iteration, self.state.cost());
            let gradient_norm = self.state.gradient_norm();
            verdict = stalls(&mut self.history, at, self.solver.patience()).map(|reason| {
                let stalled = Termination::Stalled { reason, gradient_norm };
                self.settled().filter(|_| stalled.is_at_rest()).unwrap_or(stalled)
            });
        }
        let may_go_on = ending.is_none();
        let verdict = verdict.and_then(|verdict| self.visible(verdict, may_go_on));
        (self.termination, self.unjudged) = match self.oracle.uninterrupted() {
            ControlFlow::Break(reason) => (Some(reason), ending),
            ControlFlow::Continue(()) => (verdict, None),
        };
    }

    /// The verdict of a rule on the gradient, if the method accepts convergence.
    fn accepted(&mut self, rule: Rule) -> Option<Termination> {
        let Self { oracle, solver, state, stop, history, x0, iteration, started, .. } = self;
        let solver: &S = solver;
        accepted(solver, oracle, state, |oracle, state| {
            let mut progress = progress(*iteration, state, oracle, history, *started);
            progress.promised = promised(solver, state, x0);
            rule(stop, &progress)
        })
    }

    /// The verdict, unless it claims convergence by a differenced gradient whose error exceeds the tolerance. Where
    /// costs have larger errors than was known, the gradient is differenced again over longer steps; if it is large then,
    /// a run that `may_go_on` does.
    fn visible(&mut self, verdict: Termination, may_go_on: bool) -> Option<Termination> {
        let mut verdict = verdict;
        let mut doublings = 0..DOUBLINGS;
        loop {
            let gradient_norm = self.state.gradient_norm();
            let (tolerance, rule): (f64, Rule) = match verdict {
                Termination::GradientNorm { tolerance, .. }
                | Termination::FirstOrder { tolerance, .. } => (tolerance, Stop::holds),
                Termination::PromisedChange { .. } => {
                    (gradient_norm.unwrap_or(f64::INFINITY), Stop::settles)
                }
                _ => return Some(verdict),
            };
            let (x, cost) = (self.state.x(), self.state.cost());
            let of_constraints =
                self.state.multipliers().map_or(0.0, |y| self.oracle.constraint_error(x, y));
            let known = self.oracle.gradient_error(x, cost, None) + of_constraints;
            let [hidden, of_cost] = if known <= tolerance {
                self.oracle.hidden_error(x, (cost, &self.x0), tolerance - known)
            } else {
                [0.0; 2]
            };
            let error = known + hidden;
            if error <= tolerance || (error.is_nan() && self.oracle.problem().has_gradient()) {
                return Some(verdict);
            }
            // New when the errors in the cost are at least twice as large as was known.
            let is_new = doublings.next().is_some()
                && self.oracle.learn_cost_error([of_cost, error], (x, cost), &self.x0);
            let again = if is_new { self.accepted(rule) } else { None };
            match again {
                Some(again) => verdict = again,
                None if is_new && may_go_on => return None,
                None => {
                    let reason = Stall::DifferenceError { error, tolerance };
                    return Some(Termination::Stalled { reason, gradient_norm });
                }
            }
        }
    }

    fn promised(&self) -> Option<f64> {
        promised(&self.solver, &self.state, &self.x0)
    }

    /// The convergence of a run that can gain no more.
    fn settled(&mut self) -> Option<Termination> {
        let progress = Progress { promised: self.promised(), ..self.progress() };
        self.stop.settles(&progress)?;
        self.accepted(Stop::settles)
    }
}

/// What the gradient promises; see [`Solver::promised_change`]. Unknown under constraints, which forbid to follow it.
fn promised<S: Solver>(solver: &S, state: &S::State, x0: &DVector<f64>) -> Option<f64> {
    let is_free = state.infeasibility().is_none();
    is_free.then(|| solver.promised_change(state, x0)).flatten()
}
