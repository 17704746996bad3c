//! SWATS.

use serde::{Deserialize, Serialize};

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Swats);

/// SWATS: Adam that switches to gradient steps with momentum once it has an estimate of their rate.
///
/// **Method** First Adam, with its step p; each step suggests the rate γ = pᵀp/(−pᵀg) of a gradient step of the same
/// length along g. λ ← β₂ λ + (1 − β₂) γ, Λ = λ/(1 − β₂ᵗ). When Λ and γ agree: b ← β₁ b + g, x ← x − (1 − β₁) Λ b from
/// then on.
///
/// ```
/// use extremum::first_order::Swats;
/// let mut x = [0.0_f64];
/// let mut rule = Swats::new(0.1).betas(0.5, 0.5).epsilon(0.0).start(1);
/// for _ in 0..2 {
///     rule.step(&mut x, &[1.0])?; // p = −0.1, γ = 0.1: at the second step Λ = γ
/// }
/// rule.step(&mut x, &[1.0])?; // b = 1
/// assert!((x[0] + 0.1 + 0.1 + 0.5 * 0.1).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** N. Keskar, R. Socher, "Improving generalization performance by switching from Adam to SGD",
/// arXiv:1712.07628 (2017), algorithm 1, with its defaults.
#[derive(Clone, Debug)]
pub struct Swats {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    epsilon_root: f64,
    tolerance: [f64; 2],
    decay: f64,
    amsgrad: bool,
    nesterov: bool,
}

impl Swats {
    /// With a learning rate α ≥ 0 for Adam, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.9, 0.999],
            epsilon: 1e-9,
            epsilon_root: 0.0,
            tolerance: [1e-9, 0.0],
            decay: 0.0,
            amsgrad: false,
            nesterov: false,
        }
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, added to the root of Adam's v, default 1e-9. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// Added to v under the root, default 0; pytorch_optimizer adds 1e-15. Range: ≥ 0.
    pub fn epsilon_root(mut self, epsilon: f64) -> Self {
        self.epsilon_root = epsilon;
        self
    }
    /// Λ and γ agree when |Λ − γ| ≤ absolute + relative |γ|, default 1e-9 and 0; pytorch_optimizer has 1e-8 and its ε.
    /// Range: ≥ 0.
    pub fn tolerance(mut self, absolute: f64, relative: f64) -> Self {
        self.tolerance = [absolute, relative];
        self
    }
    /// x ← (1 − r λ) x before the step, with the rate r of its phase; default 0. Range: λ ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// Adam with the largest v so far, as in pytorch_optimizer.
    pub fn amsgrad(mut self) -> Self {
        self.amsgrad = true;
        self
    }
    /// Gradient steps x ← x − Λ b, without the factor 1 − β₁, as `nesterov` in pytorch_optimizer.
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
}

/// What is known about the rate of gradient steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwatsMemory {
    /// λ
    average: f64,
    /// Λ, from the switch on.
    found: Option<f64>,
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct SwatsPlan {
    beta: [f64; 2],
    /// α √(1 − β₂ᵗ)/(1 − β₁ᵗ), or the factor of b.
    rate: f64,
    /// 1 − r λ
    shrink: f64,
    epsilon: f64,
    epsilon_root: f64,
    amsgrad: bool,
    /// Whether this is a gradient step.
    has_switched: bool,
    /// Whether this is the last step of Adam.
    switches: bool,
}

impl SwatsPlan {
    /// −p, and the moments.
    #[inline(always)]
    fn adam<V: Number>(&self, g: V, [m, v, largest]: [V; 3]) -> (V, [V; 3]) {
        let [b1, b2] = self.beta;
        let m = V::of(b1) * m + V::of(1.0 - b1) * g;
        let v = V::of(b2) * v + V::of(1.0 - b2) * g.squared();
        let largest = if self.amsgrad { largest.max(v) } else { v };
        let root = (largest + V::of(self.epsilon_root)).sqrt() + V::of(self.epsilon);
        (V::of(self.rate) * m / root, [m, v, largest])
    }
}

impl Rule for Swats {
    const NAME: &'static str = "Swats";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    /// m, later b; v; the largest v.
    type Slots = Columns<3>;
    type Memory = SwatsMemory;
    type Plan = SwatsPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        check_size("epsilon", self.epsilon)?;
        check_size("epsilon_root", self.epsilon_root)?;
        check_size("absolute tolerance", self.tolerance[0])?;
        check_size("relative tolerance", self.tolerance[1])?;
        check_size("decay", self.decay)
    }
    fn uses(&self, slot: usize) -> bool {
        slot < 2 || self.amsgrad
    }
    fn memory(&self) -> SwatsMemory {
        SwatsMemory { average: 0.0, found: None }
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, memory: &mut SwatsMemory) -> SwatsPlan {
        let [b1, b2] = self.beta;
        let t = now.step as f64;
        let (rate, scale) = match memory.found {
            None => (now.rate(&self.rate), (1.0 - b2.powf(t)).sqrt() / (1.0 - b1.powf(t))),
            Some(rate) => {
                let rate = now.rate.unwrap_or(now.factor * rate);
                (rate, if self.nesterov { 1.0 } else { 1.0 - b1 })
            }
        };
        SwatsPlan {
            beta: self.beta,
            rate: rate * scale,
            shrink: 1.0 - rate * self.decay,
            epsilon: self.epsilon,
            epsilon_root: self.epsilon_root,
            amsgrad: self.amsgrad,
            has_switched: memory.found.is_some(),
            switches: false,
        }
    }
    #[inline(always)]
    fn survey<V: Number>(plan: &SwatsPlan, _round: usize, at: Entry<V>, values: [V; 3]) -> [V; 4] {
        let zero = V::of(0.0);
        if plan.has_switched {
            return [zero; 4];
        }
        let (change, _) = plan.adam(at.g, values);
        [change.squared(), change * at.g, zero, zero]
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        [pp, pg, ..]: Sums,
        plan: &mut SwatsPlan,
        memory: &mut SwatsMemory,
    ) {
        let suggested = pp / pg;
        if plan.has_switched || !suggested.is_finite() {
            return;
        }
        let b2 = self.beta[1];
        memory.average = b2 * memory.average + (1.0 - b2) * suggested;
        let rate = memory.average / (1.0 - b2.powf(now.step as f64));
        let [absolute, relative] = self.tolerance;
        let agree = (rate - suggested).abs() <= absolute + relative * suggested.abs();
        if now.step > 1 && rate > 0.0 && agree {
            // The steps of Adam include the factor already, and it will be applied to this rate again.
            memory.found = Some(rate / now.factor);
            plan.switches = true;
        }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &SwatsPlan, mut at: Entry<V>, values: [V; 3]) -> (Entry<V>, [V; 3]) {
        let x = V::of(plan.shrink) * at.x;
        if plan.has_switched {
            let [b, v, largest] = values;
            let b = V::of(plan.beta[0]) * b + at.g;
            at.x = x - V::of(plan.rate) * b;
            return (at, [b, v, largest]);
        }
        let (change, [m, v, largest]) = plan.adam(at.g, values);
        at.x = x - change;
        (at, [if plan.switches { V::of(0.0) } else { m }, v, largest])
    }
}
