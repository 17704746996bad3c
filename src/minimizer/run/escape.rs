//! Verification: the final point is classified, and left if it is a saddle.

use nalgebra::DVector;

use super::Run;
use crate::stop::{FEASIBLE, History};
use crate::{Solution, Solver, State, Termination, stationary};

/// The most saddles that a verified run leaves.
const ESCAPES: u32 = 100;

impl<S: Solver> Run<'_, S> {
    /// Classifies the final point; from a saddle restarts along its escape direction, as long as that leads lower.
    pub(super) fn finish_verified(mut self) -> Solution {
        let mut escapes = 0..ESCAPES;
        loop {
            let classification = stationary::classify_with(&mut self.oracle, self.state.x());
            let lower = classification
                .as_ref()
                .and_then(|c| c.escape_direction())
                .filter(|_| escapes.next().is_some())
                .and_then(|(direction, _)| self.escape(&direction));
            let Some(state) = lower else {
                let mut solution = self.finish();
                solution.classification = classification;
                return solution;
            };
            let before = std::mem::replace(&mut self.state, state);
            let end_before = self.termination.take();
            let elapsed_before = self.history.elapsed_before;
            let state = &self.state;
            self.history = History::new(state.cost(), state.gradient_norm(), state.infeasibility());
            self.history.elapsed_before = elapsed_before;
            while self.step().is_continue() {}
            if !self.is_better_than(&before) {
                (self.state, self.termination) = (before, end_before);
                let mut solution = self.finish();
                solution.classification = classification;
                return solution;
            }
        }
    }

    /// True when the cost is lower and no constraint that was satisfied is violated: with constraints, a run from a
    /// lower point may end higher.
    fn is_better_than(&self, before: &S::State) -> bool {
        let violation = |state: &S::State| state.infeasibility().unwrap_or(0.0);
        self.state.cost() < before.cost()
            && violation(&self.state) <= violation(before).max(FEASIBLE)
    }

    /// A fresh state at a lower point along ± `direction`, within the bounds, if one is found within a few halvings.
    fn escape(&mut self, direction: &DVector<f64>) -> Option<S::State> {
        use Termination::{FirstOrder, GradientNorm, PromisedChange, Stalled};
        let end = self.termination.as_ref()?;
        if !matches!(
            end,
            GradientNorm { .. } | FirstOrder { .. } | PromisedChange { .. } | Stalled { .. }
        ) {
            return None;
        }
        let (x, cost) = (self.state.x().clone(), self.state.cost());
        let mut length = 0.1 * x.amax().max(1.0);
        for _ in 0..20 {
            for sign in [length, -length] {
                let mut there = &x + direction * sign;
                if let Some(bounds) = self.oracle.problem().bounds() {
                    there.zip_zip_apply(bounds.lower(), bounds.upper(), |x, lower, upper| {
                        *x = x.max(lower).min(upper);
                    });
                }
                if let Ok(state) = self.solver.init(&mut self.oracle, there)
                    && state.cost() < cost
                {
                    return Some(state);
                }
            }
            length *= 0.25;
        }
        None
    }
}
