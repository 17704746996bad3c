//! D-Adaptation of gradient steps.

use super::{check_above_0, check_beta, check_growth, check_size, grown, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(DAdaptSgd);

/// Gradient steps, by dual averaging, with a rate from an estimate of the distance from the start to the solution. The
/// estimate never decreases.
///
/// **Method** With the estimate d of the distance to the solution and δ = d α / ‖g₁‖: r ← r + δ gᵀs with the old s,
/// s ← s + δ g, d ← max(d, 2 r / ‖s‖), x ← μ x + (1 − μ) (x₀ − s). g₁ is the first gradient that is not zero. All
/// [groups](Rule::group) share one estimate.
///
/// ```
/// use extremum::first_order::DAdaptSgd;
/// let mut x = [0.0_f64];
/// let mut rule = DAdaptSgd::new(1.0).initial_distance(0.5).start(1);
/// rule.step(&mut x, &[4.0])?; // δ = 1/8, s = 1/2
/// rule.step(&mut x, &[4.0])?; // r = 1/4, s = 1, and d stays 1/2
/// rule.step(&mut x, &[4.0])?; // r = 3/4, s = 3/2, and d is 1
/// rule.step(&mut x, &[4.0])?; // δ = 1/4
/// assert_eq!(x, [-2.5]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, K. Mishchenko, "Learning-rate-free learning by D-Adaptation", ICML (2023), algorithm 4,
/// in the form and with the defaults of the authors' package dadaptation 3.2.
#[derive(Clone, Debug)]
pub struct DAdaptSgd {
    rate: Rate,
    momentum: f64,
    decay: f64,
    initial: f64,
    growth: f64,
}

impl DAdaptSgd {
    /// With a learning rate α ≥ 0, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let (rate, growth) = (rate.into(), f64::INFINITY);
        Self { rate, momentum: 0.0, decay: 0.0, initial: 1e-6, growth }
    }
    /// μ, default 0. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// λ of L2, default 0: g + λ x in place of g, except in ‖g₁‖, as in dadaptation. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// d before the first step, default 1e-6. Range: above 0.
    pub fn initial_distance(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
    /// The largest factor by which d may grow in a step, default ∞. Range: ≥ 1.
    pub fn growth(mut self, growth: f64) -> Self {
        self.growth = growth;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct DAdaptSgdPlan {
    /// δ
    delta: f64,
    momentum: f64,
    decay: f64,
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DAdaptSgdMemory {
    /// d
    distance: f64,
    /// r
    numerator: f64,
    /// ‖g₁‖, or 0 until it is known.
    first: f64,
}

impl Rule for DAdaptSgd {
    const NAME: &'static str = "DAdaptSgd";
    const ROUNDS: usize = 1;
    const SUMS: usize = 3;
    /// s and x₀
    type Slots = Columns<2>;
    type Memory = DAdaptSgdMemory;
    type Plan = DAdaptSgdPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("momentum", self.momentum)?;
        check_size("decay", self.decay)?;
        check_above_0("initial_distance", self.initial)?;
        check_growth(self.growth)
    }
    fn memory(&self) -> DAdaptSgdMemory {
        DAdaptSgdMemory { distance: self.initial, numerator: 0.0, first: 0.0 }
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [V::of(0.0), x]
    }
    fn plan(&self, now: &Now, memory: &mut DAdaptSgdMemory) -> DAdaptSgdPlan {
        let length = memory.distance * now.rate(&self.rate);
        let delta = if memory.first > 0.0 { length / memory.first } else { 0.0 };
        DAdaptSgdPlan { delta, momentum: self.momentum, decay: self.decay }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &DAdaptSgdPlan,
        _round: usize,
        at: Entry<V>,
        [s, _]: [V; 2],
    ) -> [V; 4] {
        let g = at.g + V::of(plan.decay) * at.x;
        let dual = s + V::of(plan.delta) * g;
        [at.g.squared(), g * s, dual.squared(), V::of(0.0)]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        [gradient, product, dual, _]: Sums,
        plan: &mut DAdaptSgdPlan,
        memory: &mut DAdaptSgdMemory,
    ) {
        if memory.first == 0.0 {
            // s is 0: nothing can be estimated yet.
            memory.first = gradient.sqrt();
            *plan = self.plan(now, memory);
            return;
        }
        memory.numerator += plan.delta * product;
        let estimate = 2.0 * memory.numerator / dual.sqrt();
        memory.distance = grown(memory.distance, estimate, self.growth);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &DAdaptSgdPlan,
        mut at: Entry<V>,
        [s, x0]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let s = s + V::of(plan.delta) * (at.g + V::of(plan.decay) * at.x);
        at.x = V::of(plan.momentum) * at.x + V::of(1.0 - plan.momentum) * (x0 - s);
        (at, [s, x0])
    }
}
