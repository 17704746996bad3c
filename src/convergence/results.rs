//! What the laboratory found.

use serde::{Deserialize, Serialize};

use super::lab::{Axis, Case, Measure, Outcome, Sample};
use crate::Error;

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
    limits: String,
    outcomes: Vec<Outcome>,
}

/// The relative accuracy of the lowest cost that was found.
const UNKNOWN: f64 = 1e-12;

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
        limits: String,
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
        Self { measure, seed, problems, solvers, starts, limits, outcomes }
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

    /// The rule that ended each trial, in words.
    pub fn limits(&self) -> &str {
        &self.limits
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

    /// Errors of a problem below this are rounding of f*, or unknown because f* is only the lowest cost that was found.
    pub(super) fn floor(&self, problem: usize) -> f64 {
        let Reference { value, is_known, .. } = &self.problems[problem];
        let share = if *is_known { f64::EPSILON } else { UNKNOWN };
        if self.measure == Measure::Gap { 50.0 * share * value.abs() } else { 0.0 }
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

    /// What every trial cost up to each tolerance, as CSV: `problem,dimension,solver,start,tolerance`, and
    /// `iterations,evaluations,gradient_equivalents,seconds`, which are empty where the trial did not reach it. Profiles can be
    /// computed from it.
    ///
    /// # Errors
    /// [`Error::Report`] when it cannot be written.
    pub fn costs_csv(&self, tolerances: &[f64]) -> Result<String, Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let failed = |error: &dyn std::fmt::Display| Error::Report { reason: error.to_string() };
        let head = ["problem", "dimension", "solver", "start", "tolerance"];
        let axes = ["iterations", "evaluations", "gradient_equivalents", "seconds"];
        table.write_record(head.iter().chain(&axes)).map_err(|error| failed(&error))?;
        let per_problem = self.solvers.len() * self.starts;
        for (i, outcome) in self.outcomes.iter().enumerate() {
            for &tolerance in tolerances {
                let cost = |axis| self.cost_to(i / per_problem, outcome, tolerance, axis);
                let costs = Axis::ALL.map(cost).map(|c| c.map_or(String::new(), |c| c.to_string()));
                let Outcome { problem, dimension, solver, start, .. } = outcome;
                let row = (problem, dimension, solver, start, tolerance, costs);
                table.serialize(row).map_err(|error| failed(&error))?;
            }
        }
        let bytes = table.into_inner().map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|error| failed(&error))
    }
}
