//! A point and what the problem says there, and the multipliers.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{Matrix, Oracle};

/// A point with the values and derivatives there, all of them as the problem gives them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    /// The variables and the slacks, (x, s); the slack of a row without one is 0. n + m.
    pub w: DVector<f64>,
    /// x, n.
    pub x: DVector<f64>,
    pub cost: f64,
    pub gradient: DVector<f64>,
    /// c(x), m.
    pub values: DVector<f64>,
    /// ∂cᵢ/∂xⱼ, m × n.
    #[serde(with = "crate::linalg::matrix_bytes")]
    pub jacobian: DMatrix<f64>,
}

impl Point {
    pub fn new(n: usize, m: usize) -> Self {
        Self {
            w: DVector::zeros(n + m),
            x: DVector::zeros(n),
            cost: 0.0,
            gradient: DVector::zeros(n),
            values: DVector::zeros(m),
            jacobian: DMatrix::zeros(m, n),
        }
    }

    /// True when it is a point of n variables and m constraints, with finite numbers.
    pub fn is_valid(&self, n: usize, m: usize) -> bool {
        let sizes = [self.w.len(), self.x.len(), self.gradient.len(), self.values.len()];
        let vectors = [&self.w, &self.x, &self.gradient, &self.values];
        sizes == [n + m, n, n, m]
            && self.jacobian.shape() == (m, n)
            && self.cost.is_finite()
            && vectors.iter().all(|v| v.iter().all(|v| v.is_finite()))
            && self.jacobian.iter().all(|v| v.is_finite())
    }

    /// Takes over a point and its values, without the derivatives.
    pub fn copy_values(&mut self, other: &Self) {
        self.w.copy_from(&other.w);
        self.x.copy_from(&other.x);
        self.values.copy_from(&other.values);
        self.cost = other.cost;
    }

    /// Evaluates c and f at x; f only where c is finite. True when both are finite. What is known `here` is not
    /// evaluated again.
    pub fn evaluate(&mut self, problem: &mut Oracle<'_>, here: &Self) -> bool {
        if self.x == here.x {
            self.values.copy_from(&here.values);
            self.cost = here.cost;
            return true;
        }
        if !self.values.is_empty() {
            problem.constraint_values(&self.x, &mut self.values);
            if !self.values.iter().all(|c| c.is_finite()) {
                return false;
            }
        }
        self.cost = problem.cost(&self.x);
        self.cost.is_finite()
    }

    /// Evaluates the derivatives at x. True when all are finite.
    pub fn differentiate(
        &mut self,
        problem: &mut Oracle<'_>,
        here: &Self,
        buffer: &mut Matrix,
    ) -> bool {
        if self.x == here.x {
            self.gradient.copy_from(&here.gradient);
            self.jacobian.copy_from(&here.jacobian);
            return true;
        }
        problem.gradient_at(&self.x, Some(self.cost), &mut self.gradient);
        self.gradient.iter().all(|g| g.is_finite()) && self.linearize(problem, buffer)
    }

    /// Evaluates the Jacobian at x. True when it is finite.
    pub fn linearize(&mut self, problem: &mut Oracle<'_>, buffer: &mut Matrix) -> bool {
        if self.values.is_empty() {
            return true;
        }
        problem.constraint_jacobian(&self.x, &self.values, buffer);
        buffer.write_to(&mut self.jacobian);
        self.jacobian.iter().all(|entry| entry.is_finite())
    }
}

/// The multipliers of the scaled problem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Duals {
    /// Of the constraints h = 0; m.
    pub y: DVector<f64>,
    /// Of the lower and the upper bounds of w; 0 where there is none. n + m.
    pub lower: DVector<f64>,
    pub upper: DVector<f64>,
}

impl Duals {
    pub fn new(n: usize, m: usize) -> Self {
        let zeros = || DVector::zeros(n + m);
        Self { y: DVector::zeros(m), lower: zeros(), upper: zeros() }
    }

    pub fn copy_from(&mut self, other: &Self) {
        self.y.copy_from(&other.y);
        self.lower.copy_from(&other.lower);
        self.upper.copy_from(&other.upper);
    }

    pub fn is_valid(&self, n: usize, m: usize) -> bool {
        let bounds = [&self.lower, &self.upper];
        self.y.len() == m
            && self.y.iter().all(|y| y.is_finite())
            && bounds
                .iter()
                .all(|z| z.len() == n + m && z.iter().all(|z| *z >= 0.0 && z.is_finite()))
    }
}
