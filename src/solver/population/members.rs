//! Members of a population: drawn at first, and checked in a checkpoint.
//!
//! M. McKay, R. Beckman, W. Conover, "A comparison of three methods for selecting values of input variables in the analysis
//! of output from a computer code", Technometrics 21 (1979): Latin hypercube sampling.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Space;
use crate::error::check;
use crate::random::interpolated;
use crate::{Error, Random};

/// The most numbers that a generation, or a matrix, may hold: 1 GiB.
pub(super) const MOST_NUMBERS: usize = 1 << 27;

/// The largest population.
pub(super) const LARGEST: usize = 1_000_000;

/// Checks the size of a population in n variables.
pub(super) fn check_size(
    size: usize,
    n: usize,
    name: &'static str,
    smallest: usize,
) -> Result<(), Error> {
    let range = match smallest {
        4 => "from 4 to 1000000, and at most 134217728 / n in n variables",
        2 => "from 2 to 1000000, and at most 134217728 / n in n variables",
        _ => "from 1 to 1000000, and at most 134217728 / n in n variables",
    };
    let fits = size.saturating_mul(n) <= MOST_NUMBERS;
    check((smallest..=LARGEST).contains(&size) && fits, name, size as f64, range)
}

/// Checks the number of variables of a method that keeps a matrix of n².
pub(super) fn check_matrix(n: usize, range: &'static str) -> Result<(), Error> {
    let fits = n.saturating_mul(n) <= MOST_NUMBERS;
    check(fits, "the number of variables", n as f64, range)
}

/// A set of points, known by their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PointSet {
    /// Free places hold 0.
    table: Vec<u64>,
}

impl PointSet {
    /// An empty set with room for a number of points.
    pub fn new(count: usize) -> Self {
        Self { table: vec![0; (2 * count).next_power_of_two()] }
    }

    pub fn clear(&mut self) {
        self.table.fill(0);
    }

    /// Adds a point. False when it is there already.
    pub fn insert(&mut self, x: &DVector<f64>) -> bool {
        let hash = hash(x).max(1);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        for _ in 0..self.table.len() {
            match self.table[at] {
                0 => {
                    self.table[at] = hash;
                    return true;
                }
                known if known == hash => return false,
                _ => at = (at + 1) & mask,
            }
        }
        true
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn is_valid(&self, count: usize) -> bool {
        self.table.len() == (2 * count).next_power_of_two()
    }
}

/// Copies a point, element by element in one pass over memory.
pub(super) fn copy(from: &DVector<f64>, to: &mut DVector<f64>) {
    to.as_mut_slice().copy_from_slice(from.as_slice());
}

/// A hash of the words of x, each mixed by the finalizer of SplitMix64 (Steele, Lea & Flood 2014), with one of its two
/// multiplications. Round numbers differ only in their highest bits: those are shifted down first.
pub(super) fn hash(x: &DVector<f64>) -> u64 {
    x.as_slice().iter().fold(1, |hash, x| {
        // 0 and −0 are the same point.
        let mixed = hash ^ (x + 0.0).to_bits();
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    })
}
/// True for points that a population of this space may hold.
pub(super) fn all_within(space: &Space, points: &[DVector<f64>], count: usize) -> bool {
    points.len() == count && points.iter().all(|x| space.holds(x))
}

/// Spreads points over the box of the first population, the start first: a Latin hypercube. In each coordinate, each of
/// as many equal cells as there are points holds one point.
pub(super) fn latin_hypercube(
    space: &Space,
    random: &mut Random,
    count: usize,
) -> Vec<DVector<f64>> {
    let mut points = vec![space.x0().clone(); count];
    let (lower, upper) = space.region();
    let cells = count.saturating_sub(1);
    let mut cell: Vec<usize> = (0..cells).collect();
    for i in 0..space.dimension() {
        random.shuffle(&mut cell);
        for (x, &cell) in points.iter_mut().skip(1).zip(&cell) {
            let share = (cell as f64 + random.unit()) / cells as f64;
            x[i] = interpolated(lower[i], upper[i], share);
        }
    }
    points
}
