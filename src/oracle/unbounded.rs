//! A problem with bounds, in unbounded coordinates.
//!
//! ```text
//! x = y from half of the way to the lower bound l to half of the way to the upper u, seen from the start a of the search.
//! Beyond, a quarter of a sine wave that is stationary at the bound:
//!   x = l + 2 h sin²(θ/2),  h = (a − l)/2,  θ = (y − l)/h + π/2 − 1 ∈ [0, π/2];  the same at u
//! From there y leads back, so that x is a smooth wave between its bounds. Narrow bounds have y = x / s, s a power of two.
//! ```
//!
//! The idea is Minuit's: F. James, M. Roos, "Minuit: a system for function minimization and analysis of the parameter
//! errors and correlations", Computer Physics Communications 10 (1975) 343-367, section on limits. A minimum at a bound
//! is a stationary point in y, where a search against a wall would creep. Minuit's single sine from bound to bound
//! resolves x only to rounding units of the width, and bends the whole space; here the scale is the distance from the
//! start to each bound, and most of the space is unchanged.

use std::f64::consts::FRAC_PI_2;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nalgebra::DVector;

use crate::problem::Sides;
use crate::{Bounds, FiniteSum, LeastSquares, Matrix, Problem, Structure};

/// A problem in the coordinates y, or in x itself.
pub(crate) struct Unbounded<'a> {
    problem: &'a dyn Problem,
    terms: Option<&'a dyn FiniteSum>,
    residuals: Option<&'a dyn LeastSquares>,
    /// The start of the search, and the bounds; `None` where y is x.
    seen: Option<(&'a DVector<f64>, &'a Bounds)>,
    /// True once a cost was −∞.
    is_bottomless: AtomicBool,
    workspace: Mutex<Workspace>,
}

/// The vectors of a view, which the next one may reuse.
#[derive(Default)]
pub(crate) struct Workspace {
    /// x, taken out while it is in use.
    x: DVector<f64>,
    /// Where the last gradient was taken, and that gradient in x.
    at: DVector<f64>,
    gradient: DVector<f64>,
}

/// The least distance of a start from a bound, relative to half of the width and to |x|: at a bound itself the gradient
/// in y vanishes.
const INSIDE: f64 = 1.0 / 256.0;

/// One coordinate: its bounds, and the start of the search.
#[derive(Clone, Copy)]
struct Coordinate {
    start: f64,
    sides: Sides,
}

impl Coordinate {
    fn is_constant(self) -> bool {
        let Sides { lower, upper } = self.sides;
        self.sides.are_one() || self.start <= lower || self.start >= upper
    }

    /// x, moved inside if it is too close to a bound.
    fn inside(self) -> f64 {
        let Self { start: x, sides } = self;
        let Sides { lower, upper } = sides;
        let size = if x == 0.0 { 1.0 } else { x.abs() };
        let nearest = INSIDE * sides.half().min(size);
        let moved = if x / 2.0 - lower / 2.0 < nearest / 2.0 {
            lower + nearest
        } else if upper / 2.0 - x / 2.0 < nearest / 2.0 {
            upper - nearest
        } else {
            x
        };
        moved.clamp(lower, upper)
    }

    /// x and dx/dy.
    fn at(self, y: f64) -> (f64, f64) {
        let Self { start, sides } = self;
        if self.is_constant() {
            return (start, 0.0);
        }
        let Sides { lower, upper } = sides;
        let unit = sides.unit();
        let below = Bend { bound: lower, length: start / 2.0 - lower / 2.0 };
        let above = Bend { bound: -upper, length: upper / 2.0 - start / 2.0 };
        let (y, sign) = reflect(unit * y, below.end(), -above.end());
        let (x, slope) = if let Some((x, slope)) = below.at(y) {
            (x, slope)
        } else if let Some((x, slope)) = above.at(-y) {
            (-x, slope)
        } else {
            (y, 1.0)
        };
        (x.max(lower).min(upper), sign * unit * slope)
    }
}

/// The quarter of a sine wave above a lower bound.
#[derive(Clone, Copy)]
struct Bend {
    bound: f64,
    length: f64,
}

impl Bend {
    /// The y of the bound itself: −∞ without a bound, or with one near the largest numbers.
    fn end(self) -> f64 {
        self.bound - (FRAC_PI_2 - 1.0) * self.length
    }

    /// x and dx/dy, where they are bent.
    fn at(self, y: f64) -> Option<(f64, f64)> {
        let Self { bound, length } = self;
        let end = self.end();
        if y >= bound + length || end.is_infinite() {
            return None;
        }
        let angle = (y - end) / length;
        Some((bound + 2.0 * length * (angle / 2.0).sin().powi(2), angle.sin()))
    }
}

/// The point between two ends to which y is reflected, and −1 where it moves backwards there.
fn reflect(y: f64, low: f64, high: f64) -> (f64, f64) {
    // Once, relative to the nearer end: a whole period would be rounded to units of the width.
    let (y, sign) = if y < low {
        (low + (low - y), -1.0)
    } else if y > high {
        (high - (y - high), -1.0)
    } else {
        return (y, 1.0);
    };
    let width = high - low;
    if (y >= low && y <= high) || width.is_infinite() {
        return (y, sign);
    }
    let along = (y - low).rem_euclid(2.0 * width);
    if along <= width { (low + along, sign) } else { (high - (along - width), -sign) }
}

/// Gives a vector n components; allocates only if it has not.
fn fit(vector: &mut DVector<f64>, n: usize) {
    if vector.len() != n {
        *vector = DVector::zeros(n);
    }
}

/// The start of a search from x within the bounds: x, moved a little inside.
pub(crate) fn inside(x: &DVector<f64>, bounds: &Bounds) -> DVector<f64> {
    let coordinates = x.iter().zip(bounds.sides());
    let moved = coordinates.map(|(&start, sides)| Coordinate { start, sides }.inside());
    DVector::from_iterator(x.len(), moved)
}

impl<'a> Unbounded<'a> {
    /// A view of the problem from a start within its bounds, or of the problem unchanged without a start. The workspace
    /// may be empty, or that of an earlier view.
    pub fn new(
        problem: &'a dyn Problem,
        start: Option<&'a DVector<f64>>,
        mut workspace: Workspace,
    ) -> Self {
        // The gradient of an earlier view may belong to another search.
        workspace.at.fill(f64::NAN);
        let Structure { sum: terms, least_squares: residuals, .. } = problem.structure();
        let seen = start.zip(problem.bounds());
        let workspace = Mutex::new(workspace);
        let is_bottomless = AtomicBool::new(false);
        Self { problem, terms, residuals, seen, is_bottomless, workspace }
    }

    /// The workspace, for the next view.
    pub fn into_workspace(self) -> Workspace {
        self.workspace.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn coordinates(&self) -> impl Iterator<Item = Coordinate> {
        self.seen.into_iter().flat_map(|(start, bounds)| {
            start.iter().zip(bounds.sides()).map(|(&start, sides)| Coordinate { start, sides })
        })
    }

    /// The coordinates y of the start.
    pub fn enter(&self, start: &DVector<f64>) -> DVector<f64> {
        let mut y = start.clone();
        for (y, coordinate) in y.iter_mut().zip(self.coordinates()) {
            *y /= coordinate.sides.unit();
        }
        y
    }

    /// Writes the point x of coordinates y, within the bounds.
    pub fn leave(&self, y: &DVector<f64>, x: &mut DVector<f64>) {
        x.copy_from(y);
        for (x, coordinate) in x.iter_mut().zip(self.coordinates()) {
            *x = coordinate.at(*x).0;
        }
    }

    /// True where y is x, and so are the derivatives. A whole period away the slope is that of x as well.
    pub fn is_plain(&self, y: &DVector<f64>) -> bool {
        y.iter().zip(self.coordinates()).all(|(y, coordinate)| coordinate.at(*y) == (*y, 1.0))
    }

    /// |dxᵢ/dyᵢ| at y, relative to where x is not bent.
    pub fn slopes(&self, y: &DVector<f64>) -> impl Iterator<Item = f64> {
        y.iter().zip(self.coordinates()).map(|(y, coordinate)| {
            let (_, slope) = coordinate.at(*y);
            slope.abs() / coordinate.sides.unit()
        })
    }

    /// True once a cost was −∞.
    pub fn is_bottomless(&self) -> bool {
        self.is_bottomless.load(Ordering::Relaxed)
    }

    /// The cost, noted when it is −∞.
    fn noted(&self, cost: f64) -> f64 {
        if cost == f64::NEG_INFINITY {
            self.is_bottomless.store(true, Ordering::Relaxed);
        }
        cost
    }

    /// Calls `look` with the point x of coordinates y.
    fn at<T>(&self, y: &DVector<f64>, look: impl FnOnce(&DVector<f64>) -> T) -> T {
        if self.seen.is_none() {
            return look(y);
        }
        let mut x = std::mem::take(&mut self.workspace().x);
        fit(&mut x, y.len());
        self.leave(y, &mut x);
        let seen = look(&x);
        self.workspace().x = x;
        seen
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a gradient in x, so that it need not be evaluated again at the end of the search.
    fn keep(&self, x: &DVector<f64>, gradient: &DVector<f64>) {
        if self.seen.is_some() && gradient.len() == x.len() {
            let mut workspace = self.workspace();
            fit(&mut workspace.at, x.len());
            fit(&mut workspace.gradient, x.len());
            workspace.at.copy_from(x);
            workspace.gradient.copy_from(gradient);
        }
    }

    /// Writes the gradient in x if that was the last one evaluated; false if not.
    pub fn last_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> bool {
        let workspace = self.workspace();
        let is_known = workspace.at == *x;
        if is_known {
            gradient.copy_from(&workspace.gradient);
        }
        is_known
    }

    /// Converts the gradient in x to that in y.
    fn chain(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) {
        for ((g, y), coordinate) in gradient.iter_mut().zip(y).zip(self.coordinates()) {
            *g *= coordinate.at(*y).1;
        }
    }
}

impl Problem for Unbounded<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, y: &DVector<f64>) -> f64 {
        self.noted(self.at(y, |x| self.problem.cost(x)))
    }
    fn gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.at(y, |x| {
            self.problem.gradient(x, gradient);
            self.keep(x, gradient);
        });
        self.chain(y, gradient);
    }
    fn cost_and_gradient(&self, y: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let cost = self.at(y, |x| {
            let cost = self.problem.cost_and_gradient(x, gradient);
            self.keep(x, gradient);
            cost
        });
        self.chain(y, gradient);
        cost
    }
    fn hessian(&self, y: &DVector<f64>) -> Option<Matrix> {
        // Elsewhere the solver takes differences of gradients.
        self.is_plain(y).then(|| self.problem.hessian(y)).flatten()
    }
    fn write_hessian(&self, y: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.is_plain(y) && self.problem.write_hessian(y, hessian)
    }
    fn hessian_product(
        &self,
        y: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        self.is_plain(y) && self.problem.hessian_product(y, v, product)
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds().filter(|_| self.seen.is_none())
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
    fn noise(&self) -> f64 {
        self.problem.noise()
    }
    fn failure(&self) -> Option<String> {
        self.problem.failure()
    }
    fn structure(&self) -> Structure<'_> {
        Structure {
            sum: self.terms.map(|_| self as &dyn FiniteSum),
            least_squares: self.residuals.map(|_| self as &dyn LeastSquares),
            ..Structure::default()
        }
    }
}

/// The residuals of a problem that is a sum of squares, in the same coordinates.
impl LeastSquares for Unbounded<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn residuals(&self) -> usize {
        self.residuals.map_or(0, LeastSquares::residuals)
    }
    fn residual(&self, y: &DVector<f64>, residual: &mut DVector<f64>) {
        if let Some(residuals) = self.residuals {
            self.at(y, |x| residuals.residual(x, residual));
        }
    }
    fn jacobian(&self, y: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let Some(residuals) = self.residuals else { return false };
        let is_given = self.at(y, |x| residuals.jacobian(x, jacobian));
        if is_given && jacobian.columns() == y.len() {
            for (j, (y, coordinate)) in y.iter().zip(self.coordinates()).enumerate() {
                jacobian.scale_column(j, coordinate.at(*y).1);
            }
        }
        is_given
    }
    fn has_jacobian(&self) -> bool {
        self.residuals.is_some_and(LeastSquares::has_jacobian)
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
        self.noted(self.at(y, |x| terms.cost(batch, x)))
    }
    fn gradient(&self, batch: &[usize], y: &DVector<f64>, gradient: &mut DVector<f64>) {
        let Some(terms) = self.terms else { return };
        self.at(y, |x| terms.gradient(batch, x, gradient));
        self.chain(y, gradient);
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        y: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        let Some(terms) = self.terms else { return f64::NAN };
        let cost = self.at(y, |x| terms.cost_and_gradient(batch, x, gradient));
        self.chain(y, gradient);
        cost
    }
}
