//! Where a run ends, or goes over to a restoration.

use std::ops::ControlFlow;

use super::newton::{self, LEAST_BARRIER, Proposal};
use super::restoration::Restoring;
use super::state::InteriorPointState;
use super::{FEASIBLE, barrier};
use crate::line_search::FailureReason;
use crate::{Bounds, Stall, Termination};

/// A feasible point so far away shows that the cost is unbounded.
const FAR: f64 = 1e20;
/// A scaled violation up to this leaves nothing to restore.
const RESTORED: f64 = 1e-9;
/// At the least μ, steps that do not halve E(0) are idle; after so many the run ends.
const IDLE: u32 = 8;
/// Multipliers exceed those of any solution when |yᵢ| |∇cᵢ| is so many times |∇f|, and |∇f| is no smaller than this.
const TOO_LARGE: f64 = 1e8;
const LEAST_SLOPE: f64 = 1e-6;
/// Derivatives below this are in small units, and the first-order conditions have to hold in those. A gradient that
/// has shrunk is taken for this share of the largest one.
const SMALL: f64 = 1e-2;
const TOLERANCE: f64 = 1e-6;
const FAINT: f64 = 1e-3;

impl InteriorPointState {
    /// Why the run ends here, if no further progress is to be expected.
    pub(super) fn rest(&self, proposal: Proposal) -> Option<Stall> {
        let is_over = proposal.mu <= LEAST_BARRIER && self.idle >= IDLE;
        is_over.then_some(Stall::LineSearch(FailureReason::Rounding))
    }

    /// After a search that failed: begins a restoration, or the next barrier problem where nothing is to restore.
    pub(super) fn restore_or_rest(
        &mut self,
        proposal: Option<Proposal>,
    ) -> ControlFlow<Termination> {
        let Self { here, scale, work, .. } = self;
        let mu = proposal.map_or(self.mu, |proposal| proposal.mu);
        let pair = [work.frame.gaps(scale, here), barrier::value(&work.frame, scale, here, mu)];
        if pair[0] > RESTORED {
            self.begin_barrier(mu);
            self.filter.add(pair);
            self.restoring = Some(Restoring::new(pair[0], self.restorations, mu));
            self.restorations = self.restorations.saturating_add(1);
            self.short = 0;
            return ControlFlow::Continue(());
        }
        if mu <= LEAST_BARRIER || !self.work.frame.has_barrier() {
            return self.stalled(Stall::LineSearch(FailureReason::Rounding));
        }
        self.begin_barrier(newton::lower(mu));
        ControlFlow::Continue(())
    }

    /// The end of a run whose feasible points go away without limit.
    pub(super) fn unbounded(&self) -> ControlFlow<Termination> {
        let is_away = self.here.x.amax() >= FAR && self.measures.violation <= FEASIBLE;
        if is_away {
            return ControlFlow::Break(Termination::Unbounded { cost: self.here.cost });
        }
        ControlFlow::Continue(())
    }

    /// The largest |yᵢ|, when multipliers exceed those of any solution.
    pub(super) fn excessive_multipliers(&self) -> Option<f64> {
        let forces = self.steepest.iter().zip(&self.multipliers).map(|(row, y)| row * y.abs());
        let slope = self.steepest_cost.max(LEAST_SLOPE);
        (forces.fold(0.0, f64::max) > TOO_LARGE * slope).then(|| self.multipliers.amax())
    }

    /// False when the first-order conditions are small only because the cost or the constraints are in small units.
    pub(super) fn is_earned(&self) -> bool {
        let Self { here, measures, steepest_cost, steepest, work, .. } = self;
        let tolerance = |most: f64, now: f64| match most {
            most if most > 0.0 && most < SMALL => TOLERANCE * now.max(FAINT * most),
            _ => f64::INFINITY,
        };
        let limits = work.frame.limits.iter().flat_map(Bounds::sides);
        let are_kept = limits.zip(&here.values).zip(steepest).all(|((sides, c), steepest)| {
            (sides.lower - c).max(c - sides.upper) <= tolerance(*steepest, *steepest)
        });
        let error = measures.residual.max(measures.complementarity);
        are_kept && error <= tolerance(*steepest_cost, here.gradient.amax())
    }

    /// The end of a run that can make no further progress.
    pub(super) fn stalled(&mut self, reason: Stall) -> ControlFlow<Termination> {
        self.is_at_rest = true;
        let is_feasible = self.measures.violation <= FEASIBLE;
        let reason = match self.excessive_multipliers().filter(|_| is_feasible) {
            Some(largest) => Stall::NoMultipliers { penalty: self.mu.recip(), largest },
            None => reason,
        };
        let gradient_norm = Some(self.measures.residual);
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm })
    }
}
