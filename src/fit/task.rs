//! A fit that can be made: its data and settings, checked.

use nalgebra::DVector;

use super::columns::check_all;
use super::model::{Curve, CurveResiduals};
use super::prepared::Prepared;
use super::{Columns, Covariance, Loss};
use crate::linalg::power_of_two;
use crate::{Bounds, Error, LeastSquares};

/// Squares of sizes within this and its reciprocal neither overflow nor underflow; beyond, the residuals are scaled.
const LARGE: f64 = 1e60;

/// What is fitted.
pub(super) enum Source<'a> {
    Curve { curve: Box<dyn Curve + 'a>, points: Columns, y: Vec<f64> },
    Residuals(Box<dyn LeastSquares + 'a>),
}

impl<'a> Source<'a> {
    pub fn curve(curve: Box<dyn Curve + 'a>, points: Columns, y: Vec<f64>) -> Result<Self, Error> {
        if points.len() != y.len() {
            let reason = format!("t has {} numbers, but y has {}", points.len(), y.len());
            return Err(Error::Fit { reason });
        }
        check_columns(curve.as_ref(), &points)?;
        check_all("y", &y, f64::is_finite, "finite")?;
        Ok(Self::Curve { curve, points, y })
    }

    /// `Err` when the number n of parameters is not that of the residuals.
    pub fn check(&self, n: usize) -> Result<(), Error> {
        match self {
            Self::Residuals(residuals) if residuals.dimension() != n => {
                let expected = residuals.dimension();
                Err(Error::Dimension { what: "the start", expected, actual: n })
            }
            _ => Ok(()),
        }
    }

    /// The number m of data.
    pub fn points(&self) -> usize {
        match self {
            Self::Curve { y, .. } => y.len(),
            Self::Residuals(residuals) => residuals.residuals(),
        }
    }
}

/// `Err` when the model has another number of predictors.
pub(super) fn check_columns(curve: &dyn Curve, points: &Columns) -> Result<(), Error> {
    match curve.columns() {
        Some(expected) if expected != points.columns() => {
            let actual = points.columns();
            let reason =
                format!("the model has {expected} predictors, but there are {actual} columns");
            Err(Error::Fit { reason })
        }
        _ => Ok(()),
    }
}

/// The unit of numbers of a size, a power of two: 1 unless their squares might overflow or underflow.
fn unit_of(size: f64) -> f64 {
    let is_moderate = size == 0.0 || (LARGE.recip()..LARGE).contains(&size);
    if is_moderate { 1.0 } else { power_of_two(size) }
}

/// A fit that can be made.
pub(super) struct Task<'a> {
    pub source: Source<'a>,
    pub start: DVector<f64>,
    /// The residuals R there, without factors.
    pub at_start: DVector<f64>,
    pub free: Vec<usize>,
    pub names: Vec<String>,
    /// 1/σᵢ; `None` when all are 1.
    pub factors: Option<DVector<f64>>,
    /// The residuals of the solver are those of the user divided by this,
    pub unit: f64,
    /// and its parameters those of the user divided by these.
    pub units: DVector<f64>,
    pub bounds: Option<Bounds>,
    pub loss: Option<(Loss, Option<f64>)>,
    pub covariance: Covariance,
    pub is_absolute: bool,
    pub confidence: f64,
    pub max_evaluations: u64,
    pub is_differenced: bool,
}

impl<'a> Task<'a> {
    /// With default settings. Evaluates the residuals at the start.
    pub fn new(
        source: Source<'a>,
        start: DVector<f64>,
        free: Vec<usize>,
        names: Vec<String>,
        factors: Option<DVector<f64>>,
    ) -> Result<Self, Error> {
        let units = start.map(|b| unit_of(b.abs()));
        let mut task = Self {
            at_start: DVector::repeat(source.points(), f64::NAN),
            source,
            start,
            free,
            names,
            factors,
            unit: 1.0,
            units,
            bounds: None,
            loss: None,
            covariance: Covariance::default(),
            is_absolute: false,
            confidence: 0.95,
            max_evaluations: 20_000,
            is_differenced: false,
        };
        task.at_start = task.evaluate_start()?;
        task.unit = unit_of(task.size());
        Ok(task)
    }

    fn evaluate_start(&self) -> Result<DVector<f64>, Error> {
        let m = self.source.points();
        let mut residual = DVector::repeat(m, f64::NAN);
        self.with_residuals(|residuals| residuals.residual(&self.start, &mut residual));
        if residual.len() != m {
            let reason = format!("there are {m} residuals, but {} were written", residual.len());
            return Err(Error::Fit { reason });
        }
        let what = match self.source {
            Source::Curve { .. } => "the model's misfit at the start",
            Source::Residuals(_) => "the residual at the start",
        };
        let range = "finite: start where the model can be evaluated, or bound the parameters";
        check_all(what, residual.as_slice(), f64::is_finite, range)?;
        Ok(residual)
    }

    /// The size of the residuals: of the data where they are known, as the misfit at a start may be anything.
    pub fn size(&self) -> f64 {
        let weigh = |(i, x): (usize, &f64)| self.factors.as_ref().map_or(*x, |w| w[i] * x).abs();
        let largest = |data: &[f64]| data.iter().enumerate().map(weigh).fold(0.0, f64::max);
        let of_data = match &self.source {
            Source::Curve { y, .. } => largest(y),
            Source::Residuals(_) => 0.0,
        };
        if of_data > 0.0 { of_data } else { largest(self.at_start.as_slice()) }
    }

    /// The number of data that have a weight.
    pub fn weighty(&self) -> usize {
        let all = self.source.points();
        self.factors.as_ref().map_or(all, |w| w.iter().filter(|w| **w > 0.0).count())
    }

    /// The factor of residual i, with the unit.
    pub fn factor(&self, i: usize) -> f64 {
        self.factors.as_ref().map_or(1.0, |w| w[i]) / self.unit
    }

    /// Calls `work` with the residuals R of all parameters.
    pub fn with_residuals<T>(&self, work: impl FnOnce(&dyn LeastSquares) -> T) -> T {
        match &self.source {
            Source::Curve { curve, points, y } => work(&CurveResiduals {
                curve: curve.as_ref(),
                points,
                y,
                parameters: self.start.len(),
            }),
            Source::Residuals(residuals) => work(residuals.as_ref()),
        }
    }

    /// Calls `work` with the residuals of some free parameters, the others as in `parameters`.
    pub fn with_prepared<T>(
        &self,
        parameters: &DVector<f64>,
        free: Vec<usize>,
        work: impl FnOnce(Prepared<'_>) -> T,
    ) -> T {
        self.with_residuals(|residuals| {
            let factors = match &self.factors {
                None if self.unit == 1.0 => None,
                None => Some(DVector::repeat(self.source.points(), self.unit.recip())),
                Some(factors) => Some(factors / self.unit),
            };
            let prepared = Prepared::new(residuals, factors, parameters.clone(), free, &self.units);
            let prepared = if *parameters == self.start {
                prepared.with_known(&self.start, self.at_start.clone())
            } else {
                prepared
            };
            work(if self.is_differenced { prepared.differenced() } else { prepared })
        })
    }

    /// The bounds of these parameters, in their units.
    pub fn bounds_of(&self, free: &[usize]) -> Option<Bounds> {
        let bounds = self.bounds.as_ref()?;
        let part =
            |all: &DVector<f64>| free.iter().map(|&j| all[j] / self.units[j]).collect::<Vec<_>>();
        Bounds::new(part(bounds.lower()), part(bounds.upper())).ok()
    }
}
