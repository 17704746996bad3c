//! Finite differences for the derivatives that a problem does not give.
//!
//! Every variable has a scale sᵢ, over which f is assumed to change: |xᵢ| at the start, `typical_x`, or the result of a
//! few trials where neither is informative. With the error η of a cost the steps are those that balance truncation and
//! rounding:
//!
//! ```text
//! forward   (f(x + h) − f(x)) / h             h = 2 √(η / |f''|)      error |f''| h / 2 + 2 η / h
//! central   (f(x + h) − f(x − h)) / 2h = D(h) h = (3 η / |f'''|)^⅓    error |f'''| h² / 6 + η / h
//! extrapolated   (4 D(h/2) − D(h)) / 3        h = noise^⅕ s           error ≈ |D(h/2) − D(h)| / 100 + 3 η / h
//! ```
//!
//! The start is differenced centrally, which also gives f''. From there a line-search solver uses the cheapest scheme
//! whose error is small compared with the gradient.
//!
//! P. Gill, W. Murray, M. Saunders, M. Wright, "Computing forward-difference intervals for numerical optimization", SIAM J.
//! Sci. Stat. Comput. 4 (1983) 310-321; L. Richardson, Phil. Trans. R. Soc. A 210 (1911) 307-357.

mod gradient;
mod hessian;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

pub(crate) use hessian::symmetrize;

use super::Oracle;
use crate::linalg::{self, power_of_two};
use crate::{Error, Problem};

/// Steps of finite differences of exactly rounded functions, relative to the scale: the powers of the rounding unit that
/// balance truncation against rounding.
pub(crate) mod difference_step {
    /// ε^(1/2): forward differences of the gradient.
    pub const FORWARD: f64 = 1.4901161193847656e-8;
}

/// The largest errors, relative to the gradient, with which a cheaper scheme is adopted, and with which it is kept.
const FINE: f64 = 0.02;
const COARSE: f64 = 0.1;
/// Steps are stale when the cost is below this share of that at which they were determined: they assume a rounding
/// error that no longer exists.
const STALE: f64 = 1e-4;
/// A value below which x may be 0 up to rounding.
const TINY: f64 = 1e-8;
/// How often the first guess of a variable's scale is enlarged, and how often it is cut.
const ENLARGEMENTS: usize = 5;
const CUTS: usize = 8;

/// How a gradient is differenced, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Scheme {
    /// n costs.
    Forward,
    /// 2n costs.
    Central,
    /// 4n costs.
    Extrapolated,
}

impl Scheme {
    fn next(self) -> Self {
        if self == Self::Forward { Self::Central } else { Self::Extrapolated }
    }
}

/// Steps relative to the scale of a variable, for costs of a relative accuracy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    noise: f64,
    forward: f64,
    central: f64,
    extrapolated: f64,
    pub(super) second: f64,
}

impl Steps {
    pub(super) fn new(problem: &dyn Problem) -> Self {
        let noise = problem.noise();
        let noise = if noise > f64::EPSILON { noise.min(0.1) } else { f64::EPSILON };
        Self {
            noise,
            forward: noise.sqrt(),
            central: noise.cbrt(),
            extrapolated: noise.powf(0.2),
            second: noise.sqrt().sqrt(),
        }
    }

    /// The size of the errors of costs up to `size`.
    fn error(self, size: f64) -> f64 {
        self.noise.max(4.0 * f64::EPSILON) * size
    }
}

/// The data on the differences of one variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Variable {
    /// The caller's typical size; 0 without one.
    typical: f64,
    /// s; 0 until it is known.
    scale: f64,
    /// |x| where the scale was found.
    anchor: f64,
    /// True when no more trials are to be made for the scale.
    is_settled: bool,
    /// Steps of forward and central differences, where |x| is not beyond the anchor, and their errors.
    steps: [f64; 2],
    errors: [f64; 2],
}

impl Variable {
    /// Sets the scale from the current x. A point nearer to 0 than earlier ones says little, because x may only pass
    /// through it. A scale that was found to be a share of x keeps that share.
    fn anchor(&mut self, x: f64, width: f64) {
        let is_known = self.scale > 0.0;
        let moved = if is_known { (x.abs() - self.anchor).abs() } else { 0.0 };
        let share =
            if is_known && self.scale < self.anchor { self.scale / self.anchor } else { 1.0 };
        let known = share * x.abs().max(0.01 * moved).max(self.typical);
        let scale = if known > 0.0 { known } else { 1.0 };
        self.scale = scale.clamp(1e-290, 1e290);
        if width > 0.0 {
            self.scale = self.scale.min(100.0 * width);
        }
        self.anchor = x.abs();
    }

    /// The growth of x since the scale was found, as a power of two: steps change rarely, so that the errors of
    /// successive gradients cancel in their difference.
    fn growth(&self, x: f64) -> f64 {
        power_of_two((x.abs() / self.anchor.max(self.scale)).clamp(1.0, 1e300))
    }

    /// h at x; never lost in the rounding of x.
    fn step(&self, h: f64, x: f64) -> f64 {
        (h * self.growth(x)).max(8.0 * f64::EPSILON * x.abs())
    }

    /// Steps and errors from the size η of errors in f and the derivatives, of which the third may be unknown.
    fn tune(&mut self, steps: Steps, eta: f64, slope: f64, second: f64, third: Option<f64>) {
        let s = self.scale;
        let [slope, second] = [slope, second].map(|d| if d.is_nan() { 0.0 } else { d.abs() });
        let third = third.filter(|third| !third.is_nan());
        let longest = steps.extrapolated * s;
        let forward = 2.0 * (eta / second).sqrt();
        let forward = within(forward, [0.1 * steps.forward * s, longest]);
        let central = match third {
            Some(third) => (3.0 * eta / third.abs()).cbrt(),
            None => steps.central * s,
        };
        let central = 1.125 * within(central, [0.01 * steps.central * s, longest]);
        let third = third.unwrap_or((second / s).max(slope / s / s)).abs();
        self.steps = [forward, central];
        self.errors = [
            0.5 * second * forward + 2.0 * eta / forward,
            third * central * central / 6.0 + eta / central,
        ];
    }

    fn is_valid(&self) -> bool {
        let numbers = [self.typical, self.scale, self.anchor].into_iter().chain(self.steps);
        numbers.chain(self.errors).all(|number| number >= 0.0)
            && [self.typical, self.scale, self.anchor].iter().all(|number| number.is_finite())
            && self.steps.iter().all(|step| step.is_finite())
    }
}

/// A step as a power of two within its limits; the lower one for NaN.
fn within(h: f64, [least, most]: [f64; 2]) -> f64 {
    power_of_two(if h >= least { h.min(most) } else { least })
}

/// The data on differences that a run has collected. Empty until something is differenced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Differences {
    variables: Vec<Variable>,
    scheme: Scheme,
    /// The gradient's norm when the scheme was chosen, and the cost where the steps were determined.
    norm: f64,
    cost: f64,
    /// The cost at the point where the error of a gradient was measured last, and the error.
    measured: Option<(f64, f64)>,
    /// The cost at the point where the gradient was last refined by extrapolation.
    refined: Option<f64>,
    /// The errors in a cost that were found, where they exceed its rounding.
    floor: f64,
    /// The fingerprint of the point where these errors were measured last, and their size there.
    found: Option<(u64, f64)>,
}

impl Default for Differences {
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            scheme: Scheme::Central,
            norm: 0.0,
            cost: 0.0,
            measured: None,
            refined: None,
            floor: 0.0,
            found: None,
        }
    }
}

impl Differences {
    pub(super) fn prepare(&mut self, n: usize) {
        if self.variables.len() != n {
            self.variables = vec![Variable::default(); n];
        }
    }

    /// False for invalid data of a damaged checkpoint.
    pub(crate) fn are_valid(&self, n: usize) -> bool {
        (self.variables.is_empty() || self.variables.len() == n)
            && self.variables.iter().all(Variable::is_valid)
            && self.norm >= 0.0
            && self.cost.is_finite()
            && (self.floor >= 0.0 && self.floor.is_finite())
    }

    /// Becomes equal to `other`. Allocates only where there are no data yet.
    fn copy_from(&mut self, other: &Self) {
        let Self { variables, scheme, norm, cost, measured, refined, floor, found } = other;
        self.variables.clone_from(variables);
        (self.scheme, self.norm, self.cost) = (*scheme, *norm, *cost);
        (self.measured, self.refined) = (*measured, *refined);
        (self.floor, self.found) = (*floor, *found);
    }

    /// True once a gradient was differenced from costs.
    fn are_of_costs(&self) -> bool {
        self.variables.iter().any(|variable| variable.steps[1] > 0.0)
    }

    /// The largest error of a scheme, in plain and in scaled variables.
    fn error(&self, scheme: Scheme, scale: Option<&DVector<f64>>) -> [f64; 2] {
        if scheme == Scheme::Extrapolated {
            return [0.0; 2];
        }
        let errors = self.variables.iter().map(|variable| variable.errors[scheme as usize]);
        errors.enumerate().fold([0.0; 2], |[plain, scaled], (i, error)| {
            let unit = scale.map_or(1.0, |scale| scale[i]);
            [f64::max(plain, error), f64::max(scaled, error * unit)]
        })
    }

    fn is_within(&self, scheme: Scheme, share: f64, at: Norms<'_>) -> bool {
        let [plain, scaled] = self.error(scheme, at.scale);
        plain <= share * at.plain && scaled <= share * at.scaled
    }

    /// Chooses the cheapest scheme from `least` on that is accurate enough.
    fn choose(&mut self, least: Scheme, at: Norms<'_>) {
        let schemes = [Scheme::Forward, Scheme::Central].into_iter();
        let mut fine = schemes.filter(|&s| s >= least && self.is_within(s, FINE, at));
        self.scheme = fine.next().unwrap_or(Scheme::Extrapolated);
        self.norm = at.plain;
    }

    /// Chooses the cheapest scheme that is accurate enough, if it is cheaper than the one in use.
    fn cheapen(&mut self, at: Norms<'_>) {
        let was = self.scheme;
        self.choose(Scheme::Forward, at);
        self.scheme = self.scheme.min(was);
    }
}

/// A point's cost and the maximum norm of its gradient, plain and in the variables x / `scale` in which a solver works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norms<'a> {
    pub cost: f64,
    pub plain: f64,
    pub scaled: f64,
    pub scale: Option<&'a DVector<f64>>,
}

impl<'a> Norms<'a> {
    /// The norms of a gradient in plain variables.
    fn of(cost: f64, gradient: &DVector<f64>, scale: Option<&'a DVector<f64>>) -> Self {
        let plain = linalg::max_abs(gradient.as_slice());
        let scaled = scale.map_or(plain, |scale| {
            gradient.iter().zip(scale).fold(0.0, |max, (g, t)| f64::max(max, (g * t).abs()))
        });
        Self { cost, plain, scaled, scale }
    }
}

impl Oracle<'_> {
    /// The size of the errors of costs up to `size`.
    fn cost_error(&self, size: f64) -> f64 {
        self.steps.error(size).max(self.differences.floor)
    }

    /// The data on differences.
    pub(crate) fn differences(&self) -> Differences {
        self.differences.clone()
    }

    /// Restores the data on differences from a checkpoint.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when they do not belong to this problem.
    pub(crate) fn set_differences(&mut self, learnt: Differences) -> Result<(), Error> {
        let n = self.dimension();
        if !learnt.are_valid(n) {
            let reason = "its data on differences do not belong to this problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        self.differences = learnt;
        if !self.problem.has_gradient() {
            self.prepare_differences();
        }
        Ok(())
    }

    /// Keeps the data on differences, by which the gradient at a point was judged.
    pub(crate) fn keep_differences(&self, kept: &mut Differences) {
        if !self.problem.has_gradient() {
            kept.copy_from(&self.differences);
        }
    }

    /// Returns to data that were kept.
    pub(crate) fn return_to_differences(&mut self, kept: &Differences) {
        if !self.problem.has_gradient() {
            self.differences.copy_from(kept);
        }
    }

    /// The typical size of each variable, n positive numbers, for problems that are differenced.
    pub(crate) fn set_typical(&mut self, typical: &DVector<f64>) {
        for (variable, typical) in self.differences.variables.iter_mut().zip(typical) {
            variable.typical = *typical;
        }
    }

    /// Sets the scale of each variable from x where none is known.
    fn anchor_differences(&mut self, x: &DVector<f64>) {
        self.prepare_differences();
        for i in 0..x.len() {
            if self.differences.variables[i].scale == 0.0 {
                let width = self.width(i);
                self.differences.variables[i].anchor(x[i], width);
            }
        }
    }

    /// The distance between a variable's bounds; infinite without them.
    fn width(&self, i: usize) -> f64 {
        self.problem.bounds().map_or(f64::INFINITY, |bounds| bounds.upper()[i] - bounds.lower()[i])
    }
}
