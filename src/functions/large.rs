//! Functions of any size, with gradients written by hand in O(n), sparse Hessians and no allocation in the cost or
//! the gradient: what to measure a solver's own cost per step with.

mod coupled;
mod dixmaan;
mod separable;

use nalgebra_sparse::CscMatrix;

use super::{TestFunction, sized};
use crate::{DVector, Hessian, Problem};

pub use coupled::{Arwhead, ChainedRosenbrock, Engval1};
pub use dixmaan::Dixmaan;
pub use separable::{ExponentialMinusLinear, ExtendedPowell, ExtendedRosenbrock};

/// The sparse n × n matrix whose column j is what `column` pushes as (row, value), rows ascending.
fn by_columns(n: usize, column: impl Fn(usize, &mut dyn FnMut(usize, f64))) -> Option<Hessian> {
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

/// The parts of `impl Problem` and of the conversion that all functions of this module share. Each has `n`,
/// `start`, `minima`, `minimizers`, and private `value`, `value_and_gradient` on slices and `column`.
macro_rules! large {
    ($name:ident, $title:literal) => {
        impl $crate::Problem for $name {
            fn dimension(&self) -> usize {
                self.n
            }
            fn cost(&self, x: &$crate::DVector<f64>) -> f64 {
                self.value(x.as_slice())
            }
            fn gradient(&self, x: &$crate::DVector<f64>, gradient: &mut $crate::DVector<f64>) {
                self.value_and_gradient(x.as_slice(), gradient.as_mut_slice());
            }
            fn cost_and_gradient(
                &self,
                x: &$crate::DVector<f64>,
                gradient: &mut $crate::DVector<f64>,
            ) -> f64 {
                self.value_and_gradient(x.as_slice(), gradient.as_mut_slice())
            }
            fn hessian(&self, x: &$crate::DVector<f64>) -> Option<$crate::Hessian> {
                $crate::functions::large::by_columns(self.n, |j, push| {
                    self.column(x.as_slice(), j, push);
                })
            }
        }

        impl From<$name> for $crate::functions::TestFunction {
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
