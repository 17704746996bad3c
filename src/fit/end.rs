//! What is measured at the end of a fit: whether it has converged, what kind of point it is, and the errors.

use nalgebra::{DMatrix, DVector};

use super::Covariance;
use super::central::Central;
use super::decomposition::Decomposition;
use super::errors::{At, Errors, deviation_under};
use super::prepared::Prepared;
use super::result::{Freedom, Parts, Scale};
use super::robust::Robust;
use super::rows::scale_rows;
use super::run::{Ended, PER_MEDIAN, median_absolute};
use super::sizes::Sizes;
use super::task::Task;
use crate::line_search::FailureReason;
use crate::stationary::Side;
use crate::{
    Bounded, Bounds, Classification, Error, LeastSquares, Matrix, Oracle, Stall, SumOfSquares,
    Termination, classify,
};

/// The relative offset at which a fit has converged: a millionth of a standard error.
const OFFSET: f64 = 1e-6;
/// The Gauss-Newton step, relative to the parameters, at which a fit has converged whose residuals are rounding.
const STEP: f64 = 1e-8;

/// Measures everything.
pub(super) fn measure(
    task: &Task<'_>,
    prepared: &Prepared<'_>,
    ended: Ended,
) -> Result<Parts, Error> {
    let Ended { z, termination, mut counts, scale, steps } = ended;
    let bounds = task.bounds_of(prepared.free());
    let central = steps.map(|steps| Central::new(prepared, bounds.as_ref(), steps));
    let residuals: &dyn LeastSquares = match &central {
        Some(central) => central,
        None => prepared,
    };
    let verdict = verdict(task, residuals, &scale, &z, bounds.as_ref());
    let before = central.as_ref().map_or(0, Central::evaluations);
    let held = held(verdict.as_ref(), &z, bounds.as_ref());
    let chosen: Vec<usize> = (0..z.len()).filter(|k| held[*k].is_none()).collect();

    let problem = SumOfSquares::new(residuals);
    let bounded = bounds.as_ref().map(|bounds| Bounded(&problem, bounds.clone()));
    let mut oracle = match &bounded {
        Some(bounded) => Oracle::new(bounded),
        None => Oracle::new(&problem),
    };
    let mut residual = DVector::zeros(task.source.points());
    let mut jacobian = Matrix::default();
    oracle.residual(&z, &mut residual);
    oracle.jacobian(&z, &residual, &mut jacobian);

    let m = task.weighty();
    let parts = Decomposition::of(&jacobian, &chosen, &residual, m);
    let seen = match loss_of(&scale, task) {
        Some((loss, c)) => {
            let slopes = residual.map(|r| loss.transform(r / c).slope);
            let mut weighted = jacobian.clone();
            scale_rows(&mut weighted, &slopes);
            let transformed = residual.map(|r| c * loss.transform(r / c).value);
            Decomposition::of(&weighted, &chosen, &transformed, m)
        }
        None => parts.clone(),
    };
    let sizes = Sizes::of(task, &jacobian, &z);
    let offset = seen.as_ref().and_then(Decomposition::offset);
    let termination = seen
        .as_ref()
        .and_then(|seen| converged(task, seen, &sizes, (&residual, &z, &chosen)))
        .unwrap_or_else(|| unproved(termination, &jacobian, &residual));

    let rank = parts.as_ref().map_or(chosen.len(), Decomposition::rank);
    let freedom = m.saturating_sub(chosen.len());
    let weighty = prepared.weighty(&residual);
    let deviation = deviation(&weighty, freedom, &scale);
    let error_of_one = if task.is_absolute {
        Some(task.unit.recip())
    } else if freedom == 0 {
        None
    } else {
        match loss_of(&scale, task) {
            Some((loss, c)) => deviation_under(loss, c, &weighty, chosen.len()),
            None => Some(deviation),
        }
    };
    let errors = parts.as_ref().zip(error_of_one).and_then(|(parts, error_of_one)| {
        let at = At { jacobian: &jacobian, chosen: &chosen, residual: &residual, parts };
        let is_sandwich = task.covariance == Covariance::Sandwich;
        let errors = Errors::of(&at, error_of_one, is_sandwich);
        if task.covariance != Covariance::Hessian || rank < chosen.len() {
            return Some(errors);
        }
        let n = z.len();
        let mut gradient = DVector::zeros(n);
        jacobian.transpose_times(&residual, &mut gradient);
        let mut hessian = DMatrix::zeros(n, n);
        let cost = 0.5 * residual.norm_squared();
        let accuracy = oracle.hessian(&z, (cost, &gradient), &mut hessian);
        let part = hessian.select_rows(&chosen).select_columns(&chosen);
        Errors::by_hessian(&part, accuracy, errors.leverages, error_of_one)
    });
    match &central {
        Some(central) => counts.residuals += central.evaluations() - before,
        None => {
            counts.residuals += oracle.evaluations().residual;
            counts.jacobians += oracle.evaluations().jacobian;
        }
    }
    Ok(Parts {
        parameters: prepared.whole(&z),
        free: prepared.free().to_vec(),
        held,
        chosen,
        residual,
        parts,
        errors,
        freedom: Freedom { data: m, left: freedom },
        deviation,
        offset,
        termination,
        verdict,
        counts,
        scale,
    })
}

/// The loss with its scale in the units of the solver, when there is one.
fn loss_of(scale: &Option<Scale>, task: &Task<'_>) -> Option<(super::Loss, f64)> {
    scale.as_ref().map(|s| (s.loss, s.value / task.unit)).filter(|(_, c)| *c > 0.0)
}

/// The kind of point, by the problem that was solved.
fn verdict(
    task: &Task<'_>,
    residuals: &dyn LeastSquares,
    scale: &Option<Scale>,
    z: &DVector<f64>,
    bounds: Option<&Bounds>,
) -> Option<Classification> {
    let robust = loss_of(scale, task).and_then(|(loss, c)| Robust::new(residuals, loss, c).ok());
    let residuals: &dyn LeastSquares = match &robust {
        Some(robust) => robust,
        None => residuals,
    };
    let problem = SumOfSquares::new(residuals);
    match bounds {
        Some(bounds) => classify(&Bounded(problem, bounds.clone()), z).ok(),
        None => classify(&problem, z).ok(),
    }
}

/// At which bounds the free parameters are held, as the verdict has it.
fn held(
    verdict: Option<&Classification>,
    z: &DVector<f64>,
    bounds: Option<&Bounds>,
) -> Vec<Option<Side>> {
    let mut held = vec![None; z.len()];
    match (verdict, bounds) {
        (Some(verdict), _) => {
            for bound in &verdict.active {
                held[bound.index] = Some(bound.side);
            }
        }
        (None, Some(bounds)) => {
            for (k, side) in held.iter_mut().enumerate() {
                *side = match z[k] {
                    z if z == bounds.lower()[k] => Some(Side::Lower),
                    z if z == bounds.upper()[k] => Some(Side::Upper),
                    _ => None,
                };
            }
        }
        (None, None) => {}
    }
    held
}

/// The evidence that the fit has converged.
fn converged(
    task: &Task<'_>,
    seen: &Decomposition,
    sizes: &Sizes,
    (residual, z, chosen): (&DVector<f64>, &DVector<f64>, &[usize]),
) -> Option<Termination> {
    // Where the model does not change with a parameter, nothing says where that should be.
    if chosen.iter().any(|&k| sizes.columns[k] == 0.0) {
        return None;
    }
    // Where residuals are nearly rounding, the offset is one of errors in them.
    let is_exact = OFFSET * residual.norm() <= f64::EPSILON * sizes.rounded;
    if is_exact {
        let step = seen.step();
        let length = chosen.iter().zip(&step).map(|(&k, step)| {
            let j = task.free[k];
            let own = z[k].abs().max((task.start[j] / task.units[j]).abs());
            let size = if own > 0.0 { own } else { sizes.rounded / sizes.columns[k] };
            if *step == 0.0 { 0.0 } else { step.abs() / size }
        });
        let length = length.fold(0.0, |most: f64, step| if step <= most { most } else { step });
        return (length <= STEP).then_some(Termination::Step { length, tolerance: STEP });
    }
    let offset = seen.offset().filter(|offset| *offset <= OFFSET)?;
    Some(Termination::RelativeOffset { offset, tolerance: OFFSET })
}

/// The end of a run whose claim to have converged, by a gradient of zeros, the test of the fit does not bear out.
fn unproved(termination: Termination, jacobian: &Matrix, residual: &DVector<f64>) -> Termination {
    if !termination.is_converged() {
        return termination;
    }
    let mut gradient = DVector::zeros(jacobian.columns());
    jacobian.transpose_times(residual, &mut gradient);
    let reason = Stall::LineSearch(FailureReason::Rounding);
    Termination::Stalled { reason, gradient_norm: Some(gradient.amax()) }
}

/// The standard deviation of a residual: √(|r|²/(m − n)), under a loss 1.4826 median |rᵢ|.
fn deviation(residual: &DVector<f64>, freedom: usize, scale: &Option<Scale>) -> f64 {
    match scale {
        Some(_) => PER_MEDIAN * median_absolute(residual),
        None => residual.norm() / (freedom as f64).sqrt(),
    }
}
