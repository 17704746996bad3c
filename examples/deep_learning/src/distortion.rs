//! Augmentation: small random shifts, rotations, and changes of size and slant.
//!
//! P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied to visual document
//! analysis", ICDAR (2003), section 2.

use rand::rngs::ChaCha8Rng;

use crate::data::{EDGE, Image, PIXELS};
use crate::random::symmetric;

/// The largest shift, in pixels.
const SHIFT: f32 = 0.8;
/// The largest angle, in radians.
const ANGLE: f32 = 0.22;
/// The largest change of width and of height, relative.
const SIZE: f32 = 0.14;
/// The largest slant: columns per row.
const SLANT: f32 = 0.2;

/// The image under a random affine map of the plane.
pub fn distort(image: &Image, random: &mut ChaCha8Rng) -> Image {
    let mut draw = |largest: f32| largest * symmetric(random);
    let (sin, cos) = draw(ANGLE).sin_cos();
    let slant = draw(SLANT);
    let (width, height) = (1.0 + draw(SIZE), 1.0 + draw(SIZE));
    let (right, down) = (draw(SHIFT), draw(SHIFT));
    let centre = (EDGE - 1) as f32 / 2.0;
    let mut distorted = [0.0; PIXELS];
    for (i, pixel) in distorted.iter_mut().enumerate() {
        let (x, y) = ((i % EDGE) as f32 - centre, (i / EDGE) as f32 - centre);
        let (x, y) = (width * (x + slant * y), height * y);
        let (x, y) = (cos * x - sin * y, sin * x + cos * y);
        *pixel = interpolate(image, x + centre + right, y + centre + down);
    }
    distorted
}

/// The image, interpolated bilinearly between its pixels; paper outside.
pub fn interpolate(image: &Image, x: f32, y: f32) -> f32 {
    let at = |x: f32, y: f32| {
        let inside = 0.0..EDGE as f32;
        let is_inside = inside.contains(&x) && inside.contains(&y);
        if is_inside { image[y as usize * EDGE + x as usize] } else { 0.0 }
    };
    let (left, top) = (x.floor(), y.floor());
    let (s, t) = (x - left, y - top);
    let upper = (1.0 - s) * at(left, top) + s * at(left + 1.0, top);
    let lower = (1.0 - s) * at(left, top + 1.0) + s * at(left + 1.0, top + 1.0);
    (1.0 - t) * upper + t * lower
}
