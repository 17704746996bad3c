//! The count of evaluations.

use serde::{Deserialize, Serialize};

/// How often each function of the problem was called. A derivative by differences counts as the calls that it makes: a
/// gradient by forward differences as n costs and no gradient.
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
    /// Evaluations of the residuals r(x) of a sum of squares, all m as one, by a solver that works with residuals. Those
    /// within a cost or a gradient of the sum are not counted here.
    pub residual: u64,
    /// Jacobians of the residuals, as the problem gives them.
    pub jacobian: u64,
    /// Hessians Σ wᵢ ∇²rᵢ(x) of the residuals with weights w.
    pub residual_hessian: u64,
    /// Second derivatives r''(x)[v, v] of the residuals along a vector v, all m as one.
    pub residual_second_derivative: u64,
    /// Evaluations of the constraints c(x), all m as one.
    pub constraint: u64,
    /// Jacobians of the constraints, as the problem gives them.
    pub constraint_jacobian: u64,
    /// Hessians Σ yᵢ ∇²cᵢ(x) of the constraints with multipliers y.
    pub constraint_hessian: u64,
    /// Terms of a sum whose cost, gradient or both were evaluated: b for a batch of b, and N for each cost or gradient
    /// of the whole sum, which is counted there as well.
    pub terms: u64,
    /// Calls that panicked in a run that [survives panics](crate::Minimizer::survive_panics). Costs, gradients, residuals
    /// and constraints among them are counted above as well.
    pub panics: u64,
}

impl Evaluations {
    /// The largest of the counts that a limit of evaluations refers to: all but Hessians of the cost, products with them,
    /// terms and panics.
    pub(crate) fn largest(&self) -> u64 {
        let Self { cost, gradient, residual, jacobian, .. } = *self;
        let Self { residual_hessian, residual_second_derivative, .. } = *self;
        let Self { constraint, constraint_jacobian, constraint_hessian, .. } = *self;
        let of_constraints = constraint.max(constraint_jacobian).max(constraint_hessian);
        let of_residuals =
            residual.max(jacobian).max(residual_hessian).max(residual_second_derivative);
        cost.max(gradient).max(of_residuals).max(of_constraints)
    }
}
