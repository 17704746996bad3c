//! How a fit is made: by Gauss and Newton's trust region, to the rounding floor.

use nalgebra::DVector;

use super::prepared::Prepared;
use super::result::{Counts, Scale};
use super::robust::Robust;
use super::task::Task;
use super::{Fit, Loss, end};
use crate::solver::trust_region::{GaussNewtonModel, Tron};
use crate::stop::{max_evaluations, no_progress};
use crate::{
    Bounded, Bounds, Error, LeastSquares, Minimizer, Solution, SumOfSquares, Termination,
    TrustRegion,
};

/// The standard deviation of normal errors in units of the median of their absolute values: 1/Φ⁻¹(3/4).
pub(super) const PER_MEDIAN: f64 = 1.482602218505602;
/// The scale has settled when it changes by no more than this share,
const SETTLED: f64 = 1e-3;
/// or is given up after so many fits.
const PASSES: u32 = 30;

/// The end of the runs of a fit.
pub(super) struct Ended {
    pub z: DVector<f64>,
    pub termination: Termination,
    pub counts: Counts,
    pub scale: Option<Scale>,
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
    let limit = task.max_evaluations;
    let go = |residuals: &dyn LeastSquares, z: DVector<f64>| {
        solve(residuals, bounds.as_ref(), z, limit)
    };
    let start = prepared.part(&task.start);
    let Some((loss, given)) = task.loss else {
        let found = go(prepared, start)?;
        return Ok(Ended::new(found, Counts::default(), None));
    };
    let (mut z, mut counts) = (start, Counts::default());
    let mut scale = Scale { loss, value: given.unwrap_or(0.0), fits: 0, is_settled: true };
    if given.is_none() {
        scale.is_settled = false;
        let found = go(prepared, z)?;
        counts.add(&found);
        z = found.x;
        let mut deviation = spread(prepared, &z, &mut counts);
        while deviation > 0.0 && scale.fits < PASSES && !scale.is_settled {
            let huber = Robust::new(prepared, Loss::Huber, Loss::Huber.tuning() * deviation)?;
            let found = go(&huber, z)?;
            counts.add(&found);
            z = found.x;
            scale.fits += 1;
            let before = std::mem::replace(&mut deviation, spread(prepared, &z, &mut counts));
            scale.is_settled = (deviation - before).abs() <= SETTLED * before;
        }
        scale.value = loss.tuning() * deviation * task.unit;
        if deviation == 0.0 || deviation.is_nan() {
            // More than half of the residuals vanish: there is no scale, and nothing left to fit to them.
            let found = go(prepared, z)?;
            return Ok(Ended::new(found, counts, Some(scale)));
        }
    }
    let robust = Robust::new(prepared, loss, scale.value / task.unit)?;
    let found = go(&robust, z)?;
    Ok(Ended::new(found, counts, Some(scale)))
}

/// One run.
pub(super) fn solve(
    residuals: &dyn LeastSquares,
    bounds: Option<&Bounds>,
    z: DVector<f64>,
    limit: u64,
) -> Result<Solution, Error> {
    // No tolerance of the gradient suits all sums of squares: the run goes on until nothing more is gained.
    let rule = no_progress(1e-15, 31).or(max_evaluations(limit));
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

/// 1.4826 median |rᵢ|.
fn spread(prepared: &Prepared<'_>, z: &DVector<f64>, counts: &mut Counts) -> f64 {
    let mut r = DVector::repeat(prepared.residuals(), f64::NAN);
    prepared.residual(z, &mut r);
    counts.residuals += 1;
    PER_MEDIAN * median_absolute(&prepared.weighty(&r))
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

impl Ended {
    fn new(found: Solution, mut counts: Counts, scale: Option<Scale>) -> Self {
        counts.add(&found);
        Self { z: found.x, termination: found.termination, counts, scale }
    }
}
