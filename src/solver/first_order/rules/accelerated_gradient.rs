//! Nesterov's accelerated gradient with restarts.

use super::solver;
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(AcceleratedGradient);

/// Nesterov's accelerated gradient method with restarts, for gradients without noise.
///
/// **Method** z ← y − α g(y), y ← z + (θ − 1)/θ⁺ (z − z⁻) with θ⁺ = (1 + √(1 + 4 θ²))/2 and θ = 1 at first; where
/// gᵀ(z − z⁻) > 0, the momentum points uphill: y ← z and θ = 1 again. The parameters are y, where gradients are taken;
/// the point that the method recommends is z.
///
/// **Guarantee** With a rate of at most 1/L, L the Lipschitz constant of the gradient, the cost of a convex function
/// decreases as O(1/k²) without restarts. With restarts, a strongly convex cost decreases at the linear rate of the
/// best momentum, which need not be known.
///
/// ```
/// use extremum::first_order::AcceleratedGradient;
/// let mut rule = AcceleratedGradient::new(0.5).start(1);
/// let (mut x, mut z) = ([1.0_f64], [0.0]);
/// rule.step(&mut x, &[1.0])?; // z = 0.5, no momentum yet
/// assert_eq!(x, [0.5]);
/// rule.step(&mut x, &[0.5])?; // z = 0.25, θ = (1 + √5)/2
/// let theta = (1.0 + 5.0_f64.sqrt()) / 2.0;
/// let next = (1.0 + (1.0 + 4.0 * theta * theta).sqrt()) / 2.0;
/// assert!((x[0] - (0.25 - (theta - 1.0) / next * 0.25)).abs() < 1e-15);
/// rule.step(&mut x, &[-0.01])?; // uphill: it starts again from z
/// rule.recommended(&x, &mut z)?;
/// assert_eq!(x, z);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Y. Nesterov, "A method for solving the convex programming problem with convergence rate O(1/k²)",
/// Soviet Math. Dokl. 27 (1983); A. Beck, M. Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear
/// inverse problems", SIAM J. Imaging Sci. 2 (2009), eq. 4.1–4.3; B. O'Donoghue, E. Candès, "Adaptive restart for
/// accelerated gradient schemes", Found. Comput. Math. 15 (2015), section 3.2, the gradient scheme.
#[derive(Clone, Debug)]
pub struct AcceleratedGradient {
    rate: Rate,
    restart: bool,
}

impl AcceleratedGradient {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), restart: true }
    }
    /// Whether the momentum restarts where it points uphill, default `true`.
    pub fn restart(mut self, restart: bool) -> Self {
        self.restart = restart;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AcceleratedGradientPlan {
    rate: f64,
    /// (θ − 1)/θ⁺
    momentum: f64,
}

impl Rule for AcceleratedGradient {
    const NAME: &'static str = "AcceleratedGradient";
    const ROUNDS: usize = 1;
    const SUMS: usize = 1;
    /// z
    type Slots = Columns<1>;
    /// θ
    type Memory = f64;
    type Plan = AcceleratedGradientPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()
    }
    fn memory(&self) -> f64 {
        1.0
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [x]
    }
    fn plan(&self, now: &Now, theta: &mut f64) -> AcceleratedGradientPlan {
        let next = f64::midpoint(1.0, (1.0 + 4.0 * *theta * *theta).sqrt());
        let momentum = (*theta - 1.0) / next;
        *theta = next;
        AcceleratedGradientPlan { rate: now.rate(&self.rate), momentum }
    }
    #[inline(always)]
    fn survey<V: Number>(
        plan: &AcceleratedGradientPlan,
        _round: usize,
        at: Entry<V>,
        [before]: [V; 1],
    ) -> [V; 4] {
        let z = at.x - V::of(plan.rate) * at.g;
        [at.g * (z - before), V::of(0.0), V::of(0.0), V::of(0.0)]
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [climb, ..]: Sums,
        plan: &mut AcceleratedGradientPlan,
        theta: &mut f64,
    ) {
        if self.restart && climb > 0.0 {
            plan.momentum = 0.0;
            *theta = 1.0;
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AcceleratedGradientPlan,
        mut at: Entry<V>,
        [before]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let z = at.x - V::of(plan.rate) * at.g;
        at.x = z + V::of(plan.momentum) * (z - before);
        (at, [z])
    }
    #[inline(always)]
    fn recommended<V: Number>(&self, _theta: &f64, _x: V, [z]: [V; 1]) -> V {
        z
    }
}
