//! The covariance matrix C = B D² B', full or diagonal.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::linalg::{axpy, axpy2, dot, matrix_bytes, symmetric_eigen, wide};

/// The smallest eigenvalue, relative to the largest, whatever the rounding errors.
const LEAST: f64 = f64::EPSILON * f64::EPSILON;

/// C and its last decomposition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Covariance {
    shape: Shape,
    /// D, the square roots of the eigenvalues.
    deviations: DVector<f64>,
    /// Workspace of n numbers, in the coordinates of B.
    work: DVector<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Full {
        /// C, its lower triangle.
        #[serde(with = "matrix_bytes")]
        matrix: DMatrix<f64>,
        /// B, its columns.
        #[serde(with = "matrix_bytes")]
        basis: DMatrix<f64>,
    },
    /// Ros & Hansen (2008): B = I.
    Diagonal { variances: DVector<f64> },
}

impl Covariance {
    /// The identity of n coordinates.
    pub fn new(n: usize, is_diagonal: bool) -> Self {
        let shape = if is_diagonal {
            Shape::Diagonal { variances: DVector::repeat(n, 1.0) }
        } else {
            let identity = DMatrix::identity(n, n);
            Shape::Full { matrix: identity.clone(), basis: identity }
        };
        Self { shape, deviations: DVector::repeat(n, 1.0), work: DVector::zeros(n) }
    }

    /// Makes it the identity again.
    pub fn reset(&mut self) {
        self.deviations.fill(1.0);
        match &mut self.shape {
            Shape::Full { matrix, basis } => {
                matrix.fill_with_identity();
                basis.fill_with_identity();
            }
            Shape::Diagonal { variances } => variances.fill(1.0),
        }
    }

    pub fn is_valid(&self, n: usize, is_diagonal: bool) -> bool {
        let fits = match &self.shape {
            Shape::Full { matrix, basis } => {
                !is_diagonal && matrix.shape() == (n, n) && basis.shape() == (n, n)
            }
            Shape::Diagonal { variances } => is_diagonal && variances.len() == n,
        };
        fits && self.deviations.len() == n && self.work.len() == n
    }

    /// y = B D z.
    pub fn sample(&self, z: &[f64], y: &mut [f64]) {
        let scaled = z.iter().zip(self.deviations.as_slice()).map(|(z, d)| z * d);
        match &self.shape {
            Shape::Full { basis, .. } => {
                y.fill(0.0);
                let columns = basis.as_slice().chunks_exact(y.len());
                wide(
                    #[inline(always)]
                    || add_all(scaled.zip(columns), y),
                );
            }
            Shape::Diagonal { .. } => {
                for (y, z) in y.iter_mut().zip(scaled) {
                    *y = z;
                }
            }
        }
    }

    /// work = D⁻¹ B' y, from which [`sample`](Self::sample) made y.
    fn standardize(&mut self, y: &[f64]) {
        for (i, z) in self.work.as_mut_slice().iter_mut().enumerate() {
            let along = match &self.shape {
                Shape::Full { basis, .. } => dot(crate::linalg::column(basis, i), y),
                Shape::Diagonal { .. } => y[i],
            };
            *z = along / self.deviations[i];
        }
    }

    /// y'C⁻¹y.
    pub fn squared_length(&mut self, y: &[f64]) -> f64 {
        self.standardize(y);
        dot(self.work.as_slice(), self.work.as_slice())
    }

    /// path ← a path + b C^(-1/2) y with C^(-1/2) = B D⁻¹ B'.
    pub fn add_whitened(&mut self, y: &[f64], [a, b]: [f64; 2], path: &mut [f64]) {
        self.standardize(y);
        for p in path.iter_mut() {
            *p *= a;
        }
        match &self.shape {
            Shape::Full { basis, .. } => {
                for (column, z) in basis.as_slice().chunks_exact(y.len()).zip(self.work.as_slice())
                {
                    axpy(b * z, column, path);
                }
            }
            Shape::Diagonal { .. } => axpy(b, self.work.as_slice(), path),
        }
    }

    /// C ← a C + b p p' + Σ wₖ yₖ yₖ'.
    pub fn learn<'a>(
        &mut self,
        a: f64,
        (b, path): (f64, &[f64]),
        steps: impl Iterator<Item = (f64, &'a [f64])> + Clone,
    ) {
        match &mut self.shape {
            Shape::Full { matrix, .. } => wide(
                #[inline(always)]
                || {
                    let columns = matrix.as_mut_slice().chunks_exact_mut(path.len());
                    for (j, column) in columns.enumerate() {
                        for (entry, p) in column[j..].iter_mut().zip(&path[j..]) {
                            *entry = a * *entry + b * path[j] * p;
                        }
                        let entries = steps.clone().map(|(w, y)| (w * y[j], &y[j..]));
                        add_all(entries, &mut column[j..]);
                    }
                },
            ),
            Shape::Diagonal { variances } => {
                for (variance, p) in variances.iter_mut().zip(path) {
                    *variance = a * *variance + b * p * p;
                }
                for (w, y) in steps {
                    for (variance, y) in variances.iter_mut().zip(y) {
                        *variance += w * y * y;
                    }
                }
            }
        }
    }

    /// Updates B and D. A matrix that has no decomposition, as after an overflow, becomes the identity.
    pub fn decompose(&mut self) {
        let Self { shape, deviations, work } = self;
        let is_decomposed = match shape {
            Shape::Full { matrix, basis } => {
                basis.copy_from(matrix);
                symmetric_eigen(basis, deviations, work)
            }
            Shape::Diagonal { variances } => {
                deviations.copy_from(variances);
                variances.iter().all(|variance| variance.is_finite())
            }
        };
        let largest = deviations.iter().copied().fold(0.0, f64::max);
        if !is_decomposed || largest < f64::MIN_POSITIVE / LEAST {
            self.reset();
            return;
        }
        for value in deviations.iter_mut() {
            *value = value.max(LEAST * largest).sqrt();
        }
    }

    /// The variance of coordinate i.
    pub fn variance(&self, i: usize) -> f64 {
        match &self.shape {
            Shape::Full { matrix, .. } => matrix[(i, i)],
            Shape::Diagonal { variances } => variances[i],
        }
    }

    /// Component i of principal axis j, whose length is its standard deviation.
    pub fn axis(&self, i: usize, j: usize) -> f64 {
        match &self.shape {
            Shape::Full { basis, .. } => self.deviations[j] * basis[(i, j)],
            Shape::Diagonal { .. } => {
                if i == j {
                    self.deviations[j]
                } else {
                    0.0
                }
            }
        }
    }

    /// The ratio of the largest to the smallest eigenvalue.
    pub fn condition(&self) -> f64 {
        let largest = self.deviations.iter().copied().fold(0.0, f64::max);
        let least = self.deviations.iter().copied().fold(f64::INFINITY, f64::min);
        (largest / least).powi(2)
    }
}

/// sum ← sum + Σ aₖ xₖ, two at a time.
#[inline(always)]
fn add_all<'a>(mut terms: impl Iterator<Item = (f64, &'a [f64])>, sum: &mut [f64]) {
    while let Some((a, x)) = terms.next() {
        match terms.next() {
            Some((b, z)) => axpy2([a, b], [x, z], sum),
            None => axpy(a, x, sum),
        }
    }
}
