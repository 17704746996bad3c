//! Which variables are held at their bounds.

use std::fmt;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::face::Face;
use super::noise::GradientNoise;
use crate::{Bounds, Oracle};

/// How near to a bound, relative to max(1, |xᵢ|) or the width of narrower bounds, a variable may be held by it.
const NEAR: f64 = 1e-8;

/// A variable that is held at its bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActiveBound {
    /// Which variable.
    pub index: usize,
    /// Which of its bounds.
    pub side: Side,
    /// The Lagrange multiplier |∂f/∂xᵢ|: the decrease of f per unit of length beyond the bound.
    pub multiplier: f64,
    /// How wrong the multiplier may be.
    pub error: f64,
}

/// A side of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The lower bound.
    Lower,
    /// The upper bound.
    Upper,
    /// Both bounds, which are the same number.
    Fixed,
}

impl fmt::Display for ActiveBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Lower => "at its lower bound",
            Side::Upper => "at its upper bound",
            Side::Fixed => "fixed by its bounds",
        };
        write!(f, "x[{}] {side}", self.index)
    }
}

/// A point on the face of the box that is judged instead of x, with the values there.
pub(super) struct Held {
    pub point: DVector<f64>,
    pub cost: f64,
    pub gradient: DVector<f64>,
    pub active: Vec<ActiveBound>,
}

impl Held {
    /// Finds the variables at a bound beyond which f decreases, by more than the errors of the gradient. Variables that
    /// are only next to the bound that holds them are moved to it.
    pub fn at(
        oracle: &mut Oracle<'_>,
        x: &DVector<f64>,
        cost: f64,
        gradient: &DVector<f64>,
    ) -> Self {
        let at_x = |active| Self { active, ..Self::free_at(x, cost, gradient) };
        let Some(bounds) = oracle.problem().bounds() else { return at_x(Vec::new()) };
        let [near, exact] = [NEAR, 0.0].map(|reach| pushing(bounds, x, gradient, reach));
        if near.len() > exact.len() {
            let mut point = x.clone();
            for bound in &near {
                let i = bound.index;
                point[i] = match bound.side {
                    Side::Lower | Side::Fixed => bounds.lower()[i],
                    Side::Upper => bounds.upper()[i],
                };
            }
            let mut gradient = DVector::zeros(x.len());
            if let Ok(cost) = oracle.start(&point, &mut gradient) {
                let there = pushing(bounds, &point, &gradient, 0.0);
                let active = certain(oracle, &point, (cost, &gradient), there);
                if active.iter().map(|b| b.index).eq(near.iter().map(|b| b.index)) {
                    return Self { point, cost, gradient, active };
                }
            }
        }
        at_x(certain(oracle, x, (cost, gradient), exact))
    }

    /// A point that nothing holds.
    pub fn free_at(x: &DVector<f64>, cost: f64, gradient: &DVector<f64>) -> Self {
        Self { point: x.clone(), cost, gradient: gradient.clone(), active: Vec::new() }
    }

    /// True when a bound holds a variable that has room to move.
    pub fn is_held(&self) -> bool {
        self.active.iter().any(|bound| bound.side != Side::Fixed)
    }

    /// The variables that are free.
    pub fn free(&self) -> Vec<usize> {
        let is_held = |i: &usize| self.active.iter().any(|bound| bound.index == *i);
        (0..self.point.len()).filter(|i| !is_held(i)).collect()
    }
}

/// The variables at or near a bound beyond which f decreases.
fn pushing(
    bounds: &Bounds,
    x: &DVector<f64>,
    gradient: &DVector<f64>,
    reach: f64,
) -> Vec<ActiveBound> {
    let side = |i: usize| {
        let (lower, upper) = (bounds.lower()[i], bounds.upper()[i]);
        let reach = reach * x[i].abs().max(1.0).min(upper - lower);
        match gradient[i] {
            _ if lower == upper => Some(Side::Fixed),
            g if g > 0.0 && x[i] - lower <= reach => Some(Side::Lower),
            g if g < 0.0 && upper - x[i] <= reach => Some(Side::Upper),
            _ => None,
        }
    };
    let bound = |index: usize| {
        let (side, multiplier) = (side(index)?, gradient[index].abs());
        Some(ActiveBound { index, side, multiplier, error: 0.0 })
    };
    (0..x.len()).filter_map(bound).collect()
}

/// The variables whose multiplier is larger than its error.
fn certain(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    (cost, gradient): (f64, &DVector<f64>),
    mut active: Vec<ActiveBound>,
) -> Vec<ActiveBound> {
    if active.iter().any(|bound| bound.side != Side::Fixed) {
        let mut face = Face::whole(oracle, x);
        let mut noise = GradientNoise::at(&mut face, x, gradient);
        if !face.has_gradient() {
            noise = noise.differenced(&mut face, x, (cost, gradient), |_| None);
        }
        for bound in &mut active {
            bound.error = noise.entries[bound.index];
        }
        active.retain(|bound| bound.side == Side::Fixed || bound.multiplier > bound.error);
    }
    active
}
