//! How a fit is made: by Gauss and Newton's trust region, to the rounding floor.

use nalgebra::DVector;

use super::central::{Central, polish};
use super::prepared::Prepared;
use super::result::{Counts, Scale};
use super::robust::Robust;
use super::sizes::Sizes;
use super::task::Task;
use super::{Fit, Loss, end};
use crate::solver::trust_region::{GaussNewtonModel, Tron};
use crate::stop::{max_evaluations, no_progress};
use crate::{
    Bounded, Bounds, Error, LeastSquares, Matrix, Minimizer, Oracle, Solution, Stop, SumOfSquares,
    Termination, TrustRegion,
};

/// The standard deviation of normal errors in units of the median of their absolute values: 1/Φ⁻¹(3/4).
pub(super) const PER_MEDIAN: f64 = 1.482602218505602;
/// The scale has settled when it changes by no more than this share,
const SETTLED: f64 = 1e-3;
/// or is given up after so many fits.
const PASSES: u32 = 30;
/// A scale is at least this share of the data.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The end of the runs of a fit.
pub(super) struct Ended {
    pub z: DVector<f64>,
    pub termination: Termination,
    pub counts: Counts,
    pub scale: Option<Scale>,
    /// The sizes of the parameters for central differences, where derivatives are differenced.
    pub steps: Option<DVector<f64>>,
}

/// Makes the fit.
pub(super) fn run(task: Task<'_>) -> Result<Fit<'_>, Error> {
    let (start, free) = (task.start.clone(), task.free.clone());
    let parts = task.with_prepared(&start, free, |prepared| {
        let ended = minimise(&task, &prepared)?;
        end::measure(&task, &prepared, ended)
    })?;
    Ok(Fit::new(task, parts))
}

fn minimise(task: &Task<'_>, prepared: &Prepared<'_>) -> Result<Ended, Error> {
    let bounds = task.bounds_of(&task.free);
    let mut runs = Runs { task, prepared, bounds, counts: Counts::default(), steps: None };
    let start = prepared.part(&task.start);
    let Some((loss, given)) = task.loss else {
        let found = runs.go(prepared, start)?;
        return Ok(runs.ended(found, None));
    };
    let mut scale = Scale { loss, value: given.unwrap_or(0.0), fits: 0, is_settled: true };
    let mut z = start;
    if given.is_none() {
        scale.is_settled = false;
        z = runs.go(prepared, z)?.x;
        // Residuals below that are rounding, and no scale.
        let floor = ROUNDING * task.size() / task.unit;
        let mut deviation = runs.spread(&z).max(floor);
        scale.is_settled = deviation == floor;
        while scale.fits < PASSES && !scale.is_settled {
            let huber = Robust::new(prepared, Loss::Huber, Loss::Huber.tuning() * deviation)?;
            z = runs.go(&huber, z)?.x;
            scale.fits += 1;
            let before = std::mem::replace(&mut deviation, runs.spread(&z).max(floor));
            let is_level = (deviation - before).abs() <= SETTLED * before;
            scale.is_settled = is_level || deviation == floor;
        }
        scale.value = loss.tuning() * deviation * task.unit;
        if deviation == 0.0 {
            // All data are 0, and so is the fit.
            let found = runs.go(prepared, z)?;
            return Ok(runs.ended(found, Some(scale)));
        }
    }
    let robust = Robust::new(prepared, loss, scale.value / task.unit)?;
    let found = runs.go(&robust, z)?;
    Ok(runs.ended(found, Some(scale)))
}

/// The runs of a fit.
struct Runs<'r, 'p> {
    task: &'r Task<'r>,
    prepared: &'r Prepared<'p>,
    bounds: Option<Bounds>,
    counts: Counts,
    steps: Option<DVector<f64>>,
}

impl Runs<'_, '_> {
    /// One run, to the rounding floor. Without derivatives it goes as far as forward differences lead, and from there
    /// by Gauss and Newton's steps with accurate ones.
    fn go(&mut self, residuals: &dyn LeastSquares, z: DVector<f64>) -> Result<Solution, Error> {
        let limit = self.task.max_evaluations;
        let rule = to_the_floor().or(max_evaluations(limit));
        let mut found = solve(residuals, self.bounds.as_ref(), z, rule)?;
        self.counts.add(&found);
        if !residuals.has_jacobian() && !found.termination.is_limit() {
            let left = limit.saturating_sub(found.evaluations.residual);
            let steps = self.steps(&found.x);
            let central = Central::new(residuals, self.bounds.as_ref(), steps.clone());
            let (polished, taken) = polish(&central, found.x, self.bounds.as_ref(), left);
            self.counts.residuals += central.evaluations();
            self.counts.iterations += taken;
            found.x = polished;
            self.steps = Some(steps);
        }
        Ok(found)
    }

    /// The sizes of the parameters for central differences, by forward ones.
    fn steps(&mut self, z: &DVector<f64>) -> DVector<f64> {
        let problem = SumOfSquares::new(self.prepared);
        let bounded = self.bounds.as_ref().map(|bounds| Bounded(&problem, bounds.clone()));
        let mut oracle = match &bounded {
            Some(bounded) => Oracle::new(bounded),
            None => Oracle::new(&problem),
        };
        let mut residual = DVector::zeros(self.prepared.residuals());
        let mut jacobian = Matrix::default();
        oracle.residual(z, &mut residual);
        oracle.jacobian(z, &residual, &mut jacobian);
        self.counts.residuals += oracle.evaluations().residual;
        Sizes::of(self.task, &jacobian, z).of_parameters(self.task, z)
    }

    /// 1.4826 median |rᵢ|.
    fn spread(&mut self, z: &DVector<f64>) -> f64 {
        let mut r = DVector::repeat(self.prepared.residuals(), f64::NAN);
        self.prepared.residual(z, &mut r);
        self.counts.residuals += 1;
        PER_MEDIAN * median_absolute(&self.prepared.weighty(&r))
    }

    fn ended(self, found: Solution, scale: Option<Scale>) -> Ended {
        let Solution { x, termination, .. } = found;
        Ended { z: x, termination, counts: self.counts, scale, steps: self.steps }
    }
}

/// No tolerance of the gradient suits all sums of squares: a run goes on until nothing more is gained.
pub(super) fn to_the_floor() -> Stop {
    no_progress(1e-15, 31)
}

/// One run.
pub(super) fn solve(
    residuals: &dyn LeastSquares,
    bounds: Option<&Bounds>,
    z: DVector<f64>,
    rule: Stop,
) -> Result<Solution, Error> {
    let problem = SumOfSquares::new(residuals);
    match bounds {
        None => Minimizer::new(&problem, TrustRegion::gauss_newton(), z).stop_when(rule).run(),
        Some(bounds) => {
            let bounded = Bounded(problem, bounds.clone());
            let solver = TrustRegion::new(GaussNewtonModel, Tron);
            Minimizer::new(&bounded, solver, z).stop_when(rule).run()
        }
    }
}

/// The median of the absolute values, the mean of the middle two where their number is even.
pub(super) fn median_absolute(r: &DVector<f64>) -> f64 {
    let mut sizes: Vec<f64> = r.iter().map(|r| r.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    match sizes.len() {
        0 => f64::NAN,
        m if m % 2 == 1 => sizes[m / 2],
        m => 0.5 * sizes[m / 2 - 1] + 0.5 * sizes[m / 2],
    }
}
