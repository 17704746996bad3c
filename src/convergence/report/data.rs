//! What a report holds. Problems and solvers are named by their position in the report's lists.

use serde::{Serialize, Serializer};

use super::super::lab::Axis;
use super::thin;

/// What a comparison of solvers has measured: runs of every solver on every problem from several starts, the rates of
/// convergence, and profiles. See the [module](super) for how to write it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The headline.
    pub title: String,
    /// How the numbers came about.
    pub provenance: Provenance,
    /// The problems.
    pub problems: Vec<Problem>,
    /// The names of the solvers, in the order of the legend.
    pub solvers: Vec<String>,
    /// The runs.
    pub runs: Vec<Run>,
    /// The rates of convergence, at most one per problem and solver.
    pub rates: Vec<Rate>,
    /// The profiles, each over all problems and starts.
    pub profiles: Vec<Profile>,
    /// Expected running times.
    pub running_times: Vec<RunningTime>,
}

/// How the numbers came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// The version of the program.
    pub version: String,
    /// The seed of the starts. A string in JSON, because browsers round integers above 2⁵³.
    #[serde(serialize_with = "as_text")]
    pub seed: u64,
    /// The processor.
    pub cpu: String,
    /// How many threads ran.
    pub threads: usize,
    /// When.
    pub date: String,
    /// Starts per problem.
    pub starts: usize,
    /// The limits of each run, in words.
    pub limits: String,
}

/// A problem.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Problem {
    /// Its name.
    pub name: String,
    /// The number of variables.
    pub n: usize,
    /// The cost that errors are measured from.
    pub minimum: Option<f64>,
    /// Whether that is the true minimum, and not the lowest cost that a run has found.
    pub known: bool,
}

/// A run of one solver on one problem from one start.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    /// The problem.
    pub problem: usize,
    /// The solver.
    pub solver: usize,
    /// The start, counted from 0.
    pub start: usize,
    /// Why the run ended, in words.
    pub termination: String,
    /// Whether the run converged, by its own test.
    pub converged: bool,
    /// Whether it reached the smallest tolerance of the profiles.
    pub solved: bool,
    /// Why the solver refused the problem, if it did.
    pub refused: Option<String>,
    /// The lowest cost.
    pub cost: Option<f64>,
    /// That cost minus the problem's minimum.
    pub gap: Option<f64>,
    /// Steps taken.
    pub iterations: u64,
    /// Evaluations; see [`Axis::Evaluations`].
    pub evaluations: u64,
    /// The work in units of one gradient.
    pub gradient_equivalents: f64,
    /// Wall-clock time.
    pub seconds: f64,
    /// The error over the run. A report writes about 60 of the points.
    #[serde(serialize_with = "thin::curve")]
    pub curve: Vec<Point>,
}

impl Run {
    /// A run with the counts of the last point of its curve; the rest is empty. For struct updates.
    pub fn of(problem: usize, solver: usize, start: usize, curve: Vec<Point>) -> Self {
        let last = curve.last().copied().unwrap_or_default();
        Self {
            problem,
            solver,
            start,
            iterations: last.iterations,
            evaluations: last.evaluations,
            gradient_equivalents: last.gradient_equivalents,
            seconds: last.seconds,
            curve,
            ..Self::default()
        }
    }
}

/// The error after some of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Steps taken.
    pub iterations: u64,
    /// Evaluations so far.
    pub evaluations: u64,
    /// The work so far in units of one gradient.
    pub gradient_equivalents: f64,
    /// Time so far.
    pub seconds: f64,
    /// The error: of the cost or of x, as the title says.
    pub error: f64,
}

impl Point {
    /// A point from its five numbers.
    pub fn new(
        iterations: u64,
        evaluations: u64,
        gradient_equivalents: f64,
        seconds: f64,
        error: f64,
    ) -> Self {
        Self { iterations, evaluations, gradient_equivalents, seconds, error }
    }

    /// Its position on an axis.
    pub fn on(&self, axis: Axis) -> f64 {
        match axis {
            Axis::Iterations => self.iterations as f64,
            Axis::Evaluations => self.evaluations as f64,
            Axis::GradientEquivalents => self.gradient_equivalents,
            Axis::Seconds => self.seconds,
        }
    }
}

/// The rate at which a solver converged on a problem.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    /// The problem.
    pub problem: usize,
    /// The solver.
    pub solver: usize,
    /// The class of the rate in words: sublinear, linear, superlinear, quadratic.
    pub class: String,
    /// What `value` is.
    pub quantity: Quantity,
    /// The estimate; `None` where there was too little to measure.
    pub value: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The constant C of the law that was fitted.
    pub constant: Option<f64>,
    /// The first and the last iteration that were fitted.
    pub window: Option<[u64; 2]>,
    /// Errors below it are rounding.
    pub floor: Option<f64>,
    /// Iterations per decimal digit.
    pub per_digit: Option<f64>,
    /// Whether the class is certain.
    pub decided: bool,
    /// The fitted segment: iterations and errors.
    pub fit: Vec<[f64; 2]>,
    /// What theory says.
    pub theory: Option<Theory>,
}

/// The number that describes a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The factor ρ of e_k ~ C ρᵏ.
    #[default]
    Factor,
    /// The order p of e_{k+1} ~ C e_kᵖ.
    Order,
    /// The power a of e_k ~ C k⁻ᵃ.
    Power,
}

impl Quantity {
    /// Its letter.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Factor => "ρ",
            Self::Order => "p",
            Self::Power => "a",
        }
    }
}

/// A prediction and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Theory {
    /// The prediction in words or as a formula.
    pub label: String,
    /// Its line: iterations and errors.
    pub line: Vec<[f64; 2]>,
    /// The verdict in words: consistent, bound holds, slower, faster.
    pub verdict: String,
    /// The predicted value of the rate.
    pub expected: Option<f64>,
}

/// The share of problems that each solver has solved, over the work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Which kind.
    pub kind: ProfileKind,
    /// What the work is counted in.
    pub axis: Axis,
    /// The tolerance that counts as solved; `None` where there are many targets.
    pub tolerance: Option<f64>,
    /// A curve per solver.
    pub curves: Vec<ProfileCurve>,
}

/// Kinds of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileKind {
    /// Over the ratio to the least work of any solver: E. D. Dolan, J. J. Moré, Math. Program. 91 (2002) 201-213.
    Performance,
    /// Over the work divided by n + 1: J. J. Moré, S. M. Wild, SIAM J. Optim. 20 (2009) 172-191.
    Data,
    /// Over the work itself: the distribution of running times over targets, as COCO draws it.
    Ecdf,
}

impl Profile {
    /// The name of its kind.
    pub fn name(&self) -> &'static str {
        match self.kind {
            ProfileKind::Performance => "performance",
            ProfileKind::Data => "data",
            ProfileKind::Ecdf => "ecdf",
        }
    }

    /// The label of its horizontal axis.
    pub fn label(&self) -> String {
        let axis = self.axis.label();
        match self.kind {
            ProfileKind::Performance => format!("{axis} / least of any solver"),
            ProfileKind::Data => format!("{axis} / (n + 1)"),
            ProfileKind::Ecdf => axis.to_owned(),
        }
    }
}

/// One solver's curve of a profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProfileCurve {
    /// The solver.
    pub solver: usize,
    /// The work and the share from there on: the corners of a step function that is continuous from the right.
    pub points: Vec<[f64; 2]>,
    /// How many runs or targets were not solved.
    pub failures: usize,
    /// How many there were.
    pub total: usize,
}

/// The expected running time to a tolerance: the work of all runs divided by the number of successes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunningTime {
    /// The problem.
    pub problem: usize,
    /// The solver.
    pub solver: usize,
    /// The tolerance.
    pub tolerance: f64,
    /// What the work is counted in.
    pub axis: Axis,
    /// The expected work; `None` without a success.
    pub value: Option<f64>,
    /// How many runs succeeded.
    pub successes: usize,
    /// How many there were.
    pub starts: usize,
}

fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}
