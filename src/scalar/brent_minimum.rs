//! Brent's method for minima: parabolas, with golden sections to fall back on.
//!
//! ```text
//! x the best point, w the second, v the w before;  m = (a + b) / 2
//! r = (x - w) (f(x) - f(v)),  q = (x - v) (f(x) - f(w))
//! step -p/q':  p = (x - v) q - (x - w) r,  q' = 2 (q - r)                       (to the minimiser of the parabola)
//! taken when it stays within (a, b) and is less than half the step before the last;
//! otherwise 0.382 of the way to the farther end
//! ```
//!
//! Needs: f, and an interval, or two points from which to go downhill to one. Guarantee: the interval shrinks to the tolerance
//! for every f, and has a local minimum in it when f is continuous; on smooth f with f'' > 0 at the minimum the order is 1.325.
//!
//! Reference: R. P. Brent, *Algorithms for Minimization without Derivatives*, Prentice-Hall 1973, chapter 5, procedure localmin.

use super::Minimum;
use super::downhill::{Triple, downhill};
use super::limits::{Limits, check_interval, check_start, half, setters};
use super::meter::{Meter, check_minimum};
use super::parabola::step_to_vertex;
use crate::Error;
use crate::error::check;

/// The smaller part of the golden section, (3 - √5) / 2, to the digits that implementations of Brent's method have: near the
/// end of a search the last digits of its points decide how many more it takes.
const GOLDEN: f64 = 0.381_966;

/// Brent's method for minima.
///
/// # Method
/// Minimises the parabola through the last three points while that converges fast, and takes golden sections otherwise. Values
/// that are NaN or +infinity are higher than all others. Ends when both ends of the interval are within 2 t(x) of x.
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
/// use extremum::scalar::BrentMinimum;
///
/// // x^x has its minimum at 1/e
/// let minimum = BrentMinimum::default().minimize(|x| x.powf(x), 0.0, 1.0)?;
/// assert!((minimum.x - (-1.0_f64).exp()).abs() < 1e-8);
/// assert!(minimum.evaluations <= 15);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrentMinimum {
    limits: Limits,
}

impl Default for BrentMinimum {
    fn default() -> Self {
        Self { limits: Limits::for_minima() }
    }
}

impl BrentMinimum {
    setters!();

    /// Finds a minimum of f between `low` and `high`; f is not evaluated at the ends. When f falls towards an end, x comes as
    /// close to it as the tolerance says.
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
        let mut meter = Meter::for_minimum(self.limits.max_evaluations);
        match meter.at(low + 2.0 * GOLDEN * half(low, high), &mut f) {
            Ok(x) => Ok(self.search(meter, f, Triple { a: low, x, b: high })),
            Err(end) => Ok(meter.minimum(Some((low, high)), end)),
        }
    }

    /// Goes downhill from x0 and x1 until f rises, and finds the minimum there.
    ///
    /// The steps grow by 1.618, or to the minimum of a parabola, at most 110 times the last step. Ends like
    /// [`minimize`](Self::minimize); and as [`Termination::Unbounded`](crate::Termination::Unbounded) when f still falls at
    /// the largest numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`], also for x0 = x1; [`Error::NonFiniteStart`]; and [`Error::NotInDomain`] when f is not finite at x0.
    ///
    /// # Example
    /// ```
    /// use extremum::scalar::BrentMinimum;
    ///
    /// let minimum = BrentMinimum::default().minimize_from(|x| (x - 1e6).powi(2) + 1.0, 0.0, 1.0)?;
    /// assert!((minimum.x - 1e6).abs() < 0.1 && minimum.value - 1.0 < 1e-2);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn minimize_from(
        &self,
        mut f: impl FnMut(f64) -> f64,
        x0: f64,
        x1: f64,
    ) -> Result<Minimum, Error> {
        self.limits.check()?;
        check_start(0, x0)?;
        check_start(1, x1)?;
        check(x0 != x1, "x1", x1, "different from x0")?;
        let mut meter = Meter::for_minimum(self.limits.max_evaluations);
        let first = match meter.at(x0, &mut f) {
            Ok(first) => first,
            Err(end) => return Ok(meter.minimum(None, end)),
        };
        first.check_domain()?;
        match downhill(&mut meter, &mut f, first, x1) {
            Ok(triple) => Ok(self.search(meter, f, triple)),
            Err(end) => Ok(meter.minimum(None, end)),
        }
    }

    fn search(&self, mut meter: Meter, mut f: impl FnMut(f64) -> f64, start: Triple) -> Minimum {
        let tolerance = self.limits.minimum_tolerance(start.a, start.b);
        let Triple { mut a, mut x, mut b } = start;
        let (mut w, mut v) = (x, x);
        // Brent's d and e: the last step and the one before.
        let (mut last, mut before) = (0.0_f64, 0.0_f64);
        loop {
            let t = tolerance.at(x.x);
            let middle = f64::midpoint(a, b);
            match step_to_vertex(x, w, v) {
                step if before.abs() > t
                    && step.abs() < 0.5 * before.abs()
                    && a < x.x + step
                    && x.x + step < b =>
                {
                    (before, last) = (last, step);
                    let u = x.x + step;
                    // Not too near an end.
                    if u - a < 2.0 * t || b - u < 2.0 * t {
                        last = if x.x <= middle { t } else { -t };
                    }
                }
                _ => {
                    let half_way = half(x.x, if x.x >= middle { a } else { b });
                    before = (2.0 * half_way).clamp(-f64::MAX, f64::MAX);
                    last = 2.0 * GOLDEN * half_way;
                }
            }
            let step = if last.abs() >= t { last } else { t.copysign(last) };
            let next =
                check_minimum(&tolerance, (a, b), x).and_then(|()| meter.at(x.x + step, &mut f));
            let u = match next {
                Ok(u) => u,
                Err(end) => return meter.minimum(Some((a, b)), end),
            };
            if x.is_below(u) {
                *(if u.x < x.x { &mut a } else { &mut b }) = u.x;
                if !w.is_below(u) || w.x == x.x {
                    (v, w) = (w, u);
                } else if !v.is_below(u) || v.x == x.x || v.x == w.x {
                    v = u;
                }
            } else {
                *(if u.x < x.x { &mut b } else { &mut a }) = x.x;
                (v, w, x) = (w, x, u);
            }
        }
    }
}
