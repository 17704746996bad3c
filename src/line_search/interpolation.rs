//! The minimisers of simple curves through a few known points.
//!
//! | function | curve through | formula |
//! |---|---|---|
//! | [`secant`] | two slopes | root of the linear slope |
//! | [`quadratic`] | value and slope at one point, value at another | Nocedal & Wright (3.57) |
//! | [`cubic`] | values and slopes at two points | Nocedal & Wright (3.59) |
//! | [`cubic_from_values`] | value and slope at 0, values at two points | Nocedal & Wright (3.58) |
//!
//! Needs: distinct points. Guarantee: none; a curve without a minimum, or rounding, gives NaN, an infinity or a point
//! far away, and every caller safeguards the result.
//!
//! Reference: J. Nocedal, S. J. Wright, *Numerical Optimization*, 2nd ed., Springer 2006, section 3.5.

/// φ(α) and φ'(α) at a point of the ray.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub alpha: f64,
    pub value: f64,
    pub slope: f64,
}

impl Sample {
    /// The point of φ(α) + `slope` α.
    pub(super) fn tilted(self, slope: f64) -> Self {
        Self { value: self.value + self.alpha * slope, slope: self.slope + slope, ..self }
    }
}

/// The safeguard: `trial` kept between `low` and `high`; a NaN becomes `high`.
pub(super) fn safeguarded(trial: f64, low: f64, high: f64) -> f64 {
    trial.min(high).max(low)
}

/// Where the slope vanishes that is linear between `a` and `b`; each is (α, φ'(α)).
pub(super) fn secant(a: (f64, f64), b: (f64, f64)) -> f64 {
    // From `a` in the direction of `b`, rather than (a b' - b a') / (b' - a'), which cancels when a is close to b.
    a.0 + a.1 / (a.1 - b.1) * (b.0 - a.0)
}

/// The minimiser, as a step from α = 0, of the parabola with `value` and `slope` at 0 and `trial` at `alpha`.
///
/// Not positive, infinite or NaN when the parabola is not convex.
pub(super) fn quadratic(value: f64, slope: f64, alpha: f64, trial: f64) -> f64 {
    0.5 * alpha * (slope / ((value - trial) / alpha + slope))
}

/// The minimiser of the cubic with the values and slopes of two points, as the ratio r in
/// α = `from` + r (`to` - `from`); NaN when the cubic has no minimum.
pub(super) fn cubic(from: Sample, to: Sample) -> f64 {
    let width = to.alpha - from.alpha;
    let theta = 3.0 * (from.value - to.value) / width + from.slope + to.slope;
    // Divided by s, no square overflows or underflows.
    let s = theta.abs().max(from.slope.abs()).max(to.slope.abs());
    let square = (theta / s) * (theta / s) - (from.slope / s) * (to.slope / s);
    if square.is_nan() || square <= 0.0 {
        return f64::NAN;
    }
    let gamma = s * square.sqrt().copysign(width);
    let p = (gamma - from.slope) + theta;
    let q = ((gamma - from.slope) + gamma) + to.slope;
    p / q
}

/// The minimiser of the cubic with `value` and `slope` at 0 and the values of two steps, each (α, φ(α)); NaN when
/// the cubic has no minimum.
pub(super) fn cubic_from_values(
    value: f64,
    slope: f64,
    last: (f64, f64),
    older: (f64, f64),
) -> f64 {
    // What the line leaves, divided by α^2: a α + b at each of the two steps.
    let remainder = |(alpha, trial): (f64, f64)| ((trial - value) / alpha - slope) / alpha;
    let a = (remainder(last) - remainder(older)) / (last.0 - older.0);
    let b = remainder(last) - a * last.0;
    let root = (b * b - 3.0 * a * slope).sqrt();
    // The two forms of the root with a minimum; each is the one without cancellation.
    if b > 0.0 { -slope / (b + root) } else { (root - b) / (3.0 * a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// φ(α) = α^3 - 3 α, whose minimum is at 1.
    fn point(alpha: f64) -> Sample {
        Sample { alpha, value: alpha.powi(3) - 3.0 * alpha, slope: 3.0 * alpha.powi(2) - 3.0 }
    }

    #[test]
    fn a_cubic_is_minimised_exactly() {
        for (from, to) in [(0.0, 3.0), (3.0, 0.0), (2.0, 3.0), (0.0, 0.5), (-0.5, 4.0)] {
            let alpha = from + cubic(point(from), point(to)) * (to - from);
            assert!((alpha - 1.0).abs() < 1e-14, "{from} {to}: {alpha}");
        }
        let values = |alpha: f64| (alpha, point(alpha).value);
        for (last, older) in [(2.0, 3.0), (0.5, 2.0), (0.3, 0.7)] {
            let alpha = cubic_from_values(0.0, -3.0, values(last), values(older));
            assert!((alpha - 1.0).abs() < 1e-14, "{last} {older}: {alpha}");
        }
    }

    #[test]
    fn a_parabola_is_minimised_exactly_by_its_value_and_by_its_slopes() {
        // φ(α) = (α - 3)^2
        for alpha in [1.0, 2.0, 5.0, 40.0_f64] {
            assert_eq!(quadratic(9.0, -6.0, alpha, (alpha - 3.0).powi(2)), 3.0);
            assert!((secant((0.0, -6.0), (alpha, 2.0 * (alpha - 3.0))) - 3.0).abs() < 1e-14);
        }
    }

    #[test]
    fn curves_without_a_minimum_give_no_positive_step() {
        assert!(
            cubic(
                Sample { alpha: 0.0, value: 0.0, slope: -1.0 },
                Sample { alpha: 1.0, value: -1.0, slope: -1.0 }
            )
            .is_nan()
        );
        let concave = quadratic(0.0, -1.0, 1.0, -2.0);
        assert!(concave <= 0.0);
    }
}
