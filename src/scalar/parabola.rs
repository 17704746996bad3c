//! The parabola through three points.

use super::meter::Point;

/// The step from x to the extremum of the parabola through x, w and v; not finite where there is none.
///
/// ```text
/// r = (x - w) (f(x) - f(v)),  q = (x - v) (f(x) - f(w))
/// step = -((x - v) q - (x - w) r) / (2 (q - r))
/// ```
pub(super) fn step_to_vertex(x: Point, w: Point, v: Point) -> f64 {
    // Divided by powers of two, which rounds nothing, the products stay within the range of the numbers.
    let (to_w, to_v) = (x.x - w.x, x.x - v.x);
    let (above_w, above_v) = (x.value - w.value, x.value - v.value);
    let length = power_of_two(to_w.abs().max(to_v.abs()));
    let height = power_of_two(above_w.abs().max(above_v.abs()));
    let (to_w, to_v) = (to_w / length, to_v / length);
    let (r, q) = (to_w * (above_v / height), to_v * (above_w / height));
    -(to_v * q - to_w * r) / (2.0 * (q - r)) * length
}

/// The largest power of two that is at most x; 0 below the normal numbers.
fn power_of_two(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & f64::INFINITY.to_bits())
}
