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
use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;

use crate::{Bounds, FiniteSum, Hessian, Problem, Structure};

/// A problem in the coordinates y, the same as x without bounds. A panic of its cost or gradient reads as NaN, as with an
/// evaluator.
pub(crate) struct Unbounded<'a> {
    problem: &'a dyn Problem,
    terms: Option<&'a dyn FiniteSum>,
    panics: AtomicU64,
    /// Room for x, taken out while it is in use.
    room: Mutex<DVector<f64>>,
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
    /// With room for n numbers, none yet or that of an earlier one.
    pub fn new(problem: &'a dyn Problem, room: DVector<f64>) -> Self {
        let terms = problem.structure().sum();
        Self { problem, terms, panics: AtomicU64::new(0), room: Mutex::new(room) }
    }

    /// The calls that panicked, and the room.
    pub fn into_parts(self) -> (u64, DVector<f64>) {
        let room = self.room.into_inner().unwrap_or_else(PoisonError::into_inner);
        (self.panics.into_inner(), room)
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
        match self.problem.bounds() {
            Some(bounds) => x.zip_zip_map(bounds.lower(), bounds.upper(), inner),
            None => x.clone(),
        }
    }

    /// Writes the point x of coordinates y, within the bounds.
    pub fn leave(&self, y: &DVector<f64>, x: &mut DVector<f64>) {
        x.copy_from(y);
        if let Some(bounds) = self.problem.bounds() {
            x.zip_zip_apply(bounds.lower(), bounds.upper(), |x, lower, upper| {
                *x = outer(*x, lower, upper).0;
            });
        }
    }

    /// Looks at the point of coordinates y.
    fn at<T>(&self, y: &DVector<f64>, look: impl FnOnce(&DVector<f64>) -> T) -> T {
        if self.problem.bounds().is_none() {
            return look(y);
        }
        let room = || self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let mut x = std::mem::take(&mut *room());
        if x.len() != y.len() {
            x = DVector::zeros(y.len());
        }
        self.leave(y, &mut x);
        let seen = look(&x);
        *room() = x;
        seen
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
        self.caught(|| self.at(y, |x| self.problem.cost(x)))
    }
    fn gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) {
        let made = self.caught(|| {
            self.at(y, |x| self.problem.gradient(x, gradient));
            0.0
        });
        self.chain(y, made, gradient);
    }
    fn cost_and_gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let cost = self.caught(|| self.at(y, |x| self.problem.cost_and_gradient(x, gradient)));
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
    fn noise(&self) -> f64 {
        self.problem.noise()
    }
    fn structure(&self) -> Structure<'_> {
        if self.terms.is_some() { Structure::Sum(self) } else { Structure::Plain }
    }
}

/// The terms of a problem that is a sum, in the same coordinates.
impl FiniteSum for Unbounded<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn terms(&self) -> usize {
        self.terms.map_or(0, FiniteSum::terms)
    }
    fn cost(&self, batch: &[usize], y: &DVector<f64>) -> f64 {
        let Some(terms) = self.terms else { return f64::NAN };
        self.caught(|| self.at(y, |x| terms.cost(batch, x)))
    }
    fn gradient(&self, batch: &[usize], y: &DVector<f64>, gradient: &mut DVector<f64>) {
        let Some(terms) = self.terms else { return };
        let made = self.caught(|| {
            self.at(y, |x| terms.gradient(batch, x, gradient));
            0.0
        });
        self.chain(y, made, gradient);
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        y: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        let Some(terms) = self.terms else { return f64::NAN };
        let cost = self.caught(|| self.at(y, |x| terms.cost_and_gradient(batch, x, gradient)));
        self.chain(y, cost, gradient);
        cost
    }
}
