//! Newton's method: the root of the tangent.
//!
//! ```text
//! x' = x - f(x) / f'(x)
//! ```
//!
//! Needs: f and f', and a start near the root. Guarantee: near a simple root of an f with two derivatives the error is
//! squared, e' ≈ e² f'' / (2 f'); near a root of multiplicity m it is multiplied by 1 - 1/m. None from afar.
//!
//! Reference: J. Stoer, R. Bulirsch, *Introduction to Numerical Analysis*, 3rd ed., Springer 2002, section 5.1.

use super::Root;
use super::limits::{Limits, setters};
use super::open::iterate;
use crate::Error;

/// On an exponential, Newton's method multiplies f by 1/e.
const RATIO: f64 = 1.0 / std::f64::consts::E;

/// Newton's method for roots.
///
/// # Method
/// Steps to the root of the tangent. A step to where f is not finite is halved. No further safeguard: from far away it may
/// cycle or diverge, and then ends at a limit; [`BrentRoot`](super::BrentRoot) does not.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`absolute_tolerance`](Self::absolute_tolerance) | 0 | >= 0 | of the step |
/// | [`relative_tolerance`](Self::relative_tolerance) | 4 ε = 8.9e-16 | [0, 1) | the same, as a share of \|x\| |
/// | [`max_evaluations`](Self::max_evaluations) | 100 | >= 1 | |
///
/// # Example
/// ```
/// use extremum::scalar::NewtonRoot;
///
/// let root = NewtonRoot::default().solve(|x| (x * x - 2.0, 2.0 * x), 1.0)?;
/// assert!((root.x - 2.0_f64.sqrt()).abs() < 1e-15);
/// assert!(root.evaluations <= 8);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewtonRoot {
    limits: Limits,
}

impl Default for NewtonRoot {
    fn default() -> Self {
        Self { limits: Limits::for_roots(100) }
    }
}

impl NewtonRoot {
    setters!();

    /// Finds a root from x0. `f` returns (f, f').
    ///
    /// Converges with [`Termination::Step`](crate::Termination::Step) when a step is at most t(x) and f fell as it does
    /// towards a root, or changed its sign; or with [`Termination::Zero`](crate::Termination::Zero). Stalls with
    /// [`Stall::NoNextPoint`](crate::Stall::NoNextPoint) where f' is 0, and with
    /// [`Stall::OutsideDomain`](crate::Stall::OutsideDomain) where no step leads to a finite f. `x` is then the point with the
    /// least |f|.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::NonFiniteStart`], and [`Error::NotInDomain`] when f(x0) is not finite.
    pub fn solve(&self, mut f: impl FnMut(f64) -> (f64, f64), x0: f64) -> Result<Root, Error> {
        let samples = |x| {
            let (value, first) = f(x);
            [value, first, 0.0]
        };
        iterate(&self.limits, RATIO, samples, &[x0], |_, now| -now.at.value / now.first)
    }
}
