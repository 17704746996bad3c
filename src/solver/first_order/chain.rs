//! Chains of links.

use super::number::Number;
use super::rule::{Entry, Now, Rule, Sums, Values};
use super::slots::Slots;
use crate::Error;

/// A chain of two links, made by [`Rule::then`]: the second sees the gradient and the parameter that the first leaves.
/// Chains of any number of links run in one pass over memory.
///
/// ```
/// use extremum::first_order::{Adam, ClipNorm, Decay, Rule};
/// let mut rule = ClipNorm::new(1.0).then(Decay::l2(0.01)).then(Adam::new(0.1)).start(2);
/// let mut x = [3.0_f64, -4.0];
/// rule.step(&mut x, &[30.0, -40.0])?;
/// assert!((x[0] - 2.9).abs() < 1e-6 && (x[1] + 3.9).abs() < 1e-6); // Adam's first step has the size of the rate
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chain<A, B>(pub(super) A, pub(super) B);

impl<A: Rule, B: Rule> Rule for Chain<A, B> {
    const NAME: &'static str = if B::IS_LINK { A::NAME } else { B::NAME };
    const IS_LINK: bool = A::IS_LINK && B::IS_LINK;
    const ROUNDS: usize = A::ROUNDS + B::ROUNDS;
    const SUMS: usize = if A::SUMS > B::SUMS { A::SUMS } else { B::SUMS };
    const NEEDS_COST: bool = A::NEEDS_COST || B::NEEDS_COST;
    type Slots = (A::Slots, B::Slots);
    type Memory = (A::Memory, B::Memory);
    type Plan = (A::Plan, B::Plan);

    fn check(&self) -> Result<(), Error> {
        self.0.check()?;
        self.1.check()
    }

    fn uses(&self, slot: usize) -> bool {
        match slot.checked_sub(A::Slots::COUNT) {
            None => self.0.uses(slot),
            Some(slot) => self.1.uses(slot),
        }
    }

    fn gradients(&self) -> u64 {
        self.0.gradients().max(self.1.gradients())
    }

    fn memory(&self) -> Self::Memory {
        (self.0.memory(), self.1.memory())
    }

    #[inline(always)]
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        (self.0.first(x), self.1.first(x))
    }

    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan {
        (self.0.plan(now, &mut memory.0), self.1.plan(now, &mut memory.1))
    }

    #[inline(always)]
    fn survey<V: Number>(
        plan: &Self::Plan,
        round: usize,
        entry: Entry<V>,
        values: Values<Self, V>,
    ) -> [V; 4] {
        if round < A::ROUNDS {
            A::survey(&plan.0, round, entry, values.0)
        } else {
            let (entry, _) = A::update(&plan.0, entry, values.0);
            B::survey(&plan.1, round - A::ROUNDS, entry, values.1)
        }
    }

    fn is_shared(round: usize) -> bool {
        if round < A::ROUNDS { A::is_shared(round) } else { B::is_shared(round - A::ROUNDS) }
    }

    fn refine(
        &self,
        now: &Now,
        round: usize,
        sums: Sums,
        plan: &mut Self::Plan,
        memory: &mut Self::Memory,
    ) {
        if round < A::ROUNDS {
            self.0.refine(now, round, sums, &mut plan.0, &mut memory.0);
        } else {
            self.1.refine(now, round - A::ROUNDS, sums, &mut plan.1, &mut memory.1);
        }
    }

    #[inline(always)]
    fn update<V: Number>(
        plan: &Self::Plan,
        entry: Entry<V>,
        values: Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>) {
        let (entry, a) = A::update(&plan.0, entry, values.0);
        let (entry, b) = B::update(&plan.1, entry, values.1);
        (entry, (a, b))
    }

    #[inline(always)]
    fn recommended<V: Number>(&self, memory: &Self::Memory, x: V, values: Values<Self, V>) -> V {
        let x = self.0.recommended(&memory.0, x, values.0);
        self.1.recommended(&memory.1, x, values.1)
    }

    fn curvature_period(&self) -> Option<u64> {
        self.0.curvature_period().or(self.1.curvature_period())
    }

    #[inline(always)]
    fn curvature<V: Number>(&self, estimate: V, values: Values<Self, V>) -> Values<Self, V> {
        (self.0.curvature(estimate, values.0), self.1.curvature(estimate, values.1))
    }

    fn renews(&self, memory: &Self::Memory) -> bool {
        self.0.renews(&memory.0) || self.1.renews(&memory.1)
    }

    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (a, b): Values<Self, V>,
    ) -> Values<Self, V> {
        (
            if self.0.renews(&memory.0) { self.0.renewed(&memory.0, x, a) } else { a },
            if self.1.renews(&memory.1) { self.1.renewed(&memory.1, x, b) } else { b },
        )
    }
}
