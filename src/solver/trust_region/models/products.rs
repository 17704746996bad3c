//! B = ∇²f(x) by its products with vectors alone.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{At, Model};
use crate::oracle::PRODUCT_ERROR;
use crate::{Error, Oracle};

/// The Hessian by its products with vectors, without a matrix.
///
/// **Needs** Hessian-vector products: those of the problem, or of its Hessian, or one more gradient each for
/// differences along the vector. All are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductsModel;

impl Model for ProductsModel {
    type Memory = ();

    const HAS_MATRIX: bool = false;

    fn check(&self, _solver: &'static str, _problem: &Oracle<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn start(&self, problem: &mut Oracle<'_>, _n: usize) {
        problem.prepare_products();
    }

    fn restore(&self, _problem: &mut Oracle<'_>, _memory: &mut ()) -> bool {
        true
    }

    fn look(&self, _problem: &mut Oracle<'_>, _memory: &mut (), _at: At<'_>) -> bool {
        true
    }

    fn matrix<'m>(&self, _memory: &'m mut ()) -> Option<&'m DMatrix<f64>> {
        None
    }

    fn times(
        &self,
        problem: &mut Oracle<'_>,
        _memory: &mut (),
        at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        problem.hessian_product(at.x, at.gradient, v, product);
    }

    fn accuracy(&self, _memory: &()) -> f64 {
        PRODUCT_ERROR
    }

    fn moved(&self, _memory: &mut ()) {}
}
