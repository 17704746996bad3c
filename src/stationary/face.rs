//! The problem on the face of its box that x lies on: without the variables that are held at their bounds.

use nalgebra::{DMatrix, DVector};

use super::differences::FARTHER;
use crate::Oracle;

/// A function of the free variables alone, counted by the oracle, and within the bounds.
pub(super) struct Face<'s, 'p> {
    oracle: &'s mut Oracle<'p>,
    /// The variables that are free, ascending.
    free: Vec<usize>,
    /// A point of the problem, whose free variables are overwritten, and a gradient there.
    point: DVector<f64>,
    gradient: DVector<f64>,
    /// The bounds of the free variables.
    lower: DVector<f64>,
    upper: DVector<f64>,
}

impl<'s, 'p> Face<'s, 'p> {
    pub fn new(oracle: &'s mut Oracle<'p>, point: &DVector<f64>, free: Vec<usize>) -> Self {
        let bounds = oracle.problem().bounds();
        let side = |all: Option<&DVector<f64>>, none: f64| {
            DVector::from_iterator(free.len(), free.iter().map(|&i| all.map_or(none, |b| b[i])))
        };
        let lower = side(bounds.map(|b| b.lower()), f64::NEG_INFINITY);
        let upper = side(bounds.map(|b| b.upper()), f64::INFINITY);
        Self { oracle, free, point: point.clone(), gradient: point.clone(), lower, upper }
    }

    /// All variables, of which those with equal bounds have no room.
    pub fn whole(oracle: &'s mut Oracle<'p>, point: &DVector<f64>) -> Self {
        Self::new(oracle, point, (0..point.len()).collect())
    }

    pub fn has_gradient(&self) -> bool {
        self.oracle.problem().has_gradient()
    }

    /// The free components of a vector of all variables.
    pub fn restrict(&self, all: &DVector<f64>) -> DVector<f64> {
        DVector::from_iterator(self.free.len(), self.free.iter().map(|&i| all[i]))
    }

    fn go_to(&mut self, z: &DVector<f64>) {
        for (&i, z) in self.free.iter().zip(z) {
            self.point[i] = *z;
        }
    }

    /// f at the free variables z.
    pub fn cost(&mut self, z: &DVector<f64>) -> f64 {
        self.go_to(z);
        self.oracle.cost(&self.point)
    }

    /// The gradient with respect to the free variables.
    pub fn gradient(&mut self, z: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.go_to(z);
        self.oracle.gradient(&self.point, &mut self.gradient);
        for (g, &i) in gradient.iter_mut().zip(&self.free) {
            *g = self.gradient[i];
        }
    }

    /// The problem's own Hessian with respect to the free variables, if it has one.
    pub fn given_hessian(&mut self, z: &DVector<f64>) -> Option<DMatrix<f64>> {
        self.go_to(z);
        let n = self.point.len();
        let mut hessian = DMatrix::zeros(n, n);
        let free = &self.free;
        self.oracle
            .given_hessian(&self.point, &mut hessian)
            .then(|| DMatrix::from_fn(free.len(), free.len(), |i, j| hessian[(free[i], free[j])]))
    }

    /// The point within the bounds that is nearest to z.
    pub fn clamp(&self, mut z: DVector<f64>) -> DVector<f64> {
        z.zip_zip_apply(&self.lower, &self.upper, |z, l, u| *z = within(*z, [l, u]));
        z
    }

    /// The largest change expected of variable j: |z|, at least 1, at most the width of its bounds.
    pub fn length(&self, j: usize, z: f64) -> f64 {
        z.abs().max(1.0).min(self.upper[j] - self.lower[j])
    }

    /// The distances of z from its bounds.
    fn room(&self, j: usize, z: f64) -> [f64; 2] {
        [self.upper[j] - z, z - self.lower[j]]
    }

    /// h, or the longest smaller step for which differences with h and [`FARTHER`] h both have room.
    pub fn fitting(&self, j: usize, z: f64, h: f64) -> f64 {
        let [above, below] = self.room(j, z);
        h.min(above.min(below).max(0.5 * above.max(below)) / FARTHER)
    }

    /// Two points of variable j for differences at z: z ± h, or z + h and z + 2h on the one side that has room.
    pub fn sides(&self, j: usize, z: f64, h: f64) -> [f64; 2] {
        let [above, below] = self.room(j, z);
        let points = if h <= above && h <= below {
            [z + h, z - h]
        } else {
            let h = h.min(0.5 * above.max(below)).copysign(above - below);
            [z + h, z + 2.0 * h]
        };
        points.map(|point| within(point, [self.lower[j], self.upper[j]]))
    }
}

/// The number between the bounds that is nearest to x.
fn within(x: f64, [lower, upper]: [f64; 2]) -> f64 {
    match x {
        x if x < lower => lower,
        x if x > upper => upper,
        x => x,
    }
}
