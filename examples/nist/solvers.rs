//! All gradient methods on the sets of NIST.

use std::collections::BTreeMap;

use extremum::{Classification, Kind, Solution, Solver, Stall, Termination};

use crate::Arguments;
use crate::models::{DataSet, GAUSS_NEWTON, data_sets, fit, fit_residuals, rule, solvers};

/// A fit succeeds when each of its parameters has this many certified digits right.
const DIGITS: f64 = 6.0;

/// True when no name was given, or this one was.
pub fn is_asked(asked: &Option<String>, name: &str) -> bool {
    asked.as_ref().is_none_or(|asked| asked == name)
}

/// Prints the table.
pub fn fit_all(arguments: &Arguments) {
    if arguments.csv {
        println!(
            "set,start,solver,digits,digits_of_sum,sum_of_squares,cost_evaluations,gradient_evaluations,\
             hessian_evaluations,milliseconds,termination,point"
        );
    } else {
        println!("A run ends by {:?}.", rule());
        println!(
            "No rule tests the gradient, so even a perfect fit ends Stalled, at the rounding floor."
        );
    }
    if arguments.shows_fits() && !arguments.csv {
        println!(
            "\nCertified digits that are right, of the worst parameter and of the sum of squares:"
        );
        println!(
            "{:<9}{:>5}  {:<18}{:>9}{:>7}{:>7}{:>7}{:>9}  {:<21}point",
            "set", "start", "solver", "parameter", "sum", "evals", "hess", "ms", "end"
        );
    }
    // How many sets each solver, and the best of them, fitted from the first start and from the second.
    let mut solved = BTreeMap::<&str, [usize; 2]>::new();
    let mut best_solved = [0, 0];
    let sets: Vec<_> =
        data_sets().into_iter().filter(|set| is_asked(&arguments.set, set.name)).collect();
    for set in &sets {
        for (k, start) in set.starts.iter().enumerate() {
            let mut fits = Vec::new();
            for solver in solvers(start) {
                if is_asked(&arguments.solver, solver.name()) {
                    fits.push((solver.name(), fit(set, start, &solver)));
                }
            }
            if is_asked(&arguments.solver, GAUSS_NEWTON) {
                fits.push((GAUSS_NEWTON, fit_residuals(set, start)));
            }
            let mut best = false;
            for (name, (found, point)) in fits {
                let success = set.digits(found.x.as_slice()) >= DIGITS;
                solved.entry(name).or_default()[k] += usize::from(success);
                best |= success;
                let row = Row { set, start: k + 1, solver: name, found, point };
                if arguments.csv {
                    row.print_csv();
                } else if arguments.shows_fits() {
                    row.print();
                }
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
        if !arguments.shows_fits() {
            println!(
                "\nEvery fit: -- --solvers --all. One set or solver: -- --solvers --set MGH09, -- --solver Bfgs."
            );
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
            "{:<9}{start:>5}  {solver:<18}{:>9.1}{:>7.1}{:>7}{:>7}{:>9.2}  {:<21}{}",
            set.name,
            set.digits(found.x.as_slice()),
            set.digits_of_sum(found.cost),
            calls.cost.max(calls.gradient).max(calls.residual),
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
            calls.cost.max(calls.residual),
            calls.gradient.max(calls.jacobian),
            calls.hessian,
            found.elapsed.as_secs_f64() * 1e3,
            end(&found.termination),
            kind(point),
        );
    }
}

/// Why a run ended, in a few words.
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

/// The kind of point, in a few words.
fn kind(point: &Classification) -> String {
    match point.kind {
        Kind::Undecided { reason } => format!("Undecided: {reason:?}"),
        Kind::Saddle { index } => format!("Saddle of index {index}"),
        other => format!("{other:?}"),
    }
}
