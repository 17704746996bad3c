//! Prodigy.

use super::{check_above_0, check_beta, check_growth, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Prodigy);

/// Prodigy: Adam with a rate from an estimate of the distance from the start to the solution. The estimate never
/// decreases.
///
/// **Method** With the estimate d of the distance to the solution, δ = d α
/// [√(1 − β₂ᵗ) / (1 − β₁ᵗ)]: m ← β₁ m + (1 − β₁) d g, v ← β₂ v + (1 − β₂) d² g², r ← β₃ r + δ d/d₀
/// gᵀ(x₀ − x), s ← β₃ s + δ d/d₀ g, d ← max(d, c r/‖s‖₁), x ← (1 − δ λ) x − δ m / (√v + d ε), where δ is that of the
/// old d. All [groups](Rule::group) share one estimate.
///
/// ```
/// use extremum::first_order::Prodigy;
/// let mut x = [0.0_f64];
/// let mut rule = Prodigy::new(1.0).betas(0.0, 0.0).beta3(0.5).initial_distance(0.25).epsilon(1e-12).start(1);
/// rule.step(&mut x, &[1.0])?; // δ = d = 1/4, s = 1/4
/// assert!((x[0] + 0.25).abs() < 1e-12);
/// rule.step(&mut x, &[-1.0])?; // r = -1/16, s = -1/8: d stays
/// assert!(x[0].abs() < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** K. Mishchenko, A. Defazio, "Prodigy: an expeditiously adaptive parameter-free learner", ICML (2024),
/// algorithm 4, in the form and with the defaults of the authors' package prodigyopt.
#[derive(Clone, Debug)]
pub struct Prodigy {
    rate: Rate,
    beta: [f64; 2],
    beta3: Option<f64>,
    epsilon: f64,
    decay: f64,
    corrects_bias: bool,
    is_safeguarded: bool,
    initial: f64,
    coefficient: f64,
    growth: f64,
    every: u64,
    scales_by_old: bool,
}

impl Prodigy {
    /// With a learning rate α ≥ 0, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.9, 0.999],
            beta3: None,
            epsilon: 1e-8,
            decay: 0.0,
            corrects_bias: false,
            is_safeguarded: false,
            initial: 1e-6,
            coefficient: 1.0,
            growth: f64::INFINITY,
            every: 1,
            scales_by_old: false,
        }
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// β₃ of the estimate, default √β₂. Range: 0 to 1, 1 excluded.
    pub fn beta3(mut self, beta3: f64) -> Self {
        self.beta3 = Some(beta3);
        self
    }
    /// ε, default 1e-8. Range: above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// λ, default 0. Range: ≥ 0. For L2 use [`Decay`](crate::first_order::Decay).
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// Includes the factor in brackets, Adam's bias correction; off by default. optax always has it.
    pub fn bias_correction(mut self) -> Self {
        self.corrects_bias = true;
        self
    }
    /// Takes d²/d₀ in place of δ d/d₀ in s: a warm-up then does not make the estimate too large.
    pub fn safeguard_warm_up(mut self) -> Self {
        self.is_safeguarded = true;
        self
    }
    /// d₀, the estimate at the start, default 1e-6. Range: above 0.
    pub fn initial_distance(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
    /// c, default 1. Range: ≥ 0.
    pub fn coefficient(mut self, coefficient: f64) -> Self {
        self.coefficient = coefficient;
        self
    }
    /// The largest factor by which d may grow in a step, except for its first growth, default ∞. Range: ≥ 1.
    pub fn growth(mut self, growth: f64) -> Self {
        self.growth = growth;
        self
    }
    /// Computes r and s from every p-th component only, default p = 1. Range: ≥ 1.
    pub fn every(mut self, every: u64) -> Self {
        self.every = every;
        self
    }
    /// With β₁ = 0, scales the gradient by the old d, as optax does; prodigyopt takes the new d.
    pub fn old_distance(mut self) -> Self {
        self.scales_by_old = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct ProdigyPlan {
    /// δ
    delta: f64,
    b1: f64,
    /// (1 − β₁) d, or the d of this step without momentum.
    add1: f64,
    b2: f64,
    /// (1 − β₂) d²
    add2: f64,
    b3: f64,
    /// The weight of g in s.
    add3: f64,
    /// d ε
    epsilon: f64,
    /// 1 − δ λ
    shrink: f64,
    every: u64,
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ProdigyMemory {
    /// d
    distance: f64,
    /// The largest estimate, which d may not have reached yet.
    largest: f64,
    /// r
    numerator: f64,
}

impl ProdigyPlan {
    /// s
    #[inline(always)]
    fn dual<V: Number>(&self, g: V, s: V) -> V {
        V::of(self.b3) * s + V::of(self.add3) * g
    }

    /// Replaces by zeros all but every p-th component.
    #[inline(always)]
    fn sliced<V: Number>(&self, index: usize, term: V) -> V {
        if self.every == 1 {
            return term;
        }
        let is_one = |lane| (index as u64 + lane as u64).is_multiple_of(self.every);
        term.each(|lane, term| if is_one(lane) { term } else { 0.0 })
    }
}

impl Rule for Prodigy {
    const NAME: &'static str = "Prodigy";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    /// m, v, s and x₀
    type Slots = Columns<4>;
    type Memory = ProdigyMemory;
    type Plan = ProdigyPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_beta("beta 3", self.beta3.unwrap_or(0.0))?;
        check_above_0("epsilon", self.epsilon)?;
        check_size("decay", self.decay)?;
        check_above_0("initial_distance", self.initial)?;
        check_size("coefficient", self.coefficient)?;
        check_growth(self.growth)?;
        check(self.every >= 1, "every", self.every as f64, "at least 1")
    }
    fn uses(&self, slot: usize) -> bool {
        slot > 0 || self.beta[0] != 0.0
    }
    fn memory(&self) -> ProdigyMemory {
        ProdigyMemory { distance: self.initial, largest: self.initial, numerator: 0.0 }
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        let zero = V::of(0.0);
        [zero, zero, zero, x]
    }
    fn plan(&self, now: &Now, memory: &mut ProdigyMemory) -> ProdigyPlan {
        let ([b1, b2], t, d) = (self.beta, now.step as f64, memory.distance);
        let correction =
            if self.corrects_bias { (1.0 - b2.powf(t)).sqrt() / (1.0 - b1.powf(t)) } else { 1.0 };
        let delta = d * now.rate(&self.rate) * correction;
        ProdigyPlan {
            delta,
            b1,
            add1: (1.0 - b1) * d,
            b2,
            add2: (1.0 - b2) * d * d,
            b3: self.beta3.unwrap_or(b2.sqrt()),
            add3: d / self.initial * if self.is_safeguarded { d } else { delta },
            epsilon: d * self.epsilon,
            shrink: 1.0 - delta * self.decay,
            every: self.every,
        }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &ProdigyPlan,
        _round: usize,
        at: Entry<V>,
        [_, _, s, x0]: [V; 4],
    ) -> [V; 4] {
        let (zero, s) = (V::of(0.0), plan.dual(at.g, s).abs());
        let product = at.g * (x0 - at.x);
        [plan.sliced(at.index, product), plan.sliced(at.index, s), zero, zero]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [product, norm, ..]: Sums,
        plan: &mut ProdigyPlan,
        memory: &mut ProdigyMemory,
    ) {
        let d = memory.distance;
        memory.numerator = plan.b3 * memory.numerator + d / self.initial * plan.delta * product;
        let estimate = self.coefficient * memory.numerator / norm;
        // Not finite while all gradients were zero.
        if estimate.is_finite() {
            let reached = if d == self.initial { d.max(estimate) } else { d };
            memory.largest = memory.largest.max(estimate);
            memory.distance = memory.largest.min(reached * self.growth);
        }
        plan.epsilon = memory.distance * self.epsilon;
        if self.beta[0] == 0.0 && !self.scales_by_old {
            plan.add1 = memory.distance;
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &ProdigyPlan,
        mut at: Entry<V>,
        [m, v, s, x0]: [V; 4],
    ) -> (Entry<V>, [V; 4]) {
        let m = V::of(plan.b1) * m + V::of(plan.add1) * at.g;
        let v = V::of(plan.b2) * v + V::of(plan.add2) * at.g.squared();
        let s = plan.dual(at.g, s);
        let step = V::of(plan.delta) * m / (v.sqrt() + V::of(plan.epsilon));
        at.x = V::of(plan.shrink) * at.x - step;
        (at, [m, v, s, x0])
    }
}
