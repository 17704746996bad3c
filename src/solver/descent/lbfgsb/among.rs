//! The inner products over the variables that no bound holds, kept from one iteration to the next.
//!
//! They change by the rows of the variables that came to a bound or left one, mostly few, and by a new pair, whose products
//! come from the pass over memory that takes those over all variables. As in L-BFGS-B 3.0 (Morales & Nocedal 2011).

use serde::{Deserialize, Serialize};

use super::compact::Products;
use crate::linalg::Pairs;

/// The sums are computed afresh once subtracted rows leave less than this share of a sum of squares, because the rest would be
/// mostly rounding.
const CANCELLED: f64 = 1e-3;

/// Products over the rows that are not held.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AmongFree {
    pub products: Products,
    /// The largest sums of squares since they were last computed afresh.
    largest: Vec<f64>,
    /// The variables that are not in them.
    pub held: Vec<bool>,
}

impl AmongFree {
    /// Room for n variables and m pairs.
    pub fn new(n: usize, m: usize) -> Self {
        Self { products: Products::new(m), largest: vec![0.0; 2 * m], held: vec![false; n] }
    }

    /// True when there is room for n variables and m pairs.
    pub fn is_valid(&self, n: usize, m: usize) -> bool {
        self.products.is_valid(m) && self.largest.len() == 2 * m && self.held.len() == n
    }

    /// Discards the oldest pair.
    pub fn forget_first(&mut self) {
        self.products.forget_first();
        self.largest.copy_within(2.., 0);
    }

    /// No variable is held: all products count.
    pub fn take_all(&mut self, all: &Products, k: usize) {
        self.held.fill(false);
        self.products.0.copy_from(&all.0);
        self.note_squares(k);
    }

    /// Takes the products of a pair with those before it, and last with itself.
    pub fn take_pair(&mut self, products: &[[f64; 6]]) {
        if let Some((&[s_y, _, y_y, _, s_s, _], before)) = products.split_last() {
            self.products.take_pair(before, [s_y, s_s, y_y]);
            let k = before.len();
            (self.largest[2 * k], self.largest[2 * k + 1]) = (y_y, s_s);
        }
    }

    /// Holds the variables that reach a bound at 0, and no others.
    pub fn hold(&mut self, (pairs, k): (&Pairs, usize), row: &mut [[f64; 2]], reach: &[f64]) {
        let Self { products, largest, held } = self;
        let rows = held.iter_mut().zip(reach).enumerate().filter_map(|(i, (held, reach))| {
            let was_held = std::mem::replace(held, *reach == 0.0);
            (was_held != *held).then_some((i, if was_held { 1.0 } else { -1.0 }))
        });
        products.add_rows((pairs, k), row, rows);
        for (largest, square) in largest.iter_mut().zip(products.squares(k)) {
            *largest = largest.max(square);
        }
        if is_cancelled(products, largest, k) {
            compute(products, (pairs, k), row, reach, 0.0);
            self.note_squares(k);
        }
    }

    /// Writes the products over the variables that reach a bound after `last`.
    pub fn beyond(
        &self,
        (pairs, k): (&Pairs, usize),
        row: &mut [[f64; 2]],
        (reach, last): (&[f64], f64),
        out: &mut Products,
    ) {
        out.0.copy_from(&self.products.0);
        if last == 0.0 {
            return;
        }
        let is_reached = |i: &usize| reach[*i] > 0.0 && reach[*i] <= last;
        let rows = (0..reach.len()).filter(is_reached).map(|i| (i, -1.0));
        out.add_rows((pairs, k), row, rows);
        if is_cancelled(out, &self.largest, k) {
            compute(out, (pairs, k), row, reach, last);
        }
    }

    fn note_squares(&mut self, k: usize) {
        for (largest, square) in self.largest.iter_mut().zip(self.products.squares(k)) {
            *largest = square;
        }
    }
}

/// True when subtracted rows left too little of a sum of squares, or left no number.
fn is_cancelled(products: &Products, largest: &[f64], k: usize) -> bool {
    let mut squares = products.squares(k).zip(largest);
    !squares.all(|(square, largest)| square >= CANCELLED * largest)
}

/// The products over the variables that reach a bound after `last`.
fn compute(
    products: &mut Products,
    (pairs, k): (&Pairs, usize),
    row: &mut [[f64; 2]],
    reach: &[f64],
    last: f64,
) {
    products.0.fill(0.0);
    let rows = (0..reach.len()).filter(|&i| reach[i] > last).map(|i| (i, 1.0));
    products.add_rows((pairs, k), row, rows);
}
