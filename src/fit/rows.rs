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

/// Adds Σ wᵢ Jᵢ' Jᵢ for the rows Jᵢ of a Jacobian to a matrix of the size of the parameters, which becomes dense.
pub(super) fn add_products(jacobian: &Matrix, weights: &DVector<f64>, sum: &mut Matrix) {
    let (m, n) = (jacobian.rows(), jacobian.columns());
    if let Matrix::Sparse(_) = sum {
        *sum = Matrix::Dense(sum.to_dense());
    }
    let dense;
    let jacobian = match jacobian {
        Matrix::Dense(jacobian) => jacobian,
        Matrix::Sparse(_) => {
            dense = jacobian.to_dense();
            &dense
        }
    };
    let sum = sum.dense(n, n);
    for j in 0..n {
        for k in 0..=j {
            let product: f64 =
                (0..m).map(|i| weights[i] * (jacobian[(i, j)] * jacobian[(i, k)])).sum();
            sum[(j, k)] += product;
            if j != k {
                sum[(k, j)] += product;
            }
        }
    }
}
