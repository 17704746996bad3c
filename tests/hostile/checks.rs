//! What must hold for every run, whatever the problem, its fault, the solver and its settings.

use std::time::Instant;

use extremum::{DVector, Solution, Stall, Termination};

use super::cases::Case;
use super::faults::{Fault, Form};
use super::repeats::{interrupted, repeated};
use super::runs::{End, LATE, TIME_LIMIT, Way, end};
use super::solvers::Family;
use super::wrapped::{Hostile, counted};

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

impl Kind {
    /// How many of so many cases are known to end like this, rounded down. To be lowered; what is not listed never happens.
    pub fn known(self, cases: u64) -> u64 {
        let in_1e5 = match self {
            // Points whose gradient was not kept, where searches fail.
            Self::RepeatedPoint => 300,
            // A polish interrupted after its generation reached the target; a gradient that is 0 at bounds, refined twice.
            Self::DifferentBits => 3,
            _ => 0,
        };
        cases * in_1e5 / 100_000
    }
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
        End::Planned if case.survives_panics() => {
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

/// The gradient as the problem gives it, projected: x - P(x - g), P into the bounds. `None` where it gives none.
fn told_gradient(case: &Case, found: &Solution, problem: &Hostile<'_>) -> Option<DVector<f64>> {
    let n = case.start.len();
    let mut gradient = DVector::from_element(n, f64::NAN);
    problem.told_gradient(&found.x, &mut gradient);
    if gradient.len() != n || gradient.iter().any(|g| g.is_nan()) {
        return None;
    }
    if let Some(bounds) = &case.bounds {
        for (i, g) in gradient.iter_mut().enumerate() {
            let (below, above) = (found.x[i] - bounds.lower()[i], bounds.upper()[i] - found.x[i]);
            *g = g.clamp(-above, below);
        }
    }
    Some(gradient)
}

fn told_norm(case: &Case, found: &Solution, problem: &Hostile<'_>) -> f64 {
    told_gradient(case, found, problem).map_or(f64::NAN, |gradient| gradient.amax())
}

/// max |g_i| s_i, s_i the larger of |x_i| and the distance from the start, and no more than the bounds leave: what `converged`
/// holds against the decrease.
fn told_promise(case: &Case, found: &Solution, problem: &Hostile<'_>) -> f64 {
    let mut gradient = DVector::from_element(case.start.len(), f64::NAN);
    problem.told_gradient(&found.x, &mut gradient);
    let promises = gradient.iter().enumerate().map(|(i, g)| {
        let (x, bounds) = (found.x[i], case.bounds.as_ref());
        let room = bounds.map_or(f64::INFINITY, |bounds| {
            if *g > 0.0 { x - bounds.lower()[i] } else { bounds.upper()[i] - x }
        });
        let size = x.abs().max((x - case.start[i]).abs()).min(room);
        if *g == 0.0 { 0.0 } else { g.abs() * size }
    });
    promises.fold(0.0, |most, promise| if promise <= most { most } else { promise })
}

/// How much larger a true norm may be than a differenced one, where numbers have all their digits.
const DIFFERENCED: f64 = 10.0;

/// The evidence of a run that converged, held against the problem.
fn confirmed(case: &Case, found: &Solution, problem: &Hostile<'_>) -> Result<(), String> {
    let slack = if case.form == Form::Cost { DIFFERENCED } else { 1.0 };
    // Differences show nothing where the function has no derivatives, or is not the same twice.
    let is_shown = case.form != Form::Cost || case.is_smooth() && case.fault.is_pure();
    let is_met = match found.termination {
        Termination::TargetReached { cost, target } => cost <= target && cost == found.cost,
        Termination::GradientNorm { norm, tolerance } => {
            let most = slack * norm.max(tolerance).max(f64::MIN_POSITIVE);
            let is_true = told_norm(case, found, problem) <= most;
            norm <= tolerance && found.gradient_norm == Some(norm) && (!is_shown || is_true)
        }
        Termination::PromisedChange { decrease, .. } => {
            let allowed = (1e-8 * decrease).max(4.0 * f64::EPSILON * found.cost.abs());
            let is_true = told_promise(case, found, problem) <= slack * allowed * (1.0 + 1e-12);
            let first = problem.told_cost(&DVector::from_vec(case.start.clone()));
            // Coordinates without bounds round the start.
            let is_rounded = case.family == Family::Restarts && case.bounds.is_some();
            (decrease == first - found.cost || is_rounded) && (!is_shown || is_true)
        }
        _ => true,
    };
    let told = || {
        let (norm, promise) = (told_norm(case, found, problem), told_promise(case, found, problem));
        let Solution { termination, gradient_norm, .. } = found;
        format!(
            "{termination:?}, norm {gradient_norm:?}; at x it is {norm:e}, and promises {promise:e}"
        )
    };
    if is_met { Ok(()) } else { Err(told()) }
}
