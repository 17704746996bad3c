//! Steps by the sign of the gradient or of a momentum.

use super::{check_beta, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(SignSgd, Signum);

/// Steps of the size of the rate against the sign of the gradient. Components with gradient 0 do not move.
///
/// **Method** x ← x − α sign(g).
///
/// ```
/// use extremum::first_order::SignSgd;
/// let mut x = [1.0_f64, 1.0, 1.0];
/// SignSgd::new(0.5).start(3).step(&mut x, &[1e-9, -5.0, 0.0])?;
/// assert_eq!(x, [0.5, 1.5, 1.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Bernstein, Y.-X. Wang, K. Azizzadenesheli, A. Anandkumar, "signSGD: compressed optimisation for
/// non-convex problems", ICML (2018), algorithm 1.
#[derive(Clone, Debug)]
pub struct SignSgd {
    rate: Rate,
}

impl SignSgd {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into() }
    }
}

impl Rule for SignSgd {
    const NAME: &'static str = "SignSgd";
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> f64 {
        now.rate(&self.rate)
    }
    #[inline(always)]
    fn update<V: Number>(rate: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.x = at.x - V::of(*rate) * at.g.sign();
        (at, values)
    }
}

/// Steps of the size of the rate against the sign of a momentum.
///
/// **Method** x ← x − α sign(m) with m ← β m + (1 − β) g.
///
/// ```
/// use extremum::first_order::Signum;
/// let mut x = [0.0_f64];
/// let mut rule = Signum::new(0.5).beta(0.9).start(1);
/// rule.step(&mut x, &[1.0])?; // m = 0.1
/// rule.step(&mut x, &[-0.8])?; // m = 0.09 − 0.08
/// assert_eq!(x, [-1.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Bernstein, Y.-X. Wang, K. Azizzadenesheli, A. Anandkumar, "signSGD: compressed optimisation for
/// non-convex problems", ICML (2018), algorithm 2 (Signum).
#[derive(Clone, Debug)]
pub struct Signum {
    rate: Rate,
    beta: f64,
}

impl Signum {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-4 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: 0.9 }
    }
    /// β, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }
}

impl Rule for Signum {
    const NAME: &'static str = "Signum";
    type Slots = Columns<1>;
    type Memory = ();
    /// α and β.
    type Plan = [f64; 2];

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta", self.beta)
    }
    fn uses(&self, _slot: usize) -> bool {
        self.beta != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> [f64; 2] {
        [now.rate(&self.rate), self.beta]
    }
    #[inline(always)]
    fn update<V: Number>(
        [rate, beta]: &[f64; 2],
        mut at: Entry<V>,
        [m]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let m = V::of(*beta) * m + V::of(1.0 - beta) * at.g;
        at.x = at.x - V::of(*rate) * m.sign();
        (at, [m])
    }
}
