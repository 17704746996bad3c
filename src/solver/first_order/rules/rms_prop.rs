//! RMSprop.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(RmsProp);

/// RMSprop: gradients divided by the root of their mean square.
///
/// **Method** v ← ρ v + (1 − ρ) g², b ← μ b + g / (√(v − ḡ²) + ε), x ← x − α b, with ḡ the mean gradient when centred,
/// else 0.
///
/// ```
/// use extremum::first_order::RmsProp;
/// let mut x = [0.0_f64];
/// RmsProp::new(0.01).start(1).step(&mut x, &[5.0])?; // √v = 0.1 · 5
/// assert!((x[0] + 0.1).abs() < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** T. Hinton, lecture 6e of "Neural networks for machine learning" (2012); centred: A. Graves,
/// "Generating sequences with recurrent neural networks", arXiv:1308.0850 (2013), eq. 38–45; the form and the defaults
/// of torch.optim.RMSprop, with those of optax as options.
#[derive(Clone, Debug)]
pub struct RmsProp {
    rate: Rate,
    smoothing: f64,
    momentum: f64,
    epsilon: f64,
    initial: f64,
    centred: bool,
    epsilon_inside: bool,
    bias_correction: bool,
    rate_inside: bool,
    nesterov: bool,
}

impl RmsProp {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            smoothing: 0.99,
            momentum: 0.0,
            epsilon: 1e-8,
            initial: 0.0,
            centred: false,
            epsilon_inside: false,
            bias_correction: false,
            rate_inside: false,
            nesterov: false,
        }
    }
    /// ρ, default 0.99 (0.9 in optax). Range: 0 to 1, 1 excluded.
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
    /// Adds ε under the root instead of outside of it, the default of optax.
    pub fn epsilon_inside(mut self) -> Self {
        self.epsilon_inside = true;
        self
    }
    /// v before the first step, default 0; optax calls it `initial_scale`. Range: ≥ 0.
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }
    /// Divides v and ḡ by 1 − ρᵗ, an option of optax.
    pub fn bias_correction(mut self) -> Self {
        self.bias_correction = true;
        self
    }
    /// Puts the rate inside the momentum, b ← μ b + α g/√v and x ← x − b, as in optax: a change of the rate then
    /// affects new gradients only.
    pub fn rate_inside(mut self) -> Self {
        self.rate_inside = true;
        self
    }
    /// Nesterov's momentum, x ← x − α (g/√v + μ b), an option of optax.
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct RmsPropPlan {
    smoothing: f64,
    /// 1 / (1 − ρᵗ) or 1.
    correction: f64,
    /// ε under the root and outside of it.
    epsilon: [f64; 2],
    /// The factors of the momentum's input and of its output.
    rate: [f64; 2],
    momentum: f64,
    centred: bool,
    nesterov: bool,
}

impl Rule for RmsProp {
    const NAME: &'static str = "RmsProp";
    /// v, ḡ and b.
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = RmsPropPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("smoothing", self.smoothing)?;
        check_beta("momentum", self.momentum)?;
        check_size("epsilon", self.epsilon)?;
        check_size("initial", self.initial)
    }
    fn uses(&self, slot: usize) -> bool {
        [true, self.centred, self.momentum != 0.0][slot]
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(self.initial), V::of(0.0), V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> RmsPropPlan {
        let (rate, epsilon) = (now.rate(&self.rate), self.epsilon);
        let bias = if self.bias_correction { self.smoothing.powf(now.step as f64) } else { 0.0 };
        RmsPropPlan {
            smoothing: self.smoothing,
            correction: 1.0 / (1.0 - bias),
            epsilon: if self.epsilon_inside { [epsilon, 0.0] } else { [0.0, epsilon] },
            rate: if self.rate_inside { [rate, 1.0] } else { [1.0, rate] },
            momentum: self.momentum,
            centred: self.centred,
            nesterov: self.nesterov,
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &RmsPropPlan,
        mut at: Entry<V>,
        [v, mean, b]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let (keep, add) = (V::of(plan.smoothing), V::of(1.0 - plan.smoothing));
        let (correction, momentum) = (V::of(plan.correction), V::of(plan.momentum));
        let ([inside, beside], [rate_in, rate_out]) = (plan.epsilon, plan.rate);
        let v = keep * v + add * at.g.squared();
        let mean = keep * mean + add * at.g;
        let mut square = correction * v;
        if plan.centred {
            // Rounding may make the variance negative.
            square = (square - (correction * mean).squared()).max(V::of(0.0));
        }
        let root = (square + V::of(inside)).sqrt() + V::of(beside);
        let scaled = V::of(rate_in) * at.g / root;
        let b = momentum * b + scaled;
        let change = if plan.nesterov { scaled + momentum * b } else { b };
        at.x = at.x - V::of(rate_out) * change;
        (at, [v, mean, b])
    }
}
