//! A run of one solver within the run of another, as a local search within a global one; and the best point of all of them.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Solver, State, accepted, promised_by_norm};
use crate::oracle::Differences;
use crate::stop::History;
use crate::{Bounds, Error, Oracle, Problem, Termination};

/// Iterations after which a local search ends in any case.
const LONGEST: u64 = 10_000;

/// Iterations without improvement after which a search on a differenced gradient ends, because it has reached the
/// noise.
const PATIENCE_IN_NOISE: u64 = 5;

/// The best point of all local searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient_norm: Option<f64>,
    /// The data by which the gradient was differenced, at the end of a local search.
    differences: Differences,
}

impl Best {
    /// The start of a local search.
    pub fn of<L: State>(local: &InnerRun<L>, problem: &Oracle<'_>) -> Self {
        let (x, cost) = (local.x().clone(), local.cost());
        let gradient_norm = local.state.gradient_norm();
        Self { x, cost, gradient_norm, differences: problem.differences() }
    }

    /// Takes the point of a local search, if that is at least as good: a later point has the smaller gradient. True if
    /// it is.
    pub fn take<L: State>(&mut self, local: &InnerRun<L>) -> bool {
        let is_taken = local.cost() <= self.cost;
        if is_taken {
            self.x.copy_from(local.x());
            self.cost = local.cost();
            self.gradient_norm = local.state.gradient_norm();
        }
        is_taken
    }

    /// Lets the run judge the gradient by the errors that it has: later local searches may difference otherwise. Where
    /// these errors exceed the tolerance, differences it afresh.
    pub fn prepare_judgement(
        &mut self,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Termination> {
        problem.return_to_differences(&self.differences);
        let error = problem.known_gradient_error(self.cost);
        if self.gradient_norm.is_none() || error.is_none_or(|error| error <= tolerance) {
            return ControlFlow::Continue(());
        }
        let mut gradient = self.x.clone();
        problem.learn_at_start(&self.x, self.cost, &mut gradient);
        problem.uninterrupted()?;
        self.gradient_norm = Some(match problem.problem().bounds() {
            Some(bounds) => bounds.projected_norm(&self.x, &gradient),
            None => gradient.amax(),
        });
        self.differences = problem.differences();
        ControlFlow::Continue(())
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn is_valid(&self, problem: &dyn Problem) -> bool {
        let n = problem.dimension();
        self.x.len() == n
            && self.x.iter().all(|x| x.is_finite())
            && problem.bounds().is_none_or(|bounds| bounds.contain(&self.x))
            && self.cost.is_finite()
            && self.differences.are_valid(n)
    }

    /// See [`Solver::promised_change`].
    pub fn promised_change(&self, bounds: Option<&Bounds>, x0: &DVector<f64>) -> Option<f64> {
        let norm = self.gradient_norm?;
        Some(match bounds {
            Some(bounds) => bounds.promised_change(&self.x, x0, norm),
            None => promised_by_norm(norm, &self.x, x0),
        })
    }
}

/// The iterations without improvement after which a local search ends.
fn patience<S: Solver + ?Sized>(solver: &S, problem: &Oracle<'_>, sees_gradient: bool) -> u64 {
    let is_noisy = sees_gradient && !problem.problem().has_gradient();
    solver.patience().min(if is_noisy { PATIENCE_IN_NOISE } else { u64::MAX })
}

/// A run of a local solver, counted and watched with the run that it belongs to. It ends where the gradient is small or
/// nothing improves. Whether the solver keeps the problem's bounds is for the caller to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InnerRun<L> {
    state: L,
    /// The step that was made, with the solver's reason to end there if it had one, until it is judged.
    stepped: Option<Option<Termination>>,
    history: History,
    iteration: u64,
}

impl<L: State> InnerRun<L> {
    /// A local search at its start.
    ///
    /// # Errors
    /// Those of the solver.
    pub fn begin<S: Solver<State = L> + ?Sized>(
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
    ) -> Result<Self, Error> {
        let state = solver.init(problem, x0.clone())?;
        let history = History::new(state.cost(), state.gradient_norm(), None);
        Ok(Self { state, stepped: None, history, iteration: 0 })
    }

    /// Begins anew, in the memory of this search.
    ///
    /// # Errors
    /// Those of the solver; the search is unusable then.
    pub fn begin_again<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
    ) -> Result<(), Error> {
        solver.restart(problem, &mut self.state, x0)?;
        self.history = History::new(self.state.cost(), self.state.gradient_norm(), None);
        (self.stepped, self.iteration) = (None, 0);
        Ok(())
    }

    /// The current point.
    pub fn x(&self) -> &DVector<f64> {
        self.state.x()
    }

    /// The cost there.
    pub fn cost(&self) -> f64 {
        self.state.cost()
    }

    /// Makes one iteration and updates the best point. Breaks at the end of the search: with `None` when the gradient
    /// is at most `tolerance` or nothing improves, or with the reason why the run has to end. An interrupted step does
    /// not count.
    pub fn step<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
        best: &mut Best,
    ) -> ControlFlow<Option<Termination>> {
        let flow = self.advance(solver, problem, tolerance);
        // Also when the evaluations are used up: a solver may keep what it found before. After any other interruption the
        // step is not over, and its end is judged by the run that is resumed.
        if (problem.uninterrupted().is_continue() || problem.is_spent())
            && best.take(self)
            && flow == ControlFlow::Break(None)
        {
            problem.keep_differences(&mut best.differences);
        }
        match flow {
            // Far away, a search may decrease to the limit of numbers and still be above the best point.
            ControlFlow::Break(Some(Termination::Unbounded { .. })) if best.cost < self.cost() => {
                ControlFlow::Break(None)
            }
            flow => flow,
        }
    }

    /// Makes one iteration, as [`step`](Self::step) does.
    pub fn advance<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Option<Termination>> {
        let Self { state, stepped, .. } = self;
        // A step is not repeated when only what follows it was interrupted.
        if stepped.is_none() {
            let flow = solver.step(problem, state);
            problem.uninterrupted().map_break(Some)?;
            *stepped = Some(flow.break_value());
        }
        let is_small =
            |_: &Oracle<'_>, state: &L| state.gradient_norm().filter(|norm| *norm <= tolerance);
        let is_flat = is_small(problem, state).is_some()
            && accepted(solver, problem, state, is_small).is_some();
        problem.uninterrupted().map_break(Some)?;
        // The solver may have refined the gradient.
        let norm = state.gradient_norm();
        let error = problem.known_gradient_error(state.cost());
        let is_noise = norm.zip(error).is_some_and(|(norm, error)| norm <= error);
        let end = stepped.take().flatten();
        self.iteration += 1;
        self.history.record(self.iteration, self.state.cost(), norm, None);
        if let Some(reason @ Termination::Unbounded { .. }) = end {
            return ControlFlow::Break(Some(reason));
        }
        let is_over = end.is_some()
            || is_noise
            || self.history.since_improvement >= patience(solver, problem, norm.is_some())
            || self.iteration >= LONGEST;
        if is_flat || is_over { ControlFlow::Break(None) } else { ControlFlow::Continue(()) }
    }

    /// Whether the solver accepts convergence here; see [`Solver::accepts_convergence`].
    pub fn is_accepted<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
    ) -> bool {
        solver.accepts_convergence(problem, &mut self.state)
    }

    /// Checks a loaded search against its solver and the problem.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when they do not fit.
    pub fn restore<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
    ) -> Result<(), Error> {
        solver.restore(problem, &mut self.state)?;
        let x = self.x();
        let is_valid = self.iteration <= LONGEST
            && x.len() == problem.dimension()
            && x.iter().all(|x| x.is_finite())
            && problem.problem().bounds().is_none_or(|bounds| bounds.contain(x))
            && self.history.is_valid();
        if is_valid {
            return Ok(());
        }
        let reason = "its local search does not belong to this problem".to_owned();
        Err(Error::Checkpoint { reason })
    }
}
