//! LARS.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Lars);

/// LARS: momentum with gradients that are scaled to τ times the norm of the parameters.
///
/// **Method** u = g + λ x, b ← μ b + α r u with r = τ ‖x‖ / (‖u‖ + ε), x ← x − b. The norms are those of a
/// [group](Rule::group): a layer. Where ‖x‖ or ‖u‖ is 0, r is 1.
///
/// ```
/// use extremum::first_order::Lars;
/// let mut x = [3.0_f64, 4.0];
/// Lars::new(1.0).trust(0.1).start(2).step(&mut x, &[0.0, -8.0])?; // a step of 0.1 ‖x‖
/// assert!(x[0] == 3.0 && (x[1] - 4.5).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Y. You, I. Gitman, B. Ginsburg, "Large batch training of convolutional networks", arXiv:1708.03888
/// (2017), algorithm 1, in the form and with the defaults of optax.lars: the rate is inside the momentum, and the decay
/// inside ‖u‖.
#[derive(Clone, Debug)]
pub struct Lars {
    rate: Rate,
    momentum: f64,
    looks_ahead: bool,
    trust: f64,
    epsilon: f64,
    decay: f64,
}

impl Lars {
    /// With a learning rate α ≥ 0, a number or a schedule.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let (momentum, trust) = (0.9, 1e-3);
        Self { rate: rate.into(), momentum, looks_ahead: false, trust, epsilon: 0.0, decay: 0.0 }
    }
    /// μ, default 0.9. Range: 0 to 1, 1 excluded.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Nesterov's momentum: x ← x − (α r u + μ b).
    pub fn nesterov(mut self) -> Self {
        self.looks_ahead = true;
        self
    }
    /// The trust coefficient τ, default 1e-3. Range: ≥ 0.
    pub fn trust(mut self, trust: f64) -> Self {
        self.trust = trust;
        self
    }
    /// ε, default 0. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
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
pub struct LarsPlan {
    /// α, then α r.
    rate: f64,
    momentum: f64,
    /// The weight of α r u in the step: 1 with Nesterov's momentum, else 0.
    own: f64,
    /// The weight of b in the step.
    of_buffer: f64,
    decay: f64,
}

impl Rule for Lars {
    const NAME: &'static str = "Lars";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = LarsPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("momentum", self.momentum)?;
        check_size("trust", self.trust)?;
        check_size("epsilon", self.epsilon)?;
        check_size("decay", self.decay)
    }
    fn uses(&self, _slot: usize) -> bool {
        self.momentum != 0.0
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> LarsPlan {
        let (own, of_buffer) = if self.looks_ahead { (1.0, self.momentum) } else { (0.0, 1.0) };
        let (rate, momentum) = (now.rate(&self.rate), self.momentum);
        LarsPlan { rate, momentum, own, of_buffer, decay: self.decay }
    }
    #[inline(always)]
    fn survey<V: Number>(plan: &LarsPlan, _round: usize, at: Entry<V>, _b: [V; 1]) -> [V; 4] {
        let u = at.g + V::of(plan.decay) * at.x;
        [at.x.squared(), u.squared(), V::of(0.0), V::of(0.0)]
    }
    fn refine(&self, _now: &Now, _round: usize, sums: Sums, plan: &mut LarsPlan, _memory: &mut ()) {
        let [x, u, ..] = sums.map(f64::sqrt);
        if x > 0.0 && u > 0.0 {
            plan.rate *= self.trust * x / (u + self.epsilon);
        }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &LarsPlan, mut at: Entry<V>, [b]: [V; 1]) -> (Entry<V>, [V; 1]) {
        let u = V::of(plan.rate) * (at.g + V::of(plan.decay) * at.x);
        let b = V::of(plan.momentum) * b + u;
        at.x = at.x - (V::of(plan.own) * u + V::of(plan.of_buffer) * b);
        (at, [b])
    }
}
