//! The drawings: one per problem and one per profile, as SVG.

mod chart;

use plotters::style::RGBColor;

use super::{Axis, Error, Profile, Report, Run, style, unwritable};
use chart::{Chart, Line, Scale};

/// The drawings with the names of their files.
pub(super) fn drawings(report: &Report) -> Result<Vec<(String, String)>, Error> {
    let problems = (0..report.problems.len()).map(|problem| {
        let name =
            format!("problem-{:03}-{}.svg", problem + 1, plain(&report.problems[problem].name));
        Ok((name, errors(report, problem).draw().map_err(unwritable)?))
    });
    let profiles = report.profiles.iter().enumerate().map(|(number, profile)| {
        let kind = profile.name();
        let axis = plain(profile.axis.label());
        let name = format!("profile-{:03}-{kind}-{axis}.svg", number + 1);
        Ok((name, shares(report, profile).draw().map_err(unwritable)?))
    });
    problems.chain(profiles).collect()
}

/// The errors of every run on a problem over the iterations, with the fitted segments.
fn errors(report: &Report, problem: usize) -> Chart {
    let runs = report.runs.iter().filter(|run| run.problem == problem);
    let thin = runs.map(|run| (run.solver, over_iterations(run), 1.2));
    let rates = report.rates.iter().filter(|rate| rate.problem == problem);
    let thick = rates.map(|rate| (rate.solver, pairs(&rate.fit), 3.5));
    let described = &report.problems[problem];
    Chart {
        title: format!("{}, n = {}", described.name, described.n),
        x: Scale { label: Axis::Iterations.label().into(), logarithmic: false, least: 0.0..1.0 },
        y: Scale { label: "error".into(), logarithmic: true, least: 0.0..1.0 },
        lines: thin
            .chain(thick)
            .map(|(solver, points, width)| line(solver, points, width))
            .collect(),
        legend: report
            .solvers
            .iter()
            .cloned()
            .enumerate()
            .map(|(k, name)| entry(k, name))
            .collect(),
    }
}

fn over_iterations(run: &Run) -> Vec<(f64, f64)> {
    run.curve.iter().map(|point| (point.iterations as f64, point.error)).collect()
}

/// A profile, with the failures in its legend.
fn shares(report: &Report, profile: &Profile) -> Chart {
    let ends = profile.curves.iter().filter_map(|curve| curve.points.last());
    let end = ends.map(|point| point[0]).filter(|end| end.is_finite()).fold(1.0, f64::max);
    let lines = profile.curves.iter();
    let lines = lines.map(|curve| line(curve.solver, steps(&curve.points, end), 2.0));
    let legend = profile.curves.iter().map(|curve| {
        let (name, failures, total) = (&report.solvers[curve.solver], curve.failures, curve.total);
        entry(curve.solver, format!("{name}: {failures} of {total} failed"))
    });
    let tolerance =
        profile.tolerance.map_or(String::new(), |tolerance| format!(", tolerance {tolerance:e}"));
    Chart {
        title: format!("{} profile{tolerance}", profile.name()),
        x: Scale { label: profile.label(), logarithmic: true, least: 0.0..1.0 },
        y: Scale { label: "share solved".into(), logarithmic: false, least: 0.0..1.0 },
        lines: lines.collect(),
        legend: legend.collect(),
    }
}

/// The line of a step function from its corners.
fn steps(corners: &[[f64; 2]], end: f64) -> Vec<(f64, f64)> {
    let mut share = 0.0;
    let mut line = Vec::with_capacity(2 * corners.len() + 1);
    for &[x, next] in corners {
        line.extend([(x, share), (x, next)]);
        share = next;
    }
    line.push((end, share));
    line
}

fn pairs(points: &[[f64; 2]]) -> Vec<(f64, f64)> {
    points.iter().map(|&[x, y]| (x, y)).collect()
}

fn line(solver: usize, points: Vec<(f64, f64)>, width: f64) -> Line {
    let look = style::look(solver);
    Line { color: color(look.color), dash: look.dash, width, points, name: String::new() }
}

fn entry(solver: usize, name: String) -> Line {
    Line { name, ..line(solver, Vec::new(), 2.0) }
}

fn color(number: usize) -> RGBColor {
    let digits = style::COLORS[number][0].trim_start_matches('#');
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).unwrap_or(0).to_be_bytes();
    RGBColor(red, green, blue)
}

/// A name for a file: letters, digits and dashes.
fn plain(name: &str) -> String {
    let keep = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }
    };
    let mut plain: String = name.chars().take(40).map(keep).collect();
    while plain.contains("--") {
        plain = plain.replace("--", "-");
    }
    plain.trim_matches('-').to_owned()
}
