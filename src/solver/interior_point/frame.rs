//! The problem in the form that the method works on: scaled, with slacks s for constraints that are no equalities.
//!
//! ```text
//! minimise σ f(x)  subject to  h(x, s) = 0,  w = (x, s) within bounds;    hᵢ = σᵢ cᵢ(x) − tᵢ  or  σᵢ cᵢ(x) − sᵢ
//! σ = min(1, 100 / |∇f(x₀)|),  σᵢ = min(1, 100 / |∇cᵢ(x₀)|)
//! ```
//!
//! A variable with equal bounds is fixed, and has no barrier. Functions with tiny derivatives are scaled up to 1,
//! so that the barrier does not hide them. Wächter & Biegler (2006), sections 3.4 and 3.8.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::point::Point;
use crate::problem::Sides;
use crate::{Bounds, Problem};

/// The largest derivative of a scaled function at the start.
const LARGEST: f64 = 100.0;
/// A function whose derivatives are all smaller than this, as is the cost itself, is scaled to 1.
const SMALLEST: f64 = 1e-2;
/// No function is scaled by more than this, nor by less than its reciprocal.
const MOST: f64 = 1e8;
/// A variable up to this is no measure of its own units.
const TINY: f64 = 1e-8;
/// A distance from a bound is at least this many rounding units of the bound.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// The factors of the cost and of the constraints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    pub cost: f64,
    /// m.
    pub rows: DVector<f64>,
}

impl Scale {
    pub fn unit(m: usize) -> Self {
        Self { cost: 1.0, rows: DVector::from_element(m, 1.0) }
    }

    /// From the size of the cost, the larger of |f| and |∇f|, and the derivatives, both at the start.
    pub fn new(size: f64, gradient: &DVector<f64>, jacobian: &DMatrix<f64>) -> Self {
        let factor = |size: f64, slope: f64| match slope {
            slope if slope > LARGEST => (LARGEST / slope).max(MOST.recip()),
            _ if size > 0.0 && size < SMALLEST => size.recip().min(MOST),
            _ => 1.0,
        };
        let rows = jacobian.row_iter().map(|row| row.amax()).map(|slope| factor(slope, slope));
        Self {
            cost: factor(size, gradient.amax()),
            rows: DVector::from_iterator(jacobian.nrows(), rows),
        }
    }

    pub fn is_valid(&self, m: usize) -> bool {
        let is_positive = |factor: &f64| *factor > 0.0 && factor.is_finite();
        self.rows.len() == m && is_positive(&self.cost) && self.rows.iter().all(is_positive)
    }
}

/// What a constraint is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Row {
    /// Its scaled value equals this.
    Equal(f64),
    /// It has a slack.
    Within,
    /// It has no limits.
    Free,
}

/// The scaled problem, apart from its functions.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub n: usize,
    pub m: usize,
    /// The bounds of w = (x, s): infinite for fixed variables, and for rows without a slack.
    pub lower: DVector<f64>,
    pub upper: DVector<f64>,
    pub rows: Vec<Row>,
    /// Which variables have a step; n.
    pub is_free: Vec<bool>,
    pub bounds: Option<Bounds>,
    pub limits: Option<Bounds>,
}

impl Frame {
    pub fn new(problem: &dyn Problem, scale: &Scale) -> Self {
        let bounds = problem.bounds().cloned();
        let limits = problem.structure().constraints.map(|all| all.limits().clone());
        let (n, m) = (problem.dimension(), scale.rows.len());
        let mut frame = Self {
            n,
            m,
            lower: DVector::from_element(n + m, f64::NEG_INFINITY),
            upper: DVector::from_element(n + m, f64::INFINITY),
            rows: vec![Row::Free; m],
            is_free: vec![true; n],
            bounds: None,
            limits: None,
        };
        for (j, sides) in bounds.iter().flat_map(Bounds::sides).enumerate() {
            if sides.are_one() {
                frame.is_free[j] = false;
            } else {
                (frame.lower[j], frame.upper[j]) = (sides.lower, sides.upper);
            }
        }
        for (i, Sides { lower, upper }) in limits.iter().flat_map(Bounds::sides).enumerate() {
            let scale = scale.rows[i];
            frame.rows[i] = if lower == upper {
                Row::Equal(scale * lower)
            } else if lower.is_finite() || upper.is_finite() {
                (frame.lower[n + i], frame.upper[n + i]) = (scale * lower, scale * upper);
                Row::Within
            } else {
                Row::Free
            };
        }
        (frame.bounds, frame.limits) = (bounds, limits);
        frame
    }

    /// True when μ makes a difference.
    pub fn has_barrier(&self) -> bool {
        self.lower.iter().chain(&self.upper).any(|bound| bound.is_finite())
    }

    /// The distances of w_j from its bounds.
    pub fn distances(&self, j: usize, w: f64) -> [f64; 2] {
        let from = |bound: f64, distance: f64| match bound.is_finite() {
            true => distance.max(ROUNDING * bound.abs()).max(f64::MIN_POSITIVE),
            false => f64::INFINITY,
        };
        let (lower, upper) = (self.lower[j], self.upper[j]);
        [from(lower, w - lower), from(upper, upper - w)]
    }

    /// The point of `[lower + margin, upper - margin]` nearest to w_j: the margin is `push` times the size of the
    /// numbers, but at most `push` (upper − lower).
    pub fn inside(&self, j: usize, w: f64, push: f64) -> f64 {
        let (lower, upper) = (self.lower[j], self.upper[j]);
        let size = |bound: f64| match bound.abs().max(w.abs()) {
            size if j < self.n && size > TINY => size,
            _ => bound.abs().max(1.0),
        };
        let margin = |bound: f64| push * size(bound).min(upper - lower);
        let low = if lower.is_finite() { lower + margin(lower) } else { lower };
        let high = if upper.is_finite() { upper - margin(upper) } else { upper };
        w.max(low).min(high.max(low))
    }

    /// hᵢ.
    pub fn gap(&self, scale: &Scale, at: &Point, i: usize) -> f64 {
        let value = scale.rows[i] * at.values[i];
        match self.rows[i] {
            Row::Equal(target) => value - target,
            Row::Within => value - at.w[self.n + i],
            Row::Free => 0.0,
        }
    }

    /// θ = Σ |hᵢ|.
    pub fn gaps(&self, scale: &Scale, at: &Point) -> f64 {
        (0..self.m).map(|i| self.gap(scale, at, i).abs()).sum()
    }

    /// Moves each slack to the value of its constraint where that is further inside, which lowers θ and the barrier.
    pub fn move_slacks(&self, scale: &Scale, at: &mut Point) {
        for i in (0..self.m).filter(|i| self.rows[*i] == Row::Within) {
            let (slack, value) = (self.n + i, scale.rows[i] * at.values[i]);
            let (lower, upper) = (self.lower[slack], self.upper[slack]);
            let inside = |s: f64| match (lower.is_finite(), upper.is_finite()) {
                (true, true) => (s - lower).min(upper - s),
                (true, false) => s - lower,
                _ => upper - s,
            };
            if inside(value) > inside(at.w[slack]) {
                at.w[slack] = value;
            }
        }
    }

    /// The number of equalities.
    pub fn equalities(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row, Row::Equal(_))).count()
    }
}
