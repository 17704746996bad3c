//! The spectral gradient method: d = −λ g with λ from the last step's s and y.
//!
//! λ = s's/s'y (long) and s'y/y'y (short) alternately. Barzilai & Borwein, IMA J. Numer. Anal. 8 (1988) 141-148, eq. 5;
//! with the nonmonotone safeguard of Raydan, SIAM J. Optim. 7 (1997) 26-33.
//!
//! Within bounds d = P(x − λ g) − x with the long λ in [1e-30, 1e30]: the spectral projected gradient method, algorithm 2.1
//! with SPG2's step of Birgin, Martínez & Raydan, SIAM J. Optim. 10 (2000) 1196-1211.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::steepest::{descend, descend_within};
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::line_search::Nonmonotone;
use crate::{Domain, Error, Oracle, linalg};

/// The method of Barzilai and Borwein: gradient descent whose rate is the inverse of a curvature measured on the last
/// step.
///
/// **Method** x⁺ = x − λ g, with λ = s's/s'y and s'y/y'y alternately, s = x⁺ − x and y = g⁺ − g of the last step;
/// shortened only when the cost exceeds the highest of the last ten. Within [bounds](crate::Problem::bounds) the step is
/// x⁺ = x + α (P(x − λ g) − x), α ≤ 1, where P projects into them and λ = s's/s'y: the spectral projected gradient method. It
/// evaluates nothing outside the bounds, and converges by the norm of the projected gradient, P(x − g) − x.
///
/// **Needs** a gradient; no more memory than gradient descent. **Parameters** the line search ([`Nonmonotone`] by
/// default).
///
/// **Guarantee** convergence to stationary points for costs bounded below; R-linear on strictly convex quadratics, in
/// practice far faster than steepest descent. The cost rises now and then; the solution is the lowest point. Within bounds,
/// to points where the projected gradient vanishes.
///
/// ```
/// use extremum::{BarzilaiBorwein, from_fn, minimize};
/// let problem = from_fn(2, |x| 0.5 * (x[0] * x[0] + 100.0 * x[1] * x[1]))
///     .with_gradient(|x, g| { g[0] = x[0]; g[1] = 100.0 * x[1]; });
/// let found = minimize(&problem, BarzilaiBorwein::default(), [1.0, 1.0])?;
/// assert!(found.termination.is_converged() && found.iterations < 30); // steepest descent: several hundred
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// ```
/// use extremum::{BarzilaiBorwein, Bounds, from_fn, minimize};
/// // Problem 5 of Hock and Schittkowski (1981).
/// let problem = from_fn(2, |x| (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0)
///     .with_bounds(Bounds::new([-1.5, -3.0], [4.0, 3.0])?);
/// let found = minimize(&problem, BarzilaiBorwein::default(), [0.0, 0.0])?;
/// assert!((found.cost + 1.9132229549810367).abs() < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Barzilai & Borwein, IMA J. Numer. Anal. 8 (1988) 141-148; Raydan, SIAM J. Optim. 7 (1997) 26-33; Birgin,
/// Martínez & Raydan, SIAM J. Optim. 10 (2000) 1196-1211.
pub type BarzilaiBorwein = Descent<Spectral>;

/// The direction of [`BarzilaiBorwein`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spectral;

impl Default for BarzilaiBorwein {
    fn default() -> Self {
        Descent::new(Spectral, Nonmonotone::default())
    }
}

/// The range of λ within bounds.
const LEAST: f64 = 1e-30;
const MOST: f64 = 1e30;

/// The memory of [`Spectral`]: λ, once it is known, and which of the two quotients is next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpectralMemory {
    lambda: Option<f64>,
    short: bool,
}

impl Direction for Spectral {
    type Memory = SpectralMemory;

    fn name(&self) -> &'static str {
        "BarzilaiBorwein"
    }
    fn domain(&self) -> Domain {
        Domain::Bounded
    }
    fn wants_exact_searches(&self) -> bool {
        true
    }
    fn check(&self, _n: usize) -> Result<(), Error> {
        Ok(())
    }
    fn start(&self, _: &mut Oracle<'_>, _n: usize, _: Option<&DVector<f64>>) -> SpectralMemory {
        SpectralMemory::default()
    }
    fn is_valid(&self, _memory: &SpectralMemory, _n: usize) -> bool {
        true
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut SpectralMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        if let Some(bounds) = at.bounds {
            // The long quotient always.
            memory.short = false;
            let lambda = memory.lambda.map(|lambda| lambda.clamp(LEAST, MOST));
            return descend_within(bounds, at, lambda, d);
        }
        let Some(lambda) = memory.lambda else { return descend(at.gradient, d) };
        for (d, g) in d.as_mut_slice().iter_mut().zip(at.gradient.as_slice()) {
            *d = -lambda * g;
        }
        let (slope, max) = linalg::dot_and_max(d.as_slice(), at.gradient.as_slice());
        Proposal { slope, max, scaled: true, curvature: None }
    }

    fn update(&self, memory: &mut SpectralMemory, step: Accepted<'_>) {
        let Accepted { alpha, d, old, new } = step;
        let [dy, dd, yy] =
            linalg::sums([d.as_slice(), old.as_slice(), new.as_slice()], |[d, old, new]| {
                let y = new - old;
                [d * y, d * d, y * y]
            });
        let quotient = if memory.short { dy / (yy / alpha) } else { alpha * (dd / dy) };
        memory.short = !memory.short;
        // Curvature that is not positive gives no step length: the search starts from its last step.
        memory.lambda = (dy > 0.0 && quotient.is_finite() && quotient > 0.0).then_some(quotient);
    }

    fn reset(&self, memory: &mut SpectralMemory, _moved: bool) -> bool {
        std::mem::take(memory).lambda.is_some()
    }
}
