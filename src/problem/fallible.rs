//! Problems whose functions may fail.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nalgebra::{DMatrix, DVector};

use super::{Bounds, Matrix, Problem};

/// A function f: ℝⁿ → ℝ whose evaluation may fail: a simulation that crashes, a file that is missing. [`Fallible`] makes it
/// a [`Problem`].
pub trait TryProblem: Sync {
    /// The error of an evaluation.
    type Error: fmt::Display + Send;

    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// f(x), as [`Problem::cost`].
    ///
    /// # Errors
    /// When f cannot be evaluated at x.
    fn try_cost(&self, x: &DVector<f64>) -> Result<f64, Self::Error>;

    /// Writes ∇f(x), n components. Never called when [`has_gradient`](Self::has_gradient) is false.
    ///
    /// # Errors
    /// When the gradient cannot be evaluated at x.
    fn try_gradient(
        &self,
        _: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<(), Self::Error> {
        gradient.fill(f64::NAN);
        Ok(())
    }

    /// True when there is a [`gradient`](Self::try_gradient). By default there is none, and the cost is differenced.
    fn has_gradient(&self) -> bool {
        false
    }

    /// The Hessian ∇²f(x), n × n and symmetric, when the problem can give it.
    ///
    /// # Errors
    /// When the Hessian cannot be evaluated at x.
    fn try_hessian(&self, _: &DVector<f64>) -> Result<Option<Matrix>, Self::Error> {
        Ok(None)
    }

    /// The box that x has to stay in, if there is one.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// The relative accuracy of the cost, as [`Problem::noise`].
    fn noise(&self) -> f64 {
        f64::EPSILON
    }
}

type IsOutside<E> = Box<dyn Fn(&E) -> bool + Send + Sync>;

/// A [`Problem`] whose functions may fail.
///
/// The first error ends the run with [`ProblemFailed`](crate::Termination::ProblemFailed); the solution has the best point
/// until then, and [`take_error`](Self::take_error) gives the error back. An error at the start of a run is
/// [`Error::ProblemFailed`](crate::Error::ProblemFailed). Errors that only say that x is outside the domain can be
/// [told apart](Self::outside_domain): solvers back off from them. With several threads, evaluations that have begun
/// still end; the error kept is the first to arrive.
///
/// ```
/// use extremum::{Lbfgs, Termination, minimize, try_from_fn};
/// # #[derive(Debug, PartialEq)] enum Crash { License }
/// # impl std::fmt::Display for Crash {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "no license") }
/// # }
/// // A simulation that crashes near the minimum.
/// let simulation = |a: f64| if (a - 1.0).abs() < 0.01 { Err(Crash::License) } else { Ok((a - 1.0).powi(2)) };
/// let problem = try_from_fn(1, |x| simulation(x[0]));
/// let found = minimize(&problem, Lbfgs::default(), [5.0])?;
/// assert!(matches!(found.termination, Termination::ProblemFailed { .. }) && found.cost <= 16.0);
/// assert_eq!(problem.take_error(), Some(Crash::License));
/// # Ok::<(), extremum::Error>(())
/// ```
pub struct Fallible<P: TryProblem> {
    pub(crate) problem: P,
    is_outside: Option<IsOutside<P::Error>>,
    first: Mutex<Option<P::Error>>,
}

impl<P: TryProblem> Fallible<P> {
    /// The problem, without an error.
    pub fn new(problem: P) -> Self {
        Self { problem, is_outside: None, first: Mutex::new(None) }
    }

    /// Errors for which this is true mean that x is outside the domain, as the cost NaN does. Default: none.
    pub fn outside_domain(
        mut self,
        is_outside: impl Fn(&P::Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.is_outside = Some(Box::new(is_outside));
        self
    }

    /// The error that ended the run, if one did. Take it before the problem is used again.
    pub fn take_error(&self) -> Option<P::Error> {
        self.first().take()
    }

    fn first(&self) -> MutexGuard<'_, Option<P::Error>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, or `None` for an error, which is kept if it is the first.
    fn kept<T>(&self, value: Result<T, P::Error>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                if !self.is_outside.as_ref().is_some_and(|is_outside| is_outside(&error)) {
                    self.first().get_or_insert(error);
                }
                None
            }
        }
    }
}

impl<P: TryProblem> Problem for Fallible<P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.kept(self.problem.try_cost(x)).unwrap_or(f64::NAN)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if self.kept(self.problem.try_gradient(x, gradient)).is_none() {
            gradient.fill(f64::NAN);
        }
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        match self.kept(self.problem.try_hessian(x)) {
            Some(hessian) => hessian,
            // A Hessian of another size counts as NaN.
            None => Some(DMatrix::zeros(0, 0).into()),
        }
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
    fn noise(&self) -> f64 {
        self.problem.noise()
    }
    fn failure(&self) -> Option<String> {
        self.first().as_ref().map(P::Error::to_string)
    }
}

impl<P: TryProblem + fmt::Debug> fmt::Debug for Fallible<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = self.failure();
        f.debug_struct("Fallible")
            .field("problem", &self.problem)
            .field("failure", &failure)
            .finish_non_exhaustive()
    }
}

type Cost<'a, E> = dyn Fn(&DVector<f64>) -> Result<f64, E> + Send + Sync + 'a;
type Gradient<'a, E> = dyn Fn(&DVector<f64>, &mut DVector<f64>) -> Result<(), E> + Send + Sync + 'a;

/// Closures that may fail, made by [`try_from_fn`].
pub struct TryFromFn<'a, E> {
    dimension: usize,
    cost: Box<Cost<'a, E>>,
    gradient: Option<Box<Gradient<'a, E>>>,
    bounds: Option<Bounds>,
}

/// The problem of minimising `cost` over `dimension` variables, where a cost may be an error: [`from_fn`](crate::from_fn)
/// for costs that return a `Result`. See [`Fallible`].
pub fn try_from_fn<'a, E: fmt::Display + Send>(
    dimension: usize,
    cost: impl Fn(&DVector<f64>) -> Result<f64, E> + Send + Sync + 'a,
) -> Fallible<TryFromFn<'a, E>> {
    let (gradient, bounds) = (None, None);
    Fallible::new(TryFromFn { dimension, cost: Box::new(cost), gradient, bounds })
}

impl<'a, E: fmt::Display + Send> Fallible<TryFromFn<'a, E>> {
    /// Adds a closure that writes the gradient at its first argument into its second.
    pub fn with_gradient(
        mut self,
        gradient: impl Fn(&DVector<f64>, &mut DVector<f64>) -> Result<(), E> + Send + Sync + 'a,
    ) -> Self {
        self.problem.gradient = Some(Box::new(gradient));
        self
    }

    /// Adds bounds.
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.problem.bounds = Some(bounds);
        self
    }
}

impl<E: fmt::Display + Send> TryProblem for TryFromFn<'_, E> {
    type Error = E;

    fn dimension(&self) -> usize {
        self.dimension
    }
    fn try_cost(&self, x: &DVector<f64>) -> Result<f64, E> {
        (self.cost)(x)
    }
    fn try_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<(), E> {
        match &self.gradient {
            Some(write) => write(x, gradient),
            None => {
                gradient.fill(f64::NAN);
                Ok(())
            }
        }
    }
    fn has_gradient(&self) -> bool {
        self.gradient.is_some()
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}

impl<E> fmt::Debug for TryFromFn<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryFromFn")
            .field("dimension", &self.dimension)
            .field("gradient", &self.gradient.is_some())
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
