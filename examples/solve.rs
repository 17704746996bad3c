//! Solves the problems in a file: costs, bounds and constraints as formulas in text.
//!
//! ```text
//! cargo run --release --features expression --example solve -- examples/data/hock-schittkowski.json
//! cargo run --release --features expression --example solve -- FILE --solver augmented-lagrangian --csv
//! ```
//!
//! FILE is JSON, as `examples/data/hock-schittkowski.md` describes it. A start outside the bounds is projected into
//! them. Without `--solver`, a problem with constraints is solved by interior-point, one with bounds alone by Lbfgsb
//! and one without by Lbfgs. augmented-lagrangian runs Lbfgsb inside, augmented-lagrangian-tron the second-order Tron.
//! Problems with bounds or constraints that the solver does not keep are counted, and not tried.
//!
//! `violation` is the largest violation of a bound or constraint, `residual` (`first_order_residual` in CSV) the
//! maximum norm of the projected gradient of the Lagrangian, |P(x - g) - x|, and `verdict` the kind of point by
//! `classify`, whose evaluations are not counted. A problem is solved when the violation is at most 1e-6 max(1, |x|)
//! and the cost exceeds the file's `f_star` by at most 1e-5 max(1, |f_star|).

mod solve {
    pub mod file;
    pub mod report;
}

use std::io::{self, Write};
use std::process::ExitCode;

use extremum::first_order::Adam;
use extremum::{
    AnySolver, AugmentedLagrangian, BarzilaiBorwein, BasinHopping, Bfgs, CmaEs, ConjugateGradient,
    DifferentialEvolution, Error, GeneticAlgorithm, GradientDescent, InteriorPoint, Lbfgs, Lbfgsb,
    Minimizer, MultiStart, NelderMead, Newton, ParticleSwarm, PatternSearch, Problem,
    SimulatedAnnealing, Solver, TrustRegion,
};

use solve::file::{self, Task};
use solve::report::{Report, Row};

const USAGE: &str = "usage: solve FILE [--solver NAME] [--csv]";

/// As many as a population may need.
const MAX_EVALUATIONS: u64 = 100_000;

/// Every solver, by its name. A population spreads by the given scale on each side of the start.
macro_rules! solvers {
    ($scale:ident: $($name:literal => $solver:expr),+ $(,)?) => {
        const SOLVERS: &[&str] = &[$($name),+];

        fn solver(name: &str, $scale: f64) -> Option<Box<dyn AnySolver>> {
            Some(match name {
                $($name => $solver.boxed(),)+
                _ => return None,
            })
        }
    };
}

solvers! { scale:
    "Lbfgs" => Lbfgs::default(),
    "Lbfgsb" => Lbfgsb::default(),
    "Bfgs" => Bfgs::default(),
    "Newton" => Newton::default(),
    "TrustRegion" => TrustRegion::default(),
    "CubicRegularization" => TrustRegion::cubic(),
    "Dogleg" => TrustRegion::dogleg(),
    "Steihaug" => TrustRegion::steihaug(),
    "Gltr" => TrustRegion::gltr(),
    "Sr1" => TrustRegion::sr1(),
    "Tron" => TrustRegion::tron(),
    "ConjugateGradient" => ConjugateGradient::default(),
    "BarzilaiBorwein" => BarzilaiBorwein::default(),
    "GradientDescent" => GradientDescent::default(),
    "Adam" => Adam::new(1e-2),
    "MultiStart" => MultiStart::default().scale(scale),
    "BasinHopping" => BasinHopping::default(),
    "CmaEs" => CmaEs::default().scale(scale),
    "DifferentialEvolution" => DifferentialEvolution::default().scale(scale),
    "ParticleSwarm" => ParticleSwarm::default().scale(scale),
    "GeneticAlgorithm" => GeneticAlgorithm::default().scale(scale),
    "SimulatedAnnealing" => SimulatedAnnealing::default().scale(scale),
    "NelderMead" => NelderMead::default().scale(scale),
    "PatternSearch" => PatternSearch::default().scale(scale),
    "interior-point" => InteriorPoint::default(),
    "augmented-lagrangian" => AugmentedLagrangian::default(),
    "augmented-lagrangian-tron" => AugmentedLagrangian::new(TrustRegion::tron()),
}

struct Arguments {
    path: String,
    solver: Option<String>,
    is_csv: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut path, mut solver, mut is_csv) = (None, None, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--csv" => is_csv = true,
                "--solver" => solver = Some(words.next().ok_or("--solver needs a name")?),
                _ if path.is_none() && !word.starts_with("--") => path = Some(word),
                _ => return Err(format!("{word} is one argument too many")),
            }
        }
        if let Some(name) = solver.as_ref().filter(|name| !SOLVERS.contains(&name.as_str())) {
            return Err(format!("there is no solver {name}: choose one of {}", SOLVERS.join(", ")));
        }
        Ok(Self { path: path.ok_or("which file?")?, solver, is_csv })
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let tasks = match file::read(&arguments.path) {
        Ok(tasks) => tasks,
        Err(message) => {
            eprintln!("{}: {message}", arguments.path);
            return ExitCode::FAILURE;
        }
    };
    match solve_all(&tasks, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the output ends here: {error}");
            ExitCode::FAILURE
        }
    }
}

fn solve_all(tasks: &[Task], arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut report = Report::new(arguments.is_csv);
    writeln!(out, "{}", report.header())?;
    for task in tasks {
        match solve(task, arguments.solver.as_deref()) {
            Ok(row) => writeln!(out, "{}", report.row(task, &row))?,
            Err(error) => report.not_solved(task, &error),
        }
    }
    // What is CSV holds rows alone.
    let closing = report.closing();
    if arguments.is_csv {
        writeln!(io::stderr(), "{closing}")
    } else {
        writeln!(out, "\n{closing}")
    }
}

fn solve(task: &Task, name: Option<&str>) -> Result<Row, Error> {
    let problem = task.problem();
    let automatic = match (problem.structure().constraints, problem.bounds()) {
        (Some(_), _) => "interior-point",
        (None, Some(_)) => "Lbfgsb",
        (None, None) => "Lbfgs",
    };
    let scale = task.start.amax().max(1.0);
    let solver = solver(name.unwrap_or(automatic), scale).expect("a name from the table");
    let found =
        Minimizer::new(&problem, &solver, &task.start).max_evaluations(MAX_EVALUATIONS).run()?;
    let kind = found.classify(&problem).ok().map(|classification| classification.kind);
    let (violation, residual) = (task.violation(&found.x), task.residual(&found));
    Ok(Row { found, kind, violation, residual })
}
