//! AdaBelief.

use super::moments::{Moments, MomentsPlan, setters};
use super::r_adam::Rectification;
use super::solver;
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(AdaBelief);
setters! { AdaBelief: betas "0.9 and 0.999", epsilon "1e-16", nesterov "", bias_correction "", decay "0"; }

/// AdaBelief: Adam with the squared distance of gradients from their average in place of their squares.
///
/// **Method** m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) (g − m)² + ε′, x ← (1 − α λ) x − α m̂ / (√ŝ + ε).
///
/// ```
/// use extremum::first_order::AdaBelief;
/// let mut x = [0.0_f64];
/// let rule = AdaBelief::new(0.1).betas(0.5, 0.5);
/// rule.start(1).step(&mut x, &[8.0])?; // m = 4 and s = 8, corrected 8 and 16
/// assert!((x[0] + 0.2).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Zhuang et al., "AdaBelief optimizer: adapting stepsizes by the belief in observed gradients",
/// NeurIPS (2020), algorithm 2.
#[derive(Clone, Debug)]
pub struct AdaBelief {
    moments: Moments,
    /// ε′
    added: f64,
    rectification: Option<Rectification>,
    keeps_largest: bool,
}

impl AdaBelief {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            moments: Moments { epsilon: 1e-16, ..Moments::new(rate) },
            added: 1e-16,
            rectification: None,
            keeps_largest: false,
        }
    }
    /// ε′, added to s at every step (optax's `eps_root`), default 1e-16. Range: ≥ 0.
    pub fn epsilon_root(mut self, epsilon: f64) -> Self {
        self.added = epsilon;
        self
    }
    /// Divides by the largest s so far, as [`AmsGrad`](super::AmsGrad) does.
    pub fn amsgrad(mut self) -> Self {
        self.keeps_largest = true;
        self
    }
    /// Rectifies as [`RAdam`](super::RAdam) does, and adds ε to √s before the correction for bias, as the authors' code does.
    pub fn rectified(mut self) -> Self {
        self.moments.epsilon_hat = true;
        self.rectification.get_or_insert_default();
        self
    }
    /// [`rectified`](Self::rectified), with the threshold that ρ has to exceed, default 5. Range: finite, ≥ 4.
    pub fn threshold(mut self, rho: f64) -> Self {
        self = self.rectified();
        self.rectification.get_or_insert_default().threshold = rho;
        self
    }
    /// [`rectified`](Self::rectified), without moving until ρ exceeds the threshold.
    pub fn waiting(mut self) -> Self {
        self = self.rectified();
        self.rectification.get_or_insert_default().waits = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdaBeliefPlan {
    moments: MomentsPlan,
    added: f64,
}

impl Rule for AdaBelief {
    const NAME: &'static str = "AdaBelief";
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = AdaBeliefPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()?;
        super::check_size("epsilon_root", self.added)?;
        self.rectification.as_ref().map_or(Ok(()), Rectification::check)
    }
    fn uses(&self, slot: usize) -> bool {
        slot < 2 || self.keeps_largest
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdaBeliefPlan {
        let plan = self.moments.plan(now);
        let moments = match &self.rectification {
            Some(rectification) => rectification.rectified(plan, now.step),
            None => plan,
        };
        AdaBeliefPlan { moments, added: self.added }
    }
    #[inline(always)]
    fn update<V: Number>(
        AdaBeliefPlan { moments, added }: &AdaBeliefPlan,
        mut at: Entry<V>,
        [m, s, largest]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let m = moments.first(m, at.g);
        let s = moments.second(s, at.g - m) + V::of(*added);
        // Without its column, `largest` is 0 before each step.
        let largest = largest.max(s);
        at.x = moments.moved(at.x, m, at.g, largest);
        (at, [m, s, largest])
    }
}
