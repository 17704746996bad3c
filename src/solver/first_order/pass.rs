//! The passes over the entries of a section.
//!
//! A section is halved, and its halves again, down to pieces of at most [`PIECE`] entries; the tree depends on the length
//! alone, so sums along it have the same bits on any number of threads.

use super::number::{Float, Lanes, MOST_LANES, Number};
use super::rule::{Entry, Rule, Sums};
use super::slots::Slots;
use crate::linalg;

/// Entries that are looked at for bad numbers, and then updated while they are in the cache.
const BLOCK: usize = 4096;

/// The most entries that are not halved any more.
const PIECE: usize = 8 * BLOCK;

/// Entries from which on a half is worth handing to another thread: a step then takes some ten times as long as that.
#[cfg(feature = "parallel")]
const SHARED: usize = 4 * PIECE;

/// Where a piece is halved.
fn half(len: usize) -> Option<usize> {
    (len > PIECE).then(|| (len / 2).next_multiple_of(BLOCK))
}

/// Both, on two threads where that pays for so many entries.
fn both<A: Send, B: Send>(
    #[cfg_attr(not(feature = "parallel"), expect(unused_variables))] len: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "parallel")]
    if len >= SHARED && rayon::current_num_threads() > 1 {
        return rayon::join(a, b);
    }
    (a(), b())
}

/// How many blocks there were, and how many of them had to be left as they were, in whole or in part.
#[derive(Clone, Copy, Default)]
pub(super) struct Blocks {
    pub all: usize,
    pub untouched: usize,
    pub damaged: usize,
}

impl Blocks {
    pub fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            untouched: self.untouched + other.untouched,
            damaged: self.damaged + other.damaged,
        }
    }
}

/// Maps all entries.
pub(super) fn update<T: Float, R: Rule>(
    plan: &R::Plan,
    x: &mut [T],
    g: &[T],
    mut slots: <R::Slots as Slots>::Slices<'_, T>,
    offset: usize,
) -> Blocks {
    if let Some(at) = half(x.len()) {
        let len = x.len();
        let (x1, x2) = x.split_at_mut(at);
        let (g1, g2) = g.split_at(at);
        let [s1, s2] = R::Slots::split(slots, at);
        let (a, b) = both(
            len,
            || update::<T, R>(plan, x1, g1, s1, offset),
            || update::<T, R>(plan, x2, g2, s2, offset + at),
        );
        return a.plus(b);
    }
    linalg::wide(
        #[inline(always)]
        || {
            let mut blocks = Blocks::default();
            let n = x.len();
            // Of its own: what is written to x and the slots cannot change it, so coefficients stay in registers.
            let plan = *plan;
            for start in (0..n).step_by(BLOCK) {
                let end = (start + BLOCK).min(n);
                blocks.all += 1;
                if !all_finite(&g[start..end]) {
                    blocks.untouched += 1;
                } else if !update_block::<T, R>(&plan, x, g, &mut slots, offset, start..end) {
                    blocks.damaged += 1;
                }
            }
            blocks
        },
    )
}

/// Maps the entries of a block; false when some of them would not be finite and stayed.
#[inline(always)]
fn update_block<T: Float, R: Rule>(
    plan: &R::Plan,
    x: &mut [T],
    g: &[T],
    slots: &mut <R::Slots as Slots>::Slices<'_, T>,
    offset: usize,
    range: std::ops::Range<usize>,
) -> bool {
    let (mut at, n) = (range.start, range.end);
    let mut bad = [0.0; MOST_LANES];
    let mut rest = T::Lanes::of(0.0);
    while at + T::Lanes::LANES <= n {
        let moved = update_at::<T::Lanes, R>(plan, x, g, slots, offset, at);
        rest = rest + (moved - moved);
        at += T::Lanes::LANES;
    }
    rest.add_to(&mut bad);
    while at < n {
        let moved = update_at::<Lanes<T, 1>, R>(plan, x, g, slots, offset, at);
        (moved - moved).add_to(&mut bad);
        at += 1;
    }
    bad.iter().sum::<f64>() == 0.0
}

/// Maps one entry, or several side by side. Returns what x would be, finite or not.
#[inline(always)]
fn update_at<V: Number, R: Rule>(
    plan: &R::Plan,
    x: &mut [V::Scalar],
    g: &[V::Scalar],
    slots: &mut <R::Slots as Slots>::Slices<'_, V::Scalar>,
    offset: usize,
    at: usize,
) -> V {
    let here = at..at + V::LANES;
    let old = V::load(&x[here.clone()]);
    let entry = Entry { g: V::load(&g[here.clone()]), x: old, index: offset + at };
    let (entry, values) = R::update::<V>(plan, entry, R::Slots::load::<V>(slots, at));
    entry.x.or_if_not_finite(old).store(&mut x[here]);
    R::Slots::store::<V>(values, slots, at);
    entry.x
}

/// The sums of a round over the entries of a section, from `from` to `to`, in f64.
pub(super) fn survey<T: Float, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[T],
    g: &[T],
    slots: &<R::Slots as Slots>::Slices<'_, T>,
    (from, to): (usize, usize),
) -> Sums {
    if let Some(half) = half(to - from) {
        let at = from + half;
        let (a, b) = both(
            to - from,
            || survey::<T, R>(plan, round, x, g, slots, (from, at)),
            || survey::<T, R>(plan, round, x, g, slots, (at, to)),
        );
        return std::array::from_fn(|i| a[i] + b[i]);
    }
    linalg::wide(
        #[inline(always)]
        || {
            let mut lanes = [[0.0; MOST_LANES]; 4];
            let mut at = from;
            while at + T::Lanes::LANES <= to {
                survey_at::<T::Lanes, R>(plan, round, x, g, slots, at, &mut lanes);
                at += T::Lanes::LANES;
            }
            while at < to {
                survey_at::<Lanes<T, 1>, R>(plan, round, x, g, slots, at, &mut lanes);
                at += 1;
            }
            lanes.map(|lanes| lanes.iter().sum())
        },
    )
}

#[inline(always)]
fn survey_at<V: Number, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[V::Scalar],
    g: &[V::Scalar],
    slots: &<R::Slots as Slots>::Slices<'_, V::Scalar>,
    at: usize,
    lanes: &mut [[f64; MOST_LANES]; 4],
) {
    let here = at..at + V::LANES;
    let entry = Entry { g: V::load(&g[here.clone()]), x: V::load(&x[here]), index: at };
    let terms = R::survey::<V>(plan, round, entry, R::Slots::load::<V>(slots, at));
    for (term, lanes) in terms.into_iter().zip(lanes) {
        term.add_to(lanes);
    }
}

/// True when the squares of all entries are finite: then no rule makes anything else of them.
#[inline(always)]
fn all_finite<T: Float>(g: &[T]) -> bool {
    let mut bad = [0.0; MOST_LANES];
    let mut at = 0;
    // 0 · g² is zero, or NaN.
    let zero = T::Lanes::of(0.0);
    let mut lanes = zero;
    while at + T::Lanes::LANES <= g.len() {
        lanes = lanes + zero * T::Lanes::load(&g[at..at + T::Lanes::LANES]).squared();
        at += T::Lanes::LANES;
    }
    lanes.add_to(&mut bad);
    for g in &g[at..] {
        bad[0] += 0.0 * g.mul(*g).f64();
    }
    bad.iter().sum::<f64>() == 0.0
}
