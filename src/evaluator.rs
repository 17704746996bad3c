//! Evaluators compute the costs of many points: one after the other ([`Serial`]), on the threads of this machine
//! (`Parallel`), on several machines (`mpi`, with the feature of that name), or by a queue that you write.
//!
//! An evaluator is a pure map from points to costs. Random numbers are drawn before it and results are read after it,
//! in order. So the choice of an evaluator, and its number of threads or machines, changes no bit of a run.

mod call;
#[cfg(feature = "mpi")]
pub(crate) mod mpi;
#[cfg(feature = "parallel")]
mod parallel;
mod serial;

use nalgebra::DVector;
use thiserror::Error;

pub use call::Call;
#[cfg(feature = "parallel")]
pub use parallel::Parallel;
pub use serial::Serial;

/// The error of an evaluator that can evaluate no longer. The run ends with its best point, and
/// [`Termination::EvaluatorLost`](crate::Termination::EvaluatorLost) says why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct EvaluatorLost {
    /// Why the evaluator can evaluate no longer.
    pub reason: String,
}

/// Evaluates the costs of many points; given to a run by
/// [`Minimizer::evaluate_with`](crate::Minimizer::evaluate_with).
///
/// ```
/// use extremum::{DVector, Evaluator, EvaluatorLost, Minimizer, ParticleSwarm, evaluator::Call, from_fn};
///
/// /// Keeps count, as a queue would.
/// struct Counted<'a>(&'a mut usize);
///
/// impl Evaluator for Counted<'_> {
///     fn costs(&mut self, call: &Call, points: &[DVector<f64>], costs: &mut [f64]) -> Result<(), EvaluatorLost> {
///         *self.0 += points.len();
///         for (cost, x) in costs.iter_mut().zip(points) {
///             *cost = call.cost(x);
///         }
///         Ok(())
///     }
/// }
///
/// let (sphere, mut calls) = (from_fn(2, |x| x.norm_squared()), 0);
/// let found = Minimizer::new(&sphere, ParticleSwarm::default().scale(5.0), [3.0, 4.0])
///     .evaluate_with(Counted(&mut calls))
///     .run()?;
/// assert!(found.cost < 1e-8);
/// assert_eq!(calls as u64, found.evaluations.cost);
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait Evaluator {
    /// Writes the cost of every point into `costs`, which has as many components, in the order of the points; NaN for a
    /// point that was not evaluated. [`Call::cost`] evaluates a point in this process. An evaluator that sends points elsewhere
    /// asks [`Call::is_interrupted`] before it sends more, and reports a panic there by [`Call::panicked`].
    ///
    /// # Errors
    /// When the evaluator can evaluate no longer: the run ends with its best point.
    fn costs(
        &mut self,
        call: &Call<'_>,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<(), EvaluatorLost>;

    /// How many points the evaluator evaluates in parallel. Default: 1. It changes no bit of a run.
    fn width(&self) -> usize {
        1
    }
}
