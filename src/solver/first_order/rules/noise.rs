//! Gradient noise: a link that goes before a rule.

use super::check_size;
use crate::solver::first_order::number::{MOST_LANES, Number};
use crate::solver::first_order::rule::{Entry, Now, Rule};
use crate::solver::first_order::slots::Columns;
use crate::{Error, Random};

/// Adds normal noise to gradients, with a variance that decreases. A link that goes before a rule.
///
/// **Method** g ← g + N(0, η / tᵞ) at step t, from 1. The noise of a component is a function of the seed, the step and
/// the index of the component alone: it is the same on any number of threads, and after a checkpoint.
///
/// ```
/// use extremum::first_order::{Noise, Rule, Sgd};
/// let mut x = vec![0.0_f64; 10_000];
/// Noise::new(0.25, 7).then(Sgd::new(1.0)).start(10_000).step(&mut x, &vec![0.0; 10_000])?;
/// let square = x.iter().map(|x| x * x).sum::<f64>() / 10_000.0;
/// assert!((square - 0.25).abs() < 0.015); // four standard deviations of a mean of 10000 squares
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Neelakantan et al., "Adding gradient noise improves learning for very deep networks",
/// arXiv:1511.06807 (2015), eq. 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    variance: f64,
    power: f64,
    seed: u64,
}

impl Noise {
    /// With the variance η ≥ 0 of the first step, and a seed. The paper takes the best of 0.01, 0.3 and 1.
    pub fn new(variance: f64, seed: u64) -> Self {
        Self { variance, power: 0.55, seed }
    }
    /// γ, default 0.55. Range: ≥ 0.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }
}

/// The source of the noise of a step.
#[derive(Clone, Copy, Debug)]
pub struct NoisePlan {
    deviation: f64,
    key: [u8; 32],
    step: u64,
}

/// 32-bit words for one normal number: two uniform numbers.
const WORDS: u128 = 4;

impl NoisePlan {
    /// Normal numbers for `count` components from `index`, by the method of Box and Muller.
    fn normals(&self, index: usize, count: usize) -> [f64; MOST_LANES] {
        let words = WORDS * index as u128;
        let mut random = Random::of_key(self.key).stream(self.step).at_word(words);
        let mut normals = [0.0; MOST_LANES];
        for normal in normals.iter_mut().take(count) {
            // In (0, 1], of 53 bits.
            let [u, v] = [0, 1].map(|_| ((random.bits() >> 11) + 1) as f64 / 2f64.powi(53));
            *normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        }
        normals
    }
}

impl Rule for Noise {
    const NAME: &'static str = "Noise";
    const IS_LINK: bool = true;
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = NoisePlan;

    fn check(&self) -> Result<(), Error> {
        check_size("variance", self.variance)?;
        check_size("power", self.power)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> NoisePlan {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        // Not the numbers that batches are drawn from.
        key[8..13].copy_from_slice(b"noise");
        let deviation = (self.variance / (now.step as f64).powf(self.power)).sqrt();
        NoisePlan { deviation, key, step: now.step }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &NoisePlan, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        let normals = plan.normals(at.index, V::LANES);
        at.g = at.g.each(|lane, g| g + plan.deviation * normals[lane]);
        (at, values)
    }
}
