//! What the laboratory found.

use serde::{Deserialize, Serialize};

use super::lab::{Axis, Case, Measure, Outcome, Sample};

/// The outcomes of a [`Lab`](super::Lab).
///
/// A trial reaches the tolerance τ when its error is at most τ times that of the start (J. J. Moré and S. M. Wild, *SIAM Journal
/// on Optimization* 20(1), 2009, eq. 2.2): f - f* ≤ τ (f(x₀) - f*). One that never does has failed, whatever its own verdict,
/// and its cost is counted as infinite. f* is the known minimum, or the lowest cost that any solver found if that is lower.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    measure: Measure,
    seed: u64,
    problems: Vec<Reference>,
    solvers: Vec<String>,
    starts: usize,
    outcomes: Vec<Outcome>,
}

/// A problem, and the value from which its errors are measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reference {
    /// The name of the problem.
    pub problem: String,
    /// Its number n of variables.
    pub dimension: usize,
    /// f*, or 0 for a distance or a gradient norm.
    pub value: f64,
    /// False when it is the lowest cost that was found.
    pub is_known: bool,
}

impl Reference {
    pub(super) fn new(case: &Case<'_>, measure: Measure) -> Self {
        let value = if measure == Measure::Gap { case.minimum } else { Some(0.0) };
        Self {
            problem: case.name.clone(),
            dimension: case.x0.len(),
            value: value.unwrap_or(f64::INFINITY),
            is_known: value.is_some(),
        }
    }
}

impl Results {
    pub(super) fn new(
        measure: Measure,
        seed: u64,
        mut problems: Vec<Reference>,
        solvers: Vec<String>,
        starts: usize,
        outcomes: Vec<Outcome>,
    ) -> Self {
        let per_problem = solvers.len() * starts;
        for (problem, outcomes) in problems.iter_mut().zip(outcomes.chunks(per_problem)) {
            let values = outcomes.iter().filter_map(|o| Some(o.samples.last()?.value));
            let lowest = values.fold(f64::INFINITY, f64::min);
            if lowest < problem.value {
                problem.value = lowest;
                problem.is_known = false;
            }
        }
        Self { measure, seed, problems, solvers, starts, outcomes }
    }

    /// The error that was measured.
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The problems.
    pub fn problems(&self) -> &[Reference] {
        &self.problems
    }

    /// The names of the solvers.
    pub fn solvers(&self) -> &[String] {
        &self.solvers
    }

    /// The number of starts of each problem.
    pub fn starts(&self) -> usize {
        self.starts
    }

    /// All outcomes: by problem, then by solver, then by start.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The outcomes of one solver on one problem, by their numbers.
    pub fn outcomes_of(&self, problem: usize, solver: usize) -> &[Outcome] {
        let first = (problem * self.solvers.len() + solver) * self.starts;
        self.outcomes.get(first..first + self.starts).unwrap_or(&[])
    }

    /// The error of a sample on a problem.
    pub fn error(&self, problem: usize, sample: &Sample) -> f64 {
        sample.value - self.problems[problem].value
    }

    /// What it cost a trial to reach the tolerance τ, or `None` when it did not.
    pub fn cost_to(
        &self,
        problem: usize,
        outcome: &Outcome,
        tolerance: f64,
        axis: Axis,
    ) -> Option<f64> {
        let start = self.error(problem, outcome.samples.first()?);
        let limit = (tolerance * start).min(f64::MAX);
        let reached = |sample: &&Sample| self.error(problem, sample) <= limit;
        Some(outcome.samples.iter().find(reached)?.cost(axis))
    }
}
