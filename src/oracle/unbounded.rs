//! A problem with bounds, in coordinates that have none.
//!
//! ```text
//! l ≤ x ≤ u:  x = m + h sin(y / h),  m = (l + u) / 2,  h = (u − l) / 2
//! l ≤ x:      x = l − 1 + √(1 + y²);          x ≤ u:  x = u + 1 − √(1 + y²)
//! ```
//!
//! F. James, M. Roos, "Minuit: a system for function minimization and analysis of the parameter errors and correlations",
//! Computer Physics Communications 10 (1975) 343-367, section on limits. A minimum at a bound is a stationary point in y,
//! where a search against a wall would creep.

use std::f64::consts::FRAC_PI_2;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use nalgebra::DVector;

use crate::{Bounds, Hessian, Problem, Structure};

/// A problem in the coordinates y, the same as x without bounds. A panic of its cost or gradient reads as NaN, as with an
/// evaluator.
pub(crate) struct Unbounded<'a> {
    problem: &'a dyn Problem,
    panics: AtomicU64,
}

/// The nearest that a start comes to its bounds, in halves of their distance: at a bound itself the gradient in y vanishes.
const MARGIN: f64 = 1e-6;

/// x and dx/dy.
fn outer(y: f64, lower: f64, upper: f64) -> (f64, f64) {
    let root = 1.0_f64.hypot(y);
    let (x, slope) = match (lower.is_finite(), upper.is_finite()) {
        (false, false) => return (y, 1.0),
        (true, false) => (lower + y * (y / (root + 1.0)), y / root),
        (false, true) => (upper - y * (y / (root + 1.0)), -y / root),
        (true, true) => {
            let half = upper / 2.0 - lower / 2.0;
            let angle = if half > 0.0 { y / half } else { 0.0 };
            (lower / 2.0 + upper / 2.0 + half * angle.sin(), angle.cos())
        }
    };
    (x.max(lower).min(upper), if lower < upper { slope } else { 0.0 })
}

/// A y of x.
fn inner(x: f64, lower: f64, upper: f64) -> f64 {
    // (1 + d)² − 1 with the distance d from the bound.
    let one_sided = |distance: f64| (distance.max(MARGIN) * (2.0 + distance.max(MARGIN))).sqrt();
    match (lower.is_finite(), upper.is_finite()) {
        (false, false) => x,
        (true, false) => one_sided(x - lower),
        (false, true) => one_sided(upper - x),
        (true, true) => {
            let half = upper / 2.0 - lower / 2.0;
            if half > 0.0 {
                let sine = (x - (lower / 2.0 + upper / 2.0)) / half;
                half * sine.clamp(MARGIN - 1.0, 1.0 - MARGIN).asin().clamp(-FRAC_PI_2, FRAC_PI_2)
            } else {
                0.0
            }
        }
    }
}

impl<'a> Unbounded<'a> {
    pub fn new(problem: &'a dyn Problem) -> Self {
        Self { problem, panics: AtomicU64::new(0) }
    }

    /// The calls that panicked.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// The cost that a call returns, NaN when it panics.
    fn caught(&self, call: impl FnOnce() -> f64) -> f64 {
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
            self.panics.fetch_add(1, Ordering::Relaxed);
            f64::NAN
        })
    }

    /// The coordinates y of a point within the bounds, or as near to them as [`MARGIN`].
    pub fn enter(&self, x: &DVector<f64>) -> DVector<f64> {
        self.mapped(x, inner)
    }

    /// The point x of coordinates y, within the bounds.
    pub fn leave(&self, y: &DVector<f64>) -> DVector<f64> {
        self.mapped(y, |y, lower, upper| outer(y, lower, upper).0)
    }

    fn mapped(&self, from: &DVector<f64>, map: impl Fn(f64, f64, f64) -> f64) -> DVector<f64> {
        match self.problem.bounds() {
            Some(bounds) => from.zip_zip_map(bounds.lower(), bounds.upper(), map),
            None => from.clone(),
        }
    }

    /// From the gradient in x to that in y; NaN where the cost is.
    fn chain(&self, y: &DVector<f64>, cost: f64, gradient: &mut DVector<f64>) {
        if cost.is_nan() {
            gradient.fill(f64::NAN);
        } else if let Some(bounds) = self.problem.bounds() {
            for (i, g) in gradient.iter_mut().enumerate() {
                *g *= outer(y[i], bounds.lower()[i], bounds.upper()[i]).1;
            }
        }
    }
}

impl Problem for Unbounded<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, y: &DVector<f64>) -> f64 {
        self.caught(|| self.problem.cost(&self.leave(y)))
    }
    fn gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) {
        let made = self.caught(|| {
            self.problem.gradient(&self.leave(y), gradient);
            0.0
        });
        self.chain(y, made, gradient);
    }
    fn cost_and_gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let cost = self.caught(|| self.problem.cost_and_gradient(&self.leave(y), gradient));
        self.chain(y, cost, gradient);
        cost
    }
    fn hessian(&self, y: &DVector<f64>) -> Option<Hessian> {
        // Within bounds it has other entries; the solver takes differences of gradients.
        self.problem.bounds().is_none().then(|| self.problem.hessian(y)).flatten()
    }
    fn hessian_product(
        &self,
        y: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        self.problem.bounds().is_none() && self.problem.hessian_product(y, v, product)
    }
    fn bounds(&self) -> Option<&Bounds> {
        None
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
    fn structure(&self) -> Structure<'_> {
        // The terms of a sum are in x.
        if self.problem.bounds().is_none() { self.problem.structure() } else { Structure::Plain }
    }
}
