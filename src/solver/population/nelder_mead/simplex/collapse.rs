//! When a simplex has collapsed, and whether it may restart.

use super::{NelderMead, Simplex};
use crate::Stall;

/// The smallest relative extent of a simplex that rounding leaves.
const RESOLVED: f64 = 1e-14;

/// The length of an edge, relative to its variable.
const EDGE: f64 = 0.05;

impl Simplex {
    /// Why there is nothing more to gain from this simplex.
    pub(super) fn collapse(&self, method: &NelderMead, is_shrunk: bool) -> Option<Stall> {
        let (best, worst) = (self.best(), self.worst());
        if is_shrunk && worst.cost <= best.cost {
            return Some(Stall::FlatCosts { range: 0.0, tolerance: 0.0 });
        }
        let are_near = worst.cost - best.cost <= self.cost_tolerance(method);
        let tolerance = method.x_tolerance;
        let size = self.size(if are_near { tolerance } else { tolerance.min(RESOLVED) })?;
        Some(Stall::Collapsed { size, tolerance })
    }

    /// The largest extent along a coordinate, relative to the [`length`](Self::length) of its variable; `None` when it is
    /// above the tolerance.
    fn size(&self, tolerance: f64) -> Option<f64> {
        let (best, others) = self.vertices.split_first()?;
        let mut size = 0.0_f64;
        // The worst vertex is usually the farthest away.
        for vertex in others.iter().rev() {
            for &i in &self.free {
                size = size.max((vertex.x[i] - best.x[i]).abs() / self.length(i));
                if size > tolerance {
                    return None;
                }
            }
        }
        Some(size)
    }

    /// The size of a variable: its value, or the length that its first edge was made for (at most 1), if that is
    /// larger.
    fn length(&self, i: usize) -> f64 {
        self.best().x[i].abs().max((self.edges[i].abs() / EDGE).min(1.0))
    }

    /// The difference up to which costs count as equal: relative to the best cost, or to its decrease (at most 1).
    fn cost_tolerance(&self, method: &NelderMead) -> f64 {
        let best = self.best().cost;
        method.cost_tolerance * best.abs().max((self.first - best).min(1.0))
    }

    /// True when the last simplex has decreased the cost, and a restart is left.
    pub(in super::super) fn may_restart(&self, method: &NelderMead) -> bool {
        let has_gained = self.begun - self.best().cost > self.cost_tolerance(method);
        !self.free.is_empty() && self.restarts < method.restarts && has_gained
    }
}
