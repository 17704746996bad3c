//! The augmented Lagrangian of Powell, Hestenes and Rockafellar for l ≤ c(x) ≤ u, as the inner solver sees it.
//!
//! ```text
//! L(x) = f + ½ ρ Σ (|zᵢ − P(zᵢ)|² − (yᵢ/ρ)²),  zᵢ = cᵢ − yᵢ/ρ,  P the projection into [lᵢ, uᵢ]
//! ∇L = ∇f − J'λ,  ∇²L = ∇²f − Σ λᵢ ∇²cᵢ + ρ Σ ∇cᵢ ∇cᵢ' over zᵢ ∉ [lᵢ, uᵢ],  λᵢ = yᵢ − ρ eᵢ,  eᵢ = cᵢ − P(zᵢ)
//! ```
//!
//! In all of it f is multiplied by 1 / |∇f(x₀)|, and each constraint with its limits by 1 / |∇cᵢ(x₀)|: maximum norms,
//! and factors of at most 10⁸.

use std::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::points::{Point, Points};
use crate::oracle::View;
use crate::{Bounds, Matrix, Oracle, Termination, linalg};

/// The function without f and c.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Function {
    /// The factors of f and of each constraint.
    pub scale: f64,
    pub scales: DVector<f64>,
    /// The largest |∂cᵢ/∂xⱼ| of each constraint at the points where the factors were looked at.
    pub steepness: DVector<f64>,
    /// The multipliers y, of the scaled constraints.
    pub y: DVector<f64>,
    /// The penalty ρ.
    pub penalty: f64,
    /// l and u, unscaled: those of the problem.
    #[serde(skip)]
    pub limits: Option<Bounds>,
}

/// A constraint in L.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// λ
    pub multiplier: f64,
    /// c − P(z): it vanishes where the constraint and its multiplier fulfil the conditions.
    pub error: f64,
    /// True where z is beyond a limit.
    pub is_active: bool,
}

impl Function {
    /// The function at a start, with multipliers 0.
    pub fn new(start: &Point, limits: Bounds, penalty: Option<f64>) -> Self {
        let m = start.values.len();
        let (scales, y) = (DVector::from_element(m, 1.0), DVector::zeros(m));
        let steepness = DVector::zeros(m);
        let limits = Some(limits);
        let mut function = Self { scale: 1.0, scales, steepness, y, penalty: 1.0, limits };
        function.scale_to(start, 0.0);
        function.penalty = penalty.unwrap_or_else(|| {
            // As large as f beside the violation.
            let errors = (0..m).map(|i| function.part(i, start.values[i]).error.powi(2));
            let violation = 0.5 * errors.sum::<f64>();
            let cost = (function.scale * start.cost).abs();
            (10.0 * cost.max(1.0) / violation.max(1.0)).clamp(LEAST, MOST)
        });
        function
    }

    /// Sets the factors such that the largest gradients of f here, and of the constraints so far, are 1, if a scaled
    /// gradient is larger than `most`; true then. The multipliers have to be 0.
    fn scale_to(&mut self, point: &Point, most: f64) -> bool {
        let steepest = linalg::max_abs(point.gradient.as_slice());
        let Self { scale, scales, steepness, .. } = self;
        for_entries(&point.jacobian, |i, entry| steepness[i] = steepness[i].max(entry.abs()));
        let pairs = || scales.iter().zip(steepness.iter());
        let is_steep =
            *scale * steepest > most || pairs().any(|(scale, steepness)| scale * steepness > most);
        if is_steep {
            *scale = factor(steepest);
            for (scale, steepness) in scales.iter_mut().zip(steepness) {
                *scale = factor(*steepness);
            }
        }
        is_steep
    }

    /// Sets the factors anew at the first point where a scaled gradient is much larger than at the start, where it may
    /// have vanished; true if it is.
    pub fn rescale(&mut self, point: &Point) -> bool {
        self.scale_to(point, STEEP)
    }

    /// Gives all constraints the least of their factors, and forgets the multipliers; false where they have it already.
    pub fn equalise(&mut self) -> bool {
        let least = self.scales.iter().copied().fold(f64::INFINITY, f64::min);
        let is_new = self.scales.iter().any(|scale| *scale > least);
        if is_new {
            self.scales.fill(least);
            self.y.fill(0.0);
        }
        is_new
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn is_valid(&self, m: usize) -> bool {
        let is_positive = |number: &f64| *number > 0.0 && number.is_finite();
        self.scales.len() == m
            && self.steepness.len() == m
            && self.steepness.iter().all(|number| *number >= 0.0)
            && self.y.len() == m
            && self.scales.iter().chain([&self.scale, &self.penalty]).all(is_positive)
            && self.y.iter().all(|y| y.is_finite())
    }

    /// The limits of scaled constraint i.
    pub fn sides(&self, i: usize) -> [f64; 2] {
        let scale = self.scales[i];
        match &self.limits {
            Some(limits) => [scale * limits.lower()[i], scale * limits.upper()[i]],
            None => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }

    /// Constraint i where its value is c, unscaled.
    pub fn part(&self, i: usize, c: f64) -> Part {
        let (c, y, penalty) = (self.scales[i] * c, self.y[i], self.penalty);
        let [lower, upper] = self.sides(i);
        let z = c - y / penalty;
        if z.is_nan() {
            return Part { multiplier: f64::NAN, error: f64::NAN, is_active: true };
        }
        let nearest = z.max(lower).min(upper);
        if lower < z && z < upper {
            return Part { multiplier: 0.0, error: y / penalty, is_active: false };
        }
        let error = c - nearest;
        Part { multiplier: y - penalty * error, error, is_active: true }
    }

    pub fn parts(&self, values: &DVector<f64>) -> impl Iterator<Item = Part> {
        values.iter().enumerate().map(|(i, c)| self.part(i, *c))
    }

    /// The largest violation of a scaled constraint.
    pub fn violation(&self, point: &Point) -> f64 {
        let violations = point.values.iter().enumerate().map(|(i, c)| {
            let ([lower, upper], c) = (self.sides(i), self.scales[i] * c);
            (lower - c).max(c - upper)
        });
        violations.fold(0.0, f64::max)
    }

    /// L
    fn value(&self, point: &Point) -> f64 {
        let parts = self.parts(&point.values).zip(&self.y).map(|(part, y)| match part.is_active {
            true => (0.5 * self.penalty * part.error - y) * part.error,
            false => -0.5 * y * part.error,
        });
        self.scale * point.cost + parts.sum::<f64>()
    }

    /// Writes the multipliers λ at c, of the unscaled constraints.
    pub fn multipliers(&self, values: &DVector<f64>, multipliers: &mut DVector<f64>) {
        for (i, part) in self.parts(values).enumerate() {
            multipliers[i] = part.multiplier * self.scales[i] / self.scale;
        }
    }

    /// Writes ∇L, with workspace of m components.
    fn gradient(&self, point: &Point, weights: &mut DVector<f64>, gradient: &mut DVector<f64>) {
        self.multipliers(&point.values, weights);
        point.jacobian.transpose_times(weights, gradient);
        for (l, g) in gradient.iter_mut().zip(&point.gradient) {
            *l = self.scale * (g - *l);
        }
    }
}

/// A scaled gradient that is larger than this needs another scale.
const STEEP: f64 = 100.0;
/// The limits of the first penalty.
const LEAST: f64 = 1e-8;
const MOST: f64 = 1e8;

/// The factor that makes a gradient 1; no more than [`MOST`], and 1 for a gradient of 0.
fn factor(steepness: f64) -> f64 {
    if steepness > 0.0 { steepness.recip().min(MOST) } else { 1.0 }
}

/// Calls `take` with the row and the value of each entry of a matrix.
fn for_entries(matrix: &Matrix, mut take: impl FnMut(usize, f64)) {
    match matrix {
        Matrix::Dense(matrix) => {
            for j in 0..matrix.ncols() {
                for i in 0..matrix.nrows() {
                    take(i, matrix[(i, j)]);
                }
            }
        }
        Matrix::Sparse(matrix) => matrix.triplet_iter().for_each(|(i, _, entry)| take(i, *entry)),
    }
}

/// H += Σ wᵢ ∇cᵢ ∇cᵢ'.
fn add_squares(jacobian: &Matrix, w: &DVector<f64>, hessian: &mut DMatrix<f64>) {
    let n = hessian.ncols();
    for j in 0..n {
        for k in 0..=j {
            let sum: f64 = match jacobian {
                Matrix::Dense(a) => (0..w.len()).map(|i| w[i] * a[(i, j)] * a[(i, k)]).sum(),
                Matrix::Sparse(a) => {
                    let (left, right) = (a.col(j), a.col(k));
                    let rows = right.row_indices();
                    let entries = left.row_indices().iter().zip(left.values());
                    let shared = entries.filter_map(|(i, entry)| {
                        let at = rows.binary_search(i).ok()?;
                        Some(w[*i] * entry * right.values()[at])
                    });
                    shared.sum()
                }
            };
            hessian[(j, k)] += sum;
            if k < j {
                hessian[(k, j)] += sum;
            }
        }
    }
}

/// Workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// m components.
    pub weights: DVector<f64>,
    /// n components.
    pub lagrangian: DVector<f64>,
    pub x: DVector<f64>,
    pub curvature: Matrix,
}

impl Work {
    pub fn new(n: usize, m: usize) -> Self {
        let zeros = DVector::zeros;
        Self { weights: zeros(m), lagrangian: zeros(n), x: zeros(n), curvature: Matrix::default() }
    }
}

/// L, evaluated through the oracle of the run.
pub(super) struct Inside<'v, 'p> {
    pub oracle: &'v mut Oracle<'p>,
    pub points: &'v mut Points,
    pub function: &'v Function,
    pub work: &'v mut Work,
}

impl View for Inside<'_, '_> {
    fn cost(&mut self, x: &DVector<f64>) -> f64 {
        let Self { oracle, points, function, .. } = self;
        let found = points.find(oracle, x, false);
        found.map_or(f64::NAN, |index| function.value(points.at(index)))
    }

    fn cost_and_gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let Self { oracle, points, function, work } = self;
        let Some(index) = points.find(oracle, x, true) else {
            gradient.fill(f64::NAN);
            return f64::NAN;
        };
        let point = points.at(index);
        function.gradient(point, &mut work.weights, gradient);
        function.value(point)
    }

    fn hessian(&mut self, x: &DVector<f64>, hessian: &mut DMatrix<f64>) -> f64 {
        let Self { oracle, points, function, work } = self;
        let Some(index) = points.find(oracle, x, true) else {
            hessian.fill(f64::NAN);
            return f64::NAN;
        };
        let Point { cost, gradient, values, jacobian, .. } = points.at(index);
        function.multipliers(values, &mut work.weights);
        let known = (*cost, gradient);
        let Work { weights, curvature, .. } = &mut **work;
        let accuracy = oracle.lagrangian_hessian(x, weights, known, hessian, curvature);
        *hessian *= function.scale;
        for (i, part) in function.parts(values).enumerate() {
            let weight = function.penalty * function.scales[i].powi(2);
            weights[i] = if part.is_active { weight } else { 0.0 };
        }
        add_squares(jacobian, weights, hessian);
        accuracy
    }

    fn uninterrupted(&self) -> ControlFlow<Termination> {
        self.oracle.uninterrupted()
    }

    fn interrupt(&mut self, reason: Termination) {
        self.oracle.interrupt(reason);
    }
}
