//! Lookahead.

use super::solver;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::check;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::{Columns, Slots};

solver!([R: Rule] Lookahead<R>);

/// Lookahead: every k steps, a rule goes back to a point between where it is and where it was k steps before.
///
/// **Method** k steps of a rule from a slow point s, then s ← s + α (x − s) and x ← s. The slow point is the one to
/// use: [`Updater::recommended`](crate::first_order::Updater::recommended).
///
/// ```
/// use extremum::first_order::{Lookahead, Rule, Sgd};
/// let (mut x, mut slow) = ([0.0_f64], [0.0]);
/// let mut rule = Lookahead::new(Sgd::new(1.0)).period(2).start(1);
/// rule.step(&mut x, &[1.0])?;
/// rule.step(&mut x, &[1.0])?; // half the way back from -2
/// assert_eq!(x, [-1.0]);
/// rule.step(&mut x, &[1.0])?;
/// rule.recommended(&x, &mut slow)?;
/// assert_eq!((x, slow), ([-2.0], [-1.0]));
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Zhang, J. Lucas, G. Hinton, J. Ba, "Lookahead optimizer: k steps forward, 1 step back", NeurIPS
/// (2019), algorithm 1.
#[derive(Clone, Debug)]
pub struct Lookahead<R> {
    rule: R,
    period: u64,
    slow_step: f64,
    resets: bool,
}

impl<R> Lookahead<R> {
    /// Lookahead around a rule.
    pub fn new(rule: R) -> Self {
        Self { rule, period: 5, slow_step: 0.5, resets: false }
    }
    /// k, default 5. Range: ≥ 1.
    pub fn period(mut self, steps: u64) -> Self {
        self.period = steps;
        self
    }
    /// α, default 0.5. Range: 0 to 1.
    pub fn slow_step(mut self, step: f64) -> Self {
        self.slow_step = step;
        self
    }
    /// Resets the rule at every slow point: its averages, and its count of steps.
    pub fn reset_state(mut self) -> Self {
        self.resets = true;
        self
    }
}

/// The stored scalars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookaheadMemory<M> {
    rule: M,
    /// The steps that the rule has taken since it started.
    steps: u64,
    /// The gradients since the last slow step.
    gradients: u64,
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct LookaheadPlan<P> {
    rule: P,
    /// α, if a slow step is due.
    slow_step: Option<f64>,
}

impl<R: Rule> Rule for Lookahead<R> {
    const NAME: &'static str = "Lookahead";
    const ROUNDS: usize = R::ROUNDS;
    const SUMS: usize = R::SUMS;
    const NEEDS_COST: bool = R::NEEDS_COST;
    /// Those of the rule, and s.
    type Slots = (R::Slots, Columns<1>);
    type Memory = LookaheadMemory<R::Memory>;
    type Plan = LookaheadPlan<R::Plan>;

    fn check(&self) -> Result<(), Error> {
        check(self.period >= 1, "period", self.period as f64, "at least 1")?;
        check((0.0..=1.0).contains(&self.slow_step), "slow_step", self.slow_step, "0 to 1")?;
        self.rule.check()
    }
    fn uses(&self, slot: usize) -> bool {
        slot >= R::Slots::COUNT || self.rule.uses(slot)
    }
    fn gradients(&self) -> u64 {
        self.rule.gradients()
    }
    fn memory(&self) -> Self::Memory {
        LookaheadMemory { rule: self.rule.memory(), steps: 0, gradients: 0 }
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        (self.rule.first(x), [x])
    }
    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan {
        if self.is_reset(memory) {
            *memory = self.memory();
        }
        memory.steps = memory.steps.saturating_add(1);
        memory.gradients = memory.gradients.saturating_add(1);
        let rule = self.rule.plan(&Now { step: memory.steps, ..*now }, &mut memory.rule);
        let is_due = memory.gradients >= self.period.saturating_mul(self.rule.gradients());
        if is_due {
            memory.gradients = 0;
        }
        LookaheadPlan { rule, slow_step: is_due.then_some(self.slow_step) }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &Self::Plan,
        round: usize,
        at: Entry<V>,
        (values, _): Values<Self, V>,
    ) -> [V; 4] {
        R::survey(&plan.rule, round, at, values)
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
        let now = Now { step: memory.steps, ..*now };
        self.rule.refine(&now, round, sums, &mut plan.rule, &mut memory.rule);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &Self::Plan,
        at: Entry<V>,
        (values, [slow]): Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>) {
        let (mut at, values) = R::update(&plan.rule, at, values);
        let Some(step) = plan.slow_step else {
            return (at, (values, [slow]));
        };
        let reached = slow + V::of(step) * (at.x - slow);
        at.x = reached;
        (at, (values, [reached.or_if_not_finite(slow)]))
    }
    #[inline(always)]
    fn recommended<V: Number>(
        &self,
        _memory: &Self::Memory,
        _x: V,
        (_, [slow]): Values<Self, V>,
    ) -> V {
        slow
    }
    fn curvature_period(&self) -> Option<u64> {
        self.rule.curvature_period()
    }
    #[inline(always)]
    fn curvature<V: Number>(
        &self,
        estimate: V,
        (values, slow): Values<Self, V>,
    ) -> Values<Self, V> {
        (self.rule.curvature(estimate, values), slow)
    }
    fn renews(&self, memory: &Self::Memory) -> bool {
        self.is_reset(memory) || self.rule.renews(&memory.rule)
    }
    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        memory: &Self::Memory,
        x: V,
        (values, slow): Values<Self, V>,
    ) -> Values<Self, V> {
        let values = if self.is_reset(memory) {
            self.rule.first(x)
        } else {
            self.rule.renewed(&memory.rule, x, values)
        };
        (values, slow)
    }
}

impl<R: Rule> Lookahead<R> {
    /// True directly after a slow step, if the rule is reset then.
    fn is_reset(&self, memory: &LookaheadMemory<R::Memory>) -> bool {
        self.resets && memory.gradients == 0
    }
}
