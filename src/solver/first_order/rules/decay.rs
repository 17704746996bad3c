//! Weight decay as a link of a chain.

use crate::Error;
use crate::error::check;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule};
use crate::solver::first_order::slots::Columns;

/// Weight decay, as a link of a chain: L2 or decoupled.
///
/// **Method** L2: g ← g + λ x. Decoupled: x ← (1 − λ) x before the step of the rule. The two differ for every rule
/// that scales gradients.
///
/// ```
/// use extremum::first_order::{Decay, Rule, Sgd};
/// let mut x = [2.0_f64];
/// Decay::l2(0.1).then(Sgd::new(0.5)).start(1).step(&mut x, &[1.0])?; // 2 - 0.5 (1 + 0.2)
/// assert!((x[0] - 1.4).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR (2019), algorithms 1 and 2.
#[derive(Clone, Debug)]
pub struct Decay {
    l2: f64,
    rate: Rate,
    decoupled: f64,
    /// False if a plateau, or a search for a rate, does not change the decay.
    follows_rate: bool,
}

impl Decay {
    /// g ← g + λ x, as torch's `weight_decay` is for SGD and Adam. Range: λ ≥ 0.
    pub fn l2(lambda: f64) -> Self {
        Self { l2: lambda, rate: 0.0.into(), decoupled: 0.0, follows_rate: true }
    }

    /// x ← (1 − λ) x before the step, independent of the rate. Range: λ ≥ 0.
    pub fn fixed(lambda: f64) -> Self {
        Self { l2: 0.0, rate: 1.0.into(), decoupled: lambda, follows_rate: false }
    }

    /// x ← (1 − α λ) x before the step, with the rate α of the rule: a number or a schedule. Range: λ ≥ 0.
    pub fn decoupled(lambda: f64, rate: impl Into<Rate>) -> Self {
        Self { l2: 0.0, rate: rate.into(), decoupled: lambda, follows_rate: true }
    }
}

impl Rule for Decay {
    const NAME: &'static str = "Decay";
    const IS_LINK: bool = true;
    type Slots = Columns<0>;
    type Memory = ();
    /// λ of L2, and the factor of x.
    type Plan = [f64; 2];

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        for lambda in [self.l2, self.decoupled] {
            check(lambda >= 0.0 && lambda.is_finite(), "decay", lambda, "finite, at least 0")?;
        }
        Ok(())
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> [f64; 2] {
        let rate = if self.follows_rate { now.rate(&self.rate) } else { 1.0 };
        [self.l2, 1.0 - rate * self.decoupled]
    }
    #[inline(always)]
    fn update<V: Number>(
        [l2, shrink]: &[f64; 2],
        mut at: Entry<V>,
        values: [V; 0],
    ) -> (Entry<V>, [V; 0]) {
        at.g = at.g + V::of(*l2) * at.x;
        at.x = V::of(*shrink) * at.x;
        (at, values)
    }
}
