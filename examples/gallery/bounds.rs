//! A fit within bounds: which bounds hold it, what each of them costs, and a drawing.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example bounds                  the drawing in target/bounds/bounds.svg
//! cargo run --release -p extremum-gallery --example bounds -- --out FILE    elsewhere
//! ```
//!
//! The data are Gauss1 of NIST: two peaks on an exponential decay, to which the fit adds a constant background. It is fitted
//! without bounds by Gauss and Newton's method, and by `Lbfgsb` and `TrustRegion::tron()` within bounds. Two of these hold it:
//! the background would be negative, and a peak narrower than the resolution.
//!
//! The multiplier of a bound says by how much the cost falls per unit of length beyond it. This is checked: the fit is made
//! again with the bound moved by a thousandth of the parameter's range, both ways. With no bound but that of the background,
//! the fit is the one that NIST certifies. If a check fails, so does the program.

#[path = "bounds/fits.rs"]
mod fits;
#[path = "bounds/model.rs"]
mod model;
#[path = "bounds/plot.rs"]
mod plot;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use extremum::stationary::Side;
use extremum::{Lbfgsb, TrustRegion};
use extremum_gallery as drawing;
use fits::{Fit, Price, digits_without, fit, prices};
use model::{NOISE, PARAMETERS, RESOLUTION, Spectrum, bounds, start};

const USAGE: &str = "usage: bounds [--out FILE]

Fits a spectrum within bounds, prints which bounds hold the fit and what they cost, and draws it.

  --out FILE   where the drawing goes, as SVG; default: target/bounds/bounds.svg
  --help       this text";

/// What the command line asks for.
enum Asked {
    Help,
    Drawing(PathBuf),
}

fn main() -> ExitCode {
    let done = asked().and_then(|asked| match asked {
        Asked::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Asked::Drawing(file) => run(&file),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn asked() -> Result<Asked, Box<dyn Error>> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Ok(Asked::Drawing(drawing::default_folder("bounds")?.join("bounds.svg"))),
        [option] if option == "--help" => Ok(Asked::Help),
        [option] if option == "--out" => Err(format!("--out needs a file\n\n{USAGE}").into()),
        [option, file] if option == "--out" => Ok(Asked::Drawing(file.into())),
        [option, ..] if option != "--out" => {
            Err(format!("{option} is not an option\n\n{USAGE}").into())
        }
        _ => Err(format!("--out takes one file\n\n{USAGE}").into()),
    }
}

fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let spectrum = Spectrum::read();
    let bounds = bounds()?;
    let start = start(&bounds);
    let sizes = start.abs();
    println!(
        "Gauss1 of NIST: {} points, a decay, two peaks and a background; σ = {NOISE} is the noise of y.",
        spectrum.points.len()
    );
    println!(
        "Bounds: nothing is negative, each peak is in its half, none is narrower than the resolution, {RESOLUTION}."
    );
    println!(
        "The cost is ½ χ² = ½ Σ ((y - model) / σ)², a number without a unit. The multiplier of a bound is how much\n\
         the cost falls per unit of length beyond it."
    );

    let (free, within) = (spectrum.free(), spectrum.within(bounds));
    let unlimited = fit(&free, TrustRegion::gauss_newton(), &start)?;
    let descended = fit(&within, Lbfgsb::default().typical_x(&sizes), &start)?;
    let trusted = fit(&within, TrustRegion::tron(), &start)?;
    print_fit(&unlimited, false);
    print_fit(&descended, true);
    print_fit(&trusted, true);
    if descended.active() != trusted.active() {
        return Err("the two solvers disagree about which bounds hold the fit".into());
    }

    let prices = prices(&spectrum, &trusted)?;
    print_prices(&prices);
    if let Some(price) = prices.iter().find(|price| !price.agrees()) {
        let name = PARAMETERS[price.bound.index].name;
        return Err(format!("the multiplier of {name} is not the slope of the cost").into());
    }
    let digits = digits_without(&spectrum, "width")?;
    println!("\nWithout the bounds of the widths, the background alone is held, at 0.");
    println!("NIST certifies that fit to 11 digits: {digits:.1} are right in the worst parameter.");
    if digits < 6.0 {
        return Err("that is not NIST's fit".into());
    }

    let named = |error: Box<dyn Error>| format!("{}: {error}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| named(error.into()))?;
    }
    plot::draw(file, &spectrum, &unlimited, &trusted).map_err(named)?;
    println!("\ndrawn in {}", drawing::relative(file).display());
    Ok(())
}

/// The parameters, with their bounds where they have some, and which of these hold them.
fn print_fit(fit: &Fit, is_bounded: bool) {
    let title = if is_bounded { "Within bounds" } else { "Without bounds" };
    println!("\n{title}, by {}", fit.found.solver);
    println!(
        "  {:<15}{:>5}{:>8}{:>14}{:>8}   {:<9}multiplier",
        "parameter", "unit", "lower", "value", "upper", "held at"
    );
    for (i, parameter) in PARAMETERS.iter().enumerate() {
        let end = |bound: f64| if is_bounded { bound.to_string() } else { String::new() };
        let held = fit.class.active.iter().find(|bound| bound.index == i);
        let held = held.map_or(String::new(), |bound| {
            let side = side(bound.side);
            format!("{side:<9}{:.6} per unit of {}", bound.multiplier, parameter.unit)
        });
        let row = format!(
            "  {:<15}{:>5}{:>8}{:>14.8}{:>8}   {held}",
            format!("x[{i}] {}", parameter.name),
            parameter.unit,
            end(parameter.lower),
            fit.found.x[i],
            end(parameter.upper),
        );
        println!("{}", row.trim_end());
    }
    let calls = fit.found.evaluations;
    println!("  {}", fit.class);
    println!("  {}", fit.found.termination);
    let counts = [
        (calls.cost, "costs"),
        (calls.gradient, "gradients"),
        (calls.residual, "residuals"),
        (calls.jacobian, "Jacobians"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: String = counts.map(|(count, what)| format!(", {count} {what}")).collect();
    println!("  cost {:.10}; {} iterations{counts}", fit.found.cost, fit.found.iterations);
}

/// How the cost changes when a bound moves, as predicted and as found, and when there is no bound.
fn print_prices(prices: &[Price]) {
    println!("\nHow the cost changes when a bound moves, as its multiplier predicts and as found");
    println!(
        "  {:<12}{:<7}{:>9}{:>12}{:>12}{:>12}{:>12}   {:<8}{:>13}",
        "parameter",
        "bound",
        "moved by",
        "predicted",
        "outwards",
        "inwards",
        "mean",
        "",
        "no bound"
    );
    for price in prices {
        let verdict = if price.agrees() { "agrees" } else { "DIFFERS" };
        println!(
            "  {:<12}{:<7}{:>9.3}{:>12}{:>12.6}{:>+12.6}{:>12.6}   {verdict:<8}{:>13.6}",
            PARAMETERS[price.bound.index].name,
            side(price.bound.side),
            price.step,
            format!("±{:.6}", price.predicted()),
            -price.fall,
            price.rise,
            price.mean(),
            -price.whole,
        );
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Lower => "lower",
        Side::Upper => "upper",
        Side::Fixed => "both",
    }
}
