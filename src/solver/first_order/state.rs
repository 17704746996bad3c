//! Everything that changes during a run of an update rule.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::stepper::Stepper;
use super::{Rule, Updater};
use crate::line_search::ROUNDING;
use crate::schedule::Plateau;
use crate::{Batches, State};

/// The state of an update rule as a solver.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct FirstOrderState<R: Rule> {
    pub(super) position: Position,
    pub(super) updater: Kept<R>,
}

/// The state of the loop around a rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Position {
    /// Where the rule is.
    pub x: DVector<f64>,
    /// On the whole problem the gradient at the measured point, until a step takes more than one; else workspace.
    pub gradient: DVector<f64>,
    /// On mini-batches the point that is measured; else empty, and x is measured.
    pub point: DVector<f64>,
    pub measured: Evaluated,
    /// The best point measured, while the last one is not the best.
    best: Evaluated,
    /// Whether the last point measured is worse than the best.
    behind: bool,
    /// The lowest cost measured, and the cost at the start.
    lowest: f64,
    first_cost: f64,
    pub batches: Option<Batches>,
    pub moved: Moved,
    pub plateau: Option<Plateau>,
    /// Random signs, and the estimated diagonal of the Hessian; empty for rules that do not use it.
    pub curvature: [DVector<f64>; 2],
}

/// A point with its cost and gradient norm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Evaluated {
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient_norm: f64,
}

/// The progress within an iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Moved {
    /// Steps made.
    pub steps: u64,
    /// Gradients used for the next step.
    pub gradients: u64,
    /// Whether the batch of the next step was drawn.
    pub drawn: bool,
    /// How often the step was halved.
    pub halvings: u32,
}

impl<R: Rule> FirstOrderState<R> {
    pub(super) fn new(position: Position, updater: Updater<f64, R>) -> Self {
        Self { position, updater: Kept::Live(updater) }
    }

    /// The batches and their current position; `None` on whole problems.
    pub fn batches(&self) -> Option<&Batches> {
        self.position.batches.as_ref()
    }

    /// The number of steps that the rule has taken.
    pub fn steps(&self) -> u64 {
        self.updater.state().steps()
    }
}

impl Position {
    /// The state at an evaluated start; allocates everything.
    pub fn new(
        (x, cost, gradient): (DVector<f64>, f64, DVector<f64>),
        batches: Option<Batches>,
        plateau: Option<Plateau>,
        sees_curvature: bool,
    ) -> Self {
        let n = x.len();
        let zeros = |needed: bool| DVector::zeros(if needed { n } else { 0 });
        let measured = Evaluated { x: x.clone(), cost, gradient_norm: gradient.amax() };
        Self {
            point: zeros(batches.is_some()),
            best: measured.clone(),
            measured,
            behind: false,
            lowest: cost,
            first_cost: cost,
            x,
            gradient,
            batches,
            moved: Moved::default(),
            plateau,
            curvature: [zeros(sees_curvature), zeros(sees_curvature)],
        }
    }

    /// The cost at the start.
    pub fn first_cost(&self) -> f64 {
        self.first_cost
    }

    /// Writes the point to measure into `point`.
    pub fn propose(&mut self, updater: &mut dyn Stepper) {
        if self.batches.is_some() {
            // The lengths agree.
            let _ = updater.recommended(self.x.as_slice(), self.point.as_mut_slice());
        }
    }

    /// True when nothing has to be measured: the point has not changed, and its gradient, if needed, is known.
    pub fn rests(&self, updater: &dyn Stepper) -> bool {
        if self.batches.is_none() && updater.gradients() != 1 {
            return false;
        }
        let point = if self.batches.is_some() { &self.point } else { &self.x };
        *point == self.measured.x
    }

    /// Moves half-way back to the last point measured; false when x has reached it.
    pub fn retreat(&mut self) -> bool {
        for (x, from) in self.x.iter_mut().zip(&self.measured.x) {
            *x = from + 0.5 * (*x - from);
        }
        self.x != self.measured.x
    }

    /// Records what was measured.
    pub fn commit(&mut self, updater: &mut dyn Stepper, cost: f64, gradient_norm: f64) {
        // An increase within rounding does not count, except above the cost of the start.
        let rounding = ROUNDING * self.lowest.abs();
        let rises = cost > (self.lowest + rounding).min(self.first_cost);
        self.lowest = self.lowest.min(cost);
        if rises && !self.behind {
            std::mem::swap(&mut self.best, &mut self.measured);
        }
        self.behind = rises;
        let point = if self.batches.is_some() { &self.point } else { &self.x };
        self.measured.x.copy_from(point);
        (self.measured.cost, self.measured.gradient_norm) = (cost, gradient_norm);
        self.moved = Moved::default();
        if let Some(plateau) = &mut self.plateau {
            updater.scale_rate(plateau.observe(cost));
        }
    }

    /// Checks a loaded state, except for the updater and the batches, for n variables.
    pub fn check(&self, n: usize, sees_curvature: bool) -> Result<(), &'static str> {
        let lengths = |needed: bool| if needed { n } else { 0 };
        let [signs, diagonal] = &self.curvature;
        let mut vectors = [
            (&self.x, n),
            (&self.gradient, n),
            (&self.measured.x, n),
            (&self.best.x, n),
            (&self.point, lengths(self.batches.is_some())),
            (signs, lengths(sees_curvature)),
            (diagonal, lengths(sees_curvature)),
        ]
        .into_iter();
        if !vectors.all(|(vector, length)| vector.len() == length) {
            return Err("its sizes are not those of this problem and solver");
        }
        // The gradient is not checked: it may be that of a batch or of a closed oracle.
        let points = [&self.x, &self.measured.x, &self.best.x].into_iter().flat_map(|x| x.iter());
        let costs =
            [&self.measured, &self.best].into_iter().flat_map(|m| [&m.cost, &m.gradient_norm]);
        let costs = costs.chain([&self.first_cost]);
        if points.chain(costs).all(|x| x.is_finite()) {
            Ok(())
        } else {
            Err("its point is not finite")
        }
    }

    /// The point that is reported.
    pub fn shown(&self) -> &Evaluated {
        if self.behind { &self.best } else { &self.measured }
    }
}

impl<R: Rule> State for FirstOrderState<R> {
    fn x(&self) -> &DVector<f64> {
        &self.position.shown().x
    }
    fn cost(&self) -> f64 {
        self.position.shown().cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.position.shown().gradient_norm)
    }
    /// The iterate of the rule: on mini-batches that after the last batch, measured or not.
    fn current(&self) -> &DVector<f64> {
        &self.position.x
    }
    /// That of the last point measured.
    fn current_cost(&self) -> f64 {
        self.position.measured.cost
    }
    fn skipped(&self) -> u64 {
        self.updater.state().skipped()
    }
}
