//! Coordinates on a plane: some of the variables, or orthonormal directions.

use nalgebra::{DMatrix, DVector};

/// The directions in which a point may move.
#[derive(Clone, Debug)]
pub(super) enum Chart {
    /// These variables, ascending.
    Axes(Vec<usize>),
    /// The orthonormal columns of Z, one row for each variable.
    Plane(DMatrix<f64>),
}

impl Chart {
    /// Z'v of a vector of all variables.
    pub fn restrict(&self, all: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Axes(free) => DVector::from_iterator(free.len(), free.iter().map(|&i| all[i])),
            Self::Plane(z) => z.tr_mul(all),
        }
    }

    /// Z'H Z.
    pub fn restrict_matrix(&self, all: &DMatrix<f64>) -> DMatrix<f64> {
        match self {
            Self::Axes(free) => {
                DMatrix::from_fn(free.len(), free.len(), |i, j| all[(free[i], free[j])])
            }
            Self::Plane(z) => z.tr_mul(&(all * z)),
        }
    }

    /// Writes Z c into the variables that may move; the others keep what they have.
    pub fn embed(&self, coordinates: &[f64], all: &mut DVector<f64>) {
        match self {
            Self::Axes(free) => {
                for (&i, c) in free.iter().zip(coordinates) {
                    all[i] = *c;
                }
            }
            Self::Plane(z) => {
                all.fill(0.0);
                for (column, c) in z.column_iter().zip(coordinates) {
                    all.axpy(*c, &column, 1.0);
                }
            }
        }
    }
}
