//! Bounds: the search runs in ℝⁿ, and a smooth map takes its points into the box.
//!
//! ```text
//! x = l + (u − (l − a))² / 4a   for l − 3a ≤ u ≤ l + a,   x = u in the middle, likewise at the upper bound
//! ```
//!
//! A minimum on a bound becomes a minimum of the map's parabola, at u = l − a: the search sees a quadratic there, not
//! an edge. The map is that of N. Hansen's `BoxConstraintsLinQuadTransformation` in pycma, which repeats itself farther
//! out. The costs there are mirror images of the inside, and populations settle between the two. So steps beyond l − 3a
//! are drawn again, up to ten draws in all, and the mean stays above l − a.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::super::Space;

/// a, as a share of the first population's width.
const MARGIN: f64 = 0.02;

/// The default standard deviation, as a share of that width, and the largest, as a share of the bounds' width.
const SPREAD: f64 = 0.3;

/// The coordinates that are free to move: those whose bounds are not equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Boundary {
    free: Vec<Side>,
}

/// A free coordinate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Side {
    coordinate: usize,
    lower: f64,
    upper: f64,
    margin: f64,
    /// Where the middle begins and ends: at the bounds, or at the largest numbers, where there is no parabola.
    least: f64,
    most: f64,
    /// The first standard deviation.
    scale: f64,
}

impl Boundary {
    /// The free coordinates of a space, with the first standard deviations: `scale`, but at most 0.3 of the bounds' widths.
    pub fn new(space: &Space, scale: Option<f64>) -> Self {
        let side = |coordinate| {
            let (mut lower, mut upper) = space.bounds_of(coordinate);
            let width = space.width(coordinate);
            let margin = (MARGIN * width).min(upper / 2.0 - lower / 2.0);
            let most = SPREAD * (upper - lower);
            let (mut first, mut last) = (lower + margin, upper - margin);
            // A parabola beyond the largest numbers is left out: such bounds are kept by clamping.
            if !(lower - 3.0 * margin).is_finite() {
                (first, lower) = (lower.max(f64::MIN), f64::NEG_INFINITY);
            }
            if !(upper + 3.0 * margin).is_finite() {
                (last, upper) = (upper.min(f64::MAX), f64::INFINITY);
            }
            Side {
                coordinate,
                lower,
                upper,
                margin,
                least: first,
                most: last,
                scale: scale.map_or(SPREAD * width, |scale| scale.min(most)),
            }
        };
        let is_free = |&coordinate: &usize| space.width(coordinate) > 0.0;
        Self { free: (0..space.dimension()).filter(is_free).map(side).collect() }
    }

    /// The number of free coordinates.
    pub fn dimension(&self) -> usize {
        self.free.len()
    }

    /// The first standard deviation of a free coordinate.
    pub fn scale(&self, free: usize) -> f64 {
        self.free[free].scale
    }

    /// The point of the box for a point of the search.
    pub fn decode(&self, space: &Space, u: &[f64], x: &mut DVector<f64>) {
        if self.free.len() < x.len() {
            x.copy_from(space.x0());
        }
        for (side, u) in self.free.iter().zip(u) {
            let is_in_the_middle = *u >= side.least && *u <= side.most;
            x[side.coordinate] = if is_in_the_middle { *u } else { side.bent(space, *u) };
        }
    }

    /// False for a point of the search that is beyond the parabolas.
    pub fn admits(&self, u: &[f64]) -> bool {
        self.free.iter().zip(u).all(|(side, u)| {
            let reach = 3.0 * side.margin;
            *u >= side.lower - reach && *u <= side.upper + reach
        })
    }

    /// Takes a point of the search back to the middle of the parabolas.
    pub fn restrain(&self, u: &mut [f64]) {
        for (side, u) in self.free.iter().zip(u) {
            *u = u.clamp(side.lower - side.margin, side.upper + side.margin);
        }
    }

    /// The point of the search for x, within the reach of the parabolas.
    pub fn start(&self, x: &DVector<f64>, u: &mut [f64]) {
        for (side, u) in self.free.iter().zip(u) {
            *u = side.encoded(x[side.coordinate], x[side.coordinate]);
        }
    }

    /// The point of the search nearest to `near` among all that are mapped to x.
    pub fn encode(&self, x: &DVector<f64>, near: &[f64], u: &mut [f64]) {
        for ((side, near), u) in self.free.iter().zip(near).zip(u) {
            *u = side.encoded(x[side.coordinate], *near);
        }
    }
}

impl Side {
    /// The image of a point outside of the middle.
    fn bent(&self, space: &Space, u: f64) -> f64 {
        let Self { lower, upper, margin, .. } = *self;
        let u = self.reflected(u);
        let x = if u < lower + margin {
            let along = u - (lower - margin);
            lower + along * (along / (4.0 * margin))
        } else if u > upper - margin {
            let along = u - (upper + margin);
            upper - along * (along / (4.0 * margin))
        } else {
            u
        };
        space.clamped(self.coordinate, x.clamp(f64::MIN, f64::MAX))
    }

    /// Folds into [lower − margin, upper + margin].
    fn reflected(&self, u: f64) -> f64 {
        let (low, high) = (self.lower - self.margin, self.upper + self.margin);
        if u >= low && u <= high {
            return u;
        }
        if high.is_infinite() {
            return 2.0 * low - u;
        }
        if low.is_infinite() {
            return 2.0 * high - u;
        }
        let along = (u - low).rem_euclid(2.0 * (high - low));
        low + along.min(2.0 * (high - low) - along)
    }

    fn encoded(&self, x: f64, near: f64) -> f64 {
        let Self { lower, upper, margin, .. } = *self;
        let (low, high) = (lower - margin, upper + margin);
        let u = if x < lower + margin {
            low + 2.0 * margin.sqrt() * (x - lower).sqrt()
        } else if x > upper - margin {
            high - 2.0 * margin.sqrt() * (upper - x).sqrt()
        } else {
            x
        };
        // The map repeats itself, and is even about low and high.
        let period = if (high - low).is_finite() { 2.0 * (high - low) } else { f64::INFINITY };
        let nearest = |u: f64| match period.is_finite() {
            true => u + period * ((near - u) / period).round(),
            false => u,
        };
        let mirror = if low.is_finite() { 2.0 * low - u } else { 2.0 * high - u };
        let (u, mirror) = (nearest(u), nearest(mirror));
        if (mirror - near).abs() < (u - near).abs() { mirror } else { u }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bounds;

    fn boundary(lower: f64, upper: f64, x0: f64, scale: Option<f64>) -> (Space, Boundary) {
        let bounds = Bounds::new([lower], [upper]).unwrap();
        let space = Space::new("test", DVector::from_vec(vec![x0]), Some(bounds), scale).unwrap();
        let boundary = Boundary::new(&space, scale);
        (space, boundary)
    }

    /// Every point of the box is one of the search, wherever that is near, and every number is mapped into the box.
    #[test]
    fn the_map_is_onto_the_box_and_inverted() {
        let infinite = f64::INFINITY;
        let boxes =
            [(-1.0, 3.0), (2.0, 2.5), (0.0, infinite), (-infinite, 4.0), (-infinite, infinite)];
        for (lower, upper) in boxes {
            let x0 = f64::max(lower, f64::min(upper, 2.25));
            let (space, boundary) = boundary(lower, upper, x0, Some(1.0));
            let (mut x, mut u, mut back) = (space.x0().clone(), [0.0], space.x0().clone());
            for k in 0..=100 {
                let at = -1.0 + 0.05 * f64::from(k);
                x[0] = at.clamp(lower, upper);
                boundary.start(&x, &mut u);
                assert!(boundary.admits(&u), "{lower} {upper}: {}", x[0]);
                boundary.decode(&space, &u, &mut back);
                assert!((back[0] - x[0]).abs() < 1e-14, "{lower} {upper}: {}", x[0]);
                for near in [-7.0, x[0], 1.0, 9.0] {
                    boundary.encode(&x, &[near], &mut u);
                    boundary.decode(&space, &u, &mut back);
                    assert!((back[0] - x[0]).abs() < 1e-14, "{lower} {upper} {near}: {}", x[0]);
                }
            }
            for u in [-1e300, -20.0, 1e3, f64::MAX, infinite, -infinite, f64::NAN] {
                boundary.decode(&space, &[u], &mut x);
                assert!(x[0].is_finite() && x[0] >= lower && x[0] <= upper, "{u}: {}", x[0]);
            }
        }
    }

    #[test]
    fn a_coordinate_without_width_is_not_free() {
        assert_eq!(boundary(2.0, 2.0, 2.0, None).1.dimension(), 0);
        assert_eq!(boundary(2.0, 4.0, 2.0, None).1.scale(0), 0.3 * 2.0);
        assert_eq!(boundary(2.0, 4.0, 2.0, Some(9.0)).1.scale(0), 0.3 * 2.0);
        assert_eq!(boundary(2.0, 4.0, 2.0, Some(0.5)).1.scale(0), 0.5);
    }
}
