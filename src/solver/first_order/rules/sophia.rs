//! Sophia.

use super::{check_above_0, check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Sophia);

/// Sophia: Newton steps with a diagonal Hessian, clipped to the size of the rate. Where the curvature is not above 0,
/// steps have the size of the rate.
///
/// **Method** m ← β₁ m + (1 − β₁) g, every k steps h ← β₂ h + (1 − β₂) ĥ, x ← (1 − α λ) x − α clip(m / max(γ h, ε), 1).
/// ĥ is an estimate of the Hessian's diagonal, such as Hutchinson's (algorithm 1).
///
/// **Needs** the diagonal by [`Updater::show_curvature`](crate::first_order::Updater::show_curvature), every k steps
/// from the first. Until the first one comes, every step has the size of the rate.
///
/// ```
/// use extremum::first_order::Sophia;
/// let mut x = [0.5_f64, 1.0]; // x² + 8y²
/// let mut rule = Sophia::new(1.0).betas(0.0, 0.0).curvature_factor(1.0).start(2);
/// rule.show_curvature(&x, &[2.0, 16.0])?;
/// rule.step(&mut x, &[1.0, 16.0])?;
/// assert_eq!(x, [0.0, 0.0]);
/// rule.step(&mut x, &[-200.0, 0.0])?; // a Newton step of 100
/// assert_eq!(x, [1.0, 0.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** H. Liu, Z. Li, D. Hall, P. Liang, T. Ma, "Sophia: a scalable stochastic second-order optimizer for
/// language model pre-training", ICLR (2024), algorithm 3.
#[derive(Clone, Debug)]
pub struct Sophia {
    rate: Rate,
    beta: [f64; 2],
    factor: f64,
    epsilon: f64,
    decay: f64,
    period: u64,
}

impl Sophia {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let (rate, beta) = (rate.into(), [0.965, 0.99]);
        Self { rate, beta, factor: 0.01, epsilon: 1e-12, decay: 0.0, period: 10 }
    }
    /// β₁ and β₂, default 0.965 and 0.99. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// γ, default 0.01. Range: ≥ 0. A smaller γ clips more components.
    pub fn curvature_factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }
    /// ε, default 1e-12. Range: above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// λ, default 0. Range: ≥ 0. The paper trains with 0.1 and 0.2.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// k, default 10. Range: ≥ 1.
    pub fn period(mut self, steps: u64) -> Self {
        self.period = steps;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct SophiaPlan {
    rate: f64,
    b1: f64,
    factor: f64,
    epsilon: f64,
    /// 1 − α λ
    shrink: f64,
}

impl Rule for Sophia {
    const NAME: &'static str = "Sophia";
    /// m and h
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = SophiaPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("curvature_factor", self.factor)?;
        check_above_0("epsilon", self.epsilon)?;
        check_size("decay", self.decay)?;
        check(self.period >= 1, "period", self.period as f64, "at least 1")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> SophiaPlan {
        let rate = now.rate(&self.rate);
        let (b1, shrink) = (self.beta[0], 1.0 - rate * self.decay);
        SophiaPlan { rate, b1, factor: self.factor, epsilon: self.epsilon, shrink }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &SophiaPlan,
        mut at: Entry<V>,
        [m, h]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let (m, one) = (V::of(plan.b1) * m + V::of(1.0 - plan.b1) * at.g, V::of(1.0));
        let newton = m / (V::of(plan.factor) * h).max(V::of(plan.epsilon));
        at.x = V::of(plan.shrink) * at.x - V::of(plan.rate) * newton.min(one).max(-one);
        (at, [m, h])
    }
    fn curvature_period(&self) -> Option<u64> {
        Some(self.period)
    }
    #[inline(always)]
    fn curvature<V: Number>(&self, estimate: V, [m, h]: [V; 2]) -> [V; 2] {
        [m, V::of(self.beta[1]) * h + V::of(1.0 - self.beta[1]) * estimate]
    }
}
