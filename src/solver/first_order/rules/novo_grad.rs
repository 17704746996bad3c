//! NovoGrad.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(NovoGrad);

/// NovoGrad: momentum of gradients that are divided by a mean of their norms.
///
/// **Method** w ← β₂ w + (1 − β₂) ‖g‖², u = g / (√(w + ε₀) + ε) + λ x, m ← β₁ m + u, x ← x − α m; w = ‖g‖² and m = u at
/// first. The norm is that of a [group](Rule::group): a layer.
///
/// ```
/// use extremum::first_order::NovoGrad;
/// let mut x = [0.0_f64, 0.0];
/// NovoGrad::new(0.1).start(2).step(&mut x, &[30.0, -40.0])?; // g / ‖g‖ at first
/// assert!((x[0] + 0.06).abs() < 1e-10 && (x[1] - 0.08).abs() < 1e-10);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** B. Ginsburg et al., "Stochastic gradient methods with layer-wise adaptive moments for training of
/// deep networks", arXiv:1905.11286 (2019), algorithm 1, with its β₁ = 0.95, β₂ = 0.98 (optax has 0.9 and 0.25, and
/// ε = 1e-6).
#[derive(Clone, Debug)]
pub struct NovoGrad {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    epsilon_root: f64,
    decay: f64,
    averages: bool,
    corrects_rate: bool,
}

impl NovoGrad {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.95, 0.98],
            epsilon: 1e-8,
            epsilon_root: 0.0,
            decay: 0.0,
            averages: false,
            corrects_rate: false,
        }
    }
    /// β₁ and β₂, default 0.95 and 0.98. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// ε₀ under the root, default 0 as in optax. Range: ≥ 0.
    pub fn epsilon_root(mut self, epsilon_root: f64) -> Self {
        self.epsilon_root = epsilon_root;
        self
    }
    /// λ, default 0, added to the divided gradient. Range: ≥ 0. For decoupled decay use
    /// [`Decay`](crate::first_order::Decay).
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// Averages, m ← β₁ m + (1 − β₁) u, after the first step (`grad_averaging` of pytorch_optimizer).
    pub fn gradient_averaging(mut self) -> Self {
        self.averages = true;
        self
    }
    /// Takes α √(1 − β₂ᵗ) in place of α (`adam_debias` of pytorch_optimizer).
    pub fn rate_correction(mut self) -> Self {
        self.corrects_rate = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct NovoGradPlan {
    rate: f64,
    /// β₁, 0 at the first step.
    keep: f64,
    /// The weight of u in m.
    add: f64,
    /// 1 / (√(w + ε₀) + ε)
    scale: f64,
    decay: f64,
}

impl Rule for NovoGrad {
    const NAME: &'static str = "NovoGrad";
    const ROUNDS: usize = 1;
    const SUMS: usize = 1;
    type Slots = Columns<1>;
    /// w
    type Memory = f64;
    type Plan = NovoGradPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("epsilon", self.epsilon)?;
        check_size("epsilon_root", self.epsilon_root)?;
        check_size("decay", self.decay)
    }
    fn memory(&self) -> f64 {
        0.0
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut f64) -> NovoGradPlan {
        let [b1, b2] = self.beta;
        let keep = if now.step == 1 { 0.0 } else { b1 };
        let add = if self.averages { 1.0 - keep } else { 1.0 };
        let correction =
            if self.corrects_rate { (1.0 - b2.powf(now.step as f64)).sqrt() } else { 1.0 };
        let rate = now.rate(&self.rate) * correction;
        NovoGradPlan { rate, keep, add, scale: 0.0, decay: self.decay }
    }
    #[inline(always)]
    fn survey<V: Number>(_plan: &NovoGradPlan, _round: usize, at: Entry<V>, _m: [V; 1]) -> [V; 4] {
        let zero = V::of(0.0);
        [at.g.squared(), zero, zero, zero]
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        sums: Sums,
        plan: &mut NovoGradPlan,
        memory: &mut f64,
    ) {
        let b2 = if now.step == 1 { 0.0 } else { self.beta[1] };
        *memory = b2 * *memory + (1.0 - b2) * sums[0];
        let divisor = (*memory + self.epsilon_root).sqrt() + self.epsilon;
        // A gradient of 0 has no direction.
        plan.scale = if divisor > 0.0 { 1.0 / divisor } else { 0.0 };
    }
    #[inline(always)]
    fn update<V: Number>(plan: &NovoGradPlan, mut at: Entry<V>, [m]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let u = V::of(plan.scale) * at.g + V::of(plan.decay) * at.x;
        let m = V::of(plan.keep) * m + V::of(plan.add) * u;
        at.x = at.x - V::of(plan.rate) * m;
        (at, [m])
    }
}
