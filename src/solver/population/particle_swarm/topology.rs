//! Which particles are neighbours.

use serde::{Deserialize, Serialize};

use crate::Random;

/// The number of particles that each informs in [`Topology::Random`].
const INFORMED: usize = 3;

/// Which particles are neighbours: a particle is drawn to the best point of its best neighbour, itself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topology {
    /// All particles are neighbours: fast, and soon in one valley. Kennedy & Eberhart (1995).
    Global,
    /// One neighbour on each side: slow and thorough. Eberhart & Kennedy (1995), "lbest".
    Ring,
    /// Four neighbours, on a grid that closes around. Kennedy & Mendes (2002).
    VonNeumann,
    /// Each informs three random particles, drawn anew after each iteration without a better point. SPSO 2007, Clerc
    /// (2012).
    #[default]
    Random,
}

impl Topology {
    /// Draws which particles each informs; does nothing for a fixed topology.
    pub(super) fn draw(self, random: &mut Random, informed: &mut [usize], particles: usize) {
        if self == Self::Random {
            informed.fill_with(|| random.index(particles));
        }
    }

    /// The number of links that are drawn.
    pub(super) fn informed(self, particles: usize) -> usize {
        if self == Self::Random { INFORMED.saturating_mul(particles) } else { 0 }
    }

    /// Writes for each particle its best neighbour; among equals, the particle itself.
    pub(super) fn lead(self, costs: &[f64], informed: &[usize], leaders: &mut [usize]) {
        let size = costs.len();
        let lower = |a: usize, b: usize| if costs[b] < costs[a] { b } else { a };
        for (particle, leader) in leaders.iter_mut().enumerate() {
            *leader = particle;
        }
        match self {
            Self::Global => {
                let best = (0..size).reduce(lower).unwrap_or(0);
                for leader in leaders {
                    *leader = lower(*leader, best);
                }
            }
            Self::Ring | Self::VonNeumann => {
                let columns = if self == Self::Ring { 1 } else { size.isqrt() };
                for (particle, leader) in leaders.iter_mut().enumerate() {
                    for step in [1, size - 1, columns, size - columns] {
                        *leader = lower(*leader, (particle + step) % size);
                    }
                }
            }
            Self::Random => {
                for (link, &hearer) in informed.iter().enumerate() {
                    leaders[hearer] = lower(leaders[hearer], link / INFORMED);
                }
            }
        }
    }
}
