//! The problem as solvers see it: counted, differenced where derivatives are missing, and interruptible.

mod batches;
mod differences;
mod unbounded;
mod watched;

use std::ops::ControlFlow;
use std::time::Duration;

use nalgebra::{DMatrix, DVector};
use web_time::Instant;

use differences::Steps;
pub(crate) use differences::{Differences, Norms, difference_step, symmetrize};
use unbounded::Workspace;
pub(crate) use unbounded::{Unbounded, inside};

use crate::evaluator::{Evaluator, Serial};
use crate::{CancellationToken, Error, Evaluations, FiniteSum, Problem, Termination, memory};

/// The problem as a solver sees it: a solver evaluates only through the oracle, which counts the evaluations.
///
/// Once a run is cancelled, out of time, or at the end of its evaluations, the oracle is closed: it evaluates nothing
/// more and returns NaN.
pub struct Oracle<'a> {
    problem: &'a dyn Problem,
    sum: Option<&'a dyn FiniteSum>,
    evaluations: Evaluations,
    token: Option<CancellationToken>,
    deadline: Option<(Instant, Duration)>,
    /// The most costs, and the most gradients, that may be evaluated.
    budget: u64,
    closed: Option<Termination>,
    evaluator: Box<dyn Evaluator + 'a>,
    /// The points of differences, and gradients or costs there. Empty until something is differenced.
    probe: DVector<f64>,
    probed: [DVector<f64>; 2],
    steps: Steps,
    differences: Differences,
    /// The same for local searches in unbounded coordinates, when the problem has bounds.
    unbounded_differences: Differences,
    /// Workspace for new data on differences, until the evaluations are known to be uninterrupted.
    learnt: Differences,
    /// Workspace for a local search within bounds. Empty until there is one.
    room: Workspace,
}

impl<'a> Oracle<'a> {
    /// The problem with all counts at zero.
    pub fn new(problem: &'a dyn Problem) -> Self {
        let mut oracle = Self {
            problem,
            sum: problem.structure().sum(),
            evaluations: Evaluations::default(),
            token: None,
            deadline: None,
            budget: u64::MAX,
            closed: None,
            evaluator: Box::new(Serial),
            probe: DVector::zeros(0),
            probed: [DVector::zeros(0), DVector::zeros(0)],
            steps: Steps::new(problem),
            differences: Differences::default(),
            unbounded_differences: Differences::default(),
            learnt: Differences::default(),
            room: Workspace::default(),
        };
        if !problem.has_gradient() {
            oracle.prepare_differences();
        }
        oracle
    }

    pub(crate) fn watch(&mut self, token: Option<CancellationToken>, limit: Option<Duration>) {
        self.token = token;
        // A limit too far ahead for the clock is ignored.
        self.deadline = limit.and_then(|l| Some((Instant::now().checked_add(l)?, l)));
    }

    /// Allows this many costs, and as many gradients, including those before a resumed checkpoint. The start is
    /// evaluated in any case.
    pub(crate) fn set_budget(&mut self, budget: u64) {
        self.budget = budget;
    }

    pub(crate) fn evaluate_with(&mut self, evaluator: Box<dyn Evaluator + 'a>) {
        self.evaluator = evaluator;
    }

    pub(crate) fn set_evaluations(&mut self, evaluations: Evaluations) {
        self.evaluations = evaluations;
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
        self.evaluations
    }

    /// Breaks with the reason once the run was interrupted. A solver calls this after its evaluations, before it
    /// commits their results.
    pub fn uninterrupted(&self) -> ControlFlow<Termination> {
        match &self.closed {
            None => ControlFlow::Continue(()),
            Some(reason) => ControlFlow::Break(reason.clone()),
        }
    }

    /// True when one more evaluation may be made after `made` of the same kind.
    fn may_evaluate(&mut self, made: u64) -> bool {
        if self.is_open() && made >= self.budget.max(1) {
            self.closed = Some(Termination::MaxEvaluations { limit: self.budget });
        }
        self.closed.is_none()
    }

    /// True when the run ended because its evaluations are used up, or because the problem failed: what was found until
    /// then counts.
    pub(crate) fn is_spent(&self) -> bool {
        use Termination::{MaxEvaluations, ProblemFailed};
        matches!(self.closed, Some(MaxEvaluations { .. } | ProblemFailed { .. }))
    }

    /// Checks the cost at the start of a run.
    pub(crate) fn check_cost(&self, cost: f64) -> Result<(), Error> {
        match &self.closed {
            _ if cost.is_finite() => Ok(()),
            Some(reason @ Termination::ProblemFailed { .. }) => Err(interrupted(reason)),
            _ => Err(Error::NotInDomain { what: "cost".into(), value: cost }),
        }
    }

    /// Closes the oracle when a NaN comes from a problem that failed.
    fn note_failure(&mut self, is_nan: bool) {
        if is_nan
            && self.closed.is_none()
            && let Some(reason) = self.problem.failure()
        {
            self.closed = Some(Termination::ProblemFailed { reason });
        }
    }

    fn is_open(&mut self) -> bool {
        if self.closed.is_none() {
            if self.token.as_ref().is_some_and(CancellationToken::is_cancelled) {
                self.closed = Some(Termination::Cancelled);
            } else if let Some((deadline, limit)) = self.deadline
                && Instant::now() >= deadline
            {
                self.closed = Some(Termination::TimeLimit { limit });
            }
        }
        self.closed.is_none()
    }

    /// f(x).
    pub fn cost(&mut self, x: &DVector<f64>) -> f64 {
        if !self.may_evaluate(self.evaluations.cost) {
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        self.count_all_terms();
        let cost = self.problem.cost(x);
        self.note_failure(cost.is_nan());
        cost
    }

    /// Writes ∇f(x).
    pub fn gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if !self.problem.has_gradient() {
            self.difference_cost(x, None, gradient);
        } else if self.may_evaluate(self.evaluations.gradient) {
            self.evaluations.gradient += 1;
            self.count_all_terms();
            self.problem.gradient(x, gradient);
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
        if self.problem.has_gradient() || !self.is_open() {
            self.gradient(x, gradient);
            return cost;
        }
        self.difference_cost(x, cost, gradient)
    }

    /// Writes ∇f(x) and returns f(x).
    pub fn cost_and_gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let Evaluations { cost, gradient: gradients, .. } = self.evaluations;
        let made = if self.problem.has_gradient() { cost.max(gradients) } else { cost };
        if !self.may_evaluate(made) {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        self.count_all_terms();
        if self.problem.has_gradient() {
            self.evaluations.gradient += 1;
            let cost = self.problem.cost_and_gradient(x, gradient);
            keep_length(gradient, x.len());
            self.note_failure(cost.is_nan() || begins_with_nan(gradient));
            return cost;
        }
        let cost = self.problem.cost(x);
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
        self.evaluations.terms = self.evaluations.terms.saturating_add(terms);
    }

    /// Evaluates the start of a run: f(x0), and ∇f(x0) into `gradient`.
    ///
    /// # Errors
    /// When x0 has the wrong dimension, or x0, the cost or the gradient is not finite; when the problem left a
    /// component of the gradient unwritten, or replaced it by a vector of another length; when the problem is a sum
    /// without terms; when the run is interrupted, also by a limit of evaluations that is too small for a differenced
    /// gradient.
    pub fn start(&mut self, x0: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<f64, Error> {
        self.check_start(x0)?;
        gradient.fill(f64::from_bits(UNWRITTEN));
        let cost = if self.problem.has_gradient() {
            self.cost_and_gradient(x0, gradient)
        } else {
            let cost = self.cost(x0);
            if cost.is_finite() {
                self.learn_at_start(x0, cost, gradient);
            }
            cost
        };
        self.check_interruption()?;
        self.check_cost(cost)?;
        if let Some(reason) = self.closed.as_ref().filter(|_| gradient.iter().any(|g| g.is_nan())) {
            return Err(interrupted(reason));
        }
        for (index, &value) in gradient.iter().enumerate() {
            match value.to_bits() {
                UNWRITTEN => return Err(Error::GradientNotWritten { index }),
                WRONG_LENGTH => return Err(Error::GradientReplaced { expected: x0.len() }),
                _ if !value.is_finite() => {
                    return Err(Error::NotInDomain {
                        what: format!("gradient's component {index}"),
                        value,
                    });
                }
                _ => {}
            }
        }
        Ok(cost)
    }

    pub(crate) fn check_start(&self, x0: &DVector<f64>) -> Result<(), Error> {
        let n = self.dimension();
        if x0.len() != n {
            return Err(Error::Dimension { what: "x0", expected: n, actual: x0.len() });
        }
        if let Some((index, &value)) = x0.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NonFiniteStart { index, value });
        }
        match self.terms() {
            Some(0) => Err(Error::EmptySum),
            Some(terms) => memory::check_length::<usize>("terms", terms),
            None => Ok(()),
        }
    }

    /// `Err` once the run was interrupted, to be used before its first step. A run whose evaluations are used up has
    /// its start, and ends there.
    pub(crate) fn check_interruption(&self) -> Result<(), Error> {
        match &self.closed {
            Some(reason) if !self.is_spent() => Err(interrupted(reason)),
            _ => Ok(()),
        }
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

    /// Writes ∇²f(x) and returns the size of its errors relative to its largest entries. `cost` and `gradient` are
    /// those at x. A Hessian that the problem does not give is differenced: n gradients, or n(n + 3)/2 costs when
    /// there is no gradient either. A Hessian of the wrong size counts as NaN.
    pub fn hessian(
        &mut self,
        x: &DVector<f64>,
        (cost, gradient): (f64, &DVector<f64>),
        hessian: &mut DMatrix<f64>,
    ) -> f64 {
        let n = x.len();
        if self.given_hessian(x, hessian) {
            return n as f64 * f64::EPSILON;
        }
        if !self.is_open() {
            hessian.fill(f64::NAN);
            return f64::NAN;
        }
        self.prepare_differences();
        if self.problem.has_gradient() {
            self.difference_gradient(x, gradient, hessian);
            10.0 * n as f64 * difference_step::FORWARD
        } else {
            self.difference_cost_twice(x, cost, hessian);
            10.0 * n as f64 * self.steps.second
        }
    }

    /// Writes ∇²f(x) as the problem gives it, both triangles untouched; false when it gives none or the run was
    /// interrupted. A Hessian of the wrong size counts as NaN.
    pub(crate) fn given_hessian(&mut self, x: &DVector<f64>, hessian: &mut DMatrix<f64>) -> bool {
        if !self.is_open() {
            return false;
        }
        let Some(given) = self.problem.hessian(x) else { return false };
        self.evaluations.hessian += 1;
        if given.is_square(x.len()) {
            given.write_to(hessian);
        } else {
            hessian.fill(f64::NAN);
            self.note_failure(true);
        }
        true
    }

    /// Writes ∇²f(x) v. `gradient` is that at x: a product that the problem does not give is differenced from one more
    /// gradient along v.
    ///
    /// ```
    /// use extremum::{DVector, Oracle, from_fn};
    /// let f = from_fn(2, |x| x[0] * x[0] * x[1]).with_gradient(|x, g| {
    ///     g[0] = 2.0 * x[0] * x[1];
    ///     g[1] = x[0] * x[0];
    /// });
    /// let (x, v) = (DVector::from_vec(vec![1.0, 2.0]), DVector::from_vec(vec![1.0, 1.0]));
    /// let (mut oracle, mut g, mut product) = (Oracle::new(&f), x.clone(), x.clone());
    /// oracle.gradient(&x, &mut g);
    /// oracle.hessian_product(&x, &g, &v, &mut product); // [[4, 2], [2, 0]] v
    /// assert!((product[0] - 6.0).abs() < 1e-6 && (product[1] - 2.0).abs() < 1e-6);
    /// assert_eq!(oracle.evaluations().gradient, 2);
    /// ```
    pub fn hessian_product(
        &mut self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        if !self.is_open() {
            product.fill(f64::NAN);
            return;
        }
        if self.problem.hessian_product(x, v, product) {
            self.evaluations.hessian_product += 1;
            return;
        }
        self.difference_along(v, (x, gradient), product, Self::gradient);
    }
}

/// A failed problem makes all components NaN.
fn begins_with_nan(gradient: &DVector<f64>) -> bool {
    gradient.iter().next().is_some_and(|g| g.is_nan())
}

/// The error of a run that ended before its first step.
fn interrupted(reason: &Termination) -> Error {
    match reason {
        Termination::ProblemFailed { reason } => Error::ProblemFailed { reason: reason.clone() },
        reason => Error::Interrupted { reason: reason.to_string() },
    }
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
            .field("evaluations", &self.evaluations)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
