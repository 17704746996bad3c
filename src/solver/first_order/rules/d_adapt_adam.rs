//! D-Adaptation of Adam.

use super::{check_above_0, check_beta, check_growth, check_size, grown, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(DAdaptAdam);

/// Adam with a rate from an estimate of the distance from the start to the solution. The estimate never decreases.
///
/// **Method** With the estimate d of the distance to the solution, δ = d α [√(1 − β₂ᵗ) / (1 − β₁ᵗ)] and
/// q = √β₂: r ← q r + (1 − q) δ Σ g s/(√v + ε) with the old s and v, m ← β₁ m + (1 − β₁) δ g, v ← β₂ v + (1 − β₂) g²,
/// s ← q s + (1 − q) δ g, d ← max(d, r / ((1 − q) ‖s‖₁)), x ← (1 − δ λ) x − m / (√v + ε). All [groups](Rule::group)
/// share one estimate.
///
/// ```
/// use extremum::first_order::DAdaptAdam;
/// let mut x = [0.0_f64];
/// let mut rule = DAdaptAdam::new(1.0).betas(0.0, 0.25).initial_distance(0.25).epsilon(1e-12).start(1);
/// rule.step(&mut x, &[1.0])?; // δ = 1/4, v = 3/4, s = 1/8
/// assert!((x[0] + 0.25 / 0.75_f64.sqrt()).abs() < 1e-10);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, K. Mishchenko, "Learning-rate-free learning by D-Adaptation", ICML (2023), algorithm 5,
/// in the form and with the defaults of the authors' package dadaptation 3.2.
#[derive(Clone, Debug)]
pub struct DAdaptAdam {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    decay: f64,
    corrects_bias: bool,
    initial: f64,
    growth: f64,
}

impl DAdaptAdam {
    /// With a learning rate α ≥ 0, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.9, 0.999],
            epsilon: 1e-8,
            decay: 0.0,
            corrects_bias: false,
            initial: 1e-6,
            growth: f64::INFINITY,
        }
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, default 1e-8. Range: above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// λ, default 0. Range: ≥ 0. For L2, the default of dadaptation, use [`Decay`](crate::first_order::Decay).
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// Includes the factor in brackets, Adam's bias correction; off by default. optax always has it.
    pub fn bias_correction(mut self) -> Self {
        self.corrects_bias = true;
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
pub struct DAdaptAdamPlan {
    /// δ
    delta: f64,
    b1: f64,
    b2: f64,
    /// q
    q: f64,
    epsilon: f64,
    /// 1 − δ λ
    shrink: f64,
}

impl DAdaptAdamPlan {
    /// s
    #[inline(always)]
    fn dual<V: Number>(&self, g: V, s: V) -> V {
        V::of(self.q) * s + V::of((1.0 - self.q) * self.delta) * g
    }
}

impl Rule for DAdaptAdam {
    const NAME: &'static str = "DAdaptAdam";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    /// m, v and s
    type Slots = Columns<3>;
    /// d and r
    type Memory = [f64; 2];
    type Plan = DAdaptAdamPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_above_0("epsilon", self.epsilon)?;
        check_size("decay", self.decay)?;
        check_above_0("initial_distance", self.initial)?;
        check_growth(self.growth)
    }
    fn memory(&self) -> [f64; 2] {
        [self.initial, 0.0]
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, [d, _]: &mut [f64; 2]) -> DAdaptAdamPlan {
        let ([b1, b2], t) = (self.beta, now.step as f64);
        let correction =
            if self.corrects_bias { (1.0 - b2.powf(t)).sqrt() / (1.0 - b1.powf(t)) } else { 1.0 };
        let delta = *d * now.rate(&self.rate) * correction;
        let (q, epsilon, shrink) = (b2.sqrt(), self.epsilon, 1.0 - delta * self.decay);
        DAdaptAdamPlan { delta, b1, b2, q, epsilon, shrink }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &DAdaptAdamPlan,
        _round: usize,
        at: Entry<V>,
        [_, v, s]: [V; 3],
    ) -> [V; 4] {
        let (zero, step) = (V::of(0.0), s / (v.sqrt() + V::of(plan.epsilon)));
        [at.g * step, plan.dual(at.g, s).abs(), zero, zero]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [product, norm, ..]: Sums,
        plan: &mut DAdaptAdamPlan,
        [d, r]: &mut [f64; 2],
    ) {
        *r = plan.q * *r + (1.0 - plan.q) * plan.delta * product;
        *d = grown(*d, *r / ((1.0 - plan.q) * norm), self.growth);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &DAdaptAdamPlan,
        mut at: Entry<V>,
        [m, v, s]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let m = V::of(plan.b1) * m + V::of((1.0 - plan.b1) * plan.delta) * at.g;
        let v = V::of(plan.b2) * v + V::of(1.0 - plan.b2) * at.g.squared();
        let s = plan.dual(at.g, s);
        at.x = V::of(plan.shrink) * at.x - m / (v.sqrt() + V::of(plan.epsilon));
        (at, [m, v, s])
    }
}
