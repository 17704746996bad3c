//! The problem of a formula, moved and rotated.
//!
//! ```text
//! f(x) = formula(z),  z = m + R (x - s),    ∇f(x) = R' ∇formula(z),  ∇²f(x) = R' ∇²formula(z) R
//! ```
//!
//! with the formula's own minimiser m, the minimiser s of f, and R orthogonal: at x = s, z is m to the last bit.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::GlobalFormula;
use super::rotation::random_rotation;
use crate::batches::generator;
use crate::linalg::{axpy, column, dot};
use crate::{AutoDiff, Bounds, DMatrix, DVector, Error, Matrix, Problem};

/// The problem of minimising a [`GlobalFormula`], with its usual box as bounds, and with its minimiser moved and its
/// coordinates rotated on demand.
///
/// The same seeds give the same function, bit for bit. Shift and rotation come from independent numbers, so both may
/// have the same seed. Derivatives are exact (see [`AutoDiff`]). Nothing is allocated after the first call on a thread,
/// except Hessians.
///
/// ```
/// use extremum::functions::global::{GlobalFunction, Griewank};
/// use extremum::{Bounds, Problem};
///
/// let plain = GlobalFunction::new(Griewank::new(10)?)?;
/// let moved = plain.clone().shifted(7, 0.8)?;
/// assert!(moved.minimizer().amax() <= 0.8 * 600.0);
///
/// let inner = Bounds::new(vec![-4.1; 10], vec![4.1; 10])?;
/// let free = plain.shifted_within(7, &inner)?.rotated(7).without_bounds();
/// assert!(free.minimizer().amax() <= 4.1 && free.bounds().is_none());
/// assert_eq!(free.cost(free.minimizer()), free.minimum());
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone)]
pub struct GlobalFunction {
    name: &'static str,
    formula: Arc<dyn Problem + Send>,
    /// m.
    original_minimizer: DVector<f64>,
    minimum: f64,
    usual_bounds: Bounds,
    bounds: Option<Bounds>,
    /// s.
    minimizer: DVector<f64>,
    /// R.
    rotation: Option<DMatrix<f64>>,
    /// False while z is x.
    transformed: bool,
}

impl GlobalFunction {
    /// The formula as it is, with its usual box as bounds.
    ///
    /// # Errors
    /// [`Error::Dimension`] when the minimiser has another dimension than the formula; [`Error::Bounds`] when the box is
    /// not valid.
    pub fn new<F: GlobalFormula + Send + 'static>(formula: F) -> Result<Self, Error> {
        let (n, minimizer) = (formula.dimension(), formula.minimizer());
        check_dimension("the minimizer", n, minimizer.len())?;
        let [lower, upper] = formula.interval();
        let usual_bounds = Bounds::new(vec![lower; n], vec![upper; n])?;
        Ok(Self {
            name: formula.name(),
            original_minimizer: minimizer.clone(),
            minimum: formula.minimum(),
            bounds: Some(usual_bounds.clone()),
            usual_bounds,
            minimizer,
            rotation: None,
            transformed: false,
            formula: Arc::new(AutoDiff(formula)),
        })
    }

    /// Moves the minimiser to a point drawn uniformly from the usual box shrunk to `fraction` of its width about its
    /// centre. The bounds stay where they are.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `fraction` is not in [0, 1].
    pub fn shifted(self, seed: u64, fraction: f64) -> Result<Self, Error> {
        let in_range = (0.0..=1.0).contains(&fraction);
        crate::error::check(in_range, "fraction", fraction, "from 0 to 1")?;
        let (lower, upper) = (self.usual_bounds.lower(), self.usual_bounds.upper());
        let center = (lower + upper) / 2.0;
        let half_width = (upper - lower) * (fraction / 2.0);
        let (lower, upper) = (&center - &half_width, center + half_width);
        Ok(self.shifted_between(seed, &lower, &upper))
    }

    /// Moves the minimiser to a point drawn uniformly from `region`. The bounds stay where they are.
    ///
    /// # Errors
    /// [`Error::Dimension`] when `region` has another dimension; [`Error::Parameter`] when it is infinite.
    pub fn shifted_within(self, seed: u64, region: &Bounds) -> Result<Self, Error> {
        check_dimension("the region", self.dimension(), region.dimension())?;
        for &corner in region.lower().iter().chain(region.upper().iter()) {
            crate::error::check(corner.is_finite(), "region", corner, "finite on every side")?;
        }
        Ok(self.shifted_between(seed, region.lower(), region.upper()))
    }

    fn shifted_between(mut self, seed: u64, lower: &DVector<f64>, upper: &DVector<f64>) -> Self {
        let mut random = generator(seed, SHIFT_STREAM);
        self.minimizer = lower.zip_map(upper, |lower, upper| {
            let u = random.unit();
            (1.0 - u) * lower + u * upper
        });
        self.transformed = true;
        self
    }

    /// Rotates the coordinates about the minimiser by a random orthogonal matrix, uniform over all of them (the Haar
    /// measure); a second rotation replaces the first. O(n³), and an evaluation costs n² more.
    pub fn rotated(mut self, seed: u64) -> Self {
        let mut random = generator(seed, ROTATION_STREAM);
        self.rotation = Some(random_rotation(self.dimension(), &mut random));
        self.transformed = true;
        self
    }

    /// Sets the bounds. The known minimum and minimiser remain those over all of ℝⁿ.
    ///
    /// # Errors
    /// As [`Bounds::new`], and [`Error::Dimension`] when the corners have another dimension than the function.
    pub fn with_bounds(
        mut self,
        lower: impl Into<Vec<f64>>,
        upper: impl Into<Vec<f64>>,
    ) -> Result<Self, Error> {
        let bounds = Bounds::new(lower, upper)?;
        check_dimension("the box", self.dimension(), bounds.dimension())?;
        self.bounds = Some(bounds);
        Ok(self)
    }

    /// Removes the bounds.
    pub fn without_bounds(mut self) -> Self {
        self.bounds = None;
        self
    }

    /// The name of the formula, lower case with hyphens.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The lowest value f*.
    pub fn minimum(&self) -> f64 {
        self.minimum
    }

    /// A point where it is attained.
    pub fn minimizer(&self) -> &DVector<f64> {
        &self.minimizer
    }

    /// The box in which the formula is usually minimised, whatever the bounds are now.
    pub fn usual_bounds(&self) -> &Bounds {
        &self.usual_bounds
    }

    /// Calls `run` with z, in a buffer that it may overwrite.
    fn at_original<T>(&self, x: &DVector<f64>, run: impl FnOnce(&mut DVector<f64>) -> T) -> T {
        with_buffer(self.dimension(), |z| {
            let (x, s) = (x.as_slice(), self.minimizer.as_slice());
            z.copy_from(&self.original_minimizer);
            match &self.rotation {
                Some(rotation) => {
                    for (j, (x, s)) in x.iter().zip(s).enumerate() {
                        axpy(x - s, column(rotation, j), z.as_mut_slice());
                    }
                }
                None => {
                    for ((z, x), s) in z.as_mut_slice().iter_mut().zip(x).zip(s) {
                        *z += x - s;
                    }
                }
            }
            run(z)
        })
    }

    /// v ← R' v, with a buffer for the old one.
    fn rotate_back(&self, v: &mut DVector<f64>, old: &mut DVector<f64>) {
        if let Some(rotation) = &self.rotation {
            old.copy_from(v);
            for (j, entry) in v.iter_mut().enumerate() {
                *entry = dot(column(rotation, j), old.as_slice());
            }
        }
    }
}

impl Problem for GlobalFunction {
    fn dimension(&self) -> usize {
        self.original_minimizer.len()
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        if !self.transformed {
            return self.formula.cost(x);
        }
        self.at_original(x, |z| self.formula.cost(z))
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(x, gradient);
    }

    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        if !self.transformed {
            return self.formula.cost_and_gradient(x, gradient);
        }
        self.at_original(x, |z| {
            let cost = self.formula.cost_and_gradient(z, gradient);
            self.rotate_back(gradient, z);
            cost
        })
    }

    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        if !self.transformed {
            return self.formula.hessian(x);
        }
        let hessian = self.at_original(x, |z| self.formula.hessian(z))?;
        let Some(rotation) = &self.rotation else { return Some(hessian) };
        let mut dense = DMatrix::zeros(self.dimension(), self.dimension());
        hessian.write_to(&mut dense);
        Some((rotation.tr_mul(&dense) * rotation).into())
    }

    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        if !self.transformed {
            return self.formula.hessian_product(x, v, product);
        }
        self.at_original(x, |z| {
            let Some(rotation) = &self.rotation else {
                return self.formula.hessian_product(z, v, product);
            };
            let given = with_buffer(v.len(), |rotated| {
                rotated.fill(0.0);
                for (j, &v) in v.iter().enumerate() {
                    axpy(v, column(rotation, j), rotated.as_mut_slice());
                }
                self.formula.hessian_product(z, rotated, product)
            });
            self.rotate_back(product, z);
            given
        })
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}

impl fmt::Debug for GlobalFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalFunction")
            .field("name", &self.name)
            .field("dimension", &self.dimension())
            .field("minimum", &self.minimum)
            .field("bounds", &self.bounds)
            .field("transformed", &self.transformed)
            .finish_non_exhaustive()
    }
}

/// The streams of a seed that shifts and rotations are drawn from.
const SHIFT_STREAM: u64 = 0;
const ROTATION_STREAM: u64 = 1;

fn check_dimension(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::Dimension { what, expected, actual }) }
}

thread_local! {
    /// Buffers of this thread that are not in use.
    static POOL: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `run` with a vector of n arbitrary numbers. While the thread is torn down the pool no longer exists, and the
/// buffer is a new one.
fn with_buffer<T>(n: usize, run: impl FnOnce(&mut DVector<f64>) -> T) -> T {
    let pooled = POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten();
    let mut buffer = pooled.unwrap_or_default();
    buffer.resize(n, 0.0);
    let mut vector = DVector::from_vec(buffer);
    let result = run(&mut vector);
    // Without a pool there is nothing to keep the buffer in.
    let _ = POOL.try_with(|pool| pool.borrow_mut().push(vector.data.into()));
    result
}
