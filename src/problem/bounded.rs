//! A problem within bounds.

use super::{Bounds, Problem, Structure, delegate};

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
    delegate!(self => self.0);

    fn bounds(&self) -> Option<&Bounds> {
        Some(&self.1)
    }
    fn failure(&self) -> Option<String> {
        self.0.failure()
    }
    fn structure(&self) -> Structure<'_> {
        self.0.structure()
    }
}
