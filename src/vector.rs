//! Whatever can serve as a point.

use nalgebra::DVector;

/// What can serve as a start: an array, a `Vec`, a slice or a `DVector`, or a number for one variable.
pub trait IntoVector {
    /// The vector.
    fn into_vector(self) -> DVector<f64>;
}

impl IntoVector for DVector<f64> {
    fn into_vector(self) -> DVector<f64> {
        self
    }
}
impl IntoVector for &DVector<f64> {
    fn into_vector(self) -> DVector<f64> {
        self.clone()
    }
}
impl IntoVector for Vec<f64> {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_vec(self)
    }
}
impl IntoVector for &[f64] {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_column_slice(self)
    }
}
impl<const N: usize> IntoVector for [f64; N] {
    fn into_vector(self) -> DVector<f64> {
        DVector::from_column_slice(&self)
    }
}
impl IntoVector for &Vec<f64> {
    fn into_vector(self) -> DVector<f64> {
        self.as_slice().into_vector()
    }
}
impl<const N: usize> IntoVector for &[f64; N] {
    fn into_vector(self) -> DVector<f64> {
        self.as_slice().into_vector()
    }
}
impl IntoVector for f64 {
    fn into_vector(self) -> DVector<f64> {
        [self].into_vector()
    }
}
