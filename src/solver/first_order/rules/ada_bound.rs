//! AdaBound and AMSBound.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(AdaBound, AmsBound);

/// AdaBound: Adam with a rate for every component, clipped to bounds that close on one final rate.
///
/// **Method** m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², x ← x − r m with r = α √(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√v + ε) cut
/// to [α* (1 − 1/(γ t + 1)), α* (1 + 1/(γ t))]: from Adam to a gradient step with momentum at the final rate α*. Under
/// a schedule the final rate follows it: it is α* α/α₀, with the first positive rate α₀ of the schedule.
///
/// ```
/// use extremum::first_order::AdaBound;
/// let mut x = [1.0_f64, 1.0];
/// // At the first step m = 0.1 g and r = 1/|g|, cut to [0.3/2, 2 · 0.3].
/// let mut rule = AdaBound::new(0.1).final_rate(0.3).gamma(1.0).epsilon(0.0).start(2);
/// rule.step(&mut x, &[4.0, 0.1])?;
/// assert!((x[0] - (1.0 - 0.4 / 4.0)).abs() < 1e-15 && (x[1] - (1.0 - 0.6 * 0.01)).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** L. Luo, Y. Xiong, Y. Liu, X. Sun, "Adaptive gradient methods with dynamic bound of learning rate",
/// ICLR (2019), algorithm 2, with the bias correction, the bounds and the defaults of the authors' code.
#[derive(Clone, Debug)]
pub struct AdaBound {
    rate: Rate,
    beta: [f64; 2],
    final_rate: f64,
    gamma: f64,
    epsilon: f64,
    epsilon_root: f64,
}

impl AdaBound {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.9, 0.999],
            final_rate: 0.1,
            gamma: 1e-3,
            epsilon: 1e-8,
            epsilon_root: 0.0,
        }
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// α*, the rate that the bounds close on, default 0.1. Range: ≥ 0.
    pub fn final_rate(mut self, final_rate: f64) -> Self {
        self.final_rate = final_rate;
        self
    }
    /// γ, how fast the bounds close, default 1e-3. Range: > 0.
    pub fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = gamma;
        self
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// Added to v under the root, default 0; pytorch_optimizer adds 1e-15. Range: ≥ 0.
    pub fn epsilon_root(mut self, epsilon: f64) -> Self {
        self.epsilon_root = epsilon;
        self
    }

    fn check_all(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        check_size("final_rate", self.final_rate)?;
        check(self.gamma > 0.0 && self.gamma.is_finite(), "gamma", self.gamma, "finite, above 0")?;
        check_size("epsilon", self.epsilon)?;
        check_size("epsilon_root", self.epsilon_root)
    }

    /// `base` is α₀, or 0 until the schedule gives a positive rate.
    fn coefficients(&self, now: &Now, base: &mut f64) -> AdaBoundPlan {
        let [b1, b2] = self.beta;
        let t = now.step as f64;
        if *base == 0.0 {
            *base = self.rate.at(now.step - 1);
        }
        let rate = now.rate(&self.rate);
        let last = if *base > 0.0 { self.final_rate * (rate / *base) } else { 0.0 };
        AdaBoundPlan {
            b1,
            b2,
            rate: rate * (1.0 - b2.powf(t)).sqrt() / (1.0 - b1.powf(t)),
            low: last * (1.0 - 1.0 / (self.gamma * t + 1.0)),
            high: last * (1.0 + 1.0 / (self.gamma * t)),
            epsilon: self.epsilon,
            epsilon_root: self.epsilon_root,
        }
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdaBoundPlan {
    b1: f64,
    b2: f64,
    /// α √(1 − β₂ᵗ) / (1 − β₁ᵗ)
    rate: f64,
    low: f64,
    high: f64,
    epsilon: f64,
    epsilon_root: f64,
}

impl AdaBoundPlan {
    #[inline(always)]
    fn moments<V: Number>(&self, g: V, m: V, v: V) -> [V; 2] {
        let m = V::of(self.b1) * m + V::of(1.0 - self.b1) * g;
        let v = V::of(self.b2) * v + V::of(1.0 - self.b2) * g.squared();
        [m, v]
    }

    /// r m
    #[inline(always)]
    fn change<V: Number>(&self, m: V, v: V) -> V {
        let root = (v + V::of(self.epsilon_root)).sqrt() + V::of(self.epsilon);
        (V::of(self.rate) / root).max(V::of(self.low)).min(V::of(self.high)) * m
    }
}

impl Rule for AdaBound {
    const NAME: &'static str = "AdaBound";
    type Slots = Columns<2>;
    /// α₀
    type Memory = f64;
    type Plan = AdaBoundPlan;

    fn check(&self) -> Result<(), Error> {
        self.check_all()
    }
    fn memory(&self) -> f64 {
        0.0
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, base: &mut f64) -> AdaBoundPlan {
        self.coefficients(now, base)
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdaBoundPlan,
        mut at: Entry<V>,
        [m, v]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let [m, v] = plan.moments(at.g, m, v);
        at.x = at.x - plan.change(m, v);
        (at, [m, v])
    }
}

/// [`AdaBound`] with the largest v so far in place of v.
///
/// **Method** x ← x − r m with r = α √(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√v_max + ε) within the bounds of [`AdaBound`], v_max the
/// largest v so far.
///
/// ```
/// use extremum::first_order::AmsBound;
/// let mut x = [0.0_f64];
/// let mut rule = AmsBound::new(0.1).betas(0.0, 0.5).final_rate(0.01).epsilon(0.0).start(1);
/// rule.step(&mut x, &[8.0])?; // v = 32, r = 0.1 √0.5/√32
/// rule.step(&mut x, &[1.0])?; // v = 16.5, the largest is 32: r = 0.1 √0.75/√32, within the bounds
/// assert!((x[0] + 0.1 + 0.1 * (0.75_f64 / 32.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** L. Luo, Y. Xiong, Y. Liu, X. Sun, "Adaptive gradient methods with dynamic bound of learning rate",
/// ICLR (2019), appendix (AMSBound), with the bias correction, the bounds and the defaults of the authors' code.
#[derive(Clone, Debug)]
pub struct AmsBound(AdaBound);

impl AmsBound {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self(AdaBound::new(rate))
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self(self.0.betas(first, second))
    }
    /// α*, the rate that the bounds close on, default 0.1. Range: ≥ 0.
    pub fn final_rate(self, final_rate: f64) -> Self {
        Self(self.0.final_rate(final_rate))
    }
    /// γ, how fast the bounds close, default 1e-3. Range: > 0.
    pub fn gamma(self, gamma: f64) -> Self {
        Self(self.0.gamma(gamma))
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self(self.0.epsilon(epsilon))
    }
    /// Added to v under the root, default 0; pytorch_optimizer adds 1e-15. Range: ≥ 0.
    pub fn epsilon_root(self, epsilon: f64) -> Self {
        Self(self.0.epsilon_root(epsilon))
    }
}

impl Rule for AmsBound {
    const NAME: &'static str = "AmsBound";
    type Slots = Columns<3>;
    /// α₀
    type Memory = f64;
    type Plan = AdaBoundPlan;

    fn check(&self) -> Result<(), Error> {
        self.0.check_all()
    }
    fn memory(&self) -> f64 {
        0.0
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, base: &mut f64) -> AdaBoundPlan {
        self.0.coefficients(now, base)
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdaBoundPlan,
        mut at: Entry<V>,
        [m, v, largest]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let [m, v] = plan.moments(at.g, m, v);
        let largest = largest.max(v);
        at.x = at.x - plan.change(m, largest);
        (at, [m, v, largest])
    }
}
