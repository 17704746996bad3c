//! A problem within bounds.

use nalgebra::DVector;

use super::{Bounds, Matrix, Problem, Structure};

/// Any problem, within bounds: `Bounded(problem, bounds)`. For a closure, [`FromFn::with_bounds`](crate::FromFn::with_bounds)
/// does the same.
///
/// ```
/// use extremum::{Bounded, Bounds, MultiStart, from_fn, minimize};
///
/// // Problem 2 of Hock and Schittkowski (1981): the minimum lies on the bound.
/// let rosenbrock = from_fn(2, |x| 100.0 * (x[1] - x[0].powi(2)).powi(2) + (1.0 - x[0]).powi(2));
/// let problem = Bounded(rosenbrock, Bounds::new([-2.0, 1.5], [2.0, 3.0])?);
/// let found = minimize(&problem, MultiStart::default(), [-2.0, 1.5])?;
/// assert!(found.termination.is_converged());
/// assert!((found.cost - 0.0504261879).abs() < 1e-9 && (found.x[1] - 1.5).abs() < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bounded<P>(pub P, pub Bounds);

impl<P: Problem> Problem for Bounded<P> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.0.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.0.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.0.hessian(x)
    }
    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.0.write_hessian(x, hessian)
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.0.cost_and_gradient(x, gradient)
    }
    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        self.0.hessian_product(x, v, product)
    }
    fn bounds(&self) -> Option<&Bounds> {
        Some(&self.1)
    }
    fn has_gradient(&self) -> bool {
        self.0.has_gradient()
    }
    fn noise(&self) -> f64 {
        self.0.noise()
    }
    fn failure(&self) -> Option<String> {
        self.0.failure()
    }
    fn structure(&self) -> Structure<'_> {
        self.0.structure()
    }
}
