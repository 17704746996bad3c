//! The speed of a particle, before it is limited.

use nalgebra::DVector;

use super::ParticleSwarm;
use crate::Random;
use crate::random::BLOCK;

impl ParticleSwarm {
    /// v ← w v + c₁ r₁ (p − x) + c₂ r₂ (g − x).
    pub(super) fn accelerate(
        &self,
        [own, leader]: [&[f64]; 2],
        x: &[f64],
        v: &mut [f64],
        random: &mut Random,
    ) {
        let blocks = own.chunks(BLOCK).zip(leader.chunks(BLOCK)).zip(x.chunks(BLOCK));
        let mut units = [[0.0; BLOCK]; 2];
        for (v, ((own, leader), x)) in v.chunks_mut(BLOCK).zip(blocks) {
            units.iter_mut().for_each(|units| random.units(&mut units[..v.len()]));
            let goals = own.iter().zip(leader).zip(x);
            let shares = units[0].iter().zip(&units[1]);
            for (v, (((p, g), x), (r, s))) in v.iter_mut().zip(goals.zip(shares)) {
                let pull = self.cognitive * r * (p - x) + self.social * s * (g - x);
                *v = self.inertia * *v + pull;
            }
        }
    }

    /// v ← w v + c₁ r (p − x), each coordinate with the best point p of the particle chosen for it.
    pub(super) fn learn_from(
        &self,
        chosen: &[usize],
        best: &[DVector<f64>],
        x: &[f64],
        v: &mut [f64],
        random: &mut Random,
    ) {
        for (i, ((v, x), &whose)) in v.iter_mut().zip(x).zip(chosen).enumerate() {
            let pull = self.cognitive * random.unit() * (best[whose][i] - x);
            *v = self.inertia * *v + pull;
        }
    }
}
