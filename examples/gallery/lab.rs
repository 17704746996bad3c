//! Ten solvers on the 35 problems of Moré, Garbow and Hillstrom from three starts each, as a report.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example lab                                a report in target/lab
//! cargo run --release -p extremum-gallery --example lab -- --out FOLDER --seed 7 --starts 5
//! cargo run --release -p extremum-gallery --example lab -- --out FOLDER --journal FILE  goes on where it was killed
//! ```
//!
//! The folder has the page `report.html`, its tables as CSV and JSON, its figures as SVG, and `costs.csv`, what every trial
//! cost up to each tolerance, from which `lab/profiles.py` computes the profiles again.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use extremum::convergence::{Case, Lab};
use extremum::first_order::Adam;
use extremum::functions::more_garbow_hillstrom;
use extremum::{
    BarzilaiBorwein, Bfgs, CmaEs, ConjugateGradient, GradientDescent, Lbfgs, NelderMead, Newton,
    PatternSearch, Problem, Solver, progress,
};

struct Arguments {
    out: PathBuf,
    journal: Option<PathBuf>,
    seed: u64,
    starts: usize,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
    let out = extremum_gallery::default_folder("lab")?;
    let mut arguments = Arguments { out, journal: None, seed: 1, starts: 3 };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--out" => arguments.out = value()?.into(),
            "--journal" => arguments.journal = Some(value()?.into()),
            "--seed" => arguments.seed = value()?.parse()?,
            "--starts" => arguments.starts = value()?.parse()?,
            other => {
                let known = "--out FOLDER, --journal FILE, --seed NUMBER, --starts NUMBER";
                return Err(format!("{other} is not an option; the options are {known}").into());
            }
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let problems = more_garbow_hillstrom();
    let mut lab = Lab::new()
        .solver("L-BFGS", |_| Lbfgs::default().boxed())
        .solver("BFGS", |_| Bfgs::default().boxed())
        .solver("Newton", |_| Newton::default().boxed())
        .solver("conjugate gradients", |_| ConjugateGradient::default().boxed())
        .solver("Barzilai-Borwein", |_| BarzilaiBorwein::default().boxed())
        .solver("gradient descent", |_| GradientDescent::default().boxed())
        .solver("Adam", |_| Adam::new(1e-2).boxed())
        .solver("Nelder-Mead", |_| NelderMead::default().scale(0.1).boxed())
        .solver("pattern search", |_| PatternSearch::default().scale(0.1).boxed())
        .solver("CMA-ES", |trial| CmaEs::default().scale(0.3).seed(trial.seed()).boxed())
        .starts(arguments.starts)
        .seed(arguments.seed)
        .max_iterations(1_000)
        .observe(progress::of_trials());
    for problem in &problems {
        let case = Case::new(problem.name(), problem as &dyn Problem, problem.start().clone());
        // Other minima are printed to six digits only; then the lowest cost that is found is the better reference.
        let is_zero = problem.known_minima().first() == Some(&0.0);
        lab = lab.problem(if is_zero { case.minimum(0.0) } else { case });
    }
    if let Some(journal) = &arguments.journal {
        lab = lab.journal(journal);
    }
    let results = lab.run()?;
    let mut report =
        results.report("Ten solvers on Moré, Garbow and Hillstrom's problems", |_, _| None);
    extremum_gallery::describe(&mut report.provenance);
    report.write(&arguments.out)?;
    let tolerances = [1e-1, 1e-3, 1e-5, 1e-7];
    std::fs::write(arguments.out.join("costs.csv"), results.costs_csv(&tolerances)?)?;
    let page = arguments.out.join("report.html");
    println!("{}", extremum_gallery::relative(&page).display());
    Ok(())
}
