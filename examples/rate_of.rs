//! The class and rate of convergence of errors in a file.
//!
//! ```text
//! cargo run --release --example rate_of -- FILE
//! ```
//!
//! FILE is CSV with the columns `name,k,error`; a header is optional, and a name with commas is quoted. A name may occur in
//! several runs: a new one starts where k does not increase. The output is CSV with one row per name, in the order of their
//! first appearance.

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
    let is_number = |field: &String| field.parse::<f64>().is_ok();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let at = |what: &str| format!("line {}: {what}", i + 1);
        let fields = fields(line).ok_or_else(|| at("a quoted field does not end as it should"))?;
        let [name, k, error] = &fields[..] else {
            return Err(at(&format!("{} fields, and not name,k,error", fields.len())));
        };
        if std::mem::take(&mut is_first) && !is_number(k) && !is_number(error) {
            continue;
        }
        let number = |what, field: &str| {
            field.parse::<f64>().map_err(|_| at(&format!("{what} is not a number: {field:?}")))
        };
        let (k, error) = (number("k", k)?, number("error", error)?);
        if name.is_empty() || !k.is_finite() {
            return Err(at("needs a name and a finite k"));
        }
        let place = *places.entry(name.clone()).or_insert(series.len());
        if place == series.len() {
            series.push((name.clone(), vec![Vec::new()]));
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

/// The fields of a line: trimmed, or quoted with quotes doubled inside (RFC 4180, section 2). `None` where a quote is not
/// closed, or text follows it.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        if let Some(mut quoted) = rest.trim_start().strip_prefix('"') {
            let mut field = String::new();
            loop {
                let (part, after) = quoted.split_once('"')?;
                field.push_str(part);
                let Some(more) = after.strip_prefix('"') else {
                    rest = after.trim_start();
                    break;
                };
                field.push('"');
                quoted = more;
            }
            fields.push(field);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            fields.push(rest[..end].trim().to_string());
            rest = &rest[end..];
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Some(fields),
        }
    }
}

/// A name as a field of CSV.
fn quoted(name: &str) -> String {
    if name.contains([',', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_string()
    }
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
    let show = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:?}"));
    let of_number = |get: fn(&Estimate) -> f64| show(number.map(get));
    let (first, last) = rate.window;
    let fields = [
        quoted(name),
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
