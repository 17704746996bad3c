//! A variational autoencoder: a network that learns to draw digits.
//!
//! ```text
//! encoder   q(z | x) = N(μ(x), diag σ²(x))                 x of 64 pixels, z of 10 numbers
//! decoder   p(x | z) = N(x̂(z), s² I)                       one s for all pixels, learned with the network
//! -ELBO     E_q[-log p(x | z)] + KL(q(z | x) ‖ N(0, I))    z = μ + σ ε,  ε ~ N(0, I)
//! KL        ½ Σ (μ² + σ² - 1 - log σ²)
//! ```
//!
//! D. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR (2014), equation 10 and appendices B and C.2; the
//! learned s, without which the two terms must be weighted by hand: O. Rybkin, K. Daniilidis, S. Levine, "Simple and
//! effective VAE training with calibrated decoders", ICML (2021), section 3.1.

use std::f64::consts::PI;

use candle_core::{Device, Result, Tensor};
use candle_nn::{Linear, Module, ops::sigmoid};
use extremum::Batches;
use extremum::first_order::Adam;
use extremum::schedule::{Cosine, Warmup};
use rand::rngs::ChaCha8Rng;

use crate::data::{Image, PIXELS, tensor};
use crate::layers::Layers;
use crate::random::{Purpose, generator, normal};

/// The default number of epochs.
pub const EPOCHS: u64 = 50;
/// The number of latent variables.
const LATENT: usize = 10;
const HIDDEN: usize = 128;
/// The initial s. With a much larger one the decoder stays at the mean image for many epochs.
const FIRST_SCALE: f32 = 0.15;
const BATCH: usize = 32;
const PEAK_RATE: f64 = 2e-3;
const WARMUP_STEPS: u64 = 50;

/// Encoder and decoder.
pub struct Autoencoder {
    encoder: [Linear; 2],
    /// To μ and log σ².
    moments: [Linear; 2],
    decoder: [Linear; 3],
    /// log s
    log_scale: Tensor,
}

/// Means over images.
#[derive(Clone, Copy, Default)]
pub struct Figures {
    /// The squared error of the reconstruction, mean over pixels.
    pub error: f64,
    /// KL, in nats.
    pub divergence: f64,
    /// -ELBO, in nats; it can be negative, as the logarithm of a density can.
    pub loss: f64,
}

/// The same for a batch, in candle's graph.
struct Terms {
    error: Tensor,
    divergence: Tensor,
    loss: Tensor,
}

impl Autoencoder {
    fn new(layers: &mut Layers) -> Result<Self> {
        Ok(Self {
            encoder: [layers.linear(PIXELS, HIDDEN)?, layers.linear(HIDDEN, HIDDEN)?],
            moments: [layers.linear(HIDDEN, LATENT)?, layers.linear(HIDDEN, LATENT)?],
            decoder: [
                layers.linear(LATENT, HIDDEN)?,
                layers.linear(HIDDEN, HIDDEN)?,
                layers.linear(HIDDEN, PIXELS)?,
            ],
            log_scale: layers.variable(&Tensor::new(FIRST_SCALE.ln(), &Device::Cpu)?)?,
        })
    }

    /// Trains. The seed determines the initial parameters, the batches and ε. After each epoch `watch` receives the figures
    /// of the training images during it and those of `unseen` after it.
    pub fn train(
        images: &[Image],
        unseen: &[Image],
        seed: u64,
        epochs: u64,
        mut watch: impl FnMut(u64, Figures, Figures),
    ) -> crate::Result<Self> {
        let mut layers = Layers::new(seed);
        let network = Self::new(&mut layers)?;
        let mut parameters = layers.parameters()?;
        let mut batches = Batches::new(images.len(), BATCH, seed)?;
        let per_epoch = batches.batches_per_epoch() as u64;
        let decay =
            Cosine::new(PEAK_RATE, (epochs * per_epoch).saturating_sub(WARMUP_STEPS).max(1));
        let rate = Warmup::new(PEAK_RATE / 10.0, WARMUP_STEPS, decay);
        let mut rule = Adam::new(rate).start(parameters.len());
        let mut noise = generator(seed, Purpose::Noise);
        for epoch in 1..=epochs {
            let mut during = Figures::default();
            for _ in 0..per_epoch {
                let batch: Vec<Image> = batches.draw().iter().map(|&i| images[i]).collect();
                let terms = network.terms(&batch, &mut noise)?;
                parameters.step(&terms.loss, &mut rule)?;
                during.add(&terms, batch.len() as f64 / images.len() as f64)?;
            }
            let mut after = Figures::default();
            after.add(&network.terms(unseen, &mut generator(seed, Purpose::Test))?, 1.0)?;
            watch(epoch, during, after);
        }
        Ok(network)
    }

    /// The images decoded from the means of their latent variables.
    pub fn reconstruct(&self, images: &[Image]) -> crate::Result<Vec<Image>> {
        let (mean, _) = self.encode(&tensor(images)?.flatten_from(1)?)?;
        self.draw(&mean)
    }

    /// Images decoded from latent variables drawn from N(0, 1).
    pub fn sample(&self, count: usize, seed: u64) -> crate::Result<Vec<Image>> {
        self.draw(&normal((count, LATENT), &mut generator(seed, Purpose::Samples))?)
    }

    /// -ELBO and its parts, with one ε for each image.
    fn terms(&self, images: &[Image], noise: &mut ChaCha8Rng) -> Result<Terms> {
        let pixels = tensor(images)?.flatten_from(1)?;
        let (mean, log_variance) = self.encode(&pixels)?;
        let variance = log_variance.exp()?;
        let z = (&mean + (variance.sqrt()? * normal(mean.shape(), noise)?)?)?;
        let error = (self.decode(&z)? - pixels)?.sqr()?.mean_all()?;
        let divergence = (((mean.sqr()? + variance)? - log_variance)? - 1.0)?.sum_all()?;
        let divergence = (divergence / (2.0 * images.len() as f64))?;
        // -log p of a pixel: (x - x̂)² / (2 s²) + log s + ½ log 2π.
        let scaled = (&error * (&self.log_scale * -2.0)?.exp()?)?;
        let surprise = (((scaled / 2.0)? + &self.log_scale)? + (2.0 * PI).ln() / 2.0)?;
        let loss = ((surprise * PIXELS as f64)? + &divergence)?;
        Ok(Terms { error, divergence, loss })
    }

    /// μ and log σ².
    fn encode(&self, pixels: &Tensor) -> Result<(Tensor, Tensor)> {
        let hidden = through(&self.encoder, pixels)?;
        let [mean, log_variance] = &self.moments;
        Ok((mean.forward(&hidden)?, log_variance.forward(&hidden)?))
    }

    /// The means of the pixels, x̂.
    fn decode(&self, z: &Tensor) -> Result<Tensor> {
        let [hidden @ .., output] = &self.decoder;
        sigmoid(&output.forward(&through(hidden, z)?)?)
    }

    fn draw(&self, z: &Tensor) -> crate::Result<Vec<Image>> {
        let rows = self.decode(z)?.to_vec2::<f32>()?;
        let images: std::result::Result<_, _> = rows.into_iter().map(Image::try_from).collect();
        images.map_err(|_| "the decoder does not make images".into())
    }
}

impl Figures {
    /// Adds a batch's figures, weighted by its share.
    fn add(&mut self, terms: &Terms, part: f64) -> Result<()> {
        let number =
            |tensor: &Tensor| Ok::<_, candle_core::Error>(f64::from(tensor.to_scalar::<f32>()?));
        self.error += part * number(&terms.error)?;
        self.divergence += part * number(&terms.divergence)?;
        self.loss += part * number(&terms.loss)?;
        Ok(())
    }
}

/// Dense layers, each followed by max(0, ·).
fn through(layers: &[Linear], input: &Tensor) -> Result<Tensor> {
    layers.iter().try_fold(input.clone(), |features, layer| layer.forward(&features)?.relu())
}
