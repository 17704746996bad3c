//! What is measured at the end of a fit: whether it has converged, what kind of point it is, and the errors.

use nalgebra::{DMatrix, DVector};

use super::decomposition::Decomposition;
use super::errors::{At, Errors, deviation_under};
use super::prepared::Prepared;
use super::result::{Counts, Freedom, Parts, Scale};
use super::robust::Robust;
use super::rows::scale_rows;
use super::run::{Ended, PER_MEDIAN, median_absolute};
use super::task::{Source, Task};
use super::Covariance;
use crate::stationary::Side;
use crate::{
    Bounded, Classification, Error, LeastSquares, Matrix, Oracle, SumOfSquares, Termination,
    classify,
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
    let Ended { z, termination, mut counts, scale } = ended;
    let verdict = verdict(task, prepared, &scale, &z);
    let held = held(task, prepared, verdict.as_ref(), &z);
    let chosen: Vec<usize> = (0..z.len()).filter(|k| held[*k].is_none()).collect();

    let problem = SumOfSquares::new(prepared);
    let bounds = task.bounds_of(prepared.free());
    let bounded = bounds.map(|bounds| Bounded(&problem, bounds));
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
    let sizes = Sizes::of(task, prepared, &jacobian, &z);
    let offset = seen.as_ref().and_then(Decomposition::offset);
    let termination = seen
        .as_ref()
        .and_then(|seen| converged(task, seen, &sizes, (&residual, &z, &chosen)))
        .unwrap_or(termination);

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
    let evaluations = oracle.evaluations();
    counts += Counts { residuals: evaluations.residual, jacobians: evaluations.jacobian, iterations: 0 };
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
    prepared: &Prepared<'_>,
    scale: &Option<Scale>,
    z: &DVector<f64>,
) -> Option<Classification> {
    let robust = loss_of(scale, task).and_then(|(loss, c)| Robust::new(prepared, loss, c).ok());
    let residuals: &dyn LeastSquares = match &robust {
        Some(robust) => robust,
        None => prepared,
    };
    let problem = SumOfSquares::new(residuals);
    match task.bounds_of(prepared.free()) {
        Some(bounds) => classify(&Bounded(problem, bounds), z).ok(),
        None => classify(&problem, z).ok(),
    }
}

/// At which bounds the free parameters are held, as the verdict has it.
fn held(
    task: &Task<'_>,
    prepared: &Prepared<'_>,
    verdict: Option<&Classification>,
    z: &DVector<f64>,
) -> Vec<Option<Side>> {
    let mut held = vec![None; z.len()];
    match (verdict, task.bounds_of(prepared.free())) {
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

/// How large numbers are that residuals are differences of.
struct Sizes {
    /// |(Σⱼ |Jᵢⱼ zⱼ| + |yᵢ|)ᵢ|.
    data: f64,
    /// |Jⱼ|.
    columns: Vec<f64>,
}

impl Sizes {
    fn of(task: &Task<'_>, prepared: &Prepared<'_>, jacobian: &Matrix, z: &DVector<f64>) -> Self {
        let mut sums = DVector::zeros(jacobian.rows());
        if let Source::Curve { y, .. } = &task.source {
            for (i, (sum, y)) in sums.iter_mut().zip(y).enumerate() {
                *sum = (task.factor(i) * y).abs();
            }
        }
        let mut columns = Vec::with_capacity(prepared.free().len());
        let mut unit = DVector::zeros(z.len());
        let mut column = DVector::zeros(jacobian.rows());
        for k in 0..z.len() {
            unit.fill(0.0);
            unit[k] = 1.0;
            jacobian.times(&unit, &mut column);
            columns.push(column.norm());
            sums.zip_apply(&column, |sum, entry| *sum += (entry * z[k]).abs());
        }
        Self { data: sums.norm(), columns }
    }
}

/// The evidence that the fit has converged.
fn converged(
    task: &Task<'_>,
    seen: &Decomposition,
    sizes: &Sizes,
    (residual, z, chosen): (&DVector<f64>, &DVector<f64>, &[usize]),
) -> Option<Termination> {
    // Where residuals are nearly rounding, the offset is one of errors in them.
    let is_exact = OFFSET * residual.norm() <= f64::EPSILON * sizes.data;
    if is_exact {
        let step = seen.step();
        let length = chosen.iter().zip(&step).map(|(&k, step)| {
            let own = z[k].abs().max(task.start[task.free[k]].abs());
            let size = if own > 0.0 { own } else { sizes.data / sizes.columns[k] };
            if *step == 0.0 { 0.0 } else { step.abs() / size }
        });
        let length = length.fold(0.0, |most: f64, step| if step <= most { most } else { step });
        return (length <= STEP).then_some(Termination::Step { length, tolerance: STEP });
    }
    let offset = seen.offset().filter(|offset| *offset <= OFFSET)?;
    Some(Termination::RelativeOffset { offset, tolerance: OFFSET })
}

/// The standard deviation of a residual: √(|r|²/(m − n)), under a loss 1.4826 median |rᵢ|.
fn deviation(residual: &DVector<f64>, freedom: usize, scale: &Option<Scale>) -> f64 {
    match scale {
        Some(_) => PER_MEDIAN * median_absolute(residual),
        None => residual.norm() / (freedom as f64).sqrt(),
    }
}
