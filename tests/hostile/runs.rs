//! A run of a case: to its end, on threads or through a checkpoint; and how it ended.

use std::cell::RefCell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;

use extremum::{Checkpoint, Error, Minimizer, Parallel, Solution};

use super::cases::Case;
use super::faults::{Fault, Planned};
use super::solvers::Any;
use super::wrapped::Hostile;

/// How a run ended.
pub enum End {
    Found(Box<Solution>),
    Refused(Error),
    /// The problem's own panic reached the caller.
    Planned,
    Panicked(String),
}

impl End {
    pub fn found(&self) -> Option<&Solution> {
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
pub const TIME_LIMIT: Duration = Duration::from_millis(15);
/// How late it may be, on a busy machine.
pub const LATE: Duration = Duration::from_secs(3);

thread_local! {
    /// Within [`caught`], the message of the last panic.
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics that are planned or caught print nothing.
fn silence() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            MESSAGE.with_borrow_mut(|message| match message {
                _ if panic.payload().is::<Planned>() => {}
                Some(message) => *message = panic.to_string(),
                None => usual(panic),
            });
        }));
    });
}

/// Runs it, silently; the message of a panic that the problem did not plan.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Option<String>> {
    silence();
    MESSAGE.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(run));
    let message = MESSAGE.take();
    result.map_err(|payload| message.filter(|_| !payload.is::<Planned>()))
}

/// How a run is made.
#[derive(Clone, Copy, Default)]
pub struct Way {
    /// In place of the budget.
    pub iterations: Option<u64>,
    pub is_parallel: bool,
    /// After so many iterations it goes through bytes.
    pub cut: Option<u64>,
}

/// The terms of the run.
pub fn terms<'a>(case: &'a Case, problem: &'a Hostile<'a>, way: Way) -> Minimizer<'a, &'a Any> {
    let stop = way.iterations.map_or_else(|| case.stop(), |limit| case.stop_after(limit));
    let mut terms = Minimizer::new(problem, &case.solver.value, case.start.as_slice())
        .stop_when(stop)
        .cancelled_by(&problem.token);
    if matches!(case.fault, Fault::Slow(_)) {
        terms = terms.time_limit(TIME_LIMIT);
    }
    if case.survives_panics() {
        terms = terms.survive_panics();
    }
    if way.is_parallel { terms.evaluate_with(Parallel) } else { terms }
}

/// Makes a run on these terms; after `cut` iterations it goes through bytes.
pub fn through_bytes<'a>(
    terms: &dyn Fn() -> Minimizer<'a, &'a Any>,
    cut: Option<u64>,
) -> Result<Solution, Error> {
    let mut run = terms().start()?;
    let mut step = 0;
    loop {
        if cut == Some(step) {
            let bytes = run.checkpoint().to_bytes()?;
            run = terms().resume(Checkpoint::from_bytes(&bytes)?)?;
        }
        if run.step().is_break() {
            return Ok(run.finish());
        }
        step += 1;
    }
}

/// Makes the run step by step.
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

/// Makes the run and says how it ended.
pub fn end(case: &Case, problem: &Hostile<'_>, way: Way) -> End {
    match caught(|| drive(case, problem, way)) {
        Ok(Ok(found)) => End::Found(Box::new(found)),
        Ok(Err(error)) => End::Refused(error),
        Err(None) => End::Planned,
        Err(Some(message)) => End::Panicked(message),
    }
}
