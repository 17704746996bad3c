//! Constraints with exact derivatives.

use nalgebra::DVector;

use super::{AutoDiff, VectorFormula};
use crate::problem::{Bounds, Constraints, LeastSquares, Matrix};

/// The [constraints](Constraints) l ≤ c(x) ≤ u on the m values of a [`VectorFormula`], such as a `Vec` of
/// [`Formula`](crate::Formula)s, with exact Jacobian and Hessian: `Limited(formula, limits)`, where the limits have m
/// components.
///
/// ```
/// use extremum::{Bounds, Constrained, Constraints, DVector, Limited, Num, Oracle, Real, VectorFormula, problem};
///
/// /// x₀² + x₁²
/// struct Radius;
///
/// impl VectorFormula for Radius {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn length(&self) -> usize {
///         1
///     }
///     fn values<R: Real>(&self, x: &[Num<R>], c: &mut [Num<R>]) {
///         c[0] = x[0].powi(2) + x[1].powi(2);
///     }
/// }
///
/// let circle = Limited(Radius, Bounds::new([2.0], [2.0])?);
/// let x = DVector::from_vec(vec![-1.0, 2.0]);
/// let hessian = circle.hessian(&x, &DVector::from_vec(vec![3.0])).unwrap().to_dense();
/// assert_eq!(hessian.as_slice(), [6.0, 0.0, 0.0, 6.0]);
///
/// let problem = Constrained(problem!(2, |x| x[0] + x[1]), circle);
/// let mut c = DVector::zeros(1);
/// Oracle::new(&problem).constraint_values(&x, &mut c);
/// assert_eq!(c[0], 5.0);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Limited<F>(pub F, pub Bounds);

impl<F: VectorFormula> Constraints for Limited<F> {
    fn count(&self) -> usize {
        self.0.length()
    }
    fn limits(&self) -> &Bounds {
        &self.1
    }
    fn dimension(&self) -> Option<usize> {
        // No formula knows no dimension.
        (self.0.length() > 0).then(|| self.0.dimension())
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        AutoDiff(&self.0).residual(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        AutoDiff(&self.0).jacobian(x, jacobian)
    }
    fn hessian(&self, x: &DVector<f64>, multipliers: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        self.write_hessian(x, multipliers, &mut hessian).then_some(hessian)
    }
    fn write_hessian(
        &self,
        x: &DVector<f64>,
        multipliers: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        LeastSquares::write_hessian(&AutoDiff(&self.0), x, multipliers, hessian)
    }
}
