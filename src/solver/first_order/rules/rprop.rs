//! Rprop.

use super::{check_size, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!(Rprop);

/// Rprop: a step size for every component, which grows while the sign of the gradient stays the same; for gradients
/// without noise.
///
/// **Method** s ← clamp(s η⁺) where gradient and last gradient have one sign, clamp(s η⁻) where they differ, then
/// g = 0; x ← x − s sign(g).
///
/// ```
/// use extremum::first_order::Rprop;
/// let mut x = [0.0_f64];
/// let mut rule = Rprop::new(0.1).start(1);
/// rule.step(&mut x, &[5.0])?; // −0.1
/// rule.step(&mut x, &[3.0])?; // −0.1 · 1.2
/// rule.step(&mut x, &[-1.0])?; // the sign has changed: s = 0.06, no move
/// rule.step(&mut x, &[-1.0])?; // +0.06
/// assert!((x[0] + 0.16).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
/// algorithm", ICNN (1993), in the form Rprop⁻ without weight backtracking of C. Igel, M. Hüsken, "Improving the Rprop
/// learning algorithm", NC (2000), algorithm iRprop⁻, with the defaults of torch.optim.Rprop.
#[derive(Clone, Debug)]
pub struct Rprop {
    rate: Rate,
    shrink: f64,
    grow: f64,
    smallest: f64,
    largest: f64,
}

impl Rprop {
    /// With the step size s ≥ 0 of the first step; 1e-2 is common. Only the first rate of a schedule is used.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), shrink: 0.5, grow: 1.2, smallest: 1e-6, largest: 50.0 }
    }
    /// η⁻ and η⁺, default 0.5 and 1.2. Range: 0 to 1, and above 1.
    pub fn factors(mut self, shrink: f64, grow: f64) -> Self {
        self.shrink = shrink;
        self.grow = grow;
        self
    }
    /// The bounds of s, which also hold for the first step, default 1e-6 and 50. Range: ≥ 0, the second at least the
    /// first.
    pub fn step_sizes(mut self, smallest: f64, largest: f64) -> Self {
        self.smallest = smallest;
        self.largest = largest;
        self
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct RpropPlan {
    /// The share of the stored step size that is kept: 0 at the first step.
    keep: f64,
    /// The step size of the first step, 0 later.
    first: f64,
    shrink: f64,
    grow: f64,
    smallest: f64,
    largest: f64,
}

impl Rule for Rprop {
    const NAME: &'static str = "Rprop";
    /// s, and the sign of the last gradient.
    type Slots = Columns<2>;
    type Memory = ();
    type Plan = RpropPlan;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check(
            self.shrink > 0.0 && self.shrink < 1.0,
            "shrink",
            self.shrink,
            "0 to 1, both excluded",
        )?;
        check(self.grow > 1.0 && self.grow.is_finite(), "grow", self.grow, "finite, above 1")?;
        check_size("smallest", self.smallest)?;
        check_size("largest", self.largest)?;
        check(self.largest >= self.smallest, "largest", self.largest, "at least the smallest")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); 2]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> RpropPlan {
        let (keep, first) = if now.step == 1 { (0.0, now.rate(&self.rate)) } else { (1.0, 0.0) };
        let Self { shrink, grow, smallest, largest, .. } = *self;
        RpropPlan { keep, first, shrink, grow, smallest, largest }
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &RpropPlan,
        mut at: Entry<V>,
        [s, last]: [V; 2],
    ) -> (Entry<V>, [V; 2]) {
        let (zero, one) = (V::of(0.0), V::of(1.0));
        let sign = at.g.sign();
        let agreement = sign * last;
        let factor = agreement.less(zero, V::of(plan.shrink), one);
        let factor = zero.less(agreement, V::of(plan.grow), factor);
        let s = factor * (V::of(plan.keep) * s + V::of(plan.first));
        let s = s.max(V::of(plan.smallest)).min(V::of(plan.largest));
        let sign = agreement.less(zero, zero, sign);
        at.x = at.x - s * sign;
        (at, [s, sign])
    }
}
