//! NAdam.

use super::moments::{Moments, MomentsPlan, setters};
use super::{check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Nadam);
setters! { Nadam: betas "0.9 and 0.999", epsilon "1e-8", epsilon_root "0", decay "0"; }

/// NAdam: Adam with Nesterov's momentum, whose size follows a schedule.
///
/// **Method** μₜ = β₁ (1 − ½ 0.96^(t ψ)), x ← (1 − α λ) x − α ((1 − μₜ)/(1 − Πₜ) g + μₜ₊₁/(1 − Πₜ₊₁) m) / (√v̂ + ε),
/// with Πₜ the product of μ₁ to μₜ, and m and v̂ of [`Adam`](crate::first_order::Adam).
///
/// ```
/// use extremum::first_order::Nadam;
/// let mut x = [0.0_f64];
/// let rule = Nadam::new(0.1).betas(0.5, 0.5).epsilon(0.0).momentum_decay(0.0);
/// rule.start(1).step(&mut x, &[8.0])?; // μ = 1/4: 3/4 of g / (3/4), and 1/4 of m = 4 / (15/16)
/// assert!((x[0] + 0.1 * (8.0 + 16.0 / 15.0) / 8.0).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop (2016), algorithm 2 and section
/// 3, in the form and with the defaults of torch.optim.NAdam.
#[derive(Clone, Debug)]
pub struct Nadam {
    moments: Moments,
    /// None: μ is always β₁.
    momentum_decay: Option<f64>,
}

impl Nadam {
    /// With a learning rate α ≥ 0, a number or a schedule; 2e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments::new(rate), momentum_decay: Some(4e-3) }
    }
    /// ψ, default 4e-3; Keras has 1. Range: ≥ 0.
    pub fn momentum_decay(mut self, psi: f64) -> Self {
        self.momentum_decay = Some(psi);
        self
    }
    /// Takes the momentum μ = β₁ from the first step on, as optax does.
    pub fn constant_momentum(mut self) -> Self {
        self.momentum_decay = None;
        self
    }

    fn momentum(&self, step: u64) -> f64 {
        let b1 = self.moments.beta[0];
        match self.momentum_decay {
            Some(psi) => b1 * (1.0 - 0.5 * 0.96_f64.powf(step as f64 * psi)),
            None => b1,
        }
    }
}

impl Rule for Nadam {
    const NAME: &'static str = "Nadam";
    type Slots = Columns<2>;
    /// Πₜ
    type Memory = f64;
    type Plan = MomentsPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()?;
        check_size("momentum_decay", self.momentum_decay.unwrap_or(0.0))
    }
    fn memory(&self) -> f64 {
        1.0
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, product: &mut f64) -> MomentsPlan {
        let (here, next) = (self.momentum(now.step), self.momentum(now.step + 1));
        *product *= here;
        self.moments
            .weighted(now, [next / (1.0 - *product * next), (1.0 - here) / (1.0 - *product)])
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &MomentsPlan,
        mut at: Entry<V>,
        [m, v]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let (m, v) = (plan.first(m, at.g), plan.second(v, at.g));
        at.x = plan.moved(at.x, m, at.g, v);
        (at, [m, v])
    }
}
