//! The class and rate of convergence of errors in a file.
//!
//! ```text
//! cargo run --release --example rate_of -- FILE
//! ```
//!
//! FILE is CSV with the columns `name,k,error`; a header is optional. A name may occur in several runs: a new one starts
//! where k does not increase. The output is CSV with one row per name, in the order of their first appearance.

use std::io::Write;
use std::process::ExitCode;

use extremum::convergence::{Class, Estimate, Rate};

const HEADER: &str = "name,class,order_or_factor,constant,low,high,window,decided";

/// A name and its runs of points (k, error).
type Series = (String, Vec<Vec<(f64, f64)>>);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: rate_of FILE");
        return ExitCode::FAILURE;
    };
    let series = match std::fs::read_to_string(&path) {
        Ok(text) => read(&text),
        Err(error) => Err(error.to_string()),
    };
    let series = match series {
        Ok(series) => series,
        Err(message) => {
            eprintln!("{path}: {message}");
            return ExitCode::FAILURE;
        }
    };
    let mut rows = vec![HEADER.to_string()];
    rows.extend(series.iter().map(|(name, runs)| row(name, &Rate::of_point_runs(runs))));
    match writeln!(std::io::stdout(), "{}", rows.join("\n")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read(text: &str) -> Result<Vec<Series>, String> {
    let mut series: Vec<Series> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut is_first = true;
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if std::mem::take(&mut is_first) && fields == ["name", "k", "error"] {
            continue;
        }
        let at = |what: &str| format!("line {}: {what}", i + 1);
        let [name, k, error] = fields[..] else {
            return Err(at(&format!("{} fields, and not name,k,error", fields.len())));
        };
        let number = |what, field: &str| {
            field.parse::<f64>().map_err(|_| at(&format!("{what} is not a number: {field:?}")))
        };
        let (k, error) = (number("k", k)?, number("error", error)?);
        if name.is_empty() || !k.is_finite() {
            return Err(at("needs a name and a finite k"));
        }
        let place = *places.entry(name.to_string()).or_insert(series.len());
        if place == series.len() {
            series.push((name.to_string(), vec![Vec::new()]));
        }
        let runs = &mut series[place].1;
        if runs.last().and_then(|run| run.last()).is_some_and(|&(last, _)| k <= last) {
            runs.push(Vec::new());
        }
        if let Some(run) = runs.last_mut() {
            run.push((k, error));
        }
    }
    if series.is_empty() { Err("no errors".to_string()) } else { Ok(series) }
}

fn row(name: &str, rate: &Rate) -> String {
    let (class, number) = match &rate.class {
        Class::Sublinear { power } => ("sublinear", Some(power)),
        Class::Linear { factor } => ("linear", Some(factor)),
        Class::LinearPolynomial { factor, .. } => ("linear-polynomial", Some(factor)),
        Class::Superlinear => ("superlinear", None),
        Class::Order { order } => ("order", Some(order)),
        _ => ("insufficient", None),
    };
    let show = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value}"));
    let of_number = |get: fn(&Estimate) -> f64| show(number.map(get));
    let (first, last) = rate.window;
    let fields = [
        name.to_string(),
        class.to_string(),
        of_number(|number| number.value),
        show(rate.constant.filter(|constant| constant.is_finite())),
        of_number(|number| number.low),
        of_number(|number| number.high),
        format!("{}..{}", first.round(), last.round()),
        (class != "insufficient").to_string(),
    ];
    fields.join(",")
}
