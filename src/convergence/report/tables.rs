//! The tables.

use serde::Serialize;

use super::{Report, unwritable};
use crate::Error;

pub(super) fn all(report: &Report) -> Result<[(&'static str, String); 4], Error> {
    Ok([
        ("runs.csv", runs(report)?),
        ("rates.csv", rates(report)?),
        ("profiles.csv", profiles(report)?),
        ("running_times.csv", running_times(report)?),
    ])
}

fn runs(report: &Report) -> Result<String, Error> {
    let header = [
        "problem",
        "n",
        "solver",
        "start",
        "termination",
        "converged",
        "solved",
        "refused",
        "cost",
        "gap",
        "iterations",
        "evaluations",
        "gradient_equivalents",
        "seconds",
    ];
    table(header, &report.runs, |run| {
        let problem = &report.problems[run.problem];
        (
            (&problem.name, problem.n, &report.solvers[run.solver], run.start, &run.termination),
            (
                run.converged,
                run.solved,
                &run.refused,
                finite(run.cost),
                finite(run.gap),
                run.iterations,
            ),
            (run.evaluations, finite(run.gradient_equivalents), finite(run.seconds)),
        )
    })
}

fn rates(report: &Report) -> Result<String, Error> {
    let header = [
        "problem",
        "solver",
        "class",
        "decided",
        "quantity",
        "value",
        "low",
        "high",
        "constant",
        "first",
        "last",
        "floor",
        "per_digit",
        "theory",
        "expected",
        "verdict",
    ];
    table(header, &report.rates, |rate| {
        let theory = rate.theory.as_ref();
        let names = (&report.problems[rate.problem].name, &report.solvers[rate.solver]);
        (
            (names, &rate.class, rate.decided, rate.quantity, finite(rate.value)),
            (finite(rate.low), finite(rate.high), finite(rate.constant)),
            (rate.window.map(|w| w[0]), rate.window.map(|w| w[1]), finite(rate.floor)),
            (finite(rate.per_digit), theory.map(|theory| &theory.label)),
            (
                finite(theory.and_then(|theory| theory.expected)),
                theory.map(|theory| &theory.verdict),
            ),
        )
    })
}

fn profiles(report: &Report) -> Result<String, Error> {
    let header =
        ["kind", "axis", "tolerance", "solver", "failures", "total", "work", "share_solved"];
    let rows = report.profiles.iter().flat_map(|profile| {
        let curves = profile.curves.iter();
        curves.flat_map(move |curve| curve.points.iter().map(move |point| (profile, curve, point)))
    });
    table(header, rows, |(profile, curve, point)| {
        let solver = &report.solvers[curve.solver];
        (
            (profile.kind, profile.axis, finite(profile.tolerance), solver),
            (curve.failures, curve.total, finite(point[0]), finite(point[1])),
        )
    })
}

fn running_times(report: &Report) -> Result<String, Error> {
    let header = ["problem", "solver", "tolerance", "axis", "expected", "successes", "starts"];
    table(header, &report.running_times, |time| {
        let names = (&report.problems[time.problem].name, &report.solvers[time.solver]);
        (names, time.tolerance, time.axis, finite(time.value), time.successes, time.starts)
    })
}

fn table<const N: usize, T, R: Serialize>(
    header: [&str; N],
    records: impl IntoIterator<Item = T>,
    row: impl Fn(T) -> R,
) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(header).map_err(unwritable)?;
    for record in records {
        writer.serialize(row(record)).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

/// What is not finite is an empty field.
fn finite(value: impl Into<Option<f64>>) -> Option<f64> {
    value.into().filter(|value| value.is_finite())
}
