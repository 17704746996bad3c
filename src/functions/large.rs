//! Functions of any size, with hand-written gradients in O(n), sparse Hessians and no allocation in the cost or the
//! gradient: for measuring a solver's own cost per step and its number of evaluations.
//!
//! Most are from the CUTEst collection (N. I. M. Gould, D. Orban, Ph. L. Toint, Comput. Optim. Appl. 60 (2015) 545-557)
//! and have its names; minima without a closed form are those listed in its files.

mod blocks;
mod chains;
mod coupled;
mod dixmaan;
mod hubs;
mod quadratics;
mod separable;
mod sums;
mod terms;

use nalgebra_sparse::CscMatrix;

use super::{TestFunction, sized};
use crate::{DVector, Error, Matrix, Problem};

pub use blocks::{Quartc, Woods};
pub use chains::{Broydn3d, Cragglvy, Edensch, Freuroth, Genrose, Schmvett};
pub use coupled::{Arwhead, ChainedRosenbrock, Engval1};
pub use dixmaan::Dixmaan;
pub use hubs::{Bdqrtic, Liarwhd, Nondia, Tquartic};
pub use quadratics::{Dixon3dq, Dqdrtic, Power, Tridia};
pub use separable::{ExponentialMinusLinear, ExtendedPowell, ExtendedRosenbrock};
pub use sums::{Penalty1, Vardim};

/// Every function of this module with `n` variables, or with the next smaller number that its formula allows; a
/// multiple of 12 suits all. Of the twelve DIXMAAN functions, A, E, I and L are included.
///
/// # Errors
/// [`Error::Parameter`] for n below 5.
#[inline]
pub fn all(n: usize) -> Result<Vec<TestFunction>, Error> {
    let (even, threes, fours) = (n - n % 2, n - n % 3, n - n % 4);
    sized(n, n >= 5, "at least 5")?;
    Ok(vec![
        ExtendedRosenbrock::new(even)?.into(),
        ExtendedPowell::new(fours)?.into(),
        ExponentialMinusLinear::new(n)?.into(),
        ChainedRosenbrock::new(n)?.into(),
        Engval1::new(n)?.into(),
        Arwhead::new(n)?.into(),
        Dixmaan::new('A', threes)?.into(),
        Dixmaan::new('E', threes)?.into(),
        Dixmaan::new('I', threes)?.into(),
        Dixmaan::new('L', threes)?.into(),
        Tridia::new(n)?.into(),
        Dixon3dq::new(n)?.into(),
        Dqdrtic::new(n)?.into(),
        Power::new(n)?.into(),
        Quartc::new(n)?.into(),
        Woods::new(fours)?.into(),
        Broydn3d::new(n)?.into(),
        Cragglvy::new(even)?.into(),
        Edensch::new(n)?.into(),
        Freuroth::new(n)?.into(),
        Genrose::new(n)?.into(),
        Schmvett::new(n)?.into(),
        Bdqrtic::new(n)?.into(),
        Liarwhd::new(n)?.into(),
        Nondia::new(n)?.into(),
        Tquartic::new(n)?.into(),
        Penalty1::new(n)?.into(),
        Vardim::new(n)?.into(),
    ])
}

/// The sparse n × n matrix whose column j consists of the entries (row, value) that `column` pushes, rows ascending.
fn by_columns(n: usize, column: impl Fn(usize, &mut dyn FnMut(usize, f64))) -> Option<Matrix> {
    let mut offsets = Vec::with_capacity(n + 1);
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    offsets.push(0);
    for j in 0..n {
        column(j, &mut |row, value| {
            rows.push(row);
            values.push(value);
        });
        offsets.push(rows.len());
    }
    // The pattern is valid, so that the result is never an error.
    CscMatrix::try_from_csc_data(n, n, offsets, rows, values).ok().map(Into::into)
}

/// `impl Problem` for a function with private `n`, `value` and `value_and_gradient` on slices, and a method that gives
/// its sparse Hessian.
macro_rules! problem {
    ($name:ident, $hessian:ident) => {
        impl $crate::Problem for $name {
            fn dimension(&self) -> usize {
                self.n
            }
            #[inline]
            fn cost(&self, x: &$crate::DVector<f64>) -> f64 {
                self.value(x.as_slice())
            }
            #[inline]
            fn gradient(&self, x: &$crate::DVector<f64>, gradient: &mut $crate::DVector<f64>) {
                self.value_and_gradient(x.as_slice(), gradient.as_mut_slice());
            }
            #[inline]
            fn cost_and_gradient(
                &self,
                x: &$crate::DVector<f64>,
                gradient: &mut $crate::DVector<f64>,
            ) -> f64 {
                self.value_and_gradient(x.as_slice(), gradient.as_mut_slice())
            }
            #[inline]
            fn hessian(&self, x: &$crate::DVector<f64>) -> Option<$crate::Matrix> {
                self.$hessian(x.as_slice())
            }
        }
    };
}
use problem;

/// The same, and the conversion, for a function that has `start` and `minimizer` too and writes its Hessian by `column`.
macro_rules! large {
    ($name:ident, $title:literal) => {
        impl $name {
            #[inline]
            fn columns(&self, x: &[f64]) -> Option<$crate::Matrix> {
                $crate::functions::large::by_columns(self.n, |j, push| self.column(x, j, push))
            }
        }

        $crate::functions::large::problem!($name, columns);

        impl From<$name> for $crate::functions::TestFunction {
            #[inline]
            fn from(function: $name) -> Self {
                $crate::functions::large::published(
                    $title,
                    function.start(),
                    function.minimizer(),
                    function,
                )
            }
        }
    };
}
use large;

/// The test function of a problem that has at most one known minimiser.
fn published(
    name: &'static str,
    start: DVector<f64>,
    minimizer: Option<DVector<f64>>,
    problem: impl Problem + Send + 'static,
) -> TestFunction {
    TestFunction {
        name,
        start,
        minima: minimizer.iter().map(|x| problem.cost(x)).collect(),
        minimizers: minimizer.into_iter().collect(),
        problem: Box::new(problem),
    }
}
