//! The second derivative, dense or sparse.

use nalgebra::DMatrix;
use nalgebra_sparse::CscMatrix;
use serde::{Deserialize, Serialize};

/// A Hessian ∇²f(x), n × n and symmetric.
///
/// ```
/// use extremum::{DMatrix, Hessian};
/// let hessian: Hessian = DMatrix::from_diagonal_element(3, 3, 2.0).into();
/// assert_eq!(hessian.dimension(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hessian {
    /// Every entry.
    Dense(#[serde(with = "crate::linalg::matrix_bytes")] DMatrix<f64>),
    /// The nonzero entries of both triangles, by columns.
    Sparse(CscMatrix<f64>),
}

impl Hessian {
    /// The number of rows.
    pub fn dimension(&self) -> usize {
        match self {
            Hessian::Dense(matrix) => matrix.nrows(),
            Hessian::Sparse(matrix) => matrix.nrows(),
        }
    }

    /// True when the matrix is n × n.
    pub(crate) fn is_square(&self, n: usize) -> bool {
        match self {
            Hessian::Dense(matrix) => matrix.shape() == (n, n),
            Hessian::Sparse(matrix) => (matrix.nrows(), matrix.ncols()) == (n, n),
        }
    }

    /// Writes every entry into `dense`, n × n.
    pub(crate) fn write_to(&self, dense: &mut DMatrix<f64>) {
        match self {
            Hessian::Dense(matrix) => dense.copy_from(matrix),
            Hessian::Sparse(matrix) => {
                dense.fill(0.0);
                for (i, j, value) in matrix.triplet_iter() {
                    dense[(i, j)] += value;
                }
            }
        }
    }
}

impl From<DMatrix<f64>> for Hessian {
    fn from(matrix: DMatrix<f64>) -> Self {
        Hessian::Dense(matrix)
    }
}

impl From<CscMatrix<f64>> for Hessian {
    fn from(matrix: CscMatrix<f64>) -> Self {
        Hessian::Sparse(matrix)
    }
}
