//! Averaged stochastic gradient descent.

use super::{check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Asgd);

/// Averaged gradient descent: steps at a decreasing rate; the point that the method recommends is the average of the
/// last iterates.
///
/// **Method** η = α/(1 + λ α (t − 1))^κ, x ← (1 − λ η) x − η g, x̄ ← x̄ + (x − x̄)/max(1, t − 1 − t₀).
///
/// ```
/// use extremum::first_order::Asgd;
/// let (mut x, mut average) = ([0.0_f64], [0.0]);
/// let mut rule = Asgd::new(0.1).decay(0.0).average_from(0.0).start(1);
/// for _ in 0..3 {
///     rule.step(&mut x, &[1.0])?; // −0.1, −0.2, −0.3; the average starts with the second
/// }
/// rule.recommended(&x, &mut average)?;
/// assert!((x[0] + 0.3).abs() < 1e-15 && (average[0] + 0.25).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control
/// Optim. 30 (1992); the rates of L. Bottou, "Stochastic gradient tricks", in "Neural networks: tricks of the trade"
/// (2012), section 5, in the form and with the defaults of torch.optim.ASGD.
#[derive(Clone, Debug)]
pub struct Asgd {
    rate: Rate,
    decay: f64,
    power: f64,
    average_from: f64,
}

impl Asgd {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), decay: 1e-4, power: 0.75, average_from: 1e6 }
    }
    /// λ, default 1e-4: the decay of x, and how fast the rate decreases. Range: ≥ 0.
    pub fn decay(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }
    /// κ, default 0.75. Range: ≥ 0.
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }
    /// t₀, the number of steps before the average starts, default 1e6; until then it is x itself. Range: ≥ 0.
    pub fn average_from(mut self, step: f64) -> Self {
        self.average_from = step;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AsgdPlan {
    /// η
    rate: f64,
    /// 1 − λ η
    shrink: f64,
    /// The weight of x in the average.
    share: f64,
}

impl Rule for Asgd {
    const NAME: &'static str = "Asgd";
    /// x̄
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = AsgdPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_size("decay", self.decay)?;
        check_size("power", self.power)?;
        check(self.average_from >= 0.0, "average_from", self.average_from, "at least 0")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AsgdPlan {
        let (rate, before) = (now.rate(&self.rate), (now.step - 1) as f64);
        let rate = rate / (1.0 + self.decay * rate * before).powf(self.power);
        let share = 1.0 / (before - self.average_from).max(1.0);
        AsgdPlan { rate, shrink: 1.0 - self.decay * rate, share }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &AsgdPlan, mut at: Entry<V>, [mean]: [V; 1]) -> (Entry<V>, [V; 1]) {
        at.x = V::of(plan.shrink) * at.x - V::of(plan.rate) * at.g;
        (at, [mean + V::of(plan.share) * (at.x - mean)])
    }
    #[inline(always)]
    fn recommended<V: Number>(&self, _memory: &(), _x: V, [mean]: [V; 1]) -> V {
        mean
    }
}
