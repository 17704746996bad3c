//! Between inner runs: multipliers and penalty, and where the method ends by itself.

use std::ops::ControlFlow;

use super::AugmentedLagrangianState;
use super::state::{Best, FEASIBLE, Progress};
use crate::{Stall, State, Termination};

/// The factor from the tolerance of an inner run to that of the next.
const TIGHTER: f64 = 0.1;
/// The error has to fall by this factor, or the penalty grows.
const FALL: f64 = 0.5;
const GROWTH: f64 = 10.0;
/// An error below this share of 1 is rounding of the scaled constraints.
const ROUNDING: f64 = 1e-15;
/// Multipliers beyond this are not passed on.
const SAFEGUARD: f64 = 1e16;
/// Beyond this penalty L is rounding.
const LARGEST_PENALTY: f64 = 1e16;
/// Inner runs that bring no progress, after which the run ends.
const PATIENCE: u64 = 10;
/// What counts as progress: an error below this share of the least one.
const LOWER: f64 = 0.9;
/// A feasible point with a lower scaled cost shows that there is no lowest one.
const BOTTOMLESS: f64 = -1e30;
/// An inner run that increases the violation of the scaled constraints by this factor leaves them for good.
const AWAY: f64 = 1e4;

impl<L: State> AugmentedLagrangianState<L> {
    /// Updates the multipliers and the penalty at the end of an inner run.
    pub(super) fn end_inner_run(&mut self) -> ControlFlow<Termination> {
        let Self { points, function, progress, .. } = self;
        let values = &points.here().values;
        let before = progress.error;
        progress.error =
            function.parts(values).fold(0.0, |most, part| f64::max(most, part.error.abs()));
        let is_slow = progress.error > (FALL * before).max(ROUNDING);
        let is_nearer = progress.error < LOWER * progress.least_error;
        progress.least_error = progress.least_error.min(progress.error);
        for i in 0..values.len() {
            function.y[i] = function.part(i, values[i]).multiplier.clamp(-SAFEGUARD, SAFEGUARD);
        }
        if is_slow {
            function.penalty *= GROWTH;
        }
        self.outer += 1;
        self.is_over = true;
        self.tolerance *= TIGHTER;
        let error = self.conditions.error();
        if is_nearer || error < LOWER * self.progress.least {
            let least = error.min(self.progress.least);
            self.progress = Progress { least, idle: 0, idle_steps: 0, ..self.progress };
        } else {
            self.progress.idle += 1;
        }
        let residual = self.function.scale * self.conditions.residual;
        self.newton.look(residual.max(self.progress.error), error);
        if is_slow {
            let violation = self.conditions.violation;
            let scaled = self.function.violation(self.points.here());
            if scaled.min(violation) > FEASIBLE
                && let Some(slope) = self.stationary_violation()
            {
                // The certificate is that of the constraints as they are given.
                if self.function.equalise() {
                    let forgotten = f64::INFINITY;
                    self.progress.error = forgotten;
                    self.progress.least_error = forgotten;
                    return ControlFlow::Continue(());
                }
                self.best.take(self.points.here(), (&self.multipliers, self.conditions));
                let reason = Termination::Infeasible { violation, slope };
                self.ended = Some(reason.clone());
                return ControlFlow::Break(reason);
            }
        }
        if self.function.penalty > LARGEST_PENALTY {
            let largest = self.multipliers.amax();
            return self.end(Stall::NoMultipliers { penalty: self.function.penalty, largest });
        }
        if self.progress.idle >= PATIENCE || self.function.y.is_empty() {
            return self.end(Stall::NoImprovement { iterations: self.progress.idle_steps });
        }
        ControlFlow::Continue(())
    }

    /// Begins anew with other factors of f and c, once and before there are multipliers, where gradients are much
    /// larger than at the start; true if they are.
    pub(super) fn rescale(&mut self) -> bool {
        if self.outer == 0 && !self.is_rescaled {
            self.is_rescaled = self.function.rescale(self.points.here());
            self.is_over |= self.is_rescaled;
            return self.is_rescaled;
        }
        false
    }

    /// True where the inner run has left the constraints for good.
    pub(super) fn is_away(&self) -> bool {
        let violation = self.function.violation(self.points.here());
        violation > AWAY * self.progress.start.max(1.0)
    }

    /// True where a feasible point is so low that the cost is unbounded.
    pub(super) fn is_without_end(&self) -> bool {
        let Best { cost, conditions, .. } = &self.best;
        conditions.violation <= FEASIBLE && self.function.scale * cost < BOTTOMLESS
    }

    /// L decreases without limit: the problem does so where the point is feasible, and elsewhere the penalty is too
    /// small.
    pub(super) fn leave_abyss(&mut self) -> ControlFlow<Termination> {
        self.is_over = true;
        let is_feasible = self.conditions.violation <= FEASIBLE;
        if is_feasible || self.is_without_end() {
            let cost = if is_feasible { self.points.here().cost } else { self.best.cost };
            let reason = Termination::Unbounded { cost };
            self.ended = Some(reason.clone());
            return ControlFlow::Break(reason);
        }
        if self.function.penalty > LARGEST_PENALTY {
            return self.end(Stall::NoImprovement { iterations: self.progress.idle_steps });
        }
        self.function.penalty *= GROWTH;
        self.returns = true;
        ControlFlow::Continue(())
    }

    pub(super) fn end(&mut self, reason: Stall) -> ControlFlow<Termination> {
        let gradient_norm = Some(self.best.conditions.residual);
        let reason = Termination::Stalled { reason, gradient_norm };
        self.ended = Some(reason.clone());
        ControlFlow::Break(reason)
    }
}
