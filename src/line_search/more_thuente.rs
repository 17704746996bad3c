//! The search of Moré and Thuente: a bracket that shrinks towards the strong Wolfe conditions by cubic steps.
//!
//! With μ = `sufficient_decrease` and η = `curvature`, a step α is accepted when
//!
//! ```text
//! φ(α) <= φ(0) + μ α φ'(0)      (1.1)
//! |φ'(α)| <= η |φ'(0)|          (1.2)
//! ```
//!
//! The search keeps x, the best end of the interval, and y, the other end. As long as no step satisfies (1.1) with a
//! slope >= 0 it works on ψ(α) = φ(α) - φ(0) - μ α φ'(0) in place of φ (section 3). A new trial comes from the
//! cubic, quadratic or secant model in one of four cases (section 4). While no y is known, trials extrapolate by 1.1 to
//! 4 times the last move; then the interval must shrink by 0.66 in two trials, else it is halved.
//!
//! Needs: φ continuously differentiable. Guarantee (theorem 3.3): a φ bounded below has a step that satisfies (1.1)
//! and (1.2) with μ < η, and the interval converges to one; finitely many trials if φ'(α) is not pathological.
//!
//! Reference: J. J. Moré, D. J. Thuente, *Line search algorithms with guaranteed sufficient decrease*, ACM Trans. Math.
//! Softw. 20 (1994) 286-307; the order of the tests is that of MINPACK-2's `dcsrch`.

use serde::{Deserialize, Serialize};

use super::interpolation::{Sample, cubic, quadratic, secant};
use super::trials::{Expansion, Trials, check_max_trials};
use super::{Failure, FailureReason, LineSearch, Phi, Start, Step};
use crate::Error;
use crate::error::check;

/// The least move of an extrapolation, in units of the last one.
const LEAST_EXTRAPOLATION: f64 = 1.1;
/// The largest move of an extrapolation.
const LARGEST_EXTRAPOLATION: f64 = 4.0;
/// What must be left of the interval after two trials; also how far a step towards y may go.
const SHRINKAGE: f64 = 0.66;

/// Moré and Thuente's search for the strong Wolfe conditions.
///
/// # Method
/// A bracket that shrinks by safeguarded cubic, quadratic and secant steps; the fewest evaluations of all searches here
/// while φ is well above its rounding error. On failure: the best point seen, with
/// [`FailureReason::Rounding`] when the bracket is narrower than the interval tolerance.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`sufficient_decrease`](Self::sufficient_decrease) | 1e-4 | (0, 1) | μ; more: shorter steps |
/// | [`curvature`](Self::curvature) | 0.9, or 0.1 for [exact](Start::exact) steps | (0, 1) | η; less: more exact, more trials. Above μ, or no step may exist |
/// | [`interval_tolerance`](Self::interval_tolerance) | 1e-14 | [0, 1) | relative width at which the bracket is given up |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{LineSearch, MoreThuente, Start};
///
/// // φ(α) = -α / (α² + 2), smallest at √2
/// let mut phi = |a: f64| (-a / (a * a + 2.0), (a * a - 2.0) / (a * a + 2.0).powi(2));
/// let search = MoreThuente::default().sufficient_decrease(0.001).curvature(0.1);
/// let step = search.search(&mut phi, Start::new(0.0, -0.5).alpha(0.1), &mut []).unwrap();
/// assert!((step.alpha - 1.4414).abs() < 5e-5);
/// assert_eq!(step.trials, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoreThuente {
    sufficient_decrease: f64,
    curvature: Option<f64>,
    interval_tolerance: f64,
    max_trials: usize,
}

impl Default for MoreThuente {
    fn default() -> Self {
        Self {
            sufficient_decrease: 1e-4,
            curvature: None,
            interval_tolerance: 1e-14,
            max_trials: 50,
        }
    }
}

impl MoreThuente {
    /// Sets μ of the sufficient decrease.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Self {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// Sets η of the curvature condition.
    pub fn curvature(mut self, curvature: f64) -> Self {
        self.curvature = Some(curvature);
        self
    }

    /// Sets the relative width at which the bracket is given up.
    pub fn interval_tolerance(mut self, interval_tolerance: f64) -> Self {
        self.interval_tolerance = interval_tolerance;
        self
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }
}

impl LineSearch for MoreThuente {
    fn search(
        &self,
        phi: &mut dyn Phi,
        start: Start,
        _memory: &mut [f64],
    ) -> Result<Step, Failure> {
        let mut trials = Trials::new(phi, start, self.max_trials)?;
        let start = trials.start();
        let target_slope = self.sufficient_decrease * start.slope;
        let curvature = start.curvature(self.curvature);

        let origin = Sample { alpha: 0.0, value: start.value, slope: start.slope };
        let mut interval = Interval { x: origin, y: origin, bracketed: false };
        let mut alpha = start.alpha;
        let (mut lower, mut upper) = (0.0, alpha + LARGEST_EXTRAPOLATION * alpha);
        let (mut width, mut older_width) = (start.alpha_max, 2.0 * start.alpha_max);
        let mut on_psi = true;
        let mut expansion = Expansion::new(LARGEST_EXTRAPOLATION);
        let mut outside = f64::INFINITY;

        loop {
            if let Some(p) = trials.point(alpha)? {
                let target = start.value + alpha * target_slope;
                let is_low = p.value <= target || trials.is_level(p.value);
                if is_low && p.slope.abs() <= curvature * -start.slope {
                    return Ok(trials.accept(p.alpha, p.value));
                }
                if alpha == start.alpha_max && p.value <= target && p.slope < 0.0 {
                    return trials.at_limit(alpha);
                }
                if p.value > start.value && trials.is_below_rounding(alpha) {
                    return Err(trials.failure(FailureReason::Rounding));
                }

                on_psi &= p.value > target || p.slope < 0.0;
                alpha = if on_psi && p.value <= interval.x.value && p.value > target {
                    interval.tilt(-target_slope);
                    let next = interval.update(p.tilted(-target_slope), lower, upper);
                    interval.tilt(target_slope);
                    next
                } else {
                    interval.update(p, lower, upper)
                };
                if interval.bracketed {
                    let (x, y) = (interval.x.alpha, interval.y.alpha);
                    if (y - x).abs() >= SHRINKAGE * older_width {
                        alpha = x + 0.5 * (y - x);
                    }
                    (older_width, width) = (width, (y - x).abs());
                }
            } else {
                // Outside the domain, which the paper does not treat: goes most of the way back to x, and without a
                // bracket never as far as here again.
                if !interval.bracketed {
                    outside = alpha;
                }
                alpha = interval.x.alpha + 0.1 * (alpha - interval.x.alpha);
            }

            let (x, y) = (interval.x.alpha, interval.y.alpha);
            if interval.bracketed {
                (lower, upper) = (x.min(y), x.max(y));
                if alpha <= lower
                    || alpha >= upper
                    || upper - lower <= self.interval_tolerance * upper
                {
                    return Err(trials.failure(FailureReason::Rounding));
                }
            } else {
                alpha = alpha.min(x + 0.5 * (outside - x)).min(start.alpha_max);
                if alpha <= x || alpha >= outside {
                    return Err(trials.failure(FailureReason::Rounding));
                }
                lower = alpha + LEAST_EXTRAPOLATION * (alpha - x);
                upper = alpha + expansion.next_factor() * (alpha - x);
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let mu = self.sufficient_decrease;
        check(mu > 0.0 && mu < 1.0, "sufficient_decrease", mu, "in (0, 1)")?;
        if let Some(eta) = self.curvature {
            check(eta > 0.0 && eta < 1.0, "curvature", eta, "in (0, 1)")?;
        }
        let xtol = self.interval_tolerance;
        check((0.0..1.0).contains(&xtol), "interval_tolerance", xtol, "in [0, 1)")?;
        check_max_trials(self.max_trials)
    }
}

/// The interval between x, the end with the lowest value, and y.
#[derive(Clone, Copy, Debug)]
struct Interval {
    x: Sample,
    y: Sample,
    /// A minimiser is known to lie between x and y; before that, y is x or an older x.
    bracketed: bool,
}

impl Interval {
    /// Adds α `slope` to the values, and `slope` to the slopes: from φ to ψ and back.
    fn tilt(&mut self, slope: f64) {
        self.x = self.x.tilted(slope);
        self.y = self.y.tilted(slope);
    }

    /// Takes the trial `p` into the interval; the next trial, section 4 (MINPACK-2's `dcstep`).
    fn update(&mut self, p: Sample, lower: f64, upper: f64) -> f64 {
        let Self { x, y, .. } = *self;
        let turned = p.slope * x.slope.signum() < 0.0;
        let secant = secant((p.alpha, p.slope), (x.alpha, x.slope));
        let next = if p.value > x.value {
            // Case 1: a higher value. The minimiser is bracketed; the cubic's if it is closer to x, else the mean of
            // the cubic's and the parabola's.
            self.bracketed = true;
            let width = p.alpha - x.alpha;
            let cubic = x.alpha + cubic(x, p) * width;
            let quadratic = x.alpha + quadratic(x.value, x.slope, width, p.value);
            if (cubic - x.alpha).abs() < (quadratic - x.alpha).abs() {
                cubic
            } else {
                cubic + (quadratic - cubic) / 2.0
            }
        } else if turned {
            // Case 2: lower, and the slope has turned. Bracketed; whichever of cubic and secant goes further from p.
            self.bracketed = true;
            let cubic = p.alpha + cubic(p, x) * (x.alpha - p.alpha);
            if (cubic - p.alpha).abs() > (secant - p.alpha).abs() { cubic } else { secant }
        } else if p.slope.abs() < x.slope.abs() {
            // Case 3: lower, less steep. The cubic only counts if it has a minimum beyond p.
            let ratio = cubic(p, x);
            let cubic = if ratio < 0.0 {
                p.alpha + ratio * (x.alpha - p.alpha)
            } else if p.alpha > x.alpha {
                upper
            } else {
                lower
            };
            let cubic_is_closer = (cubic - p.alpha).abs() < (secant - p.alpha).abs();
            if self.bracketed {
                let next = if cubic_is_closer { cubic } else { secant };
                let limit = p.alpha + SHRINKAGE * (y.alpha - p.alpha);
                if p.alpha > x.alpha { next.min(limit) } else { next.max(limit) }
            } else {
                let next = if cubic_is_closer { secant } else { cubic };
                next.min(upper).max(lower)
            }
        } else if self.bracketed {
            // Case 4: lower, and at least as steep: the cubic between p and y.
            p.alpha + cubic(p, y) * (y.alpha - p.alpha)
        } else if p.alpha > x.alpha {
            upper
        } else {
            lower
        };

        if p.value > x.value {
            self.y = p;
        } else {
            if turned {
                self.y = x;
            }
            self.x = p;
        }
        // Not in the paper: models that overflow, or a cubic without a minimum.
        if next.is_finite() || !self.bracketed {
            next
        } else {
            self.x.alpha + 0.5 * (self.y.alpha - self.x.alpha)
        }
    }
}
