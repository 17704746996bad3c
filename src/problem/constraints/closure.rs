//! Constraints from closures.

use std::fmt;

use nalgebra::{DMatrix, DVector};

use super::{Constraints, limit_methods};
use crate::problem::{Bounds, Matrix};

type Values<'a> = dyn Fn(&DVector<f64>, &mut DVector<f64>) + Send + Sync + 'a;
type Jacobian<'a> = dyn Fn(&DVector<f64>, &mut DMatrix<f64>) + Send + Sync + 'a;
type Curvature<'a> = dyn Fn(&DVector<f64>, &DVector<f64>) -> Matrix + Send + Sync + 'a;

/// Functions made of closures by [`constraints_from_fn`], which become constraints by their limits.
pub struct Functions<'a> {
    count: usize,
    values: Box<Values<'a>>,
    jacobian: Option<Box<Jacobian<'a>>>,
    hessian: Option<Box<Curvature<'a>>>,
}

/// m functions c: ℝⁿ → ℝᵐ, written into the second argument; say next how they are limited. Without a
/// [Jacobian](Functions::with_jacobian) they are differenced, and these evaluations are counted.
///
/// ```
/// use extremum::{AugmentedLagrangian, Problem, constraints_from_fn, from_fn, minimize};
/// // The point of the sphere |x|² = 14 nearest to (2, 4, 6) is (1, 2, 3).
/// let sphere = constraints_from_fn(1, |x, c| c[0] = x.norm_squared())
///     .with_jacobian(|x, j| j.row_mut(0).copy_from(&(2.0 * x.transpose())))
///     .equal_to([14.0])?;
/// let distance = from_fn(3, |x| (x[0] - 2.0).powi(2) + (x[1] - 4.0).powi(2) + (x[2] - 6.0).powi(2));
/// let found = minimize(distance.with_constraints(sphere), AugmentedLagrangian::default(), [1.0, 1.0, 1.0])?;
/// assert!(found.termination.is_converged());
/// assert!((0..3).all(|i| (found.x[i] - (i + 1) as f64).abs() < 1e-5));
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn constraints_from_fn<'a>(
    m: usize,
    values: impl Fn(&DVector<f64>, &mut DVector<f64>) + Send + Sync + 'a,
) -> Functions<'a> {
    Functions { count: m, values: Box::new(values), jacobian: None, hessian: None }
}

impl<'a> Functions<'a> {
    /// Adds a closure that writes the Jacobian ∂cᵢ/∂xⱼ, m × n, into its second argument, which is 0 before.
    pub fn with_jacobian(
        mut self,
        jacobian: impl Fn(&DVector<f64>, &mut DMatrix<f64>) + Send + Sync + 'a,
    ) -> Self {
        self.jacobian = Some(Box::new(jacobian));
        self
    }

    /// Adds a closure that returns Σ yᵢ ∇²cᵢ(x) for x and multipliers y, m components: a `DMatrix` or a `CscMatrix`, n
    /// × n.
    pub fn with_hessian<H: Into<Matrix>>(
        mut self,
        hessian: impl Fn(&DVector<f64>, &DVector<f64>) -> H + Send + Sync + 'a,
    ) -> Self {
        self.hessian = Some(Box::new(move |x, y| hessian(x, y).into()));
        self
    }

    /// The number m of functions.
    pub fn count(&self) -> usize {
        self.count
    }

    limit_methods!(ConstraintsFromFn<'a>);

    fn limited(self, limits: Bounds) -> ConstraintsFromFn<'a> {
        ConstraintsFromFn { functions: self, limits }
    }
}

impl fmt::Debug for Functions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions")
            .field("count", &self.count)
            .field("jacobian", &self.jacobian.is_some())
            .field("hessian", &self.hessian.is_some())
            .finish_non_exhaustive()
    }
}

/// Constraints on [`Functions`] made of closures.
#[derive(Debug)]
pub struct ConstraintsFromFn<'a> {
    functions: Functions<'a>,
    limits: Bounds,
}

impl Constraints for ConstraintsFromFn<'_> {
    fn count(&self) -> usize {
        self.functions.count
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        (self.functions.values)(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let Some(write) = &self.functions.jacobian else { return false };
        let jacobian = jacobian.dense(self.functions.count, x.len());
        jacobian.fill(0.0);
        write(x, jacobian);
        true
    }
    fn hessian(&self, x: &DVector<f64>, multipliers: &DVector<f64>) -> Option<Matrix> {
        self.functions.hessian.as_ref().map(|hessian| hessian(x, multipliers))
    }
}
