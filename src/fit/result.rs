//! What a fit found.

use std::ops::AddAssign;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::Loss;
use super::decomposition::Decomposition;
use super::errors::Errors;
use super::task::{Source, Task};
use crate::stationary::Side;
use crate::{Classification, Solution, Termination};

/// What a fit found: the parameters with their errors, why it ended, and what kind of point it is. Printed, it is a
/// table.
///
/// Made by [`Fitting::run`](super::Fitting::run).
pub struct Fit<'a> {
    /// The parameters, in the order of the start.
    pub parameters: Vec<Parameter>,
    /// Why it ended. A fit has converged when the relative offset of Bates and Watts is at most 1e-6 at the end
    /// ([`RelativeOffset`](Termination::RelativeOffset)), whatever the run said that led there; where the residuals are
    /// nothing but rounding, when the Gauss-Newton step is at most 1e-8 of each parameter
    /// ([`Step`](Termination::Step)).
    pub termination: Termination,
    /// What kind of point it is, by the eigenvalues of the Hessian of ½ Σ rᵢ²/σᵢ² for the parameters that are not
    /// fixed; `None` where that cannot be evaluated.
    pub verdict: Option<Classification>,
    /// The Gauss-Newton step in units of the standard errors; `None` without a degree of freedom.
    pub relative_offset: Option<f64>,
    /// How many data count, less the number of parameters with errors.
    pub degrees_of_freedom: usize,
    /// Σ rᵢ²/σᵢ², also with a loss.
    pub sum_of_squares: f64,
    /// √(Σ rᵢ²/σᵢ² / degrees of freedom), the estimate of the standard deviation of rᵢ/σᵢ; with a loss 1.4826 median
    /// |rᵢ/σᵢ|. NaN without a degree of freedom.
    pub residual_standard_deviation: f64,
    /// 1 − Σ rᵢ²/σᵢ² / Σ (yᵢ − ȳ)²/σᵢ² with the weighted mean ȳ, of models with data; `None` where all yᵢ are equal.
    pub r_squared: Option<f64>,
    /// The largest singular value of the Jacobian with columns of length 1 by the smallest.
    pub condition: f64,
    /// The loss and its scale.
    pub scale: Option<Scale>,
    /// Evaluations of the residuals and of their Jacobian, and iterations, in all runs of the fit and for the errors.
    /// The verdict takes more evaluations, which are not counted.
    pub counts: Counts,
    pub(super) task: Task<'a>,
    pub(super) parts: Parts,
}

/// A parameter of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error: infinite where the data do not tell the parameter. `None` where there is none, because the
    /// parameter is not free or no degree of freedom is left.
    pub standard_error: Option<f64>,
    /// The ends of its confidence interval, value ± t · standard error.
    pub interval: Option<[f64; 2]>,
    /// What the fit could do with it.
    pub status: Status,
}

/// What a fit could do with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It was fitted.
    Fitted,
    /// It was fitted, but the data do not tell it: other values, together with others of the parameters that are not
    /// told either, fit as well.
    NotTold,
    /// It was fixed.
    Fixed,
    /// It is at its lower bound.
    AtLowerBound,
    /// It is at its upper bound.
    AtUpperBound,
}

/// The loss of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scale {
    /// The loss.
    pub loss: Loss,
    /// Its scale c, in the unit of rᵢ/σᵢ; at least 16 ε k of the largest datum, where most residuals are rounding.
    pub value: f64,
    /// With how many fits by Huber's loss it was found; 0 when it was given.
    pub fits: u32,
    /// True when it was given, or the last of these fits changed it by at most 1e-3.
    pub is_settled: bool,
}

/// What a fit took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Evaluations of all residuals, those for differences among them.
    pub residuals: u64,
    /// Jacobians, as the model gives them.
    pub jacobians: u64,
    /// Second derivatives of the residuals along a step, each about as much work as the residuals.
    pub second_derivatives: u64,
    /// Steps.
    pub iterations: u64,
}

impl Counts {
    pub(super) fn add(&mut self, found: &Solution) {
        *self += Self {
            residuals: found.evaluations.residual,
            jacobians: found.evaluations.jacobian,
            second_derivatives: found.evaluations.residual_second_derivative,
            iterations: found.iterations,
        };
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.residuals += other.residuals;
        self.jacobians += other.jacobians;
        self.second_derivatives += other.second_derivatives;
        self.iterations += other.iterations;
    }
}

/// How many data count, and how many degrees of freedom they leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Freedom {
    pub data: usize,
    pub left: usize,
}

/// What was measured at the end, in the units of the solver.
pub(super) struct Parts {
    pub parameters: DVector<f64>,
    /// The parameters that the solver moved.
    pub free: Vec<usize>,
    /// At which bounds these are held.
    pub held: Vec<Option<Side>>,
    /// Those of them that are not.
    pub chosen: Vec<usize>,
    pub residual: DVector<f64>,
    pub parts: Option<Decomposition>,
    pub errors: Option<Errors>,
    pub freedom: Freedom,
    pub deviation: f64,
    pub offset: Option<f64>,
    pub termination: Termination,
    pub verdict: Option<Classification>,
    pub counts: Counts,
    pub scale: Option<Scale>,
}

impl<'a> Fit<'a> {
    pub(super) fn new(task: Task<'a>, parts: Parts) -> Self {
        let mut fit = Self {
            parameters: Vec::new(),
            termination: parts.termination.clone(),
            verdict: parts.verdict.clone(),
            relative_offset: parts.offset,
            degrees_of_freedom: parts.freedom.left,
            sum_of_squares: (parts.residual.norm() * task.unit).powi(2),
            residual_standard_deviation: if parts.freedom.left == 0 {
                f64::NAN
            } else {
                parts.deviation * task.unit
            },
            r_squared: r_squared(&task, &parts.residual),
            condition: parts.parts.as_ref().map_or(f64::NAN, Decomposition::condition),
            scale: parts.scale,
            counts: parts.counts,
            task,
            parts,
        };
        fit.parameters = (0..fit.task.names.len()).map(|j| fit.parameter(j)).collect();
        fit
    }

    fn parameter(&self, j: usize) -> Parameter {
        let Parts { parameters, free, held, .. } = &self.parts;
        let place = free.iter().position(|k| *k == j);
        let status = match place.map(|place| (place, held[place])) {
            None | Some((_, Some(Side::Fixed))) => Status::Fixed,
            Some((_, Some(Side::Lower))) => Status::AtLowerBound,
            Some((_, Some(Side::Upper))) => Status::AtUpperBound,
            Some((place, None)) if self.untold().contains(&place) => Status::NotTold,
            Some(_) => Status::Fitted,
        };
        let value = parameters[j];
        let standard_error = match (status, &self.parts.errors, self.place(j)) {
            (Status::NotTold, _, _) => Some(f64::INFINITY),
            (Status::Fitted, Some(errors), Some(k)) => {
                Some(errors.standard(k) * self.task.units[j])
            }
            _ => None,
        };
        let interval = standard_error.map(|error| {
            let half = if error == 0.0 { 0.0 } else { self.quantile() * error };
            [value - half, value + half]
        });
        let name = self.task.names[j].clone();
        Parameter { name, value, standard_error, interval, status }
    }

    /// The place of a parameter among those that have errors.
    pub(super) fn place(&self, j: usize) -> Option<usize> {
        self.parts.chosen.iter().position(|&k| self.parts.free[k] == j)
    }

    /// The free parameters that the data do not tell.
    fn untold(&self) -> Vec<usize> {
        let untold = self.parts.parts.as_ref().map(Decomposition::untold).unwrap_or_default();
        untold.into_iter().map(|k| self.parts.chosen[k]).collect()
    }

    /// The parameters' values.
    pub fn values(&self) -> DVector<f64> {
        self.parts.parameters.clone()
    }

    /// The covariances of the parameters, N × N; 0 for those that are not free, infinite on the diagonal for those that
    /// the data do not tell. `None` without a degree of freedom.
    pub fn covariances(&self) -> Option<DMatrix<f64>> {
        let errors = self.parts.errors.as_ref()?;
        let n = self.parameters.len();
        let entry = |i: usize, j: usize| match [i, j].map(|j| self.parameters[j].status) {
            [Status::NotTold, _] | [_, Status::NotTold] if i == j => f64::INFINITY,
            [Status::NotTold, _] | [_, Status::NotTold] => f64::NAN,
            _ => match (self.place(i), self.place(j)) {
                (Some(k), Some(l)) => {
                    let [first, second] =
                        [(i, k), (j, l)].map(|(j, k)| errors.factor.row(k) * self.task.units[j]);
                    first.dot(&second)
                }
                _ => 0.0,
            },
        };
        Some(DMatrix::from_fn(n, n, entry))
    }

    /// The correlation of two parameters. `None` where one of them has no finite error.
    pub fn correlation(&self, i: usize, j: usize) -> Option<f64> {
        let errors = self.parts.errors.as_ref()?;
        let is_told = |j: &usize| self.parameters[*j].status == Status::Fitted;
        if ![i, j].iter().all(is_told) {
            return None;
        }
        Some(errors.correlation(self.place(i)?, self.place(j)?)).filter(|c| c.is_finite())
    }

    /// True when a measured test of convergence holds.
    pub fn is_converged(&self) -> bool {
        self.termination.is_converged()
    }

    /// True when the point is a minimum for certain, within the bounds if there are some.
    pub fn is_minimum(&self) -> bool {
        self.verdict.as_ref().is_some_and(Classification::is_minimum)
    }

    /// The confidence of intervals and bands.
    pub fn confidence(&self) -> f64 {
        self.task.confidence
    }

    /// Half the length of a confidence interval in units of the standard error: Student's t, or the normal
    /// distribution's when standard deviations are known exactly.
    pub fn quantile(&self) -> f64 {
        let share = 0.5 + 0.5 * self.task.confidence;
        let normal = || Normal::standard().inverse_cdf(share);
        if self.task.is_absolute {
            return normal();
        }
        let student = StudentsT::new(0.0, 1.0, self.degrees_of_freedom as f64);
        student.map_or(f64::NAN, |student| student.inverse_cdf(share))
    }

    /// The residuals of the data: yᵢ − f(tᵢ, b) in the unit of y; those of [`fit`](super::fit()) as they are given.
    pub fn residuals(&self) -> DVector<f64> {
        let sign = match self.task.source {
            Source::Curve { .. } => -1.0,
            Source::Residuals(_) => 1.0,
        };
        let raw = |i: usize| sign * self.parts.residual[i] / self.task.factor(i);
        DVector::from_fn(self.parts.residual.len(), |i, _| raw(i))
    }

    /// The residuals in units of their own standard deviations, rᵢ / (s σᵢ √(1 − hᵢ)) with the leverages hᵢ: near 1 in
    /// size when the model is right. `None` without a degree of freedom.
    pub fn standardized_residuals(&self) -> Option<DVector<f64>> {
        let errors = self.parts.errors.as_ref()?;
        let raw = self.residuals();
        let s = self.residual_standard_deviation;
        Some(DVector::from_fn(raw.len(), |i, _| {
            let own = (1.0 - errors.leverages[i]).max(0.0).sqrt();
            raw[i] * self.task.factor(i) * self.task.unit / (s * own)
        }))
    }
}

fn r_squared(task: &Task<'_>, residual: &DVector<f64>) -> Option<f64> {
    let Source::Curve { y, .. } = &task.source else { return None };
    let top = (0..y.len()).map(|i| task.factor(i)).fold(0.0, f64::max);
    let weigh = |i: usize| task.factor(i) / top;
    let largest = y.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (i, y) in y.iter().enumerate() {
        sum += weigh(i).powi(2) * (y / unit);
        weights += weigh(i).powi(2);
    }
    let mean = sum / weights;
    let spread = |(i, y): (usize, &f64)| (task.factor(i) * unit * (y / unit - mean)).powi(2);
    let total: f64 = y.iter().enumerate().map(spread).sum();
    let share = 1.0 - residual.norm_squared() / total;
    (total > 0.0 && share.is_finite()).then_some(share)
}

impl std::fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fit")
            .field("parameters", &self.parameters)
            .field("termination", &self.termination)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
