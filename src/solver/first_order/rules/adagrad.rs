//! Adagrad.

use super::{check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adagrad);

/// Adagrad: a rate for every component, which decreases with the sum of the squares of its gradients.
///
/// **Method** s ← s + g², x ← x − α/(1 + (t − 1) δ) g / (√s + ε), or g / √(s + ε).
///
/// ```
/// use extremum::first_order::Adagrad;
/// let mut x = [0.0_f64];
/// let mut rule = Adagrad::new(0.1).start(1);
/// rule.step(&mut x, &[3.0])?;
/// rule.step(&mut x, &[4.0])?; // s = 25
/// assert!((x[0] + 0.1 + 0.08).abs() < 1e-10);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods", JMLR 12 (2011), fig. 1, in the form
/// and with the defaults of torch.optim.Adagrad.
#[derive(Clone, Debug)]
pub struct Adagrad {
    rate: Rate,
    rate_decay: f64,
    initial: f64,
    epsilon: f64,
    epsilon_inside: bool,
}

impl Adagrad {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            rate_decay: 0.0,
            initial: 0.0,
            epsilon: 1e-10,
            epsilon_inside: false,
        }
    }
    /// δ, default 0. Range: ≥ 0.
    pub fn rate_decay(mut self, rate_decay: f64) -> Self {
        self.rate_decay = rate_decay;
        self
    }
    /// s before the first step, default 0 (0.1 in optax). Range: ≥ 0.
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
    /// ε, default 1e-10. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// Adds ε under the root, as in optax (where it is 1e-7).
    pub fn epsilon_inside(mut self) -> Self {
        self.epsilon_inside = true;
        self
    }
}

impl Rule for Adagrad {
    const NAME: &'static str = "Adagrad";
    type Slots = Columns<1>;
    type Memory = ();
    /// The rate, and ε under the root and outside of it.
    type Plan = [f64; 3];

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_size("rate_decay", self.rate_decay)?;
        check_size("initial", self.initial)?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(self.initial)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> [f64; 3] {
        let rate = now.rate(&self.rate) / (1.0 + (now.step - 1) as f64 * self.rate_decay);
        let epsilon = self.epsilon;
        if self.epsilon_inside { [rate, epsilon, 0.0] } else { [rate, 0.0, epsilon] }
    }
    #[inline(always)]
    fn update<V: Number>(
        [rate, inside, beside]: &[f64; 3],
        mut at: Entry<V>,
        [s]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let s = s + at.g.squared();
        let (root, zero) = ((s + V::of(*inside)).sqrt() + V::of(*beside), V::of(0.0));
        // With ε = 0, this is 0/0 where all gradients were 0.
        at.x = at.x - zero.less(root, V::of(*rate) * at.g / root, zero);
        (at, [s])
    }
}
