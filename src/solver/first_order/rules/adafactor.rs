//! Adafactor.

use super::{check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::{Float, Number};
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adafactor);

/// Adafactor: steps relative to the size of x, without momentum. The memory of the second moment grows with the number
/// of steps.
///
/// **Method** v ← v + t^c (g² − v), u = g/√max(v, ε₁²), x ← (1 − α λ) x − max(ε₂, RMS(x)) min(α, 1/√t) u/max(1,
/// RMS(u)/d), with the root mean squares over all components of a [group](Rule::group) and RMS(x) before the decay.
/// This is the form for vectors, where nothing is factored.
///
/// ```
/// use extremum::first_order::Adafactor;
/// let mut x = [3.0_f64, 4.0];
/// Adafactor::new(0.01).start(2).step(&mut x, &[1.0, -2.0])?; // u = ±1, RMS(x) = √12.5
/// let change = 0.01 * 12.5_f64.sqrt();
/// assert!((x[0] - (3.0 - change)).abs() < 1e-15 && (x[1] - (4.0 + change)).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** N. Shazeer, M. Stern, "Adafactor: adaptive learning rates with sublinear memory cost", ICML (2018),
/// algorithm 5 (for vectors), in the form and with the defaults of torch.optim.Adafactor.
#[derive(Clone, Debug)]
pub struct Adafactor {
    rate: Rate,
    exponent: f64,
    epsilon: Option<f64>,
    smallest: f64,
    threshold: f64,
    decay: f64,
}

impl Adafactor {
    /// With a relative learning rate α ≥ 0, a number or a schedule; 1e-2 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self {
            rate: rate.into(),
            exponent: -0.8,
            epsilon: None,
            smallest: 1e-3,
            threshold: 1.0,
            decay: 0.0,
        }
    }
    /// c: the weight of a new square in v is t^c, default −0.8. Range: ≤ 0.
    pub fn exponent(mut self, exponent: f64) -> Self {
        self.exponent = exponent;
        self
    }
    /// ε₁, a lower bound of √v; by default the distance from 1 to the next number of the type. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = Some(epsilon);
        self
    }
    /// ε₂, a lower bound of the size of x, default 1e-3. Range: ≥ 0.
    pub fn smallest(mut self, smallest: f64) -> Self {
        self.smallest = smallest;
        self
    }
    /// d, the root mean square to which u is clipped, default 1. Range: > 0.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
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
pub struct AdafactorPlan {
    /// t^c
    share: f64,
    /// ε₁², if it is not the default of the type.
    floor: Option<f64>,
    /// 1 − α λ
    shrink: f64,
    /// The factor of u, known after the survey.
    size: f64,
}

impl AdafactorPlan {
    /// u and v
    #[inline(always)]
    fn scaled<V: Number>(&self, g: V, v: V) -> [V; 2] {
        let epsilon = <V::Scalar as Float>::EPSILON;
        let v = V::of(1.0 - self.share) * v + V::of(self.share) * g.squared();
        [g / v.max(V::of(self.floor.unwrap_or(epsilon * epsilon))).sqrt(), v]
    }
}

impl Rule for Adafactor {
    const NAME: &'static str = "Adafactor";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    type Slots = Columns<1>;
    type Memory = ();
    type Plan = AdafactorPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        let (exponent, threshold) = (self.exponent, self.threshold);
        check(exponent <= 0.0 && exponent.is_finite(), "exponent", exponent, "finite, at most 0")?;
        check_size("epsilon", self.epsilon.unwrap_or(0.0))?;
        check_size("smallest", self.smallest)?;
        check(threshold > 0.0, "threshold", threshold, "above 0")?;
        check_size("decay", self.decay)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdafactorPlan {
        AdafactorPlan {
            share: (now.step as f64).powf(self.exponent),
            floor: self.epsilon.map(|epsilon| epsilon * epsilon),
            shrink: 1.0 - now.rate(&self.rate) * self.decay,
            size: 0.0,
        }
    }
    #[inline(always)]
    fn survey<V: Number>(plan: &AdafactorPlan, _round: usize, at: Entry<V>, [v]: [V; 1]) -> [V; 4] {
        let [u, _] = plan.scaled(at.g, v);
        [at.x.squared(), u.squared(), V::of(0.0), V::of(0.0)]
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        [x2, u2, ..]: Sums,
        plan: &mut AdafactorPlan,
        _memory: &mut (),
    ) {
        let n = now.len as f64;
        let rate = now.rate(&self.rate).min(1.0 / (now.step as f64).sqrt());
        let excess = ((u2 / n).sqrt() / self.threshold).max(1.0);
        plan.size = (x2 / n).sqrt().max(self.smallest) * rate / excess;
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AdafactorPlan,
        mut at: Entry<V>,
        [v]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let [u, v] = plan.scaled(at.g, v);
        at.x = V::of(plan.shrink) * at.x - V::of(plan.size) * u;
        (at, [v])
    }
}
