//! Stopping rules of populations whose members have costs of their own.
//!
//! K. Zielinski, R. Laur, "Stopping criteria for differential evolution in constrained single-objective optimization",
//! Advances in differential evolution (2008), section 5: by the spread of the members, by the range of their costs, and by
//! improvement.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Space;
use crate::error::check;
use crate::{Error, Stall};

/// Generations for which the costs have to be flat: members on a plateau move about, and may find its edge.
const FLAT_GENERATIONS: u64 = 20;

/// The rules.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub spread_tolerance: f64,
    pub cost_tolerance: f64,
    pub patience: u64,
}

/// What the rules have seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stagnation {
    lowest: f64,
    highest: f64,
    idle: u64,
    flat: u64,
}

impl Ending {
    pub fn new(patience: u64) -> Self {
        Self { spread_tolerance: 1e-12, cost_tolerance: 1e-13, patience }
    }

    pub fn begin(&self) -> Result<Stagnation, Error> {
        let range = "at least 0, and finite";
        for (name, tolerance) in
            [("spread_tolerance", self.spread_tolerance), ("cost_tolerance", self.cost_tolerance)]
        {
            check(tolerance >= 0.0 && tolerance.is_finite(), name, tolerance, range)?;
        }
        check(self.patience >= 1, "patience", 0.0, "at least 1")?;
        Ok(Stagnation { lowest: f64::INFINITY, highest: f64::INFINITY, idle: 0, flat: 0 })
    }

    /// Applies the rules to the members after a generation.
    pub fn look(
        &self,
        space: &Space,
        seen: &mut Stagnation,
        members: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
        for &cost in costs {
            (lowest, highest) = (lowest.min(cost), highest.max(cost));
        }
        // A point from elsewhere may be far better than the others, which still improve.
        let has_fallen = lowest < seen.lowest || highest < seen.highest;
        seen.idle = if has_fallen { 0 } else { seen.idle.saturating_add(1) };
        (seen.lowest, seen.highest) = (seen.lowest.min(lowest), seen.highest.min(highest));

        // The range of infinities is NaN, and not flat.
        let range = highest - lowest;
        let tolerance = self.cost_tolerance * lowest.abs();
        seen.flat = if range <= tolerance { seen.flat.saturating_add(1) } else { 0 };
        if seen.flat >= FLAT_GENERATIONS {
            return ControlFlow::Break(Stall::FlatCosts { range, tolerance });
        }
        let tolerance = self.spread_tolerance;
        if let Some(size) = collapsed(space, members.iter(), tolerance) {
            return ControlFlow::Break(Stall::Collapsed { size, tolerance });
        }
        if seen.idle >= self.patience {
            return ControlFlow::Break(Stall::NoImprovement { iterations: seen.idle });
        }
        ControlFlow::Continue(())
    }
}

/// The largest extent of the members, relative to the coordinate or to the box of the first population, whichever is
/// larger; `None` when it is above the tolerance.
pub(super) fn collapsed<'m>(
    space: &Space,
    members: impl Iterator<Item = &'m DVector<f64>> + Clone,
    tolerance: f64,
) -> Option<f64> {
    let mut size = 0.0_f64;
    for i in 0..space.dimension() {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for x in members.clone() {
            (low, high) = (low.min(x[i]), high.max(x[i]));
        }
        let scale = space.width(i).max(low.abs()).max(high.abs());
        if high > low {
            size = size.max((high - low) / scale);
        }
        if size > tolerance {
            return None;
        }
    }
    Some(size)
}
