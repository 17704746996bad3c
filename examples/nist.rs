//! Fits with known answers: nonlinear regression problems of NIST, from both starts.
//!
//! ```text
//! cargo run --release --example nist                       # every fit by `curve_fit`: digits, evaluations, verdict
//! cargo run --release --example nist -- --set Misra1a      # one set in full
//! cargo run --release --example nist -- --differenced      # without derivatives
//! cargo run --release --example nist -- --solvers          # how many sets each gradient method fits
//! cargo run --release --example nist -- --solvers --all    # each of these fits
//! cargo run --release --example nist -- --solver Bfgs --set MGH09
//! cargo run --release --example nist -- --csv
//! cargo run --release --features expression --example nist -- --file FILE.dat
//! ```
//!
//! NIST certifies eleven digits of the parameters of each fit and of their standard errors. The main table shows how
//! many of them are right in the worst parameter and the worst error. Nothing is set but the start.
//!
//! With `--solvers`, `GaussNewton` fits the residuals, all others the sum of their squares. They have
//! their default settings, with parameters in units of the start (`typical_x`); no model is scaled by hand, and no
//! setting is chosen for a data set. A minimum without a correct digit is a different one: the same fit with its terms
//! in another order (then the sum of squares agrees), or a worse fit, as beyond a pole of a rational model.
//!
//! The models are in `nist/models.rs`, one line each; the data and its source are in `data/nist`. A file of the same
//! format is fitted with the model that is written in it.

#[cfg(feature = "expression")]
#[path = "nist/file.rs"]
mod file;
#[path = "nist/fits.rs"]
mod fits;
#[path = "nist/models.rs"]
mod models;
#[path = "nist/solvers.rs"]
mod solvers;

use std::path::PathBuf;
use std::process::ExitCode;

use extremum::Solver;
use models::{GAUSS_NEWTON, data_sets};

const USAGE: &str = "usage: nist [--set NAME] [--differenced] [--csv]
       nist --solvers [--all] [--set NAME] [--solver NAME] [--csv]
       nist --file FILE";

fn main() -> ExitCode {
    let done = Arguments::parse(std::env::args().skip(1))
        .map_err(|message| format!("{message}\n{USAGE}"))
        .and_then(|arguments| run(&arguments));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    match &arguments.file {
        #[cfg(feature = "expression")]
        Some(path) => return file::fit_file(path),
        #[cfg(not(feature = "expression"))]
        Some(path) => {
            return Err(format!("{}: reading models takes --features expression", path.display()));
        }
        None if arguments.solvers => solvers::fit_all(arguments),
        None => fits::fit_all(arguments),
    }
    Ok(())
}

#[derive(Default)]
struct Arguments {
    set: Option<String>,
    solver: Option<String>,
    file: Option<PathBuf>,
    solvers: bool,
    differenced: bool,
    all: bool,
    csv: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--set" => arguments.set = Some(value()?),
                "--solver" => {
                    arguments.solver = Some(value()?);
                    arguments.solvers = true;
                }
                "--file" => arguments.file = Some(value()?.into()),
                "--solvers" => arguments.solvers = true,
                "--differenced" => arguments.differenced = true,
                "--all" => (arguments.solvers, arguments.all) = (true, true),
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
        let names = models::solvers(&[1.0]).into_iter().map(|s| s.name()).chain([GAUSS_NEWTON]);
        known(&arguments.solver, &names.collect::<Vec<_>>())?;
        Ok(arguments)
    }

    /// True when fits are shown one by one: all of them, or those selected by name.
    fn shows_fits(&self) -> bool {
        self.all || self.set.is_some() || self.solver.is_some()
    }
}
