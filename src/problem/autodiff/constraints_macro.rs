//! `constraints!`: formulas for constraints without the struct around them.

use super::{Limited, VectorFormula};
use crate::problem::Bounds;
use crate::problem::constraints::limit_methods;

/// Functions made of formulas by [`constraints!`](crate::constraints!), which become constraints by their limits.
#[derive(Clone, Copy, Debug)]
pub struct Formulas<F>(F);

impl<F: VectorFormula> Formulas<F> {
    /// The values of a [`VectorFormula`].
    pub fn new(formula: F) -> Self {
        Self(formula)
    }

    /// The number m of functions.
    pub fn count(&self) -> usize {
        self.0.length()
    }

    limit_methods!(Limited<F>);

    fn limited(self, limits: Bounds) -> Limited<F> {
        Limited(self.0, limits)
    }
}

/// Writes constraints as formulas, with exact derivatives: `constraints!(n, |x| [c₁, c₂, ..])`, where `n` is the number
/// of variables and each expression of the slice `x` of [`Num`](crate::Num)s is one function. Then come their limits:
/// [`equal_to`](crate::Formulas::equal_to), [`at_least`](crate::Formulas::at_least),
/// [`at_most`](crate::Formulas::at_most) or [`between`](crate::Formulas::between). What the expressions need of the
/// variables around them is named in `with(..)`, as in [`problem!`](crate::problem!).
///
/// ```
/// use extremum::{AugmentedLagrangian, Problem, TrustRegion, constraints, minimize, problem};
/// // Problem 71 of Hock and Schittkowski (1981), without its bounds; they are in the constraints.
/// let cost = problem!(4, |x| x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]);
/// let product = constraints!(4, |x| [x[0] * x[1] * x[2] * x[3]]).at_least([25.0])?;
/// let rest = constraints!(4, |x| [x.iter().map(|x| x * x).sum(), x[0], x[1], x[2], x[3]])
///     .between([40.0, 1.0, 1.0, 1.0, 1.0], [40.0, 5.0, 5.0, 5.0, 5.0])?;
///
/// use extremum::Constraints;
/// let solver = AugmentedLagrangian::new(TrustRegion::tron());
/// let found = minimize(cost.with_constraints(product.and(rest)), solver, [1.0, 5.0, 5.0, 1.0])?;
/// assert!((found.cost - 17.0140173).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
#[macro_export]
macro_rules! constraints {
    ($dimension:expr, |$x:ident| [$($function:expr),+ $(,)?] $(,)?) => {{
        struct ConstraintFormulas {
            dimension: usize,
        }
        impl $crate::VectorFormula for ConstraintFormulas {
            fn dimension(&self) -> usize {
                self.dimension
            }
            fn length(&self) -> usize {
                [$(stringify!($function)),+].len()
            }
            fn values<R: $crate::Real>(&self, $x: &[$crate::Num<R>], values: &mut [$crate::Num<R>]) {
                values.clone_from_slice(&[$($function),+]);
            }
        }
        $crate::Formulas::new(ConstraintFormulas { dimension: $dimension })
    }};
    (
        $dimension:expr, with($($name:ident: $type:ty),+ $(,)?),
        |$x:ident| [$($function:expr),+ $(,)?] $(,)?
    ) => {{
        struct ConstraintFormulas<'a> {
            dimension: usize,
            $($name: &'a $type,)+
        }
        impl $crate::VectorFormula for ConstraintFormulas<'_> {
            fn dimension(&self) -> usize {
                self.dimension
            }
            fn length(&self) -> usize {
                [$(stringify!($function)),+].len()
            }
            fn values<R: $crate::Real>(&self, $x: &[$crate::Num<R>], values: &mut [$crate::Num<R>]) {
                $(let $name = self.$name;)+
                values.clone_from_slice(&[$($function),+]);
            }
        }
        $crate::Formulas::new(ConstraintFormulas { dimension: $dimension, $($name: &$name),+ })
    }};
}
