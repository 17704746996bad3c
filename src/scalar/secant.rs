//! The secant method: the root of the line through the last two points.
//!
//! ```text
//! x' = x - f(x) (x - y) / (f(x) - f(y)),  y the point before x
//! ```
//!
//! Needs: f, and two starts near the root. Guarantee: near a simple root of an f with two derivatives the order is
//! (1 + √5) / 2, e'' ≈ e' e f'' / (2 f'). None from afar.
//!
//! Reference: J. Stoer, R. Bulirsch, *Introduction to Numerical Analysis*, 3rd ed., Springer 2002, section 5.9.

use super::Root;
use super::limits::{Limits, check_start, setters};
use super::open::{Sample, iterate};
use crate::Error;
use crate::error::check;

/// On an exponential, the secant method comes to multiply f by 1/2.
const RATIO: f64 = 0.5;

/// The secant method for roots.
///
/// # Method
/// Steps to the root of the line through the last two points, whatever the signs of f there. A step to where f is not finite
/// is halved. No further safeguard: from far away it may diverge, and then ends at a limit;
/// [`BrentRoot`](super::BrentRoot) does not.
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
/// use extremum::scalar::Secant;
///
/// let root = Secant::default().solve(|x| x * x - 2.0, 1.0, 2.0)?;
/// assert!((root.x - 2.0_f64.sqrt()).abs() < 1e-15);
/// assert!(root.evaluations <= 10);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Secant {
    limits: Limits,
}

impl Default for Secant {
    fn default() -> Self {
        Self { limits: Limits::for_roots(100) }
    }
}

impl Secant {
    setters!();

    /// Finds a root from x0 and x1, the better one last.
    ///
    /// Converges with [`Termination::Step`](crate::Termination::Step) when a step is at most t(x) and f fell as it does
    /// towards a root, or changed its sign; or with [`Termination::Zero`](crate::Termination::Zero). Stalls with
    /// [`Stall::NoNextPoint`](crate::Stall::NoNextPoint) where the line is level, and with
    /// [`Stall::OutsideDomain`](crate::Stall::OutsideDomain) where no step leads to a finite f. `x` is then the point with the
    /// least |f|.
    ///
    /// # Errors
    /// [`Error::Parameter`], also for starts that differ by 2 t(x) or less; [`Error::NonFiniteStart`]; and
    /// [`Error::NotInDomain`] when f is not finite at a start.
    pub fn solve(&self, mut f: impl FnMut(f64) -> f64, x0: f64, x1: f64) -> Result<Root, Error> {
        self.limits.check()?;
        let distance = (x1 - x0).abs();
        let tolerance = self.limits.root_tolerance();
        let tolerance = tolerance.at(x0).max(tolerance.at(x1));
        check_start(0, x0)?;
        check_start(1, x1)?;
        let apart = 0.5 * distance > tolerance;
        check(apart, "|x1 - x0|", distance, "more than twice the tolerance")?;
        iterate(&self.limits, RATIO, |x| [f(x), 0.0, 0.0], &[x0, x1], step)
    }
}

fn step(before: &Sample, now: &Sample) -> f64 {
    let (y, x) = (before.at, now.at);
    // The larger value divides: no overflow.
    let share = if x.value.abs() <= y.value.abs() {
        let ratio = x.value / y.value;
        ratio / (1.0 - ratio)
    } else {
        1.0 / (y.value / x.value - 1.0)
    };
    (x.x - y.x) * share
}
