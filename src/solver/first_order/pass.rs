//! The passes over the components of a section.
//!
//! A section is halved recursively, down to pieces of at most [`PIECE`] components. The tree depends only on the
//! length, so sums along it have the same bits on any number of threads.

use std::ops::Range;

use super::number::{Float, Lanes, MOST_LANES, Number};
use super::rule::{Entry, Rule, Sums};
use super::slots::Slots;
use crate::linalg;

/// Components that are checked for values that are not finite, and then updated while they are in the cache.
const BLOCK: usize = 4096;

/// The most components that are not halved any more. A thread that wakes up late still finds work.
const PIECE: usize = 4 * BLOCK;

/// The length from which a section is worth waking other threads: a step then takes about ten times as long as waking
/// them.
const SHARED: usize = 32 * BLOCK;

/// Where a section is halved.
fn half(len: usize) -> Option<usize> {
    (len > PIECE).then(|| (len / 2).next_multiple_of(BLOCK))
}

/// Runs both, on two threads if they may be shared. Takes pointers, so that it is compiled once and not for every rule.
fn join(
    #[cfg_attr(not(feature = "parallel"), expect(unused_variables))] is_shared: bool,
    a: &mut (dyn FnMut() + Send),
    b: &mut (dyn FnMut() + Send),
) {
    #[cfg(feature = "parallel")]
    if is_shared && rayon::current_num_threads() > 1 {
        rayon::join(a, b);
        return;
    }
    a();
    b();
}

/// The number of blocks, and of those left unchanged, in whole or in part.
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

/// Maps all components of a section that begins at `offset`.
pub(super) fn update<T: Float, R: Rule>(
    plan: &R::Plan,
    x: &mut [T],
    g: &[T],
    slots: <R::Slots as Slots>::Slices<'_, T>,
    offset: usize,
) -> Blocks {
    let is_shared = x.len() >= SHARED;
    update_part::<T, R>(plan, x, g, slots, offset, is_shared)
}

fn update_part<T: Float, R: Rule>(
    plan: &R::Plan,
    x: &mut [T],
    g: &[T],
    slots: <R::Slots as Slots>::Slices<'_, T>,
    offset: usize,
    is_shared: bool,
) -> Blocks {
    if let Some(at) = half(x.len()) {
        let (x1, x2) = x.split_at_mut(at);
        let (g1, g2) = g.split_at(at);
        let [s1, s2] = R::Slots::split(slots, at);
        let [mut a, mut b] = [Blocks::default(); 2];
        let (mut s1, mut s2) = (Some(s1), Some(s2));
        join(
            is_shared,
            &mut || {
                if let Some(s1) = s1.take() {
                    a = update_part::<T, R>(plan, x1, g1, s1, offset, is_shared);
                }
            },
            &mut || {
                if let Some(s2) = s2.take() {
                    b = update_part::<T, R>(plan, x2, g2, s2, offset + at, is_shared);
                }
            },
        );
        return a.plus(b);
    }
    linalg::wide_or(
        (x, slots),
        #[inline(always)]
        |(x, slots)| update_piece::<T::Lanes, R>(plan, x, g, slots, offset),
        |(x, slots)| update_piece::<Lanes<T, 1>, R>(plan, x, g, slots, offset),
    )
}

type Few<V> = <<V as Number>::Scalar as Float>::Few;

/// Maps a piece, block by block.
#[inline(always)]
fn update_piece<V: Number, R: Rule>(
    plan: &R::Plan,
    x: &mut [V::Scalar],
    g: &[V::Scalar],
    slots: <R::Slots as Slots>::Slices<'_, V::Scalar>,
    offset: usize,
) -> Blocks {
    // Own copies, which no store can change: coefficients and pointers then stay in registers.
    let (plan, mut slots) = (*plan, slots);
    let mut blocks = Blocks::default();
    let n = x.len();
    let mut is_good = all_finite::<V>(&g[..BLOCK.min(n)]);
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let next = &g[end..(end + BLOCK).min(n)];
        blocks.all += 1;
        if is_good {
            let (is_whole, next_is_good) =
                update_block::<V, R>(&plan, x, g, &mut slots, offset, start..end, next);
            blocks.damaged += usize::from(!is_whole);
            is_good = next_is_good;
        } else {
            blocks.untouched += 1;
            is_good = all_finite::<V>(next);
        }
    }
    blocks
}

/// Maps the components of a block. Returns whether all of them moved to finite numbers, and whether the gradient of the
/// next block is finite: a separate check would be a pass of its own, which only reads memory.
#[inline(always)]
fn update_block<V: Number, R: Rule>(
    plan: &R::Plan,
    x: &mut [V::Scalar],
    g: &[V::Scalar],
    slots: &mut <R::Slots as Slots>::Slices<'_, V::Scalar>,
    offset: usize,
    range: Range<usize>,
    next: &[V::Scalar],
) -> (bool, bool) {
    let (mut at, n) = (range.start, range.end);
    let (mut moved_to, mut ahead) = (Finite::<V>::new(), Finite::<V>::new());
    let mut seen = 0;
    while at + V::LANES <= n {
        moved_to.see(update_at::<V, R>(plan, x, g, slots, offset, at));
        at += V::LANES;
        if let Some(next) = next.get(seen..seen + V::LANES) {
            ahead.see(V::load(next).squared());
            seen += V::LANES;
        }
    }
    let mut few_moved_to = Finite::<Few<V>>::new();
    while at + Few::<V>::LANES <= n {
        few_moved_to.see(update_at::<Few<V>, R>(plan, x, g, slots, offset, at));
        at += Few::<V>::LANES;
    }
    let mut is_whole = moved_to.holds() && few_moved_to.holds();
    while at < n {
        let moved_to = update_at::<Lanes<V::Scalar, 1>, R>(plan, x, g, slots, offset, at);
        is_whole &= moved_to.first().f64().is_finite();
        at += 1;
    }
    (is_whole, ahead.holds() && all_finite::<V>(&next[seen..]))
}

/// Maps one component, or several side by side. Returns the new x, finite or not.
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

/// The sums of a round over the components of a section, in f64.
pub(super) fn survey<T: Float, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[T],
    g: &[T],
    slots: &<R::Slots as Slots>::Slices<'_, T>,
    range: Range<usize>,
) -> Sums {
    let is_shared = range.len() >= SHARED;
    survey_part::<T, R>(plan, round, x, g, slots, (range.start, range.end), is_shared)
}

fn survey_part<T: Float, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[T],
    g: &[T],
    slots: &<R::Slots as Slots>::Slices<'_, T>,
    (from, to): (usize, usize),
    is_shared: bool,
) -> Sums {
    if let Some(half) = half(to - from) {
        let at = from + half;
        let [mut a, mut b] = [Sums::default(); 2];
        join(
            is_shared,
            &mut || a = survey_part::<T, R>(plan, round, x, g, slots, (from, at), is_shared),
            &mut || b = survey_part::<T, R>(plan, round, x, g, slots, (at, to), is_shared),
        );
        return std::array::from_fn(|i| a[i] + b[i]);
    }
    linalg::wide(
        #[inline(always)]
        || survey_piece::<T::Lanes, R>(plan, round, x, g, slots, from..to),
    )
}

/// Components that are summed in their own precision before the sum is added in f64.
const RUN: usize = 1024;

/// The sums over a piece, lane by lane and then the tail.
#[inline(always)]
fn survey_piece<V: Number, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[V::Scalar],
    g: &[V::Scalar],
    slots: &<R::Slots as Slots>::Slices<'_, V::Scalar>,
    range: Range<usize>,
) -> Sums {
    let plan = *plan;
    let (mut at, end) = (range.start, range.end);
    let mut lanes = [[0.0; MOST_LANES]; 4];
    while at + 2 * V::LANES <= end {
        let stop = end.min(at + RUN);
        // Two partial sums hide the latency of an addition.
        let [mut even, mut odd] = [[V::of(0.0); 4]; 2];
        while at + 2 * V::LANES <= stop {
            let terms = terms_at::<V, R>(&plan, round, x, g, slots, at);
            let next = terms_at::<V, R>(&plan, round, x, g, slots, at + V::LANES);
            for sum in 0..R::SUMS {
                even[sum] = even[sum] + terms[sum];
                odd[sum] = odd[sum] + next[sum];
            }
            at += 2 * V::LANES;
        }
        for sum in 0..R::SUMS {
            even[sum].add_to(&mut lanes[sum]);
            odd[sum].add_to(&mut lanes[sum]);
        }
    }
    while at < end {
        let terms = terms_at::<Lanes<V::Scalar, 1>, R>(&plan, round, x, g, slots, at);
        for (term, lanes) in terms.into_iter().zip(&mut lanes).take(R::SUMS) {
            term.add_to(lanes);
        }
        at += 1;
    }
    lanes.map(|lanes| lanes.iter().sum())
}

/// The terms of one component, or of several side by side.
#[inline(always)]
fn terms_at<V: Number, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[V::Scalar],
    g: &[V::Scalar],
    slots: &<R::Slots as Slots>::Slices<'_, V::Scalar>,
    at: usize,
) -> [V; 4] {
    let here = at..at + V::LANES;
    let entry = Entry { g: V::load(&g[here.clone()]), x: V::load(&x[here]), index: at };
    R::survey::<V>(plan, round, entry, R::Slots::load::<V>(slots, at))
}

/// Tells whether all numbers seen are finite.
struct Finite<V>(V);

impl<V: Number> Finite<V> {
    #[inline(always)]
    fn new() -> Self {
        Self(V::of(0.0))
    }

    #[inline(always)]
    #[expect(clippy::eq_op, reason = "x - x is zero, or NaN, which no sum loses")]
    fn see(&mut self, numbers: V) {
        self.0 = self.0 + (numbers - numbers);
    }

    #[inline(always)]
    fn holds(&self) -> bool {
        let mut lanes = [0.0; MOST_LANES];
        self.0.add_to(&mut lanes);
        lanes.iter().sum::<f64>() == 0.0
    }
}

/// True when the squares of all components are finite: rules then compute finite numbers from them.
#[inline(always)]
fn all_finite<V: Number>(g: &[V::Scalar]) -> bool {
    let mut squares = Finite::<V>::new();
    let mut at = 0;
    while at + V::LANES <= g.len() {
        squares.see(V::load(&g[at..at + V::LANES]).squared());
        at += V::LANES;
    }
    squares.holds() && g[at..].iter().all(|&g| g.mul(g).f64().is_finite())
}
