//! How far a point is from the first-order conditions of Karush, Kuhn and Tucker, unscaled.
//!
//! ```text
//! residual         max |x − P(x − (∇f − J'y))|, P the projection into the bounds
//! violation        max (lᵢ − cᵢ, cᵢ − uᵢ, 0)
//! complementarity  max |yᵢ| |cᵢ − (lᵢ where yᵢ > 0, uᵢ where yᵢ < 0)|
//! ```
//!
//! J. Nocedal, S. Wright, *Numerical Optimization*, 2nd ed. (2006), eq. (12.34), for l ≤ c ≤ u.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::{Bounds, Matrix, linalg};

/// The three measures; all are 0 at a point that fulfils the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FirstOrderConditions {
    pub residual: f64,
    pub violation: f64,
    pub complementarity: f64,
}

impl FirstOrderConditions {
    /// The measures at x, within the bounds, with the gradient ∇f, the constraints c, their Jacobian and the
    /// multipliers y. Leaves ∇f − J'y in `lagrangian`, n components.
    pub fn at(
        (bounds, limits): (Option<&Bounds>, &Bounds),
        (x, gradient): (&DVector<f64>, &DVector<f64>),
        (c, jacobian): (&DVector<f64>, &Matrix),
        y: &DVector<f64>,
        lagrangian: &mut DVector<f64>,
    ) -> Self {
        jacobian.transpose_times(y, lagrangian);
        for (l, g) in lagrangian.iter_mut().zip(gradient) {
            *l = g - *l;
        }
        Self {
            residual: projected_norm(bounds, x, lagrangian),
            violation: limits.violation(c),
            complementarity: complementarity(limits, c, y),
        }
    }

    /// The largest of the three; NaN when one is.
    pub fn error(&self) -> f64 {
        let Self { residual, violation, complementarity } = *self;
        [violation, complementarity]
            .into_iter()
            .fold(residual, |most, by| if by <= most || most.is_nan() { most } else { by })
    }
}

/// The maximum norm of a gradient at x, within bounds that of P(x − g) − x.
pub(crate) fn projected_norm(bounds: Option<&Bounds>, x: &DVector<f64>, g: &DVector<f64>) -> f64 {
    match bounds {
        Some(bounds) => bounds.projected_norm(x, g),
        None if linalg::is_finite(g.as_slice()) => linalg::max_abs(g.as_slice()),
        None => f64::NAN,
    }
}

/// The largest |yᵢ| times the distance of cᵢ from the limit that the sign of yᵢ belongs to; infinite where there is no
/// such limit, and 0 for yᵢ = 0.
pub(crate) fn complementarity(limits: &Bounds, c: &DVector<f64>, y: &DVector<f64>) -> f64 {
    let products = y.iter().zip(c).zip(limits.sides()).map(|((y, c), sides)| match *y {
        0.0 => 0.0,
        y => y.abs() * (c - if y > 0.0 { sides.lower } else { sides.upper }).abs(),
    });
    products.fold(0.0, |most, by| if by <= most || most.is_nan() { most } else { by })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Problem 12 of Hock and Schittkowski at its solution (2, 3) with y = ½, and away from it.
    #[test]
    fn a_published_solution_fulfils_them() -> Result<(), crate::Error> {
        let limits = Bounds::new([0.0], [f64::INFINITY])?;
        let at = |x: [f64; 2], y: f64| {
            let [a, b] = x;
            let gradient = DVector::from_vec(vec![a - b - 7.0, 2.0 * b - a - 7.0]);
            let c = DVector::from_vec(vec![25.0 - 4.0 * a * a - b * b]);
            let mut jacobian = Matrix::default();
            jacobian.dense(1, 2).copy_from_slice(&[-8.0 * a, -2.0 * b]);
            let (x, y) = (DVector::from_vec(x.to_vec()), DVector::from_vec(vec![y]));
            let given = ((&x, &gradient), (&c, &jacobian));
            FirstOrderConditions::at((None, &limits), given.0, given.1, &y, &mut x.clone())
        };
        assert_eq!(at([2.0, 3.0], 0.5).error(), 0.0);
        // ∇f = (−7, −7), c = 25 above its limit 0.
        let away = FirstOrderConditions { residual: 7.0, violation: 0.0, complementarity: 50.0 };
        assert_eq!(at([0.0, 0.0], 2.0), away);
        // A sign for which there is no limit.
        assert_eq!(at([2.0, 3.0], -0.5).complementarity, f64::INFINITY);
        // c = −15.
        let out = at([3.0, 2.0], 0.5);
        assert_eq!((out.violation, out.complementarity), (15.0, 7.5));
        Ok(())
    }
}
