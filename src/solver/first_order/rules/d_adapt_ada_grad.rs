//! D-Adaptation of Adagrad.

use super::{check_above_0, check_beta, check_growth, check_size, grown, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(DAdaptAdaGrad);

/// Adagrad, by dual averaging, with a rate from an estimate of the distance from the start to the solution. The
/// estimate never decreases.
///
/// **Method** With the estimate d of the distance to the solution and δ = d α: s ← s + δ g,
/// a ← a + g² (a₀ = 1e-6), G ← G + δ² Σ g²/(√a + ε), d ← max(d, (Σ
/// s²/(√a + ε) − G) / ‖s‖₁), x ← μ x + (1 − μ) (x₀ − s/(√a + ε)). All [groups](Rule::group) share one estimate.
///
/// ```
/// use extremum::first_order::DAdaptAdaGrad;
/// let mut x = [3.0_f64];
/// DAdaptAdaGrad::new(1.0).initial_distance(0.5).epsilon(0.0).start(1).step(&mut x, &[2.0])?; // s = 1, √a = 2
/// assert!((x[0] - 2.5).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, K. Mishchenko, "Learning-rate-free learning by D-Adaptation", ICML (2023), algorithm 3,
/// in the form and with the defaults of the authors' package dadaptation 3.2.
#[derive(Clone, Debug)]
pub struct DAdaptAdaGrad {
    rate: Rate,
    momentum: f64,
    epsilon: f64,
    initial: f64,
    growth: f64,
}

/// a before the first step.
const SMALLEST: f64 = 1e-6;

impl DAdaptAdaGrad {
    /// With a learning rate α ≥ 0, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let (rate, growth) = (rate.into(), f64::INFINITY);
        Self { rate, momentum: 0.0, epsilon: 1e-6, initial: 1e-6, growth }
    }
    /// μ, default 0. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// ε, default 1e-6. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
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
pub struct DAdaptAdaGradPlan {
    /// δ
    delta: f64,
    momentum: f64,
    epsilon: f64,
}

impl DAdaptAdaGradPlan {
    /// a, s and √a + ε
    #[inline(always)]
    fn sums<V: Number>(&self, g: V, [a, s]: [V; 2]) -> [V; 3] {
        let a = a + g.squared();
        [a, s + V::of(self.delta) * g, a.sqrt() + V::of(self.epsilon)]
    }
}

impl Rule for DAdaptAdaGrad {
    const NAME: &'static str = "DAdaptAdaGrad";
    const ROUNDS: usize = 1;
    const SUMS: usize = 3;
    /// a, s and x₀
    type Slots = Columns<3>;
    /// d and G
    type Memory = [f64; 2];
    type Plan = DAdaptAdaGradPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("momentum", self.momentum)?;
        check_size("epsilon", self.epsilon)?;
        check_above_0("initial_distance", self.initial)?;
        check_growth(self.growth)
    }
    fn memory(&self) -> [f64; 2] {
        [self.initial, 0.0]
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [V::of(SMALLEST), V::of(0.0), x]
    }
    fn plan(&self, now: &Now, [d, _]: &mut [f64; 2]) -> DAdaptAdaGradPlan {
        let delta = *d * now.rate(&self.rate);
        DAdaptAdaGradPlan { delta, momentum: self.momentum, epsilon: self.epsilon }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &DAdaptAdaGradPlan,
        _round: usize,
        at: Entry<V>,
        [a, s, _]: [V; 3],
    ) -> [V; 4] {
        let [_, s, divisor] = plan.sums(at.g, [a, s]);
        [s.squared() / divisor, s.abs(), at.g.squared() / divisor, V::of(0.0)]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [dual, norm, gradient, _]: Sums,
        plan: &mut DAdaptAdaGradPlan,
        [d, total]: &mut [f64; 2],
    ) {
        *total += plan.delta * plan.delta * gradient;
        *d = grown(*d, (dual - *total) / norm, self.growth);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &DAdaptAdaGradPlan,
        mut at: Entry<V>,
        [a, s, x0]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let [a, s, divisor] = plan.sums(at.g, [a, s]);
        let z = x0 - s / divisor;
        at.x = V::of(plan.momentum) * at.x + V::of(1.0 - plan.momentum) * z;
        (at, [a, s, x0])
    }
}
