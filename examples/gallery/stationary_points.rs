//! Finds and classifies the stationary points of five functions, with error radii.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example stationary_points               drawings in target/stationary_points
//! cargo run --release -p extremum-gallery --example stationary_points -- --out DIR  drawings elsewhere
//! ```
//!
//! For x cos(πx) on [-1, 2], x³, x² - y², Himmelblau's function and the Müller-Brown potential: searches for minima,
//! maxima and zeros of the gradient from a lattice of starts. Each point found is classified, with the eigenvalues of the
//! Hessian and their error radii, and drawn.

#[path = "stationary_points/find.rs"]
mod find;
#[path = "stationary_points/landscapes.rs"]
mod landscapes;
#[path = "stationary_points/plot.rs"]
mod plot;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use extremum::{DVector, Problem};
use extremum_gallery as drawing;
use find::{Counts, Found, index_sum, stationary_points, winding_number};
use landscapes::{Landscape, landscapes};

const USAGE: &str = "usage: stationary_points [--out DIR]";

fn main() -> ExitCode {
    match output().and_then(|folder| run(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder for the drawings.
fn output() -> Result<PathBuf, Box<dyn Error>> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => drawing::default_folder("stationary_points"),
        [option, folder] if option == "--out" => Ok(folder.into()),
        _ => Err(USAGE.into()),
    }
}

fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for landscape in landscapes()? {
        let found = stationary_points(&landscape.problem, &landscape.bounds)?;
        print_table(&landscape, &found);
        print_counts(&landscape, &found);
        let file = folder.join(landscape.id).with_extension("svg");
        plot::draw(&file, &landscape, &found)?;
        println!("  drawn in {}\n", drawing::relative(&file).display());
    }
    Ok(())
}

fn print_table(landscape: &Landscape, found: &[Found]) {
    let (low, high) = (landscape.bounds.lower(), landscape.bounds.upper());
    let sides: Vec<_> =
        low.iter().zip(high).map(|(low, high)| format!("[{low}, {high}]")).collect();
    println!("{}   on {}", landscape.title, sides.join(" × "));

    let names = &["x", "y"][..low.len()];
    let header: String = names.iter().map(|name| format!("{name:>17}")).collect();
    let width = 28 * low.len();
    println!("{header}{:>19}   {:<width$} kind", "f", "eigenvalues ± radius");
    for Found { x, class } in found {
        let x: String = x.iter().map(|&x| format!("{:>17.12}", unsigned_zero(x))).collect();
        let f = unsigned_zero(class.cost);
        let eigenvalues: Vec<_> = class
            .eigenvalues
            .iter()
            .map(|e| format!("{:.8} ± {:.0e}", unsigned_zero(e.value), e.radius))
            .collect();
        println!("{x}{f:>19.12}   {:<width$} {}", eigenvalues.join(", "), class.kind);
    }
}

/// A number that is 0 to twelve decimals, without its sign.
fn unsigned_zero(x: f64) -> f64 {
    if x.abs() < 5e-13 { 0.0 } else { x }
}

fn print_counts(landscape: &Landscape, found: &[Found]) {
    let Landscape { problem, bounds, known, .. } = landscape;
    let counts = Counts::of(found);
    let verdict = if counts == *known { "as is known" } else { "NOT what is known" };
    println!("  {counts}: {verdict}");

    let sum = index_sum(found);
    if let Some(winding) = winding_number(problem, bounds) {
        let remark = match (winding - sum, counts.undecided) {
            (0, 0) => "nothing seems to be missing".to_string(),
            (_, 0) => "some point is missing".to_string(),
            (rest, _) => format!("what is undecided counts {rest}, where a minimum counts 1"),
        };
        println!("  Σ (-1)^index = {sum}, winding number of the gradient {winding}: {remark}");
    }
    if problem.dimension() == 1 {
        let f = |x: &DVector<f64>| problem.cost(x);
        println!(
            "  at the ends of the interval f = {} and {}",
            f(bounds.lower()),
            f(bounds.upper())
        );
    }
}
