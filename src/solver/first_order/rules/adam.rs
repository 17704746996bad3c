//! Adam and its two corrections.
//!
//! m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², x ← x − α m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
//! D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015), algorithm 1; I. Loshchilov, F. Hutter,
//! "Decoupled weight decay regularization", ICLR (2019), algorithm 2 (the decay is multiplied by the rate, as in
//! torch.optim.AdamW); S. Reddi, S. Kale, S. Kumar, "On the convergence of Adam and beyond", ICLR (2018), algorithm 2.

use super::{check_beta, check_size, startable};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

startable!(Adam, AdamW, AmsGrad);

/// Steps of the size of the rate, less where gradients vary.
///
/// ```
/// use extremum::first_order::Adam;
/// let mut x = [1.0_f64, 1.0];
/// Adam::new(0.1).start(2).step(&mut x, &[1e-3, -1e3])?; // the first step knows signs only
/// assert!((x[0] - 0.9).abs() < 1e-5 && (x[1] - 1.1).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    decay: f64,
}

impl Adam {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: [0.9, 0.999], epsilon: 1e-8, decay: 0.0 }
    }
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

    fn check_all(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        check_size("epsilon", self.epsilon)?;
        check_size("decay", self.decay)
    }

    fn coefficients(&self, now: &Now) -> AdamPlan {
        let [b1, b2] = self.beta;
        let t = now.step as f64;
        let rate = now.rate(&self.rate);
        AdamPlan {
            b1,
            add1: 1.0 - b1,
            b2,
            add2: 1.0 - b2,
            rate: rate / (1.0 - b1.powf(t)),
            root: 1.0 / (1.0 - b2.powf(t)).sqrt(),
            epsilon: self.epsilon,
            shrink: 1.0 - rate * self.decay,
        }
    }
}

/// The coefficients of a step, the same for every entry.
#[derive(Clone, Copy, Debug)]
pub struct AdamPlan {
    b1: f64,
    add1: f64,
    b2: f64,
    add2: f64,
    /// α / (1 − β₁ᵗ)
    rate: f64,
    /// 1 / √(1 − β₂ᵗ)
    root: f64,
    epsilon: f64,
    /// 1 − α λ
    shrink: f64,
}

impl AdamPlan {
    #[inline(always)]
    fn moments<V: Number>(&self, g: V, m: V, v: V) -> [V; 2] {
        let m = V::of(self.b1) * m + V::of(self.add1) * g;
        let v = V::of(self.b2) * v + V::of(self.add2) * g.squared();
        [m, v]
    }

    /// α m̂ / (√v̂ + ε)
    #[inline(always)]
    fn change<V: Number>(&self, m: V, v: V) -> V {
        V::of(self.rate) * m / (v.sqrt() * V::of(self.root) + V::of(self.epsilon))
    }
}

macro_rules! with_two_moments {
    ($rule:ident, $name:literal, |$this:ident| $adam:expr, |$plan:ident, $x:ident| $shrunk:expr) => {
        impl Rule for $rule {
            const NAME: &'static str = $name;
            type Slots = Columns<2>;
            type Memory = ();
            type Plan = AdamPlan;

            fn check(&self) -> Result<(), Error> {
                let $this = self;
                $adam.check_all()
            }
            fn memory(&self) {}
            fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
                [V::of(0.0); 2]
            }
            fn plan(&self, now: &Now, _memory: &mut ()) -> AdamPlan {
                let $this = self;
                $adam.coefficients(now)
            }
            #[inline(always)]
            fn update<V: Number>(
                $plan: &AdamPlan,
                mut at: Entry<V>,
                [m, v]: [V; 2],
            ) -> (Entry<V>, [V; 2]) {
                let [m, v] = $plan.moments(at.g, m, v);
                let $x = at.x;
                at.x = $shrunk - $plan.change(m, v);
                (at, [m, v])
            }
        }
    };
}

with_two_moments!(Adam, "Adam", |this| this, |plan, x| x);
with_two_moments!(AdamW, "AdamW", |this| this.0, |plan, x| V::of(plan.shrink) * x);

/// Adam with weight decay of its own: x ← (1 − α λ) x before the step.
///
/// ```
/// use extremum::first_order::AdamW;
/// let mut x = [1.0_f64];
/// AdamW::new(0.1).decay(0.5).start(1).step(&mut x, &[2.0])?;
/// assert!((x[0] - (0.95 - 0.1)).abs() < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AdamW(Adam);

impl AdamW {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self(Adam { decay: 0.01, ..Adam::new(rate) })
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self(self.0.betas(first, second))
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self(self.0.epsilon(epsilon))
    }
    /// λ, default 0.01. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.0.decay = decay;
        self
    }
}

/// Adam whose second moment never falls: v̂ is the largest v so far, corrected for bias after the maximum, as torch does.
///
/// ```
/// use extremum::first_order::AmsGrad;
/// let mut x = [0.0_f64];
/// let mut rule = AmsGrad::new(0.1).betas(0.0, 0.5).epsilon(0.0).start(1);
/// rule.step(&mut x, &[8.0])?; // v = 32, corrected 64
/// rule.step(&mut x, &[1.0])?; // v = 16.5, the largest is 32, corrected 32 / 0.75
/// assert!((x[0] + 0.1 + 0.1 * (0.75_f64 / 32.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AmsGrad(Adam);

impl AmsGrad {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self(Adam::new(rate))
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self(self.0.betas(first, second))
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self(self.0.epsilon(epsilon))
    }
}

impl Rule for AmsGrad {
    const NAME: &'static str = "AmsGrad";
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = AdamPlan;

    fn check(&self) -> Result<(), Error> {
        self.0.check_all()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdamPlan {
        self.0.coefficients(now)
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdamPlan,
        mut at: Entry<V>,
        [m, v, largest]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let [m, v] = plan.moments(at.g, m, v);
        let largest = largest.max(v);
        at.x = at.x - plan.change(m, largest);
        (at, [m, v, largest])
    }
}
