//! The classical comparison: ten methods on a bowl, on an ill-conditioned quadratic and on Rosenbrock's function, with their
//! measured rates held against theory.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example convergence                    a report and drawings in target/convergence
//! cargo run --release -p extremum-gallery --example convergence -- --out FOLDER
//! ```
//!
//! Prints `problem,solver,class,value,low,high,theory,verdict`. The drawings `paths_*.svg` show the way of each method from
//! the first start on the contours of the function.

#[path = "convergence/methods.rs"]
mod methods;
#[path = "convergence/paths.rs"]
mod paths;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use extremum::convergence::{Case, Lab};
use extremum::{Problem, problem, progress};

use methods::METHODS;

/// A function of two variables, with what is known about it.
pub struct Landscape {
    pub name: &'static str,
    pub problem: Box<dyn Problem>,
    pub start: [f64; 2],
    pub minimizer: [f64; 2],
    /// The least and largest eigenvalue of the Hessian at the minimum, m and L.
    pub eigenvalues: [f64; 2],
    pub is_quadratic: bool,
    /// The part of the plane that is drawn: lower and upper corner.
    pub view: [[f64; 2]; 2],
}

fn landscapes() -> Vec<Landscape> {
    let bowl = problem!(2, |x| (x[0] - 1.0).powi(2) + 1.5 * (x[1] - 0.5).powi(2));
    let valley = problem!(2, |x| 0.5 * (x[0] - 1.0).powi(2) + 50.0 * (x[1] - 0.5).powi(2));
    let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    // At (1, 1) the Hessian is [[802, -400], [-400, 200]].
    let root = (501.0_f64 * 501.0 - 400.0).sqrt();
    let view = [[-2.5, -2.5], [2.5, 2.5]];
    vec![
        Landscape {
            name: "bowl",
            problem: Box::new(bowl),
            start: [-2.0, -2.0],
            minimizer: [1.0, 0.5],
            eigenvalues: [2.0, 3.0],
            is_quadratic: true,
            view,
        },
        Landscape {
            name: "ill-conditioned quadratic",
            problem: Box::new(valley),
            start: [-2.0, -2.0],
            minimizer: [1.0, 0.5],
            eigenvalues: [1.0, 100.0],
            is_quadratic: true,
            view,
        },
        Landscape {
            name: "Rosenbrock",
            problem: Box::new(rosenbrock),
            start: [-1.2, 1.0],
            minimizer: [1.0, 1.0],
            eigenvalues: [501.0 - root, 501.0 + root],
            is_quadratic: false,
            view: [[-1.8, -0.8], [1.8, 2.2]],
        },
    ]
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<PathBuf, Box<dyn Error>> {
    match (words.next().as_deref(), words.next()) {
        (None, _) => extremum_gallery::default_folder("convergence"),
        (Some("--out"), Some(folder)) => Ok(folder.into()),
        _ => Err("the only option is --out FOLDER".into()),
    }
}

fn run(folder: PathBuf) -> Result<(), Box<dyn Error>> {
    let landscapes = &landscapes();
    let mut lab = Lab::new().starts(5).max_iterations(20_000).observe(progress::of_trials());
    for landscape in landscapes {
        let Landscape { name, problem, start, .. } = landscape;
        lab = lab.problem(Case::new(*name, problem, *start).minimum(0.0));
    }
    let of_name = |name: &str| landscapes.iter().find(|landscape| landscape.name == name);
    for method in &METHODS {
        let solver = move |name: &str| of_name(name).map(method.solver);
        lab = lab.solver(method.name, move |trial| {
            solver(trial.name())
                .unwrap_or_else(|| unreachable!("every trial has a problem of the list"))
        });
    }
    let theory = |problem: &str, solver: &str| {
        let method = METHODS.iter().find(|method| method.name == solver)?;
        (method.theory)(of_name(problem)?)
    };
    let mut report = lab.run()?.report("Ten methods and their rates", theory);
    extremum_gallery::describe(&mut report.provenance);
    report.write(&folder)?;
    println!("problem,solver,class,value,low,high,theory,verdict");
    for rate in &report.rates {
        let number = |x: Option<f64>| x.map_or(String::new(), |x| format!("{x:.5}"));
        let (theory, verdict) = rate.theory.as_ref().map_or(("", ""), |t| (&t.label, &t.verdict));
        println!(
            "{},{},{},{},{},{},\"{theory}\",\"{verdict}\"",
            report.problems[rate.problem].name,
            report.solvers[rate.solver],
            rate.class,
            number(rate.value),
            number(rate.low),
            number(rate.high),
        );
    }
    for (index, landscape) in landscapes.iter().enumerate() {
        let file = folder.join(format!("paths_{}.svg", index + 1));
        paths::draw(&file, landscape)?;
    }
    println!("{}", extremum_gallery::relative(&folder.join("report.html")).display());
    Ok(())
}
