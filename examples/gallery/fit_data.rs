//! A fit of real data: standard deviations, outliers, a loss, bands, and a drawing.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example fit_data                  the drawing in target/fit_data/
//! cargo run --release -p extremum-gallery --example fit_data -- --out FILE    elsewhere
//! ```
//!
//! The data are Chwirut2 of NIST: the response of an ultrasonic sensor over the distance from metal,
//! y = exp(−b₁ x)/(b₂ + b₃ x). It scatters in proportion to its size, so a point counts in units of 10 % of y. Five of
//! the 54 points are then spoilt on purpose, as by a loose contact. The fit by squares follows them; that by Tukey's
//! loss, whose scale comes from the residuals, does not: the spoilt points change it by less than a standard error. If
//! they change it by more, the program fails.

#[path = "fit_data/plot.rs"]
mod plot;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use extremum::fit::{Fit, Fitting, Loss};
use extremum::{curve_fit, model};
use extremum_gallery as drawing;

const USAGE: &str = "usage: fit_data [--out FILE]

Fits data with outliers, prints the fits with their errors, and draws them with bands.

  --out FILE   where the drawing goes, as SVG; default: target/fit_data/fit_data.svg";

/// The standard deviation of a point as a share of y, up to a factor that the fit estimates.
const SCATTER: f64 = 0.1;
/// Which points are spoilt, and by which factor.
const SPOILT: [(usize, f64); 5] = [(2, 2.4), (11, 3.0), (20, 2.6), (33, 2.2), (47, 2.8)];

/// The points, as they are and with some of them spoilt.
pub struct Data {
    pub x: Vec<f64>,
    pub clean: Vec<f64>,
    pub spoilt: Vec<f64>,
    pub sigma: Vec<f64>,
}

impl Data {
    /// From line 61 of NIST's file on, y before x.
    fn read() -> Result<Self, Box<dyn Error>> {
        let text = include_str!("../data/nist/Chwirut2.dat");
        let (mut x, mut clean) = (Vec::new(), Vec::new());
        for line in text.lines().skip(60).filter(|line| !line.trim().is_empty()) {
            let (left, right) = line.trim().split_once(' ').ok_or("a line without two numbers")?;
            clean.push(left.trim().parse::<f64>()?);
            x.push(right.trim().parse::<f64>()?);
        }
        let sigma = clean.iter().map(|y| SCATTER * y).collect();
        let mut spoilt = clean.clone();
        for (i, factor) in SPOILT {
            spoilt[i] *= factor;
        }
        Ok(Self { x, clean, spoilt, sigma })
    }

    fn fit<'a>(&self, y: &[f64]) -> Fitting<'a> {
        let response = model!(|x, b| (-b[0] * x).exp() / (b[1] + b[2] * x));
        curve_fit(response, &self.x, y)
            .start([0.1, 0.01, 0.02])
            .names(["decay", "offset", "slope"])
            .sigma(&self.sigma)
    }
}

fn main() -> ExitCode {
    match asked().and_then(|file| file.map_or(Ok(()), |file| run(&file))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Where the drawing goes; `None` when only the usage was asked for.
fn asked() -> Result<Option<PathBuf>, Box<dyn Error>> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Ok(Some(drawing::default_folder("fit_data")?.join("fit_data.svg"))),
        [option] if option == "--help" => {
            println!("{USAGE}");
            Ok(None)
        }
        [option, file] if option == "--out" => Ok(Some(file.into())),
        _ => Err(USAGE.into()),
    }
}

fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let data = Data::read()?;
    let reference = data.fit(&data.clean).run()?;
    let by_squares = data.fit(&data.spoilt).run()?;
    let robust_reference = data.fit(&data.clean).loss(Loss::Tukey).run()?;
    let robust = data.fit(&data.spoilt).loss(Loss::Tukey).run()?;
    println!("The data as they are, by squares\n{reference}\n");
    println!("With {} points spoilt, by squares\n{by_squares}\n", SPOILT.len());
    println!("The same by Tukey's loss\n{robust}\n");

    let [low, high] = reference.profile(0)?.interval;
    println!(
        "The interval of the decay by the profile of the likelihood, data as they are: [{low:.5}, {high:.5}]"
    );
    let off = distance(&by_squares, &reference);
    let on = distance(&robust, &robust_reference);
    println!(
        "What the spoilt points change, in standard errors: {off:.1} by squares, {on:.2} by Tukey's loss"
    );
    if !(reference.is_converged() && robust.is_converged() && on < 1.0) {
        return Err("the robust fit is not that of the data as they are".into());
    }

    let named = |error: Box<dyn Error>| format!("{}: {error}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| named(error.into()))?;
    }
    plot::draw(file, &data, &by_squares, &robust).map_err(named)?;
    println!("\ndrawn in {}", drawing::relative(file).display());
    Ok(())
}

/// The largest distance of a parameter from that of the reference, in its standard errors.
fn distance(fit: &Fit<'_>, reference: &Fit<'_>) -> f64 {
    let pairs = fit.parameters.iter().zip(&reference.parameters);
    let distances = pairs.map(|(a, b)| {
        let error = b.standard_error.unwrap_or(f64::NAN);
        ((a.value - b.value) / error).abs()
    });
    distances.fold(0.0, f64::max)
}
