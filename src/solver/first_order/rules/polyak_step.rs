//! Polyak's step size.

use super::{check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums};
use crate::solver::first_order::slots::Columns;

solver!(PolyakStep);

/// Gradient descent with Polyak's step size: each step goes to where a linear model of the cost is at its minimum f*.
///
/// **Method** x ← x − γ c g with γ = min((f(x) − f*) / (‖c g‖² + ε), γ_max). All [groups](Rule::group) share one step.
/// Nothing moves where ‖c g‖² + ε ≤ 2⁻⁵².
///
/// **Needs** the cost: [`Updater::step_with_cost`](crate::first_order::Updater::step_with_cost).
///
/// ```
/// use extremum::first_order::PolyakStep;
/// let mut x = [3.0_f64, 4.0];
/// let mut rule = PolyakStep::new(10.0).start(2);
/// rule.step_with_cost(&mut x, &[3.0, 4.0], 12.5)?; // ½‖x‖²: 12.5 / 25
/// assert_eq!(x, [1.5, 2.0]);
/// assert!(rule.step(&mut x, &[1.5, 2.0]).is_err());
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** B. Polyak, "Introduction to optimization" (1987), section 5.3; stochastic: N. Loizou, S. Vaswani, I.
/// Laradji, S. Lacoste-Julien, "Stochastic Polyak step-size for SGD", AISTATS (2021), eq. 3 (SPS_max); SPS₊, which
/// never climbs: G. Garrigos, R. Gower, F. Schaipp, "Function value learning", arXiv:2307.14528 (2023), eq. 5.
#[derive(Clone, Debug)]
pub struct PolyakStep {
    largest: Rate,
    minimum: f64,
    scaling: f64,
    epsilon: f64,
    never_climbs: bool,
}

impl PolyakStep {
    /// With the largest γ, a number ≥ 0 or a schedule.
    pub fn new(largest: impl Into<Rate>) -> Self {
        let (largest, scaling) = (largest.into(), 1.0);
        Self { largest, minimum: 0.0, scaling, epsilon: 0.0, never_climbs: false }
    }
    /// f*, the lowest cost or an estimate of it; default 0. Range: finite. Where the cost is below it, the step goes
    /// uphill.
    pub fn minimum(mut self, minimum: f64) -> Self {
        self.minimum = minimum;
        self
    }
    /// c, default 1. Range: ≥ 0.
    pub fn scaling(mut self, scaling: f64) -> Self {
        self.scaling = scaling;
        self
    }
    /// ε, default 0. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// SPS₊: does not move where the cost is below f*.
    pub fn never_climb(mut self) -> Self {
        self.never_climbs = true;
        self
    }
}

impl Rule for PolyakStep {
    const NAME: &'static str = "PolyakStep";
    const ROUNDS: usize = 1;
    const SUMS: usize = 1;
    const NEEDS_COST: bool = true;
    type Slots = Columns<0>;
    type Memory = ();
    /// γ c
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        self.largest.check()?;
        check(self.minimum.is_finite(), "minimum", self.minimum, "finite")?;
        check_size("scaling", self.scaling)?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) -> f64 {
        0.0
    }
    #[inline(always)]
    fn survey<V: Number>(_rate: &f64, _round: usize, at: Entry<V>, _values: [V; 0]) -> [V; 4] {
        let zero = V::of(0.0);
        [at.g.squared(), zero, zero, zero]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(&self, now: &Now, _round: usize, sums: Sums, rate: &mut f64, _memory: &mut ()) {
        let gap = now.cost.unwrap_or(self.minimum) - self.minimum;
        let gap = if self.never_climbs { gap.max(0.0) } else { gap };
        let square = self.scaling * self.scaling * sums[0] + self.epsilon;
        if square > f64::EPSILON {
            *rate = self.scaling * (gap / square).min(now.rate(&self.largest));
        }
    }
    #[inline(always)]
    fn update<V: Number>(rate: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.x = at.x - V::of(*rate) * at.g;
        (at, values)
    }
}
