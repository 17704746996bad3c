//! v ← α v + (1 − α) g², b ← μ b + g / (√(v − ḡ²) + ε), x ← x − rate b, with ḡ the mean gradient when centred, else 0.
//! T. Hinton, lecture 6e of "Neural networks for machine learning" (2012); centred: A. Graves, "Generating sequences with
//! recurrent neural networks", arXiv:1308.0850 (2013), eq. 38–45; the form and the defaults of torch.optim.RMSprop.

use super::{check_beta, check_size, startable};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

startable!(RmsProp);

/// Gradients divided by the root of their mean square.
///
/// ```
/// use extremum::first_order::RmsProp;
/// let mut x = [0.0_f64];
/// RmsProp::new(0.01).start(1).step(&mut x, &[5.0])?; // √v = 0.1 · 5
/// assert!((x[0] + 0.1).abs() < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RmsProp {
    rate: Rate,
    smoothing: f64,
    momentum: f64,
    epsilon: f64,
    centred: bool,
}

impl RmsProp {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), smoothing: 0.99, momentum: 0.0, epsilon: 1e-8, centred: false }
    }
    /// α, default 0.99. Range: 0 to 1, 1 excluded.
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }
    /// μ, default 0. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Divides by the standard deviation instead of the root of the mean square.
    pub fn centred(mut self) -> Self {
        self.centred = true;
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
pub struct RmsPropPlan {
    rate: f64,
    smoothing: f64,
    momentum: f64,
    epsilon: f64,
    /// 1 when centred, else 0.
    centred: f64,
}

impl Rule for RmsProp {
    const NAME: &'static str = "RmsProp";
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = RmsPropPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("smoothing", self.smoothing)?;
        check_beta("momentum", self.momentum)?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> RmsPropPlan {
        RmsPropPlan {
            rate: now.rate(&self.rate),
            smoothing: self.smoothing,
            momentum: self.momentum,
            epsilon: self.epsilon,
            centred: if self.centred { 1.0 } else { 0.0 },
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &RmsPropPlan,
        mut at: Entry<V>,
        [v, mean, b]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let (keep, add) = (V::of(plan.smoothing), V::of(1.0 - plan.smoothing));
        let v = keep * v + add * at.g.squared();
        let mean = keep * mean + add * at.g;
        // Rounding may make the variance negative.
        let variance = (v - V::of(plan.centred) * mean.squared()).max(V::of(0.0));
        let b = V::of(plan.momentum) * b + at.g / (variance.sqrt() + V::of(plan.epsilon));
        at.x = at.x - V::of(plan.rate) * b;
        (at, [v, mean, b])
    }
}
