//! The page: the template with its style, its script and its data filled in.

use std::fmt::Write;

use super::{Rate, Report, style};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [&str; 5] = [
    include_str!("page/tools.js"),
    include_str!("page/chart.js"),
    include_str!("page/figures.js"),
    include_str!("page/tables.js"),
    include_str!("page/page.js"),
];

pub(super) fn page(report: &Report, json: &str) -> String {
    fill(|name| match name {
        "title" => escaped(&report.title),
        "style" => fill_in(STYLE, |name| style::variables(usize::from(name == "colors on black"))),
        "table" => rows(report),
        // In a string of JSON this is the same character, and no tag begins or ends with it.
        "data" => json.replace('<', "\\u003c"),
        _ => SCRIPTS.concat(),
    })
}

fn fill(value: impl Fn(&str) -> String) -> String {
    fill_in(TEMPLATE, value)
}

/// The template with each `{{name}}` replaced by its value. What a value contains is not replaced again.
fn fill_in(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        filled += &value(name);
        filled += rest;
    }
    filled
}

/// Text as it is written in HTML, also within a quoted attribute.
fn escaped(text: &str) -> String {
    let escape = |letter| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => String::from(other),
    };
    text.chars().map(escape).collect()
}

/// The rates as rows of a table, for readers without a script.
fn rows(report: &Report) -> String {
    let mut rows = String::new();
    for rate in &report.rates {
        let verdict = rate.theory.as_ref().map_or("", |theory| &theory.verdict);
        let cells = [
            &*report.problems[rate.problem].name,
            &*report.solvers[rate.solver],
            &*rate.class,
            &*estimate(rate),
            verdict,
        ];
        rows += "<tr>";
        for cell in cells {
            // Writing to a string succeeds.
            let _ = write!(rows, "<td>{}", escaped(cell));
        }
        rows += "\n";
    }
    rows
}

fn estimate(rate: &Rate) -> String {
    let symbol = rate.quantity.symbol();
    match (rate.value, rate.low, rate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{symbol} = {value:.4} [{low:.4}, {high:.4}]")
        }
        (Some(value), ..) => format!("{symbol} = {value:.4}"),
        (None, ..) => String::new(),
    }
}
