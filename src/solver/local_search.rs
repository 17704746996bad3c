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
    /// Takes in where a local search is, if that is as good: the gradient of a later point is the smaller one.
    pub fn take<L: State>(&mut self, local: &LocalSearch<L>) {
        if local.cost() <= self.cost {
            self.x.copy_from(&local.x);
            self.cost = local.cost();
            self.gradient_norm = local.gradient_norm;
        }
    }

    /// False for what a damaged checkpoint may hold.
    pub fn is_valid(&self, n: usize) -> bool {
        self.x.len() == n && self.x.iter().all(|x| x.is_finite()) && self.cost.is_finite()
    }
}

/// A local search, within the bounds though its solver may not know them: the solver sees coordinates without any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LocalSearch<L> {
    state: L,
    x: DVector<f64>,
    /// With bounds that of the projected gradient, known at the end.
    gradient_norm: Option<f64>,
    /// Room for the gradient at the end.
    gradient: DVector<f64>,
    history: History,
    iteration: u64,
    /// The gradient that the solver sees is at most the tolerance.
    is_flat: bool,
    /// The solver goes no further.
    is_over: bool,
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
        let mut x = x0.clone();
        let state = problem.without_bounds(|problem, unbounded| {
            let state = solver.init(problem, unbounded.enter(x0))?;
            unbounded.leave(state.x(), &mut x);
            Ok::<_, Error>(state)
        })?;
        let history = History::new(state.cost(), state.gradient_norm());
        let gradient_norm = state.gradient_norm().filter(|_| problem.problem().bounds().is_none());
        let gradient = DVector::zeros(x.len());
        Ok(Self {
            state,
            x,
            gradient_norm,
            gradient,
            history,
            iteration: 0,
            is_flat: false,
            is_over: false,
        })
    }

    /// The first of several local searches, and the better of its start and the run's: coordinates without bounds cannot
    /// begin at one.
    ///
    /// # Errors
    /// Those of the solver, and for a start without a finite cost.
    pub fn first<S: Solver<State = L>>(
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
    ) -> Result<(Self, Best), Error> {
        let is_within = problem.problem().bounds().is_some();
        let cost = if is_within { problem.start_cost(x0)? } else { f64::INFINITY };
        let mut best = Best { x: x0.clone(), cost, gradient_norm: None };
        let local = Self::begin(solver, problem, x0)?;
        best.take(&local);
        Ok((local, best))
    }

    /// Where it is.
    pub fn x(&self) -> &DVector<f64> {
        &self.x
    }

    /// The cost there.
    pub fn cost(&self) -> f64 {
        self.state.cost()
    }

    /// Makes one iteration. Breaks at its end: with `None` where the gradient is at most `tolerance`, or nothing improves; or
    /// with the reason why the run has to end. An interrupted step is not one.
    pub fn step<S: Solver<State = L>>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Option<Termination>> {
        if !self.is_flat && !self.is_over {
            let flow = self.advance(solver, problem, tolerance);
            problem.uninterrupted().map_break(Some)?;
            flow.map_break(Some)?;
        }
        if !self.is_flat && !self.is_over {
            return ControlFlow::Continue(());
        }
        // At a bound the gradient of the coordinates without bounds vanishes, wherever that in x points.
        if let (Some(bounds), Some(_)) = (problem.problem().bounds(), self.state.gradient_norm()) {
            problem.cost_and_gradient(&self.x, &mut self.gradient);
            problem.uninterrupted().map_break(Some)?;
            let norm = bounds.projected_norm(&self.x, &self.gradient);
            self.gradient_norm = Some(norm);
            self.is_flat = norm <= tolerance;
        }
        if self.is_flat || self.is_over {
            ControlFlow::Break(None)
        } else {
            ControlFlow::Continue(())
        }
    }

    /// An iteration of the solver. Breaks where the cost has no bound.
    fn advance<S: Solver<State = L>>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Termination> {
        let is_within = problem.problem().bounds().is_some();
        let Self { state, x, gradient_norm, history, iteration, is_flat, is_over, .. } = self;
        problem.without_bounds(|problem, unbounded| {
            let flow = solver.step(problem, state);
            problem.uninterrupted()?;
            *iteration += 1;
            let norm = state.gradient_norm();
            history.record(*iteration, state.cost(), norm);
            unbounded.leave(state.x(), x);
            *gradient_norm = norm.filter(|_| !is_within);
            *is_flat = norm.is_some_and(|norm| norm <= tolerance)
                && solver.accepts_convergence(problem, state);
            *is_over = flow.is_break()
                || history.since_improvement >= solver.patience()
                || *iteration >= LONGEST;
            match flow {
                ControlFlow::Break(reason @ Termination::Unbounded { .. }) => {
                    ControlFlow::Break(reason)
                }
                _ => ControlFlow::Continue(()),
            }
        })
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
        let n = problem.dimension();
        problem.without_bounds(|problem, _| solver.restore(problem, &mut self.state))?;
        if self.iteration > LONGEST || self.x.len() != n || self.gradient.len() != n {
            let reason = "its local search is none of this problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        Ok(())
    }
}
