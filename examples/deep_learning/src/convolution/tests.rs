//! The layers compared with those of candle.

use candle_core::{Tensor, Var};
use candle_nn::{Conv2d, Conv2dConfig, Linear, Module};

use super::{Convolution, max_pool};
use crate::random::{Purpose, generator, uniform};

/// Numbers from -1 to 1.
fn random(shape: &[usize], seed: u64) -> Tensor {
    uniform(shape, 1.0, &mut generator(seed, Purpose::Samples)).unwrap()
}

/// (images, channels, rows, columns) to (images, pixels, channels); the same of a kernel.
fn rows(features: &Tensor) -> Tensor {
    features.flatten_from(2).unwrap().transpose(1, 2).unwrap().contiguous().unwrap()
}

#[track_caller]
fn assert_close(a: &Tensor, b: &Tensor, tolerance: f32) {
    assert_eq!(a.dims(), b.dims());
    let largest = (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
    assert!(largest.to_scalar::<f32>().unwrap() <= tolerance, "{largest}");
}

/// The same sums in another order: the tolerance is some tens of rounding errors of numbers of size 10.
#[test]
fn convolution_is_that_of_candle() {
    let (edge, inputs, outputs) = (6, 3, 5);
    let features = random(&[2, inputs, edge, edge], 1);
    let kernel = Var::from_tensor(&random(&[outputs, inputs, 3, 3], 2)).unwrap();
    let bias = random(&[outputs], 3);
    let config = Conv2dConfig { padding: 1, ..Default::default() };
    let theirs = Conv2d::new(kernel.as_tensor().clone(), Some(bias.clone()), config);
    let theirs = theirs.forward(&features).unwrap();

    let weight = Var::from_tensor(&rows(&kernel).flatten_from(1).unwrap()).unwrap();
    let product = Linear::new(weight.as_tensor().clone(), Some(bias));
    let ours = Convolution::new(edge, product).unwrap().forward(&rows(&features)).unwrap();
    assert_close(&ours, &rows(&theirs), 1e-5);

    let theirs = theirs.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let ours = ours.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let theirs = rows(theirs.get(&kernel).unwrap()).flatten_from(1).unwrap();
    assert_close(ours.get(&weight).unwrap(), &theirs, 1e-3);
}

#[test]
fn pooling_is_that_of_candle() {
    let features = random(&[2, 3, 4, 4], 1);
    let theirs = features.max_pool2d(2).unwrap();
    assert_close(&max_pool(&rows(&features)).unwrap(), &rows(&theirs), 0.0);
}
