//! The generalized Cauchy point: the first minimum of the model along the projected path P(x − t g).
//!
//! The path bends where a variable reaches a bound, at t = (x − l)/g or (x − u)/g; between two bends the model is a parabola
//! in t. Byrd, Lu, Nocedal & Zhu (1995), algorithm CP.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::compact::Compact;
use super::room::Rooms;
use crate::linalg::{self, Pairs};

/// Where the path ends: at z with zᵢ = −t gᵢ for variables that are free, and at their bound for those that reached it by
/// `last`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CauchyPoint {
    pub t: f64,
    pub last: f64,
}

/// A variable that reaches a bound at t.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bend {
    t: f64,
    variable: usize,
}

impl Eq for Bend {}

/// The earliest is the greatest, so that a heap gives it first; of equal ones the first variable.
impl Ord for Bend {
    fn cmp(&self, other: &Self) -> Ordering {
        other.t.total_cmp(&self.t).then(other.variable.cmp(&self.variable))
    }
}

impl PartialOrd for Bend {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The workspace of the walk along the path, which also has its results, in the coordinates of W.
#[derive(Clone, Debug)]
pub(super) struct Path {
    bends: Vec<Bend>,
    /// Where each variable reaches a bound.
    pub reach: Vec<f64>,
    /// Products [sᵢ'd, yᵢ'd] of the stored vectors; later a row of them.
    pub products: Vec<[f64; 2]>,
    /// W'd of the direction d that is left at the end: −g of the free variables.
    pub p: Vec<f64>,
    /// W'z.
    pub c: Vec<f64>,
    /// A row of W, and C times it.
    row: Vec<f64>,
    image: Vec<f64>,
}

impl Path {
    /// Room for n variables and m pairs.
    pub fn new(n: usize, m: usize) -> Self {
        let [p, c, row, image] = [(); 4].map(|()| vec![0.0; 2 * m]);
        let (bends, products) = (Vec::with_capacity(n), vec![[0.0; 2]; m]);
        Self { bends, reach: Vec::with_capacity(n), products, p, c, row, image }
    }

    /// Writes where each variable reaches a bound, and into `d` where the path leads at first.
    pub fn begin(&mut self, rooms: Rooms<'_>, d: &mut [f64]) {
        self.reach.clear();
        self.reach.extend(d.iter_mut().zip(rooms.iter()).map(|(d, room)| {
            let t = room.reach();
            *d = if t > 0.0 { -room.g } else { 0.0 };
            t
        }));
    }

    /// Walks to the Cauchy point with B of k pairs, from [`begin`](Self::begin) and the products with d. `None` where the path
    /// does not descend.
    pub fn walk(
        &mut self,
        rooms: Rooms<'_>,
        (pairs, compact, k): (&Pairs, &Compact, usize),
        d: &[f64],
    ) -> Option<CauchyPoint> {
        let products = &mut self.products[..k];
        let (p, c) = (&mut self.p[..2 * k], &mut self.c[..2 * k]);
        to_columns(products, &compact.unit, p);
        c.fill(0.0);
        let square = linalg::dot(d, d);
        let image = &mut self.image[..2 * k];
        compact.times(p, image);
        let mut slope = -square;
        let mut curvature = compact.theta * square + linalg::dot(p, image);
        let least = f64::EPSILON * curvature.abs();
        if !(slope < 0.0 && curvature.is_finite()) {
            return None;
        }

        let mut bends = BinaryHeap::from(std::mem::take(&mut self.bends));
        // Those up to `known` are in the heap: most of the others come too late to matter.
        let (mut last, mut known) = (0.0, 0.0);
        let ahead = loop {
            let ahead = (-slope / curvature.max(least)).max(0.0);
            if bends.is_empty() && last + ahead > known {
                let limit = 2.0 * (last + ahead);
                let rows = self.reach.iter().enumerate();
                let near = rows.filter(|(_, t)| **t > known && **t <= limit && **t < f64::INFINITY);
                bends.extend(near.map(|(variable, &t)| Bend { t, variable }));
                known = limit;
            }
            let Some(&bend) = bends.peek().filter(|bend| bend.t <= last + ahead) else {
                break ahead;
            };
            bends.pop();
            let (i, step) = (bend.variable, bend.t - last);
            last = bend.t;
            linalg::axpy(step, &self.p[..2 * k], &mut self.c[..2 * k]);
            pairs.read_row(i, &mut self.products[..k]);
            let row = &mut self.row[..2 * k];
            to_columns(&self.products[..k], &compact.unit, row);
            let image = &mut self.image[..2 * k];
            compact.times(row, image);
            let (c, p) = (&self.c[..2 * k], &mut self.p[..2 * k]);
            let room = rooms.of(i);
            let (g, z) = (room.g, room.bound());
            slope += step * curvature + g * g + g * (compact.theta * z + linalg::dot(image, c));
            let [with_p, with_row] = linalg::dot2(image, p, row);
            curvature += g * (2.0 * with_p + g * with_row - compact.theta * g);
            linalg::axpy(g, row, p);
        };
        self.bends = bends.into_vec();
        self.bends.clear();
        linalg::axpy(ahead, &self.p[..2 * k], &mut self.c[..2 * k]);
        let t = last + ahead;
        t.is_finite().then_some(CauchyPoint { t, last })
    }
}

/// The products with s and y of each pair as products with the columns of W.
fn to_columns(products: &[[f64; 2]], unit: &[f64], out: &mut [f64]) {
    let columns = out.as_chunks_mut::<2>().0.iter_mut().zip(unit.as_chunks::<2>().0);
    for ([s, y], (out, unit)) in products.iter().zip(columns) {
        *out = [y * unit[0], s * unit[1]];
    }
}
