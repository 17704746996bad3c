//! Gradient steps with and without momentum.

use super::{check_beta, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Sgd, Momentum, Nesterov);

/// Gradient descent at a given rate.
///
/// **Method** x ← x − α g, the plain form of torch.optim.SGD.
///
/// ```
/// use extremum::first_order::Sgd;
/// let mut x = [1.0_f64];
/// Sgd::new(0.5).start(1).step(&mut x, &[4.0])?;
/// assert_eq!(x, [-1.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sgd {
    rate: Rate,
}

impl Sgd {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into() }
    }
}

impl Rule for Sgd {
    const NAME: &'static str = "Sgd";
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> f64 {
        now.rate(&self.rate)
    }
    #[inline(always)]
    fn update<V: Number>(rate: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.x = at.x - V::of(*rate) * at.g;
        (at, values)
    }
}

/// Gradient descent with momentum: the heavy ball.
///
/// **Method** b ← μ b + (1 − τ) g, with b = g at the first step; x ← x − α b.
///
/// ```
/// use extremum::first_order::Momentum;
/// let mut x = [0.0_f64];
/// let mut rule = Momentum::new(0.1).momentum(0.5).start(1);
/// rule.step(&mut x, &[1.0])?;
/// rule.step(&mut x, &[1.0])?; // b = 1.5
/// assert!((x[0] + 0.25).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** B. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Comp. Math. 4
/// (1964), eq. 9; in the form and with the defaults of torch.optim.SGD.
#[derive(Clone, Debug)]
pub struct Momentum {
    rate: Rate,
    momentum: f64,
    dampening: f64,
}

impl Momentum {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), momentum: 0.9, dampening: 0.0 }
    }
    /// μ, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// τ, default 0: the share of each gradient after the first that is left out. Range: 0 to 1.
    pub fn dampening(mut self, dampening: f64) -> Self {
        self.dampening = dampening;
        self
    }
}

/// The coefficients of a momentum step.
#[derive(Clone, Copy, Debug)]
pub struct MomentumPlan {
    rate: f64,
    /// μ, 0 at the first step.
    keep: f64,
    /// 1 − τ, 1 at the first step.
    add: f64,
    /// μ for Nesterov's step.
    ahead: f64,
}

impl Rule for Momentum {
    const NAME: &'static str = "Momentum";
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = MomentumPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        let (momentum, dampening) = (self.momentum, self.dampening);
        check_beta("momentum", momentum)?;
        check((0.0..=1.0).contains(&dampening), "dampening", dampening, "0 to 1")
    }
    fn uses(&self, _slot: usize) -> bool {
        self.momentum != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> MomentumPlan {
        let (keep, add) =
            if now.step == 1 { (0.0, 1.0) } else { (self.momentum, 1.0 - self.dampening) };
        MomentumPlan { rate: now.rate(&self.rate), keep, add, ahead: 0.0 }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &MomentumPlan, mut at: Entry<V>, [b]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let b = V::of(plan.keep) * b + V::of(plan.add) * at.g;
        at.x = at.x - V::of(plan.rate) * b;
        (at, [b])
    }
}

/// Gradient descent with Nesterov's momentum.
///
/// **Method** b ← μ b + g, with b = g at the first step; x ← x − α (g + μ b).
///
/// ```
/// use extremum::first_order::Nesterov;
/// let mut x = [0.0_f64];
/// Nesterov::new(0.1).momentum(0.5).start(1).step(&mut x, &[1.0])?;
/// assert!((x[0] + 0.15).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML
/// (2013), eq. 3–4, in the form and with the defaults of torch.optim.SGD.
#[derive(Clone, Debug)]
pub struct Nesterov(Momentum);

impl Nesterov {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self(Momentum::new(rate))
    }
    /// μ, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn momentum(self, momentum: f64) -> Self {
        Self(self.0.momentum(momentum))
    }
}

impl Rule for Nesterov {
    const NAME: &'static str = "Nesterov";
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = MomentumPlan;

    fn check(&self) -> Result<(), Error> {
        self.0.check()
    }
    fn uses(&self, slot: usize) -> bool {
        self.0.uses(slot)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, memory: &mut ()) -> MomentumPlan {
        MomentumPlan { ahead: self.0.momentum, ..self.0.plan(now, memory) }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &MomentumPlan, mut at: Entry<V>, [b]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let b = V::of(plan.keep) * b + V::of(plan.add) * at.g;
        at.x = at.x - V::of(plan.rate) * (at.g + V::of(plan.ahead) * b);
        (at, [b])
    }
}
