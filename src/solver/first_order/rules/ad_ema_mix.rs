//! AdEMAMix.

use super::moments::{Moments, MomentsPlan, correction, setters};
use super::{check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(AdEmaMix);
setters! { AdEmaMix: epsilon "1e-8", epsilon_root "0", decay "0"; }

/// AdEMAMix: Adam with a second average of the gradients, which has a longer memory.
///
/// **Method** m₁ ← β₁ m₁ + (1 − β₁) g, m₂ ← β₃ m₂ + (1 − β₃) g, v ← β₂ v + (1 − β₂) g², x ← (1 − η λ)
/// x − η (m̂₁ + α m₂) / (√(v̂ + ε′) + ε).
///
/// ```
/// use extremum::first_order::AdEmaMix;
/// let mut x = [0.0_f64];
/// let rule = AdEmaMix::new(0.1).betas(0.5, 0.5, 0.75).alpha(2.0).epsilon(0.0);
/// rule.start(1).step(&mut x, &[8.0])?; // m̂₁ = 8, m₂ = 2, √v̂ = 8
/// assert!((x[0] + 0.15).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Pagliardini, P. Ablin, D. Grangier, "The AdEMAMix optimizer: better, faster, older", ICLR (2025),
/// algorithm 1 and the schedulers of section 3.
#[derive(Clone, Debug)]
pub struct AdEmaMix {
    moments: Moments,
    beta: f64,
    alpha: f64,
    warmup: Option<f64>,
}

impl AdEmaMix {
    /// With a learning rate η ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments::new(rate), beta: 0.9999, alpha: 5.0, warmup: None }
    }
    /// β₁, β₂ and β₃, default 0.9, 0.999 and 0.9999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64, third: f64) -> Self {
        self.moments.beta = [first, second];
        self.beta = third;
        self
    }
    /// α, the weight of the long memory, default 5. Range: ≥ 0.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
    /// The number T of steps in which α increases linearly from 0, and the memory of m₂ from that of m₁ (1/ln β
    /// linearly). Without a warm-up, both have their values from the first step. Range: > 0.
    pub fn warmup(mut self, steps: f64) -> Self {
        self.warmup = Some(steps);
        self
    }

    /// α and β₃ of a step.
    fn scheduled(&self, step: u64) -> [f64; 2] {
        let Some(warmup) = self.warmup else {
            return [self.alpha, self.beta];
        };
        let part = step as f64 / warmup;
        let memory = (1.0 - part) / self.moments.beta[0].ln() + part / self.beta.ln();
        [(part * self.alpha).min(self.alpha), memory.recip().exp().min(self.beta)]
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdEmaMixPlan {
    moments: MomentsPlan,
    beta: f64,
}

impl Rule for AdEmaMix {
    const NAME: &'static str = "AdEmaMix";
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = AdEmaMixPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()?;
        check_beta("beta 3", self.beta)?;
        check_size("alpha", self.alpha)?;
        let warmup = self.warmup.unwrap_or(1.0);
        check(warmup > 0.0 && warmup.is_finite(), "warmup", warmup, "finite, above 0")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdEmaMixPlan {
        let [alpha, beta] = self.scheduled(now.step);
        let weights = [1.0 / correction(self.moments.beta[0], now.step), alpha];
        AdEmaMixPlan { moments: self.moments.weighted(now, weights), beta }
    }
    #[inline(always)]
    fn update<V: Number>(
        AdEmaMixPlan { moments, beta }: &AdEmaMixPlan,
        mut at: Entry<V>,
        [short, long, v]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let (short, v) = (moments.first(short, at.g), moments.second(v, at.g));
        let long = V::of(*beta) * long + V::of(1.0 - beta) * at.g;
        at.x = moments.moved(at.x, short, long, v);
        (at, [short, long, v])
    }
}
