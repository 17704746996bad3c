//! Rows of a Jacobian.

use nalgebra::DVector;

use crate::Matrix;

/// Multiplies row i by the i-th factor. A matrix with another number of rows is left as it is: it is refused elsewhere.
pub(super) fn scale_rows(matrix: &mut Matrix, factors: &DVector<f64>) {
    if matrix.rows() != factors.len() {
        return;
    }
    match matrix {
        Matrix::Dense(matrix) => {
            for mut column in matrix.column_iter_mut() {
                column.component_mul_assign(factors);
            }
        }
        Matrix::Sparse(matrix) => {
            for (i, _, value) in matrix.triplet_iter_mut() {
                *value *= factors[i];
            }
        }
    }
}
