//! A run's off switch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A switch that ends a run from another thread, or from within the problem.
///
/// ```
/// use extremum::{CancellationToken, Lbfgs, Minimizer, Termination, from_fn};
/// let token = CancellationToken::new();
/// let problem = from_fn(1, |x| x[0].cosh());
/// let run = Minimizer::new(&problem, Lbfgs::default(), [1.0]).cancelled_by(&token);
/// let mut run = run.start()?;
/// token.cancel();
/// while run.step().is_continue() {}
/// assert_eq!(run.finish().termination, Termination::Cancelled);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancellationToken(Arc<AtomicBool>);

impl CancellationToken {
    /// A token that has not been cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every run that watches this token before its next evaluation.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
