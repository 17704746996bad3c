//! Constraints in addition to the bounds.
//!
//! ```text
//! minimise f(x)  subject to  l ≤ c(x) ≤ u,    Jᵢⱼ = ∂cᵢ/∂xⱼ
//! ```
//!
//! An equality has l = u; a side that is infinite does not constrain. The Lagrangian is f(x) − Σ yᵢ cᵢ(x), as in J. Nocedal
//! and S. Wright, Numerical Optimization, 2nd ed., Springer (2006), eq. (12.33).

use std::sync::Arc;

use nalgebra::DVector;

use super::{Bounds, Matrix, Problem, Structure, delegate};

/// Constraints l ≤ c(x) ≤ u, with c: ℝⁿ → ℝᵐ. [`Constrained`] adds them to a [`Problem`]. A run refuses a solver whose
/// [domain](crate::Domain) is not [`Constrained`](crate::Domain::Constrained). No solver of this library has that
/// domain yet: constraints are for solvers of your own, which evaluate them through the [`Oracle`](crate::Oracle). With
/// the feature `autodiff`, `Limited` makes constraints of formulas, with exact derivatives.
///
/// ```
/// use extremum::{Bounds, Constrained, Constraints, DVector, Error, Lbfgs, Oracle, from_fn, minimize};
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
/// let problem = Constrained(from_fn(2, |x| x[0] + x[1]), Circle(Bounds::new([2.0], [2.0])?));
/// let mut c = DVector::zeros(1);
/// Oracle::new(&problem).constraint_values(&DVector::from_vec(vec![-1.0, 2.0]), &mut c);
/// assert_eq!(c[0], 5.0);
/// let refused = minimize(&problem, Lbfgs::default(), [1.0, 1.0]);
/// assert!(matches!(refused, Err(Error::ConstraintsNotSupported { .. })));
/// # Ok::<(), Error>(())
/// ```
pub trait Constraints: Sync {
    /// The number m of constraints.
    fn count(&self) -> usize;

    /// The limits l and u, m components each: lᵢ = uᵢ for an equality, infinite where there is no limit.
    fn limits(&self) -> &Bounds;

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

    /// Writes the [Hessian](Self::hessian) over that of an earlier call and returns true, when it can be given; otherwise
    /// returns false. Default: writes what [`hessian`](Self::hessian) returns.
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
}

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<C: Constraints + $($sync)* ?Sized> Constraints for $pointer {
            fn count(&self) -> usize {
                (**self).count()
            }
            fn limits(&self) -> &Bounds {
                (**self).limits()
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

/// Any problem, with constraints in addition: `Constrained(problem, constraints)`. They replace constraints that the
/// problem has already. An example is at [`Constraints`].
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
