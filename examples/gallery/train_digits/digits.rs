//! The images, and two ways to hold some of them out for the test.

use std::error::Error;
use std::io::Read;

use extremum::Batches;
use flate2::read::GzDecoder;

/// The input of a model: 64 pixels from 0 to 1, row by row, and the constant 1 that the biases multiply.
pub const INPUTS: usize = 65;
pub const CLASSES: usize = 10;

/// Images with the digits that they show.
#[derive(Clone, Debug, Default)]
pub struct Digits {
    pub images: Vec<[f64; INPUTS]>,
    pub labels: Vec<usize>,
}

impl Digits {
    /// All 1797, in the order of the file, which is grouped by writer.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let mut text = String::new();
        GzDecoder::new(&include_bytes!("../../data/digits.csv.gz")[..])
            .read_to_string(&mut text)?;
        let mut digits = Self::default();
        for line in text.lines() {
            let numbers = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>()?;
            let Some((&label, pixels)) = numbers.split_last() else { continue };
            let mut image = [1.0; INPUTS];
            for (entry, &pixel) in image.iter_mut().zip(pixels) {
                *entry = f64::from(pixel) / 4.0;
            }
            digits.images.push(image);
            digits.labels.push(label.into());
        }
        Ok(digits)
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// For the test a fifth of every class, drawn by the seed; the training images come first.
    pub fn stratified(&self, seed: u64) -> Result<[Self; 2], Box<dyn Error>> {
        let mut shuffled = Batches::new(self.len(), self.len(), seed)?;
        let mut classes = vec![Vec::new(); CLASSES];
        for &i in shuffled.draw() {
            classes[self.labels[i]].push(i);
        }
        let [mut train, mut test] = [Vec::new(), Vec::new()];
        for class in &classes {
            let (tested, trained) = class.split_at((class.len() + 2) / 5);
            test.extend_from_slice(tested);
            train.extend_from_slice(trained);
        }
        Ok([self.select(&train), self.select(&test)])
    }

    /// The last fifth of the file for the test: digits by people whose writing is not in the training images.
    pub fn other_writers(&self) -> [Self; 2] {
        let last = self.len() - self.len() / 5;
        let all: Vec<usize> = (0..self.len()).collect();
        [self.select(&all[..last]), self.select(&all[last..])]
    }

    fn select(&self, indices: &[usize]) -> Self {
        Self {
            images: indices.iter().map(|&i| self.images[i]).collect(),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }
}
