//! All random numbers of a run, from its seed.

use candle_core::{Device, Shape, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// The purposes of random numbers. Each has its own stream, so that use of one does not change another.
#[derive(Clone, Copy)]
pub enum Purpose {
    Start,
    Distortion,
    Dropout,
    Noise,
    Test,
    Samples,
}

/// The generator of a seed for one purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose as u64);
    random
}

/// A uniform number from -1 to 1.
pub fn symmetric(random: &mut ChaCha8Rng) -> f32 {
    let uniform: f32 = StandardUniform.sample(random);
    2.0 * uniform - 1.0
}

/// Uniform numbers from `-bound` to `bound`.
pub fn uniform(
    shape: impl Into<Shape>,
    bound: f32,
    random: &mut ChaCha8Rng,
) -> candle_core::Result<Tensor> {
    tensor(shape, || bound * symmetric(random))
}

/// Numbers of the standard normal distribution.
pub fn normal(shape: impl Into<Shape>, random: &mut ChaCha8Rng) -> candle_core::Result<Tensor> {
    tensor(shape, || StandardNormal.sample(random))
}

/// Dropout: 0 with the probability `rate`, else 1 / (1 - rate), so that the mean is 1.
pub fn dropout(
    shape: impl Into<Shape>,
    rate: f32,
    random: &mut ChaCha8Rng,
) -> candle_core::Result<Tensor> {
    tensor(shape, || {
        let uniform: f32 = StandardUniform.sample(random);
        if uniform < rate { 0.0 } else { 1.0 / (1.0 - rate) }
    })
}

fn tensor(shape: impl Into<Shape>, draw: impl FnMut() -> f32) -> candle_core::Result<Tensor> {
    let shape = shape.into();
    let values: Vec<f32> = std::iter::repeat_with(draw).take(shape.elem_count()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}
