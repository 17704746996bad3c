//! What an update rule is: coefficients once per step, and one formula for every entry.

use std::fmt::Debug;
use std::ops::Range;

use serde::{Serialize, de::DeserializeOwned};

use super::number::{Float, Number};
use super::slots::Slots;
use super::{Chain, FirstOrder, Groups, Updater};
use crate::Error;
use crate::schedule::Rate;

/// Sums over all entries that a rule asks for before it moves; those it does not need are zero.
pub type Sums = [f64; 4];

/// Where a step stands, as rules see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Now {
    /// The number of this step, from 1.
    pub step: u64,
    /// The cost at x, when the caller gave it.
    pub cost: Option<f64>,
    /// The number of entries of this rule's group.
    pub len: usize,
    /// What every rate is multiplied by; 1 unless something reduced it.
    pub factor: f64,
    /// What takes the place of every rate, in a search for the best one.
    pub(crate) rate: Option<f64>,
}

impl Now {
    /// The learning rate of this step.
    pub fn rate(&self, rate: &Rate) -> f64 {
        self.rate_after(rate, self.step - 1)
    }

    /// The learning rate after another number of finished steps, for the rules that count otherwise.
    pub fn rate_after(&self, rate: &Rate, steps: u64) -> f64 {
        self.rate.unwrap_or_else(|| self.factor * rate.at(steps))
    }
}

/// One entry of the problem, or several side by side.
#[derive(Clone, Copy, Debug)]
pub struct Entry<V> {
    /// The gradient.
    pub g: V,
    /// The parameter.
    pub x: V,
    /// The number of the first of them in the whole vector.
    pub index: usize,
}

/// The numbers that a rule remembers of one entry.
pub type Values<R, V> = <<R as Rule>::Slots as Slots>::Values<V>;

/// An update rule, or a link of a [`Chain`].
///
/// A step first [`plan`](Rule::plan)s: all that is the same for every entry. A rule that needs sums (a norm) then has
/// them taken in `ROUNDS` read-only passes, [`survey`](Rule::survey) and [`refine`](Rule::refine). At last
/// [`update`](Rule::update) maps every entry, in one pass for a whole chain. Nothing is written before that pass,
/// so a step that is skipped leaves no trace.
pub trait Rule: Clone + Debug + Send + Sync + 'static {
    /// The name of the method.
    const NAME: &'static str;
    /// True for a link that goes beside a rule and moves nothing by itself: a chain is named after its rule.
    const IS_LINK: bool = false;
    /// The read-only passes that come before the update.
    const ROUNDS: usize = 0;
    /// How many sums a round needs at most: the first so many of each [`survey`](Rule::survey) are taken. Default: all.
    const SUMS: usize = if Self::ROUNDS == 0 { 0 } else { 4 };
    /// True when the rule needs the cost.
    const NEEDS_COST: bool = false;
    /// What is remembered of every entry.
    type Slots: Slots;
    /// What is remembered beside: scalars.
    type Memory: Copy + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What is the same for every entry of a step.
    type Plan: Copy + Debug + Send + Sync;

    /// `Err` when a parameter is out of range.
    ///
    /// # Errors
    /// [`Error::Parameter`] names it.
    fn check(&self) -> Result<(), Error>;

    /// False for a vector of the slots that this configuration has no use for: no room is kept for it.
    fn uses(&self, _slot: usize) -> bool {
        true
    }

    /// How many gradients, each at the x that the one before left, make one step of the method; SAM takes two.
    fn gradients(&self) -> u64 {
        1
    }

    /// The scalars before the first step.
    fn memory(&self) -> Self::Memory;

    /// The remembered numbers of an entry before the first step.
    fn first<V: Number>(&self, x: V) -> Values<Self, V>;

    /// The coefficients of a step.
    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan;

    /// An entry's part of the sums of a round.
    #[inline(always)]
    fn survey<V: Number>(
        _plan: &Self::Plan,
        _round: usize,
        _entry: Entry<V>,
        _values: Values<Self, V>,
    ) -> [V; 4] {
        [V::of(0.0); 4]
    }

    /// True when the sums of a round run over all groups of parameters instead of one group.
    fn is_shared(_round: usize) -> bool {
        false
    }

    /// Takes in the sums of a round.
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        _sums: Sums,
        _plan: &mut Self::Plan,
        _memory: &mut Self::Memory,
    ) {
    }

    /// An entry after the step, with its gradient as the next link of a chain shall see it.
    fn update<V: Number>(
        plan: &Self::Plan,
        entry: Entry<V>,
        values: Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>);

    /// The entry of the point that the method recommends, where that is not x: an average.
    #[inline(always)]
    fn recommended<V: Number>(&self, _memory: &Self::Memory, x: V, _values: Values<Self, V>) -> V {
        x
    }

    /// Every how many steps, from the first, the rule wants to [see](Rule::curvature) the diagonal of the Hessian.
    fn curvature_period(&self) -> Option<u64> {
        None
    }

    /// Takes in an estimate of the Hessian's diagonal entry.
    #[inline(always)]
    fn curvature<V: Number>(&self, _estimate: V, values: Values<Self, V>) -> Values<Self, V> {
        values
    }

    /// True when some of what is remembered of the entries starts anew after the step just taken.
    fn renews(&self, _memory: &Self::Memory) -> bool {
        false
    }

    /// What is remembered of an entry, anew at x; asked for when the rule [renews](Rule::renews).
    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        _memory: &Self::Memory,
        _x: V,
        values: Values<Self, V>,
    ) -> Values<Self, V> {
        values
    }

    /// This link, then `next` on what it leaves.
    fn then<B: Rule>(self, next: B) -> Chain<Self, B> {
        Chain(self, next)
    }

    /// This rule, with `other` for the parameters of a range.
    fn group(self, range: Range<usize>, other: Self) -> Groups<Self> {
        Groups::new(self).group(range, other)
    }

    /// The rule on mini-batches: see [`FirstOrder::batches`].
    fn batches(self, size: usize, seed: u64) -> FirstOrder<Self> {
        FirstOrder::new(self).batches(size, seed)
    }

    /// The rule with a state for n parameters, for gradients of your own.
    fn start<T: Float>(self, n: usize) -> Updater<T, Self> {
        Groups::new(self).start(n)
    }
}
