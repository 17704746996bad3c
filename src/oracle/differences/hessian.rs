//! Jacobians, Hessians and their products, by differences of values, gradients or costs.

use nalgebra::{DMatrix, DVector, DVectorViewMut};

use super::power_of_two;
use crate::{Bounds, Matrix, Oracle};

/// Writes the values of functions at a point.
type Evaluate<'e, 'a> = &'e mut dyn FnMut(&mut Oracle<'a>, &DVector<f64>, &mut DVector<f64>);

impl<'a> Oracle<'a> {
    /// The step h of variable j for second derivatives: x + h and x + 2h are within the bounds.
    fn second_step(&self, j: usize, x: f64, relative: f64, bounds: Option<&Bounds>) -> f64 {
        let variable = self.differences.variables[j];
        let h = variable.step(1.5 * power_of_two(relative * variable.scale), x);
        match bounds {
            Some(bounds) => {
                let (lower, upper) = (bounds.lower()[j], bounds.upper()[j]);
                let (down, up) = (x - lower, upper - x);
                let h =
                    if up >= 2.0 * h || up >= down { h.min(0.5 * up) } else { -h.min(0.5 * down) };
                let moved = (x + h) - x;
                // Where rounding leaves no room for two steps, the step is 0.
                if (lower..=upper).contains(&(x + 2.0 * moved)) { moved } else { 0.0 }
            }
            None => h,
        }
    }

    /// Column j of ∇²f ≈ (∇f(x + h eⱼ) - ∇f(x)) / h, made symmetric; backward where forward leaves the domain. A step that is
    /// lost in the rounding of the gradient is enlarged permanently.
    pub(in crate::oracle) fn difference_gradient(
        &mut self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        hessian: &mut DMatrix<f64>,
    ) {
        self.anchor_differences(x);
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let mut there = std::mem::take(&mut self.probed[0]);
        for j in 0..x.len() {
            loop {
                let h = self.second_step(j, x[j], self.steps.forward, bounds);
                let from = (x, gradient, bounds);
                let to = (hessian.column_mut(j), &mut there);
                let change = self.difference_column((j, h), from, to, &mut Self::gradient);
                let largest = gradient.amax();
                let variable = &mut self.differences.variables[j];
                let is_lost = change <= 1e3 * f64::EPSILON * largest && variable.typical == 0.0;
                let is_settled = variable.is_settled || variable.scale >= 1e6;
                if !is_lost || is_settled || self.meter.closed.is_some() {
                    variable.is_settled |= self.meter.closed.is_none();
                    break;
                }
                variable.scale = (1024.0 * variable.scale).max(1.0);
            }
        }
        self.probed[0] = there;
        symmetrize(hessian);
    }

    /// Writes the Jacobian of functions at x, where their values are `here`, from n more values.
    pub(in crate::oracle) fn difference_jacobian(
        &mut self,
        x: &DVector<f64>,
        here: &DVector<f64>,
        jacobian: &mut Matrix,
        evaluate: Evaluate<'_, 'a>,
    ) {
        let jacobian = jacobian.dense(here.len(), x.len());
        self.anchor_differences(x);
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let mut there = std::mem::take(&mut self.values);
        if there.len() != here.len() {
            there = DVector::zeros(here.len());
        }
        for j in 0..x.len() {
            let h = self.second_step(j, x[j], self.steps.forward, bounds);
            let to = (jacobian.column_mut(j), &mut there);
            self.difference_column((j, h), (x, here, bounds), to, evaluate);
        }
        self.values = there;
    }

    /// Writes the symmetric derivative of a force F(x) with n components, where it is `here` at x, from n more, of
    /// which `there` is the last; returns the size of its errors relative to its largest entries.
    pub(in crate::oracle) fn difference_force(
        &mut self,
        x: &DVector<f64>,
        here: &DVector<f64>,
        (derivative, there): (&mut DMatrix<f64>, &mut DVector<f64>),
        evaluate: Evaluate<'_, 'a>,
    ) -> f64 {
        self.anchor_differences(x);
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        for j in 0..x.len() {
            let h = self.second_step(j, x[j], self.steps.forward, bounds);
            let to = (derivative.column_mut(j), &mut *there);
            self.difference_column((j, h), (x, here, bounds), to, evaluate);
        }
        symmetrize(derivative);
        10.0 * x.len() as f64 * self.steps.forward
    }

    /// The error of J'w at x, in the maximum norm, where J is differenced from m values v, and the weights w are the values
    /// themselves unless they are given: |w'(v(x + 2h) − 2 v(x + h) + v(x))| / 2h + 2 η / h, with η that of ½ Σ |wᵢ vᵢ|.
    /// Infinite where a value is not finite.
    pub(in crate::oracle) fn jacobian_error(
        &mut self,
        x: &DVector<f64>,
        m: usize,
        weights: Option<&DVector<f64>>,
        evaluate: Evaluate<'_, 'a>,
    ) -> f64 {
        self.anchor_differences(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let [mut here, mut near, mut far] = [(); 3].map(|()| DVector::zeros(m));
        evaluate(self, x, &mut here);
        let weights = weights.unwrap_or(&here);
        let size: f64 = weights.iter().zip(&here).map(|(w, v)| (w * v).abs()).sum();
        let eta = self.steps.error(0.5 * size);
        let mut probe = x.clone();
        let mut largest = 0.0_f64;
        for j in 0..x.len() {
            let h = self.second_step(j, x[j], self.steps.forward, bounds);
            let mut error = if h == 0.0 { 0.0 } else { f64::INFINITY };
            for h in [h, -h] {
                let [once, twice] = [x[j] + h, x[j] + 2.0 * h];
                let is_within = |b: &Bounds| (b.lower()[j]..=b.upper()[j]).contains(&twice);
                if error.is_finite() || !bounds.is_none_or(is_within) {
                    continue;
                }
                for (at, values) in [(once, &mut near), (twice, &mut far)] {
                    probe[j] = at;
                    evaluate(self, &probe, values);
                }
                let bend = |i: usize| weights[i] * ((far[i] - near[i]) - (near[i] - here[i]));
                error = (0.5 * (0..m).map(bend).sum::<f64>().abs() + 2.0 * eta) / h.abs();
            }
            probe[j] = x[j];
            largest = largest.max(if error.is_nan() { f64::INFINITY } else { error });
        }
        largest
    }

    /// Writes the column of derivatives with respect to variable j, by a step h, from the values at x. Returns the
    /// change of the values, which are left in `there`.
    fn difference_column(
        &mut self,
        (j, h): (usize, f64),
        (x, here, bounds): (&DVector<f64>, &DVector<f64>, Option<&Bounds>),
        (mut column, there): (DVectorViewMut<'_, f64>, &mut DVector<f64>),
        evaluate: Evaluate<'_, 'a>,
    ) -> f64 {
        if h == 0.0 {
            // The bounds fix the variable.
            column.fill(0.0);
            return f64::INFINITY;
        }
        let mut moved = f64::NAN;
        for h in [h, -h] {
            if bounds.is_some_and(|b| !(b.lower()[j]..=b.upper()[j]).contains(&(x[j] + h))) {
                continue;
            }
            self.probe[j] = x[j] + h;
            moved = self.probe[j] - x[j];
            let probe = std::mem::take(&mut self.probe);
            evaluate(self, &probe, there);
            self.probe = probe;
            if there.iter().all(|value| value.is_finite()) {
                break;
            }
        }
        self.probe[j] = x[j];
        let mut change = 0.0_f64;
        let differences = there.iter().zip(here).map(|(there, here)| there - here);
        for (entry, difference) in column.iter_mut().zip(differences) {
            change = change.max(difference.abs());
            *entry = difference / moved;
        }
        change
    }

    /// ∂²φ/∂xᵢ∂xⱼ ≈ (φ(x + hᵢ + hⱼ) - φ(x + hᵢ) - φ(x + hⱼ) + φ(x)) / hᵢhⱼ off the diagonal, and on it the central
    /// second difference, or that of φ(x), φ(x + h) and φ(x + 2h) where x - h is outside the domain or beyond a bound.
    /// `here` is φ(x).
    pub(in crate::oracle) fn difference_twice(
        &mut self,
        x: &DVector<f64>,
        here: f64,
        hessian: &mut DMatrix<f64>,
        evaluate: &mut dyn FnMut(&mut Self, &DVector<f64>) -> f64,
    ) {
        let n = x.len();
        self.anchor_differences(x);
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        for i in 0..n {
            let h = self.second_step(i, x[i], self.steps.second, bounds);
            let h = (x[i] + h) - x[i];
            // A variable that the bounds fix has no step.
            let up = if h == 0.0 { here } else { self.at_probe(i, x[i] + h, evaluate) };
            let below = x[i] - h;
            let is_within =
                h != 0.0 && bounds.is_none_or(|b| (b.lower()[i]..=b.upper()[i]).contains(&below));
            let down = if is_within { self.at_probe(i, below, evaluate) } else { f64::NAN };
            hessian[(i, i)] = if h == 0.0 {
                0.0
            } else if down.is_finite() {
                ((up - here) + (down - here)) / (h * h)
            } else {
                let further = self.at_probe(i, x[i] + 2.0 * h, evaluate);
                ((further - up) - (up - here)) / (h * h)
            };
            self.probed[0][i] = up;
            self.probed[1][i] = h;
        }
        for i in 0..n {
            let h_i = self.probed[1][i];
            for j in 0..i {
                let h_j = self.probed[1][j];
                if h_i == 0.0 || h_j == 0.0 {
                    (hessian[(i, j)], hessian[(j, i)]) = (0.0, 0.0);
                    continue;
                }
                self.probe[j] = x[j] + h_j;
                let both = self.at_probe(i, x[i] + h_i, evaluate);
                self.probe[j] = x[j];
                let entry = ((both - self.probed[0][i]) - (self.probed[0][j] - here)) / (h_i * h_j);
                hessian[(i, j)] = entry;
                hessian[(j, i)] = entry;
            }
        }
    }

    /// A function at the probe, with another coordinate i.
    fn at_probe(
        &mut self,
        i: usize,
        x_i: f64,
        evaluate: &mut dyn FnMut(&mut Self, &DVector<f64>) -> f64,
    ) -> f64 {
        if !x_i.is_finite() {
            return f64::NAN;
        }
        let mut probe = std::mem::take(&mut self.probe);
        let before = std::mem::replace(&mut probe[i], x_i);
        let value = evaluate(self, &probe);
        probe[i] = before;
        self.probe = probe;
        value
    }

    /// Writes the change of a gradient along v, per unit of length; against v where that leaves the domain. Within bounds the
    /// variables with room on one side only are moved to that side, in a second difference where v points to both.
    pub(in crate::oracle) fn difference_along(
        &mut self,
        v: &DVector<f64>,
        (x, gradient): (&DVector<f64>, &DVector<f64>),
        product: &mut DVector<f64>,
        mut evaluate: impl FnMut(&mut Self, &DVector<f64>, &mut DVector<f64>),
    ) {
        if v.amax() == 0.0 {
            product.fill(0.0);
            return;
        }
        self.anchor_differences(x);
        // A gradient that is differenced itself has half the digits of the cost.
        let is_given = self.problem.has_gradient();
        let relative = if is_given { self.steps.forward } else { self.steps.second };
        let variables = v.iter().zip(x).zip(&self.differences.variables);
        let length = variables.fold(0.0, |length, ((v, x), variable)| {
            f64::max(length, v.abs() / variable.step(variable.scale, *x))
        });
        let bounds = self.problem.bounds();
        let h = bounds.map_or(relative / length, |bounds| fitting(relative / length, v, bounds));
        let has_room = |i: usize, h: f64| {
            let there = x[i] + h * v[i];
            bounds.is_none_or(|b| b.lower()[i] <= there && there <= b.upper()[i])
        };
        let is_open = |h: f64| bounds.is_none() || (0..x.len()).all(|i| has_room(i, h));
        self.prepare_along();
        let [mut there, mut part] = std::mem::take(&mut self.along);
        // The error that is known is that of the gradient at x, not of one beside it.
        let measured = self.differences.measured;
        if is_open(h) || is_open(-h) {
            for h in [h, -h].into_iter().filter(|h| is_open(*h)) {
                there.copy_from(x);
                there.axpy(h, v, 1.0);
                evaluate(self, &there, product);
                *product -= gradient;
                *product /= h;
                if self.meter.closed.is_some() || product.iter().all(|p| p.is_finite()) {
                    break;
                }
            }
        } else {
            // The variables that have room along v, and then the others, against it.
            product.fill(0.0);
            for sense in [h, -h] {
                for i in 0..x.len() {
                    let is_moved = has_room(i, h) == (sense == h) && has_room(i, sense);
                    there[i] = if is_moved { x[i] + sense * v[i] } else { x[i] };
                }
                evaluate(self, &there, &mut part);
                part -= gradient;
                product.axpy(sense.recip(), &part, 1.0);
            }
        }
        self.along = [there, part];
        self.differences.measured = measured;
    }

    pub(in crate::oracle) fn prepare_along(&mut self) {
        let [there, part] = &mut self.along;
        let n = self.problem.dimension();
        if there.len() != n {
            *there = DVector::zeros(n);
        }
        if self.problem.bounds().is_some() && part.len() != n {
            *part = DVector::zeros(n);
        }
    }
}

/// The step h along v, shorter where narrow bounds leave no room for it on either side; not for those that are narrower than
/// a thousandth of it.
fn fitting(h: f64, v: &DVector<f64>, bounds: &Bounds) -> f64 {
    let widths = v.iter().zip(bounds.sides()).filter(|(v, _)| **v != 0.0);
    let rooms = widths.map(|(v, sides)| sides.half() / v.abs()).filter(|room| *room >= 1e-3 * h);
    rooms.fold(h, f64::min)
}

/// A ← (A + A') / 2.
pub(crate) fn symmetrize(a: &mut DMatrix<f64>) {
    for j in 0..a.ncols() {
        for i in 0..j {
            let mean = 0.5 * (a[(i, j)] + a[(j, i)]);
            a[(i, j)] = mean;
            a[(j, i)] = mean;
        }
    }
}
