//! Trust-region methods: a quadratic model of the cost, trusted in a ball whose radius follows from how well it
//! predicts.
//!
//! ```text
//! s ≈ arg min m(s) = f + g's + ½ s'B s,  |s| ≤ Δ;   ρ = (f(x) − f(x + s)) / (m(0) − m(s));   x ← x + s where ρ ≥ 10⁻⁴
//! ```
//!
//! One loop, [`TrustRegion`], combines a [`Model`] with a [`Subproblem`]; each trial is an iteration.

mod configurations;
mod failure;
mod models;
mod propose;
mod radius;
mod ratio;
mod room;
mod state;
mod subproblems;

use std::ops::ControlFlow;

use nalgebra::DVector;

use failure::refine;
use models::Here;
pub use models::{
    At, Factor, GaussNewtonModel, GaussNewtonModelMemory, Model, NewtonModel, NewtonModelMemory,
    ProductsModel, Quadratic, QuasiNewtonModel, QuasiNewtonModelMemory, Trial,
};
use room::{Free, Room};
use state::Shape;
pub use state::TrustRegionState;
pub use subproblems::{
    Cubic, Dogleg, DoglegMemory, Exact, ExactMemory, Gltr, GltrMemory, MoreSorensen,
    MoreSorensenMemory, Region, Steihaug, SteihaugMemory, Subproblem, Tron, TronMemory,
};

use super::descent::state::Buffer;
use super::{Solver, promised_change};
use crate::line_search::FailureReason;
use crate::{Domain, Error, Oracle, Stall, Termination, fingerprint};

/// A cost that still decreases this far away is unbounded.
const FAR: f64 = 1e300;
/// The weight of a cubic term, expressed by the radius, changes by no more than the square of this where the gradient
/// vanishes.
const LEAST: f64 = 1e-100;
/// The shortest step from a saddle, relative to max(1, |x|).
const ESCAPE: f64 = 0.1;

/// A trust-region method: [`Default`] is Newton's model with its exact minimum in the ball.
///
/// **Method** s minimises the model in the ball |s| ≤ Δ, [exactly](Exact), along the [dogleg](Dogleg), or by truncated
/// conjugate gradients, [to the boundary](Steihaug) or [along it](Gltr). x + s is accepted where the cost falls by at
/// least 10⁻⁴ of what the model predicts. Δ begins with the Cauchy step, has no limit, and follows how good the
/// prediction was. Where costs are level up to 10⁴ rounding units, the slopes at both ends decide: −½ (g + g⁺)'s, the
/// trapezoidal rule, takes the place of f − f⁺.
///
/// **Needs** a gradient, and the Hessian, n more gradients an iteration for differences, or
/// [products](TrustRegion::steihaug) with it; with [SR1](TrustRegion::sr1) and [BFGS](TrustRegion::bfgs) gradients
/// alone; with [Gauss and Newton's model](TrustRegion::gauss_newton) residuals. Only [`Tron`] keeps bounds.
///
/// **Guarantee** the cost never rises beyond rounding. Limit points are stationary; with [`Exact`], their Hessians are
/// positive semidefinite. Every method examines the curvature of the cost before it reports convergence, and leaves a
/// saddle along a direction of negative curvature; models other than the Hessian take one Hessian for that, given or
/// differenced. Convergence to a minimum with a positive definite Hessian is quadratic, with [`Steihaug`], [`Gltr`] and
/// updated models superlinear; on residuals see [`GaussNewtonModel`]. The unit of the cost changes no iterate. It ends
/// [stalled](Termination::Stalled) where steps are rounding.
///
/// ```
/// # #[cfg(feature = "autodiff")] {
/// use extremum::{TrustRegion, minimize, problem};
/// let saddle = problem!(2, |x| x[0].powi(2) - x[1].powi(2) + 0.25 * x[1].powi(4));
/// for start in [[1.0, 0.0], [0.0, 0.0]] {
///     let found = minimize(&saddle, TrustRegion::default(), start)?;
///     assert!((found.cost + 1.0).abs() < 1e-12);
/// }
/// # }
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Conn, N. Gould, P. Toint, *Trust-region methods* (2000), algorithm 6.1.1 and section 17.4; Nocedal
/// & Wright (2006), algorithm 4.1.
#[derive(Clone, Copy, Debug)]
pub struct TrustRegion<M = NewtonModel, S = Exact> {
    model: M,
    subproblem: S,
}

/// The trust region's loop with a [cubic term](Cubic) in place of the ball: `TrustRegion::cubic()`.
pub type CubicRegularization = TrustRegion<NewtonModel, Cubic>;

/// Levenberg and Marquardt's method for [sums of squares](crate::LeastSquares), in the form of Moré: the trust region
/// on [Gauss and Newton's model](GaussNewtonModel), [`TrustRegion::gauss_newton`].
///
/// ```
/// # #[cfg(feature = "autodiff")] {
/// use extremum::functions::residuals::{Components, OsborneOne, Residuals};
/// use extremum::{AutoDiff, LevenbergMarquardt, SumOfSquares, minimize};
/// let problem = SumOfSquares::new(AutoDiff(Components(OsborneOne)));
/// let found = minimize(&problem, LevenbergMarquardt::default(), OsborneOne.start())?;
/// assert!((2.0 * found.cost - 5.464894697e-5).abs() < 1e-13);
/// # }
/// # Ok::<(), extremum::Error>(())
/// ```
pub type LevenbergMarquardt = TrustRegion<GaussNewtonModel, Exact>;

impl<M: Model + Default, S: Subproblem + Default> Default for TrustRegion<M, S> {
    fn default() -> Self {
        Self::new(M::default(), S::default())
    }
}

impl TrustRegion {
    /// Newton's model with its exact minimum in the ball.
    // Without it, `TrustRegion::default()` would not say which model is meant.
    #[expect(
        clippy::should_implement_trait,
        reason = "it is the trait's method for one pair of types"
    )]
    pub fn default() -> Self {
        Self::new(NewtonModel, Exact)
    }
}

impl<M: Model, S: Subproblem> TrustRegion<M, S> {
    /// A model with a subproblem. It does not compile for a subproblem that needs a matrix with a model that has none.
    pub fn new(model: M, subproblem: S) -> Self {
        const { assert!(M::HAS_MATRIX || !S::NEEDS_MATRIX, "this subproblem needs a matrix") };
        Self { model, subproblem }
    }
}

type StateOf<M, S> = TrustRegionState<<M as Model>::Memory, <S as Subproblem>::Memory>;

impl<M: Model, S: Subproblem> Solver for TrustRegion<M, S> {
    type State = StateOf<M, S>;

    fn name(&self) -> &'static str {
        self.model.name().unwrap_or_else(|| self.subproblem.name())
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    fn domain(&self) -> Domain {
        self.subproblem.domain()
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        let n = problem.dimension();
        self.model.check(self.name(), problem)?;
        problem.check_start(&x0)?;
        let mut gradient = DVector::zeros(n);
        let (mut model, subproblem) = (self.model.start(problem, n), self.subproblem.start(n));
        let cost = self.model.begin(problem, &mut model, &x0, &mut gradient)?;
        let room = Room::new(problem, self.domain());
        let mut state = TrustRegionState::new((x0, cost, gradient), model, subproblem, room);
        let here = (&state.x, cost, state.gradient_norm);
        let is_refined = refine(problem, here, false, &mut state.better.gradient);
        problem.check_interruption()?;
        state.take_gradient(is_refined);
        state.norm_before = state.gradient_norm;
        Ok(state)
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if state.idle >= M::PATIENCE {
            return self.refine_or_rest(problem, state);
        }
        if !state.pending {
            self.propose(problem, state)?;
        }
        if state.is_still() {
            return self.fail(problem, state);
        }
        let trial = state.evaluate(&self.model, problem);
        problem.uninterrupted()?;
        if trial.cost == f64::NEG_INFINITY {
            return ControlFlow::Break(Termination::Unbounded { cost: state.cost });
        }
        let is_accepted = trial.is_accepted(state.proposal);
        let [radius, growth] = radius::update(
            [state.radius, state.growth],
            state.proposal,
            trial.reduction,
            S::KEEPS_WEIGHT,
        );
        let is_refined = is_accepted && {
            let Buffer { x, gradient } = &state.trial;
            let here = (x, trial.cost, state.room.norm(x, gradient));
            refine(problem, here, false, &mut state.better.gradient)
        };
        problem.uninterrupted()?;

        if trial.has_gradient {
            let better = if is_refined { &state.better } else { &state.trial };
            let (step, before, after) = (&state.step, &state.gradient, &better.gradient);
            if self.model.learn(&mut state.model, models::Trial { step, before, after }) {
                self.subproblem.moved(&mut state.subproblem);
            }
        }
        state.note_idle(trial.is_rounding, is_accepted);
        (state.radius, state.growth) = (radius::within_range(radius), growth);
        let is_inside = trial.reduction.is_finite();
        state.was_inside |= is_inside;
        state.was_outside |= !is_inside;
        state.pending = false;
        if is_accepted {
            let was_saddle = matches!(state.shape, Shape::Saddle(_));
            self.accept(state, trial.cost);
            state.take_gradient(is_refined);
            // A step from a saddle has the radius for its length, and next to no gradient to make a weight of.
            if S::KEEPS_WEIGHT && !was_saddle {
                let factor = state.reduction().sqrt().clamp(LEAST, LEAST.recip());
                state.radius = radius::within_range(factor * state.radius);
            }
            if state.proposal.length > FAR {
                return ControlFlow::Break(Termination::Unbounded { cost: state.cost });
            }
        }
        ControlFlow::Continue(())
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        let n = problem.dimension();
        self.model.check(self.name(), problem)?;
        state.seen.clear();
        state.seen.reserve_exact(super::descent::ray::SEEN);
        state.room = Room::new(problem, self.domain());
        if state.room.bounds.as_ref().is_some_and(|bounds| !bounds.contain(&state.x)) {
            let reason = "its point is outside the problem's bounds".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        let memories_fit = self.model.restore(problem, &mut state.model)
            && self.subproblem.restore(&mut state.subproblem, n);
        let reason = match state.check(n) {
            Ok(()) if memories_fit => return Ok(()),
            Ok(()) => "the memory of its model does not fit",
            Err(reason) => reason,
        };
        Err(Error::Checkpoint { reason: reason.to_owned() })
    }

    fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        if !self.is_certain(problem, state) {
            return false;
        }
        self.examine(problem, state);
        !matches!(state.shape, Shape::Saddle(_))
    }

    fn promised_change(&self, state: &Self::State, x0: &DVector<f64>) -> Option<f64> {
        let components = state.gradient.iter().zip(&state.x).zip(x0).enumerate();
        let sizes = components.map(|(i, ((g, x), x0))| {
            let size = x.abs().max((x - x0).abs());
            let bounds = state.room.bounds.as_ref();
            let room = bounds.map_or(f64::INFINITY, |bounds| bounds.room(i, *x, *g));
            if room > 0.0 { (*g, size.min(room)) } else { (0.0, size) }
        });
        Some(promised_change(sizes))
    }
}

impl<M: Model, S: Subproblem> TrustRegion<M, S> {
    /// Makes the trial point the current one.
    fn accept(&self, state: &mut StateOf<M, S>, cost: f64) {
        state.commit(cost);
        self.model.moved(&mut state.model);
        self.subproblem.moved(&mut state.subproblem);
    }

    /// Looks for negative curvature at x, once for each point.
    fn examine(&self, problem: &mut Oracle<'_>, state: &mut StateOf<M, S>) {
        if state.shape != Shape::Unknown {
            return;
        }
        let at = At { x: &state.x, cost: state.cost, gradient: &state.gradient };
        let memory = &mut state.model;
        let is_finite = self.model.examine(problem, memory, at);
        // B may have become another matrix.
        self.subproblem.moved(&mut state.subproblem);
        let mut here = Here { problem: &mut *problem, model: &self.model, memory, at };
        let v = &mut state.escape;
        let mut look = |room: &mut Room, free, v: &mut DVector<f64>| {
            let mut face = room.face(&mut here, at.x, at.gradient, free);
            let found = self.subproblem.negative_curvature(&mut face, &mut state.subproblem, v);
            found.map(|curvature| room.enter(v, curvature))
        };
        let room = &mut state.room;
        let mut curvature = None;
        if is_finite {
            curvature = look(room, Free::NotHeld, v);
            // Bounds may leave no room along it for variables without a multiplier.
            let has_room = [1.0, -1.0].iter().any(|sign| room.reach(at.x, v, *sign) > 0.0);
            if curvature.is_some() && !has_room {
                curvature = look(room, Free::Inside, v);
            }
        }
        if problem.uninterrupted().is_break() {
            return;
        }
        state.shape = curvature.map_or(Shape::Convex, Shape::Saddle);
        if curvature.is_some() {
            state.radius = state.radius.max(ESCAPE * self.typical(state));
            state.pending = false;
        }
    }

    /// A radius that is small compared with x.
    fn typical(&self, state: &StateOf<M, S>) -> f64 {
        radius::typical(&state.x, self.model.scale(&state.model))
    }

    /// The end where no further progress is possible.
    fn rest(state: &StateOf<M, S>) -> ControlFlow<Termination> {
        if state.gradient_norm == 0.0 {
            return ControlFlow::Break(Termination::GradientNorm { norm: 0.0, tolerance: 0.0 });
        }
        let is_cornered = state.was_outside && !state.was_inside;
        let rounding = Stall::LineSearch(FailureReason::Rounding);
        state.stalled(if is_cornered { Stall::OutsideDomain } else { rounding })
    }
}
