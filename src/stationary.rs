//! What kind of point x is: minimum, maximum, saddle or, honestly, undecided.
//!
//! [`classify`] computes the eigenvalues of the Hessian *and how wrong they may be*. A sign counts only where an
//! eigenvalue is larger than its error radius; there is no threshold to choose, and f times 10⁻¹² has the same verdict
//! as f. [`check_derivatives`] says which entry of a gradient or Hessian is wrong.

mod check_derivatives;
mod differences;
mod kind;
mod location;
mod measured;
mod report;
mod spectrum;

use std::fmt;
use std::ops::RangeInclusive;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{Error, Oracle, Problem};
use location::Location;
use measured::{Measured, gradient_noise};
use spectrum::{Spectrum, congruent, jacobi};

pub use check_derivatives::check_derivatives;
pub use kind::{Kind, Reason};
pub use report::{DerivativeReport, Mismatch};

/// Beyond this many variables all eigenvalues take minutes.
const MOST_VARIABLES: usize = 2000;

/// What kind of point x is, with the evidence. Made by [`classify`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Classification {
    /// The verdict.
    pub kind: Kind,
    /// f(x).
    pub cost: f64,
    /// The maximum norm of ∇f(x).
    pub gradient_norm: f64,
    /// How far the stationary point is from x at most, in the maximum norm: the Newton step, lengthened by what the
    /// rounding errors of the gradient make of it. Infinite if the Hessian does not tell.
    pub distance: f64,
    /// The eigenvalues of ∇²f(x), ascending. Empty if there is no Hessian to have any.
    pub eigenvalues: Vec<Eigenvalue>,
    /// What the radii are made of.
    pub errors: ErrorBudget,
    lowest_index: usize,
    highest_index: usize,
    escape: Option<(DVector<f64>, f64)>,
}

/// An eigenvalue of the Hessian and how wrong it may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eigenvalue {
    /// The computed value.
    pub value: f64,
    /// The true one, that of the stationary point near x, differs by no more.
    pub radius: f64,
}

impl Eigenvalue {
    /// True when the eigenvalue is larger than its radius, so that its sign is certain.
    pub fn is_decided(&self) -> bool {
        self.value.abs() > self.radius
    }
}

impl fmt::Display for Eigenvalue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3e} ± {:.0e}", self.value, self.radius)
    }
}

/// Bounds for the errors of the Hessian, in the Frobenius norm. By Weyl's inequality no eigenvalue is wrong by more than
/// their [`total`](Self::total).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorBudget {
    /// ‖H_h - H_2h‖ of the differences with steps h and 2h; 0 for a Hessian that the problem gives.
    pub differences: f64,
    /// ‖H - H'‖ / 2.
    pub asymmetry: f64,
    /// Rounding errors in the entries, estimated from what moving x by a few units in its last place changes.
    pub noise: f64,
    /// Errors in the eigenvalues computed from the entries, from the residual ‖H Q - Q Λ‖.
    pub eigen_solver: f64,
    /// Twice the change of the Hessian from x to the stationary point near it.
    pub location: f64,
}

impl ErrorBudget {
    /// All of them.
    pub fn total(&self) -> f64 {
        self.differences + self.asymmetry + self.noise + self.eigen_solver + self.location
    }
}

/// Says what kind of stationary point x is.
///
/// **Method.** The eigenvalues λ of the Hessian H (the problem's own, or central differences of the gradient with steps
/// h and 2h, or of the cost) get a radius r = r_differences + r_asymmetry + r_noise + r_solver + r_location, and a sign
/// only where |λ| > r. The signs are decided on S H S, where the diagonal S balances the variables: it has as many
/// negative eigenvalues as H (Sylvester) without the small ones drowning in the large, so parameters of 10⁻³ and 10⁴
/// do no harm. Then a [`Reason::NotStationary`] or [`Reason::NoContraction`] refuses a point that has no stationary
/// point near it: the Newton step D must be short, and the Hessian must change over it by at most 1/4 of itself, a
/// condition of Kantorovich's kind. A small gradient alone is never enough.
///
/// **Guarantee.** The radii are estimates, not proofs: they take it that differences behave as their order says and
/// that rounding shows when x moves by its last place. All tests are relative; the one length that is not is the 1 in
/// |Dᵢ| ≤ 0.01 max(1, |xᵢ|).
///
/// **Cost.** About 6n + 5 gradients (6n² costs without a gradient), or three Hessians; O(n³) operations. Bounds are not
/// looked at.
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
/// When x has the wrong dimension or is not finite, or the cost or the gradient is not finite there. A Hessian that is
/// not finite is [`Undecided`](Kind::Undecided).
///
/// # References
/// Weyl's inequality and Sylvester's law: Horn and Johnson, "Matrix Analysis", 2nd ed., theorems 4.3.1 and 4.5.8.
/// Newton and Kantorovich: Deuflhard, "Newton Methods for Nonlinear Problems", theorem 2.1.
pub fn classify<P: Problem>(problem: &P, x: &DVector<f64>) -> Result<Classification, Error> {
    let n = problem.dimension();
    if x.len() != n {
        return Err(Error::Dimension { what: "x", expected: n, actual: x.len() });
    }
    let mut oracle = Oracle::new(problem);
    let mut gradient = DVector::zeros(n);
    let cost = oracle.start(x, &mut gradient)?;
    Ok(examine(&mut oracle, x, cost, &gradient))
}

/// [`classify`] within a run, on its counts. `None` when the run was interrupted, or x is not in the domain.
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
    let n = x.len();
    let mut answer = Classification {
        kind: Kind::Minimum,
        cost,
        gradient_norm: gradient.amax(),
        distance: f64::INFINITY,
        eigenvalues: Vec::new(),
        errors: ErrorBudget::default(),
        lowest_index: 0,
        highest_index: n,
        escape: None,
    };
    let undecided = |reason| Kind::Undecided { reason };
    if n == 0 {
        // A function on a single point.
        answer.distance = 0.0;
        return answer;
    }
    if n > MOST_VARIABLES {
        answer.kind = undecided(Reason::TooLarge);
        return answer;
    }
    let noise = gradient_noise(oracle, x, cost, gradient);
    let measured = Measured::at(oracle, x, cost, &noise);
    let error = measured.error();
    if !measured.hessian.iter().chain(&error).all(|h| h.is_finite()) {
        answer.kind = undecided(Reason::NotFinite);
        return answer;
    }
    let Some((plain, balanced)) = Spectrum::plain(&measured.hessian, &error)
        .zip(Spectrum::balanced(&measured.hessian, &error))
    else {
        answer.kind = undecided(Reason::EigenSolver);
        return answer;
    };
    let location = Location::of(oracle, x, [gradient, &noise], &measured, &balanced);
    answer.distance = location.distance;
    answer.judge(&measured, [&plain, &balanced], &location);
    answer
}

impl Classification {
    fn judge(
        &mut self,
        measured: &Measured,
        [plain, balanced]: [&Spectrum; 2],
        location: &Location,
    ) {
        let n = plain.values.len();
        // The plain spectrum is that of s² H.
        let unit = plain.scale[0] * plain.scale[0];
        self.errors = ErrorBudget {
            differences: scaled_norm(&measured.truncation, plain) / unit,
            asymmetry: scaled_norm(&measured.asymmetry, plain) / unit,
            noise: scaled_norm(&measured.noise, plain) / unit,
            eigen_solver: plain.solver / unit,
            location: scaled_norm(&location.change, plain) / unit,
        };
        let radius = self.errors.total();
        self.eigenvalues =
            plain.values.iter().map(|v| Eigenvalue { value: v / unit, radius }).collect();

        // Over all directions v in the span of the decided eigenvectors, the errors change v'Av by at most ρ v'v, and
        // the location by at most a part of v'|A|v.
        let part = location.relative_change;
        let decided = |v: f64| v.abs() * (1.0 - part) > balanced.radius;
        let signs = |values: &mut dyn Iterator<Item = f64>| {
            values.fold([0, 0], |[negative, positive], v| match v {
                v if v < 0.0 => [negative + 1, positive],
                _ => [negative, positive + 1],
            })
        };
        let by_balance = signs(&mut balanced.values.iter().copied().filter(|v| decided(*v)));
        let by_plain =
            signs(&mut self.eigenvalues.iter().filter(|e| e.is_decided()).map(|e| e.value));
        // Both are lower bounds.
        let mut counts = [by_balance[0].max(by_plain[0]), by_balance[1].max(by_plain[1])];
        if counts[0] + counts[1] > n {
            counts = by_balance;
        }
        let [negative, positive] = counts;
        (self.lowest_index, self.highest_index) = (negative, n - positive);

        self.kind = match location.doubt {
            Some(reason) => Kind::Undecided { reason },
            None if positive == n => Kind::Minimum,
            None if negative == n => Kind::Maximum,
            None if negative > 0 && positive > 0 => Kind::Saddle { index: negative },
            None => Kind::Undecided { reason: Reason::Eigenvalues },
        };
        if by_balance.contains(&n) && !self.eigenvalues.iter().all(Eigenvalue::is_decided) {
            self.resolve(&measured.hessian, balanced, plain, part);
        }
        self.escape = self.find_escape(plain, balanced, decided);
    }

    /// Eigenvalues of a definite Hessian, each with a radius relative to itself: xᵀEx ≤ η xᵀHx for all x.
    fn resolve(
        &mut self,
        hessian: &DMatrix<f64>,
        balanced: &Spectrum,
        plain: &Spectrum,
        part: f64,
    ) {
        let sign = 1.0_f64.copysign(balanced.values[0]);
        let least = balanced.values.iter().fold(f64::INFINITY, |m, v| m.min(v.abs()));
        let relative = balanced.radius / least + part;
        let Some(mut values) = jacobi(congruent(hessian, &plain.scale) * sign) else { return };
        if sign < 0.0 {
            values.as_mut_slice().reverse();
        }
        for (eigenvalue, value) in self.eigenvalues.iter_mut().zip(&values) {
            let value = sign * value / plain.scale[0].powi(2);
            let radius = eigenvalue.radius.min(relative * value.abs());
            *eigenvalue = Eigenvalue { value, radius };
        }
    }

    fn find_escape(
        &self,
        plain: &Spectrum,
        balanced: &Spectrum,
        decided: impl Fn(f64) -> bool,
    ) -> Option<(DVector<f64>, f64)> {
        let lowest = self.eigenvalues.first()?;
        if lowest.value < 0.0 && lowest.is_decided() {
            return Some((plain.vectors.column(0).normalize(), lowest.value));
        }
        // v = S q has v'Hv = λ(S H S).
        let value = balanced.values[0];
        let vector = balanced.vectors.column(0).component_mul(&balanced.scale);
        let length = vector.norm();
        let usable = value < 0.0 && decided(value) && length > 0.0 && length.is_finite();
        usable.then(|| (vector / length, value / length / length))
    }

    /// True at a minimum.
    pub fn is_minimum(&self) -> bool {
        self.kind == Kind::Minimum
    }

    /// True at a maximum.
    pub fn is_maximum(&self) -> bool {
        self.kind == Kind::Maximum
    }

    /// True at a saddle of any index.
    pub fn is_saddle(&self) -> bool {
        matches!(self.kind, Kind::Saddle { .. })
    }

    /// How many eigenvalues of the Hessian are negative: at least, and at most. One number when every sign is decided.
    /// Where no stationary point is near, this is about the Hessian at x.
    pub fn index_range(&self) -> RangeInclusive<usize> {
        self.lowest_index..=self.highest_index
    }

    /// The unit vector of the most negative curvature and this curvature, v'Hv; `None` when no eigenvalue is certainly
    /// negative. Both v and -v lead down from a saddle or a maximum.
    ///
    /// ```
    /// use extremum::{DVector, classify, from_fn};
    /// let saddle = from_fn(2, |x| x[0] * x[0] - 2.0 * x[1] * x[1]);
    /// let found = classify(&saddle, &DVector::zeros(2))?;
    /// let (direction, curvature) = found.escape_direction().expect("a way down");
    /// assert!((direction[1].abs() - 1.0).abs() < 1e-9 && (curvature + 4.0).abs() < 1e-6);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn escape_direction(&self) -> Option<(DVector<f64>, f64)> {
        self.escape.clone()
    }
}

/// ‖S B S‖_F.
fn scaled_norm(b: &DMatrix<f64>, spectrum: &Spectrum) -> f64 {
    congruent(b, &spectrum.scale).norm()
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.eigenvalues.len();
        write!(f, "{}", self.kind)?;
        let (Some(first), Some(last)) = (self.eigenvalues.first(), self.eigenvalues.last()) else {
            return Ok(());
        };
        match self.kind {
            Kind::Minimum => write!(f, ": all {n} eigenvalues positive, the least {first}"),
            Kind::Maximum => write!(f, ": all {n} eigenvalues negative, the largest {last}"),
            _ => {
                let (low, high) = (self.lowest_index, self.highest_index);
                write!(f, ": ")?;
                if low < high {
                    write!(f, "{low} to ")?;
                }
                write!(f, "{high} of {n} eigenvalues negative, from {first} to {last}")
            }
        }
    }
}
