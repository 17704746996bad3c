//! One run of one solver on one problem from one start.

use std::fmt;

use nalgebra::DVector;

use super::outcome::{Outcome, Sample};
use super::{Case, Lab, Measure};
use crate::stop::{max_evaluations, max_iterations};
use crate::{Error, Minimizer, Problem, Progress, Solution, Stop, fingerprint};

/// What a solver is made for.
pub struct Trial<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) solver: usize,
    pub(super) start: usize,
    pub(super) x0: &'a DVector<f64>,
    pub(super) seed: u64,
    /// The place among all trials.
    pub(super) index: usize,
}

impl Trial<'_> {
    /// The problem.
    pub fn problem(&self) -> &dyn Problem {
        self.case.problem
    }

    /// The name of the problem.
    pub fn name(&self) -> &str {
        &self.case.name
    }

    /// The start.
    pub fn x0(&self) -> &DVector<f64> {
        self.x0
    }

    /// A seed for the solver. It differs from start to start, and is the same for all solvers.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, start, seed, .. } = self;
        write!(f, "Trial({case:?}, start {start}, seed {seed})")
    }
}

impl Lab<'_> {
    pub(super) fn outcome(&self, trial: &Trial<'_>) -> Outcome {
        let mut samples: Vec<Sample> = Vec::new();
        let (n, name) = (trial.x0.len(), self.solvers[trial.solver].0.clone());
        let ended = self.solve(trial, |progress| {
            let value = self.value(trial.case, progress);
            // Not `value < last`: the first value may be NaN.
            if samples.last().is_none_or(|last| value < last.value) {
                samples.push(Sample::new(progress, n, value));
            }
        });
        Outcome::new(trial.case.name.clone(), n, name, trial.start, ended, samples)
    }

    fn solve(
        &self,
        trial: &Trial<'_>,
        observe: impl FnMut(&Progress<'_>),
    ) -> Result<Solution, Error> {
        let solver = (self.solvers[trial.solver].1)(trial);
        Minimizer::new(&trial.case.problem, solver, trial.x0.clone())
            .stop_when(self.stop())
            .observe(observe)
            .run()
    }

    pub(super) fn stop(&self) -> Stop {
        let stop = (self.rule)().or(max_iterations(self.max_iterations));
        match self.max_evaluations {
            Some(limit) => stop.or(max_evaluations(limit)),
            None => stop,
        }
    }

    fn value(&self, case: &Case<'_>, progress: &Progress<'_>) -> f64 {
        match (self.measure, &case.minimizer) {
            (Measure::Gap, _) => progress.cost,
            (Measure::Distance, Some(minimizer)) => progress.x.metric_distance(minimizer),
            (Measure::Distance, None) => f64::NAN,
            (Measure::GradientNorm, _) => progress.gradient_norm.unwrap_or(f64::INFINITY),
        }
    }

    /// A number for everything that determines the outcomes.
    pub(super) fn fingerprint(&self, trials: &[Trial<'_>]) -> u64 {
        let of_trial = |trial: &Trial<'_>| {
            let (solver, make) = &self.solvers[trial.solver];
            let made = make(trial);
            let x0: Vec<u64> = trial.x0.iter().map(|x| x.to_bits()).collect();
            fingerprint(&(trial.name(), x0, solver, made.name_any(), made.fingerprint_any()))
        };
        let all: Vec<u64> = trials.iter().map(of_trial).collect();
        fingerprint(&(all, self.seed, self.measure, self.stop()))
    }
}
