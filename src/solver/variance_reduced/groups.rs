//! Groups of terms, drawn at random.

use serde::{Deserialize, Serialize};

use crate::batches::{below, generator};
use crate::{Batches, Error, Random};

/// The stream of the draws, beyond those of any epoch of [`Batches`].
const DRAWS: u64 = u64::MAX;

/// N terms divided at random into G = ⌈N/b⌉ groups, whose sizes differ by at most one.
///
/// The methods treat each group as one term: with F_k = w_k (1/|k|) Σ_{i in k} f_i and w_k = |k| G/N, the cost is
/// (1/G) Σ F_k, and everything that is proved for N terms and uniform draws with replacement holds for G groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermGroups {
    random: Random,
    order: Vec<usize>,
    count: usize,
    /// The group that was drawn for the step in progress.
    drawn: Option<usize>,
}

/// One group: the indices of its terms and its weight w.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    pub batch: &'a [usize],
    pub weight: f64,
}

impl TermGroups {
    pub fn new(terms: usize, size: usize, seed: u64) -> Result<Self, Error> {
        let order = Batches::new(terms, size, seed)?.into_order();
        let count = terms.div_ceil(size);
        Ok(Self { random: generator(seed, DRAWS), order, count, drawn: None })
    }

    /// The number G of groups.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Draws a group with equal probabilities, once for each step: the same group until [`done`](Self::done).
    pub fn draw(&mut self) -> usize {
        let Self { random, count, drawn, .. } = self;
        *drawn.get_or_insert_with(|| below(*count as u64, random) as usize)
    }

    /// Ends the step that the group was drawn for.
    pub fn done(&mut self) {
        self.drawn = None;
    }

    /// A uniform integer in 0, ..., bound.
    pub fn up_to(&mut self, bound: usize) -> usize {
        below((bound as u64).saturating_add(1), &mut self.random) as usize
    }

    /// Group k; the larger ones come first.
    pub fn get(&self, k: usize) -> Group<'_> {
        let terms = self.order.len();
        let (size, larger) = (terms / self.count, terms % self.count);
        let start = |k: usize| k * size + k.min(larger);
        let batch = &self.order[start(k)..start(k + 1)];
        Group { batch, weight: batch.len() as f64 * self.count as f64 / terms as f64 }
    }

    /// True when a loaded state has the terms and the seed of a fresh one.
    pub fn fits(&self, fresh: &Self) -> bool {
        self.order == fresh.order
            && self.count == fresh.count
            && self.drawn.is_none_or(|k| k < self.count)
            && self.random.has_the_stream_of(&fresh.random)
    }
}
