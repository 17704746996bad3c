//! A way down from a saddle of many variables, from Hessian-vector products alone.

use nalgebra::DVector;

use super::active::Held;
use crate::Oracle;
use crate::linalg::{Lanczos, restrict};
use crate::oracle::PRODUCT_ERROR;

/// A unit vector v of negative curvature v'Hv in the free variables, and this curvature; `None` when
/// [Lanczos' method](Lanczos) finds none, which proves nothing, or when there is no gradient to difference.
pub(super) fn escape(
    oracle: &mut Oracle<'_>,
    held: &Held,
    free: &[usize],
) -> Option<(DVector<f64>, f64)> {
    if !oracle.problem().has_gradient() {
        return None;
    }
    let n = held.point.len();
    let mut mask = DVector::zeros(n);
    for &i in free {
        mask[i] = 1.0;
    }
    let (mut masked, mut v) = (DVector::zeros(n), DVector::zeros(n));
    let mut times = |v: &DVector<f64>, product: &mut DVector<f64>| {
        masked.copy_from(v);
        masked.component_mul_assign(&mask);
        oracle.hessian_product(&held.point, &held.gradient, &masked, product);
        product.component_mul_assign(&mask);
    };
    let curvature = Lanczos::new(n).negative_curvature(&mut times, PRODUCT_ERROR, &mut v)?;
    let curvature = restrict(&mask, &mut v, curvature);
    Some((v, curvature))
}
