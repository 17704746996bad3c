//! Mini-batches without replacement.
//!
//! ```text
//! epoch e:  order = a random permutation of 0, ..., N - 1, from (seed, e) alone
//!           batch k = order[k b .. min((k + 1) b, N)],  k = 0, ..., ⌈N/b⌉ - 1
//! ```
//!
//! The permutation is Durstenfeld's shuffle (R. Durstenfeld, "Algorithm 235: Random permutation", Communications of the
//! ACM 7(7), 1964, p. 420). The generator is ChaCha with 8 rounds, its key the seed (eight bytes, little-endian, then
//! zeros), its stream the epoch. Integers below a bound are drawn from its 64-bit numbers as in D. Lemire, "Fast random
//! integer generation in an interval", ACM Transactions on Modeling and Computer Simulation 29(1), 2019, article 3,
//! algorithm 5. All of it is fixed here, so the batches of a seed are the same in every version.

use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Error, Random};

/// Batches of the terms of a sum: each term once per epoch, in an order that is new in every epoch.
///
/// The last batch of an epoch is what is left, so it may be smaller. The same seed gives the same batches, also when the
/// state is saved in the middle of an epoch and restored elsewhere. Nothing is allocated after [`new`](Self::new).
///
/// ```
/// use extremum::Batches;
/// let mut batches = Batches::new(10, 4, 7)?;
/// assert_eq!(batches.batches_per_epoch(), 3);
/// let mut drawn: Vec<usize> = (0..3).flat_map(|_| batches.draw().to_vec()).collect();
/// assert!(batches.is_epoch_end() && batches.current().len() == 2);
/// drawn.sort();
/// assert_eq!(drawn, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batches {
    seed: u64,
    size: usize,
    /// The epoch whose permutation is `order`.
    epoch: u64,
    /// Batches drawn in it.
    drawn: usize,
    order: Vec<usize>,
}

impl Batches {
    /// Batches of `size` of the `terms` indices 0, 1, ..., none drawn yet.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no terms or too many for memory, or when the size is 0 or above their number.
    pub fn new(terms: usize, size: usize, seed: u64) -> Result<Self, Error> {
        check(terms >= 1, "terms", terms as f64, "at least 1")?;
        let in_range = (1..=terms).contains(&size);
        check(in_range, "batch size", size as f64, "at least 1 and at most the number of terms")?;
        crate::memory::check_length::<usize>("terms", terms)?;
        let mut batches = Self { seed, size, epoch: 0, drawn: 0, order: vec![0; terms] };
        batches.shuffle();
        Ok(batches)
    }

    /// The next batch; after the last one of an epoch, the first one of the next epoch.
    pub fn draw(&mut self) -> &[usize] {
        if self.drawn >= self.batches_per_epoch() {
            self.epoch = self.epoch.wrapping_add(1);
            self.drawn = 0;
            self.shuffle();
        }
        self.drawn += 1;
        self.current()
    }

    /// The batch last drawn; empty before the first.
    pub fn current(&self) -> &[usize] {
        let start = self.drawn.saturating_sub(1).saturating_mul(self.size);
        self.order.get(start..self.position()).unwrap_or(&[])
    }

    /// The number N of terms.
    pub fn terms(&self) -> usize {
        self.order.len()
    }

    /// Batches in one epoch, ⌈N/b⌉.
    pub fn batches_per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.size.max(1))
    }

    /// Terms drawn in the epoch of the batch last drawn, 0 to N.
    pub fn position(&self) -> usize {
        self.drawn.saturating_mul(self.size).min(self.order.len())
    }

    /// True when the batch last drawn was the last one of its epoch.
    pub fn is_epoch_end(&self) -> bool {
        self.position() == self.order.len()
    }

    /// The number of epochs of which every batch was drawn.
    pub fn epoch(&self) -> u64 {
        self.epoch.saturating_add(u64::from(self.is_epoch_end()))
    }

    /// False for a state that no sequence of draws leads to: that of damaged or hostile bytes. Such a state still gives
    /// batches and does not panic, but they may miss terms. Allocates a copy.
    pub fn is_valid(&self) -> bool {
        let mut expected = self.clone();
        expected.shuffle();
        (1..=self.terms()).contains(&self.size)
            && self.drawn <= self.batches_per_epoch()
            && (self.drawn > 0 || self.epoch == 0)
            && self.epoch < u64::MAX / 2
            && self.order == expected.order
    }

    /// True for batches of the same terms, size and seed.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        (self.terms(), self.size, self.seed) == (other.terms(), other.size, other.seed)
    }

    /// The current permutation.
    pub(crate) fn into_order(self) -> Vec<usize> {
        self.order
    }

    /// Writes the permutation of the epoch.
    fn shuffle(&mut self) {
        let mut random = generator(self.seed, self.epoch);
        for (i, entry) in self.order.iter_mut().enumerate() {
            *entry = i;
        }
        for i in (1..self.order.len()).rev() {
            self.order.swap(i, below(i as u64 + 1, &mut random) as usize);
        }
    }
}

/// The generator of a seed and a stream.
pub(crate) fn generator(seed: u64, stream: u64) -> Random {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    Random::of_key(key).stream(stream)
}

/// A uniform integer in 0, ..., bound - 1: the upper half of bound · u for a 64-bit u, where the 2⁶⁴ mod bound smallest
/// lower halves are rejected.
pub(crate) fn below(bound: u64, random: &mut Random) -> u64 {
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.bits()) * u128::from(bound);
        if product as u64 >= rejected {
            return (product >> 64) as u64;
        }
    }
}
