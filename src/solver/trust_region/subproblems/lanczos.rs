//! The least eigenvalue of a matrix that is known by its products, by Lanczos' method with full reorthogonalization.
//!
//! ```text
//! β_j q_{j+1} = B q_j − α_j q_j − β_{j−1} q_{j−1},   α_j = q_j'B q_j
//! ```
//!
//! The least eigenvalue of the tridiagonal matrix T of α and β is q'B q for a unit vector q = Σ y_j q_j, so that a negative
//! one proves negative curvature. From a random start it is found surely within n products, and usually far earlier.
//!
//! G. Golub, C. Van Loan, *Matrix computations* (2013), section 10.1.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::Quadratic;
use crate::linalg::{self, axpy, dot, max_abs, power_of_two, symmetric_eigen};
use crate::random::Random;

/// The most products.
const PRODUCTS: usize = 30;
/// A rest below this share of T is rounding: the space is complete.
const COMPLETE: f64 = 1e-12;
const SEED: u64 = 1983;

/// The workspace for n variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Lanczos {
    /// One vector after the other.
    pub basis: Vec<DVector<f64>>,
    #[serde(with = "linalg::matrix_bytes")]
    projected: DMatrix<f64>,
    values: DVector<f64>,
    work: DVector<f64>,
}

impl Lanczos {
    pub fn new(n: usize) -> Self {
        let most = n.min(PRODUCTS);
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
        let most = n.min(PRODUCTS);
        basis.len() == most
            && basis.iter().all(|q| q.len() == n)
            && projected.shape() == (most, most)
            && [values, work].iter().all(|v| v.len() == most)
    }

    /// Writes the unit vector that belongs to the least eigenvalue, and returns that when it is negative beyond the errors
    /// in B.
    pub fn negative_curvature(
        &mut self,
        b: &mut dyn Quadratic,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        let mut random = Random::new(SEED);
        v.iter_mut().for_each(|v| *v = random.normal());
        v.normalize_mut();
        self.from(b, v)
    }

    /// [`negative_curvature`](Self::negative_curvature) from a unit vector v, along which it is no lower than the result.
    pub fn from(&mut self, b: &mut dyn Quadratic, v: &mut DVector<f64>) -> Option<f64> {
        self.projected.fill(0.0);
        let (mut unit, mut largest) = (1.0, 0.0_f64);
        for j in 0..self.basis.len() {
            self.basis[j].copy_from(v);
            b.times(&self.basis[j], v);
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
            let beta = v.norm();
            largest = largest.max(alpha.abs());
            if j + 1 == self.basis.len() || beta <= COMPLETE * largest {
                break;
            }
            largest = largest.max(beta);
            self.projected[(j + 1, j)] = beta;
            *v /= beta;
        }
        // Rows that were not reached add eigenvalues 0.
        if !symmetric_eigen(&mut self.projected, &mut self.values, &mut self.work) {
            return None;
        }
        let least =
            (0..self.values.len()).min_by(|&i, &j| self.values[i].total_cmp(&self.values[j]))?;
        v.fill(0.0);
        for (q, y) in self.basis.iter().zip(self.projected.column(least).iter()) {
            axpy(*y, q.as_slice(), v.as_mut_slice());
        }
        let value = self.values[least];
        (value < -b.accuracy() * self.values.norm()).then_some(value * unit)
    }
}
