//! Is there a stationary point near x, and has its Hessian the signs of that at x?

use nalgebra::{DMatrix, DVector};

use super::Reason;
use super::measured::Measured;
use super::spectrum::Spectrum;
use crate::Oracle;

/// The longest Newton step, relative to max(1, |xᵢ|), from a point that is called stationary.
const NEAR: f64 = 1e-2;
/// The largest relative change of the Hessian over the Newton step. Newton's method converges for less than 1/2
/// (Kantorovich). It is 0.44 for x⁴ and 1/2 for x³, at every x, and 1 - 1/e for e⁻ˣ, where there is nothing near.
const CONTRACTION: f64 = 0.25;

/// Where the stationary point is, seen from x.
pub(super) struct Location {
    /// A bound for the distance, in the maximum norm: the Newton step lengthened by what the gradient's errors make of
    /// it.
    pub distance: f64,
    /// The change of the Hessian up to there, by entries, and doubled.
    pub change: DMatrix<f64>,
    /// The same relative to |A|, in the Frobenius norm.
    pub relative_change: f64,
    /// Why there may be no stationary point.
    pub doubt: Option<Reason>,
}

impl Location {
    /// Takes the Newton step D = -H⁻¹g in the eigenvectors whose eigenvalues have a sign, and demands that
    ///
    /// - the gradient has no more than rounding errors in the other eigenvectors;
    /// - D is short: |Dᵢ| ≤ 0.01 max(1, |xᵢ|);
    /// - the gradient at x + D is less than half of that at x, rounding errors aside;
    /// - ‖|A|^(-1/2) (A(x + D) - A(x)) |A|^(-1/2)‖_F ≤ 1/4 with the balanced Hessian A = S H S. It is the condition of
    ///   Newton and Kantorovich, M ‖D‖ / λ ≤ 1/2, measured so that no scale of f or of a variable enters (Deuflhard,
    ///   "Newton Methods for Nonlinear Problems", 2004, theorem 2.1).
    ///
    /// The last is an estimate at one point, not a proof over a ball.
    pub fn of(
        oracle: &mut Oracle<'_>,
        x: &DVector<f64>,
        [gradient, noise]: [&DVector<f64>; 2],
        measured: &Measured,
        spectrum: &Spectrum,
    ) -> Self {
        let n = x.len();
        let decided = |k: usize| spectrum.values[k].abs() > spectrum.radius;
        let slopes = spectrum.coordinates(gradient);
        let errors = spectrum.coordinate_bounds(noise);
        let mut found = Self {
            distance: f64::INFINITY,
            change: DMatrix::zeros(n, n),
            relative_change: 0.0,
            doubt: None,
        };
        if (0..n).any(|k| !decided(k) && slopes[k].abs() > 2.0 * errors[k]) {
            found.doubt = Some(Reason::NotStationary);
            return found;
        }
        let along = |coordinate: &dyn Fn(usize) -> f64| {
            let c = |k, _| if decided(k) { coordinate(k) / spectrum.values[k] } else { 0.0 };
            spectrum.vector(&DVector::from_fn(n, c))
        };
        let newton = along(&|k| -slopes[k]);
        let reach = along(&|k| -slopes[k] - errors[k].copysign(slopes[k]));
        found.distance = reach.amax();
        if reach.iter().zip(x).any(|(d, x)| d.abs() > NEAR * x.abs().max(1.0)) {
            found.doubt = Some(Reason::NotStationary);
            return found;
        }
        let mut there = DVector::zeros(n);
        oracle.gradient(&(x + newton), &mut there);
        let after = spectrum.coordinates(&there);
        // x + D is rounded.
        let floor = errors.clone()
            + spectrum.coordinate_bounds(&(measured.hessian.abs() * x.abs() * f64::EPSILON));
        let energy = |c: &dyn Fn(usize) -> f64| {
            (0..n)
                .filter(|&k| decided(k))
                .map(|k| c(k).powi(2) / spectrum.values[k].abs())
                .sum::<f64>()
        };
        let [before, after, floor] =
            [energy(&|k| slopes[k]), energy(&|k| after[k]), energy(&|k| floor[k])].map(f64::sqrt);
        // Written so that NaN is a doubt.
        if !(after <= 0.5 * before + 2.0 * floor) {
            found.doubt = Some(Reason::NoContraction);
            return found;
        }
        if reach.iter().zip(x).all(|(d, x)| d.abs() <= 4.0 * f64::EPSILON * x.abs()) {
            return found;
        }
        let Some(moved) = measured.again(oracle, &(x + reach)) else {
            found.doubt = Some(Reason::NotFinite);
            return found;
        };
        // The errors that the two Hessians have in common with the budget are not counted again.
        let error = measured.error();
        let mut change = moved - &measured.hessian;
        change.zip_apply(&error, |change, error| {
            *change = (change.abs() - error).max(0.0).copysign(*change);
        });
        if !change.iter().all(|c| c.is_finite()) {
            found.doubt = Some(Reason::NotFinite);
            return found;
        }
        let mut relative = spectrum.project(&change);
        for j in 0..n {
            for i in 0..n {
                let size = spectrum.values[i].abs().sqrt() * spectrum.values[j].abs().sqrt();
                relative[(i, j)] *= if decided(i) && decided(j) { 1.0 / size } else { 0.0 };
            }
        }
        found.relative_change = 2.0 * relative.norm();
        found.change = change.abs() * 2.0;
        if !(found.relative_change <= 2.0 * CONTRACTION) {
            found.doubt = Some(Reason::NoContraction);
        }
        found
    }
}
