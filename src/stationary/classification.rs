//! The verdict and its evidence.

use std::fmt;
use std::ops::RangeInclusive;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::active::{ActiveBound, Held, Side};
use super::chart::Chart;
use super::constrained::Conditions;
use super::spectrum::{Spectrum, congruent, jacobi};
use super::{Judged, Kind, Reason};

/// What kind of point x is, with the evidence. Made by [`classify`](crate::classify).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Classification {
    /// The verdict.
    pub kind: Kind,
    /// f(x).
    pub cost: f64,
    /// The maximum norm of ∇f(x), as far as the bounds leave x free to move against it; with constraints that of the
    /// gradient of the Lagrangian.
    pub gradient_norm: f64,
    /// The variables that are held at their bounds, ascending. The rest of the verdict is about the others.
    pub active: Vec<ActiveBound>,
    /// The first-order conditions, with the multipliers, where the problem has constraints.
    pub conditions: Option<Conditions>,
    /// A bound for the distance of the stationary point from x, in the maximum norm: the Newton step, lengthened by the
    /// effect of rounding errors in the gradient, or the distance to a bound next to x. Infinite if the Hessian gives
    /// none.
    pub distance: f64,
    /// The eigenvalues of ∇²f(x), ascending; of its part for the free variables where others are held at their bounds;
    /// with constraints those of the reduced Hessian Z'∇²L Z of the Lagrangian, with an orthonormal basis Z of the
    /// directions along the active limits. Empty without a Hessian.
    pub eigenvalues: Vec<Eigenvalue>,
    /// Their eigenvectors, one per column in the same order, n components each: of length 1, with the component of largest
    /// magnitude positive. The component of a variable that is held at its bound is 0. Without columns when there are no
    /// eigenvalues.
    #[serde(with = "crate::linalg::matrix_bytes")]
    pub eigenvectors: DMatrix<f64>,
    /// The parts of the radii.
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
    /// The bound for the difference from the true eigenvalue: that at the stationary point near x, or at x itself where
    /// the verdict is that none is known to be near ([`NotStationary`](Reason::NotStationary),
    /// [`NoContraction`](Reason::NoContraction)).
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
    /// ‖H_h - H_√5h‖ of the differences with steps h and √5 h; 0 for a Hessian that the problem gives.
    pub differences: f64,
    /// ‖H - H'‖ / 2.
    pub asymmetry: f64,
    /// Rounding errors in the entries, estimated from the changes when x moves by a few units in its last place.
    pub noise: f64,
    /// Errors in the eigenvalues computed from the entries, from the residual ‖H Q - Q Λ‖.
    pub eigen_solver: f64,
    /// Twice the change of the Hessian from x to the stationary point near it; 0 where none is known.
    pub location: f64,
}

impl ErrorBudget {
    /// Their sum.
    pub fn total(&self) -> f64 {
        self.differences + self.asymmetry + self.noise + self.eigen_solver + self.location
    }
}

impl Classification {
    /// A verdict without eigenvalues, for x and its variables held at bounds.
    pub(super) fn new(kind: Kind, (cost, gradient_norm): (f64, f64), held: &Held) -> Self {
        let n = held.point.len();
        Self {
            kind,
            cost,
            gradient_norm,
            active: held.active.clone(),
            conditions: None,
            distance: f64::INFINITY,
            eigenvalues: Vec::new(),
            eigenvectors: DMatrix::zeros(n, 0),
            errors: ErrorBudget::default(),
            lowest_index: 0,
            highest_index: n - held.active.len(),
            escape: None,
        }
    }

    /// With an [escape direction](Self::escape_direction) and its curvature.
    pub(super) fn with_escape(self, escape: Option<(DVector<f64>, f64)>) -> Self {
        Self { escape, ..self }
    }

    /// The verdict that the eigenvalues of `plain` = s² H and `balanced` = S H S give.
    pub(super) fn judged(mut self, found: &Judged, is_held: bool) -> Self {
        let Judged { chart, measured, plain, balanced, location } = found;
        let n = plain.values.len();
        self.distance = location.distance;
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
        self.eigenvectors = in_all_variables(&plain.vectors, chart, self.eigenvectors.nrows());

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
            // f decreases beyond the bounds that hold variables, so it rises from them inwards.
            None if negative == n && !is_held => Kind::Maximum,
            None if negative == n => Kind::Saddle { index: negative },
            None if negative > 0 && positive > 0 => Kind::Saddle { index: negative },
            None => Kind::Undecided { reason: Reason::Eigenvalues },
        };
        if by_balance.contains(&n) && !self.eigenvalues.iter().all(Eigenvalue::is_decided) {
            self.resolve(&measured.hessian, balanced, plain, part);
        }
        let whole = self.eigenvectors.nrows();
        self.escape = self.find_escape(plain, balanced, decided).map(|(direction, curvature)| {
            let mut expanded = DVector::zeros(whole);
            chart.embed(direction.as_slice(), &mut expanded);
            (expanded, curvature)
        });
        self
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

    /// True at a minimum, within the bounds if there are some.
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

    /// The least and the largest number of negative eigenvalues of the Hessian with respect to the free variables. The
    /// two are equal when every sign is decided. Where no stationary point is near, this is about the Hessian at x.
    pub fn index_range(&self) -> RangeInclusive<usize> {
        self.lowest_index..=self.highest_index
    }

    /// The unit vector of the most negative curvature and this curvature, v'Hv; `None` when no eigenvalue is certainly
    /// negative. From a saddle or a maximum, f decreases along both v and -v. With more than 2000 free variables it is
    /// one of negative curvature, not always the most negative.
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
        write!(f, "{}", self.kind)?;
        self.write_active(f)?;
        self.write_eigenvalues(f)?;
        match &self.conditions {
            Some(conditions) => write!(f, "\n{conditions}"),
            None => Ok(()),
        }
    }
}

impl Classification {
    fn write_eigenvalues(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.eigenvalues.len();
        let (Some(first), Some(last)) = (self.eigenvalues.first(), self.eigenvalues.last()) else {
            return Ok(());
        };
        match self.kind {
            Kind::Minimum => write!(f, ": all {n} eigenvalues positive, the least {first}"),
            Kind::Maximum => write!(f, ": all {n} eigenvalues negative, the largest {last}"),
            _ => {
                let (low, high) = (self.lowest_index, self.highest_index);
                let is_at_x = matches!(
                    self.kind,
                    Kind::Undecided { reason: Reason::NotStationary | Reason::NoContraction }
                );
                write!(f, ": {}", if is_at_x { "at x itself " } else { "" })?;
                if low < high {
                    write!(f, "{low} to ")?;
                }
                write!(f, "{high} of {n} eigenvalues negative, from {first} to {last}")
            }
        }
    }

    /// The first few of the variables at their bounds.
    fn write_active(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let is_decided = !matches!(self.kind, Kind::Undecided { .. });
        if self.conditions.is_some() && is_decided {
            write!(f, " within the constraints")?;
        } else if self.active.iter().any(|bound| bound.side != Side::Fixed) {
            write!(f, " within the bounds")?;
        }
        for bound in self.active.iter().take(SHOWN) {
            write!(f, ", {bound}")?;
        }
        match self.active.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// Eigenvectors in the coordinates of a chart as vectors in all n variables, the largest component positive.
fn in_all_variables(vectors: &DMatrix<f64>, chart: &Chart, n: usize) -> DMatrix<f64> {
    let mut all = DMatrix::zeros(n, vectors.ncols());
    let mut whole = DVector::zeros(n);
    for (j, mut column) in all.column_iter_mut().enumerate() {
        chart.embed(vectors.column(j).as_slice(), &mut whole);
        let sign = if whole[whole.iamax()] < 0.0 { -1.0 } else { 1.0 };
        column.copy_from(&whole);
        column *= sign;
    }
    all
}
