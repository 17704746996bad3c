//! Costs of many points by an evaluator, and searches within a search.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nalgebra::DVector;

use super::{CancellationToken, Oracle};
use crate::{Bounds, Error, Problem, Structure, Termination};

impl<'a> Oracle<'a> {
    /// Writes the costs of many points, by the run's [evaluator](crate::Evaluator). Breaks with the reason when the run was
    /// interrupted, and the costs are then of no use.
    pub fn costs(
        &mut self,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> ControlFlow<Termination> {
        if self.is_open() {
            let (token, deadline) = (self.token.as_ref(), self.deadline.map(|(end, _)| end));
            let calls = AtomicU64::new(0);
            let watched = Watched { problem: self.problem, token, deadline, calls: &calls };
            let panics = self.evaluator.panics();
            let outcome = self.evaluator.costs(&watched, points, costs);
            self.evaluations.panics += self.evaluator.panics().saturating_sub(panics);
            if let Err(lost) = outcome {
                self.closed.get_or_insert(Termination::EvaluatorLost { reason: lost.reason });
            }
            // Calls on other machines are not seen here; when all points were evaluated, they are known anyway.
            let made = if self.is_open() { points.len() as u64 } else { calls.into_inner() };
            self.evaluations.cost += made;
            let terms = made.saturating_mul(self.terms().unwrap_or(0) as u64);
            self.evaluations.terms = self.evaluations.terms.saturating_add(terms);
        }
        self.uninterrupted()
    }

    /// Evaluates the start of a search that looks at costs alone: f(x0).
    ///
    /// # Errors
    /// When x0 has the wrong dimension, or x0 or the cost is not finite; when the problem is a sum of no terms; when the run
    /// is interrupted.
    pub fn start_cost(&mut self, x0: &DVector<f64>) -> Result<f64, Error> {
        self.check_start(x0)?;
        let cost = self.cost(x0);
        self.check_interruption()?;
        check_cost(cost)?;
        Ok(cost)
    }

    /// A local search within a search: where it would refuse the bounds it does not see them, and reads NaN outside of
    /// them, where local searches back off.
    pub(crate) fn inside_bounds<T>(&mut self, search: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.is_inside, true);
        let found = search(self);
        self.is_inside = before;
        found
    }

    /// A problem that stands for this one in a local search within a search, watched by the same token and clock. Its counts
    /// begin at zero; [`absorb`](Self::absorb) adds them.
    pub(crate) fn watching<'b>(&self, problem: &'b dyn Problem) -> Oracle<'b> {
        let mut oracle = Oracle::new(problem);
        oracle.token.clone_from(&self.token);
        oracle.deadline = self.deadline;
        oracle.closed.clone_from(&self.closed);
        oracle
    }

    /// Adds what a local search has called, of which some panicked, and closes when it was closed.
    pub(crate) fn absorb(&mut self, local: &Oracle<'_>, panics: u64) {
        let (own, other) = (&mut self.evaluations, local.evaluations);
        own.cost += other.cost;
        own.gradient += other.gradient;
        own.hessian += other.hessian;
        own.hessian_product += other.hessian_product;
        own.terms = own.terms.saturating_add(other.terms);
        own.panics += panics;
        if self.closed.is_none() {
            self.closed.clone_from(&local.closed);
        }
    }

    /// The bounds that a solver has to keep by itself.
    pub(crate) fn bounds_to_keep(&self) -> Option<&'a Bounds> {
        if self.is_inside { None } else { self.problem.bounds() }
    }

    /// True where a local search within a search may not evaluate.
    pub(super) fn is_forbidden(&self, x: &DVector<f64>) -> bool {
        self.is_inside && self.problem.bounds().is_some_and(|bounds| !bounds.contain(x))
    }
}

pub(crate) fn check_cost(cost: f64) -> Result<(), Error> {
    if cost.is_finite() {
        Ok(())
    } else {
        Err(Error::NotInDomain { what: "cost".into(), value: cost })
    }
}

/// The problem as evaluators see it: once the run is interrupted, the rest of the points cost nothing.
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
    fn is_interrupted(&self) -> bool {
        self.token.is_some_and(CancellationToken::is_cancelled)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
    fn structure(&self) -> Structure<'_> {
        self.problem.structure()
    }
}
