//! A box in ℝⁿ.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::Error;

/// lower ≤ x ≤ upper, componentwise; an infinite bound leaves its side free.
///
/// ```
/// use extremum::Bounds;
/// let unit = Bounds::new(vec![0.0; 3], vec![1.0; 3])?;
/// assert_eq!(unit.dimension(), 3);
/// assert!(Bounds::new(vec![1.0], vec![0.0]).is_err());
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    lower: DVector<f64>,
    upper: DVector<f64>,
}

impl Bounds {
    /// A box from its two corners.
    ///
    /// # Errors
    /// [`Error::Bounds`] when a lower bound exceeds its upper bound or either is NaN; [`Error::Dimension`] when
    /// the two corners differ in length.
    pub fn new(lower: impl Into<Vec<f64>>, upper: impl Into<Vec<f64>>) -> Result<Self, Error> {
        let (lower, upper) = (DVector::from_vec(lower.into()), DVector::from_vec(upper.into()));
        if lower.len() != upper.len() {
            return Err(Error::Dimension {
                what: "the upper corner",
                expected: lower.len(),
                actual: upper.len(),
            });
        }
        for (index, (&lower, &upper)) in lower.iter().zip(upper.iter()).enumerate() {
            if lower > upper || lower.is_nan() || upper.is_nan() {
                return Err(Error::Bounds { index, lower, upper });
            }
        }
        Ok(Self { lower, upper })
    }

    /// The number of coordinates.
    pub fn dimension(&self) -> usize {
        self.lower.len()
    }

    /// True when x has the same number of coordinates and all of them are within their bounds.
    pub fn contain(&self, x: &DVector<f64>) -> bool {
        let sides = self.lower.iter().zip(&self.upper);
        x.len() == self.dimension() && x.iter().zip(sides).all(|(x, (l, u))| l <= x && x <= u)
    }

    /// True when all bounds are finite.
    pub(crate) fn are_finite(&self) -> bool {
        self.lower.iter().chain(&self.upper).all(|bound| bound.is_finite())
    }

    /// The bounds of each coordinate in turn.
    pub(crate) fn sides(&self) -> impl Iterator<Item = Sides> {
        self.lower.iter().zip(&self.upper).map(|(&lower, &upper)| Sides { lower, upper })
    }

    /// |x − P(x − s² g)| / s² for x within the bounds, where P projects into them and s is the [unit](Sides::unit): the
    /// gradient as far as the bounds leave x free to move.
    pub(crate) fn projected(
        &self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
    ) -> impl Iterator<Item = f64> {
        x.iter().zip(gradient).zip(self.sides()).map(|((x, g), sides)| {
            if sides.are_one() {
                return 0.0;
            }
            let unit = sides.unit();
            let reach = |bound: f64| (x - bound) / unit / unit;
            g.clamp(reach(sides.upper), reach(sides.lower)).abs()
        })
    }

    /// The maximum norm of the [projected](Self::projected) gradient. NaN when a component is NaN.
    pub(crate) fn projected_norm(&self, x: &DVector<f64>, gradient: &DVector<f64>) -> f64 {
        let larger = |norm: f64, g: f64| if g <= norm || norm.is_nan() { norm } else { g };
        self.projected(x, gradient).fold(0.0, larger)
    }

    /// The lower corner.
    pub fn lower(&self) -> &DVector<f64> {
        &self.lower
    }

    /// The upper corner.
    pub fn upper(&self) -> &DVector<f64> {
        &self.upper
    }
}

/// The bounds of one coordinate.
#[derive(Clone, Copy)]
pub(crate) struct Sides {
    pub lower: f64,
    pub upper: f64,
}

impl Sides {
    /// Bounds with half a width below this have a unit of their own.
    const NARROW: f64 = 1.0 / 128.0;

    /// Bounds with half a width below this share of their size fix x.
    const TOUCHING: f64 = 1.0 / (1_u64 << 40) as f64;

    /// Half of the width, which is finite for any finite bounds.
    pub fn half(self) -> f64 {
        self.upper / 2.0 - self.lower / 2.0
    }

    /// True when the bounds fix x.
    pub fn are_one(self) -> bool {
        self.half() <= Self::TOUCHING * self.lower.abs().max(self.upper.abs()).min(f64::MAX)
    }

    /// The unit in which x is not a small number: 1, or for narrow bounds the largest power of two up to half their
    /// width.
    pub fn unit(self) -> f64 {
        let half = self.half();
        if half < Self::NARROW && half.is_normal() {
            f64::from_bits(half.to_bits() & f64::INFINITY.to_bits())
        } else {
            1.0
        }
    }
}
