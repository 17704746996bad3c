//! This library's problems on argmin's solvers.

use std::fmt;
use std::marker::PhantomData;

use argmin::core::{CostFunction, Error, Gradient, Hessian};
use nalgebra::{DMatrix, DVector};

use super::Vector;
use crate::oracle::UNWRITTEN;
use crate::{Fallible, Oracle, Problem, TryProblem};

/// A [`Problem`] for argmin's solvers: it implements argmin's `CostFunction`, `Gradient` and `Hessian` on the vectors `V`.
///
/// A gradient that the problem does not give is differenced, centrally, with about 2n costs; a Hessian with n gradients, or
/// with n(n + 3)/2 costs if there is no gradient either. argmin counts the calls for gradients and Hessians, and not the costs in
/// them. A `SumOfSquares` or a `Sum` is a cost with a gradient here; argmin does not see its residuals or terms.
///
/// Where the problem [has failed](Problem::failure), x has another dimension, or the gradient was not written, argmin gets
/// an error, which ends its run. NaN without a failure is returned as it is: x is outside the domain.
///
/// The bridge is what `Executor::new` takes, as in `Executor::new(ToArgmin::new(problem)?, solver)`. argmin's solvers on
/// `Vec<f64>` need the feature `vec` of argmin-math, a default.
///
/// ```
/// use argmin::core::{CostFunction, Gradient, Hessian};
/// use extremum::{argmin::ToArgmin, from_fn};
///
/// let parabola = from_fn(1, |x| 3.0 * x[0] * x[0]).with_gradient(|x, g| g[0] = 6.0 * x[0]);
/// let bridge = ToArgmin::new(parabola)?;
/// assert_eq!(bridge.cost(&vec![2.0])?, 12.0);
/// assert_eq!(bridge.gradient(&vec![2.0])?, [12.0]);
/// assert!((bridge.hessian(&vec![2.0])?[0][0] - 6.0).abs() < 1e-6); // by differences
/// # Ok::<(), argmin::core::Error>(())
/// ```
pub struct ToArgmin<P, V = Vec<f64>> {
    problem: P,
    failure: fn(&P) -> Option<Error>,
    vectors: PhantomData<fn() -> V>,
}

impl<P: Problem> ToArgmin<P> {
    /// The problem, on `Vec<f64>`.
    ///
    /// # Errors
    /// [`Error::NotForArgmin`](crate::Error::NotForArgmin) when the problem has bounds or constraints, which argmin's solvers do not keep.
    pub fn new(problem: P) -> Result<Self, crate::Error> {
        Self::failing(problem, |problem| problem.failure().map(Error::msg))
    }

    fn failing(problem: P, failure: fn(&P) -> Option<Error>) -> Result<Self, crate::Error> {
        if problem.bounds().is_some() {
            return Err(crate::Error::NotForArgmin { what: "bounds" });
        }
        if problem.structure().constraints.is_some() {
            return Err(crate::Error::NotForArgmin { what: "constraints" });
        }
        Ok(Self { problem, failure, vectors: PhantomData })
    }

    /// The same problem on vectors of another type.
    pub fn on<V: Vector>(self) -> ToArgmin<P, V> {
        ToArgmin { problem: self.problem, failure: self.failure, vectors: PhantomData }
    }
}

impl<P> ToArgmin<Fallible<P>>
where
    P: TryProblem,
    P::Error: Into<Error>,
{
    /// A problem whose functions may fail, on `Vec<f64>`. argmin gets the problem's own error, for `downcast_ref`; from
    /// [`new`](Self::new) it gets only the text.
    ///
    /// argmin's `LBFGS` returns no error of its line search: the run ends with `SolverExit` and the text. With
    /// `ToArgmin::new(&problem)` the error stays in the problem, for [`take_error`](Fallible::take_error).
    ///
    /// ```
    /// use argmin::core::CostFunction;
    /// use extremum::{argmin::ToArgmin, try_from_fn};
    /// let parsed = try_from_fn(1, |x| format!("{}?", x[0]).parse::<f64>());
    /// let error = ToArgmin::fallible(parsed)?.cost(&vec![1.0]).unwrap_err();
    /// assert!(error.is::<std::num::ParseFloatError>());
    /// # Ok::<(), extremum::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn fallible(problem: Fallible<P>) -> Result<Self, crate::Error> {
        Self::failing(problem, |problem| problem.take_error().map(Into::into))
    }
}

impl<P: Problem, V: Vector> ToArgmin<P, V> {
    /// x as the problem needs it.
    fn point(&self, x: &V) -> Result<DVector<f64>, Error> {
        let (expected, x) = (self.problem.dimension(), x.components());
        if x.len() != expected {
            return Err(crate::Error::Dimension { what: "x", expected, actual: x.len() }.into());
        }
        Ok(DVector::from_column_slice(x))
    }

    /// The value, or the reason why the problem has failed.
    fn unless_failed<T>(&self, value: T) -> Result<T, Error> {
        (self.failure)(&self.problem).map_or(Ok(value), Err)
    }
}

impl<P: Problem, V: Vector> CostFunction for ToArgmin<P, V> {
    type Param = V;
    type Output = f64;

    fn cost(&self, x: &V) -> Result<f64, Error> {
        self.unless_failed(self.problem.cost(&self.point(x)?))
    }
}

impl<P: Problem, V: Vector> Gradient for ToArgmin<P, V> {
    type Param = V;
    type Gradient = V;

    fn gradient(&self, x: &V) -> Result<V, Error> {
        let x = self.point(x)?;
        let mut gradient = DVector::repeat(x.len(), f64::from_bits(UNWRITTEN));
        Oracle::new(&self.problem).gradient(&x, &mut gradient);
        self.unless_failed(())?;
        match gradient.iter().position(|g| g.to_bits() == UNWRITTEN) {
            Some(index) => Err(crate::Error::GradientNotWritten { index }.into()),
            None => Ok(V::from_components(gradient.as_slice())),
        }
    }
}

impl<P: Problem, V: Vector> Hessian for ToArgmin<P, V> {
    type Param = V;
    type Hessian = V::Matrix;

    fn hessian(&self, x: &V) -> Result<V::Matrix, Error> {
        let x = self.point(x)?;
        let mut hessian = DMatrix::zeros(x.len(), x.len());
        let mut oracle = Oracle::new(&self.problem);
        if !oracle.given_hessian(&x, &mut hessian) {
            let mut gradient = DVector::zeros(x.len());
            let cost = oracle.cost_and_gradient(&x, &mut gradient);
            oracle.hessian(&x, (cost, &gradient), &mut hessian);
        }
        self.unless_failed(V::from_entries(&hessian))
    }
}

impl<P: fmt::Debug, V> fmt::Debug for ToArgmin<P, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToArgmin").field(&self.problem).finish()
    }
}
