//! Problems from closures.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;

use super::{Bounds, Matrix, Problem};

type Cost<'a> = dyn Fn(&DVector<f64>) -> f64 + Send + Sync + 'a;
type Gradient<'a> = dyn Fn(&DVector<f64>, &mut DVector<f64>) + Send + Sync + 'a;
type SecondDerivative<'a> = dyn Fn(&DVector<f64>) -> Matrix + Send + Sync + 'a;

/// A problem made of closures by [`from_fn`].
pub struct FromFn<'a> {
    dimension: usize,
    cost: Box<Cost<'a>>,
    gradient: Option<Box<Gradient<'a>>>,
    hessian: Option<Box<SecondDerivative<'a>>>,
    bounds: Option<Bounds>,
    noise: f64,
}

/// The problem of minimising `cost` over `dimension` variables. Without a
/// [`gradient`](FromFn::with_gradient) the cost is differenced, and these evaluations are counted.
///
/// ```
/// use extremum::{Bfgs, from_fn, minimize};
///
/// let data = [1.0, 2.0, 6.0];
/// let problem = from_fn(2, |x| data.iter().map(|d| (d - x[0]).powi(2)).sum::<f64>() + x[1] * x[1]);
/// let found = minimize(&problem, Bfgs::default(), [0.0, 1.0])?;
/// assert!((found.x[0] - 3.0).abs() < 1e-6); // the mean
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn from_fn<'a>(
    dimension: usize,
    cost: impl Fn(&DVector<f64>) -> f64 + Send + Sync + 'a,
) -> FromFn<'a> {
    let (gradient, hessian, bounds) = (None, None, None);
    FromFn { dimension, cost: Box::new(cost), gradient, hessian, bounds, noise: f64::EPSILON }
}

/// [`from_fn`] for a cost that changes what it has captured, such as a counter or a workspace. Threads take turns.
///
/// ```
/// use extremum::{NelderMead, from_fn_mut, minimize};
/// let mut calls = 0;
/// let problem = from_fn_mut(1, |x| {
///     calls += 1;
///     (x[0] - 2.0).powi(2)
/// });
/// let found = minimize(&problem, NelderMead::default().scale(1.0), [0.0])?;
/// drop(problem);
/// assert_eq!(calls, found.evaluations.cost);
/// # Ok::<(), extremum::Error>(())
/// ```
pub fn from_fn_mut<'a>(
    dimension: usize,
    cost: impl FnMut(&DVector<f64>) -> f64 + Send + 'a,
) -> FromFn<'a> {
    let cost = Mutex::new(cost);
    from_fn(dimension, move |x| (cost.lock().unwrap_or_else(PoisonError::into_inner))(x))
}

impl<'a> FromFn<'a> {
    /// Adds a closure that writes the gradient at its first argument into its second.
    pub fn with_gradient(
        mut self,
        gradient: impl Fn(&DVector<f64>, &mut DVector<f64>) + Send + Sync + 'a,
    ) -> Self {
        self.gradient = Some(Box::new(gradient));
        self
    }

    /// Adds a closure that returns the Hessian, a `DMatrix` or a `CscMatrix`.
    pub fn with_hessian<H: Into<Matrix>>(
        mut self,
        hessian: impl Fn(&DVector<f64>) -> H + Send + Sync + 'a,
    ) -> Self {
        self.hessian = Some(Box::new(move |x| hessian(x).into()));
        self
    }

    /// Adds bounds.
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = Some(bounds);
        self
    }

    /// Sets the relative accuracy of the cost, which determines the steps of differences: s √noise forward and
    /// s noise^(1/3) central, where s is the scale of the variable. Use 1e-6 for a simulation that is accurate to six
    /// digits, and h² for forward steps of h s. Default: that of `f64`, 2.2e-16. Range: up to 0.1; smaller values than
    /// the default mean the default.
    ///
    /// ```
    /// use extremum::{Bfgs, from_fn, minimize};
    /// // Printed with seven digits, as by another program.
    /// let cost = |a: f64, b: f64| 1.0 + (a - 3.0).powi(2) + (b - a).powi(2);
    /// let rounded = move |a, b| format!("{:.6e}", cost(a, b)).parse().unwrap_or(f64::NAN);
    /// let problem = from_fn(2, move |x| rounded(x[0], x[1])).with_noise(1e-6);
    /// let found = minimize(&problem, Bfgs::default(), [1.0, 2.0])?;
    /// assert!((found.x[0] - 3.0).abs() < 0.01 && (found.x[1] - 3.0).abs() < 0.01);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn with_noise(mut self, noise: f64) -> Self {
        self.noise = noise;
        self
    }
}

impl Problem for FromFn<'_> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        (self.cost)(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        match &self.gradient {
            Some(write) => write(x, gradient),
            None => gradient.fill(f64::NAN),
        }
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.hessian.as_ref().map(|hessian| hessian(x))
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
    fn has_gradient(&self) -> bool {
        self.gradient.is_some()
    }
    fn noise(&self) -> f64 {
        self.noise
    }
}

impl fmt::Debug for FromFn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn")
            .field("dimension", &self.dimension)
            .field("gradient", &self.gradient.is_some())
            .field("hessian", &self.hessian.is_some())
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
