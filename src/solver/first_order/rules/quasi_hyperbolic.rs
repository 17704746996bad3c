//! Quasi-hyperbolic momentum and Adam.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Qhm, QhAdam);

fn check_nu(name: &'static str, nu: f64) -> Result<(), Error> {
    check((0.0..=1.0).contains(&nu), name, nu, "0 to 1")
}

/// Quasi-hyperbolic momentum: the weighted average of a gradient step and a momentum step.
///
/// **Method** m ← β m + (1 − β) g, x ← x − α ((1 − ν) g + ν m).
///
/// ```
/// use extremum::first_order::Qhm;
/// let mut x = [0.0_f64];
/// Qhm::new(0.1).momentum(0.5).nu(0.6).start(1).step(&mut x, &[1.0])?; // m = 0.5
/// assert!((x[0] + 0.1 * (0.4 + 0.6 * 0.5)).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Ma, D. Yarats, "Quasi-hyperbolic momentum and Adam for deep learning", ICLR (2019), eq. 3–4, with
/// the defaults that the paper recommends.
#[derive(Clone, Debug)]
pub struct Qhm {
    rate: Rate,
    momentum: f64,
    nu: f64,
}

impl Qhm {
    /// With a learning rate α ≥ 0, a number or a schedule; 1 is the paper's advice.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), momentum: 0.999, nu: 0.7 }
    }
    /// β, default 0.999. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// ν, the share of the momentum, default 0.7. Range: 0 to 1.
    pub fn nu(mut self, nu: f64) -> Self {
        self.nu = nu;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct QhmPlan {
    momentum: f64,
    /// α (1 − ν)
    plain: f64,
    /// α ν
    averaged: f64,
}

impl Rule for Qhm {
    const NAME: &'static str = "Qhm";
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = QhmPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("momentum", self.momentum)?;
        check_nu("nu", self.nu)
    }
    fn uses(&self, _slot: usize) -> bool {
        self.momentum != 0.0 && self.nu != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> QhmPlan {
        let rate = now.rate(&self.rate);
        let (plain, averaged) = (rate * (1.0 - self.nu), rate * self.nu);
        QhmPlan { momentum: self.momentum, plain, averaged }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &QhmPlan, mut at: Entry<V>, [m]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let m = V::of(plan.momentum) * m + V::of(1.0 - plan.momentum) * at.g;
        at.x = at.x - (V::of(plan.plain) * at.g + V::of(plan.averaged) * m);
        (at, [m])
    }
}

/// Quasi-hyperbolic Adam: Adam with less weight on its moments.
///
/// **Method** x ← x − α ((1 − ν₁) g + ν₁ m̂) / (√((1 − ν₂) g² + ν₂ v̂) + ε), with m̂ and v̂ of
/// [`Adam`](crate::first_order::Adam).
///
/// ```
/// use extremum::first_order::QhAdam;
/// let mut x = [0.0_f64];
/// let mut rule = QhAdam::new(0.1).betas(0.5, 0.5).nus(0.5, 0.5).epsilon(0.0).start(1);
/// rule.step(&mut x, &[1.0])?; // m̂ = v̂ = 1
/// rule.step(&mut x, &[2.0])?; // m̂ = 5/3, v̂ = 3
/// assert!((x[0] + 0.1 + 0.1 * (1.0 + 5.0 / 6.0) / 3.5_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Ma, D. Yarats, "Quasi-hyperbolic momentum and Adam for deep learning", ICLR (2019), eq. 7–8, with
/// the defaults that the paper recommends.
#[derive(Clone, Debug)]
pub struct QhAdam {
    rate: Rate,
    beta: [f64; 2],
    nu: [f64; 2],
    epsilon: f64,
}

impl QhAdam {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), beta: [0.995, 0.999], nu: [0.7, 1.0], epsilon: 1e-8 }
    }
    /// β₁ and β₂, default 0.995 and 0.999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ν₁ and ν₂, the shares of the moments, default 0.7 and 1. Range: 0 to 1.
    pub fn nus(mut self, first: f64, second: f64) -> Self {
        self.nu = [first, second];
        self
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct QhAdamPlan {
    rate: f64,
    beta: [f64; 2],
    /// 1 − ν
    plain: [f64; 2],
    /// ν / (1 − βᵗ)
    averaged: [f64; 2],
    epsilon: f64,
}

impl Rule for QhAdam {
    const NAME: &'static str = "QhAdam";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = QhAdamPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        for (name, nu) in ["nu 1", "nu 2"].into_iter().zip(self.nu) {
            check_nu(name, nu)?;
        }
        check_size("epsilon", self.epsilon)
    }
    fn uses(&self, slot: usize) -> bool {
        self.beta[slot] != 0.0 && self.nu[slot] != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> QhAdamPlan {
        let Self { beta, nu, epsilon, .. } = *self;
        let correction = beta.map(|beta| 1.0 - beta.powf(now.step as f64));
        QhAdamPlan {
            rate: now.rate(&self.rate),
            beta,
            plain: nu.map(|nu| 1.0 - nu),
            averaged: [nu[0] / correction[0], nu[1] / correction[1]],
            epsilon,
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &QhAdamPlan,
        mut at: Entry<V>,
        [m, v]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let [b1, b2] = plan.beta;
        let ([plain1, plain2], [averaged1, averaged2]) = (plan.plain, plan.averaged);
        let g2 = at.g.squared();
        let m = V::of(b1) * m + V::of(1.0 - b1) * at.g;
        let v = V::of(b2) * v + V::of(1.0 - b2) * g2;
        let above = V::of(plain1) * at.g + V::of(averaged1) * m;
        let below = (V::of(plain2) * g2 + V::of(averaged2) * v).sqrt() + V::of(plan.epsilon);
        at.x = at.x - V::of(plan.rate) * above / below;
        (at, [m, v])
    }
}
