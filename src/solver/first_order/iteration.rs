//! An iteration of an update rule: its steps, and the measurement after them.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::state::{Evaluated, FirstOrderState, Moved, Position};
use super::stepper::Stepper;
use super::{Groups, Rule};
use crate::error::check;
use crate::schedule::ReduceOnPlateau;
use crate::{Batches, Error, Oracle, Random, Stall, Termination, linalg};

/// Iterations without improvement before a run ends: a cost that a high rate or noise has increased decreases again
/// later.
pub(super) const PATIENCE: u64 = 1000;

/// How often a step to a point with a cost that is not finite is halved before the run ends.
const HALVINGS: u32 = 60;

/// The loop around a rule: everything but the rule itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Iteration {
    pub batches: Option<MiniBatches>,
    pub plateau: Option<ReduceOnPlateau>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct MiniBatches {
    pub size: usize,
    pub seed: u64,
    /// The number of batches between two measurements; `None`: an epoch.
    pub every: Option<u64>,
}

/// The distance beyond which a huge negative cost counts as unbounded below.
const FAR: f64 = 1e30;

impl Iteration {
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
    pub fn draw_from(
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
        let sees_curvature = groups.curvature_period().is_some();
        let position = self.start(problem, x0, batches, sees_curvature)?;
        Ok(FirstOrderState::new(position, groups.clone().start(n)))
    }

    fn start(
        &self,
        problem: &mut Oracle<'_>,
        x0: DVector<f64>,
        batches: Option<Batches>,
        sees_curvature: bool,
    ) -> Result<Position, Error> {
        let mut gradient = DVector::zeros(problem.dimension());
        let cost = problem.start(&x0, &mut gradient)?;
        if sees_curvature {
            problem.prepare_differences();
        }
        let plateau = self.plateau.map(ReduceOnPlateau::start);
        Ok(Position::new((x0, cost, gradient), batches, plateau, sees_curvature))
    }

    pub fn step<R: Rule>(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut FirstOrderState<R>,
    ) -> ControlFlow<Termination> {
        match state.updater.live() {
            Some(updater) => self.make(problem, &mut state.position, updater),
            None => ControlFlow::Break(Termination::NotFinished),
        }
    }

    /// Makes the steps of an iteration and measures where they lead.
    fn make(
        &self,
        problem: &mut Oracle<'_>,
        position: &mut Position,
        updater: &mut dyn Stepper,
    ) -> ControlFlow<Termination> {
        let steps = self.steps(position.batches.as_ref());
        let skipped = updater.skipped();
        while position.moved.steps < steps {
            self.use_gradient(problem, position, updater)?;
        }
        position.propose(updater);
        if !position.rests(updater) {
            return measure(problem, position, updater);
        }
        position.moved = Moved::default();
        if position.batches.is_none() && updater.skipped() > skipped {
            // The squares of the gradient overflow here, so no later step can move either.
            let Evaluated { cost, gradient_norm, .. } = *position.shown();
            let is_far = position.x.amax() > FAR;
            // A start that low says nothing of how the cost goes on.
            let has_fallen = position.first_cost() - cost >= 0.5 * cost.abs();
            return ControlFlow::Break(if is_far && has_fallen && cost < -f64::MAX.sqrt() {
                Termination::Unbounded { cost }
            } else {
                let gradient_norm = Some(gradient_norm);
                Termination::Stalled { reason: Stall::OutsideDomain, gradient_norm }
            });
        }
        ControlFlow::Continue(())
    }

    /// Evaluates a gradient, and applies the rule to it.
    fn use_gradient(
        &self,
        problem: &mut Oracle<'_>,
        position: &mut Position,
        updater: &mut dyn Stepper,
    ) -> ControlFlow<Termination> {
        let Position { x, gradient, batches, moved, curvature, measured, .. } = position;
        let mut cost = measured.cost;
        if let Some(batches) = batches {
            if !moved.drawn {
                batches.draw();
                moved.drawn = true;
            }
            if updater.needs_cost() {
                cost = problem.batch_cost_and_gradient(batches.current(), x, gradient);
            } else {
                problem.batch_gradient(batches.current(), x, gradient);
            }
        } else if moved.gradients > 0 {
            // The first gradient of a step was measured already.
            if updater.needs_cost() {
                cost = problem.cost_and_gradient(x, gradient);
            } else {
                problem.gradient(x, gradient);
            }
        }
        problem.uninterrupted()?;
        let period = updater.curvature_period().map(|period| period.max(1));
        if period
            .is_some_and(|period| moved.gradients == 0 && updater.steps().is_multiple_of(period))
        {
            let [z, diagonal] = curvature;
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
        let _ = updater.step(x.as_mut_slice(), gradient.as_slice(), cost);
        moved.gradients += 1;
        if moved.gradients >= updater.gradients() {
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
        let n = problem.dimension();
        groups.sections(n)?;
        let own = self.draw_from(R::NAME, problem)?;
        let sees_curvature = groups.curvature_period().is_some();
        self.check_position(&state.position, n, sees_curvature, own, groups.gradients())
            .map_err(|reason| Error::Checkpoint { reason: reason.to_owned() })?;
        if sees_curvature {
            problem.prepare_differences();
        }
        state.updater.revive(groups, n)
    }

    /// Checks a loaded position for n variables, against new batches of the problem and the gradients of a step.
    fn check_position(
        &self,
        position: &Position,
        n: usize,
        sees_curvature: bool,
        own: Option<Batches>,
        gradients: u64,
    ) -> Result<(), &'static str> {
        position.check(n, sees_curvature)?;
        let has_batches = match (&position.batches, own) {
            (None, None) => true,
            (Some(stored), Some(own)) => stored.is_valid() && stored.continues(&own),
            _ => false,
        };
        let moved = position.moved;
        let is_on_its_way = moved.steps <= self.steps(position.batches.as_ref())
            && moved.gradients < gradients
            && moved.halvings <= HALVINGS
            && position.plateau.is_some() == self.plateau.is_some();
        if has_batches && is_on_its_way {
            Ok(())
        } else {
            Err("its batches or its position are not those of this solver and problem")
        }
    }
}

/// Measures cost and gradient at the new point, half-way back repeatedly while they are not finite.
fn measure(
    problem: &mut Oracle<'_>,
    position: &mut Position,
    updater: &mut dyn Stepper,
) -> ControlFlow<Termination> {
    loop {
        let Position { x, point, gradient, batches, .. } = position;
        let point = if batches.is_some() { point } else { x };
        let cost = problem.cost_and_gradient(point, gradient);
        problem.uninterrupted()?;
        if cost == f64::NEG_INFINITY {
            return ControlFlow::Break(Termination::Unbounded { cost });
        }
        if cost.is_finite() && gradient.iter().all(|g| g.is_finite()) {
            position.commit(updater, cost, linalg::max_abs(position.gradient.as_slice()));
            return ControlFlow::Continue(());
        }
        position.moved.halvings += 1;
        if position.moved.halvings > HALVINGS || !position.retreat() {
            return ControlFlow::Break(Termination::Stalled {
                reason: Stall::OutsideDomain,
                gradient_norm: Some(position.shown().gradient_norm),
            });
        }
        position.propose(updater);
    }
}

/// Writes random signs −1 and 1, which depend only on the seed and the number of the step.
fn rademacher(seed: u64, step: u64, z: &mut DVector<f64>) {
    let mut random = Random::new(seed).stream(step);
    for z in z.iter_mut() {
        *z = if random.word() & 1 == 0 { -1.0 } else { 1.0 };
    }
}
