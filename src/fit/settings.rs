//! The settings of a fit.

use nalgebra::DVector;

use super::columns::check_all;
use super::model::Curve;
use super::task::{Source, Task};
use super::{Columns, Covariance, Fit, Loss};
use crate::error::check;
use crate::{Bounds, Error, IntoVector, LeastSquares};

/// The settings of a fit, made by [`curve_fit`](crate::curve_fit) or [`fit`](super::fit()); [`run`](Self::run) makes
/// it.
///
/// | setter | default | range |
/// |---|---|---|
/// | [`start`](Self::start) | must be given | finite, within the bounds; the model is finite there |
/// | [`sigma`](Self::sigma), [`absolute_sigma`](Self::absolute_sigma) | all 1 | > 0 |
/// | [`weights`](Self::weights) | all 1 | ≥ 0 |
/// | [`bounds`](Self::bounds) | none | |
/// | [`fix`](Self::fix) | none | parameters, by index |
/// | [`names`](Self::names) | `b[0]`, `b[1]`, .. | one for each parameter |
/// | [`loss`](Self::loss), [`loss_with_scale`](Self::loss_with_scale) | squares | scale > 0 |
/// | [`covariance`](Self::covariance) | [`Covariance::GaussNewton`] | |
/// | [`confidence`](Self::confidence) | 0.95 | between 0 and 1 |
/// | [`max_evaluations`](Self::max_evaluations) | 20 000 | |
/// | [`differenced`](Self::differenced) | derivatives of the formula | |
pub struct Fitting<'a> {
    source: Result<Source<'a>, Error>,
    start: Option<DVector<f64>>,
    weights: Weights,
    bounds: Option<Bounds>,
    fixed: Vec<usize>,
    names: Option<Vec<String>>,
    loss: Option<(Loss, Option<f64>)>,
    covariance: Covariance,
    confidence: f64,
    max_evaluations: u64,
    is_differenced: bool,
}

/// What is known about the errors of the data.
enum Weights {
    Equal,
    Given(Vec<f64>),
    Sigma { sigma: Vec<f64>, is_absolute: bool },
}

impl<'a> Fitting<'a> {
    pub(super) fn of_curve(
        curve: Box<dyn Curve + 'a>,
        points: Result<Columns, Error>,
        y: &[f64],
    ) -> Self {
        let source = points.and_then(|points| Source::curve(curve, points, y.to_vec()));
        Self::new(source)
    }

    pub(super) fn of_residuals(residuals: Box<dyn LeastSquares + 'a>) -> Self {
        Self::new(Ok(Source::Residuals(residuals)))
    }

    fn new(source: Result<Source<'a>, Error>) -> Self {
        Self {
            source,
            start: None,
            weights: Weights::Equal,
            bounds: None,
            fixed: Vec::new(),
            names: None,
            loss: None,
            covariance: Covariance::default(),
            confidence: 0.95,
            max_evaluations: 20_000,
            is_differenced: false,
        }
    }

    /// Sets the parameters from which the fit starts; their number is that of the parameters.
    pub fn start(mut self, start: impl IntoVector) -> Self {
        self.start = Some(start.into_vector());
        self
    }

    /// The standard deviations σᵢ of the data, known up to a common factor, which the fit estimates: residuals count as
    /// rᵢ/σᵢ.
    ///
    /// ```
    /// use extremum::{curve_fit, model};
    /// let (t, y) = ([0.0, 0.0], [1.0, 4.0]);
    /// let mean = curve_fit(model!(|t, b| b[0] + 0.0 * t), &t, &y).start([0.0]).sigma(&[1.0, 2.0]).run()?;
    /// assert!((mean.values()[0] - 1.6).abs() < 1e-12); // (1 + 4/4) / (1 + 1/4)
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn sigma(mut self, sigma: &[f64]) -> Self {
        self.weights = Weights::Sigma { sigma: sigma.to_vec(), is_absolute: false };
        self
    }

    /// The standard deviations σᵢ of the data, known exactly. The residuals rᵢ/σᵢ have the variance 1, whatever their
    /// sum of squares: the covariances of the parameters are (J'J)⁻¹, and intervals are those of the normal
    /// distribution.
    ///
    /// ```
    /// use extremum::{curve_fit, model};
    /// let (t, y) = ([0.0; 4], [1.0, 1.0, 1.0, 1.0]);
    /// let mean = curve_fit(model!(|t, b| b[0] + t), &t, &y).start([0.0]).absolute_sigma(&[3.0; 4]).run()?;
    /// assert!((mean.parameters[0].standard_error.unwrap() - 1.5).abs() < 1e-12); // 3 / √4
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn absolute_sigma(mut self, sigma: &[f64]) -> Self {
        self.weights = Weights::Sigma { sigma: sigma.to_vec(), is_absolute: true };
        self
    }

    /// The weights wᵢ of the squares, Σ wᵢ rᵢ², known up to a common factor: 1/σᵢ². A point of weight 0 does not count.
    pub fn weights(mut self, weights: &[f64]) -> Self {
        self.weights = Weights::Given(weights.to_vec());
        self
    }

    /// Keeps the parameters within bounds. Those at a bound have no error.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = Some(bounds);
        self
    }

    /// Keeps a parameter, counted from 0, at its start.
    pub fn fix(mut self, index: usize) -> Self {
        self.fixed.push(index);
        self
    }

    /// Names the parameters, in their order.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Minimises a [`Loss`] of the residuals rᵢ/σᵢ in place of their squares. Its scale is c = k s with the loss's
    /// [tuning](Loss::tuning) k and s = 1.4826 median |rᵢ/σᵢ|, iterated: a fit by squares, then fits by Huber's loss
    /// until s changes by at most 1e-3, 30 at most, then the fit by the loss. [`Fit::scale`] says what came out.
    ///
    /// ```
    /// use extremum::{curve_fit, fit::Loss, model};
    /// let t = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    /// let y = [0.1, 0.9, 2.1, 2.9, 4.1, 50.0, 6.1, 6.9];
    /// let line = curve_fit(model!(|t, b| b[0] + b[1] * t), &t, &y).start([0.0, 0.0]).loss(Loss::Tukey).run()?;
    /// assert!((line.values()[1] - 1.0).abs() < 0.02);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = Some((loss, None));
        self
    }

    /// Minimises a [`Loss`] with a given scale c, in the unit of rᵢ/σᵢ.
    pub fn loss_with_scale(mut self, loss: Loss, scale: f64) -> Self {
        self.loss = Some((loss, Some(scale)));
        self
    }

    /// Where the covariances come from. With a loss they are always those of M-estimators.
    pub fn covariance(mut self, covariance: Covariance) -> Self {
        self.covariance = covariance;
        self
    }

    /// The confidence of intervals and bands.
    pub fn confidence(mut self, level: f64) -> Self {
        self.confidence = level;
        self
    }

    /// Ends each run of the fit after so many evaluations of the residuals.
    pub fn max_evaluations(mut self, limit: u64) -> Self {
        self.max_evaluations = limit;
        self
    }

    /// Takes differences for the derivatives, also where the model gives them.
    pub fn differenced(mut self) -> Self {
        self.is_differenced = true;
        self
    }

    /// Makes the fit.
    ///
    /// # Errors
    /// For a bad call, before a step is made: [`Error::Fit`] for numbers of data, weights, names or bounds that do not
    /// belong together, and without a start; [`Error::Data`] for data that are not finite, for σ ≤ 0, for negative
    /// weights, and for a model that is not finite at the start; [`Error::NonFiniteStart`],
    /// [`Error::StartOutsideBounds`], [`Error::Parameter`]; and what a run refuses. Whatever happens during the fit is
    /// reported in the [`Fit`].
    pub fn run(self) -> Result<Fit<'a>, Error> {
        let task = self.task()?;
        super::run::run(task)
    }

    fn task(self) -> Result<Task<'a>, Error> {
        let source = self.source?;
        let refuse = |reason: &str| Err(Error::Fit { reason: reason.to_owned() });
        let Some(start) = self.start else {
            return refuse("it has no start: give the parameters to start from with .start(..)");
        };
        let n = start.len();
        if n == 0 {
            return refuse("the start has no parameter");
        }
        source.check(n)?;
        if let Some(index) = start.iter().position(|b| !b.is_finite()) {
            return Err(Error::NonFiniteStart { index, value: start[index] });
        }
        let m = source.points();
        if m == 0 {
            return refuse("there are no data");
        }
        let (factors, is_absolute) = self.weights.factors(m)?;
        if let Some(bounds) = &self.bounds {
            bounds.check(&start)?;
        }
        for &index in &self.fixed {
            check(index < n, "fix", index as f64, "below the number of parameters")?;
        }
        let free: Vec<usize> = (0..n).filter(|j| !self.fixed.contains(j)).collect();
        if free.is_empty() {
            return refuse("all parameters are fixed");
        }
        let names = self.names.unwrap_or_else(|| (0..n).map(|j| format!("b[{j}]")).collect());
        if names.len() != n {
            let reason = format!("there are {n} parameters, but {} names", names.len());
            return Err(Error::Fit { reason });
        }
        let level = self.confidence;
        check(level > 0.0 && level < 1.0, "confidence", level, "between 0 and 1")?;
        if let Some((_, Some(scale))) = self.loss {
            check(scale > 0.0 && scale.is_finite(), "scale", scale, "above 0 and finite")?;
        }
        if self.loss.is_some() && self.covariance != Covariance::GaussNewton {
            return refuse(
                "with a loss the covariances are those of M-estimators: leave out .covariance(..)",
            );
        }
        Task::new(source, start, free, names, factors).map(|task| Task {
            bounds: self.bounds,
            loss: self.loss,
            covariance: self.covariance,
            is_absolute,
            confidence: level,
            max_evaluations: self.max_evaluations,
            is_differenced: self.is_differenced,
            ..task
        })
    }
}

impl Weights {
    /// The factors of the residuals, `None` when all are 1, and whether the deviations are known exactly.
    fn factors(self, m: usize) -> Result<(Option<DVector<f64>>, bool), Error> {
        let lengths = |what: &str, length: usize| {
            let reason = format!("there are {m} data, but {length} {what}");
            if length == m { Ok(()) } else { Err(Error::Fit { reason }) }
        };
        match self {
            Self::Equal => Ok((None, false)),
            Self::Given(weights) => {
                lengths("weights", weights.len())?;
                let in_range = |w: f64| w >= 0.0 && w.is_finite();
                check_all("weights", &weights, in_range, "at least 0 and finite")?;
                if weights.iter().all(|w| *w == 0.0) {
                    return Err(Error::Fit { reason: "all weights are 0".into() });
                }
                Ok((Some(DVector::from_vec(weights).map(f64::sqrt)), false))
            }
            Self::Sigma { sigma, is_absolute } => {
                lengths("standard deviations", sigma.len())?;
                let in_range = |s: f64| s > 0.0 && s.is_finite();
                check_all("sigma", &sigma, in_range, "above 0 and finite")?;
                Ok((Some(DVector::from_vec(sigma).map(f64::recip)), is_absolute))
            }
        }
    }
}

impl std::fmt::Debug for Fitting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fitting")
            .field("start", &self.start)
            .field("loss", &self.loss)
            .field("confidence", &self.confidence)
            .finish_non_exhaustive()
    }
}
