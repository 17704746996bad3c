//! Test functions of global optimization: many local minima or an ill-conditioned valley, a search box, and the global
//! minimum known to the last digit.
//!
//! | name | n | box | f* | at |
//! |---|---|---|---|---|
//! | `sphere` | ≥ 1 | [-5.12, 5.12] | 0 | 0 |
//! | `ellipsoid` | ≥ 2 | [-5, 5] | 0 | 0 |
//! | `rosenbrock` | ≥ 2 | [-5, 10] | 0 | 1 |
//! | `rastrigin` | ≥ 1 | [-5.12, 5.12] | 0 | 0 |
//! | `ackley` | ≥ 1 | [-32.768, 32.768] | 0 | 0 |
//! | `griewank` | ≥ 1 | [-600, 600] | 0 | 0 |
//! | `schwefel` | ≥ 1 | [-500, 500] | 0 | 420.9687... |
//! | `levy` | ≥ 1 | [-10, 10] | 0 | 1 |
//! | `michalewicz` | ≥ 1 | [0, π] | -1.8013... for n = 2 | differs by coordinate |
//! | `styblinski-tang` | ≥ 1 | [-5, 5] | -39.1661... n | -2.9035... |
//! | `hartmann-3` | 3 | [0, 1] | -3.8627... | an asymmetric point |
//! | `hartmann-6` | 6 | [0, 1] | -3.3223... | an asymmetric point |
//! | `shekel-5`, `shekel-7`, `shekel-10` | 4 | [0, 10] | -10.1531..., -10.4029..., -10.5364... | near 4 |
//! | `bi-rastrigin` | ≥ 2 | [-5, 5] | 0 | 2.5 |
//!
//! Each is a [`GlobalFormula`], with exact derivatives, and [`GlobalFunction`] makes a problem of it whose minimiser can
//! be moved and whose coordinates can be rotated: this exposes solvers that favour the centre of the box or the
//! coordinate axes. The minima are those over all of ℝⁿ, so that they hold for any box around the
//! minimiser and without one; `schwefel` and `michalewicz`, which have no minimum or a lower one outside their box, are
//! continued there by a parabola.
//!
//! Costs that are zero at the minimiser are written without cancellation near it, 20 sin²(πx) for 10 - 10 cos(2πx):
//! where the formula allows, their relative error is small, and not only 10⁻¹⁶ of the surrounding heights.
//!
//! ```
//! use extremum::Problem;
//! use extremum::functions::global;
//!
//! let rastrigin = global::by_name("rastrigin", 10)?;
//! let harder = rastrigin.shifted(1, 0.8)?.rotated(1);
//! assert_eq!(harder.cost(harder.minimizer()), 0.0);
//! assert!(harder.bounds().is_some());
//! # Ok::<(), extremum::Error>(())
//! ```
//!
//! M. Jamil, X.-S. Yang, "A literature survey of benchmark functions for global optimisation problems", Int. J.
//! Mathematical Modelling and Numerical Optimisation 4(2), 2013, pp. 150-194, lists most of them with their sources.

mod bowls;
mod function;
mod rotation;
mod separable;
mod waves;
mod wells;

use crate::{DVector, Error, Formula};

pub use bowls::{Ellipsoid, Rosenbrock, Sphere};
pub use function::GlobalFunction;
pub use separable::{Michalewicz, Schwefel, StyblinskiTang};
pub use waves::{Ackley, BiRastrigin, Griewank, Levy, Rastrigin};
pub use wells::{Hartmann, Shekel};

/// A formula whose global minimum is known.
pub trait GlobalFormula: Formula {
    /// The name, lower case with hyphens.
    fn name(&self) -> &'static str;

    /// The usual search box: the lower and the upper bound of every coordinate.
    fn interval(&self) -> [f64; 2];

    /// The lowest value f* over all of ℝⁿ.
    fn minimum(&self) -> f64;

    /// A point where it is attained, n components.
    fn minimizer(&self) -> DVector<f64>;
}

/// The names that [`by_name`] knows.
pub const NAMES: [&str; 16] = [
    "sphere",
    "ellipsoid",
    "rosenbrock",
    "rastrigin",
    "ackley",
    "griewank",
    "schwefel",
    "levy",
    "michalewicz",
    "styblinski-tang",
    "hartmann-3",
    "hartmann-6",
    "shekel-5",
    "shekel-7",
    "shekel-10",
    "bi-rastrigin",
];

/// The function of that name in `n` variables, with its usual box as bounds.
///
/// ```
/// use extremum::functions::global;
/// assert_eq!(global::by_name("shekel-5", 4)?.minimum(), -10.153199679058227);
/// assert!(global::by_name("shekel-5", 3).is_err());
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownFunction`] for a name that is not among [`NAMES`]; [`Error::Parameter`] for an `n` that the function
/// does not allow.
#[inline]
pub fn by_name(name: &str, n: usize) -> Result<GlobalFunction, Error> {
    match name {
        "sphere" => GlobalFunction::new(Sphere::new(n)?),
        "ellipsoid" => GlobalFunction::new(Ellipsoid::new(n)?),
        "rosenbrock" => GlobalFunction::new(Rosenbrock::new(n)?),
        "rastrigin" => GlobalFunction::new(Rastrigin::new(n)?),
        "ackley" => GlobalFunction::new(Ackley::new(n)?),
        "griewank" => GlobalFunction::new(Griewank::new(n)?),
        "schwefel" => GlobalFunction::new(Schwefel::new(n)?),
        "levy" => GlobalFunction::new(Levy::new(n)?),
        "michalewicz" => GlobalFunction::new(Michalewicz::new(n)?),
        "styblinski-tang" => GlobalFunction::new(StyblinskiTang::new(n)?),
        "hartmann-3" => of_size(n, 3, "3", Hartmann::three()),
        "hartmann-6" => of_size(n, 6, "6", Hartmann::six()),
        "shekel-5" => of_size(n, 4, "4", Shekel::five()),
        "shekel-7" => of_size(n, 4, "4", Shekel::seven()),
        "shekel-10" => of_size(n, 4, "4", Shekel::ten()),
        "bi-rastrigin" => GlobalFunction::new(BiRastrigin::new(n)?),
        _ => Err(Error::UnknownFunction { name: name.into(), known: NAMES.join(", ") }),
    }
}

/// The function of a formula that has one size only.
fn of_size(
    n: usize,
    size: usize,
    in_words: &'static str,
    formula: impl GlobalFormula + Send + 'static,
) -> Result<GlobalFunction, Error> {
    super::sized(n, n == size, in_words)?;
    GlobalFunction::new(formula)
}

/// A formula in n variables with no other parameter, with the same coordinate n times as its minimiser.
macro_rules! any_size {
    (
        $(#[$doc:meta])*
        $name:ident, $title:literal, n >= $least:literal ($range:literal), box: $interval:expr,
        minimum: |$n:ident| $minimum:expr, at: $coordinate:expr, |$x:ident| $cost:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            n: usize,
        }

        impl $name {
            #[doc = concat!("With `n` variables, ", $range, ".")]
            ///
            /// # Errors
            /// [`Error::Parameter`](crate::Error::Parameter) for a smaller `n`.
            pub fn new(n: usize) -> Result<Self, $crate::Error> {
                Ok(Self { n: $crate::functions::sized(n, n >= $least, $range)? })
            }
        }

        impl $crate::Formula for $name {
            fn dimension(&self) -> usize {
                self.n
            }
            fn cost<R: $crate::Real>(&self, $x: &[$crate::Num<R>]) -> $crate::Num<R> {
                $cost
            }
        }

        impl $crate::functions::global::GlobalFormula for $name {
            fn name(&self) -> &'static str {
                $title
            }
            fn interval(&self) -> [f64; 2] {
                $interval
            }
            fn minimum(&self) -> f64 {
                let $n = self.n as f64;
                $minimum
            }
            fn minimizer(&self) -> $crate::DVector<f64> {
                $crate::DVector::from_element(self.n, $coordinate)
            }
        }
    };
}
use any_size;
