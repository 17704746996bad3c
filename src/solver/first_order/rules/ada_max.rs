//! AdaMax.

use super::moments::{Moments, correction, setters};
use super::solver;
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(AdaMax);
setters! { AdaMax: betas "0.9 and 0.999", epsilon "1e-8", decay "0"; }

/// AdaMax: Adam with a decaying maximum in place of the mean square.
///
/// **Method** m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, |g| + ε), x ← (1 − α λ) x − α m̂ / u with m̂ = m/(1 − β₁ᵗ).
///
/// ```
/// use extremum::first_order::AdaMax;
/// let mut x = [0.0_f64];
/// let mut rule = AdaMax::new(0.1).betas(0.5, 0.5).epsilon(0.0).start(1);
/// rule.step(&mut x, &[8.0])?; // m̂ = 8, u = 8
/// rule.step(&mut x, &[2.0])?; // m̂ = (2 + 1) / 0.75 = 4, u = 4
/// assert!((x[0] + 0.2).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015), algorithm 2, in the form
/// and with the defaults of torch.optim.Adamax.
#[derive(Clone, Debug)]
pub struct AdaMax {
    moments: Moments,
    /// ε is added to u instead of |g|.
    outside: bool,
    corrected: bool,
}

impl AdaMax {
    /// With a learning rate α ≥ 0, a number or a schedule; 2e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments::new(rate), outside: false, corrected: true }
    }
    /// Divides by max(β₂ u, |g|) + ε, as Keras does.
    pub fn epsilon_outside(mut self) -> Self {
        self.outside = true;
        self
    }
    /// Whether m is divided by 1 − β₁ᵗ, default true.
    pub fn bias_correction(mut self, first: bool) -> Self {
        self.corrected = first;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdaMaxPlan {
    beta: [f64; 2],
    rate: f64,
    shrink: f64,
    inside: f64,
    outside: f64,
}

impl Rule for AdaMax {
    const NAME: &'static str = "AdaMax";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = AdaMaxPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdaMaxPlan {
        let Moments { beta, epsilon, decay, .. } = self.moments;
        let rate = now.rate(&self.moments.rate);
        let first = if self.corrected { correction(beta[0], now.step) } else { 1.0 };
        let (inside, outside) = if self.outside { (0.0, epsilon) } else { (epsilon, 0.0) };
        AdaMaxPlan { beta, rate: rate / first, shrink: 1.0 - rate * decay, inside, outside }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdaMaxPlan,
        mut at: Entry<V>,
        [m, u]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let [b1, b2] = plan.beta;
        let m = V::of(b1) * m + V::of(1.0 - b1) * at.g;
        let u = (V::of(b2) * u).max(at.g.abs() + V::of(plan.inside));
        at.x = V::of(plan.shrink) * at.x - V::of(plan.rate) * m / (u + V::of(plan.outside));
        (at, [m, u])
    }
}
