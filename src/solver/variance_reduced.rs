//! Variance-reduced methods, which minimise a mean of many terms by gradients of single terms at a constant step.
//!
//! An iteration of a run is an epoch,
//!
//! ```text
//! x₀ = x̃,  x_{t+1} = x_t − η v_t  (t = 0, .., m − 1),  x̃⁺ = x_m,  measure f(x̃⁺) and ∇f(x̃⁺),
//! ```
//!
//! and the methods differ in v_t, an estimate of ∇f(x_t) whose variance decreases to 0 as x_t converges to the minimum.
//! A run reports the cost and the gradient of all terms, measured at x̃. One type, [`VarianceReduced`], has the loop of
//! every method; the methods' names are aliases.
//!
//! Batches of b terms: the N terms are divided at random into G = ⌈N/b⌉ groups, and a step draws one of the groups,
//! uniformly and with replacement, as the papers draw a term. A group's gradient is weighted by its size, so that the
//! mean over groups is the mean over terms and every guarantee holds with G in place of N.

mod epoch;
mod groups;
mod katyusha;
mod saga;
mod sarah;
mod state;
mod svrg;

use std::ops::ControlFlow;

use nalgebra::DVector;

pub use katyusha::{Accelerated, Katyusha};
pub use saga::{Saga, Tabulated};
pub use sarah::{Recursive, Sarah};
pub use state::EpochState;
pub use svrg::{Anchored, Svrg};

use super::Solver;
use crate::error::check;
use crate::{Error, Oracle, Stall, Termination, fingerprint, linalg};
use epoch::Method;
use groups::TermGroups;
use state::EpochPoint;

/// Halvings of the step after which a run ends: 2⁻³⁰ is 1e-9.
const MAX_HALVINGS: u32 = 30;

/// The type behind every variance-reduced method, [`Svrg`], [`Saga`], [`Sarah`] and [`Katyusha`], with the setters that
/// they share: [`batch_size`](Self::batch_size), [`inner`](Self::inner), [`seed`](Self::seed).
///
/// The solution is the best point measured: the one with the lowest cost, and among costs equal within rounding, with
/// the lowest gradient norm. A step whose gradients or point are not finite is skipped and
/// [counted](crate::Solution::skipped). An epoch that ends at a cost or gradient that is not finite, or that skips all
/// its steps, is undone: the next one starts from the best point with half the step, which stays halved. After 30
/// halvings the run ends as [`Stalled`](Termination::Stalled).
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceReduced<M> {
    method: M,
    batch_size: usize,
    inner: Option<usize>,
    seed: u64,
}

impl<M: Method> VarianceReduced<M> {
    fn of(method: M) -> Self {
        Self { method, batch_size: 1, inner: None, seed: 0 }
    }

    /// The number b of terms in a batch. Range: 1 to the number of terms. Default: 1, as in the papers.
    pub fn batch_size(mut self, terms: usize) -> Self {
        self.batch_size = terms;
        self
    }

    /// The number m of steps in an epoch. Range: at least 1. Default: G = ⌈N/b⌉, one pass over the terms on average;
    /// 2G for [`Katyusha`].
    pub fn inner(mut self, steps: usize) -> Self {
        self.inner = Some(steps);
        self
    }

    /// The seed of the groups and of the draws: the same seed gives the same bits. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks everything that needs no evaluation, and returns the number of terms.
    fn check(&self, problem: &Oracle<'_>) -> Result<usize, Error> {
        let solver = self.method.name();
        let terms = problem.terms().ok_or(Error::NotASum { solver })?;
        if terms == 0 {
            return Err(Error::EmptySum);
        }
        let (size, range) = (self.batch_size, "at least 1 and at most the number of terms");
        check((1..=terms).contains(&size), "batch_size", size as f64, range)?;
        let least = self.method.fewest_steps();
        let range = if least > 1 { "at least 2 for a random iterate" } else { "at least 1" };
        check(self.inner.is_none_or(|m| m >= least), "inner", self.steps(0) as f64, range)?;
        self.method.check()?;
        Ok(terms)
    }

    /// The number m of steps in an epoch over G groups.
    fn steps(&self, groups: usize) -> usize {
        self.inner
            .unwrap_or_else(|| self.method.default_steps(groups).max(self.method.fewest_steps()))
    }

    /// Undoes an epoch that cannot be used.
    fn undo(&self, state: &mut EpochState<M::Memory>) -> ControlFlow<Termination> {
        if state.halvings == MAX_HALVINGS {
            return ControlFlow::Break(Termination::Stalled {
                reason: Stall::Diverged { halvings: MAX_HALVINGS },
                gradient_norm: Some(state.reported().gradient_norm),
            });
        }
        state.halvings += 1;
        state.return_to_best();
        self.method.restart(&mut state.memory, &state.anchor.x);
        self.next_epoch(state);
        ControlFlow::Continue(())
    }

    fn next_epoch(&self, state: &mut EpochState<M::Memory>) {
        let steps = self.steps(state.groups.count());
        state.position = 0;
        state.accepted = 0;
        state.length = self.method.draw_length(steps, &mut state.groups);
    }
}

impl<M: Method> Solver for VarianceReduced<M> {
    type State = EpochState<M::Memory>;

    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        let terms = self.check(problem)?;
        let n = problem.dimension();
        let groups = TermGroups::new(terms, self.batch_size, self.seed)?;
        let mut memory = self.method.start(n, groups.count())?;
        let mut gradient = DVector::zeros(n);
        let cost = problem.start(&x0, &mut gradient)?;
        self.method.restart(&mut memory, &x0);
        let gradient_norm = linalg::max_abs(gradient.as_slice());
        let start = EpochPoint { x: x0, cost, gradient, gradient_norm };
        let mut state = EpochState::new(start, groups, memory);
        self.next_epoch(&mut state);
        Ok(state)
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if state.reported().gradient_norm == 0.0 {
            return ControlFlow::Break(Termination::GradientNorm { norm: 0.0, tolerance: 0.0 });
        }
        let steps = self.steps(state.groups.count());
        if state.position == 0 {
            state.trial.x.copy_from(&state.anchor.x);
            let (epoch, memory) = state.epoch(steps);
            self.method.begin(problem, memory, epoch)?;
        }
        while state.position < state.length {
            let drawn = state.groups.draw();
            let (epoch, memory) = state.epoch(steps);
            let accepted = self.method.advance(problem, memory, epoch, drawn)?;
            state.groups.done();
            state.position += 1;
            if accepted {
                state.accepted += 1;
            } else {
                state.skipped = state.skipped.saturating_add(1);
            }
        }
        // The anchor has been measured already.
        if state.trial.x == state.anchor.x {
            if state.length > 0 && state.accepted == 0 {
                return self.undo(state);
            }
            self.next_epoch(state);
            return ControlFlow::Continue(());
        }
        let EpochPoint { x, gradient, .. } = &mut state.trial;
        let cost = problem.cost_and_gradient(x, gradient);
        problem.uninterrupted()?;
        if cost == f64::NEG_INFINITY {
            return ControlFlow::Break(Termination::Unbounded { cost });
        }
        if !cost.is_finite() || !gradient.iter().all(|g| g.is_finite()) {
            return self.undo(state);
        }
        state.trial.cost = cost;
        state.trial.gradient_norm = linalg::max_abs(state.trial.gradient.as_slice());
        state.commit();
        self.next_epoch(state);
        ControlFlow::Continue(())
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        let terms = self.check(problem)?;
        let n = problem.dimension();
        let fresh = TermGroups::new(terms, self.batch_size, self.seed)?;
        let reason = match state.check(n, &fresh, self.steps(fresh.count())) {
            Ok(()) if self.method.is_valid(&state.memory, n, fresh.count()) => return Ok(()),
            Ok(()) => "the memory of its method does not fit this solver and problem",
            Err(reason) => reason,
        };
        Err(Error::Checkpoint { reason: reason.to_owned() })
    }

    /// The momentum of Katyusha may increase the cost for hundreds of epochs.
    fn patience(&self) -> u64 {
        1000
    }
}
