//! One training run and its result.

use std::time::{Duration, Instant};

use extremum::stop::max_iterations;
use extremum::{AnySolver, Error, Minimizer, Problem, State, Sum};

use super::digits::Digits;
use super::model::{Loss, Model};

/// λ of the penalty.
pub const PENALTY: f64 = 1e-3;

/// The result of a training run at its last epoch.
#[derive(Clone, Debug)]
pub struct Trained {
    /// f(x) at the start and after every epoch.
    pub losses: Vec<f64>,
    /// Accuracy on the test images.
    pub accuracy: f64,
    /// The number of passes over the training images, those to measure f(x) included.
    pub passes: f64,
    pub elapsed: Duration,
}

impl Trained {
    pub fn epochs(&self) -> usize {
        self.losses.len() - 1
    }

    pub fn loss(&self) -> f64 {
        self.losses[self.epochs()]
    }
}

/// Trains a model for the given number of epochs, or until no progress is left. An epoch is an iteration of the run.
pub fn train<M: Model>(
    model: &M,
    [train, test]: &[Digits; 2],
    solver: &dyn AnySolver,
    epochs: u64,
    seed: u64,
    mut after_epoch: impl FnMut(),
) -> Result<Trained, Error> {
    let problem = Sum::new(Loss { model, digits: train, penalty: PENALTY });
    let started = Instant::now();
    let mut run = Minimizer::new(&problem, solver, model.start(seed))
        .stop_when(max_iterations(epochs))
        .start()?;
    let mut elapsed = started.elapsed();
    let mut losses = vec![run.state().cost()];
    let mut goes_on = true;
    while goes_on {
        let started = Instant::now();
        goes_on = run.step().is_continue();
        elapsed += started.elapsed();
        // The state reports the best cost; the cost of the last epoch is wanted here.
        losses.push(problem.cost(run.state().current()));
        after_epoch();
    }
    let accuracy = model.accuracy(run.state().current().as_slice(), test);
    let passes = run.progress().evaluations.terms as f64 / train.len() as f64;
    Ok(Trained { losses, accuracy, passes, elapsed })
}
