//! Functions with one minimum, or nearly so, on which a global method should not lose time.

use super::{GlobalFormula, any_size};
use crate::functions::sized;
use crate::{DVector, Error, Formula, Num, Real};

any_size! {
    /// Σ xᵢ²: f = 0 at the origin.
    Sphere, "sphere", n >= 1 ("at least 1"), box: [-5.12, 5.12], minimum: |_n| 0.0, at: 0.0,
    |x| x.iter().map(|&x| x * x).sum()
}

any_size! {
    /// Rosenbrock's valley chained: Σᵢ₌₁ⁿ⁻¹ 100 (xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)²: f = 0 at (1, ..., 1).
    ///
    /// From n = 4 on there is a second minimum near (-1, 1, ..., 1) with f near 4 (S. Kok, C. Sandrock, Evol. Comput. 17
    /// (2009) 437-453).
    Rosenbrock, "rosenbrock", n >= 2 ("at least 2"), box: [-5.0, 10.0], minimum: |_n| 0.0, at: 1.0,
    |x| x
        .iter()
        .zip(x.iter().skip(1))
        .map(|(&x, &y)| {
            let (t, u) = (y - x * x, 1.0 - x);
            100.0 * (t * t) + u * u
        })
        .sum()
}

/// An ellipsoid of condition number 10⁶: Σᵢ 10^(6 (i - 1)/(n - 1)) xᵢ², f = 0 at the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Ellipsoid {
    weights: Vec<f64>,
}

impl Ellipsoid {
    /// With `n` variables, at least 2.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        let n = sized(n, n >= 2, "at least 2")?;
        let weight = |i| 10f64.powf(6.0 * i as f64 / (n - 1) as f64);
        Ok(Self { weights: (0..n).map(weight).collect() })
    }
}

impl Formula for Ellipsoid {
    fn dimension(&self) -> usize {
        self.weights.len()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        self.weights.iter().zip(x).map(|(&weight, &x)| weight * (x * x)).sum()
    }
}

impl GlobalFormula for Ellipsoid {
    fn name(&self) -> &'static str {
        "ellipsoid"
    }
    fn interval(&self) -> [f64; 2] {
        [-5.0, 5.0]
    }
    fn minimum(&self) -> f64 {
        0.0
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::zeros(self.weights.len())
    }
}
