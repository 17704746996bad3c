//! ADADELTA.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adadelta);

/// ADADELTA: steps of the size of earlier steps, which have the units of x without a rate.
///
/// **Method** v ← ρ v + (1 − ρ) g², d = √(u + ε)/√(v + ε) g, u ← ρ u + (1 − ρ) d², x ← x − α d.
///
/// ```
/// use extremum::first_order::Adadelta;
/// let mut x = [0.0_f64];
/// Adadelta::new(1.0).start(1).step(&mut x, &[1.0])?; // d = √1e-6 / √(0.1 + 1e-6)
/// assert!((x[0] + (1e-6_f64 / 0.100001).sqrt()).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701 (2012), algorithm 1, with
/// the defaults of torch.optim.Adadelta.
#[derive(Clone, Debug)]
pub struct Adadelta {
    rate: Rate,
    rho: f64,
    epsilon: f64,
}

impl Adadelta {
    /// With a learning rate α ≥ 0, a number or a schedule; 1 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), rho: 0.9, epsilon: 1e-6 }
    }
    /// ρ, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }
    /// ε, default 1e-6. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Rule for Adadelta {
    const NAME: &'static str = "Adadelta";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = [f64; 3];

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("rho", self.rho)?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> [f64; 3] {
        [now.rate(&self.rate), self.rho, self.epsilon]
    }
    #[inline(always)]
    fn update<V: Number>(
        [rate, rho, epsilon]: &[f64; 3],
        mut at: Entry<V>,
        [v, u]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let (keep, add, epsilon) = (V::of(*rho), V::of(1.0 - rho), V::of(*epsilon));
        let v = keep * v + add * at.g.squared();
        let d = ((u + epsilon) / (v + epsilon)).sqrt() * at.g;
        at.x = at.x - V::of(*rate) * d;
        (at, [v, keep * u + add * d.squared()])
    }
}
