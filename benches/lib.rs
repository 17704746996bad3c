//! One problem object for three libraries: [`Shared`] is an extremum problem, an argmin problem on `Vec<f64>` and a
//! basin problem on `DVector<f64>`, and counts and times its evaluations for each of them.

use std::convert::Infallible;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use extremum::argmin::ToArgmin;
use extremum::{DVector, Problem};

pub mod libraries;
pub mod measure;
pub mod report;

/// The data sets of NIST with their models and fits, as the example `nist` has them.
#[cfg(feature = "constrained-peers")]
#[path = "../examples/nist/models.rs"]
pub mod nist;
/// Files of problems with constraints, as the example `solve` reads them.
#[cfg(feature = "constrained-peers")]
#[path = "../examples/solve/file.rs"]
pub mod problems;

/// A problem that counts its evaluations and, where that does not distort the figures, times them.
pub struct Shared<'a> {
    problem: &'a dyn Problem,
    clock: bool,
    tolerance: f64,
    target: f64,
    reached: OnceLock<(u64, u64)>,
    costs: AtomicU64,
    gradients: AtomicU64,
    nanoseconds: AtomicU64,
}

impl<'a> Shared<'a> {
    /// Counts the evaluations of `problem`; `clock` times them as well.
    pub fn new(problem: &'a dyn Problem, clock: bool) -> Self {
        let zero = || AtomicU64::new(0);
        let reached = OnceLock::new();
        let (costs, gradients, nanoseconds) = (zero(), zero(), zero());
        let (tolerance, target) = (f64::NAN, f64::NAN);
        Self { problem, clock, tolerance, target, reached, costs, gradients, nanoseconds }
    }

    /// Counts the evaluations of `problem` and watches for a gradient of maximum norm `tolerance`.
    pub fn watching(problem: &'a dyn Problem, tolerance: f64) -> Self {
        Self { tolerance, ..Self::new(problem, false) }
    }

    /// Counts the evaluations of `problem` and watches for a cost of at most `target`.
    pub fn watching_cost(problem: &'a dyn Problem, target: f64) -> Self {
        Self { target, ..Self::new(problem, false) }
    }

    /// The numbers of costs and gradients when a gradient was first within the tolerance, or a cost at the target.
    pub fn evaluations_to_tolerance(&self) -> Option<(u64, u64)> {
        self.reached.get().copied()
    }

    fn watch(&self, gradient: &[f64]) {
        let within = |g: &f64| g.abs() <= self.tolerance;
        if !self.tolerance.is_nan() && gradient.iter().all(within) {
            self.reached.get_or_init(|| self.evaluations());
        }
    }

    fn watch_cost(&self, cost: f64) {
        if cost <= self.target {
            self.reached.get_or_init(|| self.evaluations());
        }
    }

    /// The numbers of costs and gradients so far.
    pub fn evaluations(&self) -> (u64, u64) {
        (self.costs.load(Relaxed), self.gradients.load(Relaxed))
    }

    /// The time spent in evaluations.
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Relaxed))
    }

    fn keep<T>(&self, costs: u64, gradients: u64, call: impl FnOnce() -> T) -> T {
        self.costs.fetch_add(costs, Relaxed);
        self.gradients.fetch_add(gradients, Relaxed);
        if !self.clock {
            return call();
        }
        let clock = Instant::now();
        let result = call();
        self.nanoseconds.fetch_add(clock.elapsed().as_nanos() as u64, Relaxed);
        result
    }
}

impl Problem for Shared<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        let cost = self.keep(1, 0, || self.problem.cost(x));
        self.watch_cost(cost);
        cost
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.keep(0, 1, || self.problem.gradient(x, gradient));
        self.watch(gradient.as_slice());
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let cost = self.keep(1, 1, || self.problem.cost_and_gradient(x, gradient));
        self.watch(gradient.as_slice());
        self.watch_cost(cost);
        cost
    }
}

/// The problem for basin's solvers, with gradients in place.
#[derive(Clone, Copy)]
pub struct ForBasin<'a>(pub &'a Shared<'a>);

impl basin::CostFunction for ForBasin<'_> {
    type Param = DVector<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &DVector<f64>) -> Result<f64, Infallible> {
        Ok(Problem::cost(self.0, x))
    }
}

impl basin::Gradient for ForBasin<'_> {
    type Gradient = DVector<f64>;

    fn gradient(&self, x: &DVector<f64>) -> Result<DVector<f64>, Infallible> {
        let mut gradient = DVector::zeros(x.len());
        Problem::gradient(self.0, x, &mut gradient);
        Ok(gradient)
    }
    fn gradient_into(
        &self,
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<(), Infallible> {
        Problem::gradient(self.0, x, gradient);
        Ok(())
    }
    fn cost_and_gradient(&self, x: &DVector<f64>) -> Result<(f64, DVector<f64>), Infallible> {
        let mut gradient = DVector::zeros(x.len());
        let cost = Problem::cost_and_gradient(self.0, x, &mut gradient);
        Ok((cost, gradient))
    }
    fn cost_and_gradient_into(
        &self,
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> Result<f64, Infallible> {
        Ok(Problem::cost_and_gradient(self.0, x, gradient))
    }
}

/// The problem within a box, for basin's populations.
pub struct ForBasinWithin<'a> {
    /// The problem.
    pub shared: &'a Shared<'a>,
    /// The corners of the box.
    pub lower: DVector<f64>,
    /// The upper one.
    pub upper: DVector<f64>,
}

impl basin::Constraints for ForBasinWithin<'_> {
    type Set = basin::ConstraintSet<basin::BoxBounds<DVector<f64>>>;

    fn constraints(&self) -> <Self::Set as basin::ConstraintDescription>::Borrowed<'_> {
        let bounds = basin::BoxBounds::new(Some(&self.lower), Some(&self.upper));
        basin::ConstraintSet::new().with_bounds(bounds)
    }
}

impl basin::CostFunction for ForBasinWithin<'_> {
    type Param = DVector<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &DVector<f64>) -> Result<f64, Infallible> {
        Ok(Problem::cost(self.shared, x))
    }
}

/// More evaluations than any run here needs. argmin's Moré and Thuente search has no limit of its own, and does not end on
/// Brown and Dennis's function.
const LIMIT: u64 = 40_000;

/// The problem for argmin's solvers, on `Vec<f64>`. Copies between the two vector types are not argmin's work: they count as
/// evaluation time.
pub struct ForArgmin<'a> {
    shared: &'a Shared<'a>,
    bridge: ToArgmin<&'a dyn Problem>,
}

impl<'a> ForArgmin<'a> {
    /// Wraps the problem.
    pub fn new(shared: &'a Shared<'a>) -> Self {
        let bridge = ToArgmin::new(shared.problem).expect("it has no bounds");
        Self { shared, bridge }
    }
}

impl argmin::core::CostFunction for ForArgmin<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        if self.shared.evaluations().0 >= LIMIT {
            return Err(argmin::core::Error::msg("too many evaluations"));
        }
        let cost = self.shared.keep(1, 0, || self.bridge.cost(x))?;
        self.shared.watch_cost(cost);
        Ok(cost)
    }
}

impl argmin::core::Gradient for ForArgmin<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        let gradient = self.shared.keep(0, 1, || self.bridge.gradient(x))?;
        self.shared.watch(&gradient);
        Ok(gradient)
    }
}
