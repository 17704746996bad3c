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
    /// Residuals of a sum of squares, all m of them, that a solver asked for by themselves.
    pub residual: u64,
    /// Jacobians of the residuals.
    pub jacobian: u64,
    /// Constraints, all m of them.
    pub constraint: u64,
    /// Jacobians of the constraints.
    pub constraint_jacobian: u64,
    /// Hessians of the constraints, summed with multipliers.
    pub constraint_hessian: u64,
    /// Terms of a sum whose cost, gradient or both were evaluated: b for a batch of b, and N for each cost or gradient
    /// of the whole sum, which is counted there as well.
    pub terms: u64,
    /// Calls, counted above as well, that panicked and were taken as NaN; see
    /// [`Minimizer::survive_panics`](crate::Minimizer::survive_panics).
    pub panics: u64,
}

impl Evaluations {
    /// The largest count that a limit of evaluations refers to: all but Hessians, their products and terms.
    pub(crate) fn largest(&self) -> u64 {
        let Self { cost, gradient, residual, jacobian, .. } = *self;
        let Self { constraint, constraint_jacobian, constraint_hessian, .. } = *self;
        let of_constraints = constraint.max(constraint_jacobian).max(constraint_hessian);
        cost.max(gradient).max(residual).max(jacobian).max(of_constraints)
    }
}
