//! Matrices of derivatives, dense or sparse.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CscMatrix;
use serde::{Deserialize, Serialize};

use crate::linalg::{column, dot};

/// A matrix of derivatives: a Hessian ∇²f(x), n × n and symmetric, or a Jacobian ∂rᵢ/∂xⱼ, m × n.
///
/// A problem writes it [in place](Self::dense), so that one matrix serves a whole run. A problem with a sparse matrix
/// assigns it at the first call; at later calls it may overwrite the values only, as the pattern does not change.
///
/// ```
/// use extremum::{CscMatrix, DMatrix, DVector, Matrix};
/// let mut matrix = Matrix::default();
/// matrix.dense(2, 3)[(1, 2)] = 5.0;
/// let mut product = DVector::zeros(2);
/// matrix.times(&DVector::from_vec(vec![0.0, 0.0, 2.0]), &mut product);
/// assert_eq!(product.as_slice(), [0.0, 10.0]);
///
/// let sparse: Matrix = CscMatrix::from(&DMatrix::from_diagonal_element(3, 3, 2.0)).into();
/// assert_eq!((sparse.rows(), sparse.columns()), (3, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Matrix {
    /// Every entry.
    Dense(#[serde(with = "crate::linalg::matrix_bytes")] DMatrix<f64>),
    /// The nonzero entries, in compressed columns; for a Hessian, those of both triangles.
    Sparse(CscMatrix<f64>),
}

/// The matrix with no rows and no columns.
impl Default for Matrix {
    fn default() -> Self {
        Self::Dense(DMatrix::zeros(0, 0))
    }
}

impl Matrix {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.shape().0
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.shape().1
    }

    pub(crate) fn shape(&self) -> (usize, usize) {
        match self {
            Self::Dense(matrix) => matrix.shape(),
            Self::Sparse(matrix) => (matrix.nrows(), matrix.ncols()),
        }
    }

    /// Makes this a dense matrix of the given size and returns its entries, to be written. A dense matrix that has this size
    /// already keeps its memory and its values; otherwise all entries are 0.
    pub fn dense(&mut self, rows: usize, columns: usize) -> &mut DMatrix<f64> {
        if !matches!(self, Self::Dense(matrix) if matrix.shape() == (rows, columns)) {
            *self = Self::Dense(DMatrix::zeros(rows, columns));
        }
        match self {
            Self::Dense(matrix) => matrix,
            Self::Sparse(_) => unreachable!("made dense above"),
        }
    }

    /// A dense copy, for example for the factorizations of nalgebra.
    ///
    /// ```
    /// use extremum::{CscMatrix, DMatrix, Matrix};
    /// let sparse: Matrix = CscMatrix::from(&DMatrix::from_diagonal_element(2, 2, 3.0)).into();
    /// assert_eq!(sparse.to_dense(), DMatrix::from_row_slice(2, 2, &[3.0, 0.0, 0.0, 3.0]));
    /// ```
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut dense = DMatrix::zeros(self.rows(), self.columns());
        self.write_to(&mut dense);
        dense
    }

    /// Writes the product A v. `v` has as many components as the matrix has columns, `product` as many as it has rows.
    ///
    /// # Panics
    /// May panic when a length differs.
    pub fn times(&self, v: &DVector<f64>, product: &mut DVector<f64>) {
        match self {
            Self::Dense(matrix) => product.gemv(1.0, matrix, v, 0.0),
            Self::Sparse(matrix) => {
                product.fill(0.0);
                for (column, v) in matrix.col_iter().zip(v) {
                    for (&i, a) in column.row_indices().iter().zip(column.values()) {
                        product[i] += a * v;
                    }
                }
            }
        }
    }

    /// Writes the product Aᵀ v. `v` has as many components as the matrix has rows, `product` as many as it has columns.
    ///
    /// # Panics
    /// May panic when a length differs.
    pub fn transpose_times(&self, v: &DVector<f64>, product: &mut DVector<f64>) {
        match self {
            Self::Dense(matrix) => product.gemv_tr(1.0, matrix, v, 0.0),
            Self::Sparse(matrix) => {
                for (column, sum) in matrix.col_iter().zip(product.iter_mut()) {
                    let entries = column.row_indices().iter().zip(column.values());
                    *sum = entries.map(|(&i, a)| a * v[i]).sum();
                }
            }
        }
    }

    /// The entries of column j; those of a sparse matrix that are not zero.
    pub(crate) fn entries(&self, j: usize) -> &[f64] {
        match self {
            Self::Dense(matrix) => column(matrix, j),
            Self::Sparse(matrix) => {
                let offsets = matrix.col_offsets();
                &matrix.values()[offsets[j]..offsets[j + 1]]
            }
        }
    }

    /// Writes the entries of column j from row `start` on, as many as there is room for.
    pub(crate) fn write_column(&self, j: usize, start: usize, out: &mut [f64]) {
        match self {
            Self::Dense(matrix) => {
                out.copy_from_slice(&column(matrix, j)[start..start + out.len()]);
            }
            Self::Sparse(matrix) => {
                out.fill(0.0);
                let offsets = matrix.col_offsets();
                let range = offsets[j]..offsets[j + 1];
                let (rows, values) =
                    (&matrix.row_indices()[range.clone()], &matrix.values()[range]);
                let first = rows.partition_point(|row| *row < start);
                for (row, value) in rows[first..].iter().zip(&values[first..]) {
                    let Some(entry) = out.get_mut(row - start) else { break };
                    *entry = *value;
                }
            }
        }
    }

    /// Writes A'A + C for this matrix A, m × n, and C, n × n: sparse if both are.
    pub(crate) fn write_gram_plus(&self, c: &Self, out: &mut Self) {
        match (self, c) {
            (Self::Sparse(a), Self::Sparse(c)) => *out = Self::Sparse(&(&a.transpose() * a) + c),
            (Self::Sparse(a), _) => {
                let out = out.dense(c.rows(), c.columns());
                c.write_to(out);
                for (i, j, value) in (&a.transpose() * a).triplet_iter() {
                    out[(i, j)] += value;
                }
            }
            (Self::Dense(a), _) => {
                let out = out.dense(c.rows(), c.columns());
                c.write_to(out);
                for j in 0..a.ncols() {
                    for i in 0..=j {
                        let product = dot(column(a, i), column(a, j));
                        out[(i, j)] += product;
                        if i != j {
                            out[(j, i)] += product;
                        }
                    }
                }
            }
        }
    }

    /// Subtracts this from a matrix of the same size.
    pub(crate) fn subtract_from(&self, dense: &mut DMatrix<f64>) {
        match self {
            Self::Dense(matrix) => *dense -= matrix,
            Self::Sparse(matrix) => {
                for (i, j, value) in matrix.triplet_iter() {
                    dense[(i, j)] -= value;
                }
            }
        }
    }

    /// Writes every entry into `dense`, a matrix of the same size.
    pub(crate) fn write_to(&self, dense: &mut DMatrix<f64>) {
        match self {
            Self::Dense(matrix) => dense.copy_from(matrix),
            Self::Sparse(matrix) => {
                dense.fill(0.0);
                for (i, j, value) in matrix.triplet_iter() {
                    dense[(i, j)] += value;
                }
            }
        }
    }
}

impl From<DMatrix<f64>> for Matrix {
    fn from(matrix: DMatrix<f64>) -> Self {
        Self::Dense(matrix)
    }
}

impl From<CscMatrix<f64>> for Matrix {
    fn from(matrix: CscMatrix<f64>) -> Self {
        Self::Sparse(matrix)
    }
}
