//! Downhill to three points with the lowest in the middle.
//!
//! ```text
//! f(b) <= f(a);  c = b + 1.618 (b - a)
//! while f(c) < f(b):  u the minimiser of the parabola through a, b, c, at most b + 110 (c - b),
//!                     or c + 1.618 (c - b) where that is not beyond b;  (a, b, c) = (b, c, u)
//! ```
//!
//! Where the parabola has its minimiser between b and c but f is no lower there, the search goes on from c; the reference ends
//! at b, which is above c.
//!
//! Reference: W. H. Press et al., *Numerical Recipes*, 3rd ed., Cambridge 2007, section 10.1.

use super::limits::moved;
use super::meter::{Meter, Point};
use super::parabola::step_to_vertex;
use crate::Termination;

/// The golden ratio, to the digits that implementations of the reference have.
const GROWTH: f64 = 1.618_034;
const LARGEST_GROWTH: f64 = 110.0;

/// An interval and a point within it that is lower than its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple {
    pub a: f64,
    pub x: Point,
    pub b: f64,
}

/// Brackets a minimum from two points, of which the first was evaluated.
pub(super) fn downhill(
    meter: &mut Meter,
    f: &mut impl FnMut(f64) -> f64,
    first: Point,
    x1: f64,
) -> Result<Triple, Termination> {
    let mut at = |x| evaluate(meter, f, x);
    let second = at(x1)?;
    let (mut a, mut b) = if first.is_below(second) { (second, first) } else { (first, second) };
    let mut c = at(beyond(a, b))?;
    while c.is_below(b) {
        let limit = b.x + LARGEST_GROWTH * (c.x - b.x);
        let vertex = b.x + step_to_vertex(b, a, c);
        let mut next = beyond(b, c);
        if is_between(b.x, vertex, c.x) {
            let u = at(vertex)?;
            if u.is_below(c) {
                return Ok(triple(b, u, c));
            }
        } else if is_between(c.x, vertex, limit) {
            let u = at(vertex)?;
            if !u.is_below(c) {
                return Ok(triple(b, c, u));
            }
            (b, c) = (c, u);
            next = beyond(b, c);
        } else if is_between(c.x, limit, vertex) {
            next = limit;
        }
        (a, b, c) = (b, c, at(next)?);
    }
    Ok(triple(a, b, c))
}

fn evaluate(
    meter: &mut Meter,
    f: &mut impl FnMut(f64) -> f64,
    x: f64,
) -> Result<Point, Termination> {
    // Further out there are no numbers.
    if !x.is_finite() {
        return Err(Termination::Unbounded { cost: meter.best().value });
    }
    let point = meter.at(x, f)?;
    if point.value == f64::NEG_INFINITY {
        return Err(Termination::Unbounded { cost: point.value });
    }
    Ok(point)
}

/// The next point, a golden section further; infinite when there is none.
fn beyond(a: Point, b: Point) -> f64 {
    moved(b.x, GROWTH * (b.x - a.x))
}

/// True when x lies strictly between two ends in any order.
fn is_between(end: f64, x: f64, other: f64) -> bool {
    (end < x && x < other) || (other < x && x < end)
}

fn triple(a: Point, x: Point, b: Point) -> Triple {
    Triple { a: a.x.min(b.x), x, b: a.x.max(b.x) }
}
