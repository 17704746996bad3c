//! Parallel evaluation on rayon's threads.

use nalgebra::DVector;
use rayon::prelude::*;

use super::{Call, Evaluator, EvaluatorLost};

/// Evaluates on rayon's threads: those of the pool in which the run is started, or all of the machine. A thread that is
/// done takes the next point, so costs of uneven duration keep all threads busy. It pays when a cost takes more than
/// some microseconds.
///
/// ```
/// use extremum::{CmaEs, Minimizer, Parallel, from_fn};
/// let ellipse = from_fn(2, |x| x[0] * x[0] + 100.0 * x[1] * x[1]);
/// let run = |parallel| {
///     let run = Minimizer::new(&ellipse, CmaEs::default().scale(0.5), [1.0, 1.0]);
///     if parallel { run.evaluate_with(Parallel).run() } else { run.run() }
/// };
/// assert_eq!(run(true)?.x, run(false)?.x); // the same bits
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Parallel;

impl Evaluator for Parallel {
    fn costs(
        &mut self,
        call: &Call<'_>,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<(), EvaluatorLost> {
        costs.par_iter_mut().zip(points).with_max_len(1).for_each(|(cost, x)| *cost = call.cost(x));
        Ok(())
    }

    fn width(&self) -> usize {
        rayon::current_num_threads()
    }
}
