//! Every solver on a set of test problems, as a table or as CSV.
//!
//! ```text
//! cargo run --release --example compare_solvers                    every solver on two-dimensional classics
//! cargo run --release --example compare_solvers -- --suite mgh     the 35 problems of More, Garbow & Hillstrom
//! cargo run --release --example compare_solvers -- --suite bounded 43 problems within bounds, by solvers that keep them
//! cargo run --release --example compare_solvers -- --suite large --n 10,100,1000     28 functions of any size
//! cargo run --release --example compare_solvers -- --suite mgh --solver Lbfgs --line-search MoreThuente --csv
//! ```
//!
//! A run ends at a gradient of maximum norm 1e-6 max(1, |f|), or after 10000 evaluations. A row is `ok` when the
//! run converged to a known minimum. Within bounds the norm is that of the projected gradient, and at most 1e-6. In the suite `large` the norm is 1e-6, the limit 20000, and any convergence counts,
//! because few of its minima are known at every size. Above 200 variables, solvers that keep a matrix are left out.

use std::process::ExitCode;

use extremum::functions::{TestFunction, bounded, classics, large, more_garbow_hillstrom};
use extremum::line_search::{Backtracking, HagerZhang, MoreThuente, StrongWolfe};
use extremum::stop::{gradient_norm, gradient_norm_relative_to_cost, max_evaluations};
use extremum::{
    AnySolver, BarzilaiBorwein, Bfgs, ConjugateGradient, Domain, Error, GradientDescent, Lbfgs,
    Lbfgsb, Minimizer, Newton, Problem, Solution, Solver, Stop, TrustRegion,
};

const USAGE: &str = "usage: compare_solvers [--suite classics|mgh|bounded|large] [--n SIZES] [--solver NAME] [--problem NAME] \
                     [--line-search HagerZhang|MoreThuente|StrongWolfe|Backtracking] [--csv]";

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => {
            compare(&arguments);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    suite: Suite,
    problems: Vec<TestFunction>,
    solvers: Vec<Box<dyn AnySolver>>,
    csv: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut suite = Suite::Classics;
        let mut sizes = vec![100];
        let (mut solver, mut problem) = (None, None);
        let mut search = None;
        let mut csv = false;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--csv" => csv = true,
                "--solver" => solver = Some(value()?),
                "--problem" => problem = Some(value()?),
                "--line-search" => search = Some(value()?),
                "--suite" => {
                    suite = match value()?.as_str() {
                        "classics" => Suite::Classics,
                        "mgh" => Suite::MoreGarbowHillstrom,
                        "bounded" => Suite::Bounded,
                        "large" => Suite::Large,
                        other => return Err(format!("there is no suite {other}")),
                    }
                }
                "--n" => {
                    let given = value()?;
                    let parsed: Result<_, _> = given.split(',').map(str::parse).collect();
                    sizes = parsed.map_err(|_| format!("{given} are not sizes"))?;
                }
                other => return Err(format!("{other} is not an option")),
            }
        }
        let mut problems = suite.problems(&sizes).map_err(|error| error.to_string())?;
        let mut solvers = solvers(search.as_deref())?;
        if suite == Suite::Bounded {
            solvers.retain(|solver| solver.domain() >= Domain::Bounded);
        }
        if let Some(name) = solver {
            solvers.retain(|s| s.name() == name);
            if solvers.is_empty() {
                return Err(format!("there is no solver {name}"));
            }
        }
        if let Some(name) = problem {
            problems.retain(|p| p.name() == name);
            if problems.is_empty() {
                return Err(format!("there is no problem {name} in the suite"));
            }
        }
        Ok(Self { suite, problems, solvers, csv })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Suite {
    Classics,
    MoreGarbowHillstrom,
    Bounded,
    Large,
}

impl Suite {
    fn problems(self, sizes: &[usize]) -> Result<Vec<TestFunction>, Error> {
        Ok(match self {
            Self::Classics => classics(),
            Self::MoreGarbowHillstrom => more_garbow_hillstrom(),
            Self::Bounded => bounded(),
            Self::Large => {
                let all: Result<Vec<_>, _> = sizes.iter().map(|&n| large::all(n)).collect();
                all?.into_iter().flatten().collect()
            }
        })
    }

    fn rule(self) -> Stop {
        match self {
            Self::Large => gradient_norm(1e-6).or(max_evaluations(20_000)),
            Self::Bounded => gradient_norm(1e-6).or(max_evaluations(10_000)),
            _ => gradient_norm_relative_to_cost(1e-6).or(max_evaluations(10_000)),
        }
    }

    fn is_solved(self, problem: &TestFunction, found: &Solution) -> bool {
        found.termination.is_converged()
            && (self == Self::Large || problem.is_known_minimum(found.cost))
    }
}

/// True for a solver and a problem that need a large matrix.
fn is_too_large(problem: &TestFunction, solver: &str) -> bool {
    problem.dimension() > 200
        && matches!(
            solver,
            "Bfgs"
                | "Newton"
                | "TrustRegion"
                | "CubicRegularization"
                | "Dogleg"
                | "Tron"
                | "TrustRegionSr1"
                | "TrustRegionBfgs"
        )
}

/// Every solver, with its own default line search or all with the given one.
fn solvers(search: Option<&str>) -> Result<Vec<Box<dyn AnySolver>>, String> {
    macro_rules! all_with {
        ($search:expr) => {
            vec![
                GradientDescent::default().line_search($search).boxed(),
                ConjugateGradient::default().line_search($search).boxed(),
                Bfgs::default().line_search($search).boxed(),
                Lbfgs::default().line_search($search).boxed(),
                Lbfgsb::default().line_search($search).boxed(),
                Newton::default().line_search($search).boxed(),
            ]
        };
    }
    Ok(match search {
        None => {
            let mut solvers = all_with!(HagerZhang::default());
            solvers.insert(2, BarzilaiBorwein::default().boxed());
            solvers.push(TrustRegion::default().boxed());
            solvers.push(TrustRegion::cubic().boxed());
            solvers.push(TrustRegion::dogleg().boxed());
            solvers.push(TrustRegion::steihaug().boxed());
            solvers.push(TrustRegion::gltr().boxed());
            solvers.push(TrustRegion::tron().boxed());
            solvers.push(TrustRegion::sr1().boxed());
            solvers.push(TrustRegion::bfgs().boxed());
            solvers
        }
        Some("HagerZhang") => all_with!(HagerZhang::default()),
        Some("MoreThuente") => all_with!(MoreThuente::default()),
        Some("StrongWolfe") => all_with!(StrongWolfe::default()),
        Some("Backtracking") => all_with!(Backtracking::default()),
        Some(other) => return Err(format!("there is no line search {other}")),
    })
}

fn compare(arguments: &Arguments) {
    if arguments.csv {
        println!(
            "problem,n,solver,termination,converged,cost,gradient_norm,iterations,cost_evaluations,\
             gradient_evaluations,hessian_evaluations,milliseconds"
        );
    } else {
        println!(
            "{:<28} {:>4} {:<18} {:>13} {:>10} {:>6} {:>6} {:>6} {:>5} {:>8}  end",
            "problem", "n", "solver", "cost", "gradient", "iters", "costs", "grads", "hess", "ms"
        );
    }
    // For each solver: the number of runs solved, the number of runs, and the evaluations of all runs.
    let mut totals = vec![[0, 0, 0]; arguments.solvers.len()];
    for problem in &arguments.problems {
        for (solver, [solved, runs, evaluations]) in arguments.solvers.iter().zip(&mut totals) {
            if is_too_large(problem, solver.name()) {
                continue;
            }
            let found = Minimizer::new(problem, solver, problem.start())
                .stop_when(arguments.suite.rule())
                .run();
            match found {
                Ok(found) => {
                    let ok = arguments.suite.is_solved(problem, &found);
                    *solved += u64::from(ok);
                    *runs += 1;
                    *evaluations += found.evaluations.cost.max(found.evaluations.gradient);
                    print_row(problem, solver.name(), &found, ok, arguments.csv);
                }
                Err(error) => eprintln!("{} {}: {error}", problem.name(), solver.name()),
            }
        }
    }
    if !arguments.csv {
        println!("\n{:<18} {:>9} {:>11}", "", "solved", "evaluations");
        for (solver, [solved, runs, evaluations]) in arguments.solvers.iter().zip(&totals) {
            println!("{:<18} {:>9} {evaluations:>11}", solver.name(), format!("{solved}/{runs}"));
        }
    }
}

fn print_row(problem: &TestFunction, solver: &str, found: &Solution, ok: bool, csv: bool) {
    let (name, n) = (problem.name(), problem.dimension());
    let norm = found.gradient_norm.unwrap_or(f64::NAN);
    let (calls, end) = (found.evaluations, &found.termination);
    let ms = found.elapsed.as_secs_f64() * 1e3;
    if csv {
        println!(
            "{name},{n},{solver},{},{},{:e},{norm:e},{},{},{},{},{ms:.3}",
            end.name(),
            end.is_converged(),
            found.cost,
            found.iterations,
            calls.cost,
            calls.gradient,
            calls.hessian
        );
    } else {
        // Some classics are defined in a box and are unbounded below outside it.
        let lowest = problem.known_minima().first().copied().unwrap_or(f64::NEG_INFINITY);
        let is_below = found.cost < lowest - 1e-6 * lowest.abs().max(1.0);
        let remark = match (ok, end.is_converged()) {
            (true, _) => "ok",
            (false, _) if is_below => "below the minimum: unbounded outside its box",
            (false, true) => "another stationary point",
            (false, false) => end.name(),
        };
        println!(
            "{name:<28} {n:>4} {solver:<18} {:>13.6e} {norm:>10.2e} {:>6} {:>6} {:>6} {:>5} {ms:>8.3}  {remark}",
            found.cost, found.iterations, calls.cost, calls.gradient, calls.hessian
        );
    }
}
