//! The least eigenvalue of a matrix that is known by its products, by Lanczos' method with full reorthogonalization.
//!
//! ```text
//! β_j q_{j+1} = B q_j − α_j q_j − β_{j−1} q_{j−1},   α_j = q_j'B q_j
//! ```
//!
//! The least eigenvalue of the tridiagonal matrix T of α and β is q'B q for a unit vector q = Σ y_j q_j, so that a
//! negative one proves negative curvature. From a random start it is found surely within n products, and usually far
//! earlier. For few vectors of memory the method begins again with q, as long as q is not an eigenvector and less is
//! found.
//!
//! G. Golub, C. Van Loan, *Matrix computations* (2013), sections 10.1 and 10.5.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{axpy, dot, matrix_bytes, max_abs, power_of_two, symmetric_eigen};
use crate::random::Random;

/// The most vectors.
const VECTORS: usize = 30;
/// The most beginnings, each with as many products.
const CYCLES: usize = 10;
/// A residual below this share of the eigenvalue shows that it is one; a cycle that gains less than this share of it is
/// the last.
const SETTLED: f64 = 0.1;
/// A rest below this share of T is rounding: the space is complete.
const COMPLETE: f64 = 1e-12;
const SEED: u64 = 1983;

/// The workspace for n variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lanczos {
    /// One vector after the other.
    pub basis: Vec<DVector<f64>>,
    #[serde(with = "matrix_bytes")]
    projected: DMatrix<f64>,
    values: DVector<f64>,
    work: DVector<f64>,
}

impl Lanczos {
    pub fn new(n: usize) -> Self {
        let most = n.min(VECTORS);
        let zeros = || DVector::zeros(most);
        Self {
            basis: (0..most).map(|_| DVector::zeros(n)).collect(),
            projected: DMatrix::zeros(most, most),
            values: zeros(),
            work: zeros(),
        }
    }

    /// True when it is for n variables.
    pub fn is_valid(&self, n: usize) -> bool {
        let Self { basis, projected, values, work } = self;
        let most = n.min(VECTORS);
        basis.len() == most
            && basis.iter().all(|q| q.len() == n)
            && projected.shape() == (most, most)
            && [values, work].iter().all(|v| v.len() == most)
    }

    /// Writes the unit vector that belongs to the least eigenvalue, and returns that when it is negative by more than
    /// the share `accuracy` of the norm of B. `times` writes B v.
    pub fn negative_curvature(
        &mut self,
        times: &mut dyn FnMut(&DVector<f64>, &mut DVector<f64>),
        accuracy: f64,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        let mut random = Random::new(SEED);
        v.iter_mut().for_each(|v| *v = random.normal());
        v.normalize_mut();
        let mut least = f64::INFINITY;
        for _ in 0..CYCLES {
            let Ritz { value, residual, norm } = self.cycle(times, v)?;
            if value < -accuracy * norm {
                return Some(value);
            }
            let is_settled = residual <= SETTLED * value.abs().max(accuracy * norm);
            if is_settled || value > least - SETTLED * least.abs() {
                return None;
            }
            least = value;
        }
        None
    }

    /// [`negative_curvature`](Self::negative_curvature) from a unit vector v, along which it is no lower than the
    /// result.
    pub fn from(
        &mut self,
        times: &mut dyn FnMut(&DVector<f64>, &mut DVector<f64>),
        accuracy: f64,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        let Ritz { value, norm, .. } = self.cycle(times, v)?;
        (value < -accuracy * norm).then_some(value)
    }

    /// Replaces the unit vector v by that of the least eigenvalue of T; `None` where B is not finite.
    fn cycle(
        &mut self,
        times: &mut dyn FnMut(&DVector<f64>, &mut DVector<f64>),
        v: &mut DVector<f64>,
    ) -> Option<Ritz> {
        self.projected.fill(0.0);
        let (mut unit, mut largest, mut last) = (1.0, 0.0_f64, 0);
        let mut rest = 0.0;
        for j in 0..self.basis.len() {
            self.basis[j].copy_from(v);
            times(&self.basis[j], v);
            if j == 0 {
                unit = power_of_two(max_abs(v.as_slice()));
            }
            *v /= unit;
            let alpha = dot(self.basis[j].as_slice(), v.as_slice());
            if !alpha.is_finite() {
                return None;
            }
            self.projected[(j, j)] = alpha;
            for q in self.basis[..=j].iter().chain(&self.basis[..=j]) {
                axpy(-dot(q.as_slice(), v.as_slice()), q.as_slice(), v.as_mut_slice());
            }
            (rest, last) = (v.norm(), j);
            largest = largest.max(alpha.abs());
            if j + 1 == self.basis.len() || rest <= COMPLETE * largest {
                break;
            }
            largest = largest.max(rest);
            self.projected[(j + 1, j)] = rest;
            *v /= rest;
        }
        // Rows that were not reached add eigenvalues 0.
        if !symmetric_eigen(&mut self.projected, &mut self.values, &mut self.work) {
            return None;
        }
        let least =
            (0..self.values.len()).min_by(|&i, &j| self.values[i].total_cmp(&self.values[j]))?;
        v.fill(0.0);
        let coordinates = self.projected.column(least);
        for (q, y) in self.basis.iter().zip(coordinates.iter()) {
            axpy(*y, q.as_slice(), v.as_mut_slice());
        }
        Some(Ritz {
            value: unit * self.values[least],
            residual: unit * (rest * coordinates[last]).abs(),
            norm: unit * self.values.norm(),
        })
    }
}

/// The least eigenvalue of T with the residual |B q − value q|, and the norm of T.
struct Ritz {
    value: f64,
    residual: f64,
    norm: f64,
}

/// Takes a unit vector v with the curvature v'M B M v to M v / |M v|, and returns its curvature: M is the diagonal matrix of a
/// mask of zeros and ones, with which [`Lanczos`] has seen M B M.
pub(crate) fn restrict(mask: &DVector<f64>, v: &mut DVector<f64>, curvature: f64) -> f64 {
    v.component_mul_assign(mask);
    let norm = v.norm();
    *v /= norm;
    curvature / norm / norm
}
