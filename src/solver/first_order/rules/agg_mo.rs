//! Aggregated momentum.

use super::{check_beta, solver};
use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Values};
use crate::solver::first_order::slots::Columns;

solver!([const K: usize] AggMo<K>);

/// Aggregated momentum: the average of `K` momentum steps. The fast ones damp the oscillations of the slow ones.
///
/// **Method** bₖ ← βₖ bₖ + g, x ← x − α/K Σₖ bₖ. Equal momenta share one velocity; a momentum of 0 stores none.
///
/// ```
/// use extremum::first_order::AggMo;
/// let mut x = [0.0_f64];
/// let mut rule = AggMo::new(0.3, [0.0, 0.5, 0.9]).start(1);
/// rule.step(&mut x, &[1.0])?;
/// rule.step(&mut x, &[1.0])?; // the velocities are 1, 1.5, 1.9
/// assert!((x[0] + 0.3 + 0.44).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Lucas, S. Sun, R. Zemel, R. Grosse, "Aggregated momentum: stability through passive damping", ICLR
/// (2019), eq. 3–4.
#[derive(Clone, Debug)]
pub struct AggMo<const K: usize> {
    rate: Rate,
    betas: [f64; K],
    shared: bool,
}

impl<const K: usize> AggMo<K> {
    /// With a learning rate α ≥ 0, a number or a schedule, and the momenta β: at least one of 0 to 1, 1 excluded. The
    /// paper's are 0, 0.9 and 0.99.
    pub fn new(rate: impl Into<Rate>, betas: [f64; K]) -> Self {
        Self { rate: rate.into(), betas, shared: false }
    }
    /// Equal momenta share one velocity and update it in turn, b ← β b + g once for each, as in pytorch_optimizer.
    pub fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// The index of the first momentum equal to this one: its velocity serves for both.
    fn first_equal(&self, k: usize) -> usize {
        self.betas[..k].iter().position(|&beta| beta == self.betas[k]).unwrap_or(k)
    }
}

/// The coefficients of a step.
#[derive(Clone, Copy, Debug)]
pub struct AggMoPlan<const K: usize> {
    /// The factor of a velocity after all of its updates.
    keep: [f64; K],
    /// The factor of the gradient after them.
    add: [f64; K],
    /// The part of the old velocity in the step, times α/K.
    velocity: [f64; K],
    /// The part of the gradient in the step, times α/K.
    gradient: f64,
}

impl<const K: usize> Rule for AggMo<K> {
    const NAME: &'static str = "AggMo";
    type Slots = Columns<K>;
    type Memory = ();
    type Plan = AggMoPlan<K>;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check(K > 0, "betas", K as f64, "at least one")?;
        self.betas.iter().try_for_each(|&beta| check_beta("beta", beta))
    }
    fn uses(&self, slot: usize) -> bool {
        self.betas[slot] != 0.0 && self.first_equal(slot) == slot
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> Values<Self, V> {
        [V::of(0.0); K]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> AggMoPlan<K> {
        let share = now.rate(&self.rate) / K as f64;
        let mut plan =
            AggMoPlan { keep: [0.0; K], add: [0.0; K], velocity: [0.0; K], gradient: 0.0 };
        for (k, beta) in self.betas.into_iter().enumerate() {
            let first = self.first_equal(k);
            let again = self.shared && k > first;
            let (keep, add) = if again { (plan.keep[first], plan.add[first]) } else { (1.0, 0.0) };
            plan.keep[first] = beta * keep;
            plan.add[first] = beta * add + 1.0;
            plan.velocity[first] += share * plan.keep[first];
            plan.gradient += share * plan.add[first];
        }
        plan
    }
    #[inline(always)]
    fn update<V: Number>(
        plan: &AggMoPlan<K>,
        mut at: Entry<V>,
        mut velocities: [V; K],
    ) -> (Entry<V>, [V; K]) {
        let mut change = V::of(plan.gradient) * at.g;
        for (k, b) in velocities.iter_mut().enumerate() {
            change = change + V::of(plan.velocity[k]) * *b;
            *b = V::of(plan.keep[k]) * *b + V::of(plan.add[k]) * at.g;
        }
        at.x = at.x - change;
        (at, velocities)
    }
}
