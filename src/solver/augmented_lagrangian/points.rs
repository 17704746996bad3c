//! The last points, so that nothing is evaluated twice: f and c together, ∇f and J when they are asked for.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::{Error, Matrix, Oracle};

/// A line search returns to points before the last one.
const KEPT: usize = 4;

/// What is known at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Known {
    Nothing,
    Values,
    Derivatives,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    pub x: DVector<f64>,
    /// f
    pub cost: f64,
    /// ∇f
    pub gradient: DVector<f64>,
    /// c
    pub values: DVector<f64>,
    /// J
    pub jacobian: Matrix,
    known: Known,
}

impl Point {
    fn new(n: usize, m: usize) -> Self {
        let mut jacobian = Matrix::default();
        jacobian.dense(m, n);
        let zeros = DVector::zeros;
        let (x, gradient, values) = (zeros(n), zeros(n), zeros(m));
        Self { x, cost: f64::NAN, gradient, values, jacobian, known: Known::Nothing }
    }

    /// True where everything is finite.
    pub fn is_finite(&self) -> bool {
        let Self { cost, gradient, values, jacobian, .. } = self;
        cost.is_finite()
            && gradient.iter().chain(values).all(|value| value.is_finite())
            && match jacobian {
                Matrix::Dense(jacobian) => jacobian.iter().all(|entry| entry.is_finite()),
                Matrix::Sparse(jacobian) => jacobian.values().iter().all(|entry| entry.is_finite()),
            }
    }

    /// Evaluates f and c at x, and the derivatives as well where `with_derivatives`; false when that was interrupted.
    fn evaluate(&mut self, oracle: &mut Oracle<'_>, with_derivatives: bool) -> bool {
        if self.known == Known::Nothing {
            self.cost = if with_derivatives {
                oracle.cost_and_gradient(&self.x, &mut self.gradient)
            } else {
                oracle.cost(&self.x)
            };
            self.values.fill(f64::NAN);
            if self.cost.is_finite() {
                oracle.constraint_values(&self.x, &mut self.values);
            }
        } else if with_derivatives {
            oracle.gradient_at(&self.x, Some(self.cost), &mut self.gradient);
        }
        if with_derivatives {
            if self.cost.is_finite() && self.values.iter().all(|value| value.is_finite()) {
                oracle.constraint_jacobian(&self.x, &self.values, &mut self.jacobian);
            } else {
                self.gradient.fill(f64::NAN);
            }
        }
        let is_known = oracle.uninterrupted().is_continue();
        if is_known {
            self.known = if with_derivatives { Known::Derivatives } else { Known::Values };
        }
        is_known
    }
}

/// The last points, and which of them is the current one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Points {
    points: Vec<Point>,
    current: usize,
    /// The next to be replaced, unless it is the current one.
    next: usize,
}

impl Points {
    /// Evaluates the start; allocates everything.
    pub fn start(oracle: &mut Oracle<'_>, x0: DVector<f64>, m: usize) -> Result<Self, Error> {
        let mut points = vec![Point::new(x0.len(), m); KEPT];
        let point = &mut points[0];
        point.x = x0;
        point.cost = oracle.start(&point.x, &mut point.gradient)?;
        if m > 0 {
            oracle.start_constraints(&point.x, &mut point.values)?;
            oracle.constraint_jacobian(&point.x, &point.values, &mut point.jacobian);
        }
        oracle.check_interruption()?;
        if !point.is_finite() {
            let what = "Jacobian of the constraints".to_owned();
            return Err(Error::NotInDomain { what, value: f64::NAN });
        }
        point.known = Known::Derivatives;
        Ok(Self { points, current: 0, next: 1 })
    }

    /// False for invalid data of a damaged checkpoint.
    pub fn are_valid(&self, n: usize, m: usize) -> bool {
        self.points.len() == KEPT
            && self.current < KEPT
            && self.next < KEPT
            && self.points.iter().all(|point| {
                point.x.len() == n
                    && point.gradient.len() == n
                    && point.values.len() == m
                    && point.jacobian.shape() == (m, n)
            })
            && self.here().known == Known::Derivatives
            && self.here().is_finite()
            && self.here().x.iter().all(|x| x.is_finite())
    }

    /// The current point.
    pub fn here(&self) -> &Point {
        &self.points[self.current]
    }

    /// A point that was found.
    pub fn at(&self, index: usize) -> &Point {
        &self.points[index]
    }

    /// The index of the current point.
    pub fn current(&self) -> usize {
        self.current
    }

    /// Makes a point the current one.
    pub fn go_to(&mut self, index: usize) {
        self.current = index;
    }

    /// The point at x with f and c, and with the derivatives where `with_derivatives`; `None` when that was
    /// interrupted.
    pub fn find(
        &mut self,
        oracle: &mut Oracle<'_>,
        x: &DVector<f64>,
        with_derivatives: bool,
    ) -> Option<usize> {
        let wanted = if with_derivatives { Known::Derivatives } else { Known::Values };
        let is_there = |point: &Point| point.known > Known::Nothing && point.x == *x;
        let index = self.points.iter().position(is_there).unwrap_or_else(|| {
            let free = if self.next == self.current { (self.next + 1) % KEPT } else { self.next };
            self.next = (free + 1) % KEPT;
            self.points[free].x.copy_from(x);
            self.points[free].known = Known::Nothing;
            free
        });
        let point = &mut self.points[index];
        let is_known = point.known >= wanted || point.evaluate(oracle, with_derivatives);
        is_known.then_some(index)
    }
}
