//! The results of early stopping.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

/// The results of validation so far, stored in checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Validated {
    /// The lowest validation cost.
    pub lowest: f64,
    /// Iterations since it was reached.
    pub since: u64,
    /// The last validation cost.
    pub last: f64,
    /// The solution there.
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient_norm: Option<f64>,
    pub infeasibility: Option<f64>,
}
