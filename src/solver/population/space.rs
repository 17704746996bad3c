//! Where a population searches.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::random::interpolated;
use crate::{Bounds, Error, Random};

/// The start, the bounds, and the box in which the first population is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Space {
    x0: DVector<f64>,
    bounds: Option<Bounds>,
    /// The corners of the first population's box.
    lower: DVector<f64>,
    upper: DVector<f64>,
}

impl Space {
    /// The space around a start: x0 ± scale within the bounds; the bounds when there is no scale.
    ///
    /// # Errors
    /// See [`Search::new`](super::Search::new); `solver` is named in them.
    pub fn new(
        solver: &'static str,
        x0: DVector<f64>,
        bounds: Option<Bounds>,
        scale: Option<f64>,
    ) -> Result<Self, Error> {
        let space = Self::local(x0, bounds, scale)?;
        let is_free = |&index: &usize| {
            let (lower, upper) = space.bounds_of(index);
            lower.is_infinite() || upper.is_infinite()
        };
        match (0..space.dimension()).find(is_free) {
            Some(index) if scale.is_none() => Err(Error::ScaleNeeded { solver, index }),
            _ => Ok(space),
        }
    }

    /// The space of a local search, which starts at x0: without a scale and a finite bound, the box ends at x0.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), except for the scale.
    pub fn local(
        x0: DVector<f64>,
        bounds: Option<Bounds>,
        scale: Option<f64>,
    ) -> Result<Self, Error> {
        if let Some((index, &value)) = x0.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NonFiniteStart { index, value });
        }
        let n = x0.len();
        crate::error::check(n > 0, "the number of variables", 0.0, "at least 1")?;
        if let Some(scale) = scale {
            let holds = scale > 0.0 && scale.is_finite();
            crate::error::check(holds, "scale", scale, "positive and finite")?;
        }
        if let Some(bounds) = &bounds {
            if bounds.dimension() != n {
                let actual = bounds.dimension();
                return Err(Error::Dimension { what: "the bounds", expected: n, actual });
            }
            for (index, &value) in x0.iter().enumerate() {
                let (lower, upper) = (bounds.lower()[index], bounds.upper()[index]);
                if value < lower || value > upper {
                    return Err(Error::StartOutsideBounds { index, value, lower, upper });
                }
            }
        }
        let (mut lower, mut upper) = (x0.clone(), x0.clone());
        for index in 0..n {
            let (l, u) = match &bounds {
                Some(bounds) => (bounds.lower()[index], bounds.upper()[index]),
                None => (f64::NEG_INFINITY, f64::INFINITY),
            };
            let (low, high) = match scale {
                Some(scale) => {
                    let (low, high) = (x0[index] - scale, x0[index] + scale);
                    (low.max(l).max(f64::MIN), high.min(u).min(f64::MAX))
                }
                None => (l, u),
            };
            lower[index] = if low.is_finite() { low } else { x0[index] };
            upper[index] = if high.is_finite() { high } else { x0[index] };
        }
        Ok(Self { x0, bounds, lower, upper })
    }

    /// The number of variables.
    pub fn dimension(&self) -> usize {
        self.x0.len()
    }

    /// The start.
    pub fn x0(&self) -> &DVector<f64> {
        &self.x0
    }

    /// The bounds, which every candidate keeps.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    /// The bounds of a coordinate; infinite where there are none.
    pub fn bounds_of(&self, coordinate: usize) -> (f64, f64) {
        match &self.bounds {
            Some(bounds) => (bounds.lower()[coordinate], bounds.upper()[coordinate]),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// The lower and the upper corner of the box in which the first population is drawn: finite and in order.
    pub fn region(&self) -> (&DVector<f64>, &DVector<f64>) {
        (&self.lower, &self.upper)
    }

    /// The width of that box along a coordinate.
    pub fn width(&self, coordinate: usize) -> f64 {
        // The largest boxes have no finite width.
        (self.upper[coordinate] - self.lower[coordinate]).min(f64::MAX)
    }

    /// Draws a point of the first population, uniform in the box.
    pub fn draw(&self, random: &mut Random, x: &mut DVector<f64>) {
        for (i, x) in x.iter_mut().enumerate() {
            *x = random.between(self.lower[i], self.upper[i]);
        }
    }

    /// Maps a point of [0, 1)ⁿ to the box of the first population.
    pub fn stretch(&self, x: &mut DVector<f64>) {
        for (x, (lower, upper)) in x.iter_mut().zip(self.lower.iter().zip(&self.upper)) {
            *x = interpolated(*lower, *upper, *x);
        }
    }

    /// Reflects a coordinate at its bounds, repeatedly if necessary. On overflow it is [clamped](Self::clamped).
    pub fn reflected(&self, coordinate: usize, value: f64) -> f64 {
        let (lower, upper) = self.bounds_of(coordinate);
        if value >= lower && value <= upper && value.is_finite() {
            return value;
        }
        let reflected = if lower.is_infinite() {
            upper - (value - upper)
        } else if upper.is_infinite() {
            lower + (lower - value)
        } else {
            let width = upper - lower;
            let along = (value - lower).rem_euclid(2.0 * width);
            lower + along.min(2.0 * width - along)
        };
        let is_usable = value.is_finite() && reflected.is_finite();
        self.clamped(coordinate, if is_usable { reflected } else { value })
    }

    /// Reflects a point, as [`reflected`](Self::reflected) does.
    pub fn reflect(&self, x: &mut [f64]) {
        let is_free = self.bounds.is_none() && x.iter().all(|x| x.is_finite());
        if !is_free {
            for (i, x) in x.iter_mut().enumerate() {
                *x = self.reflected(i, *x);
            }
        }
    }

    /// The nearest finite value within the bounds; that of the start for NaN, and for an infinity without a bound.
    pub fn clamped(&self, coordinate: usize, value: f64) -> f64 {
        let (lower, upper) = self.bounds_of(coordinate);
        let nearest = if value.is_nan() { value } else { value.max(lower).min(upper) };
        if nearest.is_finite() { nearest } else { self.x0[coordinate] }
    }

    /// Moves a point to the nearest within the bounds, as [`clamped`](Self::clamped) does.
    pub fn clamp(&self, x: &mut [f64]) {
        let is_free = self.bounds.is_none() && x.iter().all(|x| x.is_finite());
        if !is_free {
            for (i, x) in x.iter_mut().enumerate() {
                *x = self.clamped(i, *x);
            }
        }
    }

    /// True for a point that a search in this space may hold: finite and within the bounds.
    pub(crate) fn holds(&self, x: &DVector<f64>) -> bool {
        x.len() == self.dimension()
            && x.iter().all(|x| x.is_finite())
            && self.bounds.as_ref().is_none_or(|bounds| bounds.contain(x))
    }

    /// False for invalid data of a damaged checkpoint.
    pub(crate) fn is_valid(&self, bounds: Option<&Bounds>) -> bool {
        self.dimension() > 0
            && self.bounds.as_ref() == bounds
            // The first points are drawn between the corners.
            && [&self.x0, &self.lower, &self.upper].iter().all(|point| self.holds(point))
            && self.lower.iter().zip(&self.upper).all(|(lower, upper)| lower <= upper)
    }
}
