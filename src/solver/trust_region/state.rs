//! Everything that changes during a run of a trust-region method.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::room::Room;
use crate::line_search::ROUNDING;
use crate::solver::descent::ray;
use crate::solver::descent::state::{Buffer, FADING, MOST_NOISE, NEGLIGIBLE};
use crate::{Stall, State, Termination};

/// A promise below this share of the least one shows that the method still converges.
const PROGRESS: f64 = 0.25;
/// One above this share shows that it may not.
const DESCENT: f64 = 0.9;

/// The state of a trust-region method, with the memories of its model and its subproblem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrustRegionState<M, S> {
    pub(super) x: DVector<f64>,
    pub(super) cost: f64,
    pub(super) gradient: DVector<f64>,
    /// Maximum norm, within bounds of the projected gradient.
    pub(super) gradient_norm: f64,
    /// That at the point before; at the start the same.
    pub(super) norm_before: f64,
    /// Δ; 0 before the first.
    pub(super) radius: f64,
    /// The factor of the next growth of Δ.
    pub(super) growth: f64,
    pub(super) step: DVector<f64>,
    pub(super) proposal: Proposal,
    /// True when `step` and `proposal` belong to x: a trial that was interrupted is redone with them.
    pub(super) pending: bool,
    pub(super) shape: Shape,
    /// A unit vector of negative curvature at a saddle; where steps fail, the steepest descent.
    pub(super) escape: DVector<f64>,
    /// The gradient in units of its size, without the components that bounds hold.
    pub(super) unit_gradient: DVector<f64>,
    /// Trials whose changes of the cost are rounding, and from which the model promises no less than before.
    pub(super) idle: u32,
    /// The least that it promised since costs are rounding; infinite before.
    pub(super) least_promise: f64,
    /// Whether trials from x were inside the domain, and whether some were outside.
    pub(super) was_inside: bool,
    pub(super) was_outside: bool,
    pub(super) trial: Buffer,
    pub(super) better: Buffer,
    pub(super) seen: Vec<ray::Trial>,
    first_cost: f64,
    lowest_cost: f64,
    /// The mean size of the last changes of the cost, in which the latest weigh most, and its weight.
    change: f64,
    weight: f64,
    pub(super) model: M,
    pub(super) subproblem: S,
    #[serde(skip)]
    pub(super) room: Room,
}

/// The properties of a step s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Proposal {
    /// −(g's + ½ s'B s).
    pub predicted: f64,
    /// g's.
    pub slope: f64,
    /// |s|.
    pub length: f64,
}

/// What is known of the Hessian at x.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    Unknown,
    /// No negative curvature was found, or the cost does not fall along it.
    Convex,
    /// v'B v along `escape`.
    Saddle(f64),
}

impl<M, S> TrustRegionState<M, S> {
    /// The state at an evaluated start; allocates everything.
    pub(super) fn new(
        (x, cost, gradient): (DVector<f64>, f64, DVector<f64>),
        model: M,
        subproblem: S,
        room: Room,
    ) -> Self {
        let n = x.len();
        let zeros = || DVector::zeros(n);
        let buffer = || Buffer { x: zeros(), gradient: zeros() };
        let gradient_norm = room.norm(&x, &gradient);
        Self {
            x,
            cost,
            gradient,
            gradient_norm,
            norm_before: gradient_norm,
            radius: 0.0,
            growth: super::radius::GROWTH,
            step: zeros(),
            proposal: Proposal::default(),
            pending: false,
            shape: Shape::Unknown,
            escape: zeros(),
            unit_gradient: zeros(),
            idle: 0,
            least_promise: f64::INFINITY,
            was_inside: false,
            was_outside: false,
            trial: buffer(),
            better: buffer(),
            seen: Vec::with_capacity(ray::SEEN),
            first_cost: cost,
            lowest_cost: cost,
            change: 0.0,
            weight: 0.0,
            model,
            subproblem,
            room,
        }
    }

    /// Checks a loaded state, except the memories, for n variables.
    pub(super) fn check(&self, n: usize) -> Result<(), &'static str> {
        let Self { x, gradient, step, escape, unit_gradient, trial, better, .. } = self;
        let buffers = [trial, better].into_iter().flat_map(|b| [&b.x, &b.gradient]);
        let mut vectors = [x, gradient, step, escape, unit_gradient].into_iter().chain(buffers);
        if !vectors.all(|v| v.len() == n) {
            return Err("its sizes are not those of this problem");
        }
        let Self { cost, radius, growth, first_cost, lowest_cost, change, weight, .. } = self;
        let norms = [&self.gradient_norm, &self.norm_before];
        let numbers = [cost, radius, growth, first_cost, lowest_cost, change, weight];
        let mut numbers = x.iter().chain(gradient).chain(numbers).chain(norms);
        let is_finite = numbers.all(|v| v.is_finite());
        if is_finite && self.radius >= 0.0 { Ok(()) } else { Err("its point is not finite") }
    }

    /// Counts a trial whose change of the cost is rounding, or any other.
    ///
    /// Costs show no progress then, but the promise ½ g'B⁻¹g does, whatever the units of the variables. It falls from
    /// point to point while the method converges, however slowly, and wanders once the gradient is rounding.
    pub(super) fn note_idle(&mut self, is_rounding: bool, is_accepted: bool) {
        let (promise, least) = (self.proposal.predicted, self.least_promise);
        if !is_rounding || promise < PROGRESS * least {
            self.idle = 0;
        } else if !is_accepted || promise >= DESCENT * least {
            self.idle += 1;
        }
        self.least_promise = if is_rounding { least.min(promise) } else { f64::INFINITY };
    }

    /// The cost that no step may exceed: that at the start, or the lowest one up to rounding.
    pub(super) fn ceiling(&self) -> f64 {
        self.lowest_plus(ROUNDING * self.lowest_cost.abs())
    }

    /// The cost up to which a rise may be an error in an ill-conditioned cost, which can be many rounding units: a
    /// small share of the last changes and of the cost.
    pub(super) fn noisy_ceiling(&self) -> f64 {
        self.lowest_plus(self.noise()).max(self.ceiling())
    }

    pub(super) fn noise(&self) -> f64 {
        (NEGLIGIBLE * self.change).min(MOST_NOISE * self.lowest_cost.abs())
    }

    fn lowest_plus(&self, error: f64) -> f64 {
        (self.lowest_cost + error).min(self.first_cost)
    }

    /// Makes the trial point, where the cost is `cost`, the current one.
    pub(super) fn commit(&mut self, cost: f64) {
        std::mem::swap(&mut self.x, &mut self.trial.x);
        std::mem::swap(&mut self.gradient, &mut self.trial.gradient);
        self.weight = 1.0 + FADING * self.weight;
        let change = (self.cost - cost).abs().min(f64::MAX);
        self.change += (change - self.change) / self.weight;
        self.cost = cost;
        self.lowest_cost = self.lowest_cost.min(cost);
        self.norm_before = self.gradient_norm;
        self.gradient_norm = self.room.norm(&self.x, &self.gradient);
        self.shape = Shape::Unknown;
        (self.was_inside, self.was_outside) = (false, false);
        self.pending = false;
    }

    /// Replaces the gradient at x by the better one, if there is one.
    pub(super) fn take_gradient(&mut self, is_better: bool) {
        if is_better {
            std::mem::swap(&mut self.gradient, &mut self.better.gradient);
            self.gradient_norm = self.room.norm(&self.x, &self.gradient);
            self.pending = false;
        }
    }

    /// |g| relative to that at the point before; 1 where both are 0.
    pub(super) fn reduction(&self) -> f64 {
        let reduction = self.gradient_norm / self.norm_before;
        if reduction.is_nan() { 1.0 } else { reduction }
    }

    pub(super) fn stalled(&self, reason: Stall) -> ControlFlow<Termination> {
        let gradient_norm = Some(self.gradient_norm);
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm })
    }
}

impl<M, S> State for TrustRegionState<M, S>
where
    M: Serialize + DeserializeOwned + Send + 'static,
    S: Serialize + DeserializeOwned + Send + 'static,
{
    fn x(&self) -> &DVector<f64> {
        &self.x
    }
    fn cost(&self) -> f64 {
        self.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.gradient_norm)
    }
}
