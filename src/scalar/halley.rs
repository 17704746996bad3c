//! Halley's method: the root of the hyperbola that has the curvature of f.
//!
//! ```text
//! s = f / f',   x' = x - s / (1 - s f'' / (2 f'))
//! ```
//!
//! Needs: f, f' and f'', and a start near the root. Guarantee: near a simple root of an f with three derivatives the error is
//! cubed, e' ≈ e³ ((f''/f')² / 4 - f''' / (6 f')). None from afar.
//!
//! Where the correction s f'' / (2 f') is 1 or more in size, the step is Newton's.
//!
//! Reference: W. Gander, *On Halley's iteration method*, American Mathematical Monthly 92 (1985), pp. 131-134.

use super::Root;
use super::limits::{Limits, setters};
use super::open::{Sample, iterate};
use crate::Error;

/// On an exponential, Halley's method multiplies f by 1/e².
const RATIO: f64 = 1.0 / (std::f64::consts::E * std::f64::consts::E);

/// Halley's method for roots.
///
/// # Method
/// Newton's step, corrected for the curvature. A step to where f is not finite is halved. No further safeguard.
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
/// use extremum::scalar::Halley;
///
/// let root = Halley::default().solve(|x| (x.powi(3) - 2.0, 3.0 * x * x, 6.0 * x), 1.0)?;
/// assert!((root.x - 2.0_f64.cbrt()).abs() < 1e-15);
/// assert!(root.evaluations <= 6);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Halley {
    limits: Limits,
}

impl Default for Halley {
    fn default() -> Self {
        Self { limits: Limits::for_roots(100) }
    }
}

impl Halley {
    setters!();

    /// Finds a root from x0. `f` returns (f, f', f'').
    ///
    /// Converges with [`Termination::Step`](crate::Termination::Step) when a step is at most t(x) and f fell as it does
    /// towards a root, or changed its sign; or with [`Termination::Zero`](crate::Termination::Zero). Stalls with
    /// [`Stall::NoNextPoint`](crate::Stall::NoNextPoint) where f' is 0, and with
    /// [`Stall::OutsideDomain`](crate::Stall::OutsideDomain) where no step leads to a finite f. `x` is then the point with the
    /// least |f|.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::NonFiniteStart`], and [`Error::NotInDomain`] when f(x0) is not finite.
    pub fn solve(&self, mut f: impl FnMut(f64) -> (f64, f64, f64), x0: f64) -> Result<Root, Error> {
        let samples = |x| {
            let (value, first, second) = f(x);
            [value, first, second]
        };
        iterate(&self.limits, RATIO, samples, &[x0], |_, now| step(now))
    }
}

fn step(now: &Sample) -> f64 {
    let newton = now.at.value / now.first;
    let correction = 0.5 * newton * (now.second / now.first);
    if correction.abs() < 1.0 { -newton / (1.0 - correction) } else { -newton }
}
