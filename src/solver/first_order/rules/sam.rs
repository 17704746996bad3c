//! Sharpness-aware minimization.

use serde::{Deserialize, Serialize};

use super::{check_size, solver};
use crate::Error;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::{Columns, Slots};

solver!([R: Rule] Sam<R>);

/// Sharpness-aware minimization (SAM), for minima in flat valleys: a rule with the gradient of the point at distance ρ
/// that is the highest to first order.
///
/// **Method** Two gradients a step: with the first x ← x + ρ g/‖g‖, with the second a step of a rule from where x was
/// before. The first of two calls goes up, and leaves x there for the next gradient; the second goes back and lets the
/// rule step. [`Updater::recommended`](crate::first_order::Updater::recommended) is the lower point at any time. The
/// norm is that of all [groups](Rule::group). Chain an average of the points to the inner rule, not to `Sam`.
///
/// ```
/// use extremum::first_order::{Rule, Sam, Sgd};
/// let mut x = [2.0_f64]; // ½x²
/// let mut rule = Sam::new(0.5, Sgd::new(0.1)).start(1);
/// rule.step(&mut x, &[2.0])?;
/// assert_eq!(x, [2.5]);
/// rule.step(&mut x, &[2.5])?;
/// assert_eq!(x, [1.75]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur, "Sharpness-aware minimization for efficiently
/// improving generalization", ICLR (2021), algorithm 1 and eq. 2.
#[derive(Clone, Debug)]
pub struct Sam<R> {
    radius: f64,
    rule: R,
}

impl<R> Sam<R> {
    /// With a radius ρ ≥ 0 around a rule; 0.05 is common.
    pub fn new(radius: f64, rule: R) -> Self {
        Self { radius, rule }
    }
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamMemory<M> {
    rule: M,
    /// The steps that the rule has taken.
    steps: u64,
    /// True when x is the upper point.
    is_up: bool,
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct SamPlan<P> {
    /// ρ/‖g‖
    climb: f64,
    /// The step of the rule, if it is due.
    rule: Option<P>,
}

impl<R: Rule> Rule for Sam<R> {
    const NAME: &'static str = "Sam";
    const ROUNDS: usize = 1 + R::ROUNDS;
    const SUMS: usize = if R::SUMS > 1 { R::SUMS } else { 1 };
    const NEEDS_COST: bool = R::NEEDS_COST;
    /// Those of the rule, and x before it went up.
    type Slots = (R::Slots, Columns<1>);
    type Memory = SamMemory<R::Memory>;
    type Plan = SamPlan<R::Plan>;

    fn check(&self) -> Result<(), Error> {
        check_size("radius", self.radius)?;
        self.rule.check()
    }
    fn uses(&self, slot: usize) -> bool {
        slot >= R::Slots::COUNT || self.rule.uses(slot)
    }
    fn gradients(&self) -> u64 {
        self.rule.gradients().saturating_mul(2)
    }
    fn memory(&self) -> Self::Memory {
        SamMemory { rule: self.rule.memory(), steps: 0, is_up: false }
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        (self.rule.first(x), [x])
    }
    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan {
        memory.is_up = !memory.is_up;
        if memory.is_up {
            return SamPlan { climb: 0.0, rule: None };
        }
        memory.steps = memory.steps.saturating_add(1);
        let now = Now { step: memory.steps, ..*now };
        SamPlan { climb: 0.0, rule: Some(self.rule.plan(&now, &mut memory.rule)) }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &Self::Plan,
        round: usize,
        at: Entry<V>,
        (values, [below]): Values<Self, V>,
    ) -> [V; 4] {
        let zero = V::of(0.0);
        match (round, &plan.rule) {
            // Also on the way back: a gradient that is not finite then skips the whole step.
            (0, _) => [at.g.squared(), zero, zero, zero],
            (_, Some(rule)) => R::survey(rule, round - 1, Entry { x: below, ..at }, values),
            (_, None) => [zero; 4],
        }
    }
    fn is_shared(round: usize) -> bool {
        round == 0 || R::is_shared(round - 1)
    }
    fn refine(
        &self,
        now: &Now,
        round: usize,
        sums: Sums,
        plan: &mut Self::Plan,
        memory: &mut Self::Memory,
    ) {
        if round == 0 {
            let norm = sums[0].sqrt();
            plan.climb = if norm > 0.0 { self.radius / norm } else { 0.0 };
        } else if let Some(rule) = &mut plan.rule {
            let now = Now { step: memory.steps, ..*now };
            self.rule.refine(&now, round - 1, sums, rule, &mut memory.rule);
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &Self::Plan,
        mut at: Entry<V>,
        (values, [below]): Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>) {
        if let Some(rule) = &plan.rule {
            let (at, values) = R::update(rule, Entry { x: below, ..at }, values);
            return (at, (values, [below]));
        }
        let below = at.x;
        at.x = at.x + V::of(plan.climb) * at.g;
        (at, (values, [below]))
    }
    #[inline(always)]
    fn recommended<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (values, [below]): Values<Self, V>,
    ) -> V {
        self.rule.recommended(&memory.rule, if memory.is_up { below } else { x }, values)
    }
    fn curvature_period(&self) -> Option<u64> {
        self.rule.curvature_period().map(|period| period.saturating_mul(2))
    }
    #[inline(always)]
    fn curvature<V: Number>(
        &self,
        estimate: V,
        (values, below): Values<Self, V>,
    ) -> Values<Self, V> {
        (self.rule.curvature(estimate, values), below)
    }
    fn renews(&self, memory: &Self::Memory) -> bool {
        !memory.is_up && self.rule.renews(&memory.rule)
    }
    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (values, below): Values<Self, V>,
    ) -> Values<Self, V> {
        (self.rule.renewed(&memory.rule, x, values), below)
    }
}
