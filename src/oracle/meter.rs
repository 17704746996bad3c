//! The counts and the limits of a run, whichever view of the problem it evaluates.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use web_time::Instant;

use crate::{CancellationToken, Evaluations, Problem, Termination};

/// The counts of a run, its limits, and the reason why it may evaluate no more. A run within a run shares them.
#[derive(Clone)]
pub(super) struct Meter {
    pub evaluations: Evaluations,
    pub token: Option<CancellationToken>,
    pub deadline: Option<(Instant, Duration)>,
    /// The most evaluations of each kind.
    pub budget: u64,
    /// Whether a panic of the problem is counted and becomes NaN.
    pub survives_panics: bool,
    pub closed: Option<Termination>,
}

impl Default for Meter {
    fn default() -> Self {
        let evaluations = Evaluations::default();
        let (token, deadline, budget, closed) = (None, None, u64::MAX, None);
        Self { evaluations, token, deadline, budget, survives_panics: false, closed }
    }
}

impl Meter {
    /// False once the run was interrupted.
    pub fn is_open(&mut self) -> bool {
        if self.closed.is_none() {
            if self.token.as_ref().is_some_and(CancellationToken::is_cancelled) {
                self.closed = Some(Termination::Cancelled);
            } else if let Some((deadline, limit)) = self.deadline
                && Instant::now() >= deadline
            {
                self.closed = Some(Termination::TimeLimit { limit });
            }
        }
        self.closed.is_none()
    }

    /// True when one more evaluation may be made after `made` of the same kind. The start is evaluated in any case.
    pub fn may_evaluate(&mut self, made: u64) -> bool {
        if self.is_open() && made >= self.budget.max(1) {
            self.closed = Some(Termination::MaxEvaluations { limit: self.budget });
        }
        self.closed.is_none()
    }

    /// Ends the run when a NaN comes from a problem that failed.
    pub fn note_failure(&mut self, is_nan: bool, problem: &dyn Problem) {
        if is_nan
            && self.closed.is_none()
            && let Some(reason) = problem.failure()
        {
            self.closed = Some(Termination::ProblemFailed { reason });
        }
    }

    /// The result of a call of the problem; `otherwise` when it panics and the run survives that.
    pub fn call<T>(&mut self, otherwise: T, call: impl FnOnce() -> T) -> T {
        if !self.survives_panics {
            return call();
        }
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
            self.evaluations.panics += 1;
            otherwise
        })
    }
}
