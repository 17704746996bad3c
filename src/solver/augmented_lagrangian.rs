//! The augmented Lagrangian method: multipliers and a penalty for the constraints, any solver for the rest.
//!
//! ```text
//! xₖ₊₁ ≈ arg min L(x; yₖ, ρₖ) within the bounds,  yₖ₊₁ = λ(xₖ₊₁),  ρₖ₊₁ = 10 ρₖ where the error fell by less than half
//! ```
//!
//! L and λ are in [`function`], the end game in [`newton`].
//!
//! E. Birgin, J. Martínez, *Practical Augmented Lagrangian Methods for Constrained Optimization*, SIAM (2014),
//! algorithm 4.1, with the rules of their program Algencan.

mod function;
mod newton;
mod outer;
mod points;
mod state;

use std::ops::ControlFlow;

use nalgebra::DVector;

use function::{Function, Inside};
use newton::Newton;
use points::Points;
pub use state::AugmentedLagrangianState;
use state::{Advance, Best, Progress, WorkOf};

use super::first_order_conditions::FirstOrderConditions;
use super::inner_run::InnerRun;
use super::{Domain, Solver};
use crate::error::check;
use crate::{Bounds, Error, Lbfgsb, Oracle, Stall, Termination, fingerprint};

/// The norm of ∇L at which the first inner run ends.
const FIRST_TOLERANCE: f64 = 1e-4;

/// The augmented Lagrangian method, for bounds and [constraints](crate::Constraints) l ≤ c(x) ≤ u.
///
/// **Method** The inner solver minimises f + ½ ρ Σ |zᵢ − P(zᵢ)|² within the bounds, where zᵢ = cᵢ − yᵢ/ρ and P projects
/// into [lᵢ, uᵢ]: the function of Powell, Hestenes and Rockafellar, without slacks. Then y ← ρ (P(z) − z), and ρ ← 10 ρ
/// where the error of the constraints fell by less than half. Near the end, Newton's method on the first-order
/// conditions with the active constraints held, where the problem gives second derivatives. f and each constraint are
/// scaled by their gradients at the start. An iteration is one of the inner solver, so that limits, observers and
/// checkpoints work anywhere; f and c are evaluated together.
///
/// **Needs** what the inner solver needs, of f and c: [`Lbfgsb`], the default, takes gradients and Jacobians;
/// [`TrustRegion::tron`](crate::TrustRegion::tron) takes second derivatives and fewer evaluations. What is not given is
/// differenced. The inner solver has to keep bounds where the problem has some. **Parameters** the inner solver,
/// [`penalty`](Self::penalty).
///
/// **Guarantee** the run converges only by its rules on the unscaled first-order conditions, with
/// [multipliers](crate::State::multipliers) y: ∇f = J'y where no bound is active; and not before their residual is 10⁻⁴
/// of the gradient at the start, so that the unit of the cost does not decide. The best point is the least infeasible
/// one; among feasible points the lowest, and among level ones the one nearest to the conditions. Where no feasible
/// point is near, it ends with [`Infeasible`](Termination::Infeasible); where no multipliers exist or f is at its
/// rounding, [stalled](Stall).
///
/// ```
/// use extremum::{AugmentedLagrangian, Problem, constraints_from_fn, from_fn, minimize};
/// // Problem 12 of Hock and Schittkowski (1981): the minimum −30 at (2, 3), where ∇f = (−8, −3) = ½ ∇c.
/// let problem = from_fn(2, |x| 0.5 * x[0].powi(2) + x[1].powi(2) - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1])
///     .with_constraints(
///         constraints_from_fn(1, |x, c| c[0] = 25.0 - 4.0 * x[0].powi(2) - x[1].powi(2)).at_least([0.0])?,
///     );
/// let found = minimize(&problem, AugmentedLagrangian::default(), [0.0, 0.0])?;
/// assert!(found.termination.is_converged() && (found.cost + 30.0).abs() < 1e-5);
/// assert!((found.multipliers.unwrap()[0] - 0.5).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Birgin & Martínez (2014); M. Powell (1969), M. Hestenes, J. Optim. Theory Appl. 4 (1969) 303-320, R.
/// Rockafellar, SIAM J. Control 12 (1974) 268-285; for the end game Birgin & Martínez, Optim. Methods Softw. 23 (2008)
/// 177-195.
#[derive(Clone, Debug)]
pub struct AugmentedLagrangian<S = Lbfgsb> {
    inner: S,
    penalty: Option<f64>,
}

impl Default for AugmentedLagrangian {
    fn default() -> Self {
        Self::new(Lbfgsb::default())
    }
}

impl<S: Solver> AugmentedLagrangian<S> {
    /// Keeps constraints by runs of `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner, penalty: None }
    }

    /// The first penalty ρ, of the scaled function. Default: 10 max(1, |f|) / max(1, ½ |v|²) at the start, with the
    /// violations v, from 1e-8 to 1e8. Range: 1e-8 to 1e8.
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = Some(penalty);
        self
    }

    fn check(&self, problem: &Oracle<'_>) -> Result<(), Error> {
        if problem.problem().bounds().is_some() && self.inner.domain() < Domain::Bounded {
            return Err(Error::BoundsNotSupported { solver: self.inner.name() });
        }
        self.penalty.map_or(Ok(()), |penalty| {
            check((1e-8..=1e8).contains(&penalty), "penalty", penalty, "from 1e-8 to 1e8")
        })
    }
}

/// The limits of the constraints, of which there may be none.
fn limits(problem: &Oracle<'_>) -> Bounds {
    let constraints = problem.problem().structure().constraints;
    constraints.map_or_else(|| Bounds::unbounded(0), |all| all.limits().clone())
}

impl<S: Solver> Solver for AugmentedLagrangian<S> {
    type State = AugmentedLagrangianState<S::State>;

    fn name(&self) -> &'static str {
        "AugmentedLagrangian"
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(&(self.inner.fingerprint(), self.penalty))
    }

    /// An inner solver that does not keep bounds is refused by its own name.
    fn domain(&self) -> Domain {
        Domain::Constrained
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.check(problem)?;
        problem.check_start(&x0)?;
        let limits = limits(problem);
        let (n, m) = (x0.len(), limits.dimension());
        let points = Points::start(problem, x0, m)?;
        let here = points.here();
        let function = Function::new(here, limits, self.penalty);
        let unknown = FirstOrderConditions {
            residual: f64::INFINITY,
            violation: f64::INFINITY,
            complementarity: f64::INFINITY,
        };
        let best = Best {
            x: here.x.clone(),
            cost: here.cost,
            multipliers: DVector::zeros(m),
            conditions: unknown,
        };
        let mut state = AugmentedLagrangianState {
            multipliers: DVector::zeros(m),
            conditions: unknown,
            best,
            inner: None,
            is_over: true,
            returns: false,
            is_rescaled: m == 0,
            advanced: None,
            // Without constraints there is one inner run.
            tolerance: if m > 0 { FIRST_TOLERANCE } else { 0.0 },
            outer: 0,
            progress: Progress {
                start: 0.0,
                error: f64::INFINITY,
                least_error: f64::INFINITY,
                least: f64::INFINITY,
                idle: 0,
                idle_steps: 0,
            },
            newton: Newton::new(n, m),
            ended: None,
            work: WorkOf::new(n, m, problem.problem().bounds().cloned()),
            points,
            function,
        };
        state.measure();
        state.consider(false);
        self.begin(problem, &mut state)?;
        problem.check_interruption()?;
        Ok(state)
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if let Some(reason) = &state.ended {
            return ControlFlow::Break(reason.clone());
        }
        if state.newton.is_next {
            if state.newton(problem).is_none() {
                problem.uninterrupted()?;
            }
            state.progress.idle_steps += 1;
            return ControlFlow::Continue(());
        }
        if state.advanced.is_none() {
            let advanced = self.advance(problem, state);
            problem.uninterrupted()?;
            state.advanced = advanced;
        }
        let (Some(run), Some(_)) = (&state.inner, state.advanced) else {
            return state.end(Stall::OutsideDomain);
        };
        let found = state.points.find(problem, run.x(), true);
        problem.uninterrupted()?;
        if let Some(index) = found {
            state.points.go_to(index);
        }
        let AugmentedLagrangianState { points, function, multipliers, .. } = state;
        function.multipliers(&points.here().values, multipliers);
        state.measure();
        state.progress.idle_steps += 1;
        let advanced = state.advanced.take();
        state.consider(advanced == Some(Advance::Ended));
        if state.is_without_end() {
            return state.leave_abyss();
        }
        match advanced {
            Some(Advance::Unbounded) => state.leave_abyss(),
            _ if state.is_away() => state.leave_abyss(),
            _ if state.rescale() => ControlFlow::Continue(()),
            Some(Advance::Ended) => state.end_inner_run(),
            Some(Advance::GoesOn) | None => ControlFlow::Continue(()),
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.check(problem)?;
        let limits = limits(problem);
        let (n, m) = (problem.dimension(), limits.dimension());
        let bounds = problem.problem().bounds().cloned();
        let Best { x, cost, multipliers, .. } = &state.best;
        let counts = [state.outer, state.progress.idle, state.progress.idle_steps];
        let fits = state.points.are_valid(n, m)
            && state.function.is_valid(m)
            && state.multipliers.len() == m
            && multipliers.len() == m
            && x.len() == n
            && x.iter().chain([cost]).all(|number| number.is_finite())
            && bounds
                .iter()
                .all(|bounds| bounds.contain(x) && bounds.contain(&state.points.here().x))
            && state.tolerance >= 0.0
            && counts.iter().all(|count| *count < u64::MAX / 2)
            && state.newton.restore(n, m);
        if !fits {
            let reason = "its points do not belong to this problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        state.function.limits = Some(limits);
        state.work = WorkOf::new(n, m, bounds);
        let outside = problem.outside();
        let AugmentedLagrangianState { inner, points, function, work, .. } = state;
        let Some(run) = inner else { return Ok(()) };
        let mut inside = Inside { oracle: problem, points, function, work: &mut work.work };
        Oracle::seen_through(&mut inside, &outside, |oracle| run.restore(&self.inner, oracle))
    }

    /// Not where small units of the cost make the test easy: compared with the gradient at the start the residual has
    /// to be small as well. And the inner solver may know more of the point where it is.
    fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        let FirstOrderConditions { residual, complementarity, .. } = state.best.conditions;
        let is_cheap = state.function.scale * residual.max(complementarity) > FIRST_TOLERANCE;
        if is_cheap && state.ended.is_none() {
            return false;
        }
        let outside = problem.outside();
        let AugmentedLagrangianState { inner, best, points, function, work, .. } = state;
        let Some(run) = inner.as_mut().filter(|run| *run.x() == best.x) else { return true };
        let mut inside = Inside { oracle: problem, points, function, work: &mut work.work };
        Oracle::seen_through(&mut inside, &outside, |oracle| run.is_accepted(&self.inner, oracle))
    }

    /// Inner runs are counted instead.
    fn patience(&self) -> u64 {
        u64::MAX
    }
}

impl<S: Solver> AugmentedLagrangian<S> {
    /// Begins an inner run at the current point.
    fn begin(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut AugmentedLagrangianState<S::State>,
    ) -> Result<(), Error> {
        let outside = problem.outside();
        let AugmentedLagrangianState {
            inner,
            is_over,
            points,
            function,
            work,
            best,
            returns,
            progress,
            ..
        } = state;
        let WorkOf { work, start, .. } = work;
        if *returns {
            start.copy_from(&best.x);
        } else {
            start.copy_from(&points.here().x);
            progress.start = function.violation(points.here());
        }
        let mut inside = Inside { oracle: problem, points, function, work };
        Oracle::seen_through(&mut inside, &outside, |oracle| match inner {
            Some(run) => run.begin_again(&self.inner, oracle, start),
            None => {
                *inner = Some(InnerRun::begin(&self.inner, oracle, start)?);
                Ok(())
            }
        })?;
        (*returns, *is_over) = (false, false);
        Ok(())
    }

    /// Makes a step of the inner run, which it begins if there is none; `None` when it cannot begin.
    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut AugmentedLagrangianState<S::State>,
    ) -> Option<Advance> {
        if state.is_over {
            self.begin(problem, state).ok()?;
        }
        let outside = problem.outside();
        let AugmentedLagrangianState { inner, points, function, work, tolerance, .. } = state;
        let run = inner.as_mut()?;
        let mut inside = Inside { oracle: problem, points, function, work: &mut work.work };
        let flow = Oracle::seen_through(&mut inside, &outside, |oracle| {
            run.advance(&self.inner, oracle, *tolerance)
        });
        Some(match flow {
            ControlFlow::Continue(()) => Advance::GoesOn,
            ControlFlow::Break(Some(Termination::Unbounded { .. })) => Advance::Unbounded,
            ControlFlow::Break(_) => Advance::Ended,
        })
    }
}
