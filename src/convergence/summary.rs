//! From the results of the laboratory to its report.

use super::Rate;
use super::lab::{Axis, Outcome, Sample};
use super::profile::Profile;
use super::rate::Class;
use super::report::{
    self, Point, Problem, ProfileCurve, ProfileKind, Provenance, Quantity, Report, Run, RunningTime,
};
use super::results::Results;
use super::theory::{Theory, Verdict};

/// The tolerances of profiles and running times.
const TOLERANCES: [f64; 4] = [1e-1, 1e-3, 1e-5, 1e-7];
/// How many points a fitted or predicted line has.
const POINTS: usize = 33;

impl Results {
    /// The report of these results, with the rate of each solver on each problem, measured over all starts by iterations; the
    /// performance and data profiles and expected running times at the tolerances 1e-1, 1e-3, 1e-5 and 1e-7; and the
    /// distribution of runtimes over the same tolerances. Profiles in seconds differ from run to run, the others do not.
    ///
    /// `theory` says what is predicted for a problem and a solver, by their names; errors are compared with it.
    pub fn report(
        &self,
        title: impl Into<String>,
        theory: impl Fn(&str, &str) -> Option<Theory>,
    ) -> Report {
        let problems = self.problems().iter().map(|reference| Problem {
            name: reference.problem.clone(),
            n: reference.dimension,
            minimum: Some(reference.value).filter(|value| value.is_finite()),
            known: reference.is_known,
        });
        let pairs = || {
            let solvers = self.solvers().len();
            (0..self.problems().len()).flat_map(move |p| (0..solvers).map(move |s| (p, s)))
        };
        let predicted =
            |p: usize, s: usize| theory(&self.problems()[p].problem, &self.solvers()[s]);
        Report {
            title: title.into(),
            provenance: self.provenance(),
            problems: problems.collect(),
            solvers: self.solvers().to_vec(),
            runs: pairs().flat_map(|(p, s)| self.runs(p, s)).collect(),
            rates: pairs().map(|(p, s)| self.described(p, s, predicted(p, s))).collect(),
            profiles: self.all_profiles(),
            running_times: pairs().flat_map(|(p, s)| self.running_times(p, s)).collect(),
        }
    }

    /// The rate of a solver on a problem, by their numbers: over all starts, by iterations.
    pub fn rate(&self, problem: usize, solver: usize) -> Rate {
        Rate::of_point_runs(&self.points(problem, solver))
    }

    /// The errors of each start by iterations, above what rounding of f* leaves of them.
    fn points(&self, problem: usize, solver: usize) -> Vec<Vec<(f64, f64)>> {
        let floor = self.floor(problem);
        let of_outcome = |outcome: &Outcome| {
            let errors = outcome.samples.iter();
            let errors = errors.map(|x| (x.iterations as f64, self.error(problem, x)));
            errors.take_while(|(_, error)| *error > floor).collect()
        };
        self.outcomes_of(problem, solver).iter().map(of_outcome).collect()
    }

    fn provenance(&self) -> Provenance {
        Provenance {
            version: format!("extremum {}", env!("CARGO_PKG_VERSION")),
            seed: self.seed(),
            starts: self.starts(),
            limits: self.limits().to_owned(),
            ..Provenance::default()
        }
    }

    fn runs(&self, problem: usize, solver: usize) -> Vec<Run> {
        let [.., smallest] = TOLERANCES;
        let of_outcome = |outcome: &Outcome| {
            let point = |x: &Sample, error: f64| {
                Point::new(x.iterations, x.evaluations, x.gradient_equivalents, x.seconds, error)
            };
            let curve: Vec<Point> =
                outcome.samples.iter().map(|x| point(x, self.error(problem, x))).collect();
            let total = &outcome.total;
            Run {
                termination: outcome.ended.as_ref().map_or(String::new(), ToString::to_string),
                converged: outcome.is_converged(),
                solved: self.cost_to(problem, outcome, smallest, Axis::Iterations).is_some(),
                refused: outcome.ended.as_ref().err().cloned(),
                cost: Some(outcome.cost).filter(|cost| cost.is_finite()),
                gap: curve.last().map(|point| point.error),
                iterations: total.iterations,
                evaluations: total.evaluations,
                gradient_equivalents: total.gradient_equivalents,
                seconds: total.seconds,
                ..Run::of(problem, solver, outcome.start, curve)
            }
        };
        self.outcomes_of(problem, solver).iter().map(of_outcome).collect()
    }

    fn described(&self, problem: usize, solver: usize, theory: Option<Theory>) -> report::Rate {
        let runs = self.points(problem, solver);
        let rate = Rate::of_point_runs(&runs);
        let (class, quantity, estimate) = match &rate.class {
            Class::Sublinear { power } => ("sublinear", Quantity::Power, Some(power)),
            Class::Linear { factor } => ("linear", Quantity::Factor, Some(factor)),
            Class::LinearPolynomial { factor, .. } => {
                ("linear with a power of k", Quantity::Factor, Some(factor))
            }
            Class::Superlinear => ("superlinear", Quantity::Order, None),
            Class::Order { order } => ("superlinear of an order", Quantity::Order, Some(order)),
            Class::Insufficient { .. } => ("undecided", Quantity::Factor, None),
        };
        let run = runs.iter().max_by_key(|run| run.len());
        let theory = theory.map(|theory| {
            let errors: Vec<Vec<f64>> = runs.iter().map(|run| by_iteration(run)).collect();
            described(&theory, &theory.check_with(&errors, || rate.clone()), run)
        });
        report::Rate {
            problem,
            solver,
            class: class.to_owned(),
            quantity,
            value: estimate.map(|estimate| estimate.value),
            low: estimate.map(|estimate| estimate.low),
            high: estimate.map(|estimate| estimate.high),
            constant: rate.constant,
            window: Some([rate.window.0 as u64, rate.window.1 as u64]),
            floor: Some(rate.floor.max(self.floor(problem))).filter(|floor| *floor > 0.0),
            per_digit: rate.per_digit,
            decided: !matches!(rate.class, Class::Insufficient { .. }),
            fit: run.map_or(Vec::new(), |run| fit(&rate, run)),
            theory,
        }
    }

    fn all_profiles(&self) -> Vec<report::Profile> {
        let mut all = Vec::new();
        let mut add = |kind, axis, tolerance, profiles: Vec<Profile>| {
            let curve = |(solver, profile): (usize, Profile)| ProfileCurve {
                solver,
                points: profile.steps.iter().map(|&(x, share)| [x, share]).collect(),
                failures: profile.failures,
                total: profile.total,
            };
            let curves = profiles.into_iter().enumerate().map(curve).collect();
            all.push(report::Profile { kind, axis, tolerance, curves });
        };
        for axis in Axis::ALL {
            for tolerance in TOLERANCES {
                let at = Some(tolerance);
                let profiles = self.performance_profile(axis, tolerance);
                add(ProfileKind::Performance, axis, at, profiles);
                add(ProfileKind::Data, axis, at, self.data_profile(axis, tolerance));
            }
            let runtimes = self.runtime_distribution(axis, &TOLERANCES);
            add(ProfileKind::Ecdf, axis, None, runtimes);
        }
        all
    }

    fn running_times(&self, problem: usize, solver: usize) -> Vec<RunningTime> {
        let outcomes = self.outcomes_of(problem, solver);
        let at = |tolerance: f64| {
            let axis = Axis::Evaluations;
            let reached = |o: &&Outcome| self.cost_to(problem, o, tolerance, axis).is_some();
            RunningTime {
                problem,
                solver,
                tolerance,
                axis,
                value: self.expected_running_time(problem, solver, axis, tolerance),
                successes: outcomes.iter().filter(reached).count(),
                starts: outcomes.len(),
            }
        };
        TOLERANCES.map(at).into()
    }
}

/// The error of the best point after each iteration.
fn by_iteration(run: &[(f64, f64)]) -> Vec<f64> {
    let mut errors: Vec<f64> = Vec::new();
    for &(k, error) in run {
        errors.resize((k as usize).max(errors.len()), errors.last().copied().unwrap_or(error));
        errors.push(error);
    }
    errors
}

/// The fitted law through the window, along one run.
fn fit(rate: &Rate, run: &[(f64, f64)]) -> Vec<[f64; 2]> {
    let (first, last) = rate.window;
    let within = |k: f64| first <= k && k <= last;
    let Some(&(from, error)) = run.iter().find(|(k, _)| within(*k)) else { return Vec::new() };
    let law = match &rate.class {
        Class::Linear { factor } => Theory::linear("", factor.value, 0.0),
        Class::LinearPolynomial { factor, power } => Theory::linear("", factor.value, power.value),
        Class::Sublinear { power } => Theory::linear("", 1.0, -power.value),
        // An order has no line: the errors of the window themselves.
        Class::Order { .. } | Class::Superlinear => {
            return run.iter().filter(|(k, _)| within(*k)).map(|&(k, e)| [k, e]).collect();
        }
        Class::Insufficient { .. } => return Vec::new(),
    };
    let end = run.iter().rev().find(|(k, _)| within(*k)).map_or(from, |(k, _)| *k);
    line(&law, (from, error), end)
}

fn described(theory: &Theory, verdict: &Verdict, run: Option<&Vec<(f64, f64)>>) -> report::Theory {
    let start = run.and_then(|run| Some((*run.first()?, run.last()?.0)));
    report::Theory {
        label: theory.to_string(),
        line: start.map_or(Vec::new(), |(start, end)| line(theory, start, end)),
        verdict: verdict.to_string(),
        expected: theory.value(),
    }
}

/// Points of a law from a point on.
fn line(law: &Theory, (from, error): (f64, f64), end: f64) -> Vec<[f64; 2]> {
    let at = |i: usize| from + (end - from) * i as f64 / (POINTS - 1) as f64;
    let point = |k: f64| Some([k, law.predicted(k, (from, error))?]);
    let points = (0..POINTS).filter_map(|i| point(at(i)));
    points.filter(|[_, e]| *e > 0.0 && e.is_finite()).collect()
}
