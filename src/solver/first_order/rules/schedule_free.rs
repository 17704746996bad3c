//! Schedule-free methods: averaging in place of a decreasing rate.
//!
//! y and z are stored. The update y ← (1 − c) y + c z − α (1 − β (1 − c)) u, with the old z, equals the published one.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(ScheduleFreeSgd, ScheduleFreeAdamW, ScheduleFreeRAdam);

/// What the three rules have in common.
#[derive(Clone, Debug)]
struct Averaging {
    rate: Rate,
    beta: f64,
    decay: f64,
    power: f64,
    rate_power: f64,
    weighs_ahead: bool,
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleFreePlan {
    /// α
    rate: f64,
    /// c
    share: f64,
    /// α (1 − β (1 − c))
    push: f64,
    decay: f64,
    b2: f64,
    /// 1 / √(1 − β₂ᵗ), or 0 for gradient steps.
    root: f64,
    /// ε, or 1 for gradient steps.
    epsilon: f64,
}

/// The largest rate so far, and the sum of the weights.
type Weights = [f64; 2];

impl Averaging {
    fn new(rate: Rate) -> Self {
        let (beta, decay) = (0.9, 0.0);
        Self { rate, beta, decay, power: 0.0, rate_power: 2.0, weighs_ahead: false }
    }

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        let (beta, powers) = (self.beta, [self.power, self.rate_power]);
        check(beta > 0.0 && beta < 1.0, "beta", beta, "0 to 1, both excluded")?;
        for power in powers {
            check(power.is_finite(), "power", power, "finite")?;
        }
        check_size("decay", self.decay)
    }

    /// With `factor` times the rate.
    fn plan(&self, now: &Now, factor: f64, [largest, total]: &mut Weights) -> ScheduleFreePlan {
        let rate = factor * now.rate(&self.rate);
        let weighed = if self.weighs_ahead { now.rate_after(&self.rate, now.step) } else { rate };
        *largest = largest.max(weighed);
        let weight = (now.step as f64).powf(self.power) * largest.powf(self.rate_power);
        *total += weight;
        let share = if *total > 0.0 { weight / *total } else { 0.0 };
        let push = rate * (1.0 - self.beta * (1.0 - share));
        ScheduleFreePlan { rate, share, push, decay: self.decay, b2: 0.0, root: 0.0, epsilon: 1.0 }
    }

    /// x from y and z.
    #[inline(always)]
    fn average<V: Number>(&self, y: V, z: V) -> V {
        y + V::of(1.0 - 1.0 / self.beta) * (z - y)
    }
}

impl ScheduleFreePlan {
    /// Moves y and z by a step of the base method.
    #[inline(always)]
    fn advance<V: Number>(&self, y: V, z: V, u: V) -> (V, V) {
        let u = u + V::of(self.decay) * y;
        (y + V::of(self.share) * (z - y) - V::of(self.push) * u, z - V::of(self.rate) * u)
    }
}

macro_rules! averaging_setters {
    () => {
        /// β, the weight of x in y, default 0.9. Range: 0 to 1, both excluded.
        pub fn beta(mut self, beta: f64) -> Self {
            self.averaging.beta = beta;
            self
        }
        /// λ, default 0: adds λ y to u. Range: ≥ 0.
        pub fn decay(mut self, decay: f64) -> Self {
            self.averaging.decay = decay;
            self
        }
        /// r, the power of the step number in the weights, default 0. Range: finite.
        pub fn weight_power(mut self, power: f64) -> Self {
            self.averaging.power = power;
            self
        }
        /// p, the power of the largest rate so far in the weights, default 2. Range: finite.
        pub fn weight_rate_power(mut self, power: f64) -> Self {
            self.averaging.rate_power = power;
            self
        }
    };
}

/// Gradient descent with averaging in place of a decreasing rate.
///
/// **Method** With u = g + λ y, the step of the base method at y: z ← z − α u, x ← (1 − c) x + c z,
/// y = (1 − β) z + β x, and c = w/Σw with w = tʳ (max α)ᵖ. The gradient is taken at y; x is the point to use:
/// [`Updater::recommended`](crate::first_order::Updater::recommended).
///
/// ```
/// use extremum::first_order::ScheduleFreeSgd;
/// let (mut y, mut x) = ([0.0_f64], [0.0]);
/// let mut rule = ScheduleFreeSgd::new(1.0).beta(0.5).start(1);
/// rule.step(&mut y, &[1.0])?; // z = x = y = -1
/// rule.step(&mut y, &[2.0])?; // z = -3, x = -2 is the mean, y is between
/// rule.recommended(&y, &mut x)?;
/// assert_eq!((y, x), ([-2.5], [-2.0]));
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio et al., "The road less scheduled", NeurIPS (2024), eq. 3–5 and algorithm 1, in the form
/// and with the defaults of the authors' package schedulefree.
#[derive(Clone, Debug)]
pub struct ScheduleFreeSgd {
    averaging: Averaging,
}

impl ScheduleFreeSgd {
    /// With a learning rate α ≥ 0, a number or a schedule without a decay: a warm-up.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { averaging: Averaging::new(rate.into()) }
    }
    averaging_setters!();
    /// Weighs a step by the rate of the next one, as optax does.
    pub fn weights_ahead(mut self) -> Self {
        self.averaging.weighs_ahead = true;
        self
    }
}

impl Rule for ScheduleFreeSgd {
    const NAME: &'static str = "ScheduleFreeSgd";
    /// z
    type Slots = Columns<1>;
    type Memory = Weights;
    type Plan = ScheduleFreePlan;

    fn check(&self) -> Result<(), Error> {
        self.averaging.check()
    }
    fn memory(&self) -> Weights {
        [0.0; 2]
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [x]
    }
    fn plan(&self, now: &Now, memory: &mut Weights) -> ScheduleFreePlan {
        self.averaging.plan(now, 1.0, memory)
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &ScheduleFreePlan,
        mut at: Entry<V>,
        [z]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let (y, z) = plan.advance(at.x, z, at.g);
        at.x = y;
        (at, [z])
    }
    #[inline(always)]
    fn recommended<V: Number>(&self, _memory: &Weights, y: V, [z]: [V; 1]) -> V {
        self.averaging.average(y, z)
    }
}

macro_rules! with_second_moment {
    ($rule:ident, $name:literal, |$this:ident, $now:ident, $memory:ident| $plan:expr) => {
        impl $rule {
            averaging_setters!();
            /// β₂, default 0.999. Range: 0 to 1, 1 excluded.
            pub fn beta2(mut self, beta2: f64) -> Self {
                self.beta2 = beta2;
                self
            }
            /// ε, default 1e-8. Range: ≥ 0.
            pub fn epsilon(mut self, epsilon: f64) -> Self {
                self.epsilon = epsilon;
                self
            }
        }

        impl Rule for $rule {
            const NAME: &'static str = $name;
            /// z and v
            type Slots = Columns<2>;
            type Memory = Weights;
            type Plan = ScheduleFreePlan;

            fn check(&self) -> Result<(), Error> {
                self.averaging.check()?;
                check_beta("beta 2", self.beta2)?;
                check_size("epsilon", self.epsilon)
            }
            fn memory(&self) -> Weights {
                [0.0; 2]
            }
            fn first<V: Number>(&self, x: V) -> Values<Self, V> {
                [x, V::of(0.0)]
            }
            fn plan(&self, $now: &Now, $memory: &mut Weights) -> ScheduleFreePlan {
                let $this = self;
                $plan
            }
            #[inline(always)]
            fn update<V: Number>(
                plan: &ScheduleFreePlan,
                mut at: Entry<V>,
                [z, v]: [V; 2],
            ) -> (Entry<V>, [V; 2]) {
                let v = V::of(plan.b2) * v + V::of(1.0 - plan.b2) * at.g.squared();
                let u = at.g / (V::of(plan.root) * v.sqrt() + V::of(plan.epsilon));
                let (y, z) = plan.advance(at.x, z, u);
                at.x = y;
                (at, [z, v])
            }
            #[inline(always)]
            fn recommended<V: Number>(&self, _memory: &Weights, y: V, [z, _]: [V; 2]) -> V {
                self.averaging.average(y, z)
            }
        }
    };
}

/// AdamW without momentum, with averaging in place of a decreasing rate.
///
/// **Method** z, x and y of [`ScheduleFreeSgd`], with u = g / (√v̂ + ε) + λ y and the v̂ of
/// [`Adam`](crate::first_order::Adam). The gradient is taken at y; x is the point to use:
/// [`Updater::recommended`](crate::first_order::Updater::recommended).
///
/// ```
/// use extremum::first_order::ScheduleFreeAdamW;
/// let (mut y, mut x) = ([0.0_f64], [0.0]);
/// let mut rule = ScheduleFreeAdamW::new(0.1).epsilon(0.0).start(1);
/// rule.step(&mut y, &[3.0])?; // u = 1
/// rule.step(&mut y, &[3.0])?; // z = -0.2, x = -0.15
/// rule.recommended(&y, &mut x)?;
/// assert!((y[0] + 0.155).abs() < 1e-15 && (x[0] + 0.15).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio et al., "The road less scheduled", NeurIPS (2024), eq. 3–5 and algorithm 1, in the form
/// and with the defaults of the authors' package schedulefree.
#[derive(Clone, Debug)]
pub struct ScheduleFreeAdamW {
    averaging: Averaging,
    beta2: f64,
    epsilon: f64,
}

impl ScheduleFreeAdamW {
    /// With a learning rate α ≥ 0, a number or a schedule without a decay: a warm-up. 2.5e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { averaging: Averaging::new(rate.into()), beta2: 0.999, epsilon: 1e-8 }
    }
    /// Weighs a step by the rate of the next one, as optax does.
    pub fn weights_ahead(mut self) -> Self {
        self.averaging.weighs_ahead = true;
        self
    }
}

with_second_moment!(ScheduleFreeAdamW, "ScheduleFreeAdamW", |this, now, memory| {
    let root = 1.0 / (1.0 - this.beta2.powf(now.step as f64)).sqrt();
    let plan = this.averaging.plan(now, 1.0, memory);
    ScheduleFreePlan { b2: this.beta2, root, epsilon: this.epsilon, ..plan }
});

/// [`ScheduleFreeAdamW`] with the rates of RAdam in place of a warm-up.
///
/// **Method** The rate is multiplied by √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)) where ρ = ρ∞ − 2t β₂ᵗ/(1 − β₂ᵗ) is
/// above 4 (ρ∞ = 2/(1 − β₂) − 1); before that nothing moves.
///
/// ```
/// use extremum::first_order::ScheduleFreeRAdam;
/// let mut y = [1.0_f64];
/// ScheduleFreeRAdam::new(0.1).start(1).step(&mut y, &[3.0])?; // ρ = 1
/// assert_eq!(y, [1.0]);
/// ScheduleFreeRAdam::new(0.1).gradient_steps().start(1).step(&mut y, &[3.0])?;
/// assert!((y[0] - 0.7).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio et al., "The road less scheduled", NeurIPS (2024), eq. 3–5 and algorithm 1, in the form
/// and with the defaults of the authors' package schedulefree; RAdam's rate: L. Liu et al., "On the variance of the
/// adaptive learning rate and beyond", ICLR (2020), algorithm 2.
#[derive(Clone, Debug)]
pub struct ScheduleFreeRAdam {
    averaging: Averaging,
    beta2: f64,
    epsilon: f64,
    takes_gradient_steps: bool,
}

impl ScheduleFreeRAdam {
    /// With a learning rate α ≥ 0, a number or a schedule without a decay. 2.5e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let (averaging, beta2) = (Averaging::new(rate.into()), 0.999);
        Self { averaging, beta2, epsilon: 1e-8, takes_gradient_steps: false }
    }
    /// Takes gradient steps, u = g, where ρ is at most 4 (`silent_sgd_phase=False` of schedulefree).
    pub fn gradient_steps(mut self) -> Self {
        self.takes_gradient_steps = true;
        self
    }
}

with_second_moment!(ScheduleFreeRAdam, "ScheduleFreeRAdam", |this, now, memory| {
    let (b2, t) = (this.beta2, now.step as f64);
    let left = 1.0 - b2.powf(t);
    let rho_end = 2.0 / (1.0 - b2) - 1.0;
    let rho = rho_end - 2.0 * t * (1.0 - left) / left;
    if rho > 4.0 {
        let over = (rho - 4.0) * (rho - 2.0) * rho_end;
        let factor = (over / ((rho_end - 4.0) * (rho_end - 2.0) * rho)).sqrt();
        let plan = this.averaging.plan(now, factor, memory);
        ScheduleFreePlan { b2, root: 1.0 / left.sqrt(), epsilon: this.epsilon, ..plan }
    } else {
        let factor = if this.takes_gradient_steps { 1.0 } else { 0.0 };
        ScheduleFreePlan { b2, ..this.averaging.plan(now, factor, memory) }
    }
});
