//! Hock and Schittkowski's problems by the methods for constraints, beside pounce and slsqp:
//!
//! ```text
//! FERAL_PARALLEL=0 cargo bench -p extremum-benches --features constrained-peers --bench peer_constraints
//! ```
//!
//! The 52 problems of `examples/data/hock-schittkowski.json`, 43 with constraints and 9 with bounds alone, from the
//! same starts. All libraries get the same objects with exact derivatives; each run counts costs, gradients and
//! Hessians of the cost, a product with the Hessian as one. Everything has its defaults, except what it cannot run
//! without: see [`peers`]. They stop at different tolerances: this library when the unscaled first-order conditions
//! hold to 1e-6, pounce when its scaled ones hold to 1e-8.
//!
//! The points where the runs ended are judged alike, whatever the library says. They have to be feasible: to violate
//! bounds and constraints by at most 1e-6 max(1, |x|), as in the example `solve`. `f*`: the cost exceeds the file's
//! best by at most 1e-5 max(1, |f*|). `other`: elsewhere, but the unscaled first-order conditions hold, as `classify`
//! computes them from the point alone, moved into the bounds: the gradient of the Lagrangian and the complementarity
//! are at most 1e-4. `neither`: the rest. `claims` is how often the library says that it succeeded, and `false` how
//! often it says so of a point that is neither. `first order` counts the points where those conditions hold, at f* or
//! not; at the solution of HS13 they do not.
//!
//! Costs, gradients and Hessians are geometric means over the problems that all solve at f*, of the number plus one,
//! less one. `time` is that of whole runs, evaluations included, relative to the first row: the geometric mean, over
//! the same problems, of medians of ratios within a repetition, in which the libraries alternate. Next to it the time
//! itself, in microseconds. On problems so small it says what a run and an iteration cost besides arithmetic, and
//! nothing about large problems. All compute on one thread, given the variable above: without it, pounce starts
//! threads in each run.

use std::time::Instant;

use extremum::{
    AnySolver, AugmentedLagrangian, DVector, InteriorPoint, Minimizer, Problem, Solver,
    TrustRegion, classify,
};
use extremum_benches::measure::{geometric_mean, median, median_ratio};
use extremum_benches::problems::{self, Task};

#[path = "constrained_peers.rs"]
mod peers;

use peers::{Counted, Run};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/hock-schittkowski.json");
const REPETITIONS: usize = 9;
const FEASIBLE: f64 = 1e-6;
const STATIONARY: f64 = 1e-4;

type Method = fn(Counted, &DVector<f64>) -> Run;

const METHODS: [(&str, Method); 5] = [
    ("InteriorPoint", |problem, x0| extremum(problem, x0, InteriorPoint::default().boxed())),
    ("AugmentedLagrangian", |problem, x0| {
        extremum(problem, x0, AugmentedLagrangian::default().boxed())
    }),
    ("AugmentedLagrangian, tron", |problem, x0| {
        extremum(problem, x0, AugmentedLagrangian::new(TrustRegion::tron()).boxed())
    }),
    ("pounce", peers::pounce),
    ("slsqp", peers::slsqp),
];

fn extremum(problem: Counted, x0: &DVector<f64>, solver: Box<dyn AnySolver>) -> Run {
    let clock = Instant::now();
    let found = Minimizer::new(&problem, &solver, x0).run().expect("the starts are valid");
    let seconds = clock.elapsed().as_secs_f64();
    Run { claims: found.termination.is_converged(), x: found.x, seconds, counts: problem.counts() }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Best,
    Other,
    Neither,
}

/// One problem by one method.
struct Outcome {
    place: Place,
    is_first_order: bool,
    claims: bool,
    counts: [u64; 3],
    /// Of each repetition.
    seconds: Vec<f64>,
}

fn is_feasible(task: &Task, x: &DVector<f64>) -> bool {
    task.violation(x) <= FEASIBLE * x.amax().max(1.0)
}

/// Whether the first-order conditions hold. x may be outside the bounds by what is no violation.
fn is_first_order(task: &Task, problem: &dyn Problem, x: &DVector<f64>) -> bool {
    let mut x = x.clone();
    if let Some(bounds) = problem.bounds() {
        bounds.project(&mut x);
    }
    let Ok(point) = classify(&problem, &x) else { return false };
    let (residual, complementarity) = match &point.conditions {
        Some(conditions) => (conditions.residual, conditions.complementarity),
        None => (point.gradient_norm, 0.0),
    };
    is_feasible(task, &x) && residual <= STATIONARY && complementarity <= STATIONARY
}

fn judge(task: &Task, problem: &dyn Problem, run: Run) -> Outcome {
    let is_feasible = is_feasible(task, &run.x);
    let is_first_order = is_feasible && is_first_order(task, problem, &run.x);
    let is_best = |f_star: f64| problem.cost(&run.x) - f_star <= 1e-5 * f_star.abs().max(1.0);
    let place = match task.f_star {
        Some(f_star) if is_feasible && is_best(f_star) => Place::Best,
        _ if is_first_order => Place::Other,
        _ => Place::Neither,
    };
    Outcome { place, is_first_order, claims: run.claims, counts: run.counts, seconds: Vec::new() }
}

fn outcomes(task: &'static Task) -> Vec<Outcome> {
    // pounce keeps its problem for as long as it likes.
    let problem: &'static dyn Problem = Box::leak(task.problem());
    let run = |method: Method| method(Counted::new(problem), &task.start);
    let mut outcomes: Vec<_> =
        METHODS.iter().map(|&(_, method)| judge(task, problem, run(method))).collect();
    for _ in 0..REPETITIONS {
        for (outcome, &(_, method)) in outcomes.iter_mut().zip(&METHODS) {
            outcome.seconds.push(run(method).seconds);
        }
    }
    outcomes
}

/// How a run ended, in a cell.
fn cell(outcome: &Outcome) -> String {
    let place = match outcome.place {
        Place::Best => "f*",
        Place::Other => "other",
        Place::Neither => "neither",
    };
    let mark = match (outcome.claims, outcome.place) {
        (false, _) => "?",
        (true, Place::Neither) => "!",
        (true, _) => "",
    };
    format!("{place}{mark} {}", outcome.counts[0])
}

/// A row per method, for the outcomes of all problems.
fn print_table(problems: &[Vec<Outcome>]) {
    let all_solve = |outcomes: &&Vec<Outcome>| outcomes.iter().all(|o| o.place == Place::Best);
    let common: Vec<_> = problems.iter().filter(all_solve).collect();
    println!("\n{} problems, {} of them solved at f* by all", problems.len(), common.len());
    print!("{:<26} {:>4} {:>6} {:>8} {:>7} {:>6}", "", "f*", "other", "neither", "claims", "false");
    print!(" {:>12} {:>7} {:>9} {:>8}", "first order", "costs", "gradients", "Hessians");
    println!(" {:>6} {:>6}", "time", "µs");
    for (k, (name, _)) in METHODS.iter().enumerate() {
        let number = |of: fn(&Outcome) -> bool| problems.iter().filter(|all| of(&all[k])).count();
        print!("{name:<26}");
        print!(" {:>4}", number(|outcome| outcome.place == Place::Best));
        print!(" {:>6}", number(|outcome| outcome.place == Place::Other));
        print!(" {:>8}", number(|outcome| outcome.place == Place::Neither));
        print!(" {:>7}", number(|outcome| outcome.claims));
        print!(" {:>6}", number(|outcome| outcome.claims && outcome.place == Place::Neither));
        print!(" {:>12}", number(|outcome| outcome.is_first_order));
        let counts = [0, 1, 2]
            .map(|i| geometric_mean(common.iter().map(|all| (all[k].counts[i] + 1) as f64)) - 1.0);
        print!(" {:>7.1} {:>9.1} {:>8.1}", counts[0], counts[1], counts[2]);
        let ratios = common.iter().map(|all| median_ratio(&all[k].seconds, &all[0].seconds));
        let seconds = common.iter().map(|all| median(all[k].seconds.clone()));
        println!(" {:>6.2} {:>6.0}", geometric_mean(ratios), geometric_mean(seconds) * 1e6);
    }
}

fn main() {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let tasks: &'static [Task] =
        problems::read(FILE).expect("the file is in the repository").leak();
    println!("Where each run ended, and its costs; ? it does not claim success, ! it is wrong to");
    print!("{:<6}", "");
    METHODS.iter().for_each(|(name, _)| print!(" {name:>25}"));
    println!();
    let mut problems = Vec::new();
    for task in tasks {
        let outcomes = outcomes(task);
        print!("{:<6}", task.name);
        outcomes.iter().for_each(|outcome| print!(" {:>25}", cell(outcome)));
        println!();
        problems.push(outcomes);
    }
    print_table(&problems);
}
