//! Line-search methods: a direction, and how far to go along it.
//!
//! x⁺ = x + α d with g'd < 0. One loop, [`Descent`], carries every [`Direction`] with every
//! [`LineSearch`]; the methods' names are aliases.

mod barzilai_borwein;
mod bfgs;
mod conjugate_gradient;
mod curvature;
mod lbfgs;
mod newton;
mod ray;
mod steepest;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use barzilai_borwein::{BarzilaiBorwein, Spectral, SpectralMemory};
pub use bfgs::{Bfgs, BfgsMemory, InverseHessian};
pub use conjugate_gradient::{Beta, Conjugate, ConjugateGradient, ConjugateMemory};
pub use lbfgs::{Lbfgs, LbfgsMemory, LimitedMemory};
pub use newton::{ModifiedNewton, Newton, NewtonMemory};
pub use steepest::{GradientDescent, Steepest};

use super::{Solver, State};
use crate::error::check;
use crate::line_search::{Failure, FailureReason, LineSearch, Start, Step};
use crate::{Error, Oracle, Stall, Termination, linalg};
use ray::Ray;

/// Chooses the direction of each step.
///
/// A direction works on scaled variables z = x / `typical_x`: the gradients that it sees are ∂f/∂z, and the direction
/// that it writes is in z. Without `typical_x` the two are the same.
pub trait Direction: Clone + Send + Sync + std::fmt::Debug {
    /// What the method has learnt; all storage it needs.
    type Memory: Serialize + DeserializeOwned + Send + std::fmt::Debug + 'static;

    /// The method's name.
    fn name(&self) -> &'static str;

    /// Checks the parameters for n variables.
    ///
    /// # Errors
    /// For the first one that does not fit.
    fn check(&self, n: usize) -> Result<(), Error>;

    /// The memory before the first step; allocates everything.
    fn start(
        &self,
        problem: &mut Oracle<'_>,
        n: usize,
        scale: Option<&DVector<f64>>,
    ) -> Self::Memory;

    /// True when a loaded memory fits n variables.
    fn is_valid(&self, memory: &Self::Memory, n: usize) -> bool;

    /// Writes the direction at a point into `d`. May be called again for the same point after an interruption.
    fn propose(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal;

    /// Learns from an accepted step.
    fn update(&self, memory: &mut Self::Memory, step: Accepted<'_>);

    /// Forgets what was learnt, after a failed search, so that the next direction is steepest descent; false when there was
    /// nothing to forget. `moved`: the search left x all the same, for the best point that it saw.
    fn reset(&self, memory: &mut Self::Memory, moved: bool) -> bool;

    /// See [`Solver::accepts_convergence`].
    fn accepts_convergence(
        &self,
        _problem: &mut Oracle<'_>,
        _memory: &mut Self::Memory,
        _at: Point<'_>,
    ) -> bool {
        true
    }
}

/// Where a direction is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// x, unscaled.
    pub x: &'a DVector<f64>,
    /// f(x).
    pub cost: f64,
    /// The gradient in the scaled variables.
    pub gradient: &'a DVector<f64>,
    /// `typical_x`, when it was given.
    pub scale: Option<&'a DVector<f64>>,
}

/// A direction's vital figures, measured in the pass that wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// g'd.
    pub slope: f64,
    /// max |dᵢ|.
    pub max: f64,
    /// True when d carries its own length, so that α = 1 is the natural trial.
    pub scaled: bool,
    /// d'∇²f d < 0, when d was chosen for its negative curvature.
    pub curvature: Option<f64>,
}

/// A step that was accepted: s = α d, y = new − old.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// α.
    pub alpha: f64,
    /// d.
    pub d: &'a DVector<f64>,
    /// The gradient before the step.
    pub old: &'a DVector<f64>,
    /// The gradient after it.
    pub new: &'a DVector<f64>,
}

/// A direction with a line search: every line-search solver.
///
/// Setters that all of them share: [`line_search`](Descent::line_search), [`typical_x`](Descent::typical_x).
///
/// A search that fails is repeated once from a reset direction (steepest descent); when that fails too, the run ends
/// [`Stalled`](Termination::Stalled) at the best point seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent<D, L> {
    direction: D,
    line_search: L,
    typical_x: Option<DVector<f64>>,
}

impl<D: Direction, L: LineSearch> Descent<D, L> {
    /// A direction with a line search.
    pub fn new(direction: D, line_search: L) -> Self {
        Self { direction, line_search, typical_x: None }
    }

    /// Replaces the line search.
    pub fn line_search<M: LineSearch>(self, line_search: M) -> Descent<D, M> {
        Descent { direction: self.direction, line_search, typical_x: self.typical_x }
    }

    /// The size of each variable where it matters, n positive numbers: the method works on x / typical_x, so that
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
        if problem.problem().bounds().is_some() {
            return Err(Error::BoundsNotSupported {
                solver: self.direction.name(),
                instead: "a solver with bounds, once there is one; until then transform the variables \
                          or drop the bounds",
            });
        }
        if let Some(typical) = &self.typical_x {
            if typical.len() != n {
                return Err(Error::Dimension {
                    what: "typical_x",
                    expected: n,
                    actual: typical.len(),
                });
            }
            for &t in typical {
                check(t > 0.0 && t.is_finite(), "typical_x", t, "positive and finite")?;
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

    /// The trial step for a direction without a length of its own: before the first step, one that changes no variable by
    /// more than 1, or one of length 1 where `typical_x` makes the variables comparable; later, one that would lower the
    /// cost as much as the last step did (Nocedal & Wright 2006, eq. 3.60), or the last step where costs differ by
    /// rounding only.
    fn first_trial<M>(&self, state: &DescentState<M, L::Memory>) -> f64 {
        if state.alpha == 0.0 {
            match self.typical_x {
                None => state.proposal.max.recip(),
                // |g'd| = ‖d‖² along the steepest descent.
                Some(_) => (-state.proposal.slope).sqrt().recip(),
            }
        } else if state.fall > RESOLVED * state.cost.abs() {
            1.01 * 2.0 * state.fall / -state.proposal.slope
        } else {
            state.alpha
        }
    }
}

/// A fall of the cost below this share of it is rounding for the most part.
const RESOLVED: f64 = 1e-10;

/// The state of a line-search method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescentState<M, S> {
    x: DVector<f64>,
    cost: f64,
    /// In the scaled variables.
    gradient: DVector<f64>,
    /// Maximum norm, unscaled.
    gradient_norm: f64,
    d: DVector<f64>,
    proposal: Proposal,
    /// True when `d` and `proposal` belong to x: a step that was interrupted is redone with them.
    pending: bool,
    trial: Buffer,
    best: Buffer,
    /// By how much the last step lowered the cost.
    fall: f64,
    /// The last accepted step length; 0 before the first.
    alpha: f64,
    /// True after a failed search, until one succeeds.
    failed: bool,
    memory: M,
    search: S,
    /// The best point behind a search that lets the cost rise; no room is kept for it otherwise.
    lowest: Option<Lowest>,
}

/// A point on the ray with its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Buffer {
    x: DVector<f64>,
    gradient: DVector<f64>,
}

impl Buffer {
    fn new(n: usize) -> Self {
        Self { x: DVector::zeros(n), gradient: DVector::zeros(n) }
    }

    fn is_valid(&self, n: usize) -> bool {
        self.x.len() == n && self.gradient.len() == n
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Lowest {
    /// False while the current point is the lowest.
    behind: bool,
    x: DVector<f64>,
    cost: f64,
    gradient_norm: f64,
}

impl<M, S> DescentState<M, S> {
    /// What the direction has learnt.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// Makes the trial point the current one.
    fn commit(&mut self, at: ray::Trial) {
        if let Some(lowest) = &mut self.lowest {
            // A rise within rounding is none.
            let known = if lowest.behind { lowest.cost } else { self.cost };
            let rises = at.value > known + 64.0 * f64::EPSILON * known.abs();
            if rises && !lowest.behind {
                std::mem::swap(&mut lowest.x, &mut self.x);
                (lowest.cost, lowest.gradient_norm) = (self.cost, self.gradient_norm);
            }
            lowest.behind = rises;
        }
        std::mem::swap(&mut self.x, &mut self.trial.x);
        std::mem::swap(&mut self.gradient, &mut self.trial.gradient);
        self.fall = self.cost - at.value;
        self.cost = at.value;
        self.gradient_norm = at.gradient_norm;
        self.pending = false;
    }

    fn stalled(&self, reason: Stall) -> ControlFlow<Termination> {
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm: Some(self.gradient_norm) })
    }
}

impl<M, S> State for DescentState<M, S>
where
    M: Serialize + DeserializeOwned + Send + 'static,
    S: Serialize + DeserializeOwned + Send + 'static,
{
    fn x(&self) -> &DVector<f64> {
        match &self.lowest {
            Some(lowest) if lowest.behind => &lowest.x,
            _ => &self.x,
        }
    }
    fn cost(&self) -> f64 {
        match &self.lowest {
            Some(lowest) if lowest.behind => lowest.cost,
            _ => self.cost,
        }
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(match &self.lowest {
            Some(lowest) if lowest.behind => lowest.gradient_norm,
            _ => self.gradient_norm,
        })
    }
}

impl<D: Direction, L: LineSearch> Solver for Descent<D, L> {
    type State = DescentState<D::Memory, L::Memory>;

    fn name(&self) -> &'static str {
        self.direction.name()
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.check(problem)?;
        let n = problem.dimension();
        let mut gradient = DVector::zeros(n);
        let cost = problem.start(&x0, &mut gradient)?;
        let gradient_norm = linalg::max_abs(gradient.as_slice());
        if let Some(scale) = &self.typical_x {
            gradient.component_mul_assign(scale);
        }
        let lowest = (!self.line_search.is_monotone()).then(|| Lowest {
            behind: false,
            x: DVector::zeros(n),
            cost,
            gradient_norm,
        });
        Ok(DescentState {
            x: x0,
            cost,
            gradient,
            gradient_norm,
            d: DVector::zeros(n),
            proposal: Proposal::default(),
            pending: false,
            trial: Buffer::new(n),
            best: Buffer::new(n),
            fall: 0.0,
            alpha: 0.0,
            failed: false,
            memory: self.direction.start(problem, n, self.typical_x.as_ref()),
            search: L::Memory::default(),
            lowest,
        })
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if !state.pending {
            self.propose(problem, state);
            problem.uninterrupted()?;
            state.pending = true;
        }
        let Proposal { slope, max, scaled, curvature } = state.proposal;
        if slope == 0.0 && curvature.is_none() {
            return ControlFlow::Break(Termination::GradientNorm {
                norm: state.gradient_norm,
                tolerance: state.gradient_norm,
            });
        }
        let alpha = match curvature {
            Some(_) => 0.1 * self.size(&state.x).max(1.0) / max,
            None if scaled => 1.0,
            None => self.first_trial(state),
        };
        let alpha_max = 0.25 * f64::MAX / max.max(1.0);
        let start = Start { value: state.cost, slope, alpha, scaled, alpha_max };

        let mut search = state.search;
        let scale = self.typical_x.as_ref();
        let along = (&state.x, scale, &state.d);
        let mut ray = Ray::new(problem, along, state.cost, &mut state.trial, &mut state.best);
        let outcome = match curvature {
            None => self.line_search.search(&mut ray, start, &mut search),
            Some(curvature) => curvature::search(&mut ray, start, curvature),
        };
        let contradicted = ray.contradicts_slope(slope);
        let accepted = match outcome {
            Ok(step) => ray.finish(step),
            Err(Failure { best, .. }) => ray.finish(best),
        };
        problem.uninterrupted()?;
        match (outcome, accepted) {
            (Ok(Step { alpha, .. }), Some(accepted)) => {
                state.search = search;
                self.direction.update(
                    &mut state.memory,
                    Accepted {
                        alpha,
                        d: &state.d,
                        old: &state.gradient,
                        new: &state.trial.gradient,
                    },
                );
                state.alpha = alpha;
                state.failed = false;
                state.commit(accepted);
                ControlFlow::Continue(())
            }
            // A point with a cost but no gradient ends a search that looks at costs only.
            (Ok(_), None) => self.recover(state, FailureReason::Rounding, None, contradicted),
            (Err(failure), best) => self.recover(state, failure.reason, best, contradicted),
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.check(problem)?;
        let n = problem.dimension();
        let vectors = [&state.x, &state.gradient, &state.d];
        let fits = vectors.iter().all(|v| v.len() == n)
            && state.trial.is_valid(n)
            && state.best.is_valid(n)
            && state.lowest.as_ref().is_none_or(|l| l.x.len() == n)
            && state.lowest.is_some() != self.line_search.is_monotone()
            && self.direction.is_valid(&state.memory, n);
        if !fits {
            let reason = "its sizes are not those of this problem and solver".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        if !state.cost.is_finite() || state.x.iter().chain(&state.gradient).any(|v| !v.is_finite())
        {
            let reason = "its point is not finite".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        Ok(())
    }

    fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        let at = Point {
            x: &state.x,
            cost: state.cost,
            gradient: &state.gradient,
            scale: self.typical_x.as_ref(),
        };
        self.direction.accepts_convergence(problem, &mut state.memory, at)
    }
}

impl<D: Direction, L: LineSearch> Descent<D, L> {
    /// Writes a direction that goes down: the method's own, or steepest descent where that one does not.
    fn propose(&self, problem: &mut Oracle<'_>, state: &mut DescentState<D::Memory, L::Memory>) {
        let at = Point {
            x: &state.x,
            cost: state.cost,
            gradient: &state.gradient,
            scale: self.typical_x.as_ref(),
        };
        state.proposal = self.direction.propose(problem, &mut state.memory, at, &mut state.d);
        let Proposal { slope, curvature, .. } = state.proposal;
        if !(slope < 0.0 && slope.is_finite()) && curvature.is_none() {
            self.direction.reset(&mut state.memory, false);
            state.proposal = steepest::descend(&state.gradient, &mut state.d);
        }
    }

    /// After a failed search: takes the best point seen, then starts over from steepest descent, once.
    fn recover(
        &self,
        state: &mut DescentState<D::Memory, L::Memory>,
        reason: FailureReason,
        best: Option<ray::Trial>,
        contradicted: bool,
    ) -> ControlFlow<Termination> {
        let improved = best.filter(|best| best.value < state.cost);
        if let Some(best) = improved {
            state.alpha = best.alpha;
            state.commit(best);
        }
        if reason == FailureReason::Unbounded {
            return ControlFlow::Break(Termination::Unbounded { cost: state.cost });
        }
        let had_memory = self.direction.reset(&mut state.memory, improved.is_some());
        state.search = L::Memory::default();
        state.pending = false;
        if improved.is_none() {
            if contradicted && !had_memory {
                return state.stalled(Stall::GradientContradictsCost);
            }
            if state.failed || !had_memory {
                return state.stalled(Stall::LineSearch(reason));
            }
            state.alpha = 0.0;
        }
        state.failed = improved.is_none();
        ControlFlow::Continue(())
    }
}
