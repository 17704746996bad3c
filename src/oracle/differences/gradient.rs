//! Gradients by differences of costs.

mod refinement;

use nalgebra::DVector;

use super::{CUTS, Differences, ENLARGEMENTS, Scheme, TINY, Variable, power_of_two};
use crate::{Bounds, Oracle};

/// The ratio of the second differences over h/2 and h where the cost is level between them: 4, and 2 at a kink.
const LEVEL: f64 = 2.5;
/// The factor between a step and the same one taken again.
const AGAIN: f64 = 1.0625;
/// A change of the cost is visible when it is this many times the error of a cost.
const VISIBLE: f64 = 1e3;

/// A variable at its point: xᵢ, its bounds, and the cost there once it is known.
#[derive(Clone, Copy)]
struct Place {
    i: usize,
    x: f64,
    lower: f64,
    upper: f64,
    cost: Option<f64>,
}

impl Place {
    fn new(i: usize, x: &DVector<f64>, bounds: Option<&Bounds>, cost: Option<f64>) -> Self {
        let (lower, upper) = match bounds {
            Some(bounds) => (bounds.lower()[i], bounds.upper()[i]),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Self { i, x: x[i], lower, upper, cost }
    }

    /// How far x may move down and up.
    fn room(&self) -> [f64; 2] {
        [self.x - self.lower, self.upper - self.x]
    }
}

/// The result of a difference: the derivatives, the size of the costs in it, and the truncation error (of extrapolated
/// differences only).
#[derive(Clone, Copy)]
struct Difference {
    slope: f64,
    second: f64,
    third: f64,
    size: f64,
    truncation: f64,
    /// The largest difference between the costs.
    change: f64,
}

impl Difference {
    /// For a point whose neighbours are outside the domain on both sides.
    const NOWHERE: Self = Self {
        slope: f64::NAN,
        second: f64::NAN,
        third: f64::NAN,
        size: f64::NAN,
        truncation: f64::INFINITY,
        change: f64::NAN,
    };
    /// For a variable that the bounds fix.
    const FIXED: Self = Self {
        slope: 0.0,
        second: 0.0,
        third: 0.0,
        size: 0.0,
        truncation: 0.0,
        change: f64::INFINITY,
    };

    /// From the parabola through the point and two more.
    fn parabola(cost: f64, [near, far]: [(f64, f64); 2]) -> Self {
        let ((t, f_t), (u, f_u)) = (near, far);
        let (d_t, d_u) = (f_t - cost, f_u - cost);
        let size = cost.abs().max(f_u.abs());
        if t == 0.0 || t == u || !f_t.is_finite() {
            return Self { slope: d_u / u, second: 0.0, size, change: d_u.abs(), ..Self::FIXED };
        }
        Self {
            slope: (d_t * (u / t) - d_u * (t / u)) / (u - t),
            second: 2.0 * (d_u / u - d_t / t) / (u - t),
            size: size.max(f_t.abs()),
            change: d_u.abs().max(d_t.abs()),
            ..Self::FIXED
        }
    }
}

impl<'a> Oracle<'a> {
    pub(super) fn cost_at_probe(&mut self, i: usize, x_i: f64) -> f64 {
        if !x_i.is_finite() {
            return f64::NAN;
        }
        let x = std::mem::replace(&mut self.probe[i], x_i);
        let cost = self.cost_of_probe();
        self.probe[i] = x;
        cost
    }

    fn cost_of_probe(&mut self) -> f64 {
        if !self.meter.may_evaluate(self.meter.evaluations.cost) {
            return f64::NAN;
        }
        self.meter.evaluations.cost += 1;
        self.count_all_terms();
        let (problem, probe) = (self.problem, &self.probe);
        let cost = self.meter.call(f64::NAN, || problem.cost(probe));
        self.note_failure(cost.is_nan());
        cost
    }

    /// The distance moved from the place, by h or up to a nearer bound, and f there.
    fn cost_beside(&mut self, at: Place, h: f64) -> (f64, f64) {
        let there = (at.x + h).clamp(at.lower, at.upper);
        // The distance to the point actually evaluated, since x + h is rounded.
        (there - at.x, self.cost_at_probe(at.i, there))
    }

    fn cost_here(&mut self, at: &mut Place) -> f64 {
        *at.cost.get_or_insert_with(|| self.cost_at_probe(at.i, at.x))
    }

    /// (f(x + h) − f(x − h)) / 2h; where one side is outside the domain or beyond a bound, the slope at x of the parabola
    /// through f(x), f(x ± h/2) and f(x ± h).
    fn central(&mut self, at: &mut Place, h: f64) -> Difference {
        let [down, up] = at.room();
        if down < h || up < h {
            let side = if up >= h || up >= down { 1.0 } else { -1.0 };
            if down.max(up) > 0.0 {
                let far = self.cost_beside(*at, side * h);
                return self.one_sided(at, far);
            }
            return Difference::FIXED;
        }
        let (above, f_above) = self.cost_beside(*at, h);
        let (below, f_below) = self.cost_beside(*at, -h);
        match (f_above.is_finite(), f_below.is_finite()) {
            (true, true) => {
                let cost = at.cost.unwrap_or(f64::NAN);
                let (rise, other) = (f_above - cost, f_below - cost);
                Difference {
                    slope: (f_above - f_below) / (above - below),
                    second: (rise + other) / (above * -below),
                    size: f_above.abs().max(f_below.abs()),
                    change: rise.abs().max(other.abs()),
                    ..Difference::FIXED
                }
            }
            (true, false) => self.one_sided(at, (above, f_above)),
            (false, true) => self.one_sided(at, (below, f_below)),
            (false, false) => Difference::NOWHERE,
        }
    }

    fn one_sided(&mut self, at: &mut Place, far: (f64, f64)) -> Difference {
        if !far.1.is_finite() {
            return Difference::NOWHERE;
        }
        let near = self.cost_beside(*at, 0.5 * far.0);
        Difference::parabola(self.cost_here(at), [near, far])
    }

    /// (f(x + h) − f(x)) / h; backward where forward is outside the domain or beyond a bound.
    fn forward(&mut self, at: &mut Place, h: f64) -> f64 {
        let [down, up] = at.room();
        let side = if up >= h || up >= down { h } else { -h };
        if down.max(up) <= 0.0 {
            return 0.0;
        }
        for h in [side, -side] {
            let (moved, cost) = self.cost_beside(*at, h);
            if cost.is_finite() && moved != 0.0 {
                return (cost - self.cost_here(at)) / moved;
            }
        }
        f64::NAN
    }

    /// (4 D(h/2) − D(h)) / 3 from central differences, or from those of parabolas where one side is missing.
    fn extrapolated(&mut self, at: &mut Place, h: f64) -> Difference {
        let far = self.central(at, h);
        if far.slope.is_nan() || at.lower == at.upper {
            return far;
        }
        let near = self.central(at, 0.5 * h);
        let gap = near.slope - far.slope;
        let size = near.size.max(far.size);
        // A cost that is level beyond h/2 changes over shorter lengths, of which differences over h say nothing.
        let rise = near.second.abs() * (0.5 * h).powi(2);
        let is_level = near.second.abs() > LEVEL * far.second.abs();
        let is_lost = is_level && rise > VISIBLE * self.cost_error(size);
        Difference {
            slope: near.slope + gap / 3.0,
            second: near.second + (near.second - far.second) / 3.0,
            third: 8.0 * gap / (h * h),
            size,
            truncation: if is_lost { near.second.abs() * h } else { 0.01 * gap.abs() },
            change: far.change,
        }
    }

    /// Writes the gradient when no data on the variables exist yet, by central differences, and collects these data.
    /// Where a step is lost in the rounding of the cost, or exceeds the length over which the cost is smooth, other
    /// steps are tried. An interruption changes no data.
    pub(crate) fn learn_at_start(
        &mut self,
        x: &DVector<f64>,
        cost: f64,
        gradient: &mut DVector<f64>,
    ) {
        self.prepare_differences();
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let mut learnt = std::mem::take(&mut self.learnt);
        for i in 0..x.len() {
            let mut at = Place::new(i, x, bounds, Some(cost));
            let typical = self.differences.variables[i].typical;
            let mut variable = Variable { typical, ..Variable::default() };
            variable.anchor(x[i], self.width(i));
            let (variable, found) = self.explore(&mut at, cost, variable);
            gradient[i] = found.slope;
            learnt.variables[i] = variable;
        }
        (learnt.scheme, learnt.measured, learnt.refined) = (Scheme::Central, None, None);
        (learnt.norm, learnt.cost) = (0.0, cost);
        self.take_up(learnt, gradient);
    }

    /// Adopts the data collected with a gradient, if the gradient is finite and was not interrupted.
    fn take_up(&mut self, mut learnt: Differences, gradient: &DVector<f64>) {
        if self.meter.closed.is_none() && gradient.iter().all(|g| g.is_finite()) {
            (learnt.floor, learnt.found) = (self.differences.floor, self.differences.found);
            std::mem::swap(&mut self.differences, &mut learnt);
        }
        self.learnt = learnt;
    }

    /// The central difference of a variable, from a guess of its scale.
    fn explore(&mut self, at: &mut Place, cost: f64, guess: Variable) -> (Variable, Difference) {
        let lost = self.cost_error(cost.abs()) / self.steps.extrapolated;
        let mut variable = guess;
        let first = self.central_of(at, &variable);
        let mut found = first;
        for _ in 0..ENLARGEMENTS {
            if found.change > lost || found.change.is_nan() {
                break;
            }
            // Enough to show, if f is linear; x = 0, exactly or up to rounding, says nothing about the scale.
            let factor = lost / self.steps.extrapolated / found.change;
            let is_blind = found.change == 0.0 && variable.scale < 1.0;
            variable.scale = if is_blind {
                1.0
            } else {
                variable.scale * power_of_two(factor.max(16.0).clamp(16.0, 16384.0))
            };
            if variable.anchor < TINY {
                variable.typical = variable.scale;
            }
            found = self.central_of(at, &variable);
        }
        if found.change <= lost {
            (variable, found) = (guess, first);
        }
        // Near a point with zero slope, or far beyond the length over which f is smooth.
        let h = variable.step(self.steps.central * variable.scale, at.x);
        let is_bent = 0.5 * found.second.abs() * h > 0.05 * found.slope.abs();
        if found.slope.is_nan() || (is_bent && found.change > lost) {
            return self.learn(at, variable);
        }
        let eta = self.cost_error(found.size.max(cost.abs()));
        variable.tune(self.steps, eta, found.slope, found.second, None);
        (variable, found)
    }

    /// The central difference over the step of a variable's scale.
    fn central_of(&mut self, at: &mut Place, variable: &Variable) -> Difference {
        let h = 1.125 * power_of_two(self.steps.central * variable.scale);
        self.central(at, variable.step(h, at.x))
    }

    /// The extrapolated difference over `factor` times the step of a variable's scale, and the rounding in it.
    fn extrapolated_of(
        &mut self,
        at: &mut Place,
        variable: &Variable,
        factor: f64,
    ) -> (Difference, f64) {
        // Once costs have turned out to be less accurate, points that were used before are avoided.
        let factor = if self.differences.floor > 0.0 { AGAIN * factor } else { factor };
        let h = factor * power_of_two(self.steps.extrapolated * variable.scale);
        let h = variable.step(h, at.x);
        let found = self.extrapolated(at, h);
        (found, 3.0 * self.cost_error(found.size) / h)
    }

    /// The extrapolated difference of a variable, and the steps that follow from it. A scale beyond the length over
    /// which f is smooth is cut.
    fn learn(&mut self, at: &mut Place, guess: Variable) -> (Variable, Difference) {
        let mut variable = guess;
        let mut best = (guess, Difference::NOWHERE);
        for _ in 0..CUTS {
            let (found, rounding) = self.extrapolated_of(at, &variable, 1.25);
            // A shorter step is better until it is lost in rounding, which may be that of terms that cancel in the cost.
            if found.change == 0.0 && best.1.change > 0.0 {
                break;
            }
            if best.1.slope.is_nan() || rounding < best.1.truncation {
                best = (variable, found);
            }
            let h = self.steps.extrapolated * variable.scale;
            let curved = found.second.abs() * h;
            // Not short compared with the length over which f is smooth: slope and curvature differ over half the step.
            let is_long = found.truncation > 1e-5 * (found.slope.abs() + curved);
            let is_bad = found.slope.is_nan() || (is_long && found.truncation > rounding);
            if !is_bad {
                break;
            }
            variable.scale /= 64.0;
        }
        let (mut variable, found) = best;
        let eta = self.cost_error(found.size.max(at.cost.unwrap_or(0.0).abs()));
        variable.tune(self.steps, eta, found.slope, found.second, Some(found.third));
        (variable, found)
    }

    /// Writes ∇f(x) by the scheme in use, and returns f(x) if it is known afterwards.
    pub(in crate::oracle) fn difference_cost(
        &mut self,
        x: &DVector<f64>,
        mut cost: Option<f64>,
        gradient: &mut DVector<f64>,
    ) -> Option<f64> {
        self.prepare_differences();
        if self.differences.variables.iter().any(|variable| variable.steps[1] == 0.0) {
            let cost = cost.unwrap_or_else(|| self.cost(x));
            if cost.is_finite() {
                self.learn_at_start(x, cost, gradient);
            } else {
                gradient.fill(f64::NAN);
            }
            return Some(cost);
        }
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        let scheme = self.differences.scheme;
        let mut error = 0.0_f64;
        for i in 0..x.len() {
            let mut at = Place::new(i, x, bounds, cost);
            let variable = self.differences.variables[i];
            let [forward, central] = variable.steps.map(|h| variable.step(h, x[i]));
            gradient[i] = match scheme {
                Scheme::Forward => self.forward(&mut at, forward),
                Scheme::Central => self.central(&mut at, central).slope,
                Scheme::Extrapolated => {
                    let (found, rounding) = self.extrapolated_of(&mut at, &variable, 1.25);
                    error = error.max(found.truncation + rounding);
                    found.slope
                }
            };
            cost = at.cost;
        }
        if self.meter.closed.is_none() {
            let is_measured = scheme == Scheme::Extrapolated;
            self.differences.measured = cost.filter(|_| is_measured).map(|cost| (cost, error));
        }
        cost
    }
}
