//! MADGRAD.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Madgrad);

/// MADGRAD: dual averages of all gradients, divided by the cube root of the sum of their squares.
///
/// **Method** L = α + ε, w = L √t, G ← G + w g², s ← s + w g, z = x₀ − s/(∛G + ε), x ← c x + (1 − c) z − L λ x. A rate
/// of 0 moves nothing.
///
/// ```
/// use extremum::first_order::Madgrad;
/// let mut x = [0.0_f64];
/// Madgrad::new(1.0).momentum(0.5).epsilon(0.0).start(1).step(&mut x, &[8.0])?; // z = −8/∛64
/// assert!((x[0] + 1.0).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, S. Jelassi, "Adaptivity without compromise: a momentumized, adaptive, dual averaged
/// gradient method for stochastic optimization", JMLR 23 (2022), algorithm 1, with the ε in the rate and the defaults
/// of the authors' code; the decay λ is that of pytorch_optimizer.
#[derive(Clone, Debug)]
pub struct Madgrad {
    rate: Rate,
    momentum: f64,
    epsilon: f64,
    decay: f64,
}

impl Madgrad {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), momentum: 0.9, epsilon: 1e-6, decay: 0.0 }
    }
    /// c, default 0.9. Range: 0 to 1, 1 excluded. With 0, x₀ is not stored but computed from x, G and s.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// ε, default 1e-6. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// λ, default 0. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct MadgradPlan {
    /// w
    weight: f64,
    /// c − L λ
    keep: f64,
    /// 1 − c
    add: f64,
    epsilon: f64,
    /// Whether x₀ is stored.
    has_origin: bool,
}

impl MadgradPlan {
    /// s/(∛G + ε); 0 where all gradients were 0.
    #[inline(always)]
    fn average<V: Number>(&self, squares: V, sum: V) -> V {
        let (root, zero) = (squares.each(|_, g2| g2.cbrt()) + V::of(self.epsilon), V::of(0.0));
        zero.less(root, sum / root, zero)
    }
}

impl Rule for Madgrad {
    const NAME: &'static str = "Madgrad";
    /// G, s and x₀.
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = MadgradPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("momentum", self.momentum)?;
        check_size("epsilon", self.epsilon)?;
        check_size("decay", self.decay)
    }
    fn uses(&self, slot: usize) -> bool {
        slot < 2 || self.momentum != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [V::of(0.0), V::of(0.0), x]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> MadgradPlan {
        let rate = now.rate(&self.rate);
        let rate = if rate == 0.0 { 0.0 } else { rate + self.epsilon };
        MadgradPlan {
            weight: rate * (now.step as f64).sqrt(),
            keep: self.momentum - rate * self.decay,
            add: 1.0 - self.momentum,
            epsilon: self.epsilon,
            has_origin: self.momentum != 0.0,
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &MadgradPlan,
        mut at: Entry<V>,
        [squares, sum, origin]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let x0 = if plan.has_origin { origin } else { at.x + plan.average(squares, sum) };
        let squares = squares + V::of(plan.weight) * at.g.squared();
        let sum = sum + V::of(plan.weight) * at.g;
        let z = x0 - plan.average(squares, sum);
        at.x = V::of(plan.keep) * at.x + V::of(plan.add) * z;
        (at, [squares, sum, origin])
    }
}
