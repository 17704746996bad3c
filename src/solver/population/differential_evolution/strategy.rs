//! How a mutant is made of members.

use serde::{Deserialize, Serialize};

use super::Memory;
use crate::Random;

/// How a mutant v is made of members; all cross over binomially. r, s, t are members drawn at random, different from each
/// other and from the parent x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// v = r + F (s − t): slow and thorough. Storn & Price (1997).
    Rand1Bin,
    /// v = best + F (s − t): fast, and soon in one valley. Storn & Price (1997).
    Best1Bin,
    /// v = x + F (p − x) + F (s − t), where p is one of the best members, and t may come from the archive of those that
    /// were replaced. Zhang & Sanderson (2009), equation 7.
    #[default]
    CurrentToPBest1Bin,
}

/// What a mutant is made of, by coordinates: base + F (toward − base) + F (plus − minus).
pub(super) struct Mutation {
    base: usize,
    toward: usize,
    plus: usize,
    /// Members first, then the archive.
    minus: usize,
}

impl Mutation {
    /// Draws the members for a parent.
    pub fn draw(
        strategy: Strategy,
        share: f64,
        memory: &Memory,
        parent: usize,
        random: &mut Random,
    ) -> Self {
        let size = memory.members.len();
        let other = |random: &mut Random, below: usize, taken: [usize; 3]| {
            loop {
                let index = random.index(below);
                if !taken.contains(&index) {
                    return index;
                }
            }
        };
        let (base, below) = match strategy {
            Strategy::Rand1Bin => (other(random, size, [parent; 3]), size),
            Strategy::Best1Bin => (memory.order[0], size),
            Strategy::CurrentToPBest1Bin => (parent, size + memory.archived),
        };
        let toward = match strategy {
            Strategy::Rand1Bin | Strategy::Best1Bin => base,
            Strategy::CurrentToPBest1Bin => {
                // At least two, or a single member would draw all.
                let best = ((share * size as f64).round() as usize).clamp(2, size);
                memory.order[random.index(best)]
            }
        };
        let plus = other(random, size, [parent, base, base]);
        let minus = other(random, below, [parent, base, plus]);
        Self { base, toward, plus, minus }
    }

    /// A coordinate of the mutant.
    pub fn coordinate(&self, memory: &Memory, weight: f64, i: usize) -> f64 {
        let members = &memory.members;
        let minus = match members.get(self.minus) {
            Some(member) => member[i],
            None => memory.archive[self.minus - members.len()][i],
        };
        let (base, toward) = (members[self.base][i], members[self.toward][i]);
        let plus = members[self.plus][i];
        let value = base + weight * (toward - base) + weight * (plus - minus);
        if value.is_finite() {
            return value;
        }
        // Where differences are beyond the largest number, their parts are not.
        (1.0 - weight) * base + weight * toward + (weight * plus - weight * minus)
    }
}
