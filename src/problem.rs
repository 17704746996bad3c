//! What is minimised: a cost with a gradient and, where it is known, a Hessian; its bounds, and its constraints.

#[cfg(feature = "autodiff")]
mod autodiff;
mod bounded;
mod bounds;
mod closure;
mod constraints;
#[cfg(feature = "expression")]
mod expression;
mod fallible;
mod finite_sum;
mod least_squares;
mod matrix;
mod structure;

use nalgebra::DVector;

#[cfg(feature = "autodiff")]
pub use autodiff::{AutoDiff, Formula, Formulas, Limited, Num, Real, VectorFormula};
pub use bounded::Bounded;
pub use bounds::Bounds;
pub(crate) use bounds::Sides;
pub use closure::{FromFn, from_fn, from_fn_mut};
pub use constraints::{
    Both, Constrained, Constraints, ConstraintsFromFn, Functions, constraints_from_fn,
};
#[cfg(feature = "expression")]
pub use expression::Expression;
pub use fallible::{Fallible, TryFromFn, TryProblem, try_from_fn};
#[cfg(feature = "mpi")]
pub(crate) use finite_sum::{CHUNK, Mean, add};
pub use finite_sum::{FiniteSum, Sum};
pub use least_squares::{LeastSquares, SumOfSquares};
pub use matrix::Matrix;
pub use structure::Structure;

/// A function f: ℝⁿ → ℝ to minimise.
///
/// Only [`dimension`](Problem::dimension) and [`cost`](Problem::cost) are required. A problem either writes its
/// [`gradient`](Problem::gradient), or says that it [has none](Problem::has_gradient). Everything else is optional and makes
/// a solver faster or more reliable. The trait is object-safe, and `&P`, `Box<P>` and `Arc<P>` are problems too.
///
/// ```
/// use extremum::{DVector, Lbfgs, Problem, minimize};
///
/// struct Rosenbrock;
///
/// impl Problem for Rosenbrock {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn cost(&self, x: &DVector<f64>) -> f64 {
///         (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2)
///     }
///     fn gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) {
///         let t = x[1] - x[0].powi(2);
///         g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
///         g[1] = 200.0 * t;
///     }
/// }
///
/// let found = minimize(&Rosenbrock, Lbfgs::default(), [-1.2, 1.0])?;
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 1.0).abs() < 1e-6 && (found.x[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait Problem: Sync {
    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// f(x). NaN or +infinity: x is outside the domain, and solvers back off. -infinity: the cost is unbounded
    /// below, and the run ends and says so.
    fn cost(&self, x: &DVector<f64>) -> f64;

    /// Writes the gradient ∇f(x), n components. Never called when [`has_gradient`](Problem::has_gradient) is false.
    /// Default: writes nothing, which a run reports as [`GradientNotWritten`](crate::Error::GradientNotWritten).
    fn gradient(&self, _x: &DVector<f64>, _gradient: &mut DVector<f64>) {}

    /// The Hessian ∇²f(x), n × n and symmetric, when the problem can give it. Default: `None`; a solver that needs it takes
    /// differences then.
    fn hessian(&self, _x: &DVector<f64>) -> Option<Matrix> {
        None
    }

    /// Writes the [Hessian](Self::hessian) over that of an earlier call and returns true, when the problem can give it;
    /// otherwise returns false. Default: writes what [`hessian`](Self::hessian) returns. Worth implementing for many
    /// variables: no new matrix is allocated, and a sparse one keeps its pattern.
    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.hessian(x).map(|given| *hessian = given).is_some()
    }

    /// Writes ∇f(x) and returns f(x). Worth implementing when the two share work.
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.gradient(x, gradient);
        self.cost(x)
    }

    /// Writes ∇²f(x) v, n components, and returns true, when the problem can give it. Default: returns false.
    fn hessian_product(
        &self,
        _x: &DVector<f64>,
        _v: &DVector<f64>,
        _product: &mut DVector<f64>,
    ) -> bool {
        false
    }

    /// The bounds that x has to keep, of dimension n, if there are any. Default: `None`.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// False when the problem has no [`gradient`](Problem::gradient); the cost is then differenced instead. Default: true.
    ///
    /// ```
    /// use extremum::{Bfgs, DVector, Error, Problem, minimize};
    ///
    /// struct Simulation {
    ///     is_differenced: bool,
    /// }
    ///
    /// impl Problem for Simulation {
    ///     fn dimension(&self) -> usize {
    ///         1
    ///     }
    ///     fn cost(&self, x: &DVector<f64>) -> f64 {
    ///         (x[0] - 2.0).powi(2)
    ///     }
    ///     fn has_gradient(&self) -> bool {
    ///         !self.is_differenced
    ///     }
    /// }
    ///
    /// let found = minimize(Simulation { is_differenced: true }, Bfgs::default(), [0.0])?;
    /// assert!((found.x[0] - 2.0).abs() < 1e-6);
    /// let forgotten = minimize(Simulation { is_differenced: false }, Bfgs::default(), [0.0]);
    /// assert!(matches!(forgotten, Err(Error::GradientNotWritten { index: 0 })));
    /// # Ok::<(), Error>(())
    /// ```
    fn has_gradient(&self) -> bool {
        true
    }

    /// The relative accuracy of the cost, for a problem without a gradient: the noisier the cost, the longer the steps
    /// of the differences. Default: that of `f64`, 2.2e-16. Range: up to 0.1; smaller values than the default mean the
    /// default. A simulation accurate to six digits has 1e-6; see [`with_noise`](FromFn::with_noise).
    fn noise(&self) -> f64 {
        f64::EPSILON
    }

    /// Why the problem can no longer be evaluated, if that is so. It is asked when a value is NaN; a reason ends the run
    /// ([`ProblemFailed`](crate::Termination::ProblemFailed)). Default: `None`. [`Fallible`] implements it.
    fn failure(&self) -> Option<String> {
        None
    }

    /// The structure of the problem, for methods that exploit it. Default: none.
    fn structure(&self) -> Structure<'_> {
        Structure::default()
    }

    /// The same problem with these constraints in addition to its bounds. They replace constraints that it has already:
    /// [`Constraints::and`] puts two kinds together.
    ///
    /// ```
    /// use extremum::{AugmentedLagrangian, Problem, constraints_from_fn, from_fn, minimize};
    /// let circle = constraints_from_fn(1, |x, c| c[0] = x.norm_squared()).at_most([2.0])?;
    /// let problem = from_fn(2, |x| x[0] + x[1]).with_constraints(circle);
    /// let found = minimize(&problem, AugmentedLagrangian::default(), [0.0, 0.0])?;
    /// assert!((found.cost + 2.0).abs() < 1e-6);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    fn with_constraints<C: Constraints>(self, constraints: C) -> Constrained<Self, C>
    where
        Self: Sized,
    {
        Constrained(self, constraints)
    }
}

/// The methods of a [`Problem`] that a wrapper forwards to the problem inside: all but bounds, failure and structure.
macro_rules! delegate {
    ($self:ident => $inner:expr) => {
        fn dimension(&$self) -> usize {
            $inner.dimension()
        }
        fn cost(&$self, x: &nalgebra::DVector<f64>) -> f64 {
            $inner.cost(x)
        }
        fn gradient(&$self, x: &nalgebra::DVector<f64>, gradient: &mut nalgebra::DVector<f64>) {
            $inner.gradient(x, gradient);
        }
        fn hessian(&$self, x: &nalgebra::DVector<f64>) -> Option<crate::Matrix> {
            $inner.hessian(x)
        }
        fn write_hessian(&$self, x: &nalgebra::DVector<f64>, hessian: &mut crate::Matrix) -> bool {
            $inner.write_hessian(x, hessian)
        }
        fn cost_and_gradient(
            &$self,
            x: &nalgebra::DVector<f64>,
            gradient: &mut nalgebra::DVector<f64>,
        ) -> f64 {
            $inner.cost_and_gradient(x, gradient)
        }
        fn hessian_product(
            &$self,
            x: &nalgebra::DVector<f64>,
            v: &nalgebra::DVector<f64>,
            product: &mut nalgebra::DVector<f64>,
        ) -> bool {
            $inner.hessian_product(x, v, product)
        }
        fn has_gradient(&$self) -> bool {
            $inner.has_gradient()
        }
        fn noise(&$self) -> f64 {
            $inner.noise()
        }
    };
}
pub(crate) use delegate;

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<P: Problem + $($sync)* ?Sized> Problem for $pointer {
            delegate!(self => (**self));

            fn bounds(&self) -> Option<&Bounds> {
                (**self).bounds()
            }
            fn failure(&self) -> Option<String> {
                (**self).failure()
            }
            fn structure(&self) -> Structure<'_> {
                (**self).structure()
            }
        }
    };
}

forward!(&P,);
forward!(Box<P>,);
forward!(std::sync::Arc<P>, Send+);
