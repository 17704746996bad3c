//! How far each variable may go before it reaches a bound, in the scaled variables.

use nalgebra::DVector;

use super::super::Point;
use crate::Bounds;

/// The room about a point within bounds.
#[derive(Clone, Copy)]
pub(super) struct Rooms<'a> {
    pub at: Point<'a>,
    pub bounds: &'a Bounds,
}

/// One variable: its component of the gradient, and the least and the largest z for which x + z is within its bounds.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub g: f64,
    pub least: f64,
    pub most: f64,
}

impl Room {
    /// The bound that −g leads to.
    pub fn bound(self) -> f64 {
        if self.g > 0.0 { self.least } else { self.most }
    }

    /// True at a bound that −g does not leave.
    pub fn is_held(self) -> bool {
        match self.g {
            0.0 => self.least == 0.0 || self.most == 0.0,
            _ => self.bound() == 0.0,
        }
    }

    /// The t at which −t g is at a bound; 0 for a variable that is at one and does not leave it.
    pub fn reach(self) -> f64 {
        match self.g {
            _ if self.is_held() => 0.0,
            0.0 => f64::INFINITY,
            g => self.bound() / -g,
        }
    }
}

impl<'a> Rooms<'a> {
    /// That of every variable, in their order.
    pub fn iter(self) -> impl Iterator<Item = Room> + 'a {
        let Point { x, gradient, scale, .. } = self.at;
        let [lower, upper] = [self.bounds.lower(), self.bounds.upper()].map(DVector::as_slice);
        let rows = x.as_slice().iter().zip(gradient.as_slice()).zip(lower).zip(upper);
        rows.enumerate().map(move |(i, (((x, g), lower), upper))| {
            let (mut least, mut most) = (lower - x, upper - x);
            if let Some(scale) = scale {
                (least, most) = (least / scale[i], most / scale[i]);
            }
            Room { g: *g, least, most }
        })
    }

    /// That of variable i.
    pub fn of(self, i: usize) -> Room {
        let Point { x, gradient, scale, .. } = self.at;
        let t = scale.map_or(1.0, |scale| scale[i]);
        let [least, most] =
            [self.bounds.lower(), self.bounds.upper()].map(|bound| (bound[i] - x[i]) / t);
        Room { g: gradient[i], least, most }
    }
}
