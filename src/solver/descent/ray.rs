//! φ(α) = f(x + α d): the problem along a ray, which keeps evaluations for the step that uses them.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::Proposal;
use super::state::Buffer;
use crate::line_search::{Phi, Step};
use crate::problem::Sides;
use crate::{Bounds, Oracle, Termination, linalg};

/// The ray from x along d. The last trial point is in `trial`, the best one of those before it in `best`.
pub(in crate::solver) struct Ray<'s, 'o, 'p> {
    problem: &'o mut Oracle<'p>,
    x: &'s DVector<f64>,
    scale: Option<&'s DVector<f64>>,
    d: &'s DVector<f64>,
    /// Every point is within them.
    bounds: Option<&'p Bounds>,
    /// max |dᵢ|.
    longest: f64,
    trial: &'s mut Buffer,
    best: &'s mut Buffer,
    at: Trial,
    best_at: Trial,
    /// The values at x itself and at the last points.
    seen: &'s mut Vec<Trial>,
    seen_count: usize,
    /// The shortest step at which the cost rose by more than rounding; infinite without one.
    rise: Trial,
}

/// How many points are remembered without their gradients: usually all of a search.
pub(in crate::solver) const SEEN: usize = 64;

/// A rise of the cost below this share of it may be rounding.
const RESOLVED: f64 = 1e4 * f64::EPSILON;

/// A step must be this many times as long as the rounding of x to say anything about the gradient.
const ROUNDED: f64 = 64.0;

/// Steps shorter than this lead from no finite number to an infinite one.
const SAFE: f64 = 1e290;

/// The known values at a trial point; NaN where nothing was evaluated yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::solver) struct Trial {
    pub alpha: f64,
    pub value: f64,
    pub slope: f64,
    /// Maximum norm of the unscaled gradient.
    pub gradient_norm: f64,
    has_value: bool,
    has_gradient: bool,
    /// True when the trial buffer holds this point, and its gradient if that is known.
    is_held: bool,
}

impl Trial {
    fn new(alpha: f64) -> Self {
        let [value, slope, gradient_norm] = [f64::NAN; 3];
        let [has_value, has_gradient, is_held] = [false; 3];
        Self { alpha, value, slope, gradient_norm, has_value, has_gradient, is_held }
    }
}

impl<'s, 'o, 'p> Ray<'s, 'o, 'p> {
    pub fn new(
        problem: &'o mut Oracle<'p>,
        (x, scale, d): (&'s DVector<f64>, Option<&'s DVector<f64>>, &'s DVector<f64>),
        (cost, Proposal { slope, max: longest, .. }): (f64, Proposal),
        [trial, best]: [&'s mut Buffer; 2],
        seen: &'s mut Vec<Trial>,
    ) -> Self {
        let nowhere = Trial::new(f64::NAN);
        let [has_value, has_gradient] = [true; 2];
        let bounds = problem.problem().bounds();
        seen.clear();
        seen.push(Trial { value: cost, slope, has_value, has_gradient, ..Trial::new(0.0) });
        let (at, best_at, rise) = (nowhere, nowhere, Trial::new(f64::INFINITY));
        Self {
            problem,
            x,
            scale,
            d,
            bounds,
            longest,
            trial,
            best,
            at,
            best_at,
            seen,
            seen_count: 0,
            rise,
        }
    }

    /// Breaks with the reason once the run was interrupted.
    pub fn uninterrupted(&self) -> ControlFlow<Termination> {
        self.problem.uninterrupted()
    }

    /// Keeps the trial point as the best: no later trial that is level with it replaces it.
    pub fn keep(&mut self) {
        std::mem::swap(self.trial, self.best);
        self.best_at = std::mem::replace(&mut self.at, Trial::new(f64::NAN));
    }

    /// False when gradients are differenced.
    pub fn has_gradient(&self) -> bool {
        self.problem.problem().has_gradient()
    }

    /// f(x).
    pub fn cost(&self) -> f64 {
        self.seen[0].value
    }

    /// The shortest step at which the cost rose by more than rounding; infinite without one.
    pub fn shortest_rise(&self) -> f64 {
        self.rise.alpha
    }

    /// The shortest step that is long compared with the rounding of x, which moves the point off the ray.
    pub fn shortest_resolved(&self) -> f64 {
        let (mut along, mut rounding) = (0.0, 0.0);
        for (i, (x, d)) in self.x.iter().zip(self.d).enumerate() {
            let x = x / self.scale.map_or(1.0, |scale| scale[i]);
            // The squares of the largest directions are not finite.
            let d = d / self.longest;
            along += self.longest * d * d;
            rounding += f64::EPSILON * (d * x).abs();
        }
        ROUNDED * rounding / along
    }

    /// Records a cost at the trial point that is above f(x) by far more than rounding.
    fn note_rise(&mut self) {
        let Trial { alpha, value, .. } = self.at;
        let rise = value - self.cost();
        let is_rise = rise > RESOLVED * self.cost().abs() && rise.is_finite();
        if is_rise && alpha < self.rise.alpha {
            self.rise = self.at;
        }
    }

    /// True when the two steps lead to the same point, bit for bit. Usually the first coordinate already differs.
    fn coincide(&self, alpha: f64, other: f64) -> bool {
        let same = |x: f64, d: f64| x + alpha * d == x + other * d;
        let mut rows = self.x.as_slice().iter().zip(self.d.as_slice());
        match self.scale {
            None => rows.all(|(&x, &d)| same(x, d)),
            Some(scale) => rows.zip(scale.as_slice()).all(|((&x, &d), t)| same(x, d * t)),
        }
    }

    /// Moves the trial point to α, unless it is there. A point that is the best so far is kept. A step that rounds to a
    /// known point, x included, makes no new one.
    fn move_to(&mut self, alpha: f64) {
        if self.at.alpha == alpha {
            return;
        }
        if self.at.is_held && self.coincide(alpha, self.at.alpha) {
            self.at.alpha = alpha;
            return;
        }
        if self.at.alpha == self.rise.alpha {
            self.rise = self.at;
        }
        if self.at.is_held {
            // x keeps its place.
            if self.seen.len() < SEEN {
                self.seen.push(self.at);
            } else {
                self.seen[1 + self.seen_count % (SEEN - 1)] = self.at;
                self.seen_count += 1;
            }
        }
        if self.best_at.is_held && self.coincide(alpha, self.best_at.alpha) {
            std::mem::swap(self.trial, self.best);
            let last = if self.at.is_held { self.at } else { Trial::new(f64::NAN) };
            self.at = Trial { alpha, ..std::mem::replace(&mut self.best_at, last) };
            return;
        }
        let known = self.best_at.value;
        if self.at.is_held && self.at.value.is_finite() && (known.is_nan() || self.at.value < known)
        {
            std::mem::swap(self.trial, self.best);
            self.best_at = self.at;
        }
        let mut seen = self.seen.iter().chain([&self.rise]);
        let seen = seen.find(|seen| self.coincide(alpha, seen.alpha));
        self.at = match seen {
            Some(&seen) => Trial { alpha, is_held: false, ..seen },
            None => Trial::new(alpha),
        };
    }

    /// Writes the trial point into the buffer, unless it is there. A point that is not finite is outside the domain,
    /// and the problem is not evaluated there.
    fn hold(&mut self) {
        if self.at.is_held {
            return;
        }
        self.at.is_held = true;
        let may_overflow = self.scale.is_some() || self.at.alpha * self.longest > SAFE;
        let (x, d) = (self.x.as_slice(), self.d.as_slice());
        let out = self.trial.x.as_mut_slice();
        match self.scale {
            None => linalg::step_to(x, self.at.alpha, d, out),
            Some(scale) => {
                for (((out, x), d), t) in out.iter_mut().zip(x).zip(d).zip(scale) {
                    *out = x + self.at.alpha * (d * t);
                }
            }
        }
        if let Some(bounds) = self.bounds {
            let rows = self.trial.x.iter_mut().zip(self.x).zip(self.d).zip(bounds.sides());
            for (((out, x), d), Sides { lower, upper }) in rows {
                let bound = if *d > 0.0 { upper } else { lower };
                // A direction within bounds ends at α = 1, and x + (bound − x) differs from the bound by rounding.
                let rounding = f64::EPSILON * x.abs().max(bound.abs());
                let is_end = self.at.alpha == 1.0 && *d != 0.0 && bound.is_finite();
                let is_met = is_end && (*out - bound).abs() <= rounding;
                *out = if is_met { bound } else { out.max(lower).min(upper) };
            }
        }
        let out = self.trial.x.as_slice();
        if may_overflow && out.iter().any(|x| !x.is_finite()) {
            let (alpha, is_held) = (self.at.alpha, true);
            let [has_value, has_gradient] = [true; 2];
            self.at = Trial { has_value, has_gradient, is_held, ..Trial::new(alpha) };
        }
    }

    /// Derives norm and slope from the gradient that was just written.
    fn read_gradient(&mut self) {
        let projected = self.bounds.map(|bounds| {
            let Buffer { x, gradient } = &*self.trial;
            bounds.projected_norm(x, gradient)
        });
        let (slope, norm) = match self.scale {
            None => linalg::dot_and_max(self.trial.gradient.as_slice(), self.d.as_slice()),
            Some(scale) => {
                let norm = linalg::max_abs(self.trial.gradient.as_slice());
                self.trial.gradient.component_mul_assign(scale);
                (linalg::dot(self.trial.gradient.as_slice(), self.d.as_slice()), norm)
            }
        };
        self.at.slope = slope;
        self.at.gradient_norm = projected.unwrap_or(norm);
        self.at.has_gradient = true;
    }

    /// Brings the point of `step` into the trial buffer with its value and gradient; `None` for the start itself, or
    /// when the gradient there is not finite.
    pub fn finish(&mut self, step: Step) -> Option<Trial> {
        let is_ready = self.at.alpha == step.alpha && self.at.is_held;
        if !is_ready && (step.alpha == 0.0 || self.coincide(step.alpha, 0.0)) {
            return None;
        }
        self.move_to(step.alpha);
        // Its gradient is known, but no longer in the buffers.
        if !self.at.is_held && self.at.has_gradient {
            self.at = Trial::new(step.alpha);
        }
        self.value_and_slope(step.alpha);
        (self.at.value.is_finite() && self.at.slope.is_finite()).then_some(self.at)
    }
}

impl Phi for Ray<'_, '_, '_> {
    fn value_and_slope(&mut self, alpha: f64) -> (f64, f64) {
        self.move_to(alpha);
        if !self.at.has_value && !self.at.has_gradient {
            self.hold();
            if !self.at.has_value {
                let Buffer { x, gradient } = &mut *self.trial;
                self.at.value = self.problem.cost_and_gradient(x, gradient);
                self.at.has_value = true;
                self.note_rise();
                self.read_gradient();
            }
        }
        (self.value(alpha), self.slope(alpha))
    }

    fn value(&mut self, alpha: f64) -> f64 {
        self.move_to(alpha);
        if !self.at.has_value {
            let has_lost_gradient = self.at.has_gradient && !self.at.is_held;
            self.hold();
            if !self.at.has_value {
                self.at.value = self.problem.cost(&self.trial.x);
                self.at.has_value = true;
                self.note_rise();
            }
            self.at.is_held = !has_lost_gradient;
        }
        self.at.value
    }

    fn slope(&mut self, alpha: f64) -> f64 {
        self.move_to(alpha);
        if !self.at.has_gradient {
            self.hold();
            if !self.at.has_gradient {
                let Buffer { x, gradient } = &mut *self.trial;
                let known = self.at.has_value.then_some(self.at.value);
                // Differences may need the cost, which is then known as well.
                let value = self.problem.gradient_at(x, known, gradient);
                if let (None, Some(value)) = (known, value) {
                    (self.at.value, self.at.has_value) = (value, true);
                    self.note_rise();
                }
                self.read_gradient();
            }
        }
        self.at.slope
    }
}
