//! What a trial found, and what it cost.

use serde::{Deserialize, Serialize};

use crate::{Error, Evaluations, Progress, Solution, Termination};

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Steps taken.
    Iterations,
    /// Evaluations: the largest of the counts of costs, gradients, residuals, constraints and Jacobians, so that a cost with
    /// its gradient is one.
    Evaluations,
    /// Work in units of one gradient. By reverse differentiation a gradient costs as much as about three costs, a product
    /// with the Hessian as two gradients, and a Hessian as n (W. W. Hager and H. Zhang, *SIAM Journal on Optimization* 16(1),
    /// 2005, section 5, count costs and gradients in this way):
    ///
    /// ```text
    /// gradients + (costs + residuals + constraints) / 3 + n Jacobians / 3 + 2 products + n Hessians
    /// ```
    GradientEquivalents,
    /// Wall-clock time in seconds. Trials that run in parallel slow each other down: for times to publish, run the laboratory on one thread.
    Seconds,
}

impl Axis {
    /// All axes.
    pub const ALL: [Self; 4] =
        [Self::Iterations, Self::Evaluations, Self::GradientEquivalents, Self::Seconds];

    /// The label, with the unit.
    pub fn label(self) -> &'static str {
        match self {
            Self::Iterations => "iterations",
            Self::Evaluations => "evaluations",
            Self::GradientEquivalents => "gradient equivalents",
            Self::Seconds => "time in seconds",
        }
    }
}

/// The error of the best point so far, when it had just decreased.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// Steps taken.
    pub iterations: u64,
    /// See [`Axis::Evaluations`].
    pub evaluations: u64,
    /// See [`Axis::GradientEquivalents`].
    pub gradient_equivalents: f64,
    /// Wall-clock time since the start of the trial.
    pub seconds: f64,
    /// The cost f, the distance or the gradient norm, as the [`Measure`](super::Measure) says; not yet less f*.
    pub value: f64,
}

impl Sample {
    pub(super) fn new(progress: &Progress<'_>, n: usize, value: f64) -> Self {
        Self {
            iterations: progress.iteration,
            evaluations: progress.evaluations.largest(),
            gradient_equivalents: gradient_equivalents(&progress.evaluations, n),
            seconds: progress.elapsed().as_secs_f64(),
            value,
        }
    }

    /// The cost so far on an axis.
    pub fn cost(&self, axis: Axis) -> f64 {
        match axis {
            Axis::Iterations => self.iterations as f64,
            Axis::Evaluations => self.evaluations as f64,
            Axis::GradientEquivalents => self.gradient_equivalents,
            Axis::Seconds => self.seconds,
        }
    }
}

fn gradient_equivalents(counts: &Evaluations, n: usize) -> f64 {
    let n = n as f64;
    let along = counts.residual_second_derivative;
    let values = (counts.cost + counts.residual + along + counts.constraint) as f64;
    let jacobians = n * (counts.jacobian + counts.constraint_jacobian) as f64;
    let hessians =
        n * (counts.hessian + counts.residual_hessian + counts.constraint_hessian) as f64;
    let products = 2.0 * counts.hessian_product as f64;
    counts.gradient as f64 + (values + jacobians) / 3.0 + products + hessians
}

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The problem.
    pub problem: String,
    /// Its number n of variables.
    pub dimension: usize,
    /// The solver.
    pub solver: String,
    /// The number of the start, from 0.
    pub start: usize,
    /// Why the run ended, or the [`Error`] with which the solver refused it.
    pub ended: Result<Termination, String>,
    /// The lowest cost found; NaN when the run was refused.
    pub cost: f64,
    /// What the whole run cost. Its value is the last one measured.
    pub total: Sample,
    /// Each decrease of the error, in order; the start first.
    pub samples: Vec<Sample>,
}

impl Outcome {
    pub(super) fn new(
        problem: String,
        dimension: usize,
        solver: String,
        start: usize,
        ended: Result<Solution, Error>,
        samples: Vec<Sample>,
    ) -> Self {
        let value = samples.last().map_or(f64::NAN, |last| last.value);
        let nothing = Sample {
            iterations: 0,
            evaluations: 0,
            gradient_equivalents: 0.0,
            seconds: 0.0,
            value,
        };
        let (ended, cost, total) = match ended {
            Err(error) => (Err(error.to_string()), f64::NAN, nothing),
            Ok(found) => {
                let total = Sample {
                    iterations: found.iterations,
                    evaluations: found.evaluations.largest(),
                    gradient_equivalents: gradient_equivalents(&found.evaluations, dimension),
                    seconds: found.elapsed.as_secs_f64(),
                    value,
                };
                (Ok(found.termination), found.cost, total)
            }
        };
        Self { problem, dimension, solver, start, ended, cost, total, samples }
    }

    /// True when the run [converged](Termination::is_converged) by its own test.
    pub fn is_converged(&self) -> bool {
        self.ended.as_ref().is_ok_and(Termination::is_converged)
    }
}
