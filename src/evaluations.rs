//! The count of evaluations.

use serde::{Deserialize, Serialize};

/// How often each function of the problem was called. Differences count as the calls that they make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluations {
    /// Costs.
    pub cost: u64,
    /// Gradients.
    pub gradient: u64,
    /// Hessians.
    pub hessian: u64,
    /// Products of the Hessian with a vector.
    pub hessian_product: u64,
    /// Terms of a sum whose cost, gradient or both were evaluated: b for a batch of b, and N for each cost or gradient
    /// of the whole sum, which is counted there as well.
    pub terms: u64,
    /// Costs, counted above as well, that panicked and were taken as NaN.
    pub panics: u64,
}
