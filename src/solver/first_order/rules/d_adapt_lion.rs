//! D-Adaptation of Lion.

use super::{check_above_0, check_beta, check_size, grown, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(DAdaptLion);

/// Lion with a rate from an estimate of the distance from the start to the solution. The estimate never decreases.
///
/// **Method** With the estimate d of the distance to the solution, δ = d α and q = √β₂: u = sign(β₁ m + (1 − β₁) g),
/// x ← (1 − δ λ) x − δ u, m ← β₂ m + (1 − β₂) δ g, r ← q r + (1 − q) δ uᵀs with the old s, s ← q s + (1 − q) δ u,
/// d ← max(d, r / ((1 − q) ‖s‖₁)). All [groups](Rule::group) share one estimate.
///
/// ```
/// use extremum::first_order::DAdaptLion;
/// let mut x = [1.0_f64, 1.0];
/// DAdaptLion::new(1.0).initial_distance(0.25).start(2).step(&mut x, &[1e-9, -5.0])?;
/// assert_eq!(x, [0.75, 1.25]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, K. Mishchenko, "Learning-rate-free learning by D-Adaptation", ICML (2023), with the steps
/// of Lion, as in the authors' package dadaptation 3.2.
#[derive(Clone, Debug)]
pub struct DAdaptLion {
    rate: Rate,
    beta: [f64; 2],
    decay: f64,
    initial: f64,
}

impl DAdaptLion {
    /// With a learning rate α ≥ 0, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: [0.9, 0.99], decay: 0.0, initial: 1e-6 }
    }
    /// β₁ and β₂, default 0.9 and 0.99. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// λ, default 0. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// d before the first step, default 1e-6. Range: above 0.
    pub fn initial_distance(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct DAdaptLionPlan {
    /// δ
    delta: f64,
    b1: f64,
    b2: f64,
    /// q
    q: f64,
    /// 1 − δ λ
    shrink: f64,
}

impl DAdaptLionPlan {
    /// u and s
    #[inline(always)]
    fn dual<V: Number>(&self, g: V, m: V, s: V) -> [V; 2] {
        let u = (V::of(self.b1) * m + V::of(1.0 - self.b1) * g).sign();
        [u, V::of(self.q) * s + V::of((1.0 - self.q) * self.delta) * u]
    }
}

impl Rule for DAdaptLion {
    const NAME: &'static str = "DAdaptLion";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    /// m and s
    type Slots = Columns<2>;
    /// d and r
    type Memory = [f64; 2];
    type Plan = DAdaptLionPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("decay", self.decay)?;
        check_above_0("initial_distance", self.initial)
    }
    fn memory(&self) -> [f64; 2] {
        [self.initial, 0.0]
    }
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, [d, _]: &mut [f64; 2]) -> DAdaptLionPlan {
        let ([b1, b2], delta) = (self.beta, *d * now.rate(&self.rate));
        DAdaptLionPlan { delta, b1, b2, q: b2.sqrt(), shrink: 1.0 - delta * self.decay }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &DAdaptLionPlan,
        _round: usize,
        at: Entry<V>,
        [m, s]: [V; 2],
    ) -> [V; 4] {
        let ([u, dual], zero) = (plan.dual(at.g, m, s), V::of(0.0));
        [u * s, dual.abs(), zero, zero]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [product, norm, ..]: Sums,
        plan: &mut DAdaptLionPlan,
        [d, r]: &mut [f64; 2],
    ) {
        *r = plan.q * *r + (1.0 - plan.q) * plan.delta * product;
        *d = grown(*d, *r / ((1.0 - plan.q) * norm), f64::INFINITY);
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &DAdaptLionPlan,
        mut at: Entry<V>,
        [m, s]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let [u, s] = plan.dual(at.g, m, s);
        at.x = V::of(plan.shrink) * at.x - V::of(plan.delta) * u;
        (at, [V::of(plan.b2) * m + V::of((1.0 - plan.b2) * plan.delta) * at.g, s])
    }
}
