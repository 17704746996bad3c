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

use super::meter::{Meter, Point};
use crate::{Error, Termination};

const GROWTH: f64 = 1.618_033_988_749_895;
const LARGEST_GROWTH: f64 = 110.0;

/// An interval and the best point within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple {
    pub a: f64,
    pub x: Point,
    pub b: f64,
}

pub(super) enum Downhill {
    Bracket(Triple),
    Ended(Termination),
}

/// Brackets a minimum from two points.
pub(super) fn downhill(
    meter: &mut Meter,
    f: &mut impl FnMut(f64) -> f64,
    x0: f64,
    x1: f64,
) -> Result<Downhill, Error> {
    let first = match evaluate(meter, f, x0) {
        Ok(first) => first,
        Err(end) => return Ok(Downhill::Ended(end)),
    };
    if !first.value.is_finite() {
        return Err(Error::NotInDomain { what: "value".into(), value: first.value });
    }
    Ok(match descend(meter, f, first, x1) {
        Ok(triple) => Downhill::Bracket(triple),
        Err(end) => Downhill::Ended(end),
    })
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
    match meter.at(x, f) {
        None => Err(meter.limit()),
        Some(point) if point.value == f64::NEG_INFINITY => {
            Err(Termination::Unbounded { cost: point.value })
        }
        Some(point) => Ok(point),
    }
}

fn descend(
    meter: &mut Meter,
    f: &mut impl FnMut(f64) -> f64,
    first: Point,
    x1: f64,
) -> Result<Triple, Termination> {
    let second = evaluate(meter, f, x1)?;
    let (mut a, mut b) = if first.is_below(second) { (second, first) } else { (first, second) };
    let mut at = beyond(a, b);
    loop {
        let c = evaluate(meter, f, at)?;
        if !c.is_below(b) {
            return Ok(triple(a, b, c));
        }
        let limit = b.x + LARGEST_GROWTH * (c.x - b.x);
        let vertex = b.x + step_to_vertex(b, a, c);
        at = if is_between(b.x, vertex, c.x) {
            let u = evaluate(meter, f, vertex)?;
            if u.is_below(c) {
                return Ok(triple(b, u, c));
            }
            beyond(b, c)
        } else if is_between(c.x, vertex, limit) {
            let u = evaluate(meter, f, vertex)?;
            if !u.is_below(c) {
                return Ok(triple(b, c, u));
            }
            (a, b) = (c, u);
            at = beyond(a, b);
            continue;
        } else if is_between(c.x, limit, vertex) {
            limit
        } else {
            beyond(b, c)
        };
        (a, b) = (b, c);
    }
}

/// The next point, a golden section further; infinite when there is none.
fn beyond(a: Point, b: Point) -> f64 {
    let next = b.x + GROWTH * (b.x - a.x);
    // Where a and b are neighbours, the next may be b.
    match next {
        same if same == b.x && b.x > a.x => b.x.next_up(),
        same if same == b.x => b.x.next_down(),
        next => next,
    }
}

/// The step from x to the extremum of the parabola through three points; not finite where there is none.
///
/// r and q are divided by x - v, so that no product of small or large numbers leaves the range.
pub(super) fn step_to_vertex(x: Point, w: Point, v: Point) -> f64 {
    let share = (x.x - w.x) / (x.x - v.x);
    let (r, q) = (share * (x.value - v.value), x.value - w.value);
    -(x.x - v.x) * ((q - share * r) / (2.0 * (q - r)))
}

/// True when x lies strictly between two ends in any order.
fn is_between(end: f64, x: f64, other: f64) -> bool {
    (end < x && x < other) || (other < x && x < end)
}

fn triple(a: Point, x: Point, b: Point) -> Triple {
    Triple { a: a.x.min(b.x), x, b: a.x.max(b.x) }
}
