//! Adan.

use super::moments::{Moments, MomentsPlan, correction, setters};
use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adan);
setters! { Adan: epsilon "1e-8", epsilon_root "0", decay "0"; }

/// Adan: Adam with Nesterov's momentum, from differences of gradients.
///
/// **Method** d = g − g of the step before (at first 0), m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) d,
/// n ← β₃ n + (1 − β₃) (g + γ d)², x ← (x − α (m̂ + γ v̂) / (√(n̂ + ε′) + ε)) / (1 + α λ) with γ = β₂.
///
/// ```
/// use extremum::first_order::Adan;
/// let mut x = [0.0_f64];
/// let mut rule = Adan::new(0.1).betas(0.0, 0.5, 0.0).epsilon(0.0).start(1);
/// rule.step(&mut x, &[8.0])?; // d = 0: a step of the rate
/// rule.step(&mut x, &[4.0])?; // d = −4: m̂ = 4, v̂ = −2 / 0.75, √n̂ = 4 − 2
/// assert!((x[0] + 0.1 + 0.1 * (4.0 - 4.0 / 3.0) / 2.0).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** X. Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", IEEE
/// TPAMI 46 (2024), algorithm 1, whose β are 1 minus ours, with the corrections for bias and the defaults of the
/// authors' code.
#[derive(Clone, Debug)]
pub struct Adan {
    /// The parameters of m and n.
    moments: Moments,
    beta: f64,
    weight: Option<f64>,
    decoupled: bool,
}

impl Adan {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let moments = Moments { beta: [0.98, 0.99], ..Moments::new(rate) };
        Self { moments, beta: 0.92, weight: None, decoupled: false }
    }
    /// β₁, β₂ and β₃, default 0.98, 0.92 and 0.99. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64, third: f64) -> Self {
        self.moments.beta = [first, third];
        self.beta = second;
        self
    }
    /// γ, the weight of differences, default β₂ (1 − β₂ in optax). Range: finite, ≥ 0.
    pub fn difference_weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }
    /// Decays by x ← (1 − α λ) x before the step instead of the division after it, as optax does.
    pub fn decoupled(mut self) -> Self {
        self.decoupled = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdanPlan {
    moments: MomentsPlan,
    beta: f64,
    weight: f64,
    /// 0 at the first step, which has no difference, then 1.
    known: f64,
}

impl Rule for Adan {
    const NAME: &'static str = "Adan";
    type Slots = Columns<4>;
    type Memory = ();
    type Plan = AdanPlan;

    fn check(&self) -> Result<(), Error> {
        let Moments { beta: [first, third], .. } = self.moments;
        check_beta("beta 1", first)?;
        check_beta("beta 2", self.beta)?;
        check_beta("beta 3", third)?;
        check_size("difference_weight", self.weight.unwrap_or(0.0))?;
        self.moments.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 4]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdanPlan {
        let weight = self.weight.unwrap_or(self.beta);
        let ofs = [
            1.0 / correction(self.moments.beta[0], now.step),
            weight / correction(self.beta, now.step),
        ];
        let mut moments = self.moments.weighted(now, ofs);
        if !self.decoupled {
            // 1 + α λ
            let divisor = 2.0 - moments.shrink;
            moments.shrink = 1.0 / divisor;
            moments.weights = moments.weights.map(|weight| weight / divisor);
        }
        let known = if now.step == 1 { 0.0 } else { 1.0 };
        AdanPlan { moments, beta: self.beta, weight, known }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdanPlan,
        mut at: Entry<V>,
        [m, v, n, before]: [V; 4],
    ) -> (Entry<V>, [V; 4]) {
        let d = V::of(plan.known) * (at.g - before);
        let m = plan.moments.first(m, at.g);
        let v = V::of(plan.beta) * v + V::of(1.0 - plan.beta) * d;
        let n = plan.moments.second(n, at.g + V::of(plan.weight) * d);
        at.x = plan.moments.moved(at.x, m, v, n);
        (at, [m, v, n, at.g])
    }
}
