//! Intervals by the profile of the likelihood.
//!
//! ```text
//! S(θ) = min of S(b) over b with bⱼ = θ;   τ(θ) = sign(θ − bⱼ) √((S(θ) − S(b))/s²);   the ends: τ(θ) = ∓t
//! ```
//!
//! D. Bates, D. Watts, *Nonlinear regression analysis and its applications* (1988), section 6.1.1.

use nalgebra::DVector;

use super::{Fit, run};
use crate::scalar::BrentRoot;
use crate::stop::max_evaluations;
use crate::{Error, LeastSquares};

/// So often the distance from the parameter is doubled, in the search for an end.
const DOUBLINGS: u32 = 12;
/// At most so many fits are made between two points that hold an end between them.
const NARROWINGS: u64 = 30;
/// Ends are found to this share of the standard error.
const ACCURACY: f64 = 1e-6;
/// A sum of squares is better than that of the fit when it is lower by this share.
const BETTER: f64 = 1e-8;
/// What τ counts as where the model cannot be evaluated.
const WORST: f64 = 1e100;

/// The profile of a parameter, made by [`Fit::profile`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// The ends of the interval: infinite where S(θ) never rises enough up to 4096 times the interval by the standard
    /// error, and a bound of the parameter where that comes first.
    pub interval: [f64; 2],
    /// The values θ that were tried and τ(θ), ascending in θ. A straight line where the model is nearly linear.
    pub points: Vec<(f64, f64)>,
    /// All parameters at the best of these fits, when its sum of squares is lower than that of the fit, which then was
    /// not at the lowest minimum.
    pub better: Option<DVector<f64>>,
}

impl Fit<'_> {
    /// The confidence interval of a parameter by the profile of the likelihood, which is right also where the model is
    /// far from linear within the errors of the parameters. It takes some ten fits for each end, at most 43.
    ///
    /// ```
    /// use extremum::{curve_fit, model};
    /// let (t, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 3.2, 4.8, 7.1, 8.9]);
    /// let line = curve_fit(model!(|t, b| b[0] + b[1] * t), &t, &y).start([0.0, 0.0]).run()?;
    /// let profile = line.profile(1)?;
    /// // The same as by the standard error, as the model is linear.
    /// for (end, by_error) in profile.interval.into_iter().zip(line.parameters[1].interval.unwrap()) {
    ///     assert!((end - by_error).abs() < 1e-5);
    /// }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Fit`] for an index that is too large, for a parameter that is not free, without a degree of freedom,
    /// and with a loss, whose fit is no maximum of a likelihood of normal errors.
    pub fn profile(&self, index: usize) -> Result<Profile, Error> {
        let refuse = |reason: String| Err(Error::Fit { reason });
        let Some(parameter) = self.parameters.get(index) else {
            return refuse(format!("there is no parameter {index} to profile"));
        };
        let name = &parameter.name;
        if !self.task.free.contains(&index) {
            return refuse(format!("{name} is fixed, and has no profile"));
        }
        if self.scale.is_some() {
            return refuse("a fit with a loss has no profile of a likelihood".into());
        }
        let has_spread = self.deviation() > 0.0;
        if self.degrees_of_freedom == 0 || !has_spread {
            return refuse("no degree of freedom is left, or no residual, for a profile".into());
        }
        let mut search = Search { fit: self, index, points: Vec::new(), better: None };
        let interval = [-1.0, 1.0].map(|side| search.end(side));
        let Search { mut points, better, .. } = search;
        points.push((parameter.value, 0.0));
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Profile { interval, points, better: better.map(|(_, all)| all) })
    }

    /// s in the units of the solver.
    fn deviation(&self) -> f64 {
        if self.task.is_absolute { self.task.unit.recip() } else { self.parts.deviation }
    }
}

/// The fits of a profile.
struct Search<'s, 'a> {
    fit: &'s Fit<'a>,
    index: usize,
    points: Vec<(f64, f64)>,
    /// A lower norm of the residuals, and the parameters there.
    better: Option<(f64, DVector<f64>)>,
}

impl Search<'_, '_> {
    /// The end of the interval on one side.
    fn end(&mut self, side: f64) -> f64 {
        let center = self.fit.parts.parameters[self.index];
        let t = self.fit.quantile();
        let error = self.fit.parameters[self.index].standard_error;
        let error = error.filter(|e| e.is_finite() && *e > 0.0);
        let error = error.unwrap_or(0.1 * if center == 0.0 { 1.0 } else { center.abs() });
        let limit = self.fit.task.bounds.as_ref().map_or(side * f64::INFINITY, |bounds| {
            if side < 0.0 { bounds.lower()[self.index] } else { bounds.upper()[self.index] }
        });
        // Each fit starts where the last one ended.
        let mut last = self.fit.values();
        let mut inside = center;
        let mut distance = t * error;
        for _ in 0..=DOUBLINGS {
            let is_last = distance >= (limit - center).abs();
            let outside = if is_last { limit } else { center + side * distance };
            if !outside.is_finite() || outside == inside {
                break;
            }
            if self.tau(outside, &mut last) >= t {
                return self.between(inside, outside, t, ACCURACY * error);
            }
            if is_last {
                return limit;
            }
            inside = outside;
            distance *= 2.0;
        }
        if limit.is_finite() { limit } else { side * f64::INFINITY }
    }

    fn between(&mut self, inside: f64, outside: f64, t: f64, accuracy: f64) -> f64 {
        let mut last = self.fit.values();
        let search = BrentRoot::default().absolute_tolerance(accuracy).max_evaluations(NARROWINGS);
        let (low, high) = (inside.min(outside), inside.max(outside));
        let found = search.solve(|theta| self.tau(theta, &mut last) - t, low, high);
        found.map_or(outside, |root| root.x)
    }

    /// |τ(θ)|, by a fit from `last`.
    fn tau(&mut self, theta: f64, last: &mut DVector<f64>) -> f64 {
        let Fit { task, parts, .. } = self.fit;
        if let Some((_, tau)) = self.points.iter().find(|(known, _)| *known == theta) {
            return tau.abs();
        }
        if theta == parts.parameters[self.index] {
            return 0.0;
        }
        last[self.index] = theta;
        let others: Vec<usize> = task.free.iter().copied().filter(|j| *j != self.index).collect();
        let bounds = task.bounds_of(&others);
        let is_alone = others.is_empty();
        let found = task.with_prepared(last, others, |prepared| {
            let z = prepared.part(last);
            if is_alone {
                let mut r = DVector::repeat(prepared.residuals(), f64::NAN);
                prepared.residual(&z, &mut r);
                return Some((r.norm(), last.clone()));
            }
            let rule = run::to_the_floor().or(max_evaluations(task.max_evaluations));
            let found = run::solve(&prepared, bounds.as_ref(), z, rule).ok()?;
            Some(((2.0 * found.cost).sqrt(), prepared.whole(&found.x)))
        });
        let norm = parts.residual.norm();
        let tau = match found {
            Some((there, all)) if there.is_finite() => {
                let is_better = there < norm * (1.0 - BETTER);
                if is_better && self.better.as_ref().is_none_or(|(best, _)| there < *best) {
                    self.better = Some((there, all.clone()));
                }
                *last = all;
                let excess = ((there - norm) * (there + norm)).max(0.0);
                excess.sqrt() / self.fit.deviation()
            }
            _ => WORST,
        };
        let side = (theta - parts.parameters[self.index]).signum();
        self.points.push((theta, side * tau));
        tau
    }
}
