//! What Adam and its variants have in common: an average of gradients, an average of squares, and the step, which is
//! the first divided by the root of the second.
//!
//! m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², x ← (1 − α λ) x − α m̂ / (√(v̂ + ε′) + ε).

use super::{check_beta, check_size};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::Now;

/// The parameters of these rules. Not every rule has a setter for each.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    pub rate: Rate,
    pub beta: [f64; 2],
    pub epsilon: f64,
    pub epsilon_root: f64,
    /// Whether ε is added to √v instead of √v̂.
    pub epsilon_hat: bool,
    pub nesterov: bool,
    /// Whether m, and v, are divided by 1 − βᵗ.
    pub corrected: [bool; 2],
    pub decay: f64,
}

/// The coefficients of a step, the same for every component.
#[derive(Clone, Copy, Debug)]
pub struct MomentsPlan {
    pub(super) beta: [f64; 2],
    /// The factors of the averages that make the step.
    pub(super) weights: [f64; 2],
    /// v̂ / v
    pub(super) scale: f64,
    pub(super) epsilon_root: f64,
    pub(super) epsilon: f64,
    /// 1 − α λ
    pub(super) shrink: f64,
}

/// 1 − βᵗ, the divisor of an average that starts at 0.
pub(super) fn correction(beta: f64, step: u64) -> f64 {
    1.0 - beta.powf(step as f64)
}

impl Moments {
    /// With the defaults of torch.optim.Adam.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            beta: [0.9, 0.999],
            epsilon: 1e-8,
            epsilon_root: 0.0,
            epsilon_hat: false,
            nesterov: false,
            corrected: [true; 2],
            decay: 0.0,
        }
    }

    pub fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        for (name, beta) in ["beta 1", "beta 2"].into_iter().zip(self.beta) {
            check_beta(name, beta)?;
        }
        check_size("epsilon", self.epsilon)?;
        check_size("epsilon_root", self.epsilon_root)?;
        check_size("decay", self.decay)
    }

    /// The plan of a step by m̂, with weights for m and g.
    pub fn plan(&self, now: &Now) -> MomentsPlan {
        let first = |steps| if self.corrected[0] { correction(self.beta[0], steps) } else { 1.0 };
        let b1 = self.beta[0];
        let weights = if self.nesterov {
            [b1 / first(now.step + 1), (1.0 - b1) / first(now.step)]
        } else {
            [1.0 / first(now.step), 0.0]
        };
        self.weighted(now, weights)
    }

    /// The plan of a step with other weights, which are multiplied by the rate.
    pub fn weighted(&self, now: &Now, weights: [f64; 2]) -> MomentsPlan {
        let rate = now.rate(&self.rate);
        let second = if self.corrected[1] { correction(self.beta[1], now.step) } else { 1.0 };
        MomentsPlan {
            beta: self.beta,
            weights: weights.map(|weight| rate * weight),
            scale: 1.0 / second,
            epsilon_root: self.epsilon_root,
            epsilon: if self.epsilon_hat { self.epsilon / second.sqrt() } else { self.epsilon },
            shrink: 1.0 - rate * self.decay,
        }
    }
}

impl MomentsPlan {
    /// The same step without the root: x ← (1 − α λ) x − α m̂.
    pub(super) fn without_root(self) -> Self {
        Self { scale: 0.0, epsilon_root: 0.0, epsilon: 1.0, ..self }
    }

    /// m updated by g.
    #[inline(always)]
    pub(super) fn first<V: Number>(&self, m: V, g: V) -> V {
        V::of(self.beta[0]) * m + V::of(1.0 - self.beta[0]) * g
    }

    /// v updated by the square of `root`.
    #[inline(always)]
    pub(super) fn second<V: Number>(&self, v: V, root: V) -> V {
        V::of(self.beta[1]) * v + V::of(1.0 - self.beta[1]) * root.squared()
    }

    /// x after the step.
    #[inline(always)]
    pub(super) fn moved<V: Number>(&self, x: V, first: V, second: V, v: V) -> V {
        let mut change = V::of(self.weights[0]) * first;
        // Most rules have no second average. The test is the same for all components, and cheaper than the product.
        if self.weights[1] != 0.0 {
            change = change + V::of(self.weights[1]) * second;
        }
        let root = (V::of(self.scale) * v + V::of(self.epsilon_root)).sqrt();
        V::of(self.shrink) * x - change / (root + V::of(self.epsilon))
    }
}

/// Setters of a rule that holds [`Moments`], with their defaults.
macro_rules! setters {
    ($($rule:ty: $($option:ident $default:literal),+;)+) => {$(
        impl $rule {
            $(crate::solver::first_order::rules::moments::setter!($option $default);)+
        }
    )+};
}

macro_rules! setter {
    (betas $default:literal) => {
        #[doc = concat!("β₁ and β₂, default ", $default, ". Range: 0 to 1, 1 excluded.")]
        pub fn betas(mut self, first: f64, second: f64) -> Self {
            self.moments.beta = [first, second];
            self
        }
    };
    (epsilon $default:literal) => {
        #[doc = concat!("ε, default ", $default, ". Range: ≥ 0.")]
        pub fn epsilon(mut self, epsilon: f64) -> Self {
            self.moments.epsilon = epsilon;
            self
        }
    };
    (epsilon_root $default:literal) => {
        #[doc = concat!("ε′, added under the root as optax's `eps_root`, default ", $default, ". Range: ≥ 0.")]
        pub fn epsilon_root(mut self, epsilon: f64) -> Self {
            self.moments.epsilon_root = epsilon;
            self
        }
    };
    (decay $default:literal) => {
        #[doc = concat!("λ of x ← (1 − α λ) x before the step, default ", $default, ". Range: ≥ 0.")]
        pub fn decay(mut self, decay: f64) -> Self {
            self.moments.decay = decay;
            self
        }
    };
    (epsilon_hat $default:literal) => {
        /// Adds ε to √v before the correction for bias: α √(1 − β₂ᵗ)/(1 − β₁ᵗ) m/(√v + ε), as Keras, TensorFlow and
        /// the end of section 2 of the paper do.
        pub fn epsilon_hat(mut self) -> Self {
            self.moments.epsilon_hat = true;
            self
        }
    };
    (nesterov $default:literal) => {
        /// Nesterov's momentum, as `nesterov` in optax: m̂ = β₁ m/(1 − β₁ᵗ⁺¹) + (1 − β₁) g/(1 − β₁ᵗ).
        pub fn nesterov(mut self) -> Self {
            self.moments.nesterov = true;
            self
        }
    };
    (bias_correction $default:literal) => {
        /// Whether m, and whether v, is divided by 1 − βᵗ; default true for both.
        pub fn bias_correction(mut self, first: bool, second: bool) -> Self {
            self.moments.corrected = [first, second];
            self
        }
    };
}
pub(super) use {setter, setters};
