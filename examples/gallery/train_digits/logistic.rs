//! Multinomial logistic regression: P(k | u) = softmax(W u)_k.
//!
//! C. Bishop, "Pattern Recognition and Machine Learning", Springer (2006), section 4.3.4; the gradient is eq. (4.109).
//! With the penalty the loss is strictly convex: one minimum, the same for every method and every start.

use extremum::DVector;

use super::digits::{CLASSES, INPUTS};
use super::layer;
use super::model::Model;

/// W has a row for every class.
pub struct Logistic;

impl Model for Logistic {
    fn dimension(&self) -> usize {
        CLASSES * INPUTS
    }
    fn start(&self, _seed: u64) -> DVector<f64> {
        DVector::zeros(self.dimension())
    }
    fn scores(&self, x: &[f64], image: &[f64; INPUTS]) -> [f64; CLASSES] {
        layer::apply(x, image)
    }
    fn loss(&self, x: &[f64], image: &[f64; INPUTS], label: usize) -> f64 {
        layer::cross_entropy(&self.scores(x, image), label).0
    }
    fn add_gradient(
        &self,
        x: &[f64],
        image: &[f64; INPUTS],
        label: usize,
        gradient: &mut [f64],
    ) -> f64 {
        let (loss, delta) = layer::cross_entropy(&self.scores(x, image), label);
        layer::add_gradient(gradient, &delta, image);
        loss
    }
}
