//! What searches share that make many runs of a local solver: one such run, and the best point of all.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Solver, State};
use crate::stop::History;
use crate::{Error, Oracle, Termination};

/// Iterations after which a local search ends, whatever it does.
const LONGEST: u64 = 10_000;

/// The best point of all local searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient_norm: Option<f64>,
}

impl Best {
    pub fn of(state: &impl State) -> Self {
        let (x, cost) = (state.x().clone(), state.cost());
        Self { x, cost, gradient_norm: state.gradient_norm() }
    }

    /// Takes in where a local search is, if that is as good: the gradient of a later point is the smaller one.
    pub fn take(&mut self, state: &impl State) {
        if state.cost() <= self.cost {
            self.x.copy_from(state.x());
            self.cost = state.cost();
            self.gradient_norm = state.gradient_norm();
        }
    }

    /// False for what a damaged checkpoint may hold.
    pub fn is_valid(&self, n: usize) -> bool {
        self.x.len() == n && self.x.iter().all(|x| x.is_finite()) && self.cost.is_finite()
    }
}

/// A local search, within the bounds though its solver may not know them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LocalSearch<L> {
    state: L,
    history: History,
    iteration: u64,
}

impl<L: State> LocalSearch<L> {
    /// A local search at its start.
    ///
    /// # Errors
    /// Those of the solver.
    pub fn begin<S: Solver<State = L>>(
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
    ) -> Result<Self, Error> {
        let state = problem.inside_bounds(|problem| solver.init(problem, x0.clone()))?;
        let history = History::new(state.cost(), state.gradient_norm());
        Ok(Self { state, history, iteration: 0 })
    }

    /// Where it is.
    pub fn state(&self) -> &L {
        &self.state
    }

    /// Makes one iteration. Breaks at its end: with `None` where the gradient is at most `tolerance`, or nothing improves.
    /// An interrupted step is not one.
    pub fn step<S: Solver<State = L>>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Option<Termination>> {
        let Self { state, history, iteration } = self;
        let flow = problem.inside_bounds(|problem| solver.step(problem, state));
        if let ControlFlow::Break(reason) = problem.uninterrupted() {
            return ControlFlow::Break(Some(reason));
        }
        *iteration += 1;
        history.record(*iteration, state.cost(), state.gradient_norm());
        if let ControlFlow::Break(reason) = flow {
            return ControlFlow::Break(Some(reason));
        }
        let is_flat = state.gradient_norm().is_some_and(|norm| norm <= tolerance)
            && problem.inside_bounds(|problem| solver.accepts_convergence(problem, state));
        if is_flat || history.since_improvement >= solver.patience() || *iteration >= LONGEST {
            return ControlFlow::Break(None);
        }
        ControlFlow::Continue(())
    }

    /// Checks a loaded search against its solver and the problem.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when they do not fit.
    pub fn restore<S: Solver<State = L>>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
    ) -> Result<(), Error> {
        problem.inside_bounds(|problem| solver.restore(problem, &mut self.state))?;
        if self.iteration > LONGEST {
            let reason = "its local search is longer than any".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        Ok(())
    }
}
