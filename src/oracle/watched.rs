//! Costs of many points by an evaluator, and searches within a search.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use nalgebra::DVector;
use web_time::Instant;

use super::{CancellationToken, Differences, Oracle, Unbounded, Workspace};
use crate::evaluator::Serial;
use crate::{Bounds, Error, Problem, Structure, Termination};

impl<'a> Oracle<'a> {
    /// Writes the costs of many points, evaluated by the run's [evaluator](crate::Evaluator). Breaks with the reason
    /// when the run was interrupted; the costs are then unusable. When the run's evaluations were used up
    /// ([`Termination::MaxEvaluations`]), the first points have their costs, as many as the limit allowed, and the rest
    /// are NaN.
    pub fn costs(
        &mut self,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> ControlFlow<Termination> {
        // The remaining evaluations of the run go to the first points.
        let left = self.budget.max(1).saturating_sub(self.evaluations.cost);
        let allowed = usize::try_from(left).map_or(points.len(), |left| left.min(points.len()));
        let is_spent = allowed < points.len();
        if self.is_open() {
            let (points, rest) = (&points[..allowed], costs.split_at_mut(allowed));
            let (costs, unknown) = rest;
            unknown.fill(f64::NAN);
            let (token, deadline) = (self.token.as_ref(), self.deadline.map(|(end, _)| end));
            let calls = AtomicU64::new(0);
            let watched = Watched { problem: self.problem, token, deadline, calls: &calls };
            match self.evaluator.costs(&watched, points, costs) {
                Ok(panics) => self.evaluations.panics += panics,
                Err(lost) => {
                    self.closed.get_or_insert(Termination::EvaluatorLost { reason: lost.reason });
                }
            }
            // Calls on other machines are not counted here, but are known when all points were evaluated.
            let made = if self.is_open() { points.len() as u64 } else { calls.into_inner() };
            self.evaluations.cost += made;
            let terms = made.saturating_mul(self.terms().unwrap_or(0) as u64);
            self.evaluations.terms = self.evaluations.terms.saturating_add(terms);
            self.note_failure(costs.iter().any(|cost| cost.is_nan()));
            if is_spent && self.closed.is_none() {
                self.closed = Some(Termination::MaxEvaluations { limit: self.budget });
            }
        }
        self.uninterrupted()
    }

    /// Breaks with the reason once the run is interrupted; for long work between evaluations.
    pub(crate) fn interruption(&mut self) -> ControlFlow<Termination> {
        self.is_open();
        self.uninterrupted()
    }

    /// Evaluates the start of a derivative-free search: f(x0).
    ///
    /// # Errors
    /// When x0 has the wrong dimension, or x0 or the cost is not finite; when the problem is a sum without terms; when
    /// the run is interrupted.
    pub fn start_cost(&mut self, x0: &DVector<f64>) -> Result<f64, Error> {
        self.check_start(x0)?;
        let cost = self.cost(x0);
        self.check_interruption()?;
        self.check_cost(cost)?;
        Ok(cost)
    }

    /// Gives a local search its view of the problem, counted and watched like this one: in unbounded coordinates with a
    /// start inside the bounds, unchanged without a start. Panics count as NaN.
    pub(crate) fn without_bounds<T>(
        &mut self,
        start: Option<&DVector<f64>>,
        search: impl FnOnce(&mut Oracle<'_>, &Unbounded<'_>) -> T,
    ) -> T {
        let unbounded = Unbounded::new(self.problem, start, std::mem::take(&mut self.room));
        let is_bent = start.is_some();
        let differences =
            if is_bent { &mut self.unbounded_differences } else { &mut self.differences };
        let differences = std::mem::take(differences);
        let mut inside = Oracle {
            problem: &unbounded,
            sum: unbounded.structure().sum(),
            evaluations: self.evaluations,
            token: self.token.clone(),
            deadline: self.deadline,
            budget: self.budget,
            closed: self.closed.clone(),
            evaluator: Box::new(Serial),
            probe: std::mem::take(&mut self.probe),
            probed: std::mem::take(&mut self.probed),
            steps: self.steps,
            differences,
            unbounded_differences: Differences::default(),
            learnt: std::mem::take(&mut self.learnt),
            room: Workspace::default(),
        };
        let found = search(&mut inside, &unbounded);
        let Oracle { evaluations, closed, probe, probed, differences, learnt, .. } = &mut inside;
        (self.evaluations, self.closed) = (*evaluations, closed.take());
        (self.probe, self.probed) = (std::mem::take(probe), std::mem::take(probed));
        let (differences, learnt) = (std::mem::take(differences), std::mem::take(learnt));
        self.learnt = learnt;
        if is_bent {
            self.unbounded_differences = differences;
        } else {
            self.differences = differences;
        }
        drop(inside);
        let (panics, room) = unbounded.into_parts();
        self.evaluations.panics += panics;
        self.room = room;
        found
    }
}

/// The problem as evaluators see it: once the run is interrupted, the remaining points are not evaluated.
struct Watched<'a> {
    problem: &'a dyn Problem,
    token: Option<&'a CancellationToken>,
    deadline: Option<Instant>,
    calls: &'a AtomicU64,
}

impl Problem for Watched<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        if self.is_interrupted() {
            return f64::NAN;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.problem.gradient(x, gradient);
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
    fn noise(&self) -> f64 {
        self.problem.noise()
    }
    fn is_interrupted(&self) -> bool {
        self.token.is_some_and(CancellationToken::is_cancelled)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
    fn failure(&self) -> Option<String> {
        self.problem.failure()
    }
    fn structure(&self) -> Structure<'_> {
        self.problem.structure()
    }
}
