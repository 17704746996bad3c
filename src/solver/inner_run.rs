//! A run of one solver within the run of another, as a local search within a global one; and the best point of all of them.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Domain, Solver, State, accepted, promised_by_norm};
use crate::oracle::inside;
use crate::stop::History;
use crate::{Bounds, Error, Oracle, Termination};

/// Iterations after which a local search ends in any case.
const LONGEST: u64 = 10_000;

/// Iterations without improvement after which a search on a differenced gradient ends, because it has reached the
/// noise.
const PATIENCE_IN_NOISE: u64 = 5;

/// How often a local search may continue in new coordinates.
const RENEWALS: u64 = 20;

/// Where dx/dy is below this, relative to where x is not bent, new coordinates help more than further steps.
const STEEP: f64 = 1e-3;

/// The best point of all local searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient_norm: Option<f64>,
}

impl Best {
    /// Takes the point of a local search, if that is at least as good: a later point has the smaller gradient.
    pub fn take<L: State>(&mut self, local: &InnerRun<L>) {
        if local.cost() <= self.cost {
            self.x.copy_from(&local.x);
            self.cost = local.cost();
            self.gradient_norm = local.gradient_norm;
        }
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

/// The centre of the unbounded coordinates in which a local solver searches from x; `None` without bounds, and for a
/// solver that keeps them by itself.
fn centre<S: Solver + ?Sized>(
    solver: &S,
    problem: &Oracle<'_>,
    x: &DVector<f64>,
) -> Option<DVector<f64>> {
    let bounds = problem.problem().bounds().filter(|_| solver.domain() < Domain::Bounded)?;
    Some(inside(x, bounds))
}

/// The iterations without improvement after which a local search ends.
fn patience<S: Solver + ?Sized>(solver: &S, problem: &Oracle<'_>, sees_gradient: bool) -> u64 {
    let is_noisy = sees_gradient && !problem.problem().has_gradient();
    solver.patience().min(if is_noisy { PATIENCE_IN_NOISE } else { u64::MAX })
}

/// A run of a local solver, counted and watched with the run that it belongs to. It stays within the bounds: a solver
/// that does not keep them sees unbounded coordinates. It ends where the gradient is small or nothing improves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InnerRun<L> {
    state: L,
    /// The step that was made, with the solver's reason to end there if it had one, until it is judged.
    stepped: Option<Option<Termination>>,
    /// See [`centre`].
    centre: Option<DVector<f64>>,
    /// The cost there.
    first_cost: f64,
    renewals: u64,
    x: DVector<f64>,
    /// The norm of the projected gradient; where x is bent, it is known only at the end.
    gradient_norm: Option<f64>,
    /// Workspace for the gradient at the end.
    gradient: DVector<f64>,
    history: History,
    iteration: u64,
    /// Where x is bent: the share of the tolerance that the gradient in y must reach before that in x is evaluated.
    share: f64,
    /// True when the gradient that the solver sees is small enough.
    is_flat: bool,
    /// True when the solver makes no further progress.
    is_over: bool,
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
        let centre = centre(solver, problem, x0);
        Self::begin_at(solver, problem, x0, centre)
    }

    fn begin_at<S: Solver<State = L> + ?Sized>(
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
        centre: Option<DVector<f64>>,
    ) -> Result<Self, Error> {
        let mut x = x0.clone();
        let start = centre.as_ref().unwrap_or(x0);
        let (state, is_plain) = problem.without_bounds(centre.as_ref(), |problem, unbounded| {
            let state = solver.init(problem, unbounded.enter(start))?;
            unbounded.leave(state.x(), &mut x);
            let is_plain = unbounded.is_plain(state.x());
            Ok::<_, Error>((state, is_plain))
        })?;
        Ok(Self {
            history: History::new(state.cost(), state.gradient_norm(), None),
            gradient_norm: state.gradient_norm().filter(|_| is_plain),
            first_cost: state.cost(),
            gradient: DVector::zeros(x.len()),
            state,
            stepped: None,
            centre,
            renewals: 0,
            x,
            iteration: 0,
            share: 1.0,
            is_flat: false,
            is_over: false,
        })
    }

    /// The first of several local searches, and the better one of its start and the run's start, which is evaluated
    /// separately when the search cannot begin there. No search when its own start fails but the run's is usable.
    ///
    /// # Errors
    /// Those of the solver, and for a start without a finite cost.
    pub fn first<S: Solver<State = L> + ?Sized>(
        solver: &S,
        problem: &mut Oracle<'_>,
        x0: &DVector<f64>,
    ) -> Result<(Option<Self>, Best), Error> {
        let centre = centre(solver, problem, x0);
        let is_moved = centre.as_ref().is_some_and(|centre| centre != x0);
        let cost = if is_moved { problem.start_cost(x0)? } else { f64::INFINITY };
        let mut best = Best { x: x0.clone(), cost, gradient_norm: None };
        match Self::begin_at(solver, problem, x0, centre) {
            Ok(local) => {
                best.take(&local);
                Ok((Some(local), best))
            }
            Err(Error::NotInDomain { .. }) if is_moved => Ok((None, best)),
            Err(Error::Interrupted { .. } | Error::ProblemFailed { .. })
                if is_moved && problem.is_spent() =>
            {
                Ok((None, best))
            }
            Err(error) => Err(error),
        }
    }

    /// The current point.
    pub fn x(&self) -> &DVector<f64> {
        &self.x
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
        let flow = self.go_on(solver, problem, tolerance);
        // Also when the evaluations are used up: a solver may keep what it found before. After any other interruption the
        // step is not over, and its end is judged by the run that is resumed.
        if problem.uninterrupted().is_continue() || problem.is_spent() {
            best.take(self);
        }
        if let ControlFlow::Break(None) = flow {
            self.look_at(best, problem).map_break(Some)?;
        }
        match flow {
            // Far away, a search may decrease to the limit of numbers and still be above the best point.
            ControlFlow::Break(Some(Termination::Unbounded { .. })) if best.cost < self.cost() => {
                ControlFlow::Break(None)
            }
            flow => flow,
        }
    }

    fn go_on<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Option<Termination>> {
        let mut is_known = false;
        if !self.is_flat && !self.is_over {
            is_known = self.advance(solver, problem, tolerance)?;
        }
        if !self.is_flat && !self.is_over {
            return ControlFlow::Continue(());
        }
        self.measure(solver, problem, tolerance, is_known)?;
        if self.is_flat || self.is_over {
            ControlFlow::Break(None)
        } else {
            ControlFlow::Continue(())
        }
    }

    /// An iteration of the solver; true when the gradient in x is known after it. Breaks when the cost is unbounded
    /// below.
    fn advance<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
    ) -> ControlFlow<Option<Termination>, bool> {
        let Self { state, stepped, centre, x, gradient, gradient_norm, share, .. } = self;
        let is_box = problem.problem().bounds().is_some_and(Bounds::are_finite);
        let (is_flat, is_noise, has_end, is_known) =
            problem.without_bounds(centre.as_ref(), |problem, unbounded| {
                // A step is not repeated when only what follows it was interrupted.
                if stepped.is_none() {
                    let flow = solver.step(problem, state);
                    if problem.uninterrupted().is_continue() {
                        *stepped = Some(flow.break_value());
                    }
                }
                unbounded.leave(state.x(), x);
                let is_plain = unbounded.is_plain(state.x());
                let tolerance = if is_plain { tolerance } else { *share * tolerance };
                let is_known = unbounded.last_gradient(x, gradient);
                let is_small = |_: &Oracle<'_>, state: &L| {
                    state.gradient_norm().filter(|norm| *norm <= tolerance)
                };
                let is_flat = is_small(problem, state).is_some()
                    && problem.uninterrupted().is_continue()
                    && accepted(solver, problem, state, is_small).is_some();
                // The solver may have refined the gradient.
                let norm = state.gradient_norm();
                *gradient_norm = norm.filter(|_| is_plain);
                let error = problem.known_gradient_error(state.cost());
                let is_noise = norm.zip(error).is_some_and(|(norm, error)| norm <= error);
                // A finite box bounds the search: in it only −∞ is unbounded.
                (is_flat, is_noise, is_box && !unbounded.is_bottomless(), is_known)
            });
        problem.uninterrupted().map_break(Some)?;
        let end = self.stepped.take().flatten();
        self.iteration += 1;
        let norm = self.state.gradient_norm();
        self.history.record(self.iteration, self.state.cost(), norm, None);
        self.is_flat = is_flat;
        self.is_over = end.is_some()
            || is_noise
            || self.history.since_improvement >= patience(solver, problem, norm.is_some())
            || self.iteration >= LONGEST;
        match end {
            Some(reason @ Termination::Unbounded { .. }) if !has_end => {
                ControlFlow::Break(Some(reason))
            }
            _ => ControlFlow::Continue(is_known),
        }
    }

    /// At the end, takes the gradient in x where it differs from that in y, which vanishes at a bound whatever the
    /// gradient in x. When it is too large, the search continues, in new coordinates if x is bent there.
    fn measure<S: Solver<State = L> + ?Sized>(
        &mut self,
        solver: &S,
        problem: &mut Oracle<'_>,
        tolerance: f64,
        is_known: bool,
    ) -> ControlFlow<Option<Termination>> {
        let (Some(bounds), Some(norm), None) =
            (problem.problem().bounds(), self.state.gradient_norm(), self.gradient_norm)
        else {
            return ControlFlow::Continue(());
        };
        if !is_known {
            problem.cost_and_gradient(&self.x, &mut self.gradient);
            problem.uninterrupted().map_break(Some)?;
        }
        let measured = bounds.projected_norm(&self.x, &self.gradient);
        if measured <= tolerance {
            self.is_flat = true;
        } else if self.needs_renewal(problem, bounds, tolerance)
            && let Some(renewed) = self.renewed(solver, problem, bounds, tolerance)
        {
            *self = renewed;
            return ControlFlow::Continue(());
        } else {
            problem.uninterrupted().map_break(Some)?;
            self.is_flat = false;
            self.share = if measured.is_nan() { 0.1 * self.share } else { 0.5 * norm / measured };
        }
        self.gradient_norm = Some(measured);
        ControlFlow::Continue(())
    }

    /// Takes the gradient at the run's start, if nothing lower was found and this search could not begin there.
    fn look_at(&mut self, best: &mut Best, problem: &mut Oracle<'_>) -> ControlFlow<Termination> {
        if let (Some(bounds), Some(_), None) =
            (problem.problem().bounds(), self.state.gradient_norm(), best.gradient_norm)
        {
            problem.cost_and_gradient(&best.x, &mut self.gradient);
            problem.uninterrupted()?;
            best.gradient_norm = Some(bounds.projected_norm(&best.x, &self.gradient));
        }
        ControlFlow::Continue(())
    }

    /// True when the gradient in x is large along a bent variable, and the search has decreased the cost since it began
    /// in these coordinates.
    fn needs_renewal(&self, problem: &mut Oracle<'_>, bounds: &Bounds, tolerance: f64) -> bool {
        let least = if self.is_over { 1.0 } else { STEEP };
        let entries = bounds.projected(&self.x, &self.gradient);
        self.renewals < RENEWALS
            && self.cost() < self.first_cost
            && problem.without_bounds(self.centre.as_ref(), |_, unbounded| {
                let slopes = unbounded.slopes(self.state.x());
                entries.zip(slopes).any(|(entry, slope)| entry > tolerance && slope < least)
            })
    }

    /// The search continued from its point in coordinates around that point. Variables that are pressed against a bound
    /// stay there. `None` when it would begin higher.
    fn renewed<S: Solver<State = L> + ?Sized>(
        &self,
        solver: &S,
        problem: &mut Oracle<'_>,
        bounds: &Bounds,
        tolerance: f64,
    ) -> Option<Self> {
        let mut centre = inside(&self.x, bounds);
        for (i, entry) in bounds.projected(&self.x, &self.gradient).enumerate() {
            let g = self.gradient[i];
            if entry <= tolerance && entry < g.abs() {
                centre[i] = if g > 0.0 { bounds.lower()[i] } else { bounds.upper()[i] };
            }
        }
        let renewed = Self::begin_at(solver, problem, &self.x, Some(centre)).ok()?;
        let (renewals, iteration) = (self.renewals + 1, self.iteration);
        (renewed.cost() <= self.cost()).then_some(Self { renewals, iteration, ..renewed })
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
        let n = problem.dimension();
        let bounds = problem.problem().bounds();
        let is_centred = bounds.is_some() && solver.domain() < Domain::Bounded;
        let is_point = |x: &DVector<f64>| {
            let is_within = bounds.is_none_or(|bounds| bounds.contain(x));
            x.len() == n && is_within && x.iter().all(|x| x.is_finite())
        };
        let is_valid = self.iteration <= LONGEST
            && self.renewals <= RENEWALS
            && is_point(&self.x)
            && self.gradient.len() == n
            && self.centre.is_some() == is_centred
            && self.centre.as_ref().is_none_or(is_point)
            && self.history.is_valid();
        if !is_valid {
            let reason = "its local search does not belong to this problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        let Self { state, centre, .. } = self;
        problem.without_bounds(centre.as_ref(), |problem, _| solver.restore(problem, state))
    }
}
