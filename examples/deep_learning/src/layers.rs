//! candle layers with initial values drawn by the seed.
//!
//! Weights are uniform with variance 2 / fan-in, biases 0: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into
//! rectifiers", ICCV (2015), section 2.2.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::Linear;
use rand::rngs::ChaCha8Rng;

use crate::convolution::Convolution;
use crate::flat::Flat;
use crate::random::{Purpose, generator, uniform};

/// Makes layers and keeps their variables in order of creation.
pub struct Layers {
    random: ChaCha8Rng,
    variables: Vec<Var>,
}

impl Layers {
    pub fn new(seed: u64) -> Self {
        Self { random: generator(seed, Purpose::Start), variables: Vec::new() }
    }

    /// 3 × 3 windows on images of `edge` × `edge`.
    pub fn convolution(
        &mut self,
        edge: usize,
        inputs: usize,
        outputs: usize,
    ) -> Result<Convolution> {
        Convolution::new(edge, self.linear(9 * inputs, outputs)?)
    }

    /// A dense layer.
    pub fn linear(&mut self, inputs: usize, outputs: usize) -> Result<Linear> {
        let bound = (6.0 / inputs as f32).sqrt();
        let weight = uniform((outputs, inputs), bound, &mut self.random)?;
        let bias = Tensor::zeros(outputs, DType::F32, &Device::Cpu)?;
        Ok(Linear::new(self.variable(&weight)?, Some(self.variable(&bias)?)))
    }

    /// All parameters, for an update rule.
    pub fn parameters(self) -> Result<Flat> {
        Flat::new(self.variables)
    }

    /// Any other parameter.
    pub fn variable(&mut self, start: &Tensor) -> Result<Tensor> {
        let variable = Var::from_tensor(start)?;
        let tensor = variable.as_tensor().clone();
        self.variables.push(variable);
        Ok(tensor)
    }
}
