//! MoMo and MoMo-Adam.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Momo, MomoAdam);

/// What the two rules have in common.
#[derive(Clone, Debug)]
struct Model {
    rate: Rate,
    bound: f64,
    decay: f64,
    adapts: bool,
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MomoMemory {
    /// F
    cost: f64,
    /// q
    product: f64,
    /// f*
    bound: f64,
}

impl Model {
    fn new(rate: Rate) -> Self {
        Self { rate, bound: 0.0, decay: 0.0, adapts: false }
    }

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check(self.bound.is_finite(), "lower_bound", self.bound, "finite")?;
        check_size("decay", self.decay)
    }

    fn memory(&self) -> MomoMemory {
        MomoMemory { cost: 0.0, product: 0.0, bound: self.bound }
    }

    /// 1 − α λ/W
    fn shrink(&self, now: &Now) -> f64 {
        1.0 / (1.0 + now.rate(&self.rate) * self.decay)
    }

    /// The step along P⁻¹ d, from ‖d‖²_P⁻¹, dᵀx and gᵀx; `keep` is the weight of the past in the means, `mass` is c.
    fn step(
        &self,
        now: &Now,
        [square, along, product, _]: Sums,
        keep: f64,
        mass: f64,
        memory: &mut MomoMemory,
    ) -> f64 {
        let rate = now.rate(&self.rate);
        let weight = 1.0 + rate * self.decay;
        memory.cost = keep * memory.cost + (1.0 - keep) * now.cost.unwrap_or(0.0);
        memory.product = keep * memory.product + (1.0 - keep) * product;
        let height = weight * (memory.cost - memory.product) + along;
        if self.adapts && height < weight * mass * memory.bound {
            memory.bound = (height / (2.0 * mass * weight)).max(self.bound);
        }
        let gap = (height - weight * mass * memory.bound).max(0.0);
        let step = if square > f64::EPSILON { (gap / square).min(rate / mass) } else { 0.0 };
        if self.adapts {
            let reached = memory.cost + along - memory.product - 0.5 * step * square;
            memory.bound = (reached / mass).max(self.bound);
        }
        step
    }
}

macro_rules! model_setters {
    () => {
        /// f*, a lower bound of the cost, default 0. Range: finite.
        pub fn lower_bound(mut self, bound: f64) -> Self {
            self.model.bound = bound;
            self
        }
        /// Estimates a larger f* during the run (section 4 of the paper), never below
        /// [`lower_bound`](Self::lower_bound).
        pub fn adaptive_bound(mut self) -> Self {
            self.model.adapts = true;
            self
        }
        /// λ, default 0. Range: ≥ 0.
        pub fn decay(mut self, decay: f64) -> Self {
            self.model.decay = decay;
            self
        }
    };
}

/// MoMo: momentum with the rate of a [Polyak step](crate::first_order::PolyakStep), at most α, on a model of the cost
/// that averages those of the past.
///
/// **Method** With the means d of g, F of f and q of gᵀx, W = 1 + α λ and a preconditioner P, x ← x/W − min(α/c, max(W
/// (F − c f* − q) + dᵀx, 0) / ‖d‖²_P⁻¹) P⁻¹ d. Here P = 1, c = 1, and the first means are those of the first gradient.
/// All [groups](Rule::group) share one step.
///
/// **Needs** the cost: [`Updater::step_with_cost`](crate::first_order::Updater::step_with_cost).
///
/// ```
/// use extremum::first_order::Momo;
/// let mut x = [3.0_f64, 4.0];
/// Momo::new(10.0).start(2).step_with_cost(&mut x, &[3.0, 4.0], 12.5)?; // ½‖x‖²: 12.5 / 25
/// assert!((x[0] - 1.5).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** F. Schaipp, R. Ohana, M. Eickenberg, A. Defazio, R. Gower, "MoMo: momentum models for adaptive
/// learning rates", ICML (2024), algorithms 1–3, in the form and with the defaults of optax.
#[derive(Clone, Debug)]
pub struct Momo {
    model: Model,
    beta: f64,
}

impl Momo {
    /// With the largest learning rate α ≥ 0, a number or a schedule; 1 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { model: Model::new(rate.into()), beta: 0.9 }
    }
    model_setters!();
    /// β, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    fn keep(&self, now: &Now) -> f64 {
        if now.step == 1 { 0.0 } else { self.beta }
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct MomoPlan {
    /// The weight of the past in d.
    keep: f64,
    /// 1/W
    shrink: f64,
    step: f64,
}

impl MomoPlan {
    #[inline(always)]
    fn mean<V: Number>(&self, g: V, d: V) -> V {
        V::of(self.keep) * d + V::of(1.0 - self.keep) * g
    }
}

impl Rule for Momo {
    const NAME: &'static str = "Momo";
    const ROUNDS: usize = 1;
    const SUMS: usize = 3;
    const NEEDS_COST: bool = true;
    /// d
    type Slots = Columns<1>;
    type Memory = MomoMemory;
    type Plan = MomoPlan;

    fn check(&self) -> Result<(), Error> {
        self.model.check()?;
        check_beta("beta", self.beta)
    }
    fn memory(&self) -> MomoMemory {
        self.model.memory()
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut MomoMemory) -> MomoPlan {
        MomoPlan { keep: self.keep(now), shrink: self.model.shrink(now), step: 0.0 }
    }
    #[inline(always)]
    fn survey<V: Number>(plan: &MomoPlan, _round: usize, at: Entry<V>, [d]: [V; 1]) -> [V; 4] {
        let d = plan.mean(at.g, d);
        [d.squared(), d * at.x, at.g * at.x, V::of(0.0)]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        sums: Sums,
        plan: &mut MomoPlan,
        memory: &mut MomoMemory,
    ) {
        plan.step = self.model.step(now, sums, self.keep(now), 1.0, memory);
    }
    #[inline(always)]
    fn update<V: Number>(plan: &MomoPlan, mut at: Entry<V>, [d]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let d = plan.mean(at.g, d);
        at.x = V::of(plan.shrink) * at.x - V::of(plan.step) * d;
        (at, [d])
    }
}

/// MoMo-Adam: Adam with the rate of a [Polyak step](crate::first_order::PolyakStep), at most α/(1 − β₁ᵗ), on a model of
/// the cost that averages those of the past.
///
/// **Method** The step of [`Momo`] with the P = √v̂ + ε of Adam, means that start from 0, and
/// c = 1 − β₁ᵗ: x ← x/W − min(α/c, max(W (F − c f* − q) + dᵀx, 0) / ‖d‖²_P⁻¹) P⁻¹ d. All [groups](Rule::group) share
/// one step.
///
/// **Needs** the cost: [`Updater::step_with_cost`](crate::first_order::Updater::step_with_cost).
///
/// ```
/// use extremum::first_order::MomoAdam;
/// let mut x = [3.0_f64];
/// MomoAdam::new(10.0).epsilon(0.0).start(1).step_with_cost(&mut x, &[2.0], 2.0)?; // ½(x - 1)²: 2 / 4
/// assert!((x[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** F. Schaipp, R. Ohana, M. Eickenberg, A. Defazio, R. Gower, "MoMo: momentum models for adaptive
/// learning rates", ICML (2024), algorithms 1–3, in the form and with the defaults of optax.
#[derive(Clone, Debug)]
pub struct MomoAdam {
    model: Model,
    beta: [f64; 2],
    epsilon: f64,
}

impl MomoAdam {
    /// With the largest learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { model: Model::new(rate.into()), beta: [0.9, 0.999], epsilon: 1e-8 }
    }
    model_setters!();
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct MomoAdamPlan {
    momo: MomoPlan,
    b2: f64,
    /// 1 / √(1 − β₂ᵗ)
    root: f64,
    epsilon: f64,
}

impl MomoAdamPlan {
    /// d, v and P⁻¹ d
    #[inline(always)]
    fn moments<V: Number>(&self, g: V, [d, v]: [V; 2]) -> [V; 3] {
        let d = self.momo.mean(g, d);
        let v = V::of(self.b2) * v + V::of(1.0 - self.b2) * g.squared();
        [d, v, d / (V::of(self.root) * v.sqrt() + V::of(self.epsilon))]
    }
}

impl Rule for MomoAdam {
    const NAME: &'static str = "MomoAdam";
    const ROUNDS: usize = 1;
    const SUMS: usize = 3;
    const NEEDS_COST: bool = true;
    /// d and v
    type Slots = Columns<2>;
    type Memory = MomoMemory;
    type Plan = MomoAdamPlan;

    fn check(&self) -> Result<(), Error> {
        self.model.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) -> MomoMemory {
        self.model.memory()
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut MomoMemory) -> MomoAdamPlan {
        let [b1, b2] = self.beta;
        MomoAdamPlan {
            momo: MomoPlan { keep: b1, shrink: self.model.shrink(now), step: 0.0 },
            b2,
            root: 1.0 / (1.0 - b2.powf(now.step as f64)).sqrt(),
            epsilon: self.epsilon,
        }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &MomoAdamPlan,
        _round: usize,
        at: Entry<V>,
        moments: [V; 2],
    ) -> [V; 4] {
        let [d, _, step] = plan.moments(at.g, moments);
        [d * step, d * at.x, at.g * at.x, V::of(0.0)]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        sums: Sums,
        plan: &mut MomoAdamPlan,
        memory: &mut MomoMemory,
    ) {
        let mass = 1.0 - self.beta[0].powf(now.step as f64);
        plan.momo.step = self.model.step(now, sums, self.beta[0], mass, memory);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &MomoAdamPlan,
        mut at: Entry<V>,
        moments: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let [d, v, step] = plan.moments(at.g, moments);
        at.x = V::of(plan.momo.shrink) * at.x - V::of(plan.momo.step) * step;
        (at, [d, v])
    }
}
