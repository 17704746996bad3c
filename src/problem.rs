//! What is minimised: a cost with a gradient and, where it is known, a Hessian.

#[cfg(feature = "autodiff")]
mod autodiff;
mod bounded;
mod bounds;
mod closure;
mod finite_sum;
mod hessian;

use nalgebra::DVector;

#[cfg(feature = "autodiff")]
pub use autodiff::{AutoDiff, Formula, Num, Real};
pub use bounded::Bounded;
pub use bounds::Bounds;
pub(crate) use bounds::Sides;
pub use closure::{FromFn, from_fn};
#[cfg(feature = "mpi")]
pub(crate) use finite_sum::{CHUNK, Mean, add};
pub use finite_sum::{FiniteSum, Sum};
pub use hessian::Hessian;

/// A function f: ℝⁿ → ℝ to minimise.
///
/// Only [`dimension`](Problem::dimension), [`cost`](Problem::cost) and [`gradient`](Problem::gradient) are
/// required. Everything else makes a solver faster or surer when it is given. The trait is object-safe, and
/// `&P`, `Box<P>` and `Arc<P>` are problems too.
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

    /// Writes the gradient ∇f(x), n entries. Never called when [`has_gradient`](Problem::has_gradient) is false.
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>);

    /// The Hessian ∇²f(x), n × n and symmetric, when the problem can give it.
    fn hessian(&self, _x: &DVector<f64>) -> Option<Hessian> {
        None
    }

    /// Writes ∇f(x) and returns f(x). Worth writing when the two share work.
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.gradient(x, gradient);
        self.cost(x)
    }

    /// Writes ∇²f(x) v and returns true, when the problem can give it.
    fn hessian_product(
        &self,
        _x: &DVector<f64>,
        _v: &DVector<f64>,
        _product: &mut DVector<f64>,
    ) -> bool {
        false
    }

    /// The box that x has to stay in, if there is one.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// False when [`gradient`](Problem::gradient) is not known; the cost is differenced in its place.
    fn has_gradient(&self) -> bool {
        true
    }

    /// The relative accuracy of the cost, for a problem without a gradient: its differences take their steps from it, longer
    /// ones for a noisier cost. Default: that of `f64`, 2.2e-16. Range: up to 0.1; less than the default means the default.
    /// A simulation with six digits has 1e-6; see [`with_noise`](FromFn::with_noise).
    fn noise(&self) -> f64 {
        f64::EPSILON
    }

    /// True once nobody waits for further costs, because the run was interrupted. An [evaluator](crate::Evaluator) that
    /// sends points elsewhere asks before it sends more. Nothing to be written for a problem: runs answer it.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// What the function is made of, for the methods that make use of it.
    fn structure(&self) -> Structure<'_> {
        Structure::Plain
    }
}

/// What a [`Problem`] is made of.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Structure<'a> {
    /// Nothing that is known.
    Plain,
    /// The mean of terms; N of them, over all of which the mean is the problem's cost.
    Sum(&'a dyn FiniteSum),
}

impl<'a> Structure<'a> {
    /// The terms of a sum.
    pub(crate) fn sum(self) -> Option<&'a dyn FiniteSum> {
        match self {
            Self::Plain => None,
            Self::Sum(sum) => Some(sum),
        }
    }
}

impl std::fmt::Debug for Structure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain => f.write_str("Plain"),
            Self::Sum(sum) => f.debug_struct("Sum").field("terms", &sum.terms()).finish(),
        }
    }
}

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<P: Problem + $($sync)* ?Sized> Problem for $pointer {
            fn dimension(&self) -> usize {
                (**self).dimension()
            }
            fn cost(&self, x: &DVector<f64>) -> f64 {
                (**self).cost(x)
            }
            fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
                (**self).gradient(x, gradient);
            }
            fn hessian(&self, x: &DVector<f64>) -> Option<Hessian> {
                (**self).hessian(x)
            }
            fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
                (**self).cost_and_gradient(x, gradient)
            }
            fn hessian_product(
                &self,
                x: &DVector<f64>,
                v: &DVector<f64>,
                product: &mut DVector<f64>,
            ) -> bool {
                (**self).hessian_product(x, v, product)
            }
            fn bounds(&self) -> Option<&Bounds> {
                (**self).bounds()
            }
            fn has_gradient(&self) -> bool {
                (**self).has_gradient()
            }
            fn noise(&self) -> f64 {
                (**self).noise()
            }
            fn is_interrupted(&self) -> bool {
                (**self).is_interrupted()
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
