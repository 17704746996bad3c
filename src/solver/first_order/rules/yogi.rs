//! Yogi.

use super::moments::{Moments, MomentsPlan, setters};
use super::{check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Yogi);
setters! { Yogi: betas "0.9 and 0.999", epsilon "1e-3", bias_correction "", decay "0"; }

/// Yogi: Adam with a mean square that changes by at most (1 − β₂) g² in a step, so that rates increase slowly.
///
/// **Method** m ← β₁ m + (1 − β₁) g, v ← v − (1 − β₂) sign(v − g²) g², x ← (1 − α λ) x − α m̂ / (√v̂ + ε).
///
/// ```
/// use extremum::first_order::Yogi;
/// let mut x = [0.0_f64];
/// let rule = Yogi::new(0.1).betas(0.5, 0.5).epsilon(0.0).initial(0.0);
/// rule.start(1).step(&mut x, &[8.0])?; // m = 4 and v = 32, corrected 8 and 64
/// assert!((x[0] + 0.1).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Zaheer et al., "Adaptive methods for nonconvex optimization", NeurIPS (2018), algorithm 2, with
/// the corrections for bias and the defaults of optax.yogi.
#[derive(Clone, Debug)]
pub struct Yogi {
    moments: Moments,
    initial: f64,
}

impl Yogi {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments { epsilon: 1e-3, ..Moments::new(rate) }, initial: 1e-6 }
    }
    /// m and v before the first step, default 1e-6. Range: ≥ 0.
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
}

impl Rule for Yogi {
    const NAME: &'static str = "Yogi";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = MomentsPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()?;
        check_size("initial", self.initial)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(self.initial); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> MomentsPlan {
        self.moments.plan(now)
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &MomentsPlan,
        mut at: Entry<V>,
        [m, v]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let m = plan.first(m, at.g);
        let square = at.g.squared();
        let v = v - V::of(1.0 - plan.beta[1]) * (v - square).sign() * square;
        at.x = plan.moved(at.x, m, at.g, v);
        (at, [m, v])
    }
}
