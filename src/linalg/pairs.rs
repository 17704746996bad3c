//! The pairs of vectors that L-BFGS stores, laid out as its passes read them.

use std::array::from_fn;

use serde::{Deserialize, Serialize};

use super::{LANES, add_lanes, wide};

/// Up to m pairs of vectors (s, y) with n rows, a ring.
///
/// A pass takes a block of rows at a time, all pairs of one block before the next, so that the vector combined with all
/// of them stays in the first-level cache. The entries are stored in this order, so that a pass reads memory
/// sequentially: blocks, within a block pairs, and within a pair alternately eight rows of s and eight of y. The last
/// eight rows are padded with zeros.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pairs {
    entries: Vec<f64>,
    m: usize,
    /// The place of the newest pair.
    newest: usize,
}

/// Rows per block.
const BLOCK: usize = 512;

/// Eight rows of s and eight of y.
const PIECE: usize = 2 * LANES;

/// s and y, padded with zeros.
type Short<'a> = (&'a [f64; LANES], &'a [f64; LANES]);

/// Which rows are held, the direction d, and room for the products over the others.
type AmongFree<'a> = (&'a [bool], &'a [f64], &'a mut [[f64; 6]]);

impl Pairs {
    /// Room for `m` pairs of `n` rows.
    pub fn new(n: usize, m: usize) -> Self {
        Self { entries: vec![0.0; Self::size(n, m)], m, newest: m - 1 }
    }

    fn size(n: usize, m: usize) -> usize {
        2 * m * n.next_multiple_of(LANES)
    }

    /// True when there is room for `m` pairs of `n` rows.
    pub fn is_valid(&self, n: usize, m: usize) -> bool {
        self.m == m && self.newest < m && self.entries.len() == Self::size(n, m)
    }

    /// The place after `place` in the ring.
    fn after(&self, place: usize) -> usize {
        if place + 1 == self.m { 0 } else { place + 1 }
    }

    /// Makes the pair that [`replace`](Pairs::replace) wrote the newest.
    pub fn advance(&mut self) {
        self.newest = self.after(self.newest);
    }

    /// The place of the oldest of the newest `length` pairs.
    fn oldest(&self, length: usize) -> usize {
        let end = self.newest + 1;
        if length > end { end + self.m - length } else { end - length }
    }

    /// The newest `length` pairs of vectors of at most eight rows, the newest last.
    pub fn short(
        &self,
        length: usize,
    ) -> impl DoubleEndedIterator<Item = Short<'_>> + ExactSizeIterator {
        let (m, oldest) = (self.m, self.oldest(length));
        let pieces = self.entries.as_chunks::<LANES>().0;
        (oldest..oldest + length).map(move |place| {
            let place = if place >= m { place - m } else { place };
            (&pieces[2 * place], &pieces[2 * place + 1])
        })
    }

    /// Writes s = α d and y = new − old after the newest pair and returns s'y, s's, y'y, s'g and y'g, g = new. Writes
    /// sᵢ'y, sᵢ'g, yᵢ'y and yᵢ'g for as many of the pairs before it as `products` has entries, the oldest first.
    pub fn replace(
        &mut self,
        (alpha, d): (f64, &[f64]),
        [old, new]: [&[f64]; 2],
        products: &mut [[f64; 4]],
    ) -> [f64; 5] {
        let (m, next, oldest) = (self.m, self.after(self.newest), self.oldest(products.len()));
        products.fill([0.0; 4]);
        let mut sums = [0.0; 5];
        let blocks = d.chunks(BLOCK).zip(old.chunks(BLOCK)).zip(new.chunks(BLOCK));
        for (((d, old), new), block) in blocks.zip(self.entries.chunks_mut(2 * m * BLOCK)) {
            let size = block.len() / m;
            let pair = &mut block[next * size..(next + 1) * size];
            let with_itself = write(pair, (alpha, d), [old, new]);
            for (sum, product) in sums.iter_mut().zip(with_itself) {
                *sum += product;
            }
            let newest = &block[next * size..(next + 1) * size];
            let mut place = oldest;
            for sums in products.iter_mut() {
                let products: [f64; 4] =
                    products_with(&block[place * size..(place + 1) * size], newest, new);
                for (sum, product) in sums.iter_mut().zip(products) {
                    *sum += product;
                }
                place = if place + 1 == m { 0 } else { place + 1 };
            }
        }
        sums
    }

    /// Writes, for as many pairs as `all` has entries, the oldest first, sᵢ'y, sᵢ'g, yᵢ'y, yᵢ'g, sᵢ's and yᵢ's with the pair
    /// (s, y) that [`replace`](Pairs::replace) wrote after them. Where some rows are held, writes into `free` the same over
    /// the others, with d in place of g, for these pairs and last for (s, y) itself.
    pub fn multiply_next(&self, g: &[f64], all: &mut [[f64; 6]], free: Option<AmongFree<'_>>) {
        wide(
            #[inline(always)]
            || self.multiply_blocks(g, all, free),
        );
    }

    #[inline(always)]
    fn multiply_blocks(&self, g: &[f64], all: &mut [[f64; 6]], mut free: Option<AmongFree<'_>>) {
        let (m, next) = (self.m, self.after(self.newest));
        let oldest = if all.is_empty() { next } else { self.oldest(all.len()) };
        all.fill([0.0; 6]);
        if let Some((_, _, free)) = &mut free {
            free.fill([0.0; 6]);
        }
        let mut masked = [0.0; 2 * BLOCK];
        let blocks = g.chunks(BLOCK).zip(self.entries.chunks(2 * m * BLOCK));
        for ((g, block), start) in blocks.zip((0..).step_by(BLOCK)) {
            let size = block.len() / m;
            let newest = &block[next * size..(next + 1) * size];
            add_products(block, (m, oldest), newest, g, all);
            if let Some((held, d, free)) = &mut free {
                let rows = start..start + g.len();
                let masked = &mut masked[..size];
                mask(newest, &held[rows.clone()], masked);
                // From the cache.
                add_products(block, (m, oldest), masked, &d[rows], free);
            }
        }
    }

    /// Writes sᵢ'v and yᵢ'v for as many pairs as `products` has entries, the oldest first.
    pub fn multiply(&self, v: &[f64], products: &mut [[f64; 2]]) {
        let (m, oldest) = (self.m, self.oldest(products.len()));
        products.fill([0.0; 2]);
        for (v, block) in v.chunks(BLOCK).zip(self.entries.chunks(2 * m * BLOCK)) {
            multiply_block(block, (m, oldest), v, products);
        }
    }

    /// Row i of as many pairs as `row` has entries, (sᵢ, yᵢ) of each, the oldest first.
    pub fn read_row(&self, i: usize, row: &mut [[f64; 2]]) {
        let (m, start) = (self.m, i / BLOCK * 2 * self.m * BLOCK);
        let size = (self.entries.len() - start).min(2 * m * BLOCK) / m;
        let within = i % BLOCK / LANES * PIECE + i % LANES;
        let mut place = self.oldest(row.len());
        for row in row {
            let at = start + place * size + within;
            *row = [self.entries[at], self.entries[at + LANES]];
            place = self.after(place);
        }
    }

    /// d ← γ g + Σ (aᵢ sᵢ + bᵢ yᵢ) over as many pairs as `a` and `b` have entries, the newest last. Calls `visit` with
    /// each finished block of d and that of g.
    pub fn combine(
        &self,
        [a, b]: [&[f64]; 2],
        (gamma, g): (f64, &[f64]),
        d: &mut [f64],
        mut visit: impl FnMut(&[f64], &[f64]),
    ) {
        let (m, oldest) = (self.m, self.oldest(a.len()));
        let blocks = d.chunks_mut(BLOCK).zip(g.chunks(BLOCK));
        for ((d, g), block) in blocks.zip(self.entries.chunks(2 * m * BLOCK)) {
            let size = block.len() / m;
            for (d, g) in d.iter_mut().zip(g) {
                *d = gamma * g;
            }
            let mut place = oldest;
            for (a, b) in a.iter().zip(b) {
                add(&block[place * size..(place + 1) * size], [*a, *b], d);
                place = if place + 1 == m { 0 } else { place + 1 };
            }
            visit(d, g);
        }
    }
}

/// Writes s = α d and y = new − old; returns s'y, s's, y'y, s'g, y'g with g = new.
fn write(pair: &mut [f64], (alpha, d): (f64, &[f64]), [old, new]: [&[f64]; 2]) -> [f64; 5] {
    const HALF: usize = LANES / 2;
    let ((ds, d_tail), (olds, old_tail), (news, new_tail)) =
        (d.as_chunks::<LANES>(), old.as_chunks::<LANES>(), new.as_chunks::<LANES>());
    let (pieces, last) = pair.as_chunks_mut::<PIECE>().0.split_at_mut(ds.len());
    let mut sums = [0.0; 5];
    if !ds.is_empty() {
        let mut lanes = [[0.0; HALF]; 5];
        for (((piece, d), old), g) in pieces.iter_mut().zip(ds).zip(olds).zip(news) {
            let s: [f64; LANES] = from_fn(|l| alpha * d[l]);
            let y: [f64; LANES] = from_fn(|l| g[l] - old[l]);
            for (lanes, (a, b)) in
                lanes.iter_mut().zip([(&s, &y), (&s, &s), (&y, &y), (&s, g), (&y, g)])
            {
                *lanes = from_fn(|l| lanes[l] + (a[l] * b[l] + a[HALF + l] * b[HALF + l]));
            }
            *piece = from_fn(|l| if l < LANES { s[l] } else { y[l - LANES] });
        }
        sums = lanes.each_ref().map(|lanes| add_lanes(lanes));
    }
    if let Some(piece) = last.first_mut() {
        let (s, y) = piece.split_at_mut(LANES);
        let rows = s.iter_mut().zip(y).zip(d_tail).zip(old_tail).zip(new_tail);
        for ((((s, y), d), old), g) in rows {
            (*s, *y) = (alpha * d, g - old);
            for (sum, product) in sums.iter_mut().zip([*s * *y, *s * *s, *y * *y, *s * g, *y * g]) {
                *sum += product;
            }
        }
    }
    sums
}

/// Writes the rows of a pair that are not held, and 0 for the others.
#[inline(always)]
fn mask(pair: &[f64], held: &[bool], masked: &mut [f64]) {
    let pieces = masked.as_chunks_mut::<PIECE>().0.iter_mut().zip(pair.as_chunks::<PIECE>().0);
    for ((masked, piece), held) in pieces.zip(held.chunks(LANES)) {
        *masked = *piece;
        for (l, held) in held.iter().enumerate() {
            if *held {
                (masked[l], masked[LANES + l]) = (0.0, 0.0);
            }
        }
    }
}

/// Adds the six products of a block of m pairs with another pair to as many `sums`, from the oldest.
#[inline(always)]
fn add_products(
    block: &[f64],
    (m, oldest): (usize, usize),
    other: &[f64],
    g: &[f64],
    sums: &mut [[f64; 6]],
) {
    let (size, mut place) = (block.len() / m, oldest);
    for sums in sums {
        let products: [f64; 6] = products_with(&block[place * size..(place + 1) * size], other, g);
        for (sum, product) in sums.iter_mut().zip(products) {
            *sum += product;
        }
        place = if place + 1 == m { 0 } else { place + 1 };
    }
}

/// s'y⁺, s'g, y'y⁺, y'g, s's⁺ and y's⁺, the first M of them, y⁺ and s⁺ of another pair.
#[inline(always)]
fn products_with<const M: usize>(pair: &[f64], other: &[f64], g: &[f64]) -> [f64; M] {
    const HALF: usize = LANES / 2;
    let (gs, tail) = g.as_chunks::<LANES>();
    let (pieces, last) = pair.as_chunks::<PIECE>().0.split_at(gs.len());
    let (others, other_last) = other.as_chunks::<PIECE>().0.split_at(gs.len());
    let mut sums = [0.0; M];
    if !gs.is_empty() {
        let mut lanes = [[0.0; HALF]; M];
        for ((piece, other), g) in pieces.iter().zip(others).zip(gs) {
            let ((s, y), (s2, y2)) = (piece.split_at(LANES), other.split_at(LANES));
            let factors = [(s, y2), (s, &g[..]), (y, y2), (y, &g[..]), (s, s2), (y, s2)];
            for (lanes, (a, b)) in lanes.iter_mut().zip(factors) {
                *lanes = from_fn(|l| lanes[l] + (a[l] * b[l] + a[HALF + l] * b[HALF + l]));
            }
        }
        sums = lanes.each_ref().map(|lanes| add_lanes(lanes));
    }
    if let (Some(piece), Some(other)) = (last.first(), other_last.first()) {
        let ((s, y), (s2, y2)) = (piece.split_at(LANES), other.split_at(LANES));
        for ((((s, y), s2), y2), g) in s.iter().zip(y).zip(s2).zip(y2).zip(tail) {
            let products = [s * y2, s * g, y * y2, y * g, s * s2, y * s2];
            for (sum, product) in sums.iter_mut().zip(products) {
                *sum += product;
            }
        }
    }
    sums
}

/// Adds sᵢ'v and yᵢ'v of a block of m pairs to as many `products`, from the oldest.
fn multiply_block(
    block: &[f64],
    (m, oldest): (usize, usize),
    v: &[f64],
    products: &mut [[f64; 2]],
) {
    let (size, mut place) = (block.len() / m, oldest);
    for sums in products {
        let [s_v, y_v] = times(&block[place * size..(place + 1) * size], v);
        *sums = [sums[0] + s_v, sums[1] + y_v];
        place = if place + 1 == m { 0 } else { place + 1 };
    }
}

/// s'v and y'v.
fn times(pair: &[f64], v: &[f64]) -> [f64; 2] {
    const HALF: usize = LANES / 2;
    let (vs, tail) = v.as_chunks::<LANES>();
    let (pieces, last) = pair.as_chunks::<PIECE>().0.split_at(vs.len());
    let mut lanes = [[0.0; HALF]; 2];
    for (piece, v) in pieces.iter().zip(vs) {
        for (lanes, a) in lanes.iter_mut().zip([&piece[..LANES], &piece[LANES..]]) {
            *lanes = from_fn(|l| lanes[l] + (a[l] * v[l] + a[HALF + l] * v[HALF + l]));
        }
    }
    let mut sums = lanes.each_ref().map(|lanes| add_lanes(lanes));
    if let Some(piece) = last.first() {
        let (s, y) = piece.split_at(LANES);
        for ((s, y), v) in s.iter().zip(y).zip(tail) {
            sums = [sums[0] + s * v, sums[1] + y * v];
        }
    }
    sums
}

/// d += a s + b y.
fn add(pair: &[f64], [a, b]: [f64; 2], d: &mut [f64]) {
    let (ds, tail) = d.as_chunks_mut::<LANES>();
    let (pieces, last) = pair.as_chunks::<PIECE>().0.split_at(ds.len());
    for (piece, d) in pieces.iter().zip(ds) {
        for l in 0..LANES {
            d[l] += a * piece[l] + b * piece[LANES + l];
        }
    }
    if let Some(piece) = last.first() {
        let (s, y) = piece.split_at(LANES);
        for ((s, y), d) in s.iter().zip(y).zip(tail) {
            *d += a * s + b * y;
        }
    }
}
