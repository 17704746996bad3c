//! Fits with known answers: nonlinear regression problems of NIST, from both starts, with every gradient method.
//!
//! ```text
//! cargo run --release --example nist
//! cargo run --release --example nist -- --set MGH09 --solver Bfgs
//! cargo run --release --example nist -- --csv
//! ```
//!
//! NIST certifies eleven digits of the parameters of each fit. The table says how many of them a run got right (those
//! of the worst parameter), how many of the residual sum of squares, what it took, why it ended, and what kind
//! of point the library says it ended at. Solvers run as they are by default, on parameters in units of the start
//! (`typical_x`); no model is scaled by hand, and nothing is chosen for a set. A minimum without a correct digit is
//! another one: the same fit with its terms in another order (then the sum of squares agrees), or a worse fit, as across
//! a pole of a rational model.
//!
//! The models are in `nist/models.rs`, one line each; the data, and where it comes from, in `data/nist`.

#[path = "nist/models.rs"]
mod models;

use std::collections::BTreeMap;
use std::process::ExitCode;

use extremum::{Classification, Kind, Solution, Solver, Stall, Termination};
use models::{DataSet, data_sets, fit, rule, solvers};

const USAGE: &str = "usage: nist [--set NAME] [--solver NAME] [--csv]";

/// A fit succeeds when all its parameters have this many certified digits.
const DIGITS: f64 = 6.0;

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => {
            fit_all(&arguments);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Arguments {
    set: Option<String>,
    solver: Option<String>,
    csv: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--set" => arguments.set = Some(value()?),
                "--solver" => arguments.solver = Some(value()?),
                "--csv" => arguments.csv = true,
                other => return Err(format!("{other} is not an option")),
            }
        }
        let known = |name: &Option<String>, names: &[&str]| match name {
            Some(name) if !names.contains(&name.as_str()) => {
                Err(format!("there is no {name}, but there are {}", names.join(", ")))
            }
            _ => Ok(()),
        };
        known(&arguments.set, &data_sets().iter().map(|set| set.name).collect::<Vec<_>>())?;
        known(&arguments.solver, &solvers(&[1.0]).iter().map(|s| s.name()).collect::<Vec<_>>())?;
        Ok(arguments)
    }
}

/// True when nothing was asked for by name, or this was.
fn is_asked(asked: &Option<String>, name: &str) -> bool {
    asked.as_ref().is_none_or(|asked| asked == name)
}

fn fit_all(arguments: &Arguments) {
    if arguments.csv {
        println!(
            "set,start,solver,digits,digits_of_sum,sum_of_squares,cost_evaluations,gradient_evaluations,\
             hessian_evaluations,milliseconds,termination,point"
        );
    } else {
        println!("A run ends by {:?}.\n", rule());
        println!(
            "{:<9}{:>5}  {:<18}{:>6} {:>6}{:>7}{:>7}{:>9}  {:<21}point",
            "set", "start", "solver", "digits", "of sum", "evals", "hess", "ms", "end"
        );
    }
    // For each solver, and for the best of them, how many sets it fitted from the first start and from the second.
    let mut solved = BTreeMap::<&str, [usize; 2]>::new();
    let mut best_solved = [0, 0];
    let sets: Vec<_> =
        data_sets().into_iter().filter(|set| is_asked(&arguments.set, set.name)).collect();
    for set in &sets {
        for (k, start) in set.starts.iter().enumerate() {
            let mut best = false;
            for solver in solvers(start) {
                let name = solver.name();
                if !is_asked(&arguments.solver, name) {
                    continue;
                }
                let (found, point) = fit(set, start, &solver);
                let success = set.digits(found.x.as_slice()) >= DIGITS;
                solved.entry(name).or_default()[k] += usize::from(success);
                best |= success;
                let row = Row { set, start: k + 1, solver: name, found, point };
                if arguments.csv { row.print_csv() } else { row.print() }
            }
            best_solved[k] += usize::from(best);
        }
    }
    if !arguments.csv {
        println!("\nAt least {DIGITS} certified digits, of {} sets:", sets.len());
        println!("{:<18}{:>8}{:>8}", "", "start 1", "start 2");
        for (name, [first, second]) in solved.into_iter().chain([("the best of them", best_solved)])
        {
            println!("{name:<18}{first:>8}{second:>8}");
        }
    }
}

struct Row<'a> {
    set: &'a DataSet,
    start: usize,
    solver: &'static str,
    found: Solution,
    point: Classification,
}

impl Row<'_> {
    fn print(&self) {
        let Self { set, start, solver, found, point } = self;
        let calls = found.evaluations;
        println!(
            "{:<9}{start:>5}  {solver:<18}{:>6.1} {:>6.1}{:>7}{:>7}{:>9.2}  {:<21}{}",
            set.name,
            set.digits(found.x.as_slice()),
            set.digits_of_sum(found.cost),
            calls.cost.max(calls.gradient),
            calls.hessian,
            found.elapsed.as_secs_f64() * 1e3,
            end(&found.termination),
            kind(point),
        );
    }

    fn print_csv(&self) {
        let Self { set, start, solver, found, point } = self;
        let calls = found.evaluations;
        println!(
            "{},{start},{solver},{:.2},{:.2},{:e},{},{},{},{:.3},{},{}",
            set.name,
            set.digits(found.x.as_slice()),
            set.digits_of_sum(found.cost),
            found.cost,
            calls.cost,
            calls.gradient,
            calls.hessian,
            found.elapsed.as_secs_f64() * 1e3,
            end(&found.termination),
            kind(point),
        );
    }
}

/// Why a run ended, in two words.
fn end(termination: &Termination) -> &'static str {
    match termination {
        Termination::Stalled { reason, .. } => match reason {
            Stall::SmallReduction { .. } => "Stalled: reduction",
            Stall::LineSearch(_) => "Stalled: line search",
            Stall::GradientContradictsCost => "Stalled: gradient",
            Stall::NoImprovement { .. } => "Stalled: improvement",
            _ => "Stalled",
        },
        other => other.name(),
    }
}

/// What kind of point it is, in two words.
fn kind(point: &Classification) -> String {
    match point.kind {
        Kind::Undecided { reason } => format!("Undecided: {reason:?}"),
        Kind::Saddle { index } => format!("Saddle of index {index}"),
        other => format!("{other:?}"),
    }
}
