//! Brent's method for roots: inverse quadratic interpolation, with bisection to fall back on.
//!
//! ```text
//! b the best point, c the other end of the bracket, a the b before;  m = (c - b) / 2
//! r = f(b)/f(c),  s = f(b)/f(a),  q = f(a)/f(c)
//! step -p/q':  p = 2 m s,                            q' = 1 - s                       when a = c    (secant)
//!              p = s (2 m q (q - r) - (b - a) (r - 1)),  q' = (q - 1) (r - 1) (s - 1)   otherwise
//! taken when it lies within 3/4 of the way to c and is less than half the step before the last; otherwise m
//! ```
//!
//! Needs: f, and two points where its signs differ. Guarantee: the bracket shrinks to the tolerance for every f, in at most
//! about k² evaluations where bisection takes k; on smooth f the order is at least 1.618.
//!
//! Reference: R. P. Brent, *Algorithms for Minimization without Derivatives*, Prentice-Hall 1973, chapter 4, procedure zero.

use std::ops::ControlFlow;

use super::Root;
use super::limits::{Limits, half, setters};
use super::meter::Point;
use super::sign_change::SignChange;
use crate::Error;

/// Brent's method for roots.
///
/// # Method
/// Interpolates through the last three points while that converges fast, and bisects otherwise. Ends when the bracket is no
/// wider than t(x).
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`absolute_tolerance`](Self::absolute_tolerance) | 0 | >= 0 | of the width of the bracket |
/// | [`relative_tolerance`](Self::relative_tolerance) | 4 ε = 8.9e-16 | [0, 1) | the same, as a share of \|x\| |
/// | [`max_evaluations`](Self::max_evaluations) | 10 000 | >= 1 | |
///
/// # Example
/// ```
/// use extremum::scalar::BrentRoot;
///
/// let root = BrentRoot::default().solve(|x| x.powi(3) - 2.0 * x - 5.0, 2.0, 3.0)?;
/// assert!((root.x - 2.0945514815423265).abs() < 1e-15);
/// assert!(root.evaluations <= 10);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrentRoot {
    limits: Limits,
}

impl Default for BrentRoot {
    fn default() -> Self {
        Self { limits: Limits::for_roots(10_000) }
    }
}

impl BrentRoot {
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
        let mut a = bracket.other;
        // Brent's d and e: the last step and the one before.
        let mut last = bracket.x.x - bracket.other.x;
        let mut before = last;
        loop {
            let (b, c) = (bracket.x, bracket.other);
            let (middle, least) = (half(b.x, c.x), bracket.least_step());
            let limit = before.abs().min(3.0 * middle.abs() - least);
            (before, last) = match interpolation(a, b, c, middle) {
                Some(step) if before.abs() >= least && 2.0 * step.abs() < limit => (last, step),
                _ => (middle, middle),
            };
            let step = if last.abs() > least { last } else { least.copysign(middle) };
            let x = b.x + step;
            if let ControlFlow::Break(root) = bracket.narrow(x) {
                return Ok(root);
            }
            // The sign changes between b and the new point: they are the bracket now.
            if bracket.x.x == b.x || bracket.other.x == b.x {
                last = x - b.x;
                before = last;
            }
            a = if bracket.x.x == x { b } else { bracket.other };
        }
    }
}

/// The step from b to the interpolated root, when it is towards c.
fn interpolation(a: Point, b: Point, c: Point, middle: f64) -> Option<f64> {
    if a.value.abs() <= b.value.abs() {
        return None;
    }
    let s = b.value / a.value;
    let (p, q) = if a.x == c.x {
        (2.0 * middle * s, 1.0 - s)
    } else {
        let (q, r) = (a.value / c.value, b.value / c.value);
        let p = s * (2.0 * middle * q * (q - r) - (b.x - a.x) * (r - 1.0));
        (p, (q - 1.0) * (r - 1.0) * (s - 1.0))
    };
    let step = -p / q;
    (step * middle.signum() > 0.0).then_some(step)
}
