//! The methods, each on mini-batches or on all images at once.

use extremum::first_order::{
    AdaBound, Adagrad, Adam, AmsGrad, Momentum, Nadam, RmsProp, Rule, Sgd,
};
use extremum::schedule::Cosine;
use extremum::{AnySolver, Lbfgs, Solver};

/// Images in a batch.
pub const BATCH: usize = 32;

/// A row of the table.
pub struct Method {
    pub solver: Box<dyn AnySolver>,
    /// The learning rate at the start; `None` where a line search chooses the steps.
    pub rate: Option<f64>,
}

/// Every method, for the given numbers of epochs and images; the seed is that of the batches.
///
/// All learning rates decrease to 0 along half a cosine; everything else is each method's default. The initial rates were
/// chosen on a fifth of the training images, held out: of 0.001, 0.003, 0.01, ... the rate with the highest accuracy there,
/// over both models and both splits; for AdaBound and Nadam, that of Adam.
pub fn methods(epochs: u64, images: usize, seed: u64) -> Vec<Method> {
    let steps = epochs * images.div_ceil(BATCH) as u64;
    let batches = Batches { steps, seed };
    vec![
        batches.of(0.1, Sgd::new),
        batches.of(0.01, Momentum::new),
        batches.of(0.03, Adagrad::new),
        batches.of(0.003, RmsProp::new),
        batches.of(0.01, Adam::new),
        batches.of(0.01, AdaBound::new),
        batches.of(0.01, AmsGrad::new),
        batches.of(0.01, Nadam::new),
        Method { solver: Lbfgs::default().boxed(), rate: None },
    ]
}

struct Batches {
    steps: u64,
    seed: u64,
}

impl Batches {
    fn of<R: Rule>(&self, rate: f64, rule: impl Fn(Cosine) -> R) -> Method {
        let rule = rule(Cosine::new(rate, self.steps));
        Method { solver: rule.batches(BATCH, self.seed).boxed(), rate: Some(rate) }
    }
}
