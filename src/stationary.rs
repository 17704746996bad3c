//! What kind of point x is.
use crate::{Error, Oracle, Problem};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

/// s
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classification {}
impl Classification {
    /// s
    pub fn escape_direction(&self) -> Option<(DVector<f64>, f64)> {
        None
    }
}
impl std::fmt::Display for Classification {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
/// s
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {}
/// s
pub fn classify<P: Problem>(_problem: &P, _x: &DVector<f64>) -> Result<Classification, Error> {
    Ok(Classification {})
}
pub(crate) fn classify_with(_oracle: &mut Oracle<'_>, _x: &DVector<f64>) -> Option<Classification> {
    None
}
/// s
pub fn check_derivatives() {}
