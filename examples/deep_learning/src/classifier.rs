//! A convolutional network that classifies a digit.
//!
//! ```text
//! 8 × 8 × 1   convolution 3 × 3, convolution 3 × 3, maximum of 2 × 2
//! 4 × 4 × 32  convolution 3 × 3, convolution 3 × 3, maximum of 2 × 2
//! 2 × 2 × 64  dense 128, dense 10
//! ```
//!
//! Every layer but the last is followed by max(0, ·), the dense ones are preceded by dropout. The shape is that of
//! Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of
//! the IEEE 86(11), 1998; the pairs of small windows are those of K. Simonyan, A. Zisserman, "Very deep convolutional
//! networks for large-scale image recognition", ICLR (2015).

use candle_core::{D, Device, Result, Tensor};
use candle_nn::{Linear, Module, ops::log_softmax};
use extremum::Batches;
use extremum::first_order::AdamW;
use extremum::schedule::OneCycle;
use rand::rngs::ChaCha8Rng;

use crate::convolution::{Convolution, max_pool};
use crate::data::{CLASSES, Digits, EDGE, Image, Split, tensor};
use crate::distortion::distort;
use crate::layers::Layers;
use crate::random::{Purpose, dropout, generator};

/// The default number of epochs.
pub const EPOCHS: u64 = 20;
const BATCH: usize = 32;
const PEAK_RATE: f64 = 3e-3;
const DECAY: f64 = 0.05;
const DROPOUT: f32 = 0.3;
/// Label smoothing: the probability that the target spreads evenly over all digits.
const SMOOTHING: f32 = 0.1;

struct Classifier {
    convolutions: [Convolution; 4],
    dense: [Linear; 2],
}

impl Classifier {
    fn new(layers: &mut Layers) -> Result<Self> {
        let convolutions = [
            layers.convolution(EDGE, 1, 32)?,
            layers.convolution(EDGE, 32, 32)?,
            layers.convolution(EDGE / 2, 32, 64)?,
            layers.convolution(EDGE / 2, 64, 64)?,
        ];
        let dense = [layers.linear(4 * 64, 128)?, layers.linear(128, CLASSES)?];
        Ok(Self { convolutions, dense })
    }

    /// The logits of the ten digits; `random` is for dropout, in training.
    fn forward(&self, images: &Tensor, mut random: Option<&mut ChaCha8Rng>) -> Result<Tensor> {
        let [first, second, third, fourth] = &self.convolutions;
        let mut features = first.forward(images)?.relu()?;
        features = max_pool(&second.forward(&features)?.relu()?)?;
        features = third.forward(&features)?.relu()?;
        features = max_pool(&fourth.forward(&features)?.relu()?)?.flatten_from(1)?;
        let [hidden, output] = &self.dense;
        features = thin(features, &mut random)?;
        features = hidden.forward(&features)?.relu()?;
        features = thin(features, &mut random)?;
        output.forward(&features)
    }
}

/// Dropout, if there is a generator for it.
fn thin(features: Tensor, random: &mut Option<&mut ChaCha8Rng>) -> Result<Tensor> {
    match random {
        Some(random) => &features * dropout(features.shape(), DROPOUT, random)?,
        None => Ok(features),
    }
}

/// Trains on one part of the split and returns the accuracy on the other after the last epoch. The seed determines the
/// initial parameters, the batches, the distortions and the dropout. `watch` receives the mean loss of each epoch.
pub fn train_and_test(
    digits: &Digits,
    split: &Split,
    seed: u64,
    epochs: u64,
    mut watch: impl FnMut(f64),
) -> crate::Result<f64> {
    let mut layers = Layers::new(seed);
    let network = Classifier::new(&mut layers)?;
    let mut parameters = layers.parameters()?;
    let mut batches = Batches::new(split.train.len(), BATCH, seed)?;
    let steps = epochs * batches.batches_per_epoch() as u64;
    let rate = OneCycle::new(PEAK_RATE, steps);
    let mut rule = AdamW::new(rate).decay(DECAY).start(parameters.len());
    let mut distortion = generator(seed, Purpose::Distortion);
    let mut random = generator(seed, Purpose::Dropout);
    let mut images: Vec<Image> = Vec::with_capacity(BATCH);
    let mut labels = Vec::with_capacity(BATCH);
    let mut total = 0.0;
    for _ in 0..steps {
        images.clear();
        labels.clear();
        for &k in batches.draw() {
            let i = split.train[k];
            images.push(distort(&digits.images[i], &mut distortion));
            labels.push(digits.labels[i]);
        }
        let logits = network.forward(&tensor(&images)?, Some(&mut random))?;
        let loss = cross_entropy(&logits, &labels)?;
        parameters.step(&loss, &mut rule)?;
        total += f64::from(loss.to_scalar::<f32>()?);
        if batches.is_epoch_end() {
            watch(total / batches.batches_per_epoch() as f64);
            total = 0.0;
        }
    }
    Ok(accuracy(&network, digits, &split.test)?)
}

/// The mean of -Σ p log q over the batch, for the softmax q of the logits and smoothed targets p.
pub fn cross_entropy(logits: &Tensor, labels: &[u32]) -> Result<Tensor> {
    let mut targets = vec![SMOOTHING / CLASSES as f32; labels.len() * CLASSES];
    for (target, &label) in targets.chunks_mut(CLASSES).zip(labels) {
        target[label as usize] += 1.0 - SMOOTHING;
    }
    let targets = Tensor::from_vec(targets, logits.shape(), &Device::Cpu)?;
    (targets * log_softmax(logits, D::Minus1)?)?.sum_all()? / -(labels.len() as f64)
}

/// The fraction of the images whose largest logit is that of their digit.
fn accuracy(network: &Classifier, digits: &Digits, test: &[usize]) -> Result<f64> {
    let images: Vec<Image> = test.iter().map(|&i| digits.images[i]).collect();
    let read = network.forward(&tensor(&images)?, None)?.argmax(D::Minus1)?.to_vec1::<u32>()?;
    let right = test.iter().zip(read).filter(|&(&i, digit)| digits.labels[i] == digit).count();
    Ok(right as f64 / test.len() as f64)
}
