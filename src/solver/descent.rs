//! Line-search methods: a direction, and how far to go along it.
//!
//! x⁺ = x + α d with g'd < 0. One loop, [`Descent`], combines any [`Direction`] with any
//! [`LineSearch`]; the methods' names are aliases.

mod along_ray;
mod barzilai_borwein;
mod bfgs;
mod conjugate_gradient;
mod curvature;
pub(super) mod diagnosis;
mod direction;
mod lbfgs;
mod lbfgsb;
mod newton;
pub(super) mod ray;
mod refinement;
mod start;
pub(super) mod state;
pub(super) mod steepest;

use std::ops::ControlFlow;
use std::sync::Arc;

use nalgebra::DVector;

pub use barzilai_borwein::{BarzilaiBorwein, Spectral, SpectralMemory};
pub use bfgs::{Bfgs, BfgsMemory, InverseHessian};
pub use conjugate_gradient::{Beta, Conjugate, ConjugateGradient, ConjugateMemory};
pub use direction::{Accepted, Direction, Point, Proposal};
pub use lbfgs::{Lbfgs, LbfgsMemory, LimitedMemory};
pub use lbfgsb::{Lbfgsb, LbfgsbMemory, ProjectedLimitedMemory};
pub use newton::{ModifiedNewton, Newton, NewtonMemory};
pub use state::DescentState;
pub use steepest::{GradientDescent, Steepest};

use super::{Solver, promised_change};
use crate::error::check;
use crate::line_search::{FailureReason, LineSearch, ROUNDING, Start, Step};
use crate::{Bounds, Domain, Error, Oracle, Stall, Termination, fingerprint, linalg};
use along_ray::Looked;
use diagnosis::{Diagnosis, diagnose};
use ray::{Ray, Trial};

/// A direction with a line search: every line-search solver.
///
/// Setters that all of them share: [`line_search`](Descent::line_search), [`typical_x`](Descent::typical_x).
///
/// A search that fails is repeated once from a reset direction (steepest descent); when that fails too, the run ends
/// [`Stalled`](Termination::Stalled) at the best point seen.
#[derive(Clone, Debug)]
pub struct Descent<D> {
    direction: D,
    line_search: Arc<dyn LineSearch>,
    typical_x: Option<DVector<f64>>,
}

impl<D: Direction> Descent<D> {
    /// A direction with a line search.
    pub fn new(direction: D, line_search: impl LineSearch + 'static) -> Self {
        Self { direction, line_search: Arc::new(line_search), typical_x: None }
    }

    /// Replaces the line search.
    pub fn line_search(self, line_search: impl LineSearch + 'static) -> Self {
        Self { line_search: Arc::new(line_search), ..self }
    }

    /// The typical size of each variable, n numbers from 1e-150 to 1e150: the method works on x / typical_x, so that
    /// variables of very different sizes do not slow it down. Default: 1 each.
    ///
    /// ```
    /// use extremum::{Lbfgs, from_fn, minimize};
    /// // A rate near 1e-6 beside an amplitude near 1e3.
    /// let problem = from_fn(2, |x| (x[0] * 1e-3 - 1.0).powi(2) + (x[1] * 1e6 - 1.0).powi(2))
    ///     .with_gradient(|x, g| {
    ///         g[0] = 2e-3 * (x[0] * 1e-3 - 1.0);
    ///         g[1] = 2e6 * (x[1] * 1e6 - 1.0);
    ///     });
    /// let found = minimize(&problem, Lbfgs::default().typical_x([1e3, 1e-6]), [0.0, 0.0])?;
    /// assert!(found.termination.is_converged() && found.iterations <= 4);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn typical_x(mut self, typical_x: impl crate::IntoVector) -> Self {
        self.typical_x = Some(typical_x.into_vector());
        self
    }

    pub(crate) fn map_direction(mut self, change: impl FnOnce(&mut D)) -> Self {
        change(&mut self.direction);
        self
    }

    fn check(&self, problem: &Oracle<'_>) -> Result<(), Error> {
        let n = problem.dimension();
        if let Some(typical) = &self.typical_x {
            if typical.len() != n {
                return Err(Error::Dimension {
                    what: "typical_x",
                    expected: n,
                    actual: typical.len(),
                });
            }
            for &t in typical {
                check(
                    (1e-150..=1e150).contains(&t),
                    "typical_x",
                    t,
                    "positive, from 1e-150 to 1e150",
                )?;
            }
        }
        self.direction.check(n)?;
        self.line_search.check()
    }

    /// The size of x in the scaled variables: max |xᵢ / typicalᵢ|.
    fn size(&self, x: &DVector<f64>) -> f64 {
        match &self.typical_x {
            None => linalg::max_abs(x.as_slice()),
            Some(typical) => x.iter().zip(typical).fold(0.0, |max, (x, t)| (x / t).abs().max(max)),
        }
    }
}

/// The maximum norm of the gradient, within bounds of the projected one.
pub(super) fn norm_within(
    bounds: Option<&Bounds>,
    x: &DVector<f64>,
    gradient: &DVector<f64>,
) -> f64 {
    match bounds {
        Some(bounds) => bounds.projected_norm(x, gradient),
        None => linalg::max_abs(gradient.as_slice()),
    }
}

/// A cost that still decreases beyond this distance is unbounded, unless bounds end further away.
const FAR: f64 = 1e200;

impl<D: Direction> Solver for Descent<D> {
    type State = DescentState<D::Memory>;

    fn name(&self) -> &'static str {
        self.direction.name()
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    fn domain(&self) -> Domain {
        self.direction.domain()
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.check(problem)?;
        let n = problem.dimension();
        problem.check_start(&x0)?;
        let bounds = problem.problem().bounds();
        let memory = self.direction.start(problem, n, self.typical_x.as_ref());
        if let Some(typical) = &self.typical_x {
            problem.set_typical(typical);
        }
        let mut gradient = DVector::zeros(n);
        let (cost, gradient_norm) = self.look_at_start(problem, &x0, &mut gradient)?;
        let search = &*self.line_search;
        let mut state = DescentState::new((x0, cost), (gradient, gradient_norm), memory, search);
        state.bounds = bounds.cloned();
        self.refine_start(problem, &mut state)?;
        Ok(state)
    }

    fn restart(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut Self::State,
        x0: &DVector<f64>,
    ) -> Result<(), Error> {
        problem.check_start(x0)?;
        self.direction.reset(&mut state.memory, true);
        let found = self.look_at_start(problem, x0, &mut state.gradient)?;
        state.begin_again(x0, found);
        self.refine_start(problem, state)
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if !state.pending {
            self.propose(problem, state)?;
            state.pending = true;
        }
        let Proposal { slope, max, scaled, curvature } = state.proposal;
        if slope == 0.0 && curvature.is_none() {
            return self.rest(state);
        }
        let is_exact = !scaled && self.direction.wants_exact_searches();
        let alpha = match curvature {
            Some(_) => 0.1 * self.size(&state.x).max(1.0) / max,
            None if scaled => 1.0,
            None => state.first_trial(self.typical_x.is_some(), is_exact),
        };
        // A direction within bounds reaches as far as they allow.
        let is_bounded = state.bounds.is_some();
        let alpha_max = if is_bounded { 1.0 } else { 0.25 * f64::MAX / max.max(1.0) };
        let (ceiling, noise) = (state.ceiling(), state.noise());
        let start = Start {
            value: state.cost,
            slope,
            alpha,
            scaled,
            exact: is_exact,
            alpha_max,
            limited: is_bounded,
            ceiling,
            noise,
        };

        let is_refinable = problem.is_refinable(state.cost);
        let along = (&state.x, self.typical_x.as_ref(), &state.d);
        let here = (state.cost, state.proposal);
        let buffers = [&mut state.trial, &mut state.best];
        let mut ray = Ray::new(problem, along, here, buffers, &mut state.seen);
        let searches = (&*state.search, &mut *state.searching);
        let looked = self.look_along(&mut ray, start, searches, curvature)?;
        let Looked { outcome, accepted, is_cut_short } = looked;
        if let (Ok(Step { alpha, .. }), Some(accepted)) = (outcome, accepted) {
            let Trial { value, gradient_norm, .. } = accepted;
            let here = (&state.trial.x, value, &state.trial.gradient, gradient_norm);
            let refined = self.refine(problem, here, false, &mut state.best.gradient);
            problem.uninterrupted()?;
            std::mem::swap(&mut state.search, &mut state.searching);
            let step =
                Accepted { alpha, d: &state.d, old: &state.gradient, new: &state.trial.gradient };
            self.direction.update(&mut state.memory, step);
            state.failed = false;
            state.commit(accepted);
            state.take_gradient(refined);
            if state.ends_climb() {
                self.direction.reset(&mut state.memory, true);
                state.search.fill(0.0);
            }
            return match state.falls_without_end() {
                true => ControlFlow::Break(Termination::Unbounded { cost: state.cost }),
                false => ControlFlow::Continue(()),
            };
        }

        // Takes the best point seen, if it is lower; then the method restarts from steepest descent, once.
        let reason = match outcome {
            // A search that excluded longer steps says nothing about them, nor does one along a direction so short that
            // even the largest step does not lead far. Within bounds it is a cost of −∞ that is unbounded.
            Err(failure) if !is_cut_short && (is_bounded || alpha_max * max > FAR) => {
                failure.reason
            }
            _ => FailureReason::Rounding,
        };
        let mut improved = accepted.filter(|best| best.value < ray.cost());
        if is_refinable && reason != FailureReason::Unbounded {
            // Along a better gradient another search may succeed.
            let here = match improved {
                Some(best) => {
                    (&state.trial.x, best.value, &state.trial.gradient, best.gradient_norm)
                }
                None => (&state.x, state.cost, &state.gradient, state.gradient_norm),
            };
            let refined = self.refine(problem, here, true, &mut state.best.gradient);
            problem.uninterrupted()?;
            if let Some(best) = improved {
                state.commit(best);
            }
            state.take_gradient(refined);
            state.search.fill(0.0);
            state.pending = false;
            return match refined {
                Some(_) => ControlFlow::Continue(()),
                None => state.stalled(Stall::LineSearch(reason)),
            };
        }
        let had_memory = self.direction.reset(&mut state.memory, improved.is_some());
        let rounding = ROUNDING * ray.cost().abs();
        let gains = |best: Trial| best.value < ray.cost() - rounding;
        let mut verdict = None;
        if !improved.is_some_and(gains) && !had_memory && reason != FailureReason::Unbounded {
            if improved.is_some() {
                ray.keep();
            }
            match diagnose(&mut ray, slope, alpha_max) {
                Diagnosis::Nothing => {}
                Diagnosis::Kink => verdict = Some(Stall::Kink),
                Diagnosis::Contradiction => verdict = Some(Stall::GradientContradictsCost),
                Diagnosis::Lower { alpha, value } => {
                    improved = ray.finish(Step { alpha, value, trials: 0 });
                }
            }
            // The diagnosis has moved away from the best point.
            improved = improved.and_then(|Trial { alpha, value, .. }| {
                ray.finish(Step { alpha, value, trials: 0 })
            });
            ray.uninterrupted()?;
        }
        if let Some(best) = improved {
            state.commit(best);
        }
        if reason == FailureReason::Unbounded {
            return ControlFlow::Break(Termination::Unbounded { cost: state.cost });
        }
        state.search.fill(0.0);
        state.pending = false;
        if let Some(verdict) = verdict {
            return state.stalled(verdict);
        }
        if improved.is_none() {
            if state.failed || !had_memory {
                if state.return_to_lowest() {
                    state.failed = false;
                    return ControlFlow::Continue(());
                }
                return state.stalled(Stall::LineSearch(reason));
            }
            state.alpha = 0.0;
        }
        state.failed = improved.is_none();
        ControlFlow::Continue(())
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.check(problem)?;
        let n = problem.dimension();
        state.seen.clear();
        state.seen.reserve_exact(ray::SEEN);
        state.bounds = problem.problem().bounds().cloned();
        if state.bounds.as_ref().is_some_and(|bounds| !bounds.contain(&state.x)) {
            let reason = "its point is outside the problem's bounds".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        let reason = match state.check(n, &*self.line_search) {
            Ok(()) if self.direction.is_valid(&state.memory, n) => return Ok(()),
            Ok(()) => "the memory of its direction does not fit",
            Err(reason) => reason,
        };
        Err(Error::Checkpoint { reason: reason.to_owned() })
    }

    fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        // The point that is reported is the one to test.
        if state.return_to_lowest() {
            self.direction.reset(&mut state.memory, true);
        }
        if !self.is_certain(problem, state) {
            return false;
        }
        let DescentState { x, cost, gradient, memory, bounds, .. } = state;
        let (cost, scale) = (*cost, self.typical_x.as_ref());
        let at = Point { x, cost, gradient, scale, bounds: bounds.as_ref() };
        self.direction.accepts_convergence(problem, memory, at)
    }

    fn promised_change(&self, state: &Self::State, x0: &DVector<f64>) -> Option<f64> {
        let (x, gradient) = state.best_point();
        let components = gradient.iter().zip(x).zip(x0).enumerate().map(|(i, ((g, x), x0))| {
            let t = self.typical_x.as_ref().map_or(0.0, |typical| typical[i]);
            let (g, size) = (if t > 0.0 { g / t } else { *g }, x.abs().max((x - x0).abs()).max(t));
            // No further than the bounds allow.
            let room = state.bounds.as_ref().map_or(f64::INFINITY, |bounds| bounds.room(i, *x, g));
            if room > 0.0 { (g, size.min(room)) } else { (0.0, size) }
        });
        Some(promised_change(components))
    }
}

impl<D: Direction> Descent<D> {
    /// Writes a descent direction: the method's own, or steepest descent where that is not one.
    fn propose(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut DescentState<D::Memory>,
    ) -> ControlFlow<Termination> {
        let DescentState { x, cost, gradient, memory, d, bounds, .. } = state;
        let (cost, scale) = (*cost, self.typical_x.as_ref());
        let at = Point { x, cost, gradient, scale, bounds: bounds.as_ref() };
        state.proposal = self.direction.propose(problem, memory, at, d);
        problem.uninterrupted()?;
        let Proposal { slope, curvature, .. } = state.proposal;
        if !(slope < 0.0 && slope.is_finite()) && curvature.is_none() {
            self.direction.reset(&mut state.memory, false);
            state.proposal = match at.bounds {
                Some(bounds) => steepest::descend_within(bounds, at, None, d),
                None => steepest::descend(at.gradient, d),
            };
        }
        ControlFlow::Continue(())
    }

    /// Ends the run where the gradient is zero, or too small for a step, unless a lower point is known.
    fn rest(&self, state: &mut DescentState<D::Memory>) -> ControlFlow<Termination> {
        if state.return_to_lowest() {
            self.direction.reset(&mut state.memory, true);
            return ControlFlow::Continue(());
        }
        match state.best().1 {
            0.0 => ControlFlow::Break(Termination::GradientNorm { norm: 0.0, tolerance: 0.0 }),
            _ => state.stalled(Stall::LineSearch(FailureReason::NotDescent)),
        }
    }
}
