//! Constraints in addition to the bounds.
//!
//! ```text
//! minimise f(x)  subject to  l ≤ c(x) ≤ u,    Jᵢⱼ = ∂cᵢ/∂xⱼ
//! ```
//!
//! An equality has l = u; a side that is infinite does not constrain. The Lagrangian is f(x) − Σ yᵢ cᵢ(x), as in J. Nocedal
//! and S. Wright, Numerical Optimization, 2nd ed., Springer (2006), eq. (12.33).

mod both;
mod closure;

use std::sync::Arc;

use nalgebra::DVector;

pub use both::Both;
pub use closure::{ConstraintsFromFn, Functions, constraints_from_fn};

use super::{Bounds, Matrix, Problem, Structure, delegate};
use crate::Error;

/// Constraints l ≤ c(x) ≤ u, with c: ℝⁿ → ℝᵐ. [`Problem::with_constraints`] adds them to a problem, and
/// [`InteriorPoint`](crate::InteriorPoint) and [`AugmentedLagrangian`](crate::AugmentedLagrangian) keep them. A run
/// refuses a solver whose [domain](crate::Domain) is not [`Constrained`](crate::Domain::Constrained).
///
/// [`constraints_from_fn`] makes them of closures; with the feature `autodiff`, `constraints!` makes them of formulas,
/// with exact derivatives. [`and`](Self::and) puts two kinds together. Or implement the trait:
///
/// ```
/// use extremum::{AugmentedLagrangian, Bounds, Constraints, DVector, Error, Lbfgs, Oracle, Problem, from_fn, minimize};
///
/// /// x₀² + x₁² = 2
/// struct Circle(Bounds);
///
/// impl Constraints for Circle {
///     fn count(&self) -> usize {
///         1
///     }
///     fn limits(&self) -> &Bounds {
///         &self.0
///     }
///     fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
///         c[0] = x.norm_squared();
///     }
/// }
///
/// let problem = from_fn(2, |x| x[0] + x[1]).with_constraints(Circle(Bounds::new([2.0], [2.0])?));
/// let mut c = DVector::zeros(1);
/// Oracle::new(&problem).constraint_values(&DVector::from_vec(vec![-1.0, 2.0]), &mut c);
/// assert_eq!(c[0], 5.0);
/// let found = minimize(&problem, AugmentedLagrangian::default(), [0.0, -1.0])?;
/// assert!((found.cost + 2.0).abs() < 1e-6 && found.multipliers.is_some_and(|y| (y[0] + 0.5).abs() < 1e-6));
///
/// let refused = minimize(&problem, Lbfgs::default(), [1.0, 1.0]);
/// assert!(matches!(refused, Err(Error::ConstraintsNotSupported { .. })));
/// # Ok::<(), Error>(())
/// ```
pub trait Constraints: Sync {
    /// The number m of constraints.
    fn count(&self) -> usize;

    /// The limits l and u, m components each: lᵢ = uᵢ for an equality, infinite where there is no limit.
    fn limits(&self) -> &Bounds;

    /// The number n of variables, where the constraints are written for one number of them: a run refuses a problem
    /// with another. Default: `None`.
    fn dimension(&self) -> Option<usize> {
        None
    }

    /// Writes c(x), m components. NaN or infinity: x is outside the domain.
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>);

    /// Writes the Jacobian ∂cᵢ/∂xⱼ, m × n, and returns true, when it can be given; otherwise returns false, and it is
    /// differenced. `jacobian` holds what the last call wrote, so that its memory can be reused: see [`Matrix::dense`].
    /// Default: false.
    fn jacobian(&self, _x: &DVector<f64>, _jacobian: &mut Matrix) -> bool {
        false
    }

    /// Σ yᵢ ∇²cᵢ(x) with the multipliers y, m components; n × n and symmetric, when it can be given. The Hessian of the
    /// Lagrangian is ∇²f(x) minus this sum. Default: `None`.
    fn hessian(&self, _x: &DVector<f64>, _multipliers: &DVector<f64>) -> Option<Matrix> {
        None
    }

    /// Writes the [Hessian](Self::hessian) over that of an earlier call and returns true, when it can be given;
    /// otherwise returns false. Default: writes what [`hessian`](Self::hessian) returns.
    fn write_hessian(
        &self,
        x: &DVector<f64>,
        multipliers: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.hessian(x, multipliers).map(|given| *hessian = given).is_some()
    }

    /// Why the constraints can no longer be evaluated, if that is so; see [`Problem::failure`]. Default: `None`.
    fn failure(&self) -> Option<String> {
        None
    }

    /// These constraints and others, of the same variables: so that equalities and inequalities are written apart.
    /// Their derivatives are given where both give them.
    ///
    /// ```
    /// use extremum::{AugmentedLagrangian, Constraints, Problem, constraints_from_fn, from_fn, minimize};
    /// // Problem 14 of Hock and Schittkowski (1981).
    /// let line = constraints_from_fn(1, |x, c| c[0] = x[0] - 2.0 * x[1]).equal_to([-1.0])?;
    /// let ellipse = constraints_from_fn(1, |x, c| c[0] = x[0] * x[0] / 4.0 + x[1] * x[1]).at_most([1.0])?;
    /// let problem = from_fn(2, |x| (x[0] - 2.0).powi(2) + (x[1] - 1.0).powi(2)).with_constraints(line.and(ellipse));
    /// let found = minimize(&problem, AugmentedLagrangian::default(), [2.0, 2.0])?;
    /// assert!((found.cost - (9.0 - 2.875 * 7_f64.sqrt())).abs() < 1e-5);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    fn and<C: Constraints>(self, other: C) -> Both<Self, C>
    where
        Self: Sized,
    {
        Both::new(self, other)
    }
}

/// Limits for m constraints.
///
/// # Errors
/// When there are not m numbers, and for limits that exclude each other.
pub(super) fn between(m: usize, lower: DVector<f64>, upper: DVector<f64>) -> Result<Bounds, Error> {
    for side in [&lower, &upper] {
        if side.len() != m {
            return Err(Error::ConstraintLimits { expected: m, actual: side.len() });
        }
    }
    Bounds::new(lower.as_slice(), upper.as_slice())
}

/// The four ways to limit m functions, for a type with `count` and `limited`.
macro_rules! limit_methods {
    ($limited:ty) => {
        /// The constraints cᵢ(x) = bᵢ, m numbers.
        ///
        /// # Errors
        /// When there are not m numbers, or one is NaN.
        pub fn equal_to(self, b: impl crate::IntoVector) -> Result<$limited, crate::Error> {
            let b = b.into_vector();
            self.between(b.clone(), b)
        }
        /// The constraints cᵢ(x) ≥ lᵢ, m numbers.
        ///
        /// # Errors
        /// As [`equal_to`](Self::equal_to).
        pub fn at_least(self, l: impl crate::IntoVector) -> Result<$limited, crate::Error> {
            let none = nalgebra::DVector::from_element(self.count(), f64::INFINITY);
            self.between(l, none)
        }
        /// The constraints cᵢ(x) ≤ uᵢ, m numbers.
        ///
        /// # Errors
        /// As [`equal_to`](Self::equal_to).
        pub fn at_most(self, u: impl crate::IntoVector) -> Result<$limited, crate::Error> {
            let none = nalgebra::DVector::from_element(self.count(), f64::NEG_INFINITY);
            self.between(none, u)
        }
        /// The constraints lᵢ ≤ cᵢ(x) ≤ uᵢ, m numbers each; a side that is infinite does not constrain.
        ///
        /// # Errors
        /// As [`equal_to`](Self::equal_to), and when a lower limit exceeds its upper limit.
        pub fn between(
            self,
            l: impl crate::IntoVector,
            u: impl crate::IntoVector,
        ) -> Result<$limited, crate::Error> {
            let (l, u) = (l.into_vector(), u.into_vector());
            let limits = crate::problem::constraints::between(self.count(), l, u)?;
            Ok(self.limited(limits))
        }
    };
}
pub(super) use limit_methods;

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<C: Constraints + $($sync)* ?Sized> Constraints for $pointer {
            fn count(&self) -> usize {
                (**self).count()
            }
            fn limits(&self) -> &Bounds {
                (**self).limits()
            }
            fn dimension(&self) -> Option<usize> {
                (**self).dimension()
            }
            fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
                (**self).values(x, values);
            }
            fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
                (**self).jacobian(x, jacobian)
            }
            fn hessian(&self, x: &DVector<f64>, multipliers: &DVector<f64>) -> Option<Matrix> {
                (**self).hessian(x, multipliers)
            }
            fn write_hessian(
                &self,
                x: &DVector<f64>,
                multipliers: &DVector<f64>,
                hessian: &mut Matrix,
            ) -> bool {
                (**self).write_hessian(x, multipliers, hessian)
            }
            fn failure(&self) -> Option<String> {
                (**self).failure()
            }
        }
    };
}

forward!(&C,);
forward!(Box<C>,);
forward!(Arc<C>, Send+);

/// Any problem, with constraints in addition, as [`Problem::with_constraints`] makes it: `Constrained(problem,
/// constraints)`. They replace constraints that the problem has already. An example is at [`Constraints`].
#[derive(Clone, Debug)]
pub struct Constrained<P, C>(pub P, pub C);

impl<P: Problem, C: Constraints> Problem for Constrained<P, C> {
    delegate!(self => self.0);

    fn bounds(&self) -> Option<&Bounds> {
        self.0.bounds()
    }
    fn failure(&self) -> Option<String> {
        self.0.failure().or_else(|| self.1.failure())
    }
    fn structure(&self) -> Structure<'_> {
        self.0.structure().within(&self.1)
    }
}
