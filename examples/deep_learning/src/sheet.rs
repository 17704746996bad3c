//! Sheets of images as PNG files, with interpolated pixels.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use png::{BitDepth, ColorType, Encoder};

use crate::data::{EDGE, Image};
use crate::distortion::interpolate;

/// Pixels of the sheet per pixel of an image.
const SCALE: usize = 7;
/// The gap between images.
const GAP: usize = 4;
/// The margin between groups of rows and around the sheet.
const MARGIN: usize = 20;
const PAPER: f32 = 250.0;
const INK: f32 = 25.0;

/// Writes rows of images of the same length; `group` of them at a time belong together.
pub fn write(path: &Path, rows: &[Vec<Image>], group: usize) -> crate::Result<()> {
    let tile = (EDGE + 1) * SCALE;
    let left = |column: usize| MARGIN + column * (tile + GAP);
    let top = |row: usize| MARGIN + row * (tile + GAP) + row / group * (MARGIN - GAP);
    let columns = rows.first().map_or(0, Vec::len);
    // Maps a pixel of a tile to the image, which has half a pixel of paper around it.
    let place = |pixel: usize| (pixel as f32 + 0.5) / SCALE as f32 - 1.0;
    // After the last tile there is a margin instead of a gap.
    let width = left(columns) - GAP + MARGIN;
    let height = top(rows.len() - 1) + tile + MARGIN;
    let mut sheet = vec![PAPER as u8; width * height];
    for (row, images) in rows.iter().enumerate() {
        for (column, image) in images.iter().enumerate() {
            for y in 0..tile {
                let start = (top(row) + y) * width + left(column);
                for (x, pixel) in sheet[start..start + tile].iter_mut().enumerate() {
                    let ink = interpolate(image, place(x), place(y));
                    *pixel = (PAPER + ink * (INK - PAPER)).round() as u8;
                }
            }
        }
    }
    let mut encoder =
        Encoder::new(BufWriter::new(File::create(path)?), width as u32, height as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}
