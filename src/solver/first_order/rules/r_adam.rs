//! RAdam.

use super::moments::{Moments, MomentsPlan, correction, setters};
use super::solver;
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(RAdam);
setters! {
    RAdam: betas "0.9 and 0.999", epsilon "1e-8", epsilon_root "0", nesterov "", bias_correction "", decay "0";
}

/// RAdam: Adam that takes steps of momentum until the variance of its rates is known.
///
/// **Method** ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ). x ← (1 − α λ) x − α m̂ r √(1 − β₂ᵗ) / (√v + ε) with
/// r² = (ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ) where ρ > 5, else − α m̂.
///
/// ```
/// use extremum::first_order::RAdam;
/// let mut x = [0.0_f64];
/// RAdam::new(0.1).start(1).step(&mut x, &[8.0])?; // ρ = 1: m̂ = g alone
/// assert!((x[0] + 0.8).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** L. Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR (2020), algorithm 2,
/// in the form and with the defaults of torch.optim.RAdam.
#[derive(Clone, Debug)]
pub struct RAdam {
    moments: Moments,
    rectification: Rectification,
}

impl RAdam {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let moments = Moments { epsilon_hat: true, ..Moments::new(rate) };
        Self { moments, rectification: Rectification::default() }
    }
    /// Adds ε to √v̂, after the correction for bias, as optax does.
    pub fn epsilon_after_correction(mut self) -> Self {
        self.moments.epsilon_hat = false;
        self
    }
    /// The threshold that ρ has to exceed, default 5. Range: finite, ≥ 4; the variance is not defined below 4.
    pub fn threshold(mut self, rho: f64) -> Self {
        self.rectification.threshold = rho;
        self
    }
    /// Neither moves nor decays until ρ exceeds the threshold, as in pytorch_optimizer.
    pub fn waiting(mut self) -> Self {
        self.rectification.waits = true;
        self
    }
}

/// The rectification of a step, and what replaces it while the variance is not known.
#[derive(Clone, Debug)]
pub(super) struct Rectification {
    pub threshold: f64,
    pub waits: bool,
}

impl Default for Rectification {
    fn default() -> Self {
        Self { threshold: 5.0, waits: false }
    }
}

impl Rectification {
    pub fn check(&self) -> Result<(), Error> {
        let rho = self.threshold;
        check(rho >= 4.0 && rho.is_finite(), "threshold", rho, "finite, at least 4")
    }

    pub fn rectified(&self, plan: MomentsPlan, step: u64) -> MomentsPlan {
        let (b2, t) = (plan.beta[1], step as f64);
        let limit = 2.0 / (1.0 - b2) - 1.0;
        let rho = limit - 2.0 * t * b2.powf(t) / correction(b2, step);
        if rho > self.threshold {
            let squared = (rho - 4.0) * (rho - 2.0) * limit / ((limit - 4.0) * (limit - 2.0) * rho);
            let weights = plan.weights.map(|weight| weight * squared.sqrt());
            MomentsPlan { weights, ..plan }
        } else if self.waits {
            MomentsPlan { weights: [0.0; 2], shrink: 1.0, ..plan.without_root() }
        } else {
            plan.without_root()
        }
    }
}

impl Rule for RAdam {
    const NAME: &'static str = "RAdam";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = MomentsPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()?;
        self.rectification.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> MomentsPlan {
        self.rectification.rectified(self.moments.plan(now), now.step)
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
