//! Convolution as a gather and one matrix product.
//!
//! ```text
//! y[i, p, :] = b + (x[i, p + o₁, :], ..., x[i, p + o₉, :]) W     for each image i and pixel p, o the 3 × 3 offsets
//! ```
//!
//! Outside the image x is 0. Features have the shape (images, pixels, channels), so the nine neighbours of all pixels
//! are rows that `index_select` copies, and W is a matrix of 9 · inputs rows. K. Chellapilla, S. Puri, P. Simard, "High
//! performance convolutional neural networks for document processing", IWFHR (2006), section 4. Forward and backward
//! together take about half the time of `candle_nn::Conv2d`, whose gradient is a transposed convolution by plain loops.

#[cfg(test)]
mod tests;

use candle_core::{Device, Result, Tensor};
use candle_nn::{Linear, Module};

/// A layer of 3 × 3 windows that keeps the edge of its square images.
pub struct Convolution {
    product: Linear,
    /// The nine neighbours of pixel 0, those of pixel 1, ...; a neighbour outside the image has the index after the last pixel.
    neighbours: Tensor,
}

impl Convolution {
    /// For images of `edge` × `edge`; `product` maps nine pixels, row by row, to one.
    pub fn new(edge: usize, product: Linear) -> Result<Self> {
        let mut neighbours = Vec::with_capacity(9 * edge * edge);
        for pixel in 0..edge * edge {
            for offset in 0..9 {
                // Row and column of the neighbour, counted from 1.
                let (row, column) = (pixel / edge + offset / 3, pixel % edge + offset % 3);
                let is_inside = (1..=edge).contains(&row) && (1..=edge).contains(&column);
                let neighbour = if is_inside { (row - 1) * edge + column - 1 } else { edge * edge };
                neighbours.push(neighbour as u32);
            }
        }
        Ok(Self { product, neighbours: Tensor::new(neighbours, &Device::Cpu)? })
    }
}

impl Module for Convolution {
    fn forward(&self, features: &Tensor) -> Result<Tensor> {
        let (images, pixels, channels) = features.dims3()?;
        let windows = features.pad_with_zeros(1, 0, 1)?.index_select(&self.neighbours, 1)?;
        let outputs = self.product.forward(&windows.reshape((images * pixels, 9 * channels))?)?;
        outputs.reshape((images, pixels, ()))
    }
}

/// The maximum of each 2 × 2 window of square images. (The gradient of `Tensor::max_pool2d`, in candle 0.11.1, is a
/// quarter of the true one.)
pub fn max_pool(features: &Tensor) -> Result<Tensor> {
    let (images, pixels, channels) = features.dims3()?;
    let half = pixels.isqrt() / 2;
    let windows = features.reshape(&[images, half, 2, half, 2, channels][..])?;
    windows.max(4)?.max(2)?.reshape((images, half * half, channels))
}
