//! The first-order conditions at x, with the multipliers that belong to it.

use std::fmt;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::limits::{Limit, Of};
use super::place::Place;
use crate::Oracle;
use crate::stationary::active::Side;

/// How well x satisfies the first-order conditions of Karush, Kuhn and Tucker, unscaled, with multipliers that were
/// computed from the problem at x alone.
///
/// ```
/// # #[cfg(feature = "autodiff")] {
/// use extremum::{Bounds, Constrained, Limited, classify, problem};
/// // The point of the circle x₀² + x₁² = 2 with the least sum: ∇f = (1, 1) = −½ ∇c.
/// let circle = Limited(vec![problem!(2, |x| x[0].powi(2) + x[1].powi(2)).0], Bounds::new([2.0], [2.0])?);
/// let problem = Constrained(problem!(2, |x| x[0] + x[1]), circle);
/// let point = classify(&problem, [-1.0, -1.0])?;
/// let conditions = point.conditions.as_ref().unwrap();
/// assert!(point.is_minimum() && (conditions.multipliers[0].value + 0.5).abs() < 1e-12);
/// // At (1, 1) it is a maximum.
/// assert!(classify(&problem, [1.0, 1.0])?.is_maximum());
/// # }
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conditions {
    /// The maximum norm of ∇f(x) − Σ yᵢ ∇cᵢ(x), projected within bounds.
    pub residual: f64,
    /// By how much x violates the constraints.
    pub violation: f64,
    /// The largest product of a multiplier |yᵢ| with the distance of cᵢ(x) from the limit that it belongs to.
    pub complementarity: f64,
    /// The constraints that hold x, with their multipliers, ascending. Bounds that do are in
    /// [`active`](super::super::Classification::active).
    pub multipliers: Vec<Multiplier>,
    /// The number of active limits, bounds included.
    pub active: usize,
    /// How many of their gradients are linearly independent; 0 when x could not be moved to them. Where it is less than
    /// [`active`](Self::active), multipliers are not unique.
    pub rank: usize,
    /// True when the multiplier of every active limit is larger than its error: strict complementarity.
    pub is_strictly_complementary: bool,
}

/// The Lagrange multiplier of an active constraint.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Multiplier {
    /// Which constraint.
    pub index: usize,
    /// Which of its limits.
    pub side: Side,
    /// y, the change of the least cost per unit of the limit: at least 0 at a lower limit, at most 0 at an upper limit,
    /// of any sign for an equality.
    pub value: f64,
    /// How wrong it may be; infinite when it is not unique, NaN when unknown.
    pub error: f64,
}

impl Conditions {
    /// Those at a place, with multipliers of its active limits.
    pub(super) fn at(oracle: &Oracle<'_>, here: &Place, active: &[Limit], y: &[f64]) -> Self {
        let problem = oracle.problem();
        let of_constraints = super::of_constraints(active, y, here.values.len());
        let slope = here.lagrangian_gradient(&of_constraints);
        let residual = match problem.bounds() {
            Some(bounds) => bounds.projected_norm(&here.x, &slope),
            None => slope.amax(),
        };
        let limits = problem.structure().constraints.map(|all| all.limits());
        let multipliers: Vec<_> = active
            .iter()
            .zip(y)
            .filter_map(|(limit, &value)| match limit.of {
                Of::Constraint(index) => {
                    Some(Multiplier { index, side: limit.side, value, error: f64::NAN })
                }
                Of::Bound(_) => None,
            })
            .collect();
        let products = active.iter().zip(y).filter_map(|(limit, y)| match limit.of {
            Of::Constraint(_) => Some((y * here.excess(*limit)).abs()),
            Of::Bound(_) => None,
        });
        Self {
            residual,
            violation: limits.map_or(0.0, |limits| limits.violation(&here.values)),
            complementarity: products.fold(0.0, f64::max),
            multipliers,
            active: active.len(),
            rank: 0,
            is_strictly_complementary: false,
        }
    }

    /// The multipliers of all m constraints, 0 for those that are not active.
    pub fn all_multipliers(&self, m: usize) -> DVector<f64> {
        let mut all = DVector::zeros(m);
        for multiplier in self.multipliers.iter().filter(|multiplier| multiplier.index < m) {
            all[multiplier.index] = multiplier.value;
        }
        all
    }
}

impl fmt::Display for Multiplier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Lower => "at its lower limit",
            Side::Upper => "at its upper limit",
            Side::Fixed => "equal to its limit",
        };
        write!(f, "c[{}] {side} with multiplier {:.6e}", self.index, self.value)?;
        if self.error.is_nan() { Ok(()) } else { write!(f, " ± {:.0e}", self.error) }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let Self { residual, violation, complementarity, active, rank, .. } = self;
        write!(
            f,
            "residual {residual:.1e}, violation {violation:.1e}, complementarity {complementarity:.1e}"
        )?;
        for multiplier in self.multipliers.iter().take(SHOWN) {
            write!(f, "\n{multiplier}")?;
        }
        match self.multipliers.len().saturating_sub(SHOWN) {
            0 => {}
            more => write!(f, "\nand {more} more")?,
        }
        if rank < active {
            write!(f, "\n{active} active limits, of which {rank} are independent")?;
        }
        if !self.is_strictly_complementary && *rank > 0 {
            write!(f, "\nnot strictly complementary")?;
        }
        Ok(())
    }
}
