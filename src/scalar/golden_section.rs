//! Golden section: 0.618 of the interval each time.
//!
//! ```text
//! g = (√5 - 1) / 2;  x1 = a + (1 - g) (b - a),  x2 = a + g (b - a)
//! [a, x2] is kept when f(x1) < f(x2), else [x1, b]; the point inside it serves again
//! ```
//!
//! Needs: f, and an interval. Guarantee: the interval of width w has the width gᵏ w after k + 1 evaluations, for every f; it
//! has the minimum in it when f is unimodal.
//!
//! Reference: J. Kiefer, *Sequential minimax search for a maximum*, Proceedings of the American Mathematical Society 4 (1953),
//! pp. 502-506.

use super::Minimum;
use super::limits::{Limits, check_interval, half, setters};
use super::meter::{Meter, Point, check_minimum};
use crate::Error;

/// g, the larger part of the golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Golden-section search for a minimum.
///
/// # Method
/// Compares f at two points within the interval and drops the part beyond the worse one. Only comparisons count; values that
/// are NaN or +infinity are worse than all others. Ends when both ends of the interval are within 2 t(x) of x.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`absolute_tolerance`](Self::absolute_tolerance) | 1e-11 of the first interval | >= 0 | of x |
/// | [`relative_tolerance`](Self::relative_tolerance) | √ε = 1.5e-8 | [0, 1) | the same, as a share of \|x\| |
/// | [`max_evaluations`](Self::max_evaluations) | 10 000 | >= 1 | |
///
/// Values of f near a minimum are level within about √ε |x|: smaller tolerances only help where f is 0 at its minimum.
///
/// # Example
/// ```
/// use extremum::scalar::GoldenSection;
///
/// let minimum = GoldenSection::default().minimize(|x: f64| (x - 1.0).abs(), 0.0, 3.0)?;
/// assert!((minimum.x - 1.0).abs() < 3e-8);
/// let (low, high) = minimum.bracket.unwrap();
/// assert!(low <= 1.0 && 1.0 <= high && high - low < 6e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoldenSection {
    limits: Limits,
}

impl Default for GoldenSection {
    fn default() -> Self {
        Self { limits: Limits::for_minima() }
    }
}

impl GoldenSection {
    setters!();

    /// Finds a minimum of f between `low` and `high`; f is not evaluated at the ends.
    ///
    /// Converges with [`Termination::Bracket`](crate::Termination::Bracket). Stalls with
    /// [`Stall::OutsideDomain`](crate::Stall::OutsideDomain) when no value is finite. A value of -infinity ends the search as
    /// [`Termination::Unbounded`](crate::Termination::Unbounded).
    ///
    /// # Errors
    /// [`Error::Parameter`] and [`Error::Interval`].
    pub fn minimize(
        &self,
        mut f: impl FnMut(f64) -> f64,
        low: f64,
        high: f64,
    ) -> Result<Minimum, Error> {
        self.limits.check()?;
        check_interval(low, high)?;
        let tolerance = self.limits.minimum_tolerance(low, high);
        let mut meter = Meter::for_minimum(self.limits.max_evaluations);
        let (mut a, mut b) = (low, high);
        // The better of the last two points.
        let mut kept: Option<Point> = None;
        loop {
            let is_left = kept.is_none_or(|old| old.x - a >= b - old.x);
            let share = if is_left { 1.0 - GOLDEN } else { GOLDEN };
            let new = match meter.at(a + 2.0 * share * half(a, b), &mut f) {
                Ok(new) => new,
                Err(end) => return Ok(meter.minimum(Some((a, b)), end)),
            };
            let best = match kept {
                Some(old) if old.is_below(new) => {
                    *(if is_left { &mut a } else { &mut b }) = new.x;
                    old
                }
                Some(old) => {
                    *(if is_left { &mut b } else { &mut a }) = old.x;
                    new
                }
                None => new,
            };
            if let Err(end) = check_minimum(&tolerance, (a, b), best) {
                return Ok(meter.minimum(Some((a, b)), end));
            }
            kept = Some(best);
        }
    }
}
