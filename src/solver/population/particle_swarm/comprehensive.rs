//! Comprehensive learning (Liang et al. 2006): each coordinate has an exemplar of its own.

use serde::{Deserialize, Serialize};

use crate::Random;

/// Iterations without a better point after which a particle chooses new exemplars: m of table II.
const REFRESHING_GAP: u64 = 7;

/// The exemplars of all particles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Examples {
    n: usize,
    /// The particle whose best point attracts each coordinate of each particle.
    of: Vec<usize>,
    /// Iterations since each particle found a better point or chose its exemplars.
    idle: Vec<u64>,
}

impl Examples {
    pub fn new(particles: usize, n: usize) -> Self {
        // Chosen at the first iteration.
        Self { n, of: vec![0; particles * n], idle: vec![REFRESHING_GAP; particles] }
    }

    /// Records whether a particle has found a better point.
    pub fn note(&mut self, particle: usize, is_lower: bool) {
        self.idle[particle] = if is_lower { 0 } else { self.idle[particle].saturating_add(1) };
    }

    /// The exemplars of a particle, chosen anew when it is time.
    pub fn of(&mut self, particle: usize, costs: &[f64], random: &mut Random) -> &[usize] {
        let size = costs.len();
        let of = &mut self.of[particle * self.n..(particle + 1) * self.n];
        if self.idle[particle] < REFRESHING_GAP {
            return of;
        }
        self.idle[particle] = 0;
        let rank = particle as f64 / (size - 1) as f64;
        let probability = 0.05 + 0.45 * ((10.0 * rank).exp() - 1.0) / (10.0_f64.exp() - 1.0);
        for example in of.iter_mut() {
            *example = particle;
            if random.chance(probability) {
                *example = tournament(particle, costs, random);
            }
        }
        if of.iter().all(|&example| example == particle) {
            let coordinate = random.index(of.len());
            of[coordinate] = tournament(particle, costs, random);
        }
        of
    }

    pub fn is_valid(&self, particles: usize, n: usize) -> bool {
        self.n == n
            && self.of.len() == particles * n
            && self.of.iter().all(|&example| example < particles)
            && self.idle.len() == particles
    }
}

/// The better of two random other particles.
fn tournament(particle: usize, costs: &[f64], random: &mut Random) -> usize {
    let size = costs.len();
    let mut other = || (particle + 1 + random.index(size - 1)) % size;
    let (a, b) = (other(), other());
    if costs[b] < costs[a] { b } else { a }
}
