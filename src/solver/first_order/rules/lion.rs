//! Lion.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Lion);

/// Lion: steps of the size of the rate in every component, with the sign of a momentum.
///
/// **Method** x ← (1 − α λ) x − α sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g.
///
/// ```
/// use extremum::first_order::Lion;
/// let mut x = [1.0_f64, 1.0];
/// Lion::new(0.1).start(2).step(&mut x, &[1e-9, -5.0])?;
/// assert_eq!(x, [0.9, 1.1]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS (2023), algorithm 2.
#[derive(Clone, Debug)]
pub struct Lion {
    rate: Rate,
    beta: [f64; 2],
    decay: f64,
}

impl Lion {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-4 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: [0.9, 0.99], decay: 0.0 }
    }
    /// β₁ and β₂, default 0.9 and 0.99. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// λ, default 0 (1e-3 in optax). Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
}

impl Rule for Lion {
    const NAME: &'static str = "Lion";
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = [f64; 4];

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        check_size("decay", self.decay)
    }
    fn uses(&self, _slot: usize) -> bool {
        self.beta[0] != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> [f64; 4] {
        let rate = now.rate(&self.rate);
        [rate, 1.0 - rate * self.decay, self.beta[0], self.beta[1]]
    }
    #[inline(always)]
    fn update<V: Number>(
        [rate, shrink, b1, b2]: &[f64; 4],
        mut at: Entry<V>,
        [m]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let direction = V::of(*b1) * m + V::of(1.0 - b1) * at.g;
        at.x = V::of(*shrink) * at.x - V::of(*rate) * direction.sign();
        (at, [V::of(*b2) * m + V::of(1.0 - b2) * at.g])
    }
}
