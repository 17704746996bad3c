//! The digits, and the two ways in which they are split into training and test images.

use std::io::Read;

use candle_core::{Device, Tensor};
use extremum::Batches;
use flate2::read::GzDecoder;

/// The edge of an image.
pub const EDGE: usize = 8;
/// The pixels of an image.
pub const PIXELS: usize = EDGE * EDGE;
/// The digits 0 to 9.
pub const CLASSES: usize = 10;

/// Rows by columns, each pixel 0 (paper) to 1 (ink).
pub type Image = [f32; PIXELS];

/// Images with their labels.
pub struct Digits {
    pub images: Vec<Image>,
    pub labels: Vec<u32>,
}

/// The indices of the training and the test images.
pub struct Split {
    pub train: Vec<usize>,
    pub test: Vec<usize>,
}

impl Digits {
    /// The 1797 images of the file: a line is 64 pixels, 0 to 16, and the digit.
    pub fn read() -> crate::Result<Self> {
        let file = include_bytes!("../../data/digits.csv.gz");
        let mut text = String::new();
        GzDecoder::new(&file[..]).read_to_string(&mut text)?;
        let mut digits = Self { images: Vec::new(), labels: Vec::new() };
        for line in text.lines() {
            let numbers = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>()?;
            let (label, pixels) = numbers.split_last().ok_or("a line of the digits is empty")?;
            let pixels: [u8; PIXELS] = pixels.try_into()?;
            digits.images.push(pixels.map(|p| f32::from(p) / 16.0));
            digits.labels.push(u32::from(*label));
        }
        Ok(digits)
    }

    /// For the test a fifth of the images of each digit, drawn by the seed. Every writer is in both parts.
    pub fn stratified(&self, seed: u64) -> crate::Result<Split> {
        let mut split = Split { train: Vec::new(), test: Vec::new() };
        for digit in 0..CLASSES as u32 {
            let all: Vec<usize> =
                (0..self.labels.len()).filter(|&i| self.labels[i] == digit).collect();
            let mut shuffled = Batches::new(all.len(), all.len(), seed)?;
            let (test, train) = shuffled.draw().split_at((all.len() + 2) / 5);
            split.test.extend(test.iter().map(|&i| all[i]));
            split.train.extend(train.iter().map(|&i| all[i]));
        }
        Ok(split)
    }

    /// The last fifth of the file for the test: other writers, so the more realistic and harder split.
    pub fn other_writers(&self) -> Split {
        let all = self.labels.len();
        let train = all * 4 / 5;
        Split { train: (0..train).collect(), test: (train..all).collect() }
    }
}

/// A tensor of the shape (images, pixels, 1).
pub fn tensor(images: &[Image]) -> candle_core::Result<Tensor> {
    Tensor::from_slice(images.as_flattened(), (images.len(), PIXELS, 1), &Device::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts are those in the description of the data: 1797 images, 174 to 183 of each digit.
    #[test]
    fn splits_are_complete_and_even() {
        let digits = Digits::read().unwrap();
        assert_eq!(digits.images.len(), 1797);
        for split in [digits.stratified(3).unwrap(), digits.other_writers()] {
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..1797));
            assert!((359..=360).contains(&split.test.len()));
        }
        let split = digits.stratified(3).unwrap();
        for digit in 0..CLASSES as u32 {
            let count =
                |side: &[usize]| side.iter().filter(|&&i| digits.labels[i] == digit).count();
            assert!((174..=183).contains(&(count(&split.train) + count(&split.test))));
            assert!((35..=37).contains(&count(&split.test)));
        }
        assert_ne!(split.test, digits.stratified(4).unwrap().test);
        assert_eq!(split.test, digits.stratified(3).unwrap().test);
    }
}
