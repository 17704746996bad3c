//! A matrix in a checkpoint, for `#[serde(with = "matrix_bytes")]`: its shape and its entries, column after column.
//!
//! nalgebra's own reader multiplies the two sizes unchecked, so that damaged bytes can make it panic.

use nalgebra::DMatrix;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(crate) fn serialize<S: Serializer>(matrix: &DMatrix<f64>, to: S) -> Result<S::Ok, S::Error> {
    (matrix.nrows(), matrix.ncols(), matrix.as_slice()).serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DMatrix<f64>, D::Error> {
    let (rows, columns, entries) = <(usize, usize, Vec<f64>)>::deserialize(from)?;
    if rows.checked_mul(columns) != Some(entries.len()) {
        return Err(D::Error::custom("a matrix whose shape does not match its entries"));
    }
    Ok(DMatrix::from_vec(rows, columns, entries))
}
