//! A factor of the gradient.

use crate::Error;
use crate::error::check;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule};
use crate::solver::first_order::slots::Columns;

/// Multiplies gradients by a number; with −1, a rule maximises. A link that goes before a rule.
///
/// **Method** g ← c g. Links before it in the chain (a decay) see the gradient as it was given, links after it the
/// product.
///
/// ```
/// use extremum::first_order::{Rule, Scale, Sgd};
/// let mut x = [1.0_f64];
/// Scale::new(-1.0).then(Sgd::new(0.5)).start(1).step(&mut x, &[4.0])?;
/// assert_eq!(x, [3.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    factor: f64,
}

impl Scale {
    /// With a finite factor c.
    pub fn new(factor: f64) -> Self {
        Self { factor }
    }
}

impl Rule for Scale {
    const NAME: &'static str = "Scale";
    const IS_LINK: bool = true;
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check(self.factor.is_finite(), "factor", self.factor, "finite")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) -> f64 {
        self.factor
    }
    #[inline(always)]
    fn update<V: Number>(factor: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.g = V::of(*factor) * at.g;
        (at, values)
    }
}
