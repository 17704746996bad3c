//! Update rules as solvers, on whole problems and on mini-batches.

use std::ops::ControlFlow;

use nalgebra::DVector;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::state::{FirstOrderState, Moved};
use super::{Groups, Rule};
use crate::error::check;
use crate::schedule::ReduceOnPlateau;
use crate::{Batches, Error, Oracle, Solver, Stall, State, Termination, linalg};

/// Iterations without improvement before a run ends: a cost that a high rate or noise has increased decreases again
/// later.
pub(super) const PATIENCE: u64 = 1000;

/// How often a step to a point with a cost that is not finite is halved before the run ends.
const HALVINGS: u32 = 60;

/// A solver that minimises a problem by an update rule.
///
/// Every rule is a solver by itself, `minimize(&problem, Adam::new(0.1), x0)`; this type adds mini-batches, and a
/// plateau that reduces the rate.
///
/// **Method** x ← rule(x, ∇f(x)). On the whole problem an iteration is one step, and cost and gradient are those of the
/// new point. On [mini-batches](Self::batches) of a sum an iteration is one epoch (or
/// [`measure_every`](Self::measure_every)): after its last batch, the cost and the gradient of the whole sum are
/// measured at the [recommended](Rule::recommended) point. So observers see epochs, and `Converged` refers to the whole
/// sum. The solution is the best point measured; [`State::current`] is the last iterate.
///
/// A step to a point with a cost or gradient that is not finite is halved until they are; batches with a bad gradient
/// are skipped and counted ([`Solution::skipped`](crate::Solution::skipped)). Rules have no stopping criterion: a run
/// ends at a tolerance, at a limit, or as [`Stalled`](Termination::Stalled) when nothing improves for 1000 iterations.
///
/// ```
/// use extremum::first_order::{Adam, Rule};
/// use extremum::{DVector, FiniteSum, Minimizer, Sum, stop::max_iterations};
///
/// /// f_i(x) = (x - i)² / 2
/// struct Squares;
///
/// impl FiniteSum for Squares {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn terms(&self) -> usize {
///         100
///     }
///     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
///         batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
///     }
///     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
///         g[0] = batch.iter().map(|&i| x[0] - i as f64).sum::<f64>() / batch.len() as f64;
///     }
/// }
///
/// let problem = Sum::new(Squares);
/// let epochs = Minimizer::new(&problem, Adam::new(1.0).batches(10, 7), [0.0]).stop_when(max_iterations(20)).run()?;
/// assert!((epochs.x[0] - 49.5).abs() < 2.0);
/// assert_eq!(epochs.evaluations.terms, 100 * (20 + 21)); // the batches of 20 epochs; 21 measurements
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FirstOrder<R> {
    groups: Groups<R>,
    course: Course,
}

/// Everything but the rules. The loop is here, so that a rule can be a solver without cloning itself at each step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    batches: Option<MiniBatches>,
    plateau: Option<ReduceOnPlateau>,
}

#[derive(Clone, Copy, Debug)]
struct MiniBatches {
    size: usize,
    seed: u64,
    /// The number of batches between two measurements; `None`: an epoch.
    every: Option<u64>,
}

impl<R: Rule> FirstOrder<R> {
    /// A solver with a rule, or with rules for groups of parameters, on whole problems.
    pub fn new(rule: impl Into<Groups<R>>) -> Self {
        Self { groups: rule.into(), course: Course::default() }
    }

    /// Takes steps on mini-batches of `size` terms of a sum, drawn without replacement in an order that `seed`
    /// determines ([`Batches`]). Range: 1 to the number of terms. The problem has to be a [`Sum`](crate::Sum).
    pub fn batches(mut self, size: usize, seed: u64) -> Self {
        let every = self.course.batches.and_then(|batches| batches.every);
        self.course.batches = Some(MiniBatches { size, seed, every });
        self
    }

    /// The number of batches in an iteration, by default one epoch. Range: ≥ 1. Call it after
    /// [`batches`](Self::batches); without mini-batches it has no effect.
    pub fn measure_every(mut self, batches: u64) -> Self {
        if let Some(mini) = &mut self.course.batches {
            mini.every = Some(batches);
        }
        self
    }

    pub(crate) fn groups(&self) -> &Groups<R> {
        &self.groups
    }

    /// New batches of the problem, if the solver uses batches.
    pub(crate) fn draw_from(&self, problem: &Oracle<'_>) -> Result<Option<Batches>, Error> {
        self.course.draw_from(R::NAME, problem)
    }

    /// Reduces every rate when the cost stops decreasing; checked after every iteration.
    pub fn plateau(mut self, plateau: ReduceOnPlateau) -> Self {
        self.course.plateau = Some(plateau);
        self
    }
}

impl<R: Rule> From<R> for FirstOrder<R> {
    fn from(rule: R) -> Self {
        Self::new(rule)
    }
}

impl<R: Rule> From<Groups<R>> for FirstOrder<R> {
    fn from(groups: Groups<R>) -> Self {
        Self::new(groups)
    }
}

impl<R: Rule> Solver for FirstOrder<R> {
    type State = FirstOrderState<R>;

    fn name(&self) -> &'static str {
        R::NAME
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.course.init(&self.groups, problem, x0)
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        self.course.step(problem, state)
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.course.restore(&self.groups, problem, state)
    }
    fn patience(&self) -> u64 {
        PATIENCE
    }
}

/// The distance beyond which a huge negative cost counts as unbounded below.
const FAR: f64 = 1e30;

impl Course {
    fn check(&self) -> Result<(), Error> {
        if let Some(plateau) = &self.plateau {
            plateau.check()?;
        }
        if let Some(MiniBatches { every: Some(every), .. }) = self.batches {
            check(every >= 1, "measure_every", every as f64, "at least 1")?;
        }
        Ok(())
    }

    /// New batches of the problem, if the solver uses batches.
    fn draw_from(
        &self,
        solver: &'static str,
        problem: &Oracle<'_>,
    ) -> Result<Option<Batches>, Error> {
        let Some(MiniBatches { size, seed, .. }) = self.batches else { return Ok(None) };
        match problem.terms() {
            None => Err(Error::NotASum { solver }),
            Some(0) => Err(Error::EmptySum),
            Some(terms) => Batches::new(terms, size, seed).map(Some),
        }
    }

    /// The steps of an iteration.
    fn steps(&self, batches: Option<&Batches>) -> u64 {
        let own = self.batches.and_then(|mini| mini.every);
        own.or(batches.map(|batches| batches.batches_per_epoch() as u64)).unwrap_or(1)
    }

    pub fn init<R: Rule>(
        &self,
        groups: &Groups<R>,
        problem: &mut Oracle<'_>,
        x0: DVector<f64>,
    ) -> Result<FirstOrderState<R>, Error> {
        self.check()?;
        let batches = self.draw_from(R::NAME, problem)?;
        let n = problem.dimension();
        groups.sections(n)?;
        let mut gradient = DVector::zeros(n);
        let cost = problem.start(&x0, &mut gradient)?;
        let sees_curvature = groups.curvature_period().is_some();
        if sees_curvature {
            problem.prepare_differences();
        }
        let updater = groups.clone().start(n);
        let plateau = self.plateau.map(ReduceOnPlateau::start);
        let start = (x0, cost, gradient);
        Ok(FirstOrderState::new(start, updater, batches, plateau, sees_curvature))
    }

    pub fn step<R: Rule>(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut FirstOrderState<R>,
    ) -> ControlFlow<Termination> {
        let steps = self.steps(state.batches.as_ref());
        let skipped = state.skipped();
        while state.moved.steps < steps {
            self.use_gradient(problem, state)?;
        }
        state.propose();
        if !state.rests() {
            return measure(problem, state);
        }
        state.moved = Moved::default();
        if state.batches.is_none() && state.skipped() > skipped {
            // The squares of the gradient overflow here, so no later step can move either.
            let (cost, gradient_norm) = (state.cost(), state.gradient_norm());
            let is_far = state.x.amax() > FAR;
            return ControlFlow::Break(if is_far && cost < -f64::MAX.sqrt() {
                Termination::Unbounded { cost }
            } else {
                Termination::Stalled { reason: Stall::OutsideDomain, gradient_norm }
            });
        }
        ControlFlow::Continue(())
    }

    /// Evaluates a gradient, and applies the rule to it.
    fn use_gradient<R: Rule>(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut FirstOrderState<R>,
    ) -> ControlFlow<Termination> {
        let FirstOrderState { x, gradient, batches, moved, updater, .. } = state;
        let Some(updater) = updater.live() else {
            return ControlFlow::Break(Termination::NotFinished);
        };
        let mut cost = state.measured.cost;
        if let Some(batches) = batches {
            if !moved.drawn {
                batches.draw();
                moved.drawn = true;
            }
            if R::NEEDS_COST {
                cost = problem.batch_cost_and_gradient(batches.current(), x, gradient);
            } else {
                problem.batch_gradient(batches.current(), x, gradient);
            }
        } else if moved.gradients > 0 {
            // The first gradient of a step was measured already.
            if R::NEEDS_COST {
                cost = problem.cost_and_gradient(x, gradient);
            } else {
                problem.gradient(x, gradient);
            }
        }
        problem.uninterrupted()?;
        let period = updater.groups().curvature_period().map(|period| period.max(1));
        if period
            .is_some_and(|period| moved.gradients == 0 && updater.steps().is_multiple_of(period))
        {
            let [z, diagonal] = &mut state.curvature;
            rademacher(self.batches.map_or(0, |batches| batches.seed), updater.steps(), z);
            match batches {
                Some(batches) => {
                    let batch = batches.current();
                    problem.batch_hessian_product(batch, x, gradient, z, diagonal);
                }
                None => problem.hessian_product(x, gradient, z, diagonal),
            }
            problem.uninterrupted()?;
            diagonal.component_mul_assign(z);
            // No error, here and below: the lengths agree, and the rules were checked when the run started.
            let _ = updater.show_curvature(x.as_slice(), diagonal.as_slice());
        }
        let _ = updater.step_with_cost(x.as_mut_slice(), gradient.as_slice(), cost);
        moved.gradients += 1;
        if moved.gradients >= updater.groups().gradients() {
            *moved = Moved { steps: moved.steps + 1, ..Moved::default() };
        }
        ControlFlow::Continue(())
    }

    pub fn restore<R: Rule>(
        &self,
        groups: &Groups<R>,
        problem: &mut Oracle<'_>,
        state: &mut FirstOrderState<R>,
    ) -> Result<(), Error> {
        self.check()?;
        let refused = |reason: &str| Err(Error::Checkpoint { reason: reason.to_owned() });
        let n = problem.dimension();
        groups.sections(n)?;
        let sees_curvature = groups.curvature_period().is_some();
        if let Err(reason) = state.check(n, sees_curvature) {
            return refused(reason);
        }
        let has_batches = match (&state.batches, self.draw_from(R::NAME, problem)?) {
            (None, None) => true,
            (Some(stored), Some(own)) => stored.is_valid() && stored.continues(&own),
            _ => false,
        };
        let moved = state.moved;
        let is_on_its_way = moved.steps <= self.steps(state.batches.as_ref())
            && moved.gradients < groups.gradients()
            && moved.halvings <= HALVINGS
            && state.plateau.is_some() == self.plateau.is_some();
        if !has_batches || !is_on_its_way {
            return refused("its batches or its position are not those of this solver and problem");
        }
        if sees_curvature {
            problem.prepare_differences();
        }
        state.updater.revive(groups, n)
    }
}

/// Measures cost and gradient at the new point, half-way back repeatedly while they are not finite.
fn measure<R: Rule>(
    problem: &mut Oracle<'_>,
    state: &mut FirstOrderState<R>,
) -> ControlFlow<Termination> {
    loop {
        let FirstOrderState { x, point, gradient, batches, .. } = state;
        let point = if batches.is_some() { point } else { x };
        let cost = problem.cost_and_gradient(point, gradient);
        problem.uninterrupted()?;
        if cost == f64::NEG_INFINITY {
            return ControlFlow::Break(Termination::Unbounded { cost });
        }
        if cost.is_finite() && gradient.iter().all(|g| g.is_finite()) {
            state.commit(cost, linalg::max_abs(state.gradient.as_slice()));
            return ControlFlow::Continue(());
        }
        state.moved.halvings += 1;
        if state.moved.halvings > HALVINGS || !state.retreat() {
            return ControlFlow::Break(Termination::Stalled {
                reason: Stall::OutsideDomain,
                gradient_norm: state.gradient_norm(),
            });
        }
        state.propose();
    }
}

/// Writes random signs −1 and 1, which depend only on the seed and the number of the step.
fn rademacher(seed: u64, step: u64, z: &mut DVector<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(step);
    for z in z.iter_mut() {
        *z = if random.next_u32() & 1 == 0 { -1.0 } else { 1.0 };
    }
}
