//! Runs: [`minimize`] for the common case, [`Minimizer`] for the settings of a run, [`Run`] for a run in progress.

mod run;
mod validation;

use std::ops::ControlFlow;
use std::time::Duration;

use nalgebra::DVector;
use web_time::Instant;

pub use run::Run;
use validation::Validation;

use crate::evaluator::{Evaluator, Serial};
use crate::stop::{DEFAULT_ITERATIONS, converged, max_evaluations, max_iterations};
use crate::{
    CancellationToken, Checkpoint, Domain, Error, IntoVector, Oracle, Problem, Progress, Solution,
    Solver, State, Stop,
};

/// Minimises `problem` with `solver` from `x0` until the gradient's maximum norm is at most 1e-6, or until no further
/// progress is possible. Where the units make 1e-6 too easy, the run goes on ([`converged`](crate::stop::converged)).
///
/// ```
/// use extremum::{Newton, from_fn, minimize};
/// let problem = from_fn(1, |x| x[0].exp() - 2.0 * x[0]).with_gradient(|x, g| g[0] = x[0].exp() - 2.0);
/// let found = minimize(&problem, Newton::default(), [3.0])?;
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 2.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// # Errors
/// Only for a bad call; see [`Error`]. Whatever happens during the run is reported in the [`Solution`].
pub fn minimize<P: Problem, S: Solver>(
    problem: P,
    solver: S,
    x0: impl IntoVector,
) -> Result<Solution, Error> {
    Minimizer::new(&problem, solver, x0).run()
}

/// The settings of a run: solver, start, stopping rule, limits, observers.
///
/// ```
/// use extremum::{Bfgs, Minimizer, from_fn, stop::{gradient_norm, max_iterations}};
/// use std::time::{Duration, Instant};
/// let problem = from_fn(1, |x| x[0].cosh()).with_gradient(|x, g| g[0] = x[0].sinh());
/// let found = Minimizer::new(&problem, Bfgs::default(), [2.0])
///     .stop_when(gradient_norm(1e-10).or(max_iterations(50)))
///     .time_limit(Duration::from_secs(1))
///     .observe(|p| println!("{} {:.3e}", p.iteration, p.cost))
///     .trace()
///     .verify()
///     .run()?;
/// assert!(found.gradient_norm.unwrap() <= 1e-10);
/// assert_eq!(found.trace.len() as u64, found.iterations + 1);
/// # Ok::<(), extremum::Error>(())
/// ```
pub struct Minimizer<'a, S> {
    problem: &'a dyn Problem,
    solver: S,
    x0: DVector<f64>,
    /// By default converged.
    rule: Option<Stop>,
    max_iterations: Option<u64>,
    max_evaluations: Option<u64>,
    time_limit: Option<Duration>,
    token: Option<CancellationToken>,
    observers: Vec<Observer<'a>>,
    validation: Option<Validation<'a>>,
    evaluator: Box<dyn Evaluator + 'a>,
    survives_panics: bool,
    trace: bool,
    verify: bool,
}

type Observer<'a> = Box<dyn FnMut(&Progress<'_>) -> ControlFlow<()> + 'a>;

/// What an observer may return: nothing, or a `ControlFlow` that says whether to go on.
pub trait IntoControlFlow {
    /// Whether to go on.
    fn into_control_flow(self) -> ControlFlow<()>;
}
impl IntoControlFlow for () {
    fn into_control_flow(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
impl IntoControlFlow for ControlFlow<()> {
    fn into_control_flow(self) -> ControlFlow<()> {
        self
    }
}

impl<'a, S: Solver> Minimizer<'a, S> {
    /// A run of `solver` on `problem` from `x0` with the default stopping rule.
    pub fn new<P: Problem>(problem: &'a P, solver: S, x0: impl IntoVector) -> Self {
        Self {
            problem,
            solver,
            x0: x0.into_vector(),
            rule: None,
            max_iterations: None,
            max_evaluations: None,
            time_limit: None,
            token: None,
            observers: Vec::new(),
            validation: None,
            evaluator: Box::new(Serial),
            survives_panics: false,
            trace: false,
            verify: false,
        }
    }

    /// Replaces the stopping rule, by default `converged().or(max_iterations(100_000))`; see
    /// [`stop`](crate::stop).
    pub fn stop_when(mut self, rule: Stop) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Ends the run after this many iterations, whatever the stopping rule. Default: 100000 with the default
    /// rule, none with another.
    pub fn max_iterations(mut self, limit: u64) -> Self {
        self.max_iterations = Some(limit);
        self
    }

    /// Ends the run after this many evaluations of one kind (costs, gradients, residuals, constraints, Jacobians), whatever
    /// the stopping rule; see [`max_evaluations`](crate::stop::max_evaluations). Default: none.
    pub fn max_evaluations(mut self, limit: u64) -> Self {
        self.max_evaluations = Some(limit);
        self
    }

    /// The rule with the limits.
    fn take_stop(&mut self) -> Stop {
        let is_default = self.rule.is_none() && self.max_iterations.is_none();
        let limit = self.max_iterations.or(is_default.then_some(DEFAULT_ITERATIONS));
        let mut stop = self.rule.take().unwrap_or_else(converged);
        if let Some(limit) = limit {
            stop = stop.or(max_iterations(limit));
        }
        match self.max_evaluations {
            Some(limit) => stop.or(max_evaluations(limit)),
            None => stop,
        }
    }

    /// Ends the run after this much wall-clock time, in the middle of a step if necessary.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Ends the run when the token is cancelled, in the middle of a step if necessary.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Calls `observer` at the start and after every iteration; it returns nothing, or `ControlFlow::Break(())` to end
    /// the run.
    pub fn observe<R: IntoControlFlow>(
        mut self,
        mut observer: impl FnMut(&Progress<'_>) -> R + 'a,
    ) -> Self {
        self.observers.push(Box::new(move |p| observer(p).into_control_flow()));
        self
    }

    /// Early stopping: `cost`, of data that the problem does not contain, is evaluated at the start and after every
    /// iteration (an epoch, with mini-batches). The run ends [stalled](crate::Stall::Validation) when it has not
    /// decreased for `patience` ≥ 1 iterations in a row, and the solution is the point where it was lowest. NaN is not
    /// an improvement.
    ///
    /// ```
    /// use extremum::{GradientDescent, Minimizer, from_fn};
    /// // Fitted to y = 3; another observation says 2.
    /// let problem = from_fn(1, |x| (x[0] - 3.0).powi(2)).with_gradient(|x, g| g[0] = 2.0 * (x[0] - 3.0));
    /// let found = Minimizer::new(&problem, GradientDescent::default(), [0.0])
    ///     .validate(2, |x| (x[0] - 2.0).powi(2))
    ///     .run()?;
    /// assert!(found.validation_cost.unwrap() <= 1.0);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn validate(mut self, patience: u64, cost: impl FnMut(&DVector<f64>) -> f64 + 'a) -> Self {
        self.validation = Some(Validation::new(patience, cost));
        self
    }

    /// Evaluates the costs of a population with `evaluator` instead of [`Serial`]. This changes no bit of the result.
    pub fn evaluate_with(mut self, evaluator: impl Evaluator + 'a) -> Self {
        self.evaluator = Box::new(evaluator);
        self
    }

    /// Continues when a function of the problem panics, and counts that in
    /// [`Evaluations::panics`](crate::Evaluations::panics). A cost, a gradient, residuals or constraints that panic are NaN, so
    /// that x is outside the domain; a Jacobian, a Hessian or a product with it counts as not given, and is differenced. For a
    /// simulation that fails at one point in a thousand. Default: the panic reaches the caller, because it shows a mistake
    /// in the problem.
    ///
    /// ```
    /// use extremum::{DifferentialEvolution, Minimizer, from_fn};
    /// let problem = from_fn(1, |x| {
    ///     assert!(x[0] < 4.0, "outside the table");
    ///     (x[0] - 3.0).powi(2)
    /// });
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// let found = Minimizer::new(&problem, DifferentialEvolution::default().scale(2.0), [2.5])
    ///     .survive_panics()
    ///     .run()?;
    /// assert!((found.x[0] - 3.0).abs() < 1e-6 && found.evaluations.panics > 0);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn survive_panics(mut self) -> Self {
        self.survives_panics = true;
        self
    }

    /// Records every iteration in [`Solution::trace`].
    pub fn trace(mut self) -> Self {
        self.trace = true;
        self
    }

    /// At the end, classifies the point that was found ([`Solution::classification`]); from a saddle, the run continues
    /// along its [`escape_direction`](crate::Classification::escape_direction).
    pub fn verify(mut self) -> Self {
        self.verify = true;
        self
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Only for a bad call; see [`Error`].
    pub fn run(self) -> Result<Solution, Error> {
        Ok(self.start()?.complete())
    }

    /// Evaluates the start and returns the run, to be advanced by [`Run::step`].
    ///
    /// # Errors
    /// Only for a bad call; see [`Error`].
    pub fn start(mut self) -> Result<Run<'a, S>, Error> {
        let started = Instant::now();
        let mut oracle = self.oracle()?;
        let state = self.solver.init(&mut oracle, self.x0.clone())?;
        Ok(Run::new(self, oracle, state, None, started))
    }

    /// Resumes a run from a checkpoint. The start given to [`new`](Self::new) is not used.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the checkpoint belongs to another solver or to other parameters of it, or does not fit the
    /// problem; otherwise as [`start`](Self::start).
    pub fn resume(mut self, checkpoint: Checkpoint) -> Result<Run<'a, S>, Error> {
        let mut oracle = self.oracle()?;
        oracle.set_evaluations(checkpoint.evaluations);
        oracle.set_differences(checkpoint.differences.clone())?;
        if checkpoint.validated.as_ref().is_some_and(|seen| seen.x.len() != oracle.dimension()) {
            let reason = "its validated point does not have the problem's dimension".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        if checkpoint.x0.len() != oracle.dimension() {
            let reason = "its start does not have the problem's dimension".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        let mut state = checkpoint.state(&self.solver)?;
        self.solver.restore(&mut oracle, &mut state)?;
        if self.problem.bounds().is_some_and(|bounds| !bounds.contain(state.x())) {
            let reason = "its point is outside the problem's bounds".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        Ok(Run::new(self, oracle, state, Some(checkpoint), Instant::now()))
    }

    fn oracle(&mut self) -> Result<Oracle<'a>, Error> {
        let stop = self.take_stop();
        stop.check()?;
        if let Some(validation) = &self.validation {
            validation.check()?;
        }
        let mut oracle = Oracle::new(self.problem);
        oracle.watch(self.token.clone(), self.time_limit);
        oracle.set_budget(stop.evaluation_limit());
        oracle.survive_panics(self.survives_panics);
        self.rule = Some(stop);
        Domain::check(&self.solver, &oracle)?;
        oracle.evaluate_with(std::mem::replace(&mut self.evaluator, Box::new(Serial)));
        Ok(oracle)
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for Minimizer<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minimizer")
            .field("solver", &self.solver)
            .field("x0", &self.x0)
            .field("rule", &self.rule)
            .field("max_iterations", &self.max_iterations)
            .field("max_evaluations", &self.max_evaluations)
            .finish_non_exhaustive()
    }
}
