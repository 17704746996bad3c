//! The problem on the plane in which a point may move: without the variables that are held at their bounds, or along
//! the constraints that hold there, where the Lagrangian takes the place of the cost.

use nalgebra::{DMatrix, DVector};

use super::chart::Chart;
use super::differences::FARTHER;
use crate::{Matrix, Oracle};

/// A function of the coordinates of a plane, counted by the oracle, and within the bounds.
pub(super) struct Face<'s, 'p> {
    oracle: &'s mut Oracle<'p>,
    chart: Chart,
    lagrangian: Option<Lagrangian>,
    /// A point of the problem, and a gradient there.
    point: DVector<f64>,
    gradient: DVector<f64>,
    /// What of the point does not move.
    origin: DVector<f64>,
    /// How far each coordinate alone may move within the bounds.
    lower: DVector<f64>,
    upper: DVector<f64>,
}

/// What the constraints add to the cost: −y'c(x) with fixed multipliers.
pub(super) struct Lagrangian {
    multipliers: DVector<f64>,
    values: DVector<f64>,
    jacobian: Matrix,
    force: DVector<f64>,
    curvature: Matrix,
    /// Whether the constraints give their Jacobian.
    has_jacobian: bool,
}

impl Lagrangian {
    /// The multipliers of n variables' constraints.
    pub fn new(multipliers: DVector<f64>, n: usize, has_jacobian: bool) -> Self {
        Self {
            values: DVector::zeros(multipliers.len()),
            multipliers,
            jacobian: Matrix::default(),
            force: DVector::zeros(n),
            curvature: Matrix::default(),
            has_jacobian,
        }
    }
}

impl<'s, 'p> Face<'s, 'p> {
    /// The cost on a plane through `point`.
    pub fn new(oracle: &'s mut Oracle<'p>, point: &DVector<f64>, chart: Chart) -> Self {
        let bounds = oracle.problem().bounds();
        let n = point.len();
        let side = |all: Option<&DVector<f64>>, none| {
            all.map_or_else(|| DVector::repeat(n, none), DVector::clone)
        };
        let lower = side(bounds.map(|b| b.lower()), f64::NEG_INFINITY);
        let upper = side(bounds.map(|b| b.upper()), f64::INFINITY);
        let (origin, lower, upper) = match &chart {
            Chart::Axes(_) => (point.clone(), chart.restrict(&lower), chart.restrict(&upper)),
            Chart::Plane(z) => {
                let at = chart.restrict(point);
                let room = |column: usize, sign: f64| {
                    let room = (0..n).filter(|i| z[(*i, column)] != 0.0).map(|i| {
                        let along = sign * z[(i, column)];
                        let side = if along > 0.0 { upper[i] } else { lower[i] };
                        ((side - point[i]) / along).max(0.0)
                    });
                    room.fold(f64::INFINITY, f64::min)
                };
                let k = at.len();
                let lower = DVector::from_fn(k, |j, _| at[j] - room(j, -1.0));
                let upper = DVector::from_fn(k, |j, _| at[j] + room(j, 1.0));
                (point - z * at, lower, upper)
            }
        };
        let gradient = point.clone();
        let point = point.clone();
        Self { oracle, chart, lagrangian: None, point, gradient, origin, lower, upper }
    }

    /// All variables, of which those with equal bounds have no room.
    pub fn whole(oracle: &'s mut Oracle<'p>, point: &DVector<f64>) -> Self {
        Self::new(oracle, point, Chart::Axes((0..point.len()).collect()))
    }

    /// The Lagrangian in place of the cost.
    pub fn with(mut self, lagrangian: Lagrangian) -> Self {
        self.lagrangian = Some(lagrangian);
        self
    }

    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    pub fn has_gradient(&self) -> bool {
        let is_given = self.lagrangian.as_ref().is_none_or(|l| l.has_jacobian);
        is_given && self.oracle.problem().has_gradient()
    }

    /// The coordinates of a vector of all variables.
    pub fn restrict(&self, all: &DVector<f64>) -> DVector<f64> {
        self.chart.restrict(all)
    }

    fn go_to(&mut self, z: &DVector<f64>) {
        self.chart.embed(z.as_slice(), &mut self.point);
        if let Chart::Plane(_) = self.chart {
            self.point += &self.origin;
            if let Some(bounds) = self.oracle.problem().bounds() {
                bounds.project(&mut self.point);
            }
        }
    }

    /// The function at the coordinates z.
    pub fn cost(&mut self, z: &DVector<f64>) -> f64 {
        self.go_to(z);
        let cost = self.oracle.cost(&self.point);
        match &mut self.lagrangian {
            None => cost,
            Some(Lagrangian { multipliers, values, .. }) => {
                self.oracle.constraint_values(&self.point, values);
                cost - multipliers.dot(values)
            }
        }
    }

    /// The gradient with respect to the coordinates.
    pub fn gradient(&mut self, z: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.go_to(z);
        self.oracle.gradient(&self.point, &mut self.gradient);
        if let Some(Lagrangian { multipliers, values, jacobian, force, .. }) = &mut self.lagrangian
        {
            self.oracle.constraint_values(&self.point, values);
            self.oracle.constraint_jacobian(&self.point, values, jacobian);
            jacobian.transpose_times(multipliers, force);
            self.gradient -= &*force;
        }
        gradient.copy_from(&self.chart.restrict(&self.gradient));
    }

    /// The Hessian with respect to the coordinates, if the problem gives it.
    pub fn given_hessian(&mut self, z: &DVector<f64>) -> Option<DMatrix<f64>> {
        self.go_to(z);
        let n = self.point.len();
        let mut hessian = DMatrix::zeros(n, n);
        if !self.oracle.given_hessian(&self.point, &mut hessian) {
            return None;
        }
        if let Some(Lagrangian { multipliers, curvature, .. }) = &mut self.lagrangian
            && multipliers.iter().any(|y| *y != 0.0)
        {
            if !self.oracle.constraint_hessian(&self.point, multipliers, curvature) {
                return None;
            }
            curvature.subtract_from(&mut hessian);
        }
        Some(self.chart.restrict_matrix(&hessian))
    }

    /// The point within the bounds that is nearest to z, by coordinates.
    pub fn clamp(&self, mut z: DVector<f64>) -> DVector<f64> {
        z.zip_zip_apply(&self.lower, &self.upper, |z, l, u| *z = within(*z, [l, u]));
        z
    }

    /// The largest change expected of coordinate j: |z|, at least 1, at most the width of its bounds.
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

    /// Two points of coordinate j for differences at z: z ± h, or z + h and z + 2h on the one side that has room.
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
