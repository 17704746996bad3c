//! Costs of many points, by the run's evaluator.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::Oracle;
use crate::evaluator::Call;
use crate::{Error, Termination};

impl<'a> Oracle<'a> {
    /// Writes the costs of many points, evaluated by the run's [evaluator](crate::Evaluator), into `costs`, which has as many
    /// components. Breaks with the reason when the run was interrupted; the costs are then unusable. But when the run's
    /// evaluations were used up ([`Termination::MaxEvaluations`]), the first points have their costs, as many as the limit
    /// allowed, and the rest are NaN.
    pub fn costs(
        &mut self,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> ControlFlow<Termination> {
        if self.view.is_some() {
            for (x, cost) in points.iter().zip(costs) {
                *cost = self.cost(x);
            }
            return self.uninterrupted();
        }
        // The remaining evaluations of the run go to the first points.
        let left = self.meter.budget.max(1).saturating_sub(self.meter.evaluations.cost);
        let allowed = usize::try_from(left).map_or(points.len(), |left| left.min(points.len()));
        let is_spent = allowed < points.len();
        if self.meter.is_open() {
            let (points, rest) = (&points[..allowed], costs.split_at_mut(allowed));
            let (costs, unknown) = rest;
            unknown.fill(f64::NAN);
            let token = self.meter.token.clone();
            let call = Call::new(self.problem)
                .watched_by(token.as_ref(), self.meter.deadline.map(|(end, _)| end))
                .survive_panics(self.meter.survives_panics);
            if let Err(lost) = self.evaluator.costs(&call, points, costs) {
                let reason = lost.reason;
                self.meter.closed.get_or_insert(Termination::EvaluatorLost { reason });
            }
            self.meter.evaluations.panics += call.panics();
            // Calls on other machines are not counted here, but are known when all points were evaluated.
            let made = if self.meter.is_open() { points.len() as u64 } else { call.calls() };
            self.meter.evaluations.cost += made;
            let terms = made.saturating_mul(self.terms().unwrap_or(0) as u64);
            self.meter.evaluations.terms = self.meter.evaluations.terms.saturating_add(terms);
            self.note_failure(costs.iter().any(|cost| cost.is_nan()));
            if is_spent && self.meter.closed.is_none() {
                self.meter.closed = Some(Termination::MaxEvaluations { limit: self.meter.budget });
            }
        }
        self.uninterrupted()
    }

    /// Breaks with the reason once the run is interrupted; for long work between evaluations.
    pub(crate) fn interruption(&mut self) -> ControlFlow<Termination> {
        self.meter.is_open();
        self.uninterrupted()
    }

    /// Evaluates the start of a derivative-free search: f(x0).
    ///
    /// # Errors
    /// When x0 has the wrong dimension or is outside the bounds; when x0 or the cost is not finite; when the problem is a
    /// sum without terms; when the run is interrupted.
    pub fn start_cost(&mut self, x0: &DVector<f64>) -> Result<f64, Error> {
        self.check_start(x0)?;
        let cost = self.cost(x0);
        self.check_interruption()?;
        self.check_cost(cost)?;
        Ok(cost)
    }
}
