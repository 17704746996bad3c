//! Update rules: coefficients once per step, and one formula for every component.

use std::fmt::Debug;
use std::ops::Range;

use serde::{Serialize, de::DeserializeOwned};

use super::number::{Float, Number};
use super::slots::Slots;
use super::{Chain, FirstOrder, Groups, Updater};
use crate::Error;
use crate::schedule::Rate;

/// Sums over all components that a rule needs before it moves; the ones that it does not need are zero.
pub type Sums = [f64; 4];

/// What rules know about the current step.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Now {
    /// The number of this step, from 1.
    pub step: u64,
    /// The cost at x, if the caller gave it.
    pub cost: Option<f64>,
    /// The number of components in this rule's group.
    pub len: usize,
    /// What every rate is multiplied by: 1 unless a plateau, for example, reduced it.
    pub factor: f64,
    /// A rate that replaces every rate, in a search for the best one.
    pub(crate) rate: Option<f64>,
}

impl Now {
    /// The learning rate of this step.
    pub fn rate(&self, rate: &Rate) -> f64 {
        self.rate_after(rate, self.step - 1)
    }

    /// The learning rate after another number of finished steps, for rules that count differently.
    pub fn rate_after(&self, rate: &Rate, steps: u64) -> f64 {
        self.rate.unwrap_or_else(|| self.factor * rate.at(steps))
    }
}

/// One component of the problem, or several side by side.
#[derive(Clone, Copy, Debug)]
pub struct Entry<V> {
    /// The gradient.
    pub g: V,
    /// The parameter.
    pub x: V,
    /// The index of the first of them in the whole vector.
    pub index: usize,
}

/// The numbers that a rule stores for one component.
pub type Values<R, V> = <<R as Rule>::Slots as Slots>::Values<V>;

/// An update rule, or a link of a [`Chain`].
///
/// A step begins with [`plan`](Rule::plan), which computes what is the same for every component. If the rule needs sums
/// (a norm), `ROUNDS` read-only passes follow, each with [`survey`](Rule::survey) and [`refine`](Rule::refine). Then
/// [`update`](Rule::update) maps every component, in one pass for a whole chain. Nothing is written before that pass,
/// so a skipped step changes nothing.
pub trait Rule: Clone + Debug + Send + Sync + 'static {
    /// The name of the method.
    const NAME: &'static str;
    /// True for a link that goes with a rule and moves nothing by itself: a chain has the name of its rule.
    const IS_LINK: bool = false;
    /// The number of read-only passes before the update.
    const ROUNDS: usize = 0;
    /// How many sums a round needs at most: that many of each [`survey`](Rule::survey), from the first. Default: all.
    const SUMS: usize = if Self::ROUNDS == 0 { 0 } else { 4 };
    /// True when the rule needs the cost.
    const NEEDS_COST: bool = false;
    /// What is stored for every component.
    type Slots: Slots;
    /// The scalars that are stored in addition.
    type Memory: Copy + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What is the same for every component in a step.
    type Plan: Copy + Debug + Send + Sync;

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the parameter that is out of range.
    fn check(&self) -> Result<(), Error>;

    /// False for a vector of the slots that this configuration does not use: no memory is allocated for it.
    fn uses(&self, _slot: usize) -> bool {
        true
    }

    /// How many gradients make one step of the method, each at the x that the previous one left; two for SAM.
    fn gradients(&self) -> u64 {
        1
    }

    /// The scalars before the first step.
    fn memory(&self) -> Self::Memory;

    /// The stored numbers of a component before the first step.
    fn first<V: Number>(&self, x: V) -> Values<Self, V>;

    /// The coefficients of a step.
    fn plan(&self, now: &Now, memory: &mut Self::Memory) -> Self::Plan;

    /// The contribution of a component to the sums of a round.
    #[inline(always)]
    fn survey<V: Number>(
        _plan: &Self::Plan,
        _round: usize,
        _entry: Entry<V>,
        _values: Values<Self, V>,
    ) -> [V; 4] {
        [V::of(0.0); 4]
    }

    /// True if the sums of a round run over all groups of parameters instead of one group.
    fn is_shared(_round: usize) -> bool {
        false
    }

    /// Uses the sums of a round.
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        _sums: Sums,
        _plan: &mut Self::Plan,
        _memory: &mut Self::Memory,
    ) {
    }

    /// A component after the step, with the gradient that the next link of a chain sees.
    fn update<V: Number>(
        plan: &Self::Plan,
        entry: Entry<V>,
        values: Values<Self, V>,
    ) -> (Entry<V>, Values<Self, V>);

    /// The component of the point that the method recommends, if that is not x: an average.
    #[inline(always)]
    fn recommended<V: Number>(&self, _memory: &Self::Memory, x: V, _values: Values<Self, V>) -> V {
        x
    }

    /// The number of steps, from the first, after which the rule needs the diagonal of the Hessian
    /// [again](Rule::curvature).
    fn curvature_period(&self) -> Option<u64> {
        None
    }

    /// Uses an estimate of a component of the Hessian's diagonal.
    #[inline(always)]
    fn curvature<V: Number>(&self, _estimate: V, values: Values<Self, V>) -> Values<Self, V> {
        values
    }

    /// True if some of the stored numbers start anew after the step just taken.
    fn renews(&self, _memory: &Self::Memory) -> bool {
        false
    }

    /// The stored numbers of a component, anew at x; called when the rule [renews](Rule::renews).
    #[inline(always)]
    fn renewed<V: Number>(
        &self,
        _memory: &Self::Memory,
        _x: V,
        values: Values<Self, V>,
    ) -> Values<Self, V> {
        values
    }

    /// A chain of this link and then `next`, which sees the gradient and the parameters that this link leaves.
    fn then<B: Rule>(self, next: B) -> Chain<Self, B> {
        Chain(self, next)
    }

    /// Groups of this rule, and `other` for the parameters of a range.
    fn group(self, range: Range<usize>, other: Self) -> Groups<Self> {
        Groups::new(self).group(range, other)
    }

    /// A solver with this rule on mini-batches: see [`FirstOrder::batches`].
    fn batches(self, size: usize, seed: u64) -> FirstOrder<Self> {
        FirstOrder::new(self).batches(size, seed)
    }

    /// An updater with this rule for n parameters, for gradients that you compute.
    fn start<T: Float>(self, n: usize) -> Updater<T, Self> {
        Groups::new(self).start(n)
    }
}
