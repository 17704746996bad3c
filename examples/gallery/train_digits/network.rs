//! A network of two layers: P(k | u) = softmax(V h)_k with h = tanh(W u).
//!
//! D. Rumelhart, G. Hinton, R. Williams, "Learning representations by back-propagating errors", Nature 323 (1986),
//! pp. 533-536, gives the gradient. The initial values follow X. Glorot, Y. Bengio, "Understanding the
//! difficulty of training deep feedforward neural networks", AISTATS (2010), eq. (16): weights uniform in ±√(6 / (inputs + outputs)), biases 0.

use extremum::{DVector, Random};

use super::digits::{CLASSES, INPUTS};
use super::layer;
use super::model::Model;

/// Units of the hidden layer.
pub const HIDDEN: usize = 64;
/// The number of entries of W, which come first; those of V follow. The biases are the last column of each.
const FIRST: usize = HIDDEN * INPUTS;

/// W has a row for every hidden unit, V one for every class.
pub struct Network;

impl Network {
    /// h followed by the constant 1, and the scores V h.
    fn forward(&self, x: &[f64], image: &[f64; INPUTS]) -> ([f64; HIDDEN + 1], [f64; CLASSES]) {
        let (first, second) = x.split_at(FIRST);
        let mut hidden = [1.0; HIDDEN + 1];
        hidden[..HIDDEN].copy_from_slice(&layer::apply::<HIDDEN>(first, image).map(f64::tanh));
        let scores = layer::apply(second, &hidden);
        (hidden, scores)
    }
}

impl Model for Network {
    fn dimension(&self) -> usize {
        FIRST + CLASSES * (HIDDEN + 1)
    }
    fn start(&self, seed: u64) -> DVector<f64> {
        let mut random = Random::new(seed);
        // The upper 53 bits, from -1 to 1.
        let mut uniform = || (random.bits() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        let mut x = DVector::zeros(self.dimension());
        let (first, second) = x.as_mut_slice().split_at_mut(FIRST);
        for (weights, inputs, outputs) in [(first, INPUTS - 1, HIDDEN), (second, HIDDEN, CLASSES)] {
            let bound = (6.0 / (inputs + outputs) as f64).sqrt();
            weights[..inputs * outputs].fill_with(|| bound * uniform());
        }
        x
    }
    fn scores(&self, x: &[f64], image: &[f64; INPUTS]) -> [f64; CLASSES] {
        self.forward(x, image).1
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
        let (hidden, scores) = self.forward(x, image);
        let (loss, delta) = layer::cross_entropy(&scores, label);
        let (first, second) = gradient.split_at_mut(FIRST);
        layer::add_gradient(second, &delta, &hidden);
        let mut delta = layer::back::<CLASSES, HIDDEN>(&x[FIRST..], &delta);
        for (delta, h) in delta.iter_mut().zip(&hidden) {
            *delta *= 1.0 - h * h;
        }
        layer::add_gradient(first, &delta, image);
        loss
    }
}
