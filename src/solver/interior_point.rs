//! The interior point method for constraints: primal-dual steps on a sequence of barrier problems, with a filter.
//!
//! ```text
//! minimise f(x) − μ Σ ln(w − l) − μ Σ ln(u − w)  subject to  h(w) = 0,   w = (x, s),   μ → 0
//! ```
//!
//! s are slacks of the constraints that are no equalities. The parts: the scaled problem ([`frame`]), the start
//! ([`start`]), the barrier ([`barrier`]), the step ([`newton`]) and its linear system ([`kkt`]), the search
//! ([`search`]) with its [`filter`], the [`restoration`] of feasibility, the first-order conditions ([`measures`]),
//! and where a run ends ([`endings`]).
//!
//! A. Wächter, L. T. Biegler, *On the implementation of an interior-point filter line-search algorithm for
//! large-scale nonlinear programming*, Math. Program. 106 (2006) 25-57.

mod barrier;
mod endings;
mod filter;
mod frame;
mod kkt;
mod measures;
mod newton;
mod point;
mod restoration;
mod search;
mod start;
mod state;
mod violated;

use std::ops::ControlFlow;

use nalgebra::DVector;

use newton::{LEAST_BARRIER, Proposal};
use search::Outcome;
pub use state::InteriorPointState;
use state::Work;

use super::{Solver, promised_change};
use crate::error::check;
use crate::line_search::FailureReason;
use crate::{Domain, Error, Oracle, Stall, Termination, fingerprint};

/// A violation up to this is none, where the cost decides that it is unbounded or the filter that nothing is to
/// restore.
const FEASIBLE: f64 = 1e-6;
/// A step that lowers the error of the first-order conditions to this share is accepted, whatever the filter says.
const LOWER_ERROR: f64 = 0.9999;
/// Steps below this share of the longest one are short; after so many in a row a restoration is better.
const SHORT: f64 = 0.01;
const SHORT_STEPS: u32 = 3;
/// The first-order conditions up to which multipliers are judged.
const NEARLY_SOLVED: f64 = 1e-6;

/// The interior point method of Wächter and Biegler, for bounds and constraints of any kind.
///
/// **Method** Newton steps on the first-order conditions of f − μ Σ ln d, with the distances d of x and c(x) from
/// their limits, for a falling sequence of μ. Constraints with room between their limits have slacks. The linear
/// system is factorized with its inertia, and shifted until the step leads down. A filter accepts steps that lower
/// the cost or the violation of the constraints; up to four second-order corrections follow curved constraints; where
/// no step is accepted, the violation alone is minimised within the bounds. Cost and constraints are scaled by their
/// derivatives at the start.
///
/// **Needs** gradient and Jacobian, and the Hessian of the Lagrangian f(x) − Σ yᵢ cᵢ(x), all of them from formulas,
/// given by hand or differenced; 3(n + m)² numbers of memory for n variables and m constraints, at most 16 GiB; (n +
/// m)³/6 multiply-adds a step, several times where the inertia has to be corrected. **Parameters** the first μ,
/// [`barrier`](Self::barrier) (default 0.1).
///
/// **Start** x₀ is pushed away from bounds that it is at, by 1/100 of its size or of their distance. It may violate the
/// constraints.
///
/// **Guarantee** nothing is evaluated outside the bounds. Convergence is judged by the conditions of the problem as
/// it was given, unscaled and without the barrier: [`State::gradient_norm`](crate::State::gradient_norm), which is
/// that of the gradient of the Lagrangian, [`infeasibility`](crate::State::infeasibility) and
/// [`complementarity`](crate::State::complementarity). Near a minimum with independent gradients of the active
/// constraints convergence is superlinear. Variables are left at a distance of about μ from the bounds that hold
/// them.
///
/// **Ends** [`Infeasible`](Termination::Infeasible) at a point where no small step makes the violation smaller;
/// [`Unbounded`](Termination::Unbounded) where feasible points go away without limit;
/// [`NoMultipliers`](Stall::NoMultipliers) where the multipliers grow without limit; [stalled](Termination::Stalled)
/// where steps are rounding.
///
/// ```
/// # #[cfg(feature = "autodiff")] {
/// use extremum::{Bounded, Bounds, InteriorPoint, Problem, constraints, minimize, problem};
/// // Problem 71 of Hock and Schittkowski (1981).
/// let cost = problem!(4, |x| x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]);
/// let bounded = Bounded(cost, Bounds::new([1.0; 4], [5.0; 4])?);
/// let products = constraints!(4, |x| [x[0] * x[1] * x[2] * x[3], x.iter().map(|x| x * x).sum()]);
/// let problem = bounded.with_constraints(products.between([25.0, 40.0], [f64::INFINITY, 40.0])?);
/// let found = minimize(problem, InteriorPoint::default(), [1.0, 5.0, 5.0, 1.0])?;
/// assert!(found.termination.is_converged() && (found.cost - 17.0140173).abs() < 1e-6);
/// let y = found.multipliers.expect("a method with multipliers");
/// assert!((y[0] - 0.5522937).abs() < 1e-6 && (y[1] + 0.1614686).abs() < 1e-6);
/// # }
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Wächter, L. T. Biegler, Math. Program. 106 (2006) 25-57; Nocedal & Wright (2006), chapter 19.
#[derive(Clone, Copy, Debug)]
pub struct InteriorPoint {
    barrier: f64,
}

impl Default for InteriorPoint {
    fn default() -> Self {
        Self { barrier: 0.1 }
    }
}

impl InteriorPoint {
    /// The first barrier parameter μ, in units of the scaled cost. Range: 1e-9 to 1e9. Default: 0.1. A smaller one,
    /// such as 1e-4, keeps nearer to a start that is nearly a solution.
    pub fn barrier(self, mu: f64) -> Self {
        Self { barrier: mu }
    }
}

impl Solver for InteriorPoint {
    type State = InteriorPointState;

    fn name(&self) -> &'static str {
        "InteriorPoint"
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    fn domain(&self) -> Domain {
        Domain::Constrained
    }

    fn init(
        &self,
        problem: &mut Oracle<'_>,
        x0: DVector<f64>,
    ) -> Result<InteriorPointState, Error> {
        let is_in_range = (1e-9..=1e9).contains(&self.barrier);
        check(is_in_range, "barrier", self.barrier, "from 1e-9 to 1e9")?;
        start::start(problem, x0, self.name(), self.barrier)
    }

    fn step(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut InteriorPointState,
    ) -> ControlFlow<Termination> {
        if let Some(restoring) = state.restoring {
            return restoration::step(problem, state, restoring);
        }
        if state.measures.error() <= NEARLY_SOLVED && state.excessive_multipliers().is_some() {
            return state.stalled(Stall::LineSearch(FailureReason::Rounding));
        }
        let proposal = newton::propose(problem, state);
        problem.uninterrupted()?;
        let Some(proposal) = proposal else {
            return state.restore_or_rest(None);
        };
        if let Some(end) = state.rest(proposal) {
            return state.stalled(end);
        }
        if state.short >= SHORT_STEPS || restoration::is_called_for(state) {
            return state.restore_or_rest(Some(proposal));
        }
        let outcome = search::search(problem, state, proposal);
        problem.uninterrupted()?;
        match outcome {
            Outcome::Unbounded => {
                ControlFlow::Break(Termination::Unbounded { cost: state.here.cost })
            }
            Outcome::Accepted { alpha, share, augment, is_corrected, is_rounding } => {
                let mu = proposal.mu;
                let is_short = share < SHORT && augment.is_some();
                state.short = if is_short { state.short + 1 } else { 0 };
                state.begin_barrier(mu);
                if let Some(pair) = augment {
                    state.filter.add(pair);
                }
                state.take_duals(alpha, proposal, is_corrected);
                state.accept(proposal);
                if is_rounding && mu > LEAST_BARRIER {
                    state.begin_barrier(newton::lower(mu));
                }
                state.unbounded()
            }
            Outcome::Failed => {
                let is_softened = soften(problem, state, proposal);
                problem.uninterrupted()?;
                if is_softened {
                    state.begin_barrier(proposal.mu);
                    state.accept(proposal);
                    return ControlFlow::Continue(());
                }
                state.restore_or_rest(Some(proposal))
            }
        }
    }

    fn restore(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut InteriorPointState,
    ) -> Result<(), Error> {
        let n = problem.dimension();
        let m = problem.problem().structure().constraints.map_or(0, |all| all.limits().dimension());
        let refuse = |reason: &str| Err(Error::Checkpoint { reason: reason.to_owned() });
        if let Err(reason) = state.check(n, m) {
            return refuse(reason);
        }
        if problem.problem().bounds().is_some_and(|bounds| !bounds.contain(&state.here.x)) {
            return refuse("its point is outside the problem's bounds");
        }
        state.work = Work::new(problem.problem(), &state.scale);
        problem.prepare_differences();
        Ok(())
    }

    fn accepts_convergence(&self, _: &mut Oracle<'_>, state: &mut InteriorPointState) -> bool {
        (state.is_at_rest || state.is_earned()) && state.excessive_multipliers().is_none()
    }

    fn promised_change(&self, state: &InteriorPointState, x0: &DVector<f64>) -> Option<f64> {
        let here = &state.here;
        let sizes =
            here.gradient.iter().zip(&here.x).zip(x0).enumerate().map(|(j, ((g, x), x0))| {
                let size = x.abs().max((x - x0).abs());
                let room = state
                    .work
                    .frame
                    .bounds
                    .as_ref()
                    .map_or(f64::INFINITY, |bounds| bounds.room(j, *x, *g));
                if room > 0.0 { (*g, size.min(room)) } else { (0.0, size) }
            });
        Some(promised_change(sizes))
    }
}

/// Tries the first trial of the search again: it is the next point when it lowers the error of the first-order
/// conditions.
fn soften(problem: &mut Oracle<'_>, state: &mut InteriorPointState, proposal: Proposal) -> bool {
    let Work { first, trial, jacobian, .. } = &mut state.work;
    if !first.cost.is_finite() {
        return false;
    }
    trial.copy_values(first);
    if !trial.differentiate(problem, &state.here, jacobian) {
        return false;
    }
    state.work.duals.copy_from(&state.duals);
    let Work { frame, step, .. } = &state.work;
    let alpha = barrier::longest(frame, &state.here.w, &step.w, proposal.tau);
    state.take_duals(alpha, proposal, false);
    let Work { frame, trial, slope, .. } = &mut state.work;
    let frame_and_scale = (&*frame, &state.scale);
    measures::lagrangian_slope(frame_and_scale, trial, &state.duals.y, slope);
    let error = measures::error(frame_and_scale, trial, &state.duals, slope, proposal.mu);
    let is_lower = error <= LOWER_ERROR * proposal.error;
    if !is_lower || problem.uninterrupted().is_break() {
        state.duals.copy_from(&state.work.duals);
        return false;
    }
    true
}

impl InteriorPointState {
    /// Makes the trial point the current one.
    fn accept(&mut self, proposal: Proposal) {
        if proposal.shift > 0.0 {
            self.shift = proposal.shift;
        }
        let is_least = proposal.mu <= LEAST_BARRIER;
        if proposal.distance <= 0.5 * self.least_error {
            (self.least_error, self.idle) = (proposal.distance, 0);
        } else if is_least {
            self.idle += 1;
        }
        self.commit();
    }

    /// Goes over to another barrier problem, whose filter is empty.
    fn begin_barrier(&mut self, mu: f64) {
        if mu != self.mu {
            self.mu = mu;
            self.filter.clear();
        }
    }

    /// Takes the step of the multipliers to the trial point.
    fn take_duals(&mut self, alpha: f64, proposal: Proposal, is_corrected: bool) {
        let Self { duals, work, .. } = self;
        let Work { frame, step, corrected, trial, .. } = work;
        let step = if is_corrected { corrected } else { step };
        duals.y.axpy(alpha, &step.y, 1.0);
        let longest =
            |z: &DVector<f64>, d: &DVector<f64>| barrier::longest_dual(z, d, proposal.tau);
        let of_bounds = longest(&duals.lower, &step.lower).min(longest(&duals.upper, &step.upper));
        duals.lower.axpy(of_bounds, &step.lower, 1.0);
        duals.upper.axpy(of_bounds, &step.upper, 1.0);
        barrier::reset(frame, &trial.w, duals, proposal.mu);
    }
}
