//! The problem as solvers see it: counted, differenced where derivatives are missing, and interruptible.

mod batches;
mod costs;
mod differences;
mod lagrangian;
mod meter;
mod second_order;
mod start;
mod structure;

use std::ops::ControlFlow;
use std::time::Duration;

use nalgebra::DVector;
use web_time::Instant;

use differences::Steps;
pub(crate) use differences::{Differences, Norms, symmetrize};
use meter::Meter;
use second_order::GivenHessian;
pub(crate) use second_order::PRODUCT_ERROR;

use crate::evaluator::{Evaluator, Serial};
use crate::{CancellationToken, Evaluations, FiniteSum, Problem, Termination};

/// The problem as a solver sees it: a solver evaluates only through the oracle, which counts the evaluations.
///
/// Once a run is cancelled, out of time, or at the end of its evaluations, the oracle is closed: it evaluates nothing
/// more and returns NaN.
pub struct Oracle<'a> {
    problem: &'a dyn Problem,
    sum: Option<&'a dyn FiniteSum>,
    meter: Meter,
    evaluator: Box<dyn Evaluator + 'a>,
    /// The points of differences, and gradients or costs there. Empty until something is differenced.
    probe: DVector<f64>,
    probed: [DVector<f64>; 2],
    /// The points of differences along a vector, and within bounds a part of one. Empty until there is one.
    along: [DVector<f64>; 2],
    /// Values of functions at a point of their differences. Empty until there are some.
    values: DVector<f64>,
    steps: Steps,
    differences: Differences,
    /// The last Hessian that the problem gave.
    hessian: GivenHessian,
    /// Workspace for new data on differences, until the evaluations are known to be uninterrupted.
    learnt: Differences,
}

impl<'a> Oracle<'a> {
    /// The problem with all counts at zero.
    pub fn new(problem: &'a dyn Problem) -> Self {
        let mut oracle = Self {
            problem,
            sum: problem.structure().sum,
            meter: Meter::default(),
            evaluator: Box::new(Serial),
            probe: DVector::zeros(0),
            probed: [DVector::zeros(0), DVector::zeros(0)],
            along: Default::default(),
            values: DVector::zeros(0),
            steps: Steps::new(problem),
            differences: Differences::default(),
            hessian: GivenHessian::default(),
            learnt: Differences::default(),
        };
        if !problem.has_gradient() {
            oracle.prepare_differences();
        }
        oracle
    }

    pub(crate) fn watch(&mut self, token: Option<CancellationToken>, limit: Option<Duration>) {
        self.meter.token = token;
        // A limit too far ahead for the clock is ignored.
        self.meter.deadline = limit.and_then(|l| Some((Instant::now().checked_add(l)?, l)));
    }

    /// Allows this many costs, and as many gradients, including those before a resumed checkpoint. The start is
    /// evaluated in any case.
    pub(crate) fn set_budget(&mut self, budget: u64) {
        self.meter.budget = budget;
    }

    /// Counts panics of the problem and takes them as NaN.
    pub(crate) fn survive_panics(&mut self, survives: bool) {
        self.meter.survives_panics = survives;
    }

    pub(crate) fn evaluate_with(&mut self, evaluator: Box<dyn Evaluator + 'a>) {
        self.evaluator = evaluator;
    }

    pub(crate) fn set_evaluations(&mut self, evaluations: Evaluations) {
        self.meter.evaluations = evaluations;
    }

    /// The number of variables.
    pub fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    /// The problem itself, for uses that need no counting.
    pub fn problem(&self) -> &'a dyn Problem {
        self.problem
    }

    /// The calls so far.
    pub fn evaluations(&self) -> Evaluations {
        self.meter.evaluations
    }

    /// Breaks with the reason once the run was interrupted. A solver calls this after its evaluations, before it
    /// commits their results.
    pub fn uninterrupted(&self) -> ControlFlow<Termination> {
        match &self.meter.closed {
            None => ControlFlow::Continue(()),
            Some(reason) => ControlFlow::Break(reason.clone()),
        }
    }

    /// True when the run ended because its evaluations are used up, or because the problem failed: what was found until
    /// then counts.
    pub(crate) fn is_spent(&self) -> bool {
        use Termination::{MaxEvaluations, ProblemFailed};
        matches!(self.meter.closed, Some(MaxEvaluations { .. } | ProblemFailed { .. }))
    }

    fn note_failure(&mut self, is_nan: bool) {
        self.meter.note_failure(is_nan, self.problem);
    }

    /// f(x).
    pub fn cost(&mut self, x: &DVector<f64>) -> f64 {
        if !self.meter.may_evaluate(self.meter.evaluations.cost) {
            return f64::NAN;
        }
        self.meter.evaluations.cost += 1;
        self.count_all_terms();
        let cost = self.problem_cost(x);
        self.note_failure(cost.is_nan());
        cost
    }

    /// The cost, uncounted.
    fn problem_cost(&mut self, x: &DVector<f64>) -> f64 {
        let problem = self.problem;
        self.meter.call(f64::NAN, || problem.cost(x))
    }

    /// Writes ∇f(x).
    pub fn gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if !self.problem.has_gradient() {
            self.difference_cost(x, None, gradient);
        } else if self.meter.may_evaluate(self.meter.evaluations.gradient) {
            self.meter.evaluations.gradient += 1;
            self.count_all_terms();
            let problem = self.problem;
            let panicked = self.meter.call(true, || {
                problem.gradient(x, gradient);
                false
            });
            if panicked {
                gradient.fill(f64::NAN);
            }
            keep_length(gradient, x.len());
            self.note_failure(begins_with_nan(gradient));
        } else {
            gradient.fill(f64::NAN);
        }
    }

    /// Writes ∇f(x), where `cost` is f(x) if that is known; returns f(x) if it is known afterwards.
    pub(crate) fn gradient_at(
        &mut self,
        x: &DVector<f64>,
        cost: Option<f64>,
        gradient: &mut DVector<f64>,
    ) -> Option<f64> {
        if self.problem.has_gradient() || !self.meter.is_open() {
            self.gradient(x, gradient);
            return cost;
        }
        self.difference_cost(x, cost, gradient)
    }

    /// Writes ∇f(x) and returns f(x).
    pub fn cost_and_gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let Evaluations { cost, gradient: gradients, .. } = self.meter.evaluations;
        let made = if self.problem.has_gradient() { cost.max(gradients) } else { cost };
        if !self.meter.may_evaluate(made) {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        self.meter.evaluations.cost += 1;
        self.count_all_terms();
        if self.problem.has_gradient() {
            self.meter.evaluations.gradient += 1;
            let problem = self.problem;
            let found = self.meter.call(None, || Some(problem.cost_and_gradient(x, gradient)));
            let cost = found.unwrap_or_else(|| {
                gradient.fill(f64::NAN);
                f64::NAN
            });
            keep_length(gradient, x.len());
            self.note_failure(cost.is_nan() || begins_with_nan(gradient));
            return cost;
        }
        let cost = self.problem_cost(x);
        self.note_failure(cost.is_nan());
        if cost.is_finite() {
            self.difference_cost(x, Some(cost), gradient);
        } else {
            gradient.fill(f64::NAN);
        }
        cost
    }

    /// Counts an evaluation of the whole sum, when the problem is one.
    fn count_all_terms(&mut self) {
        let terms = self.terms().unwrap_or(0) as u64;
        self.meter.evaluations.terms = self.meter.evaluations.terms.saturating_add(terms);
    }

    /// Makes room for differences, so that later calls allocate nothing.
    pub fn prepare_differences(&mut self) {
        let n = self.dimension();
        // A resize allocates even when the size does not change.
        for vector in std::iter::once(&mut self.probe).chain(&mut self.probed) {
            if vector.len() != n {
                vector.resize_vertically_mut(n, 0.0);
            }
        }
        self.differences.prepare(n);
        if !self.problem.has_gradient() {
            self.learnt.prepare(n);
        }
    }
}

/// A failed problem makes all components NaN.
fn begins_with_nan(gradient: &DVector<f64>) -> bool {
    gradient.iter().next().is_some_and(|g| g.is_nan())
}

/// NaNs that mark a gradient as never written, or as replaced by a vector of another length.
pub(crate) const UNWRITTEN: u64 = 0x7ff8_0000_0000_0a11;
pub(crate) const WRONG_LENGTH: u64 = 0x7ff8_0000_0000_0a12;

/// Restores the length of a gradient that the problem replaced by a vector of another length; its components become
/// NaN.
fn keep_length(gradient: &mut DVector<f64>, n: usize) {
    if gradient.len() != n {
        *gradient = DVector::repeat(n, f64::from_bits(WRONG_LENGTH));
    }
}

impl std::fmt::Debug for Oracle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oracle")
            .field("dimension", &self.dimension())
            .field("evaluations", &self.meter.evaluations)
            .field("closed", &self.meter.closed)
            .finish_non_exhaustive()
    }
}
