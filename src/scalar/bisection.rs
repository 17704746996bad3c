//! Bisection: half of the bracket each time.
//!
//! ```text
//! m = (a + b) / 2;  the half where f changes its sign is kept
//! ```
//!
//! Needs: f, and two points where its signs differ. Guarantee: the bracket of width w has the width w / 2ᵏ after k
//! evaluations.
//!
//! Reference: R. P. Brent, *Algorithms for Minimization without Derivatives*, Prentice-Hall 1973, section 4.1.

use std::ops::ControlFlow;

use super::Root;
use super::limits::{Limits, setters};
use super::sign_change::SignChange;
use crate::Error;

/// Bisection of a sign change.
///
/// # Method
/// Evaluates the middle of the bracket and keeps the half where f changes its sign. Only signs count: infinite values are as
/// good as others. Ends when the bracket is no wider than t(x).
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`absolute_tolerance`](Self::absolute_tolerance) | 0 | >= 0 | of the width of the bracket |
/// | [`relative_tolerance`](Self::relative_tolerance) | 4 ε = 8.9e-16 | [0, 1) | the same, as a share of \|x\| |
/// | [`max_evaluations`](Self::max_evaluations) | 10 000 | >= 1 | 2200 suffice for any bracket and tolerance |
///
/// # Example
/// ```
/// use extremum::scalar::Bisection;
///
/// let method = Bisection::default().absolute_tolerance(0.01).relative_tolerance(0.0);
/// let root = method.solve(|x| x * x - 2.0, 1.0, 2.0)?;
/// assert_eq!(root.bracket, Some((1.4140625, 1.421875))); // 1/128 wide
/// assert_eq!(root.evaluations, 9); // two ends, seven middles
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bisection {
    limits: Limits,
}

impl Default for Bisection {
    fn default() -> Self {
        Self { limits: Limits::for_roots(10_000) }
    }
}

impl Bisection {
    setters!();

    /// Finds a root of f between `low` and `high`.
    ///
    /// Converges with [`Termination::Bracket`](crate::Termination::Bracket) or
    /// [`Termination::Zero`](crate::Termination::Zero); `x` is then the end of the bracket with the smaller |f|. Stalls with
    /// [`Stall::Jump`](crate::Stall::Jump) at a pole, and with [`Stall::NotANumber`](crate::Stall::NotANumber) where f is NaN.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Interval`], and [`Error::NoSignChange`] when f has the same sign at both ends or is
    /// NaN there.
    pub fn solve(&self, f: impl FnMut(f64) -> f64, low: f64, high: f64) -> Result<Root, Error> {
        let mut bracket = match SignChange::start(&self.limits, f, low, high)? {
            ControlFlow::Continue(bracket) => bracket,
            ControlFlow::Break(root) => return Ok(root),
        };
        loop {
            let middle = f64::midpoint(bracket.x.x, bracket.other.x);
            if let ControlFlow::Break(root) = bracket.narrow(middle) {
                return Ok(root);
            }
        }
    }
}
