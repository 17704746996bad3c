//! The errors of differenced gradients, and their refinement.

use nalgebra::DVector;

use super::super::{COARSE, Norms, STALE, Scheme};
use super::Place;
use crate::{Evaluations, Oracle};

impl Oracle<'_> {
    /// True when the gradient at a point of this cost was differenced, and could be more precise.
    pub(crate) fn is_refinable(&self, cost: f64) -> bool {
        !self.problem.has_gradient()
            && self.differences.scheme < Scheme::Extrapolated
            && self.differences.refined != Some(cost)
    }

    /// True when a gradient that was differenced by the scheme in use is too coarse compared with its errors, or when
    /// the solver `has_failed` with it and it could be more precise. Where it has grown a hundredfold, a cheaper scheme
    /// is adopted.
    pub(crate) fn is_coarse(&mut self, at: Norms<'_>, has_failed: bool) -> bool {
        if self.problem.has_gradient() || self.meter.closed.is_some() {
            return false;
        }
        let differences = &mut self.differences;
        let is_stale =
            differences.scheme == Scheme::Forward && at.cost.abs() < STALE * differences.cost.abs();
        if at.plain >= 100.0 * differences.norm && !has_failed {
            differences.cheapen(at);
        }
        let is_last = differences.scheme == Scheme::Extrapolated;
        !is_last
            && (has_failed || is_stale || !differences.is_within(differences.scheme, COARSE, at))
    }

    /// Writes ∇f(x) by the next scheme or a better one, updates the data on each variable, and chooses the scheme for
    /// the next gradients: one better than the scheme in use if that `has_failed`. An interruption changes no data.
    pub(crate) fn refine(
        &mut self,
        (x, cost): (&DVector<f64>, f64),
        scale: Option<&DVector<f64>>,
        has_failed: bool,
        gradient: &mut DVector<f64>,
    ) {
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let mut learnt = std::mem::take(&mut self.learnt);
        let was = self.differences.scheme;
        let least = if has_failed { was.next() } else { Scheme::Forward };
        let mut scheme = was.next();
        for _ in 0..2 {
            let mut error = 0.0_f64;
            learnt.variables.clone_from(&self.differences.variables);
            for i in 0..x.len() {
                let mut at = Place::new(i, x, bounds, Some(cost));
                let mut variable = learnt.variables[i];
                variable.anchor(x[i], self.width(i));
                let (variable, found) = if scheme == Scheme::Central {
                    let found = self.central_of(&mut at, &variable);
                    let eta = self.steps.error(found.size.max(cost.abs()));
                    variable.tune(self.steps, eta, found.slope, found.second, None);
                    (variable, found)
                } else {
                    let (variable, found) = self.learn(&mut at, variable);
                    let h = self.steps.extrapolated * variable.scale;
                    error = error.max(found.truncation + 3.0 * self.steps.error(found.size) / h);
                    (variable, found)
                };
                gradient[i] = found.slope;
                learnt.variables[i] = variable;
            }
            learnt.measured = (scheme == Scheme::Extrapolated).then_some((cost, error));
            learnt.cost = cost;
            learnt.refined = learnt.measured.map(|(cost, _)| cost);
            learnt.choose(least, Norms::of(cost, gradient, scale));
            if scheme == Scheme::Extrapolated || learnt.scheme <= scheme {
                break;
            }
            scheme = Scheme::Extrapolated;
        }
        self.take_up(learnt, gradient);
    }

    /// The error of the gradient that was last differenced, where it is known and the point has this cost.
    pub(crate) fn known_gradient_error(&self, cost: f64) -> Option<f64> {
        self.differences.measured.filter(|(at, _)| *at == cost).map(|(_, error)| error)
    }

    /// The error of J'y, the constraints' part in the gradient of the Lagrangian, in the maximum norm; 0 where J is given.
    /// It is measured with 2n + 1 values of the constraints. NaN when the run is interrupted.
    pub(crate) fn constraint_error(&mut self, x: &DVector<f64>, multipliers: &DVector<f64>) -> f64 {
        let Evaluations { constraint, constraint_jacobian, .. } = self.meter.evaluations;
        if constraint == 0 || constraint_jacobian > 0 {
            return 0.0;
        }
        let values = &mut Self::constraint_values;
        let error = self.jacobian_error(x, multipliers.len(), Some(multipliers), values);
        if self.meter.closed.is_some() { f64::NAN } else { error }
    }

    /// The error of a differenced gradient in the maximum norm; 0 where the problem gives the gradient. If it is not
    /// known yet it is measured, with 2n costs for the `gradient` at x, or 4n for any gradient by the scheme in use. In a
    /// run that has differenced residuals and no costs, it is that of J'r, with 2n + 1 residuals. NaN when the run is
    /// interrupted.
    pub fn gradient_error(
        &mut self,
        x: &DVector<f64>,
        cost: f64,
        gradient: Option<&DVector<f64>>,
    ) -> f64 {
        if self.problem.has_gradient() {
            return 0.0;
        }
        if let Some((at, error)) = self.differences.measured
            && at == cost
        {
            return error;
        }
        let is_of_residuals =
            self.meter.evaluations.residual > 0 && !self.differences.are_of_costs();
        if let Some(m) = self.residuals().filter(|_| is_of_residuals && gradient.is_none()) {
            let error = self.jacobian_error(x, m, None, &mut Self::residual);
            if self.meter.closed.is_some() {
                return f64::NAN;
            }
            self.differences.measured = Some((cost, error));
            return error;
        }
        self.anchor_differences(x);
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let scheme = self.differences.scheme;
        let mut largest = 0.0_f64;
        for i in 0..x.len() {
            let mut at = Place::new(i, x, bounds, Some(cost));
            let variable = self.differences.variables[i];
            let [forward, central] = match variable.steps {
                [_, 0.0] => [self.steps.forward, self.steps.central].map(|h| h * variable.scale),
                steps => steps,
            }
            .map(|h| variable.step(h, x[i]));
            let error = match gradient {
                Some(gradient) => {
                    // The truncation over 1.5 h is 2.25 times that over h, so the gap exceeds the latter.
                    let found = self.central(&mut at, 1.5 * central);
                    let gap = (gradient[i] - found.slope).abs();
                    2.0 * gap + 3.0 * self.steps.error(found.size) / central
                }
                None => {
                    let (found, rounding) = self.extrapolated_of(&mut at, &variable, 1.5);
                    let eta = self.steps.error(found.size);
                    match scheme {
                        Scheme::Forward => 0.5 * found.second.abs() * forward + 2.0 * eta / forward,
                        Scheme::Central => {
                            found.third.abs() * central * central / 6.0 + eta / central
                        }
                        Scheme::Extrapolated => found.truncation + rounding,
                    }
                }
            };
            largest = largest.max(if error.is_nan() { f64::INFINITY } else { error });
        }
        if self.meter.closed.is_some() {
            return f64::NAN;
        }
        self.differences.measured = Some((cost, largest));
        largest
    }
}
