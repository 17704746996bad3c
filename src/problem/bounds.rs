//! A box in ℝⁿ.

use std::array::from_fn;
use std::ops::{Bound, RangeBounds};

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
///
/// // By component: x₁ at least 1e-9, x₂ fixed, the others free.
/// let some = Bounds::unbounded(4).limit(1, 1e-9..)?.fix(2, 0.3)?;
/// assert_eq!(some.lower().as_slice(), [f64::NEG_INFINITY, 1e-9, 0.3, f64::NEG_INFINITY]);
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
            check(index, lower, upper)?;
        }
        Ok(Self { lower, upper })
    }

    /// No bounds on n variables, to be limited by component.
    pub fn unbounded(n: usize) -> Self {
        let corner = |bound| DVector::from_element(n, bound);
        Self { lower: corner(f64::NEG_INFINITY), upper: corner(f64::INFINITY) }
    }

    /// Limits component `index`, counted from 0, to a range: `1e-9..`, `..=5.0` or `0.0..=1.0`. It replaces the limits that
    /// the component had. An end that the range excludes belongs to the bounds all the same.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an index beyond the last component; [`Error::Bounds`] for an empty range or NaN.
    pub fn limit(mut self, index: usize, range: impl RangeBounds<f64>) -> Result<Self, Error> {
        let end = |bound: Bound<&f64>, none| match bound {
            Bound::Included(&end) | Bound::Excluded(&end) => end,
            Bound::Unbounded => none,
        };
        let lower = end(range.start_bound(), f64::NEG_INFINITY);
        let upper = end(range.end_bound(), f64::INFINITY);
        let is_component = index < self.dimension();
        crate::error::check(is_component, "index", index as f64, "below the number of components")?;
        check(index, lower, upper)?;
        (self.lower[index], self.upper[index]) = (lower, upper);
        Ok(self)
    }

    /// Fixes component `index`, counted from 0, at a value.
    ///
    /// # Errors
    /// As [`limit`](Self::limit).
    pub fn fix(self, index: usize, value: f64) -> Result<Self, Error> {
        self.limit(index, value..=value)
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

    /// By how much x, of the dimension of the bounds, violates them: the largest of lᵢ − xᵢ and xᵢ − uᵢ, at least 0. NaN when
    /// a component of x is NaN. For the values c(x) of [constraints](crate::Constraints) and their limits, this is the
    /// [infeasibility](crate::State::infeasibility) of x.
    ///
    /// ```
    /// use extremum::{Bounds, DVector};
    /// let unit = Bounds::new([0.0, 0.0], [1.0, 1.0])?;
    /// assert_eq!(unit.violation(&DVector::from_vec(vec![-0.5, 1.25])), 0.5);
    /// assert_eq!(unit.violation(&DVector::from_vec(vec![0.5, 1.0])), 0.0);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn violation(&self, x: &DVector<f64>) -> f64 {
        let outside = x.iter().zip(self.sides()).map(|(x, s)| (s.lower - x).max(x - s.upper));
        outside.fold(0.0, |most, by| if by <= most || most.is_nan() { most } else { by })
    }

    /// `Err` unless x has the dimension of the bounds and is within them.
    pub(crate) fn check(&self, x: &DVector<f64>) -> Result<(), Error> {
        if self.dimension() != x.len() {
            let (expected, actual) = (x.len(), self.dimension());
            return Err(Error::Dimension { what: "the problem's box of bounds", expected, actual });
        }
        for (index, (&value, Sides { lower, upper })) in x.iter().zip(self.sides()).enumerate() {
            if value < lower || value > upper {
                return Err(Error::StartOutsideBounds { index, value, lower, upper });
            }
        }
        Ok(())
    }

    /// The bounds of each coordinate in turn.
    pub(crate) fn sides(&self) -> impl Iterator<Item = Sides> {
        self.lower.iter().zip(&self.upper).map(|(&lower, &upper)| Sides { lower, upper })
    }

    /// Projects x, of the dimension of the bounds, to the nearest point within them: xᵢ ← min(max(xᵢ, lᵢ), uᵢ). A NaN
    /// becomes its lower bound.
    ///
    /// ```
    /// use extremum::{Bounds, DVector};
    /// let mut x = DVector::from_vec(vec![-1.0, 0.5]);
    /// Bounds::new([0.0, 0.0], [1.0, 1.0])?.project(&mut x);
    /// assert_eq!(x.as_slice(), [0.0, 0.5]);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn project(&self, x: &mut DVector<f64>) {
        for (x, Sides { lower, upper }) in x.iter_mut().zip(self.sides()) {
            *x = x.max(lower).min(upper);
        }
    }

    /// The maximum norm of the projected gradient, max |xᵢ − P(x − g)ᵢ| for x within the bounds, where P
    /// [projects](Self::project) into them: 0 at a minimum, also on a bound. NaN when a component of g is NaN whose variable
    /// is not fixed. A variable whose bounds are less than 1/64 apart is measured in units of its own, s, the largest power
    /// of two up to half their width: |xᵢ − P(x − s² g)ᵢ| / s². One whose bounds differ only by rounding (by at most 2⁻³⁹ of
    /// the larger of |lᵢ| and |uᵢ|) is measured with s = 1, so that it counts at most as that difference. One with lᵢ = uᵢ is
    /// fixed and counts as 0.
    ///
    /// ```
    /// use extremum::{Bounds, DVector};
    /// let unit = Bounds::new([0.0, 0.0], [1.0, 1.0])?;
    /// let (x, g) = (DVector::from_vec(vec![0.0, 0.5]), DVector::from_vec(vec![3.0, 0.25]));
    /// assert_eq!(unit.projected_norm(&x, &g), 0.25); // x₀ can go no lower
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn projected_norm(&self, x: &DVector<f64>, gradient: &DVector<f64>) -> f64 {
        const LANES: usize = 8;
        let larger = |norm: f64, g: f64| if g <= norm || norm.is_nan() { norm } else { g };
        let mut norms = [0.0; LANES];
        let vectors = [x, gradient, &self.lower, &self.upper];
        let [(x, x_tail), (g, g_tail), (lower, lower_tail), (upper, upper_tail)] =
            vectors.map(|v| v.as_slice().as_chunks::<LANES>());
        for (((x, g), lower), upper) in x.iter().zip(g).zip(lower).zip(upper) {
            let sides: [_; LANES] = from_fn(|l| Sides { lower: lower[l], upper: upper[l] });
            // Nearly always, and without a branch for each.
            let are_wide = sides.iter().fold(true, |all, sides| all & sides.are_wide());
            let parts: [f64; LANES] = match are_wide {
                true => from_fn(|l| sides[l].clamp(x[l], g[l])),
                false => from_fn(|l| sides[l].component(x[l], g[l])),
            };
            norms = from_fn(|l| larger(norms[l], parts[l]));
        }
        let tail = x_tail.iter().zip(g_tail).zip(lower_tail).zip(upper_tail);
        for (((x, g), &lower), &upper) in tail {
            norms[0] = larger(norms[0], Sides { lower, upper }.component(*x, *g));
        }
        norms.into_iter().fold(0.0, larger)
    }

    /// An upper bound of the change of the cost that a gradient promises at x, within the bounds, when a variable
    /// changes by its own size, from the gradient's [norm](Self::projected_norm): infinite where that is the room which
    /// the bounds leave, because then the gradient may be of any size.
    pub(crate) fn promised_change(&self, x: &DVector<f64>, x0: &DVector<f64>, norm: f64) -> f64 {
        let promises = x.iter().zip(x0).zip(self.sides()).map(|((x, x0), sides)| {
            let unit = if sides.are_one() { 1.0 } else { sides.unit() };
            let size = x.abs().max((x - x0).abs());
            let along = |room: f64| match room {
                0.0 => 0.0,
                _ if norm < room / unit / unit => norm * size.min(room),
                _ => f64::INFINITY,
            };
            along(x - sides.lower).max(along(sides.upper - x))
        });
        if norm == 0.0 { 0.0 } else { promises.fold(0.0, f64::max) }
    }

    /// How far variable i can go from x against the derivative g.
    pub(crate) fn room(&self, i: usize, x: f64, g: f64) -> f64 {
        if g > 0.0 { x - self.lower[i] } else { self.upper[i] - x }
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

/// `Err` unless lower ≤ upper.
fn check(index: usize, lower: f64, upper: f64) -> Result<(), Error> {
    if lower <= upper { Ok(()) } else { Err(Error::Bounds { index, lower, upper }) }
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

    /// True for bounds that do not fix x and have no unit of their own.
    fn are_wide(self) -> bool {
        self.half() >= Self::NARROW
    }

    /// |x − P(x − g)|.
    fn clamp(self, x: f64, g: f64) -> f64 {
        let (least, most) = (x - self.upper, x - self.lower);
        let g = if g > most { most } else { g };
        (if g < least { least } else { g }).abs()
    }

    /// The share of one variable in the norm of the projected gradient.
    fn component(self, x: f64, g: f64) -> f64 {
        match (self.are_one(), self.lower < self.upper) {
            (false, _) => self.projected(x, g),
            (true, true) => self.clamp(x, g),
            (true, false) => 0.0,
        }
    }

    /// |x − P(x − s² g)| / s² with s the [unit](Self::unit), for bounds that do not fix x.
    fn projected(self, x: f64, g: f64) -> f64 {
        let unit = self.unit();
        let reach = |bound: f64| (x - bound) / unit / unit;
        g.clamp(reach(self.upper), reach(self.lower)).abs()
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
