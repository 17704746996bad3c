//! What bounds leave of a step: the room for each variable, and the face of those that are free.

use nalgebra::DVector;

use super::models::Quadratic;
use crate::linalg::restrict;
use crate::solver::descent::norm_within;
use crate::{Bounds, Domain, Oracle};

/// The bounds of the problem, and the workspace for them; empty for a method that keeps none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Room {
    pub bounds: Option<Bounds>,
    /// The least and the most that the step may be in each variable, in the units of a region.
    pub least: DVector<f64>,
    pub most: DVector<f64>,
    /// 1 for each variable that is free, 0 for the others; and a vector without those.
    mask: DVector<f64>,
    masked: DVector<f64>,
}

/// Which variables a direction of negative curvature may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    /// Those that no bound holds by a multiplier. They may be at a bound where the gradient vanishes.
    NotHeld,
    /// Those that are strictly within their bounds.
    Inside,
}

impl Room {
    /// Without bounds a method that keeps them has any room.
    pub fn new(problem: &Oracle<'_>, domain: Domain) -> Self {
        if domain < Domain::Bounded {
            return Self::default();
        }
        let n = problem.dimension();
        let [least, most, mask, masked] = [(); 4].map(|()| DVector::zeros(n));
        let bounds = problem.problem().bounds().cloned();
        Self {
            bounds: Some(bounds.unwrap_or_else(|| Bounds::unbounded(n))),
            least,
            most,
            mask,
            masked,
        }
    }

    /// The norm of the projected gradient.
    pub fn norm(&self, x: &DVector<f64>, gradient: &DVector<f64>) -> f64 {
        norm_within(self.bounds.as_ref(), x, gradient)
    }

    /// Sets the components of the gradient that bounds hold at x to 0.
    pub fn reduce(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let Some(bounds) = &self.bounds else { return };
        for ((g, x), sides) in gradient.iter_mut().zip(x).zip(bounds.sides()) {
            if (*g >= 0.0 && *x <= sides.lower) || (*g <= 0.0 && *x >= sides.upper) {
                *g = 0.0;
            }
        }
    }

    /// Measures the room at x in units of `length`, in the variables D x of a scale.
    pub fn measure(&mut self, x: &DVector<f64>, length: f64, scale: Option<&DVector<f64>>) {
        let Some(bounds) = &self.bounds else { return };
        let rooms = self.least.iter_mut().zip(self.most.iter_mut());
        for (i, (((least, most), x), sides)) in rooms.zip(x).zip(bounds.sides()).enumerate() {
            let d = scale.map_or(1.0, |scale| scale[i]);
            *least = ((sides.lower - x) / length * d).min(0.0);
            *most = ((sides.upper - x) / length * d).max(0.0);
        }
    }

    /// Turns a step in the units of the last [measure](Self::measure) into one in those of x: s = length D⁻¹u; all the
    /// way to the bound where u takes all the room.
    pub fn stretch(
        &self,
        x: &DVector<f64>,
        length: f64,
        scale: Option<&DVector<f64>>,
        u: &mut DVector<f64>,
    ) {
        for (i, u) in u.iter_mut().enumerate() {
            let d = scale.map_or(1.0, |scale| scale[i]);
            *u = match &self.bounds {
                Some(bounds) if *u <= self.least[i] => bounds.lower()[i] - x[i],
                Some(bounds) if *u >= self.most[i] => bounds.upper()[i] - x[i],
                _ => length * *u / d,
            };
        }
    }

    /// Shortens a step in the units of the last [measure](Self::measure) to the room that there is.
    pub fn clip(&self, u: &mut DVector<f64>) {
        if self.bounds.is_some() {
            u.zip_zip_apply(&self.least, &self.most, |u, least, most| *u = u.max(least).min(most));
        }
    }

    /// Moves x + s within the bounds; onto them where s takes all the room.
    pub fn contain(&self, x: &DVector<f64>, step: &DVector<f64>, there: &mut DVector<f64>) {
        let Some(bounds) = &self.bounds else { return };
        for (((there, x), s), sides) in there.iter_mut().zip(x).zip(step).zip(bounds.sides()) {
            if *s <= sides.lower - x || *there < sides.lower {
                *there = sides.lower;
            } else if *s >= sides.upper - x || *there > sides.upper {
                *there = sides.upper;
            }
        }
    }

    /// The largest t for which x ± t v is within the bounds.
    pub fn reach(&self, x: &DVector<f64>, v: &DVector<f64>, sign: f64) -> f64 {
        let Some(bounds) = &self.bounds else { return f64::INFINITY };
        let moves = x.iter().zip(v).map(|(x, v)| (x, sign * v)).zip(bounds.sides());
        let rooms = moves.map(|((x, v), sides)| match v {
            0.0 => f64::INFINITY,
            v if v > 0.0 => (sides.upper - x) / v,
            v => (sides.lower - x) / v,
        });
        rooms.fold(f64::INFINITY, f64::min)
    }

    /// B on the face of the free variables.
    pub fn face<'a>(
        &'a mut self,
        b: &'a mut dyn Quadratic,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        free: Free,
    ) -> Face<'a> {
        if let Some(bounds) = &self.bounds {
            let rows = self.mask.iter_mut().zip(x).zip(gradient).zip(bounds.sides());
            for (((mask, x), g), sides) in rows {
                let (above, below) = (*x > sides.lower, *x < sides.upper);
                let is_free = match free {
                    Free::NotHeld => (above && below) || *g == 0.0 && above != below,
                    Free::Inside => above && below,
                };
                *mask = f64::from(is_free);
            }
        }
        Face { b, mask: &self.mask, masked: &mut self.masked }
    }

    /// Takes a unit vector with a curvature into the last [face](Self::face), and returns its curvature there.
    pub fn enter(&self, v: &mut DVector<f64>, curvature: f64) -> f64 {
        if self.bounds.is_some() { restrict(&self.mask, v, curvature) } else { curvature }
    }
}

/// M B M with the diagonal matrix M of the mask, or B itself without one.
pub(super) struct Face<'a> {
    b: &'a mut dyn Quadratic,
    mask: &'a DVector<f64>,
    masked: &'a mut DVector<f64>,
}

impl Quadratic for Face<'_> {
    fn times(&mut self, v: &DVector<f64>, product: &mut DVector<f64>) {
        if self.mask.is_empty() {
            return self.b.times(v, product);
        }
        self.masked.copy_from(v);
        self.masked.component_mul_assign(self.mask);
        self.b.times(self.masked, product);
        product.component_mul_assign(self.mask);
    }
    fn matrix(&mut self) -> Option<&nalgebra::DMatrix<f64>> {
        self.b.matrix()
    }
    fn accuracy(&self) -> f64 {
        self.b.accuracy()
    }
}
