//! LAMB.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Lamb);

/// LAMB: Adam's directions, scaled to α times the norm of the parameters; for large batches.
///
/// **Method** u = m̂ / (√(v̂ + ε₀) + ε) + λ x, x ← x − α (‖x‖/‖u‖) u, with the moments m̂ and v̂ of
/// [`Adam`](crate::first_order::Adam). The norms are those of a [group](Rule::group): a layer. Where ‖x‖ or ‖u‖ is 0,
/// the step is −α u.
///
/// ```
/// use extremum::first_order::Lamb;
/// let mut x = [3.0_f64, 4.0];
/// Lamb::new(0.1).epsilon(0.0).start(2).step(&mut x, &[7.0, -0.01])?; // u = (1, -1), ‖x‖ = 5
/// let length = 0.5 / 2.0_f64.sqrt();
/// assert!((x[0] - 3.0 + length).abs() < 1e-12 && (x[1] - 4.0 - length).abs() < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR
/// (2020), algorithm 2, with φ(z) = z and the defaults of optax.lamb.
#[derive(Clone, Debug)]
pub struct Lamb {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    epsilon_root: f64,
    decay: f64,
}

impl Lamb {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: [0.9, 0.999], epsilon: 1e-6, epsilon_root: 0.0, decay: 0.0 }
    }
    /// β₁ and β₂, default 0.9 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, default 1e-6. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// ε₀ under the root, default 0. Range: ≥ 0.
    pub fn epsilon_root(mut self, epsilon_root: f64) -> Self {
        self.epsilon_root = epsilon_root;
        self
    }
    /// λ, default 0. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct LambPlan {
    /// α, then α ‖x‖/‖u‖.
    rate: f64,
    b1: f64,
    b2: f64,
    /// 1 / (1 − β₁ᵗ)
    correct1: f64,
    /// 1 / (1 − β₂ᵗ)
    correct2: f64,
    epsilon: f64,
    epsilon_root: f64,
    decay: f64,
}

impl LambPlan {
    /// u, and the moments it is made of.
    #[inline(always)]
    fn direction<V: Number>(&self, at: Entry<V>, [m, v]: [V; 2]) -> (V, [V; 2]) {
        let m = V::of(self.b1) * m + V::of(1.0 - self.b1) * at.g;
        let v = V::of(self.b2) * v + V::of(1.0 - self.b2) * at.g.squared();
        let root = (V::of(self.correct2) * v + V::of(self.epsilon_root)).sqrt();
        let u = V::of(self.correct1) * m / (root + V::of(self.epsilon));
        (u + V::of(self.decay) * at.x, [m, v])
    }
}

impl Rule for Lamb {
    const NAME: &'static str = "Lamb";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = LambPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("epsilon", self.epsilon)?;
        check_size("epsilon_root", self.epsilon_root)?;
        check_size("decay", self.decay)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> LambPlan {
        let [b1, b2] = self.beta;
        let t = now.step as f64;
        LambPlan {
            rate: now.rate(&self.rate),
            b1,
            b2,
            correct1: 1.0 / (1.0 - b1.powf(t)),
            correct2: 1.0 / (1.0 - b2.powf(t)),
            epsilon: self.epsilon,
            epsilon_root: self.epsilon_root,
            decay: self.decay,
        }
    }
    #[inline(always)]
    fn survey<V: Number>(plan: &LambPlan, _round: usize, at: Entry<V>, moments: [V; 2]) -> [V; 4] {
        let (u, _) = plan.direction(at, moments);
        [at.x.squared(), u.squared(), V::of(0.0), V::of(0.0)]
    }
    fn refine(&self, _now: &Now, _round: usize, sums: Sums, plan: &mut LambPlan, _memory: &mut ()) {
        let [x, u, ..] = sums.map(f64::sqrt);
        if x > 0.0 && u > 0.0 {
            plan.rate *= x / u;
        }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &LambPlan, mut at: Entry<V>, moments: [V; 2]) -> (Entry<V>, [V; 2]) {
        let (u, moments) = plan.direction(at, moments);
        at.x = at.x - V::of(plan.rate) * u;
        (at, moments)
    }
}
