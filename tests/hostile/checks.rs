//! What must hold for every run, whatever the problem, its fault, the solver and its settings.

use std::cell::RefCell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

use extremum::{Checkpoint, DVector, Error, Minimizer, Parallel, Solution, Stall, Termination};

use super::cases::Case;
use super::dice::Dice;
use super::faults::{Fault, Form, Hostile, Planned, counted};
use super::solvers::{Any, Family};

/// What a check may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Panic,
    BeyondBudget,
    FalseConverged,
    FalseClaim,
    AboveStart,
    WrongReport,
    WrongCount,
    RepeatedPoint,
    DifferentBits,
    LargeAllocation,
    Endless,
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub kind: Kind,
    pub what: String,
}

impl Finding {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

/// How a run ended.
pub enum End {
    Found(Box<Solution>),
    Refused(Error),
    /// The problem's own panic reached the caller.
    Planned,
    Panicked(String),
}

impl End {
    fn found(&self) -> Option<&Solution> {
        match self {
            Self::Found(found) => Some(found),
            _ => None,
        }
    }
}

impl Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Found(found) => write!(f, "{found}\n{found:?}"),
            Self::Refused(error) => write!(f, "refused: {error}"),
            Self::Planned => write!(f, "the problem's own panic"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
        }
    }
}

/// How long a run with slow costs may last.
const TIME_LIMIT: Duration = Duration::from_millis(15);
/// How late it may be, on a busy machine.
const LATE: Duration = Duration::from_secs(3);

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs it, silently; the message of a panic that the problem did not plan.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Option<String>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            MESSAGE.with(|message| *message.borrow_mut() = panic.to_string())
        }));
    });
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        (!payload.is::<Planned>()).then(|| MESSAGE.with(|message| message.borrow().clone()))
    })
}

/// How a run is made.
#[derive(Clone, Copy, Default)]
struct Way {
    /// In place of the budget.
    iterations: Option<u64>,
    is_parallel: bool,
    /// After so many iterations it goes through bytes.
    cut: Option<u64>,
}

fn terms<'a>(case: &'a Case, problem: &'a Hostile<'a>, way: Way) -> Minimizer<'a, &'a Any> {
    let stop = way.iterations.map_or_else(|| case.stop(), |limit| case.stop_after(limit));
    let mut terms = Minimizer::new(problem, &case.solver.value, case.start.as_slice())
        .stop_when(stop)
        .cancelled_by(&problem.token);
    if matches!(case.fault, Fault::Slow(_)) {
        terms = terms.time_limit(TIME_LIMIT);
    }
    if way.is_parallel { terms.evaluate_with(Parallel) } else { terms }
}

fn drive(case: &Case, problem: &Hostile<'_>, way: Way) -> Result<Solution, Error> {
    problem.begin_step();
    let mut run = terms(case, problem, way).start()?;
    let mut step = 0;
    loop {
        if way.cut == Some(step) {
            let bytes = run.checkpoint().to_bytes()?;
            run = terms(case, problem, way).resume(Checkpoint::from_bytes(&bytes)?)?;
        }
        problem.begin_step();
        if run.step().is_break() {
            return Ok(run.finish());
        }
        step += 1;
    }
}

fn end(case: &Case, problem: &Hostile<'_>, way: Way) -> End {
    match caught(|| drive(case, problem, way)) {
        Ok(Ok(found)) => End::Found(Box::new(found)),
        Ok(Err(error)) => End::Refused(error),
        Err(None) => End::Planned,
        Err(Some(message)) => End::Panicked(message),
    }
}

/// A run and everything that was found wrong with it.
pub struct Checked {
    pub end: End,
    pub findings: Vec<Finding>,
}

pub fn check(case: &Case) -> Checked {
    let mut findings = Vec::new();
    let (problem, started) = (case.problem(), Instant::now());
    let end = end(case, &problem, Way::default());
    if matches!(case.fault, Fault::Slow(_)) && started.elapsed() > TIME_LIMIT + LATE {
        findings.push(Finding::new(
            Kind::Endless,
            format!("{:?} under a limit of {TIME_LIMIT:?}", started.elapsed()),
        ));
    }
    match &end {
        End::Found(found) => report(case, found, &problem, &mut findings),
        End::Panicked(message) => findings.push(Finding::new(Kind::Panic, message)),
        End::Planned if !case.family.lets_panics_through() => {
            findings.push(Finding::new(Kind::Panic, "the problem's panic reached the caller"));
        }
        End::Refused(_) | End::Planned => {}
    }
    let seen = problem.seen();
    if seen.outside > 0 {
        let what =
            format!("{} calls at points that are not finite or outside the bounds", seen.outside);
        findings.push(Finding::new(Kind::WrongReport, what));
    }
    if case.family == Family::LineSearch && case.form != Form::Cost && seen.repeated > 0 {
        findings.push(Finding::new(
            Kind::RepeatedPoint,
            format!("{} calls within a step", seen.repeated),
        ));
    }
    if !matches!(case.fault, Fault::Slow(_)) {
        let mut dice = case.dice.clone();
        repeated(case, &end, &mut dice, &mut findings);
        if dice.chance(0.2) && case.fault.is_pure() {
            interrupted(case, &mut dice, &mut findings);
        }
    }
    Checked { end, findings }
}

/// What a solution says, held against the problem.
fn report(case: &Case, found: &Solution, problem: &Hostile<'_>, findings: &mut Vec<Finding>) {
    let mut fault = |kind, what: String| findings.push(Finding::new(kind, what));
    let counts = problem.counts();
    if counted(&found.evaluations) != counts {
        fault(
            Kind::WrongCount,
            format!("counted {:?}, called {counts:?}", counted(&found.evaluations)),
        );
    }
    let most = found.evaluations.cost.max(found.evaluations.gradient);
    if most > case.budget.max(1) {
        fault(Kind::BeyondBudget, format!("{most} evaluations of {}", case.budget));
    }
    if let Fault::CancelAt(k) = case.fault
        && counts[0] + counts[1] > k + 1
    {
        fault(Kind::BeyondBudget, format!("{} calls, cancelled at {k}", counts[0] + counts[1]));
    }
    if found.x.iter().any(|x| !x.is_finite())
        || case.bounds.as_ref().is_some_and(|b| !b.contain(&found.x))
    {
        return fault(
            Kind::WrongReport,
            format!("x = {:?} is not finite or outside the bounds", found.x.as_slice()),
        );
    }
    let (cost, first) =
        (problem.told_cost(&found.x), problem.told_cost(&DVector::from_vec(case.start.clone())));
    if found.cost.to_bits() != cost.to_bits() {
        fault(Kind::WrongReport, format!("cost {:?}, at x it is {cost:?}", found.cost));
    }
    if found.cost > first {
        fault(
            Kind::AboveStart,
            format!("{:?} above {first:?} by {:e}", found.cost, found.cost - first),
        );
    }
    if found.termination.is_converged()
        && let Err(what) = confirmed(case, found, problem)
    {
        fault(Kind::FalseConverged, what);
    }
    if let Some(norm) = found.gradient_norm
        && case.form != Form::Cost
        && case.bounds.is_none()
        && norm.to_bits() != told_norm(case, found, problem).to_bits()
    {
        let told = told_norm(case, found, problem);
        fault(
            Kind::WrongReport,
            format!("gradient norm {norm:e}, at x it is {told:e} ({})", found.termination),
        );
    }
    let Some(landscape) = case.landscape().filter(|_| case.fault.keeps_gradient()) else { return };
    match &found.termination {
        Termination::Unbounded { cost } if landscape.minimum().is_some() => {
            let minimum = landscape.minimum();
            fault(
                Kind::FalseClaim,
                format!("unbounded ({cost:e}), where the minimum is {minimum:?}"),
            );
        }
        Termination::Stalled { reason: Stall::GradientContradictsCost, .. }
            if landscape.is_continuous() =>
        {
            fault(
                Kind::FalseClaim,
                format!("a right gradient contradicts the cost at {:?}", found.x.as_slice()),
            );
        }
        _ => {}
    }
}

/// The norm of the gradient as the problem gives it, NaN where it does not.
fn told_norm(case: &Case, found: &Solution, problem: &Hostile<'_>) -> f64 {
    let n = case.start.len();
    let mut gradient = DVector::from_element(n, f64::NAN);
    problem.told_gradient(&found.x, &mut gradient);
    let is_whole = gradient.len() == n && gradient.iter().all(|g| !g.is_nan());
    if let Some(bounds) = &case.bounds
        && is_whole
    {
        for (i, g) in gradient.iter_mut().enumerate() {
            let (x, low, high) = (found.x[i], bounds.lower()[i], bounds.upper()[i]);
            if x == low && *g > 0.0 || x == high && *g < 0.0 {
                *g = 0.0;
            }
        }
    }
    if is_whole { gradient.amax() } else { f64::NAN }
}

/// How much a differenced norm may differ from the true one.
const DIFFERENCED: f64 = 10.0;

/// The evidence of a run that converged, held against the problem.
fn confirmed(case: &Case, found: &Solution, problem: &Hostile<'_>) -> Result<(), String> {
    let is_met = match found.termination {
        Termination::TargetReached { cost, target } => cost <= target && cost == found.cost,
        Termination::GradientNorm { norm, tolerance } if case.form == Form::Cost => {
            let is_told = !case.is_smooth() || !case.fault.is_pure();
            is_told || told_norm(case, found, problem) <= DIFFERENCED * norm.max(tolerance)
        }
        Termination::GradientNorm { norm, tolerance } => {
            norm <= tolerance && told_norm(case, found, problem) <= tolerance
        }
        _ => true,
    };
    let told =
        || format!("{}; at x the norm is {:e}", found.termination, told_norm(case, found, problem));
    if is_met { Ok(()) } else { Err(told()) }
}

/// The run again: on threads, and through bytes.
fn repeated(case: &Case, end: &End, dice: &mut Dice, findings: &mut Vec<Finding>) {
    let Some(found) = end.found() else { return };
    let mut compare = |again: End, how: &str| {
        let other = again.found();
        let same = other.is_some_and(|other| {
            bits(other) == bits(found) && other.evaluations == found.evaluations
        });
        if !same {
            findings.push(Finding::new(Kind::DifferentBits, format!("{how}:\n{found}\n{again:?}")));
        }
    };
    let is_shared = case.family == Family::Population || case.landscape().is_none();
    if is_shared && case.fault.is_pure() && dice.chance(0.3) {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool of threads");
            let way = Way { is_parallel: true, ..Way::default() };
            compare(
                pool.install(|| self::end(case, &case.problem(), way)),
                &format!("on {threads} threads"),
            );
        }
    }
    if found.iterations > 0 && dice.chance(0.3) {
        let cut = dice.index(found.iterations as usize) as u64;
        let way = Way { cut: Some(cut), ..Way::default() };
        compare(self::end(case, &case.problem(), way), &format!("resumed after step {cut}"));
    }
}

/// A run that is cancelled in the middle of a step and taken up again.
fn interrupted(case: &Case, dice: &mut Dice, findings: &mut Vec<Finding>) {
    let way = Way { iterations: Some(1 + dice.index(25) as u64), ..Way::default() };
    let problem = case.problem();
    let End::Found(whole) = end(case, &problem, way) else { return };
    let counts = problem.counts();
    let mut cancelling = case.problem();
    cancelling.cancel_at = 1 + dice.index((counts[0] + counts[1]) as usize) as u64;
    let at = cancelling.cancel_at;
    let resumed = caught(|| {
        let Ok(mut run) = terms(case, &cancelling, way).start() else { return None };
        while run.step().is_continue() {}
        let checkpoint = run.checkpoint();
        if run.finish().termination != Termination::Cancelled {
            return None;
        }
        let bytes = checkpoint.to_bytes().ok()?;
        Some(
            Checkpoint::from_bytes(&bytes)
                .and_then(|read| Ok(terms(case, &case.problem(), way).resume(read)?.complete())),
        )
    });
    match resumed {
        Ok(Some(Ok(resumed))) if bits(&resumed) != bits(&whole) => {
            let what = format!("interrupted at call {at}, resumed:\n{whole}\n{resumed}");
            findings.push(Finding::new(Kind::DifferentBits, what));
        }
        Ok(Some(Err(error))) => {
            let what = format!("interrupted at call {at}, not resumed: {error}");
            findings.push(Finding::new(Kind::DifferentBits, what));
        }
        Err(Some(message)) => {
            findings.push(Finding::new(Kind::Panic, format!("interrupted at call {at}: {message}")))
        }
        _ => {}
    }
}

/// What must be the same in two runs, to the last bit.
fn bits(found: &Solution) -> (Vec<u64>, u64, Option<u64>, u64, String) {
    let x = found.x.iter().map(|x| x.to_bits()).collect();
    let norm = found.gradient_norm.map(f64::to_bits);
    (x, found.cost.to_bits(), norm, found.iterations, format!("{:?}", found.termination))
}
