//! φ(α) = f(x + α d): the problem along a ray, every evaluation kept for the step that uses it.

use nalgebra::DVector;

use super::Buffer;
use crate::line_search::{Phi, Step};
use crate::{Oracle, linalg};

/// The ray from x along d. The last trial point is in `trial`, the best one of those before it in `best`.
pub(super) struct Ray<'s, 'o, 'p> {
    problem: &'o mut Oracle<'p>,
    x: &'s DVector<f64>,
    scale: Option<&'s DVector<f64>>,
    d: &'s DVector<f64>,
    trial: &'s mut Buffer,
    best: &'s mut Buffer,
    at: Trial,
    best_at: Trial,
    /// f(x), and the two shortest steps at which the cost rose by more than rounding, shortest first.
    cost: f64,
    rises: [Rise; 2],
}

#[derive(Clone, Copy, Debug)]
struct Rise {
    alpha: f64,
    rise: f64,
}

/// What is known at a trial point; NaN where nothing was asked yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub alpha: f64,
    pub value: f64,
    pub slope: f64,
    /// Maximum norm of the unscaled gradient.
    pub gradient_norm: f64,
    has_value: bool,
    has_gradient: bool,
}

impl Trial {
    fn new(alpha: f64) -> Self {
        let [value, slope, gradient_norm] = [f64::NAN; 3];
        Self { alpha, value, slope, gradient_norm, has_value: false, has_gradient: false }
    }
}

impl<'s, 'o, 'p> Ray<'s, 'o, 'p> {
    pub fn new(
        problem: &'o mut Oracle<'p>,
        (x, scale, d): (&'s DVector<f64>, Option<&'s DVector<f64>>, &'s DVector<f64>),
        cost: f64,
        trial: &'s mut Buffer,
        best: &'s mut Buffer,
    ) -> Self {
        let nowhere = Trial::new(f64::NAN);
        let rises = [Rise { alpha: f64::INFINITY, rise: f64::NAN }; 2];
        Self { problem, x, scale, d, trial, best, at: nowhere, best_at: nowhere, cost, rises }
    }

    /// True when the cost rises in proportion to the step, though the slope at 0 was negative: then the slope is not
    /// that of the cost. (An overshoot past a minimum rises with the square of the step.) Steps that promise next to
    /// nothing beside the rise say nothing: they went far out from a point where the slope is rounding.
    pub fn contradicts_slope(&self, slope: f64) -> bool {
        let [shorter, longer] = self.rises;
        shorter.rise <= 1e3 * shorter.alpha * -slope
            && longer.alpha >= 2.0 * shorter.alpha
            && shorter.rise / shorter.alpha >= 0.8 * (longer.rise / longer.alpha)
    }

    fn note_rise(&mut self) {
        let Trial { alpha, value, .. } = self.at;
        let rise = value - self.cost;
        if rise > 1e4 * f64::EPSILON * self.cost.abs() && rise.is_finite() {
            let [shorter, longer] = &mut self.rises;
            if alpha < shorter.alpha {
                *longer = std::mem::replace(shorter, Rise { alpha, rise });
            } else if alpha < longer.alpha {
                *longer = Rise { alpha, rise };
            }
        }
    }

    /// Moves the trial point to α, unless it is there. A point that is the best so far is kept.
    fn move_to(&mut self, alpha: f64) {
        if self.at.alpha == alpha {
            return;
        }
        let known = self.best_at.value;
        if self.at.value.is_finite() && (known.is_nan() || self.at.value < known) {
            std::mem::swap(self.trial, self.best);
            self.best_at = self.at;
        }
        self.at = Trial::new(alpha);
        let (x, d) = (self.x.as_slice(), self.d.as_slice());
        let out = self.trial.x.as_mut_slice();
        match self.scale {
            None => linalg::step_to(x, alpha, d, out),
            Some(scale) => {
                for (((out, x), d), t) in out.iter_mut().zip(x).zip(d).zip(scale) {
                    *out = x + alpha * (d * t);
                }
            }
        }
    }

    /// Derives norm and slope from the gradient that was just written.
    fn read_gradient(&mut self) {
        let (slope, norm) = match self.scale {
            None => linalg::dot_and_max(self.trial.gradient.as_slice(), self.d.as_slice()),
            Some(scale) => {
                let norm = linalg::max_abs(self.trial.gradient.as_slice());
                self.trial.gradient.component_mul_assign(scale);
                (linalg::dot(self.trial.gradient.as_slice(), self.d.as_slice()), norm)
            }
        };
        self.at.slope = slope;
        self.at.gradient_norm = norm;
        self.at.has_gradient = true;
    }

    /// Brings the point of `step` into the trial buffer with its value and gradient; `None` for the start itself, or
    /// when the gradient there is not finite.
    pub fn finish(mut self, step: Step) -> Option<Trial> {
        if step.alpha == 0.0 {
            return None;
        }
        if self.at.alpha != step.alpha && self.best_at.alpha == step.alpha {
            std::mem::swap(self.trial, self.best);
            std::mem::swap(&mut self.at, &mut self.best_at);
        }
        self.value(step.alpha);
        self.slope(step.alpha);
        (self.at.value.is_finite() && self.at.slope.is_finite()).then_some(self.at)
    }
}

impl Phi for Ray<'_, '_, '_> {
    fn value_and_slope(&mut self, alpha: f64) -> (f64, f64) {
        self.move_to(alpha);
        if !self.at.has_value && !self.at.has_gradient {
            let Buffer { x, gradient } = &mut *self.trial;
            self.at.value = self.problem.cost_and_gradient(x, gradient);
            self.at.has_value = true;
            self.note_rise();
            self.read_gradient();
        }
        (self.value(alpha), self.slope(alpha))
    }

    fn value(&mut self, alpha: f64) -> f64 {
        self.move_to(alpha);
        if !self.at.has_value {
            self.at.value = self.problem.cost(&self.trial.x);
            self.at.has_value = true;
            self.note_rise();
        }
        self.at.value
    }

    fn slope(&mut self, alpha: f64) -> f64 {
        self.move_to(alpha);
        if !self.at.has_gradient {
            let Buffer { x, gradient } = &mut *self.trial;
            self.problem.gradient(x, gradient);
            self.read_gradient();
        }
        self.at.slope
    }
}
