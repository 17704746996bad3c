//! What kind of point x is: minimum, maximum, saddle or, honestly, undecided.
//!
//! [`classify`] computes the eigenvalues of the Hessian *and how wrong they may be*. A sign counts only where an
//! eigenvalue is larger than its error radius; there is no threshold to choose, and scaling f does not change the
//! verdict. [`check_derivatives`] says which component of a gradient or entry of a Hessian is wrong.

mod active;
mod chart;
mod check_derivatives;
mod check_jacobian;
mod classification;
mod constrained;
mod differences;
mod face;
mod hessian_estimate;
mod kind;
mod location;
mod many_variables;
mod noise;
mod report;
mod spectrum;

use nalgebra::{DMatrix, DVector};

use crate::{Error, IntoVector, Oracle, Problem};
use active::Held;
use chart::Chart;
use face::Face;
use hessian_estimate::HessianEstimate;
use location::Location;
use noise::GradientNoise;
use spectrum::Spectrum;

pub use active::{ActiveBound, Side};
pub use check_derivatives::check_derivatives;
pub use classification::{Classification, Eigenvalue, ErrorBudget};
pub use constrained::{Conditions, Multiplier};
pub use kind::{Kind, Reason};
pub use report::{DerivativeReport, Mismatch, VectorFunction};

/// With more variables than this, computing all eigenvalues takes minutes.
const MOST_VARIABLES: usize = 2000;

/// Says what kind of stationary point x is.
///
/// **Method.** The eigenvalues λ of the Hessian H (the problem's own, or central differences of the gradient with steps
/// h and √5 h, or of the cost) get a radius r = r_differences + r_asymmetry + r_noise + r_solver + r_location, and a
/// sign only where |λ| > r. The signs are decided on S H S, where the diagonal S balances the variables: it has as many
/// negative eigenvalues as H (Sylvester), but the small ones are not lost in the errors of the large ones, so
/// parameters of 10⁻³ and 10⁴ do no harm.
///
/// Within bounds, xᵢ is held at a bound when f decreases beyond it, by a ∂f/∂xᵢ larger than its error: the sign of a
/// Lagrange multiplier. Such variables are listed in [`active`](Classification::active). The rest is about the other
/// variables and their reduced Hessian: second-order sufficient conditions of a minimum within the bounds. Nothing is
/// evaluated outside.
///
/// Within [constraints](crate::Constraints) the Lagrangian f − Σ yᵢ cᵢ takes the place of f, and the rest is about the
/// directions along the active limits: its reduced Hessian Z'∇²L Z. x is first moved to the point next to it at which
/// the active limits hold exactly. The multipliers are those of non-negative least squares on their gradients, with
/// errors; nothing is taken from the solver. [`conditions`](Classification::conditions) has the evidence. A minimum
/// needs positive curvature in all directions along the limits whose multiplier is larger than its error, and a saddle
/// has negative curvature along all active limits: between the two the verdict is undecided
/// ([`WeaklyActive`](crate::stationary::Reason::WeaklyActive)), as it is where the gradients of the active limits
/// become dependent (`Degenerate`), and where no point near x satisfies the constraints (`Infeasible`).
///
/// A small gradient is not enough: a stationary point has to be near. The Newton step D = -H⁻¹g must be short (|Dᵢ| ≤
/// 0.01 max(1, |xᵢ|), or 0.01 times the width of narrower bounds) and make the gradient smaller; over some length the
/// gradient must change as H predicts, and not by rounding errors; and the Hessian must change over that length by at
/// most 1/4 of itself, a condition of the Newton-Kantorovich type. Degenerate points, and functions that flatten
/// towards infinity, fail it at every x: see [`Reason::NotStationary`](crate::stationary::Reason) and `NoContraction`.
///
/// **Guarantee.** The radii are estimates, not proofs: they assume that differences behave as their order predicts and
/// that rounding errors show in points next to x. All tests are relative, except for the 1 in max(1, |xᵢ|). Differences
/// first take steps relative to |xᵢ|, and longer or shorter ones where those are inaccurate.
///
/// With more than 2000 free variables, the eigenvalues are not computed, and the verdict is undecided. The
/// [escape direction](Classification::escape_direction) is still looked for, by Lanczos' method with at most 300
/// Hessian-vector products, of the problem or differenced along the vector, if there is a gradient.
///
/// **Cost.** About 6n + 12 gradients, or 12 gradients and 4 Hessians, or 6n² costs without a gradient; more where the
/// first step of the differences is inaccurate, and where x is at bounds. O(n³) operations.
///
/// ```
/// use extremum::{DVector, Kind, classify, from_fn};
/// // A hair's breadth from (0, 0.000707), a minimum, lies (0, 0), a saddle.
/// let f = from_fn(2, |x| x[0] * x[0] - 1e-6 * x[1] * x[1] + x[1].powi(4)).with_gradient(|x, g| {
///     g[0] = 2.0 * x[0];
///     g[1] = -2e-6 * x[1] + 4.0 * x[1].powi(3);
/// });
/// let at = |y: f64| classify(&f, &DVector::from_vec(vec![0.0, y]));
/// assert_eq!(at(0.0)?.kind, Kind::Saddle { index: 1 });
/// assert_eq!(at(0.5e-6_f64.sqrt())?.kind, Kind::Minimum);
/// assert!(matches!(at(0.001)?.kind, Kind::Undecided { .. }));
/// assert!((at(0.0)?.eigenvalues[0].value + 2e-6).abs() < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// # Errors
/// When x has the wrong dimension, is not finite or lies outside the problem's bounds, or these have another dimension; when
/// the cost or the gradient is not finite at x, or a component of the gradient is not written. A Hessian that is not finite
/// is [`Undecided`](Kind::Undecided).
///
/// # References
/// Weyl's inequality and Sylvester's law: Horn and Johnson, "Matrix Analysis", 2nd ed., theorems 4.3.1 and 4.5.8.
/// Second-order sufficient conditions with bounds and constraints: Nocedal and Wright, "Numerical Optimization" (2006),
/// theorem 12.6.
/// Newton and Kantorovich: Deuflhard, "Newton Methods for Nonlinear Problems", theorem 2.1.
pub fn classify<P: Problem>(problem: &P, x: impl IntoVector) -> Result<Classification, Error> {
    let x = &x.into_vector();
    let n = problem.dimension();
    if x.len() != n {
        return Err(Error::Dimension { what: "x", expected: n, actual: x.len() });
    }
    let mut oracle = Oracle::new(problem);
    let mut gradient = DVector::zeros(n);
    let cost = oracle.start(x, &mut gradient)?;
    Ok(examine(&mut oracle, x, cost, &gradient))
}

/// [`classify`] within a run, counted by its oracle. `None` when the run was interrupted, or x is not in the domain.
pub(crate) fn classify_with(oracle: &mut Oracle<'_>, x: &DVector<f64>) -> Option<Classification> {
    let mut gradient = DVector::zeros(oracle.dimension());
    let cost = oracle.start(x, &mut gradient).ok()?;
    let classification = examine(oracle, x, cost, &gradient);
    oracle.uninterrupted().is_continue().then_some(classification)
}

fn examine(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    cost: f64,
    gradient: &DVector<f64>,
) -> Classification {
    if oracle.problem().structure().constraints.is_some() {
        return constrained::examine(oracle, x, cost, gradient);
    }
    let bounds = oracle.problem().bounds();
    let held = Held::at(oracle, x, cost, gradient);
    let norm = bounds.map_or(gradient.amax(), |b| b.projected_norm(x, gradient));
    let answer = |kind| Classification::new(kind, (cost, norm), &held);
    let undecided = |reason| answer(Kind::Undecided { reason });
    let (free, moved) = (held.free(), (&held.point - x).amax());
    if free.is_empty() {
        // A function on a single point, or a corner of the box.
        let mut corner = answer(Kind::Minimum);
        corner.distance = moved;
        return corner;
    }
    if free.len() > MOST_VARIABLES {
        let escape = many_variables::escape(oracle, &held, &free);
        return undecided(Reason::TooLarge).with_escape(escape);
    }
    let mut face = Face::new(oracle, &held.point, Chart::Axes(free));
    match judge(&mut face, &held.point, &held.gradient, held.cost) {
        Ok(judged) => judged.classification(answer(Kind::Minimum), moved, held.is_held()),
        Err(reason) => undecided(reason),
    }
}

/// What the second derivatives at a point say, on the plane of a face.
struct Judged {
    chart: Chart,
    measured: HessianEstimate,
    /// The spectra of H and of S H S.
    plain: Spectrum,
    balanced: Spectrum,
    location: Location,
}

/// Estimates the Hessian on a face, its spectrum, and where the stationary point is; or says why that cannot be done.
fn judge(
    face: &mut Face,
    point: &DVector<f64>,
    gradient: &DVector<f64>,
    cost: f64,
) -> Result<Judged, Reason> {
    let [z, slope] = [point, gradient].map(|all| face.restrict(all));
    if z.len() > MOST_VARIABLES {
        return Err(Reason::TooLarge);
    }
    let mut noise = GradientNoise::at(face, &z, &slope);
    let measured = HessianEstimate::at(face, &z, cost, &noise.entries);
    if !face.has_gradient() {
        let length = |j| measured.length(j);
        noise = noise.differenced(face, &z, (cost, &slope), length);
    }
    let error = measured.error();
    if !measured.hessian.iter().chain(&error).all(|h| h.is_finite()) {
        return Err(Reason::NotFinite);
    }
    let spectra = Spectrum::plain(&measured.hessian, &error)
        .zip(Spectrum::balanced(&measured.hessian, &error));
    let (plain, balanced) = spectra.ok_or(Reason::EigenSolver)?;
    let location = Location::of(face, &z, &slope, &noise, &measured, &balanced);
    Ok(Judged { chart: face.chart().clone(), measured, plain, balanced, location })
}

impl Judged {
    /// Adds to the errors of the Hessian.
    fn widen(&mut self, more: &DMatrix<f64>) -> Result<(), Reason> {
        let Self { measured, .. } = self;
        measured.noise += more;
        let error = measured.error();
        let spectra = Spectrum::plain(&measured.hessian, &error)
            .zip(Spectrum::balanced(&measured.hessian, &error));
        (self.plain, self.balanced) = spectra.ok_or(Reason::EigenSolver)?;
        Ok(())
    }

    /// The verdict for a point that was moved so far to the face, on which inequalities may hold it.
    fn classification(&self, answer: Classification, moved: f64, is_held: bool) -> Classification {
        let mut found = answer.judged(self, is_held);
        found.distance = found.distance.max(moved);
        found
    }
}
