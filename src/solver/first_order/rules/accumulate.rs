//! One step of a rule for k gradients: large batches in small parts.

use super::solver;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::check;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::{Columns, Slots};

solver!([R: Rule] Accumulate<R>);

/// Accumulates gradients: a rule steps once for k gradients, with their mean or their sum. x does not change in
/// between, and the rule counts its own steps.
///
/// **Method** ḡ = (g₁ + … + gₖ)/k, then a step of the rule with ḡ.
///
/// ```
/// use extremum::first_order::{Accumulate, Rule, Sgd};
/// let mut x = [0.0_f64];
/// let mut rule = Accumulate::new(2, Sgd::new(1.0)).start(1);
/// rule.step(&mut x, &[1.0])?;
/// assert_eq!(x, [0.0]);
/// rule.step(&mut x, &[3.0])?;
/// assert_eq!(x, [-2.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Accumulate<R> {
    gradients: u64,
    rule: R,
    sums: bool,
}

impl<R> Accumulate<R> {
    /// A rule that steps once for k ≥ 1 gradients.
    pub fn new(gradients: u64, rule: R) -> Self {
        Self { gradients, rule, sums: false }
    }
    /// Takes the sum in place of the mean, also of the costs.
    pub fn sum(mut self) -> Self {
        self.sums = true;
        self
    }
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccumulateMemory<M> {
    rule: M,
    /// The steps that the rule has taken.
    steps: u64,
    /// The gradients since the last step.
    gradients: u64,
    /// The mean, or the sum, of the costs.
    cost: f64,
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AccumulatePlan<P> {
    /// The factor of the previous gradients.
    keep: f64,
    /// The factor of this gradient.
    add: f64,
    /// The step of the rule, if it is due.
    rule: Option<P>,
}

impl<P> AccumulatePlan<P> {
    #[inline(always)]
    fn gathered<V: Number>(&self, before: V, g: V) -> V {
        V::of(self.keep) * before + V::of(self.add) * g
    }
}

impl<R: Rule> Rule for Accumulate<R> {
    const NAME: &'static str = "Accumulate";
    const ROUNDS: usize = R::ROUNDS;
    const SUMS: usize = R::SUMS;
    const NEEDS_COST: bool = R::NEEDS_COST;
    /// Those of the rule, and the mean or sum of the gradients.
    type Slots = (R::Slots, Columns<1>);
    type Memory = AccumulateMemory<R::Memory>;
    type Plan = AccumulatePlan<R::Plan>;

    fn check(&self) -> Result<(), Error> {
        check(self.gradients >= 1, "gradients", self.gradients as f64, "at least 1")?;
        self.rule.check()
    }
    fn uses(&self, slot: usize) -> bool {
        slot >= R::Slots::COUNT || self.rule.uses(slot)
    }
    fn gradients(&self) -> u64 {
        self.rule.gradients()
    }
    fn memory(&self) -> Self::Memory {
        AccumulateMemory { rule: self.rule.memory(), steps: 0, gradients: 0, cost: 0.0 }
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        (self.rule.first(x), [V::of(0.0)])
    }
    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan {
        let before = memory.gradients as f64;
        let (keep, add) = match (memory.gradients, self.sums) {
            (0, _) => (0.0, 1.0),
            (_, true) => (1.0, 1.0),
            (_, false) => (before / (before + 1.0), 1.0 / (before + 1.0)),
        };
        memory.cost = keep * memory.cost + add * now.cost.unwrap_or(0.0);
        memory.gradients = memory.gradients.saturating_add(1);
        if memory.gradients < self.gradients {
            return AccumulatePlan { keep, add, rule: None };
        }
        memory.gradients = 0;
        memory.steps = memory.steps.saturating_add(1);
        let now = Self::inner(now, memory);
        AccumulatePlan { keep, add, rule: Some(self.rule.plan(&now, &mut memory.rule)) }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &Self::Plan,
        round: usize,
        mut at: Entry<V>,
        (values, [before]): Values<Self, V>,
    ) -> [V; 4] {
        at.g = plan.gathered(before, at.g);
        match &plan.rule {
            Some(rule) => R::survey(rule, round, at, values),
            None => [V::of(0.0); 4],
        }
    }
    fn is_shared(round: usize) -> bool {
        R::is_shared(round)
    }
    fn refine(
        &self,
        now: &Now,
        round: usize,
        sums: Sums,
        plan: &mut Self::Plan,
        memory: &mut Self::Memory,
    ) {
        if let Some(rule) = &mut plan.rule {
            let now = Self::inner(now, memory);
            self.rule.refine(&now, round, sums, rule, &mut memory.rule);
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &Self::Plan,
        mut at: Entry<V>,
        (values, [before]): Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>) {
        let gathered = plan.gathered(before, at.g);
        let Some(rule) = &plan.rule else {
            return (at, (values, [gathered]));
        };
        at.g = gathered;
        let (at, values) = R::update(rule, at, values);
        (at, (values, [gathered]))
    }
    #[inline(always)]
    fn recommended<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (values, _): Values<Self, V>,
    ) -> V {
        self.rule.recommended(&memory.rule, x, values)
    }
    fn curvature_period(&self) -> Option<u64> {
        self.rule.curvature_period().map(|period| period.saturating_mul(self.gradients))
    }
    #[inline(always)]
    fn curvature<V: Number>(
        &self,
        estimate: V,
        (values, gathered): Values<Self, V>,
    ) -> Values<Self, V> {
        (self.rule.curvature(estimate, values), gathered)
    }
    fn renews(&self, memory: &Self::Memory) -> bool {
        memory.gradients == 0 && self.rule.renews(&memory.rule)
    }
    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (values, gathered): Values<Self, V>,
    ) -> Values<Self, V> {
        (self.rule.renewed(&memory.rule, x, values), gathered)
    }
}

impl<R: Rule> Accumulate<R> {
    /// The step as the rule counts it.
    fn inner(now: &Now, memory: &AccumulateMemory<R::Memory>) -> Now {
        Now { step: memory.steps, cost: now.cost.map(|_| memory.cost), ..*now }
    }
}
