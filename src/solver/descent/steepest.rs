//! Gradient descent: d = −g.
//!
//! Cauchy (1847); Nocedal & Wright (2006), section 3.3.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::line_search::{FixedStep, HagerZhang};
use crate::problem::Sides;
use crate::{Bounds, Error, Oracle, linalg};

/// Gradient descent: x⁺ = x − α ∇f(x).
///
/// **Needs** a gradient. **Parameters** the line search ([`HagerZhang`] by default), or a
/// [fixed rate](GradientDescent::with_rate).
///
/// **Guarantee** with a line search, the gradient goes to zero for every cost bounded below with a Lipschitz
/// gradient; linearly, with factor (κ − 1)/(κ + 1) at best, near a minimum with condition number κ.
///
/// ```
/// use extremum::{GradientDescent, from_fn, minimize};
/// let problem = from_fn(2, |x| 0.5 * (x[0] * x[0] + 4.0 * x[1] * x[1]))
///     .with_gradient(|x, g| { g[0] = x[0]; g[1] = 4.0 * x[1]; });
/// // The best fixed rate is 2/(L + m) = 2/5; it contracts by (κ − 1)/(κ + 1) = 3/5.
/// let found = minimize(&problem, GradientDescent::with_rate(0.4), [1.0, 1.0])?;
/// assert_eq!(found.iterations, 30); // 4 · 0.6ᵏ ≤ 1e-6
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Cauchy (1847); Nocedal & Wright (2006), theorem 3.3.
pub type GradientDescent = Descent<Steepest>;

/// The direction of [`GradientDescent`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steepest;

impl Default for GradientDescent {
    fn default() -> Self {
        Descent::new(Steepest, HagerZhang::default())
    }
}

impl GradientDescent {
    /// Steps of α = `rate` > 0 throughout. Converges when rate < 2/L, L the largest eigenvalue of the Hessian.
    pub fn with_rate(rate: f64) -> Self {
        Descent::new(Steepest, FixedStep::new(rate))
    }
}

/// d ← −g; where the square of g overflows or underflows, −g over a power of two near its largest component.
pub(in crate::solver) fn descend(gradient: &DVector<f64>, d: &mut DVector<f64>) -> Proposal {
    let (norm_squared, max) = linalg::dot_and_max(gradient.as_slice(), gradient.as_slice());
    let is_safe = norm_squared.is_finite() && norm_squared > f64::MIN_POSITIVE / f64::EPSILON;
    let unit = if is_safe || !(max > 0.0 && max.is_finite()) { 1.0 } else { power_of_two(max) };
    for (d, g) in d.as_mut_slice().iter_mut().zip(gradient.as_slice()) {
        *d = -g / unit;
    }
    let slope =
        if unit == 1.0 { -norm_squared } else { linalg::dot(d.as_slice(), gradient.as_slice()) };
    Proposal { slope, max: max / unit, scaled: false, curvature: None }
}

/// d ← P(x − λ g) − x, where P projects into the bounds and λ is 1/‖P(x − g) − x‖∞ unless it is given.
pub(in crate::solver) fn descend_within(
    bounds: &Bounds,
    at: Point<'_>,
    lambda: Option<f64>,
    d: &mut DVector<f64>,
) -> Proposal {
    let mut project = |lambda: f64| {
        let rows = d.as_mut_slice().iter_mut().zip(at.x).zip(at.gradient).zip(bounds.sides());
        for (i, (((d, x), g), Sides { lower, upper })) in rows.enumerate() {
            let t = at.scale.map_or(1.0, |scale| scale[i]);
            let to = (x - lambda * t * g).max(lower.max(f64::MIN)).min(upper.min(f64::MAX));
            *d = (to - x) / t;
        }
        linalg::dot_and_max(d.as_slice(), at.gradient.as_slice())
    };
    let (slope, max) = match lambda {
        Some(lambda) => project(lambda),
        None => match project(1.0) {
            (_, max) if max.is_normal() => project(max.recip()),
            flat => flat,
        },
    };
    Proposal { slope, max, scaled: true, curvature: None }
}

/// minᵢ max(|xᵢ|, ‖x‖∞ / 1000) / |dᵢ|: the longest step that changes no variable by more than its own size; `None` at the
/// origin, which says nothing about sizes.
pub(super) fn relative_step(x: &DVector<f64>, d: &DVector<f64>) -> Option<f64> {
    let smallest = 1e-3 * linalg::max_abs(x.as_slice());
    let steps = x.iter().zip(d).map(|(x, d)| x.abs().max(smallest) / d.abs());
    Some(steps.fold(f64::INFINITY, f64::min)).filter(|step| step.is_normal())
}

/// The largest power of two up to a positive, finite `size`.
fn power_of_two(size: f64) -> f64 {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    let bits = size.to_bits();
    // A denormal number has its power of two in its highest bit.
    f64::from_bits(if size.is_normal() {
        bits & EXPONENT
    } else {
        1 << (63 - bits.leading_zeros())
    })
}

impl Direction for Steepest {
    type Memory = ();

    fn name(&self) -> &'static str {
        "GradientDescent"
    }
    fn wants_exact_searches(&self) -> bool {
        true
    }
    fn check(&self, _n: usize) -> Result<(), Error> {
        Ok(())
    }
    fn start(&self, _: &mut Oracle<'_>, _n: usize, _: Option<&DVector<f64>>) {}
    fn is_valid(&self, _memory: &(), _n: usize) -> bool {
        true
    }
    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        _memory: &mut (),
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        descend(at.gradient, d)
    }
    fn update(&self, _memory: &mut (), _step: Accepted<'_>) {}
    fn reset(&self, _memory: &mut (), _moved: bool) -> bool {
        false
    }
}
