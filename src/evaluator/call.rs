//! A request to an evaluator for the costs of points.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use nalgebra::DVector;
use web_time::Instant;

use crate::{CancellationToken, Problem};

/// A call of an [`Evaluator`](super::Evaluator): it evaluates and counts the costs of the problem, knows whether they are
/// still wanted, and handles panics. Any number of threads may use it at the same time.
///
/// ```
/// use extremum::{DVector, Evaluator, Serial, evaluator::Call, from_fn};
/// let (square, mut costs) = (from_fn(1, |x| x[0] * x[0]), [0.0; 2]);
/// let points = [2.0, 3.0].map(|x| DVector::from_vec(vec![x]));
/// Serial.costs(&Call::new(&square), &points, &mut costs)?;
/// assert_eq!(costs, [4.0, 9.0]);
/// # Ok::<(), extremum::EvaluatorLost>(())
/// ```
pub struct Call<'a> {
    problem: &'a dyn Problem,
    token: Option<&'a CancellationToken>,
    deadline: Option<Instant>,
    survives_panics: bool,
    calls: AtomicU64,
    panics: AtomicU64,
}

impl<'a> Call<'a> {
    /// A call outside a run. It is never interrupted, and a panic of the problem is not caught.
    pub fn new(problem: &'a dyn Problem) -> Self {
        let (calls, panics) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { problem, token: None, deadline: None, survives_panics: false, calls, panics }
    }

    pub(crate) fn watched_by(
        mut self,
        token: Option<&'a CancellationToken>,
        deadline: Option<Instant>,
    ) -> Self {
        (self.token, self.deadline) = (token, deadline);
        self
    }

    /// Whether a panic of the cost is caught and counted, and the cost is then NaN, as with
    /// [`Minimizer::survive_panics`](crate::Minimizer::survive_panics). Default: false.
    pub fn survive_panics(mut self, survives: bool) -> Self {
        self.survives_panics = survives;
        self
    }

    /// The problem, for everything but its cost: a cost evaluated through it would not be counted.
    pub fn problem(&self) -> &'a dyn Problem {
        self.problem
    }

    /// f(x), counted. NaN once the run is interrupted: nothing is evaluated then.
    ///
    /// # Panics
    /// When the cost panics, unless the call [survives panics](Self::survive_panics).
    pub fn cost(&self, x: &DVector<f64>) -> f64 {
        if self.is_interrupted() {
            return f64::NAN;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !self.survives_panics {
            return self.problem.cost(x);
        }
        catch_unwind(AssertUnwindSafe(|| self.problem.cost(x))).unwrap_or_else(|_| self.panicked())
    }

    /// True once the run was cancelled or its time is up, so that no further costs are wanted. An evaluator that sends points
    /// elsewhere asks before it sends more.
    pub fn is_interrupted(&self) -> bool {
        self.token.is_some_and(CancellationToken::is_cancelled)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Reports that the cost panicked at a point in another process. Counts the panic and returns the cost to write: NaN.
    ///
    /// # Panics
    /// Unless the call [survives panics](Self::survive_panics).
    pub fn panicked(&self) -> f64 {
        assert!(self.survives_panics, "the cost panicked in another process");
        self.panics.fetch_add(1, Ordering::Relaxed);
        f64::NAN
    }

    /// The number of costs that [`cost`](Self::cost) evaluated, those that panicked included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The number of panics that were caught or reported.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("dimension", &self.problem.dimension())
            .field("calls", &self.calls())
            .field("panics", &self.panics())
            .finish_non_exhaustive()
    }
}
