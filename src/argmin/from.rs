//! argmin's problems on this library's solvers.

use std::fmt;

use argmin::core::{CostFunction, Error, Gradient, Hessian};
use nalgebra::{DMatrix, DVector};

use super::Vector;
use crate::{Fallible, Matrix, TryProblem};

/// A gradient or a Hessian of a problem `P`, as its type implements it.
type Derivative<P, D> = fn(&P, &<P as CostFunction>::Param) -> Result<D, Error>;

/// A problem of argmin's, made by [`from_argmin`].
pub struct FromArgmin<P: CostFunction> {
    dimension: usize,
    problem: P,
    gradient: Option<Derivative<P, P::Param>>,
    hessian: Option<Derivative<P, Option<DMatrix<f64>>>>,
}

/// The problem of minimising a `CostFunction` of argmin's over `dimension` variables. Without a
/// [`gradient`](Fallible::with_gradient) the cost is differenced, and these evaluations are counted.
///
/// An argmin error ends the run with [`ProblemFailed`](crate::Termination::ProblemFailed), and
/// [`take_error`](Fallible::take_error) gives it back. A gradient or a Hessian of the wrong size is such an error: an
/// [`Error::Dimension`](crate::Error::Dimension).
///
/// ```
/// use argmin::core::{CostFunction, Error};
/// use extremum::{Lbfgs, Termination, argmin::from_argmin, minimize};
///
/// /// (x − 1)², but only from 2 on.
/// struct Simulation;
///
/// impl CostFunction for Simulation {
///     type Param = Vec<f64>;
///     type Output = f64;
///     fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
///         if x[0] < 2.0 { Err(Error::msg("no license")) } else { Ok((x[0] - 1.0).powi(2)) }
///     }
/// }
///
/// let problem = from_argmin(1, Simulation);
/// let found = minimize(&problem, Lbfgs::default(), [5.0])?;
/// assert!(matches!(found.termination, Termination::ProblemFailed { .. }) && found.cost <= 16.0);
/// assert_eq!(problem.take_error().unwrap().to_string(), "no license");
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn from_argmin<P>(dimension: usize, problem: P) -> Fallible<FromArgmin<P>>
where
    P: CostFunction<Output = f64> + Sync,
    P::Param: Vector,
{
    Fallible::new(FromArgmin { dimension, problem, gradient: None, hessian: None })
}

impl<P> Fallible<FromArgmin<P>>
where
    P: CostFunction<Output = f64> + Sync,
    P::Param: Vector,
{
    /// Takes gradients from argmin's `Gradient`.
    pub fn with_gradient(mut self) -> Self
    where
        P: Gradient<Param = <P as CostFunction>::Param, Gradient = <P as CostFunction>::Param>,
    {
        self.problem.gradient = Some(P::gradient);
        self
    }

    /// Takes Hessians from argmin's `Hessian`.
    pub fn with_hessian(mut self) -> Self
    where
        P: Hessian<
                Param = <P as CostFunction>::Param,
                Hessian = <<P as CostFunction>::Param as Vector>::Matrix,
            >,
    {
        self.problem.hessian = Some(|problem, x| {
            problem.hessian(x).map(|hessian| <P as CostFunction>::Param::entries(&hessian))
        });
        self
    }
}

impl<P> TryProblem for FromArgmin<P>
where
    P: CostFunction<Output = f64> + Sync,
    P::Param: Vector,
{
    type Error = Error;

    fn dimension(&self) -> usize {
        self.dimension
    }
    fn try_cost(&self, x: &DVector<f64>) -> Result<f64, Error> {
        self.problem.cost(&P::Param::from_components(x.as_slice()))
    }
    fn try_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<(), Error> {
        let Some(write) = self.gradient else {
            gradient.fill(f64::NAN);
            return Ok(());
        };
        let given = write(&self.problem, &P::Param::from_components(x.as_slice()))?;
        self.check("the gradient", given.components().len())?;
        gradient.copy_from_slice(given.components());
        Ok(())
    }
    fn has_gradient(&self) -> bool {
        self.gradient.is_some()
    }
    fn try_hessian(&self, x: &DVector<f64>) -> Result<Option<Matrix>, Error> {
        let Some(hessian) = self.hessian else { return Ok(None) };
        let given = hessian(&self.problem, &P::Param::from_components(x.as_slice()))?;
        let Some(given) = given else {
            return Err(Error::msg("the rows of the Hessian differ in length"));
        };
        self.check("the Hessian", given.nrows())?;
        self.check("the Hessian", given.ncols())?;
        Ok(Some(given.into()))
    }
}

impl<P: CostFunction> FromArgmin<P> {
    fn check(&self, what: &'static str, actual: usize) -> Result<(), Error> {
        let expected = self.dimension;
        if actual == expected {
            return Ok(());
        }
        Err(crate::Error::Dimension { what, expected, actual }.into())
    }
}

impl<P: CostFunction + fmt::Debug> fmt::Debug for FromArgmin<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromArgmin")
            .field("dimension", &self.dimension)
            .field("problem", &self.problem)
            .field("gradient", &self.gradient.is_some())
            .field("hessian", &self.hessian.is_some())
            .finish()
    }
}
