//! The vectors of argmin's problems.

use nalgebra::DMatrix;

/// A vector type that argmin's solvers compute with.
pub trait Vector: Sized {
    /// The type of n × n matrices that goes with it.
    type Matrix;

    /// The vector of these components.
    fn from_components(x: &[f64]) -> Self;

    /// The components.
    fn components(&self) -> &[f64];

    /// The matrix of these entries.
    fn from_entries(matrix: &DMatrix<f64>) -> Self::Matrix;

    /// The entries of a matrix; `None` when its rows differ in length.
    fn entries(matrix: &Self::Matrix) -> Option<DMatrix<f64>>;
}

/// Matrices are vectors of rows.
impl Vector for Vec<f64> {
    type Matrix = Vec<Vec<f64>>;

    fn from_components(x: &[f64]) -> Self {
        x.to_vec()
    }
    fn components(&self) -> &[f64] {
        self
    }
    fn from_entries(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
        matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
    }
    fn entries(matrix: &Vec<Vec<f64>>) -> Option<DMatrix<f64>> {
        let columns = matrix.first().map_or(0, Vec::len);
        let is_whole = matrix.iter().all(|row| row.len() == columns);
        is_whole.then(|| DMatrix::from_row_iterator(matrix.len(), columns, matrix.concat()))
    }
}

#[cfg(feature = "argmin-nalgebra")]
impl Vector for nalgebra_0_34::DVector<f64> {
    type Matrix = nalgebra_0_34::DMatrix<f64>;

    fn from_components(x: &[f64]) -> Self {
        Self::from_column_slice(x)
    }
    fn components(&self) -> &[f64] {
        self.as_slice()
    }
    fn from_entries(matrix: &DMatrix<f64>) -> Self::Matrix {
        Self::Matrix::from_column_slice(matrix.nrows(), matrix.ncols(), matrix.as_slice())
    }
    fn entries(matrix: &Self::Matrix) -> Option<DMatrix<f64>> {
        let (rows, columns) = matrix.shape();
        Some(DMatrix::from_column_slice(rows, columns, matrix.as_slice()))
    }
}
