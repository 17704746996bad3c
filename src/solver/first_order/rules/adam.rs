//! Adam, AdamW and AMSGrad.

use super::moments::{Moments, MomentsPlan, setters};
use super::solver;
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Adam, AdamW, AmsGrad);

setters! {
    Adam: betas "0.9 and 0.999", epsilon "1e-8", epsilon_root "0", epsilon_hat "", nesterov "", bias_correction "";
    AdamW: betas "0.9 and 0.999", epsilon "1e-8", epsilon_root "0", epsilon_hat "", nesterov "", bias_correction "",
        decay "0.01";
    AmsGrad: betas "0.9 and 0.999", epsilon "1e-8", epsilon_root "0", epsilon_hat "", bias_correction "",
        decay "0";
}

/// Adam: an average of the gradients, divided by the root of an average of their squares.
///
/// Steps have the size of the rate, and less where gradients vary.
///
/// **Method** m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², x ← x − α m̂ / (√v̂ + ε) with
/// m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
///
/// ```
/// use extremum::first_order::Adam;
/// let mut x = [1.0_f64, 1.0];
/// Adam::new(0.1).start(2).step(&mut x, &[1e-3, -1e3])?; // the first step knows signs only
/// assert!((x[0] - 0.9).abs() < 1e-5 && (x[1] - 1.1).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015), algorithm 1.
#[derive(Clone, Debug)]
pub struct Adam {
    moments: Moments,
}

impl Adam {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments::new(rate) }
    }
}

/// [`Adam`] with decoupled weight decay.
///
/// **Method** x ← (1 − α λ) x − α m̂ / (√v̂ + ε), with m̂ and v̂ of [`Adam`].
///
/// ```
/// use extremum::first_order::AdamW;
/// let mut x = [1.0_f64];
/// AdamW::new(0.1).decay(0.5).start(1).step(&mut x, &[2.0])?;
/// assert!((x[0] - (0.95 - 0.1)).abs() < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR (2019), algorithm 2 (the
/// decay is multiplied by the rate, as in torch.optim.AdamW).
#[derive(Clone, Debug)]
pub struct AdamW {
    moments: Moments,
}

impl AdamW {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments { decay: 0.01, ..Moments::new(rate) } }
    }
}

/// [`Adam`] with a second moment that never decreases.
///
/// **Method** x ← (1 − α λ) x − α m̂ / (√v̂ + ε), with m̂ of [`Adam`]; v̂ is the largest v so far, corrected for bias
/// after the maximum, as torch does.
///
/// ```
/// use extremum::first_order::AmsGrad;
/// let mut x = [0.0_f64];
/// let mut rule = AmsGrad::new(0.1).betas(0.0, 0.5).epsilon(0.0).start(1);
/// rule.step(&mut x, &[8.0])?; // v = 32, corrected 64
/// rule.step(&mut x, &[1.0])?; // v = 16.5, the largest is 32, corrected 32 / 0.75
/// assert!((x[0] + 0.1 + 0.1 * (0.75_f64 / 32.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** S. Reddi, S. Kale, S. Kumar, "On the convergence of Adam and beyond", ICLR (2018), algorithm 2.
#[derive(Clone, Debug)]
pub struct AmsGrad {
    moments: Moments,
    corrected_first: bool,
}

impl AmsGrad {
    /// With a learning rate α ≥ 0, a number or a schedule; 1e-3 is common.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { moments: Moments::new(rate), corrected_first: false }
    }
    /// Takes the maximum of v̂ instead of v, as optax does: early gradients have more weight.
    pub fn maximum_after_correction(mut self) -> Self {
        self.corrected_first = true;
        self
    }
}

macro_rules! adam {
    ($($rule:ident $name:literal),+) => {$(
        impl Rule for $rule {
            const NAME: &'static str = $name;
            type Slots = Columns<2>;
            type Memory = ();
            type Plan = MomentsPlan;

            fn check(&self) -> Result<(), Error> {
                self.moments.check()
            }
            fn memory(&self) {}
            fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
                [V::of(0.0); 2]
            }
            fn plan(&self, now: &Now, _memory: &mut ()) -> MomentsPlan {
                self.moments.plan(now)
            }
            #[inline(always)]
            fn update<V: Number>(
                plan: &MomentsPlan,
                mut at: Entry<V>,
                [m, v]: [V; 2],
            ) -> (Entry<V>, [V; 2]) {
                let (m, v) = (plan.first(m, at.g), plan.second(v, at.g));
                at.x = plan.moved(at.x, m, at.g, v);
                (at, [m, v])
            }
        }
    )+};
}

adam!(Adam "Adam", AdamW "AdamW");

/// The coefficients of AMSGrad.
#[derive(Clone, Copy, Debug)]
pub struct AmsGradPlan {
    moments: MomentsPlan,
    /// The factor of v before the maximum.
    before: f64,
}

impl Rule for AmsGrad {
    const NAME: &'static str = "AmsGrad";
    type Slots = Columns<3>;
    type Memory = ();
    type Plan = AmsGradPlan;

    fn check(&self) -> Result<(), Error> {
        self.moments.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 3]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AmsGradPlan {
        let moments = self.moments.plan(now);
        if self.corrected_first {
            AmsGradPlan { before: moments.scale, moments: MomentsPlan { scale: 1.0, ..moments } }
        } else {
            AmsGradPlan { before: 1.0, moments }
        }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AmsGradPlan,
        mut at: Entry<V>,
        [m, v, largest]: [V; 3],
    ) -> (Entry<V>, [V; 3]) {
        let (m, v) = (plan.moments.first(m, at.g), plan.moments.second(v, at.g));
        let largest = largest.max(V::of(plan.before) * v);
        at.x = plan.moments.moved(at.x, m, at.g, largest);
        (at, [m, v, largest])
    }
}
