//! The laboratory: every solver on every problem from every start.
//!
//! ```text
//! start 0 = x₀;  start j = x₀ + spread · max(|x₀|, 1) · u,  u uniform in [-1, 1]ⁿ, drawn from (seed, problem, j)
//! ```
//!
//! A trial is one run of one solver on one problem from one start. Trials are independent, so they run in parallel (feature
//! `parallel`), and their results, except for times, depend neither on the number of threads nor on whether the laboratory
//! was interrupted and resumed.

mod journal;
mod outcome;
mod trial;

use std::fmt;
use std::path::PathBuf;

use nalgebra::DVector;

use crate::error::check;
use crate::stop::gradient_norm;
use crate::{AnySolver, Error, IntoVector, Problem, Random, Stop};

use super::results::{Reference, Results};
use journal::Journal;
pub use outcome::{Axis, Outcome, Sample};
pub use trial::Trial;

/// A problem of the [`Lab`], with its start and what is known about its solution.
pub struct Case<'a> {
    pub(super) name: String,
    pub(super) problem: &'a dyn Problem,
    pub(super) x0: DVector<f64>,
    pub(super) minimum: Option<f64>,
    pub(super) minimizer: Option<DVector<f64>>,
}

impl<'a> Case<'a> {
    /// A problem under a name, and its first start.
    pub fn new(name: impl Into<String>, problem: &'a dyn Problem, x0: impl IntoVector) -> Self {
        let (minimum, minimizer) = (None, None);
        Self { name: name.into(), problem, x0: x0.into_vector(), minimum, minimizer }
    }

    /// States the minimum f*, as accurately as an `f64` can: errors f - f* are measured from it. Without it they are measured
    /// from the lowest cost that any solver finds; and so they are when a solver finds a lower one.
    pub fn minimum(mut self, minimum: f64) -> Self {
        self.minimum = Some(minimum);
        self
    }

    /// States the minimiser x*, which [`Measure::Distance`] needs.
    pub fn minimizer(mut self, minimizer: impl IntoVector) -> Self {
        self.minimizer = Some(minimizer.into_vector());
        self
    }
}

impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// The error that the laboratory measures. All are those of the best point so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Measure {
    /// f(x) - f*.
    #[default]
    Gap,
    /// The Euclidean distance ‖x - x*‖ from the [minimiser](Case::minimizer).
    Distance,
    /// The maximum norm of the gradient; infinite for a solver without gradients.
    GradientNorm,
}

type Factory<'a> = dyn Fn(&Trial<'_>) -> Box<dyn AnySolver> + Send + Sync + 'a;
type Finished<'a> = dyn Fn(usize, usize) + Send + Sync + 'a;

/// Problems × solvers × starts.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`starts`](Self::starts) | 1 | ≥ 1 | starts of each problem |
/// | [`spread`](Self::spread) | 0.1 | ≥ 0, finite | of the starts, relative to max(\|x₀\|, 1) in each coordinate |
/// | [`seed`](Self::seed) | 0 | | of the starts, and of the solvers that draw random numbers |
/// | [`max_iterations`](Self::max_iterations) | 10 000 | ≥ 1 | of a trial |
/// | [`max_evaluations`](Self::max_evaluations) | none | ≥ 1 | of one kind, of a trial |
/// | [`measure`](Self::measure) | the gap f - f* | | the error that is measured |
/// | [`stop_when`](Self::stop_when) | when the gradient is 0 | | ends a trial |
///
/// By default a trial goes on until the solver can make no further progress, because the last digits show the rate.
///
/// # Example
/// ```
/// use extremum::convergence::{Axis, Case, Lab};
/// use extremum::{Bfgs, GradientDescent, Solver, from_fn};
///
/// let bowl = from_fn(2, |x| x[0] * x[0] + 10.0 * x[1] * x[1])
///     .with_gradient(|x, g| (g[0], g[1]) = (2.0 * x[0], 20.0 * x[1]));
/// let results = Lab::new()
///     .problem(Case::new("bowl", &bowl, [-2.0, -2.0]).minimum(0.0))
///     .solver("BFGS", |_| Bfgs::default().boxed())
///     .solver("gradient descent", |_| GradientDescent::default().boxed())
///     .starts(3)
///     .run()?;
/// assert_eq!(results.outcomes().len(), 6);
/// let profile = results.performance_profile(Axis::Evaluations, 1e-6);
/// // BFGS is the fastest from each start.
/// assert_eq!((profile[0].solver.as_str(), profile[0].at(1.0)), ("BFGS", 1.0));
/// # Ok::<(), extremum::Error>(())
/// ```
pub struct Lab<'a> {
    cases: Vec<Case<'a>>,
    solvers: Vec<(String, Box<Factory<'a>>)>,
    starts: usize,
    spread: f64,
    seed: u64,
    measure: Measure,
    max_iterations: u64,
    max_evaluations: Option<u64>,
    rule: Box<dyn Fn() -> Stop + Send + Sync + 'a>,
    journal: Option<PathBuf>,
    finished: Box<Finished<'a>>,
}

impl fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let solvers: Vec<&String> = self.solvers.iter().map(|(name, _)| name).collect();
        let Self { cases, starts, seed, measure, .. } = self;
        let mut lab = f.debug_struct("Lab");
        lab.field("problems", cases).field("solvers", &solvers).field("starts", starts);
        lab.field("seed", seed).field("measure", measure).finish_non_exhaustive()
    }
}

impl Default for Lab<'_> {
    fn default() -> Self {
        Self {
            cases: Vec::new(),
            solvers: Vec::new(),
            starts: 1,
            spread: 0.1,
            seed: 0,
            measure: Measure::Gap,
            max_iterations: 10_000,
            max_evaluations: None,
            rule: Box::new(|| gradient_norm(0.0)),
            journal: None,
            finished: Box::new(|_, _| {}),
        }
    }
}

impl<'a> Lab<'a> {
    /// A laboratory without problems and solvers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem. Names must differ.
    pub fn problem(mut self, case: Case<'a>) -> Self {
        self.cases.push(case);
        self
    }

    /// Adds a solver under a name. It is made for each trial, so that it may depend on the problem, and on the seed of the
    /// trial where it draws random numbers. Names must differ.
    pub fn solver(
        mut self,
        name: impl Into<String>,
        solver: impl Fn(&Trial<'_>) -> Box<dyn AnySolver> + Send + Sync + 'a,
    ) -> Self {
        self.solvers.push((name.into(), Box::new(solver)));
        self
    }

    /// Sets the number of starts of each problem.
    pub fn starts(mut self, starts: usize) -> Self {
        self.starts = starts;
        self
    }

    /// Sets how far the further starts lie from the first.
    pub fn spread(mut self, spread: f64) -> Self {
        self.spread = spread;
        self
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the error that is measured.
    pub fn measure(mut self, measure: Measure) -> Self {
        self.measure = measure;
        self
    }

    /// Sets the most iterations of a trial.
    pub fn max_iterations(mut self, limit: u64) -> Self {
        self.max_iterations = limit;
        self
    }

    /// Sets the most evaluations of one kind in a trial; see [`max_evaluations`](crate::stop::max_evaluations).
    pub fn max_evaluations(mut self, limit: u64) -> Self {
        self.max_evaluations = Some(limit);
        self
    }

    /// Sets the rule that ends a trial before its limits.
    pub fn stop_when(mut self, rule: impl Fn() -> Stop + Send + Sync + 'a) -> Self {
        self.rule = Box::new(rule);
        self
    }

    /// Writes each finished trial to this file. A laboratory that was killed goes on from it; one whose problems, starts,
    /// solvers or limits differ refuses it. The file stays, so that more runs of the same laboratory only read it.
    pub fn journal(mut self, file: impl Into<PathBuf>) -> Self {
        self.journal = Some(file.into());
        self
    }

    /// Calls `finished` with the number of finished trials and of all, at the start and after each trial, on any thread.
    pub fn observe(mut self, finished: impl Fn(usize, usize) + Send + Sync + 'a) -> Self {
        self.finished = Box::new(finished);
        self
    }

    /// Runs all trials that the journal does not have.
    ///
    /// A trial that a solver refuses, such as bounds that it does not keep, is an outcome as well.
    ///
    /// # Errors
    /// [`Error::Parameter`] and [`Error::Dimension`]; [`Error::Lab`] when there is no problem or no solver, when two have the
    /// same name, when a minimiser is missing, and when the journal cannot be read or written or belongs to another laboratory.
    pub fn run(&self) -> Result<Results, Error> {
        self.check()?;
        let starts = self.all_starts();
        let trials = self.trials(&starts);
        let journal = match &self.journal {
            Some(file) => Journal::open(file, self.fingerprint(&trials), trials.len())?,
            None => Journal::none(trials.len()),
        };
        (self.finished)(journal.finished(), trials.len());
        let run = |trial: &Trial<'_>| {
            if journal.has(trial.index) {
                return Ok(());
            }
            let finished = journal.add(trial.index, self.outcome(trial))?;
            (self.finished)(finished, trials.len());
            Ok(())
        };
        for_each(&trials, run)?;
        let outcomes = journal.into_outcomes();
        let solvers = self.solvers.iter().map(|(name, _)| name.clone()).collect();
        let references = self.cases.iter().map(|case| Reference::new(case, self.measure)).collect();
        let limits = format!("{:?}", self.stop());
        Ok(Results::new(
            self.measure,
            self.seed,
            references,
            solvers,
            self.starts,
            limits,
            outcomes,
        ))
    }

    fn check(&self) -> Result<(), Error> {
        check(self.starts >= 1, "starts", self.starts as f64, "at least 1")?;
        let is_finite = self.spread >= 0.0 && self.spread.is_finite();
        check(is_finite, "spread", self.spread, "at least 0 and finite")?;
        check(self.max_iterations >= 1, "max_iterations", 0.0, "at least 1")?;
        check(self.max_evaluations != Some(0), "max_evaluations", 0.0, "at least 1")?;
        (self.rule)().check()?;
        let problems: Vec<&str> = self.cases.iter().map(|case| case.name.as_str()).collect();
        let solvers: Vec<&str> = self.solvers.iter().map(|(name, _)| name.as_str()).collect();
        for (what, names) in [("problem", problems), ("solver", solvers)] {
            if names.is_empty() {
                return Err(refused(format!("it has no {what}: add one with .{what}(..)")));
            }
            if let Some(name) = names
                .iter()
                .enumerate()
                .find_map(|(i, name)| names[..i].contains(name).then_some(name))
            {
                return Err(refused(format!("two of its {what}s have the name {name:?}")));
            }
        }
        self.cases.iter().try_for_each(|case| self.check_case(case))
    }

    fn check_case(&self, case: &Case<'_>) -> Result<(), Error> {
        let n = case.problem.dimension();
        let of_case = |what: &'static str, x: &DVector<f64>| {
            let actual = x.len();
            if actual == n { Ok(()) } else { Err(Error::Dimension { what, expected: n, actual }) }
        };
        of_case("x0", &case.x0)?;
        if let Some(minimizer) = &case.minimizer {
            of_case("minimizer", minimizer)?;
        } else if self.measure == Measure::Distance {
            let name = &case.name;
            return Err(refused(format!(
                "it measures distances, and the problem {name:?} has no minimiser: add one with .minimizer(..)"
            )));
        }
        Ok(())
    }

    /// The starts of each problem, within its bounds.
    fn all_starts(&self) -> Vec<Vec<DVector<f64>>> {
        let starts_of = |(index, case): (usize, &Case<'_>)| {
            (0..self.starts).map(|start| self.start(index, case, start)).collect()
        };
        self.cases.iter().enumerate().map(starts_of).collect()
    }

    fn start(&self, index: usize, case: &Case<'_>, start: usize) -> DVector<f64> {
        let mut random = Random::new(seed_of(&[self.seed, index as u64, start as u64]));
        let spread = if start == 0 { 0.0 } else { self.spread };
        let mut x = case.x0.clone();
        for x in &mut x {
            *x += spread * x.abs().max(1.0) * random.between(-1.0, 1.0);
        }
        if let Some(bounds) = case.problem.bounds().filter(|_| start > 0) {
            bounds.project(&mut x);
        }
        x
    }

    /// All trials, in the order of their outcomes.
    fn trials<'t>(&'t self, starts: &'t [Vec<DVector<f64>>]) -> Vec<Trial<'t>> {
        let mut trials = Vec::new();
        for (problem, case) in self.cases.iter().enumerate() {
            for solver in 0..self.solvers.len() {
                for (start, x0) in starts[problem].iter().enumerate() {
                    let index = trials.len();
                    // The same for all solvers: they see the same random numbers.
                    let seed = seed_of(&[self.seed, problem as u64, start as u64, 1]);
                    trials.push(Trial { case, solver, start, x0, seed, index });
                }
            }
        }
        trials
    }
}

/// A seed from several numbers.
fn seed_of(numbers: &[u64]) -> u64 {
    crate::fingerprint(&numbers)
}

pub(super) fn refused(reason: String) -> Error {
    Error::Lab { reason }
}

#[cfg(feature = "parallel")]
fn for_each(
    trials: &[Trial<'_>],
    run: impl Fn(&Trial<'_>) -> Result<(), Error> + Send + Sync,
) -> Result<(), Error> {
    use rayon::prelude::*;
    // Trials last from microseconds to minutes: each is a job of its own.
    trials.par_iter().with_max_len(1).try_for_each(run)
}

#[cfg(not(feature = "parallel"))]
fn for_each(
    trials: &[Trial<'_>],
    run: impl Fn(&Trial<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    trials.iter().try_for_each(run)
}
