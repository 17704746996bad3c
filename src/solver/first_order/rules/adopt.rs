//! ADOPT.

use super::{check_beta, check_size, solver};
use crate::Error;
use crate::schedule::{Rate, by_step};
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adopt);

/// ADOPT: Adam that divides each gradient by the root mean square of the gradients before it, and then averages.
///
/// **Method** u = clip(g / max(√v, ε), ±cₜ), m ← β₁ m + (1 − β₁) u, x ← x − α m, v ← β₂ v + (1 − β₂) g²; the first step
/// is v = g².
///
/// ```
/// use extremum::first_order::Adopt;
/// let mut x = [0.0_f64];
/// let mut rule = Adopt::new(0.1).betas(0.5, 0.5).start(1);
/// rule.step(&mut x, &[8.0])?; // v = 64
/// assert_eq!(x, [0.0]);
/// rule.step(&mut x, &[4.0])?; // u = 1/2, m = 1/4
/// assert!((x[0] + 0.025).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** S. Taniguchi et al., "ADOPT: modified Adam can converge with any β₂ with the optimal rate", NeurIPS
/// (2024), algorithms 1 and 2, with the defaults of the authors' code.
#[derive(Clone, Debug)]
pub struct Adopt {
    rate: Rate,
    beta: [f64; 2],
    epsilon: f64,
    /// cₜ
    clip: Option<Rate>,
    nesterov: bool,
}

impl Adopt {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        let clip = by_step(|steps| (steps as f64).powf(0.25));
        Self {
            rate: rate.into(),
            beta: [0.9, 0.9999],
            epsilon: 1e-6,
            clip: Some(clip.into()),
            nesterov: false,
        }
    }
    /// β₁ and β₂, default 0.9 and 0.9999. Range: 0 to 1, 1 excluded.
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.beta = [first, second];
        self
    }
    /// ε, default 1e-6. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// cₜ, a number or a schedule of the number of previous steps; default (t − 1)^¼. Range: ≥ 0.
    pub fn clip(mut self, largest: impl Into<Rate>) -> Self {
        self.clip = Some(largest.into());
        self
    }
    /// Turns clipping off: algorithm 1 of the paper.
    pub fn without_clipping(mut self) -> Self {
        self.clip = None;
        self
    }
    /// Nesterov's momentum, as `nesterov` in optax: x ← x − α (β₁ m + (1 − β₁) u).
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdoptPlan {
    /// The factors of m and u, and of v and g².
    m: [f64; 2],
    v: [f64; 2],
    epsilon: f64,
    clip: f64,
    /// The weights of m and u in the step of x.
    weights: [f64; 2],
}

impl Rule for Adopt {
    const NAME: &'static str = "Adopt";
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = AdoptPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_beta("beta 1", self.beta[0])?;
        check_beta("beta 2", self.beta[1])?;
        check_size("epsilon", self.epsilon)?;
        self.clip.as_ref().map_or(Ok(()), Rate::check)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AdoptPlan {
        if now.step == 1 {
            let (m, v, weights) = ([1.0, 0.0], [0.0, 1.0], [0.0; 2]);
            return AdoptPlan { m, v, epsilon: 1.0, clip: 0.0, weights };
        }
        let [m, v] = self.beta.map(|beta| [beta, 1.0 - beta]);
        let rate = now.rate(&self.rate);
        AdoptPlan {
            m,
            v,
            epsilon: self.epsilon,
            clip: self.clip.as_ref().map_or(f64::INFINITY, |clip| clip.at(now.step - 1)),
            weights: if self.nesterov { m.map(|part| rate * part) } else { [rate, 0.0] },
        }
    }
    #[inline(always)]
    fn update<V: Number>(plan: &AdoptPlan, mut at: Entry<V>, [m, v]: [V; 2]) -> (Entry<V>, [V; 2]) {
        let (of, clip) = (V::of, V::of(plan.clip));
        let u = (at.g / v.sqrt().max(of(plan.epsilon))).min(clip).max(-clip);
        let m = of(plan.m[0]) * m + of(plan.m[1]) * u;
        let mut change = of(plan.weights[0]) * m;
        if plan.weights[1] != 0.0 {
            change = change + of(plan.weights[1]) * u;
        }
        at.x = at.x - change;
        (at, [m, of(plan.v[0]) * v + of(plan.v[1]) * at.g.squared()])
    }
}
