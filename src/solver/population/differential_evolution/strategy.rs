//! How a mutant is made of members.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Memory;
use crate::Random;

/// How a mutant v is made of members; crossover is always binomial. r, s, t are members drawn at random, different from
/// each other and from the parent x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// v = r + F (s − t): slow and thorough. Storn & Price (1997).
    Rand1Bin,
    /// v = best + F (s − t): fast, and soon in one valley. Storn & Price (1997).
    Best1Bin,
    /// v = x + F (p − x) + F (s − t), where p is one of the best members, and t may come from the archive of replaced
    /// members. Zhang & Sanderson (2009), equation 7.
    #[default]
    CurrentToPBest1Bin,
}

/// The members of a mutant, base + F (toward − base) + F (plus − minus) in each coordinate.
pub(super) struct Mutation {
    base: usize,
    toward: usize,
    plus: usize,
    /// An index into the members, continued into the archive.
    minus: usize,
}

/// How many members count as the best: at least two, because a single one would attract all.
pub(super) fn best_of(share: f64, size: usize) -> usize {
    ((share * size as f64).round() as usize).clamp(2, size)
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
            Strategy::CurrentToPBest1Bin => memory.order[random.index(best_of(share, size))],
        };
        let plus = other(random, size, [parent, base, base]);
        let minus = other(random, below, [parent, base, plus]);
        Self { base, toward, plus, minus }
    }

    /// The members, in the order of the formula.
    pub fn parts<'m>(
        &self,
        members: &'m [DVector<f64>],
        archive: &'m [DVector<f64>],
    ) -> [&'m [f64]; 4] {
        let minus = members.get(self.minus).unwrap_or_else(|| &archive[self.minus - members.len()]);
        let [base, toward, plus] = [self.base, self.toward, self.plus].map(|at| &members[at]);
        [base, toward, plus, minus].map(|x| x.as_slice())
    }

    /// A coordinate of the mutant.
    pub fn coordinate([base, toward, plus, minus]: [f64; 4], weight: f64) -> f64 {
        let value = base + weight * (toward - base) + weight * (plus - minus);
        if value.is_finite() {
            return value;
        }
        // Where a difference overflows, its parts do not.
        (1.0 - weight) * base + weight * toward + (weight * plus - weight * minus)
    }
}
