//! The cost: a model's mean loss over images, as a sum of terms.
//!
//! ```text
//! f(x) = (1/N) Σ_i L(x; image_i, label_i) + (λ/2) ‖x‖²
//! ```

use extremum::{DVector, FiniteSum};

use super::digits::{CLASSES, Digits, INPUTS};

/// A classifier with parameters x.
pub trait Model: Sync {
    fn dimension(&self) -> usize;

    /// The initial parameters.
    fn start(&self, seed: u64) -> DVector<f64>;

    /// One score per class; the largest is the answer.
    fn scores(&self, x: &[f64], image: &[f64; INPUTS]) -> [f64; CLASSES];

    /// The loss on one image.
    fn loss(&self, x: &[f64], image: &[f64; INPUTS], label: usize) -> f64;

    /// The loss on one image, with its gradient added to `gradient`.
    fn add_gradient(
        &self,
        x: &[f64],
        image: &[f64; INPUTS],
        label: usize,
        gradient: &mut [f64],
    ) -> f64;

    /// The fraction of the images whose digit has the largest score.
    fn accuracy(&self, x: &[f64], digits: &Digits) -> f64 {
        let is_right = |&i: &usize| {
            let (scores, label) = (self.scores(x, &digits.images[i]), digits.labels[i]);
            (0..CLASSES).all(|k| k == label || scores[k] < scores[label])
        };
        let right = (0..digits.len()).filter(is_right).count();
        right as f64 / digits.len() as f64
    }
}

/// f(x): the mean loss over the images with the penalty λ/2 ‖x‖².
pub struct Loss<'a, M> {
    pub model: &'a M,
    pub digits: &'a Digits,
    pub penalty: f64,
}

impl<M: Model> FiniteSum for Loss<'_, M> {
    fn dimension(&self) -> usize {
        self.model.dimension()
    }
    fn terms(&self) -> usize {
        self.digits.len()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        let Digits { images, labels } = self.digits;
        let sum: f64 =
            batch.iter().map(|&i| self.model.loss(x.as_slice(), &images[i], labels[i])).sum();
        sum / batch.len() as f64 + self.penalty / 2.0 * x.norm_squared()
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(batch, x, gradient);
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        let Digits { images, labels } = self.digits;
        gradient.fill(0.0);
        let (weights, sums) = (x.as_slice(), gradient.as_mut_slice());
        let sum: f64 = batch
            .iter()
            .map(|&i| self.model.add_gradient(weights, &images[i], labels[i], sums))
            .sum();
        gradient.axpy(self.penalty, x, 1.0 / batch.len() as f64);
        sum / batch.len() as f64 + self.penalty / 2.0 * x.norm_squared()
    }
}
