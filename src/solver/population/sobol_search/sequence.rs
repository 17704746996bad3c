//! Sobol's sequence.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::{Error, Random};

/// s, a and m_i for each coordinate but the first.
const DIRECTION_NUMBERS: &str = include_str!("new-joe-kuo-6.256.txt");

/// Bits of a coordinate: as many as an f64 holds exactly.
const BITS: usize = 52;

/// The points of the sequence, in the order of the Gray code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sobol {
    /// [`BITS`] for each coordinate: what the bits of an index contribute.
    directions: Vec<u64>,
    /// One for each coordinate.
    shift: Vec<u64>,
}

impl Sobol {
    /// The most coordinates.
    pub const LARGEST: usize = 256;

    /// The number of different points.
    pub const LONGEST: u64 = 1 << BITS;

    /// The sequence as published.
    ///
    /// # Errors
    /// [`Error::Parameter`] for more coordinates than there are direction numbers.
    pub fn new(n: usize) -> Result<Self, Error> {
        let range = "at most 256, for which there are direction numbers";
        crate::error::check(n <= Self::LARGEST, "the number of variables", n as f64, range)?;
        let mut directions = Vec::with_capacity(n * BITS);
        // The first coordinate is van der Corput's.
        directions.extend((0..BITS.min(n * BITS)).map(|bit| 1 << (BITS - 1 - bit)));
        for line in DIRECTION_NUMBERS.lines().skip(1).take(n.saturating_sub(1)) {
            extend(&mut directions, line);
        }
        Ok(Self { directions, shift: vec![0; n] })
    }

    /// The sequence scrambled by random lower triangular matrices and shifted (Matoušek 1998): every elementary interval has as
    /// many points as before, and every point is uniform.
    pub fn scrambled(mut self, random: &mut Random) -> Self {
        for directions in self.directions.chunks_mut(BITS) {
            // Row r of the matrix: which of the more significant bits, and bit r itself, make bit r.
            let mut rows = [0_u64; BITS];
            for (r, row) in rows.iter_mut().enumerate() {
                let own = 1 << (BITS - 1 - r);
                let above = (1 << BITS) - 2 * own;
                *row = (random.bits() & above) | own;
            }
            for direction in directions {
                let parity = |row: &u64| u64::from((row & *direction).count_ones() % 2);
                *direction = rows.iter().fold(0, |bits, row| (bits << 1) | parity(row));
            }
        }
        for shift in &mut self.shift {
            *shift = random.bits() & ((1 << BITS) - 1);
        }
        self
    }

    /// Writes a point of [0, 1)ⁿ.
    pub fn point(&self, index: u64, x: &mut DVector<f64>) {
        let gray = index ^ (index >> 1);
        let coordinates = self.directions.chunks(BITS).zip(&self.shift);
        for (x, (directions, &shift)) in x.iter_mut().zip(coordinates) {
            let chosen = directions.iter().enumerate().filter(|(bit, _)| (gray >> bit) & 1 == 1);
            let bits = chosen.fold(shift, |bits, (_, direction)| bits ^ direction);
            *x = bits as f64 / (1_u64 << BITS) as f64;
        }
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn is_valid(&self, n: usize) -> bool {
        let numbers = self.directions.iter().chain(&self.shift);
        self.shift.len() == n
            && self.directions.len() == n * BITS
            && numbers.into_iter().all(|bits| bits >> BITS == 0)
    }
}

/// Appends the directions of a coordinate: v_k = m_k / 2ᵏ, and beyond the given m the recurrence of Joe & Kuo, eq. 2:
/// v_k = a_1 v_{k−1} ⊕ ... ⊕ a_{s−1} v_{k−s+1} ⊕ v_{k−s} ⊕ v_{k−s} / 2ˢ.
fn extend(directions: &mut Vec<u64>, line: &str) {
    let mut numbers = line.split_whitespace().map_while(|number| number.parse::<u64>().ok());
    let (_, Some(s), Some(a)) = (numbers.next(), numbers.next(), numbers.next()) else { return };
    let first = directions.len();
    directions.extend((1..=BITS).zip(numbers).map(|(k, m)| m << (BITS - k)));
    let s = s as usize;
    for k in first + s..first + BITS {
        let mut v = directions[k - s] ^ (directions[k - s] >> s);
        for i in 1..s {
            if (a >> (s - 1 - i)) & 1 == 1 {
                v ^= directions[k - i];
            }
        }
        directions.push(v);
    }
}
