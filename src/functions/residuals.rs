//! The Moré-Garbow-Hillstrom functions, each written once as its residuals.
//!
//! f(x) = Σ rᵢ(x)², without a factor ½. The residuals are generic over the kind of number, so that one formula gives
//! the cost, the exact gradient and Hessian ([`Squared`] in [`AutoDiff`](crate::AutoDiff)), and anything else that is
//! computed from residuals.
//!
//! ```
//! use extremum::functions::residuals::{Residuals, Rosenbrock, Squared};
//! use extremum::{AutoDiff, Problem};
//!
//! let problem = AutoDiff(Squared(Rosenbrock));
//! assert!((problem.cost(&Rosenbrock.start()) - 24.2).abs() < 1e-12);
//! ```
//!
//! Numbers and formulas are those of J. J. Moré, B. S. Garbow, K. E. Hillstrom, "Testing unconstrained
//! optimization software", ACM TOMS 7(1) (1981) 17-41, and its Algorithm 566; a problem's number is its number in
//! section 3 there. Minima that the paper gives to six digits are given here to the precision of f64; tests
//! compare with the paper.

mod chains;
mod fitting;
mod linear;
mod plane;
mod profiles;
mod space;
mod systems;
mod tables;

use super::sized;
use crate::{DVector, Formula, Num, Real, VectorFormula};

pub use chains::{
    BroydenBanded, BroydenTridiagonal, DiscreteBoundaryValue, DiscreteIntegralEquation,
    ExtendedPowellSingular, ExtendedRosenbrock,
};
pub use fitting::{BiggsExp6, Box3d, BrownDennis, GulfResearch, JennrichSampson, Watson};
pub use linear::{LinearFullRank, LinearRankOne, LinearRankOneZero};
pub use plane::{Beale, BrownBadlyScaled, FreudensteinRoth, PowellBadlyScaled, Rosenbrock};
pub use profiles::{Chebyquad, PenaltyOne, PenaltyTwo, VariablyDimensioned};
pub use space::{HelicalValley, PowellSingular, Wood};
pub use systems::{BrownAlmostLinear, Trigonometric};
pub use tables::{Bard, Gaussian, KowalikOsborne, Meyer, OsborneOne, OsborneTwo};

/// A published least-squares function r: ℝⁿ → ℝᵐ with its standard start and its known minima.
pub trait Residuals: Send + Sync + 'static {
    /// The name in the literature.
    const NAME: &'static str;

    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// The number m of residuals.
    fn residual_count(&self) -> usize;

    /// Passes r₁(x), ..., rₘ(x) to `out`, in this order. `x` holds n numbers.
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>));

    /// The standard start.
    fn start(&self) -> DVector<f64>;

    /// The known values of local minima of Σ rᵢ², lowest first; empty when none is known for this size.
    fn minima(&self) -> Vec<f64>;

    /// Known minimisers, not always all of them.
    fn minimizers(&self) -> Vec<DVector<f64>> {
        Vec::new()
    }
}

/// The formula Σ rᵢ(x)² of residuals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Squared<T>(pub T);

impl<T: Residuals> Formula for Squared<T> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let mut sum = Num::from(0.0);
        self.0.residuals(x, &mut |r| sum += r * r);
        sum
    }
}

/// The vector of residuals: [`AutoDiff`](crate::AutoDiff) makes it a [`LeastSquares`](crate::LeastSquares). The cost of its
/// [`SumOfSquares`](crate::SumOfSquares) is ½ Σ rᵢ², half that of [`Squared`].
///
/// ```
/// use extremum::functions::residuals::{Components, Rosenbrock};
/// use extremum::{AutoDiff, DVector, Problem, SumOfSquares};
/// let problem = SumOfSquares::new(AutoDiff(Components(Rosenbrock)));
/// assert!((problem.cost(&DVector::from_vec(vec![-1.2, 1.0])) - 12.1).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Components<T>(pub T);

impl<T: Residuals> VectorFormula for Components<T> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn length(&self) -> usize {
        self.0.residual_count()
    }
    fn values<R: Real>(&self, x: &[Num<R>], values: &mut [Num<R>]) {
        let mut values = values.iter_mut();
        self.0.residuals(x, &mut |r| {
            if let Some(value) = values.next() {
                *value = r;
            }
        });
    }
}

/// The constants of a function of fixed size, inside its `impl Residuals`.
macro_rules! published {
    ($name:literal, n = $n:literal, m = $m:expr, start: $start:expr, minima: $minima:expr,
     minimizers: $minimizers:expr $(,)?) => {
        const NAME: &'static str = $name;
        fn dimension(&self) -> usize {
            $n
        }
        fn residual_count(&self) -> usize {
            $m
        }
        fn start(&self) -> crate::DVector<f64> {
            crate::DVector::from_row_slice(&$start)
        }
        fn minima(&self) -> Vec<f64> {
            $minima.to_vec()
        }
        fn minimizers(&self) -> Vec<crate::DVector<f64>> {
            let points: &[[f64; $n]] = &$minimizers;
            points.iter().map(|x| crate::DVector::from_row_slice(x)).collect()
        }
    };
}
use published;

/// Σ xⱼ.
fn total<R: Real>(x: &[Num<R>]) -> Num<R> {
    x.iter().copied().sum()
}
