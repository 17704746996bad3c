//! A link that skips a step as a whole.

use crate::Error;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule};
use crate::solver::first_order::slots::Columns;

/// Skips the whole step when the square of any component of the gradient is not finite; without it, only the block that
/// holds the component is skipped. A link that takes one more pass over the gradient. Rules that need sums do not need
/// it.
///
/// ```
/// use extremum::first_order::{AllFinite, Rule, Sgd, Update};
/// let mut g = vec![1.0_f64; 10_000];
/// g[9_999] = f64::NAN;
/// let mut x = vec![0.0; 10_000];
/// assert_eq!(Sgd::new(1.0).start(10_000).step(&mut x, &g)?, Update::Skipped);
/// assert!(x[0] == -1.0 && x[9_999] == 0.0);
/// AllFinite.then(Sgd::new(1.0)).start(10_000).step(&mut x, &g)?;
/// assert!(x[0] == -1.0 && x[9_999] == 0.0);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllFinite;

impl Rule for AllFinite {
    const NAME: &'static str = "AllFinite";
    const IS_LINK: bool = true;
    const ROUNDS: usize = 1;
    const SUMS: usize = 1;
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = ();

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) {}
    /// 0, or NaN: a sum that is not finite skips the step.
    #[inline(always)]
    fn survey<V: Number>(_plan: &(), _round: usize, at: Entry<V>, _values: [V; 0]) -> [V; 4] {
        let zero = V::of(0.0);
        [zero * at.g.squared(), zero, zero, zero]
    }
    #[inline(always)]
    fn update<V: Number>(_plan: &(), at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        (at, values)
    }
}
