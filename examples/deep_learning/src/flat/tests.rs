//! The bridge compared with a law, central differences and torch.

use candle_core::{Device, Tensor, Var};
use candle_nn::Module;
use extremum::first_order::AdamW;

use super::Flat;
use crate::classifier::cross_entropy;
use crate::convolution::max_pool;
use crate::data::CLASSES;
use crate::layers::Layers;
use crate::random::{Purpose, generator, uniform};

/// Numbers from -1 to 1.
fn random(shape: &[usize], seed: u64) -> Tensor {
    uniform(shape, 1.0, &mut generator(seed, Purpose::Samples)).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn variables_and_their_gradients_come_in_order() {
    let a = Var::from_tensor(&random(&[2, 3], 1)).unwrap();
    let b = Var::from_tensor(&random(&[4], 2)).unwrap();
    let unused = Var::from_tensor(&random(&[2], 3)).unwrap();
    let mut flat = Flat::new(vec![a.clone(), b.clone(), unused]).unwrap();
    assert_eq!(flat.x[..6], values(&a));
    assert_eq!(flat.x[6..10], values(&b));

    for (i, x) in flat.x.iter_mut().enumerate() {
        *x = i as f32;
    }
    flat.scatter().unwrap();
    assert_eq!(a.to_vec2::<f32>().unwrap(), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    assert_eq!(b.to_vec1::<f32>().unwrap(), [6.0, 7.0, 8.0, 9.0]);

    // ∂(Σ a² + 3 Σ b)
    let loss =
        (a.sqr().unwrap().sum_all().unwrap() + (b.sum_all().unwrap() * 3.0).unwrap()).unwrap();
    let expected = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 3.0, 3.0, 3.0, 3.0, 0.0, 0.0];
    assert_eq!(flat.gradient(&loss).unwrap(), expected);
}

/// A convolution, a maximum and a dense layer. The loss is about 3 and its rounding 2e-7, so a difference is accurate to
/// 1e-4. The norm over the 184 components, some with a kink within the step, is accurate to 2e-3 of the gradient's norm.
#[test]
fn gradient_agrees_with_central_differences() {
    let mut layers = Layers::new(7);
    let convolution = layers.convolution(4, 2, 3).unwrap();
    let dense = layers.linear(4 * 3, CLASSES).unwrap();
    let mut flat = layers.parameters().unwrap();
    let images = random(&[5, 16, 2], 1);
    let loss = || {
        let features = max_pool(&convolution.forward(&images)?.relu()?)?.flatten_from(1)?;
        cross_entropy(&dense.forward(&features)?, &[3, 1, 4, 1, 5])
    };
    let gradient = flat.gradient(&loss().unwrap()).unwrap().to_vec();
    let start = flat.x.clone();
    let step = 2e-3;
    let (mut wrong, mut size) = (0.0, 0.0);
    for i in 0..start.len() {
        let mut at = |x: f32| {
            flat.x.clone_from(&start);
            flat.x[i] = x;
            flat.scatter().unwrap();
            loss().unwrap().to_scalar::<f32>().unwrap()
        };
        let slope = (at(start[i] + step) - at(start[i] - step)) / (2.0 * step);
        wrong += (slope - gradient[i]).powi(2);
        size += gradient[i].powi(2);
    }
    assert!(wrong.sqrt() <= 2e-3 * size.sqrt(), "{} of {}", wrong.sqrt(), size.sqrt());
}

/// Rosenbrock's function with gradients by candle, compared with torch 2.15 in f64 (`tests/data/first_order` of the library):
/// torch.optim.AdamW, lr 0.05, weight_decay 0.1.
#[test]
fn adamw_through_candle_is_that_of_torch() {
    let a = Var::from_tensor(&Tensor::new(-1.2_f32, &Device::Cpu).unwrap()).unwrap();
    let b = Var::from_tensor(&Tensor::new(1.0_f32, &Device::Cpu).unwrap()).unwrap();
    let mut flat = Flat::new(vec![a.clone(), b.clone()]).unwrap();
    let mut rule = AdamW::new(0.05).decay(0.1).start(flat.len());
    let torch = [
        (1, [-1.1440000000023192, 1.0449999999943183]),
        (2, [-1.0906322239468276, 1.0876430346035257]),
        (5, [-0.9774739929215815, 1.1654854962071146]),
        (10, [-0.9761129700220695, 1.0855612013457256]),
        (50, [-0.8231056408869757, 0.7003969054271778]),
    ];
    let mut taken = 0;
    for (steps, expected) in torch {
        while taken < steps {
            let valley = (b.as_tensor() - a.sqr().unwrap()).unwrap().sqr().unwrap();
            let slope = (1.0 - a.as_tensor()).unwrap().sqr().unwrap();
            let loss = (slope + (valley * 100.0).unwrap()).unwrap();
            flat.step(&loss, &mut rule).unwrap();
            taken += 1;
        }
        for (x, expected) in flat.x.iter().zip(expected) {
            assert!((f64::from(*x) - expected).abs() < 1e-5, "{x} {expected} after {steps} steps");
        }
    }
}
