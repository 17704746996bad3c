//! The inner products over the variables that no bound holds, kept from one iteration to the next.
//!
//! They change by the rows of the variables that came to a bound or left one, mostly few, and by a new pair, whose products
//! come from the pass over memory that takes those over all variables. As in L-BFGS-B 3.0 (Morales & Nocedal 2011).

use serde::{Deserialize, Serialize};

use super::compact::Products;
use crate::linalg::Pairs;

/// What was subtracted from a sum of squares may leave no less than this share of it: the rest would be rounding.
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
        self.products.clone_from(all);
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
        let (mut changed, mut free) = (0, 0);
        for (held, reach) in held.iter().zip(reach) {
            changed += usize::from(*held != (*reach == 0.0));
            free += usize::from(*reach != 0.0);
        }
        if changed <= free {
            if changed > 0 {
                let rows =
                    held.iter_mut().zip(reach).enumerate().filter_map(|(i, (held, reach))| {
                        let was_held = std::mem::replace(held, *reach == 0.0);
                        (was_held != *held).then_some((i, if was_held { 1.0 } else { -1.0 }))
                    });
                products.add_rows((pairs, k), row, rows);
            }
            let is_exact = products.squares(k).zip(largest).all(|(square, largest)| {
                *largest = largest.max(square);
                square >= CANCELLED * *largest
            });
            if is_exact {
                return;
            }
        }
        for (held, reach) in self.held.iter_mut().zip(reach) {
            *held = *reach == 0.0;
        }
        compute(&mut self.products, (pairs, k), row, reach, 0.0);
        self.note_squares(k);
    }

    /// Writes the products over the variables that reach a bound after `last`.
    pub fn beyond(
        &self,
        (pairs, k): (&Pairs, usize),
        row: &mut [[f64; 2]],
        (reach, last): (&[f64], f64),
        out: &mut Products,
    ) {
        out.clone_from(&self.products);
        if last == 0.0 {
            return;
        }
        let is_reached = |reach: f64| reach > 0.0 && reach <= last;
        let (mut reached, mut free) = (0, 0);
        for &reach in reach {
            reached += usize::from(is_reached(reach));
            free += usize::from(reach > last);
        }
        if reached <= free {
            let rows = (0..reach.len()).filter(|&i| is_reached(reach[i])).map(|i| (i, -1.0));
            out.add_rows((pairs, k), row, rows);
            let mut squares = out.squares(k).zip(&self.largest);
            if squares.all(|(square, largest)| square >= CANCELLED * largest) {
                return;
            }
        }
        compute(out, (pairs, k), row, reach, last);
    }

    fn note_squares(&mut self, k: usize) {
        for (largest, square) in self.largest.iter_mut().zip(self.products.squares(k)) {
            *largest = square;
        }
    }
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
