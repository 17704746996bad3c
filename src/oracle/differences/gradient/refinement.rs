//! The errors of differenced gradients, and their refinement.

use nalgebra::DVector;

use super::super::{COARSE, Norms, STALE, Scheme};
use super::Place;
use crate::fingerprint::of_point;
use crate::problem::Sides;
use crate::{Evaluations, Oracle};

/// The points of a line on which the errors of the cost are measured.
const POINTS: usize = 7;
/// The factor between the lengths of lines, and their largest number.
const LONGER: f64 = 64.0;
const LENGTHS: usize = 6;
/// Other spacings of the points on a line.
const OTHERS: [f64; 2] = [1.37, 0.73];
/// On a shorter line, fourth differences below this share of those before are of a smooth cost: they decrease with the
/// fourth power of the length, and those of errors do not.
const SMOOTH: f64 = 1e-3;

/// Costs at equal distances along a line.
#[derive(Clone, Copy)]
struct Line {
    /// The largest of their fourth differences. Independent errors η give about 8 η, and an error of at most 2 η / h in a
    /// derivative over the step h.
    fourth: f64,
    /// True when all fourth differences have the same sign, as those of a smooth cost have, or are NaN. Those of errors
    /// alternate.
    may_be_smooth: bool,
    /// False when the costs are all the same.
    has_changed: bool,
}

impl Oracle<'_> {
    /// True when the gradient at a point of this cost was differenced, and could be more precise.
    pub(crate) fn is_refinable(&self, cost: f64) -> bool {
        !self.problem.has_gradient()
            && !self.differences_residuals()
            && self.differences.scheme < Scheme::Extrapolated
            && self.differences.refined != Some(cost)
    }

    /// True when a gradient that was differenced by the scheme in use is too coarse compared with its errors, or when
    /// the solver `has_failed` with it and it could be more precise. Where it has grown a hundredfold, a cheaper scheme
    /// is adopted.
    fn is_coarse(&mut self, at: Norms<'_>, has_failed: bool) -> bool {
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

    /// Where the gradient at x, of these norms, is too coarse or the solver `has_failed` with it, writes ∇f(x) by the next
    /// scheme or a better one, updates the data on each variable, and chooses the scheme for the next gradients: one
    /// better than the scheme in use if that has failed. False where it is not too coarse. An interruption changes no
    /// data.
    pub(crate) fn refine(
        &mut self,
        x: &DVector<f64>,
        at: Norms<'_>,
        has_failed: bool,
        gradient: &mut DVector<f64>,
    ) -> bool {
        let before = (self.differences.scheme, self.differences.norm);
        if !self.is_coarse(at, has_failed) {
            return false;
        }
        let Norms { cost, scale, .. } = at;
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
                    let eta = self.cost_error(found.size.max(cost.abs()));
                    variable.tune(self.steps, eta, found.slope, found.second, None);
                    (variable, found)
                } else {
                    let (variable, found) = self.learn(&mut at, variable);
                    let h = self.steps.extrapolated * variable.scale;
                    error = error.max(found.truncation + 3.0 * self.cost_error(found.size) / h);
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
        if self.meter.closed.is_some() {
            // The step that led here is repeated, with the scheme that it began with.
            (self.differences.scheme, self.differences.norm) = before;
        }
        true
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
        let is_of_residuals = gradient.is_none() && self.differences_residuals();
        if let Some(m) = self.residuals().filter(|_| is_of_residuals) {
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
                    2.0 * gap + 3.0 * self.cost_error(found.size) / central
                }
                None => {
                    let (found, rounding) = self.extrapolated_of(&mut at, &variable, 1.5);
                    let eta = self.cost_error(found.size);
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

    /// True in a run that has differenced residuals and no costs.
    pub(crate) fn differences_residuals(&self) -> bool {
        self.meter.evaluations.residual > 0 && !self.differences.are_of_costs()
    }

    /// The error in a gradient at x, differenced by the scheme in use, that comes from errors of the cost beyond its own
    /// rounding: where large terms cancel, their rounding errors remain. It is measured with 6 costs on a line as long as
    /// the step of a central difference with the distance from the start x0 as the scale, because on a shorter line all
    /// these errors may be equal. Where it exceeds `allowed`, it is measured on shorter lines as well, as long as it
    /// decreases as it does for a smooth cost. 0 where the problem gives the gradient; infinite where costs are not finite;
    /// NaN when the run is interrupted. The second number is the size of the errors in a cost.
    pub(crate) fn hidden_error(
        &mut self,
        x: &DVector<f64>,
        (cost, x0): (f64, &DVector<f64>),
        allowed: f64,
    ) -> [f64; 2] {
        if self.problem.has_gradient() || self.differences_residuals() {
            return [0.0; 2];
        }
        self.anchor_differences(x);
        // The projected gradient of a variable next to its bound is no larger than its way there, or than the error that
        // was measured before.
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let moves = |&i: &usize| {
            let [down, up] = Place::new(i, x, bounds, None).room();
            let unit = bounds.and_then(|b| b.sides().nth(i)).map_or(1.0, Sides::unit);
            down.min(up) > allowed * unit * unit
        };
        let steps = (0..x.len()).filter(moves).map(|i| self.step_in_use(i, x[i]));
        let shortest = steps.fold(f64::INFINITY, f64::min);
        let point = of_point(x.as_slice());
        if let Some((_, size)) = self.differences.found.filter(|(at, _)| *at == point) {
            return [2.0 * size / shortest, size];
        }
        let error = |line: Line| 0.5 * line.fourth / shortest;
        let mut factor = 1.0;
        let mut line = self.line(x, (cost, x0), factor);
        // A cost that does not change says nothing.
        for _ in 0..LENGTHS {
            if line.has_changed || self.meter.closed.is_some() {
                break;
            }
            factor *= LONGER;
            line = self.line(x, (cost, x0), factor);
        }
        // Costs that are multiples of a rounding unit may lie on a line by chance, but hardly at three spacings.
        for other in OTHERS {
            if line.fourth == 0.0 && line.has_changed && self.meter.closed.is_none() {
                let other = self.line(x, (cost, x0), factor * other);
                line.fourth = line.fourth.max(other.fourth);
                line.may_be_smooth &= other.may_be_smooth;
            }
        }
        for _ in 0..LENGTHS {
            if error(line) <= allowed || !line.may_be_smooth || self.meter.closed.is_some() {
                break;
            }
            factor /= LONGER;
            let shorter = self.line(x, (cost, x0), factor);
            let is_smooth = shorter.fourth <= SMOOTH * line.fourth;
            if !(is_smooth && shorter.has_changed) {
                break;
            }
            line = shorter;
        }
        if self.meter.closed.is_some() {
            return [f64::NAN; 2];
        }
        let size = 0.25 * line.fourth;
        self.differences.found = Some((point, size));
        [error(line), size]
    }

    /// Takes note of errors in the cost at x, and of the error that they make in its gradient. Where they are more than twice
    /// as large as those known so far, forgets the steps and scales that are too short for them; false where they are not.
    pub(crate) fn learn_cost_error(
        &mut self,
        [size, error]: [f64; 2],
        (x, cost): (&DVector<f64>, f64),
        x0: &DVector<f64>,
    ) -> bool {
        let differences = &mut self.differences;
        if !(size > 2.0 * differences.floor && size.is_finite()) {
            return false;
        }
        differences.floor = size;
        for ((variable, x), x0) in differences.variables.iter_mut().zip(x).zip(x0) {
            variable.typical = variable.typical.max((x - x0).abs().min(1e290));
            variable.errors = [f64::INFINITY; 2];
        }
        (differences.scheme, differences.measured, differences.refined) =
            (Scheme::Central, Some((cost, error)), None);
        true
    }

    /// The step of a variable in the scheme in use.
    fn step_in_use(&self, i: usize, x: f64) -> f64 {
        let variable = self.differences.variables[i];
        let [forward, central] = match variable.steps {
            [_, 0.0] => [self.steps.forward, self.steps.central].map(|h| h * variable.scale),
            steps => steps,
        };
        let h = match self.differences.scheme {
            Scheme::Forward => forward,
            Scheme::Central => central,
            Scheme::Extrapolated => self.steps.extrapolated * variable.scale,
        };
        variable.step(h, x)
    }

    /// The costs on a line through x, within the bounds: on both sides of x, or on one side where a bound is near.
    fn line(&mut self, x: &DVector<f64>, (cost, x0): (f64, &DVector<f64>), factor: f64) -> Line {
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let mut direction = std::mem::take(&mut self.probed[0]);
        let mut is_near = false;
        for i in 0..x.len() {
            let variable = self.differences.variables[i];
            let scale = variable.scale.max((x[i] - x0[i]).abs());
            let h = (factor * self.steps.central * scale).max(8.0 * f64::EPSILON * x[i].abs());
            let [down, up] = Place::new(i, x, bounds, None).room();
            is_near |= down.min(up) < h && down.max(up) > 0.0;
            direction[i] = h;
        }
        let first = if is_near { 0 } else { POINTS / 2 };
        for (i, step) in direction.iter_mut().enumerate() {
            let [down, up] = Place::new(i, x, bounds, None).room();
            let reach = if is_near { step.min(0.5 * down.max(up)) } else { step.min(down).min(up) };
            // Variables that all move alike could hide a part of the cost.
            let is_down = if is_near { down > up } else { i % 2 == 1 };
            *step = if is_down { -reach } else { reach } / (POINTS / 2) as f64;
        }
        let mut costs = [cost; POINTS];
        for (k, cost) in costs.iter_mut().enumerate().filter(|(k, _)| *k != first) {
            self.probe.copy_from(x);
            self.probe.axpy(k as f64 - first as f64, &direction, 1.0);
            if let Some(bounds) = bounds {
                bounds.project(&mut self.probe);
            }
            let is_finite = self.probe.iter().all(|x| x.is_finite());
            *cost = if is_finite { self.cost_of_probe() } else { f64::NAN };
        }
        self.probed[0] = direction;
        let fourth = |k: usize| {
            let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|j| costs[k + j]);
            a + e - 4.0 * (b + d) + 6.0 * c
        };
        let fourth = [0, 1, 2].map(fourth);
        let sizes = fourth.iter().map(|fourth| fourth.abs()).filter(|size| size.is_finite());
        Line {
            fourth: sizes.reduce(f64::max).unwrap_or(f64::INFINITY),
            may_be_smooth: [1.0, -1.0]
                .iter()
                .any(|sign| fourth.iter().all(|fourth| fourth.is_nan() || sign * fourth > 0.0)),
            has_changed: costs.iter().any(|other| *other != cost),
        }
    }
}
