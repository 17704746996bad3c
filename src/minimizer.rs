//! Runs: [`minimize`] for the common case, [`Minimizer`] for the terms of a run, [`Run`] for a run in progress.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use nalgebra::DVector;

use crate::stop::{History, no_improvement};
use crate::{
    CancellationToken, Checkpoint, Error, Oracle, Problem, Progress, Record, Solution, Solver,
    State, Stop, Termination, stationary,
};

/// What can be a start: an array, a `Vec`, a slice or a `DVector`.
pub trait IntoVector {
    /// The vector.
    fn into_vector(self) -> DVector<f64>;
}

impl IntoVector for DVector<f64> {
    fn into_vector(self) -> DVector<f64> {
        self
    }
}
impl IntoVector for &DVector<f64> {
    fn into_vector(self) -> DVector<f64> {
        self.clone()
    }
}
impl IntoVector for Vec<f64> {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_vec(self)
    }
}
impl IntoVector for &[f64] {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_column_slice(self)
    }
}
impl<const N: usize> IntoVector for [f64; N] {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_column_slice(&self)
    }
}

/// Minimises `problem` with `solver` from `x0`, to a gradient of maximum norm 1e-6 or as near as it gets.
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
/// For a bad call only: see [`Error`]. Whatever happens during the run ends in a [`Solution`].
pub fn minimize<P: Problem, S: Solver>(
    problem: &P,
    solver: S,
    x0: impl IntoVector,
) -> Result<Solution, Error> {
    Minimizer::new(problem, solver, x0).run()
}

/// The terms of a run.
///
/// ```
/// use extremum::{Bfgs, Minimizer, from_fn, stop::{gradient_norm, max_iterations}};
/// use std::time::Duration;
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
    stop: Stop,
    time_limit: Option<Duration>,
    token: Option<CancellationToken>,
    observers: Vec<Observer<'a>>,
    trace: bool,
    verify: bool,
}

type Observer<'a> = Box<dyn FnMut(&Progress<'_>) -> ControlFlow<()> + 'a>;

/// What an observer may return: nothing, or whether to go on.
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
            stop: Stop::default(),
            time_limit: None,
            token: None,
            observers: Vec::new(),
            trace: false,
            verify: false,
        }
    }

    /// Replaces the stopping rule, by default `gradient_norm(1e-6).or(max_iterations(100_000))`; see
    /// [`stop`](crate::stop).
    pub fn stop_when(mut self, rule: Stop) -> Self {
        self.stop = rule;
        self
    }

    /// Ends the run after this much wall-clock time, in the middle of a step if need be.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Ends the run when the token is cancelled, in the middle of a step if need be.
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

    /// Records every iteration in [`Solution::trace`].
    pub fn trace(mut self) -> Self {
        self.trace = true;
        self
    }

    /// At the end, classifies the point that was found ([`Solution::classification`]); from a saddle, goes on down
    /// its [`escape_direction`](crate::Classification::escape_direction).
    pub fn verify(mut self) -> Self {
        self.verify = true;
        self
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// For a bad call only.
    pub fn run(self) -> Result<Solution, Error> {
        Ok(self.start()?.complete())
    }

    /// Evaluates the start and returns the run, to be stepped.
    ///
    /// # Errors
    /// For a bad call only.
    pub fn start(self) -> Result<Run<'a, S>, Error> {
        let started = Instant::now();
        let mut oracle = self.oracle()?;
        let state = self.solver.init(&mut oracle, self.x0.clone())?;
        let history = History::new(state.cost(), state.gradient_norm());
        let mut run = self.into_run(oracle, state, history, 0, Vec::new());
        run.started = started;
        run.judge(ControlFlow::Continue(()));
        run.look_around();
        Ok(run)
    }

    /// Takes up a run where a checkpoint left it. The start that was given is not used.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it does not fit the solver or the problem.
    pub fn resume(self, checkpoint: Checkpoint) -> Result<Run<'a, S>, Error> {
        let mut oracle = self.oracle()?;
        oracle.set_evaluations(checkpoint.evaluations);
        let mut state = checkpoint.state(&self.solver)?;
        self.solver.restore(&mut oracle, &mut state)?;
        let Checkpoint { iteration, history, trace, .. } = checkpoint;
        let mut run = self.into_run(oracle, state, history, iteration, trace);
        run.judge(ControlFlow::Continue(()));
        Ok(run)
    }

    fn oracle(&self) -> Result<Oracle<'a>, Error> {
        self.stop.check()?;
        let mut oracle = Oracle::new(self.problem);
        oracle.watch(self.token.clone(), self.time_limit);
        Ok(oracle)
    }

    fn into_run(
        self,
        oracle: Oracle<'a>,
        state: S::State,
        history: History,
        iteration: u64,
        trace: Vec<Record>,
    ) -> Run<'a, S> {
        Run {
            oracle,
            solver: self.solver,
            state,
            stop: self.stop,
            observers: self.observers,
            record: self.trace,
            verify: self.verify,
            iteration,
            history,
            trace,
            started: Instant::now(),
            termination: None,
        }
    }
}

/// A run in progress.
pub struct Run<'a, S: Solver> {
    oracle: Oracle<'a>,
    solver: S,
    state: S::State,
    stop: Stop,
    observers: Vec<Observer<'a>>,
    record: bool,
    verify: bool,
    iteration: u64,
    history: History,
    trace: Vec<Record>,
    started: Instant,
    termination: Option<Termination>,
}

impl<'a, S: Solver> Run<'a, S> {
    /// Makes one iteration. Breaks when the run has ended; a step cannot fail.
    pub fn step(&mut self) -> ControlFlow<()> {
        if self.termination.is_some() {
            return ControlFlow::Break(());
        }
        let flow = self.solver.step(&mut self.oracle, &mut self.state);
        if let ControlFlow::Break(reason) = self.oracle.uninterrupted() {
            // The step committed nothing: it is not an iteration.
            self.termination = Some(reason);
            return ControlFlow::Break(());
        }
        self.iteration += 1;
        self.history.record(self.iteration, self.state.cost(), self.state.gradient_norm());
        self.judge(flow);
        self.look_around();
        if self.termination.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Decides whether the run ends here. Convergence comes before what the solver says: a search that fails at a
    /// point which passes the test has nothing more to find.
    fn judge(&mut self, flow: ControlFlow<Termination>) {
        let progress =
            progress(self.iteration, &self.state, &self.oracle, &self.history, self.started);
        let mut verdict = self.stop.holds(&progress);
        let no_improvement = no_improvement(&progress);
        if matches!(verdict, Some(Termination::GradientNorm { .. }))
            && !self.solver.accepts_convergence(&mut self.oracle, &mut self.state)
        {
            verdict = None;
        }
        if verdict.as_ref().is_none_or(|v| !v.is_converged())
            && let ControlFlow::Break(reason) = flow
        {
            verdict = Some(reason);
        }
        let verdict = verdict.or(no_improvement);
        self.termination = match self.oracle.uninterrupted() {
            ControlFlow::Break(reason) => Some(reason),
            ControlFlow::Continue(()) => verdict,
        };
    }

    /// Shows the iteration to the trace and the observers.
    fn look_around(&mut self) {
        let Self { oracle, state, observers, history, .. } = self;
        let progress = progress(self.iteration, state, oracle, history, self.started);
        if self.record {
            self.trace.push(Record {
                iteration: progress.iteration,
                cost: progress.cost,
                gradient_norm: progress.gradient_norm,
                evaluations: progress.evaluations,
                elapsed: progress.elapsed(),
            });
        }
        for observer in observers {
            if observer(&progress).is_break() && self.termination.is_none() {
                self.termination = Some(Termination::StoppedByObserver);
            }
        }
    }

    /// Where the run stands.
    pub fn progress(&self) -> Progress<'_> {
        progress(self.iteration, &self.state, &self.oracle, &self.history, self.started)
    }

    /// The solver's state, with what it has learnt: [`BfgsMemory`](crate::solver::descent::BfgsMemory) holds an
    /// inverse Hessian.
    pub fn state(&self) -> &S::State {
        &self.state
    }

    /// The run as it stands, to be resumed by [`Minimizer::resume`].
    pub fn checkpoint(&self) -> Checkpoint {
        let mut history = self.history.clone();
        history.elapsed_before = self.progress().elapsed();
        let counts = (self.iteration, self.oracle.evaluations());
        Checkpoint::new(&self.solver, &self.state, counts, history, self.trace.clone())
    }

    /// Steps to the end and finishes; verifies, when the run was asked to.
    pub fn complete(mut self) -> Solution {
        while self.step().is_continue() {}
        if self.verify { self.finish_verified() } else { self.finish() }
    }

    /// The solution as it stands. A run that was not stepped to its end says
    /// [`NotFinished`](Termination::NotFinished).
    pub fn finish(self) -> Solution {
        let elapsed = self.progress().elapsed();
        Solution {
            x: self.state.x().clone(),
            cost: self.state.cost(),
            gradient_norm: self.state.gradient_norm(),
            iterations: self.iteration,
            evaluations: self.oracle.evaluations(),
            elapsed,
            termination: self.termination.unwrap_or(Termination::NotFinished),
            classification: None,
            trace: self.trace,
        }
    }

    /// Classifies the end; from a saddle restarts down its escape direction, as long as that leads lower.
    fn finish_verified(mut self) -> Solution {
        loop {
            let classification = stationary::classify_with(&mut self.oracle, self.state.x());
            let lower = classification
                .as_ref()
                .and_then(|c| c.escape_direction())
                .and_then(|(direction, _)| self.escape(&direction));
            let Some(state) = lower else {
                let mut solution = self.finish();
                solution.classification = classification;
                return solution;
            };
            self.state = state;
            self.termination = None;
            let elapsed_before = self.history.elapsed_before;
            self.history = History::new(self.state.cost(), self.state.gradient_norm());
            self.history.elapsed_before = elapsed_before;
            while self.step().is_continue() {}
        }
    }

    /// A fresh state at a lower point along ± `direction`, if one is found within a few halvings.
    fn escape(&mut self, direction: &DVector<f64>) -> Option<S::State> {
        if !matches!(
            self.termination,
            Some(Termination::GradientNorm { .. } | Termination::Stalled { .. })
        ) {
            return None;
        }
        let (x, cost) = (self.state.x().clone(), self.state.cost());
        let mut length = 0.1 * x.amax().max(1.0);
        for _ in 0..20 {
            for sign in [length, -length] {
                let there = &x + direction * sign;
                if self.oracle.cost(&there) < cost
                    && let Ok(state) = self.solver.init(&mut self.oracle, there)
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

fn progress<'s, T: State>(
    iteration: u64,
    state: &'s T,
    oracle: &Oracle<'_>,
    history: &'s History,
    started: Instant,
) -> Progress<'s> {
    Progress {
        iteration,
        x: state.x(),
        cost: state.cost(),
        gradient_norm: state.gradient_norm(),
        evaluations: oracle.evaluations(),
        history,
        started,
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for Minimizer<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minimizer")
            .field("solver", &self.solver)
            .field("x0", &self.x0)
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

impl<S: Solver> std::fmt::Debug for Run<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("solver", &self.solver.name())
            .field("progress", &self.progress())
            .field("termination", &self.termination)
            .finish_non_exhaustive()
    }
}
