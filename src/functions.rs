//! Test functions with their standard starts, known minima and exact derivatives.
//!
//! A formula is compiled by the program that uses it: the functions that list them are `#[inline]`, so the library
//! contains no code for them.
//!
//! | collection | contents |
//! |---|---|
//! | [`more_garbow_hillstrom`] | the 35 least-squares functions of Moré, Garbow and Hillstrom (1981), n from 2 to 12 |
//! | [`classics()`] | two-dimensional landscapes with several minima |
//! | [`large`] | functions of any size with hand-written gradients in O(n) and sparse Hessians |
//! | [`global`] | functions of global optimization with search boxes, shifted and rotated on demand |
//!
//! ```
//! use extremum::Problem;
//! use extremum::functions::{self, TestFunction, residuals};
//!
//! let wood = functions::by_name("Wood").expect("it is problem 14");
//! assert_eq!(wood.cost(wood.start()), 19192.0);
//! assert!(wood.is_known_minimum(1e-9));
//!
//! // Any size that the formula allows:
//! let watson = TestFunction::from(residuals::Watson::new(9)?);
//! assert!((watson.known_minima()[0] - 1.39976e-6).abs() < 1e-11);
//! # Ok::<(), extremum::Error>(())
//! ```

pub mod bounded;
pub mod classics;
pub mod global;
pub mod large;
pub mod residuals;

use std::fmt;

use crate::problem::delegate;
use crate::{AutoDiff, Bounds, DVector, Error, Formula, Problem};

pub use bounded::bounded;
pub use classics::classics;
pub use large::{
    Arwhead, Bdqrtic, Broydn3d, ChainedRosenbrock, Cragglvy, Dixmaan, Dixon3dq, Dqdrtic, Edensch,
    Engval1, ExponentialMinusLinear, ExtendedPowell, ExtendedRosenbrock, Freuroth, Genrose,
    Liarwhd, Nondia, Penalty1, Power, Quartc, Schmvett, Tquartic, Tridia, Vardim, Woods,
};
use residuals::{Residuals, Squared};

/// A problem together with what the literature knows about it.
pub struct TestFunction {
    name: &'static str,
    problem: Box<dyn Problem + Send>,
    start: DVector<f64>,
    minima: Vec<f64>,
    minimizers: Vec<DVector<f64>>,
}

impl TestFunction {
    /// A formula with its start and its known minima, lowest first.
    fn from_formula(
        name: &'static str,
        formula: impl Formula + Send + 'static,
        start: &[f64],
        minima: &[f64],
        minimizers: &[&[f64]],
    ) -> Self {
        Self {
            name,
            problem: Box::new(AutoDiff(formula)),
            start: DVector::from_row_slice(start),
            minima: minima.to_vec(),
            minimizers: minimizers.iter().map(|x| DVector::from_row_slice(x)).collect(),
        }
    }

    /// The name in the literature.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The standard start.
    pub fn start(&self) -> &DVector<f64> {
        &self.start
    }

    /// The known values of local minima, lowest first. Empty when none is known for this size; some are approached
    /// only at infinity.
    pub fn known_minima(&self) -> &[f64] {
        &self.minima
    }

    /// Known local minimisers; not always all of them, nor one for each value.
    pub fn known_minimizers(&self) -> &[DVector<f64>] {
        &self.minimizers
    }

    /// True when `cost` is one of the [known minima](TestFunction::known_minima) up to 10⁻⁴ relative or 10⁻⁷
    /// absolute.
    pub fn is_known_minimum(&self, cost: f64) -> bool {
        self.minima.iter().any(|minimum| (cost - minimum).abs() <= (1e-4 * minimum.abs()).max(1e-7))
    }
}

impl<T: Residuals> From<T> for TestFunction {
    fn from(residuals: T) -> Self {
        Self {
            name: T::NAME,
            start: residuals.start(),
            minima: residuals.minima(),
            minimizers: residuals.minimizers(),
            problem: Box::new(AutoDiff(Squared(residuals))),
        }
    }
}

impl Problem for TestFunction {
    delegate!(self => self.problem);

    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
}

impl fmt::Debug for TestFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestFunction")
            .field("name", &self.name)
            .field("dimension", &self.dimension())
            .field("minima", &self.minima)
            .finish_non_exhaustive()
    }
}

/// The 35 unconstrained problems of Moré, Garbow and Hillstrom (1981), section 3, in their order.
///
/// Where the size is free: n = 6 for Watson, 4 for both penalty functions, 12 for extended Powell (which needs a
/// multiple of 4), 8 for Chebyquad, else 10; m = 99 for Gulf, m = 20 for the three linear functions.
#[inline]
pub fn more_garbow_hillstrom() -> Vec<TestFunction> {
    let fixed: [TestFunction; 19] = [
        residuals::Rosenbrock.into(),
        residuals::FreudensteinRoth.into(),
        residuals::PowellBadlyScaled.into(),
        residuals::BrownBadlyScaled.into(),
        residuals::Beale.into(),
        residuals::JennrichSampson.into(),
        residuals::HelicalValley.into(),
        residuals::Bard.into(),
        residuals::Gaussian.into(),
        residuals::Meyer.into(),
        residuals::GulfResearch.into(),
        residuals::Box3d.into(),
        residuals::PowellSingular.into(),
        residuals::Wood.into(),
        residuals::KowalikOsborne.into(),
        residuals::BrownDennis.into(),
        residuals::OsborneOne.into(),
        residuals::BiggsExp6.into(),
        residuals::OsborneTwo.into(),
    ];
    // Each of these sizes is valid, so that none is left out.
    let sized: [Result<TestFunction, Error>; 16] = [
        residuals::Watson::new(6).map(Into::into),
        residuals::ExtendedRosenbrock::new(10).map(Into::into),
        residuals::ExtendedPowellSingular::new(12).map(Into::into),
        residuals::PenaltyOne::new(4).map(Into::into),
        residuals::PenaltyTwo::new(4).map(Into::into),
        residuals::VariablyDimensioned::new(10).map(Into::into),
        residuals::Trigonometric::new(10).map(Into::into),
        residuals::BrownAlmostLinear::new(10).map(Into::into),
        residuals::DiscreteBoundaryValue::new(10).map(Into::into),
        residuals::DiscreteIntegralEquation::new(10).map(Into::into),
        residuals::BroydenTridiagonal::new(10).map(Into::into),
        residuals::BroydenBanded::new(10).map(Into::into),
        residuals::LinearFullRank::new(10, 20).map(Into::into),
        residuals::LinearRankOne::new(10, 20).map(Into::into),
        residuals::LinearRankOneZero::new(10, 20).map(Into::into),
        residuals::Chebyquad::new(8).map(Into::into),
    ];
    fixed.into_iter().chain(sized.into_iter().flatten()).collect()
}

/// The function of that name among [`more_garbow_hillstrom`] and [`classics()`]; case is ignored.
#[inline]
pub fn by_name(name: &str) -> Option<TestFunction> {
    more_garbow_hillstrom()
        .into_iter()
        .chain(classics())
        .find(|function| function.name.eq_ignore_ascii_case(name))
}

/// `Ok(n)` when the number of variables is allowed, and a vector of them fits into memory.
fn sized(n: usize, holds: bool, range: &'static str) -> Result<usize, Error> {
    crate::error::check(holds, "n", n as f64, range)?;
    crate::memory::check_length::<f64>("n", n).map(|()| n)
}
