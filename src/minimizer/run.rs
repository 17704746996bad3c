//! A run in progress.

mod escape;
mod judge;

use std::ops::ControlFlow;

use nalgebra::DVector;
use web_time::Instant;

use super::{Minimizer, Observer, Validation};
use crate::stop::{History, Validated, Warning};
use crate::{Checkpoint, Oracle, Progress, Record, Solution, Solver, State, Stop, Termination};

/// A run in progress.
pub struct Run<'a, S: Solver> {
    oracle: Oracle<'a>,
    solver: S,
    state: S::State,
    stop: Stop,
    observers: Vec<Observer<'a>>,
    validation: Option<Validation<'a>>,
    validated: Option<Validated>,
    record: bool,
    verify: bool,
    /// The start; the distances that the variables have moved are measured from it.
    x0: DVector<f64>,
    iteration: u64,
    history: History,
    trace: Vec<Record>,
    started: Instant,
    termination: Option<Termination>,
    /// The solver's reason to end here, where the run was interrupted before it could be judged.
    unjudged: Option<Termination>,
    /// Set when a test of the gradient holds, but was met too cheaply.
    warning: Option<Warning>,
}

impl<'a, S: Solver> Run<'a, S> {
    /// A run at its start, or where the checkpoint left it.
    pub(super) fn new(
        terms: Minimizer<'a, S>,
        oracle: Oracle<'a>,
        state: S::State,
        checkpoint: Option<Checkpoint>,
        started: Instant,
    ) -> Self {
        let fresh = checkpoint.is_none();
        let (x0, iteration, history, trace, validated, unjudged) = match checkpoint {
            Some(Checkpoint { x0, iteration, history, trace, validated, unjudged, .. }) => {
                (x0, iteration, history, trace, validated, unjudged)
            }
            None => {
                let history =
                    History::new(state.cost(), state.gradient_norm(), state.infeasibility());
                (terms.x0, 0, history, Vec::new(), None, None)
            }
        };
        let mut run = Self {
            oracle,
            solver: terms.solver,
            state,
            stop: terms.rule.unwrap_or_default(),
            observers: terms.observers,
            // Without a validation cost it has no meaning.
            validated: validated.filter(|_| terms.validation.is_some()),
            validation: terms.validation,
            x0,
            record: terms.trace,
            verify: terms.verify,
            iteration,
            history,
            trace,
            started,
            termination: None,
            unjudged: None,
            warning: None,
        };
        if fresh {
            run.validate();
        }
        run.judge(unjudged.map_or(ControlFlow::Continue(()), ControlFlow::Break));
        if fresh {
            run.look_around();
        }
        run
    }

    /// Makes one iteration. Breaks when the run has ended; a step cannot fail.
    pub fn step(&mut self) -> ControlFlow<()> {
        if self.termination.is_some() {
            return ControlFlow::Break(());
        }
        let flow = self.solver.step(&mut self.oracle, &mut self.state);
        if let ControlFlow::Break(reason) = self.oracle.uninterrupted() {
            // The step committed nothing, so it does not count as an iteration.
            self.termination = Some(reason);
            return ControlFlow::Break(());
        }
        self.iteration += 1;
        let Self { state, iteration, .. } = self;
        let (norm, infeasibility) = (state.gradient_norm(), state.infeasibility());
        self.history.record(*iteration, state.cost(), norm, infeasibility);
        self.validate();
        self.judge(flow);
        self.look_around();
        if self.termination.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn validate(&mut self) {
        if let Some(validation) = &mut self.validation {
            validation.look(&self.state, &mut self.validated);
        }
    }

    /// Reports the iteration to the trace and the observers.
    fn look_around(&mut self) {
        let Self { oracle, state, observers, history, .. } = self;
        if !self.record && observers.is_empty() {
            return;
        }
        let progress = progress(self.iteration, state, oracle, history, self.started);
        if self.record {
            self.trace.push(Record {
                iteration: progress.iteration,
                cost: progress.cost,
                current_cost: progress.current_cost,
                gradient_norm: progress.gradient_norm,
                infeasibility: progress.infeasibility,
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

    /// The progress of the run so far.
    pub fn progress(&self) -> Progress<'_> {
        progress(self.iteration, &self.state, &self.oracle, &self.history, self.started)
    }

    /// The solver's state with its memory: [`BfgsMemory`](crate::solver::descent::BfgsMemory) holds an approximate
    /// inverse Hessian.
    pub fn state(&self) -> &S::State {
        &self.state
    }

    /// The run in its present state, to be resumed by [`Minimizer::resume`].
    pub fn checkpoint(&self) -> Checkpoint {
        let mut history = self.history.clone();
        history.elapsed_before = self.progress().elapsed();
        let done = (self.iteration, self.oracle.evaluations(), self.oracle.differences());
        let (trace, validated) = (self.trace.clone(), self.validated.clone());
        let x0 = self.x0.clone();
        let mut checkpoint =
            Checkpoint::new(&self.solver, &self.state, x0, done, history, trace, validated);
        checkpoint.unjudged = self.unjudged.clone();
        checkpoint
    }

    /// Steps to the end and finishes, with verification if [`Minimizer::verify`] asked for it.
    pub fn complete(mut self) -> Solution {
        while self.step().is_continue() {}
        if self.verify { self.finish_verified() } else { self.finish() }
    }

    /// The solution so far. A run that was not stepped to its end reports
    /// [`NotFinished`](Termination::NotFinished).
    pub fn finish(mut self) -> Solution {
        self.conclude()
    }

    /// The [solution](Self::finish) with the solver's state, which has what the solver has learnt.
    ///
    /// ```
    /// use extremum::{Bfgs, Minimizer, from_fn};
    /// let bowl = from_fn(2, |x| x[0] * x[0] + 4.0 * x[1] * x[1])
    ///     .with_gradient(|x, g| { g[0] = 2.0 * x[0]; g[1] = 8.0 * x[1]; });
    /// let mut run = Minimizer::new(&bowl, Bfgs::default(), [3.0, 1.0]).start()?;
    /// while run.step().is_continue() {}
    /// let (found, state) = run.finish_with_state();
    /// assert!(found.termination.is_converged());
    /// assert!((state.inverse_hessian()[(1, 1)] - 0.125).abs() < 0.01);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn finish_with_state(mut self) -> (Solution, S::State) {
        (self.conclude(), self.state)
    }

    fn conclude(&mut self) -> Solution {
        let elapsed = self.progress().elapsed();
        let by_gradient = self.termination.as_ref().is_some_and(Termination::is_by_gradient);
        let warning = self.warning.filter(|_| by_gradient);
        // The evidence of a run that converged belongs to the state's point.
        let is_converged = self.termination.as_ref().is_some_and(Termination::is_converged);
        let state = &self.state;
        let mut solution = Solution {
            solver: self.solver.name().to_owned(),
            x: state.x().clone(),
            cost: state.cost(),
            gradient_norm: state.gradient_norm(),
            infeasibility: state.infeasibility(),
            complementarity: state.complementarity(),
            multipliers: state.multipliers().cloned(),
            validation_cost: self.validated.as_ref().map(|seen| seen.last),
            iterations: self.iteration,
            evaluations: self.oracle.evaluations(),
            skipped: self.state.skipped(),
            elapsed,
            termination: self.termination.take().unwrap_or(Termination::NotFinished),
            warning,
            classification: None,
            trace: std::mem::take(&mut self.trace),
        };
        if let Some(seen) = self.validated.take().filter(|_| !is_converged) {
            (solution.x, solution.cost, solution.gradient_norm) =
                (seen.x, seen.cost, seen.gradient_norm);
            (solution.infeasibility, solution.multipliers) = (seen.infeasibility, None);
            solution.complementarity = None;
            solution.validation_cost = Some(seen.lowest);
        }
        solution
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
        infeasibility: state.infeasibility(),
        complementarity: state.complementarity(),
        current: state.current(),
        current_cost: state.current_cost(),
        evaluations: oracle.evaluations(),
        history,
        promised: None,
        started,
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
