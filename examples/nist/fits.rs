//! The main table: every set from both starts by `curve_fit`, with no option set.

use extremum::Kind;
use extremum::fit::Fit;

use crate::Arguments;
use crate::models::{DataSet, data_sets};
use crate::solvers::is_asked;

/// One fit.
struct Row {
    set: &'static str,
    start: usize,
    digits: f64,
    of_errors: f64,
    evaluations: u64,
    end: String,
    verdict: String,
}

impl Row {
    fn of(set: &DataSet, start: usize, fit: &Fit<'_>) -> Self {
        let verdict = match fit.verdict.as_ref().map(|verdict| verdict.kind) {
            Some(Kind::Undecided { reason }) => format!("undecided: {reason:?}"),
            Some(kind) => kind.to_string(),
            None => "unknown".into(),
        };
        Self {
            set: set.name,
            start: start + 1,
            digits: set.digits(fit.values().as_slice()),
            of_errors: set.digits_of_errors(fit),
            evaluations: fit.counts.residuals + fit.counts.second_derivatives,
            end: fit.termination.name().into(),
            verdict,
        }
    }
}

/// Fits every set, or the one that was asked for, which is shown in full.
pub fn fit_all(arguments: &Arguments) {
    let mut rows = Vec::new();
    for set in data_sets().iter().filter(|set| is_asked(&arguments.set, set.name)) {
        for (k, start) in set.starts.iter().enumerate() {
            let fitting = set.curve_fit(start);
            let fitting = if arguments.differenced { fitting.differenced() } else { fitting };
            match fitting.run() {
                Ok(fit) => {
                    rows.push(Row::of(set, k, &fit));
                    if arguments.set.is_some() && !arguments.csv {
                        println!("{} from {start:?}\n{fit}\n", set.name);
                    }
                }
                Err(error) => println!("{} from {start:?}: {error}\n", set.name),
            }
        }
    }
    if arguments.csv {
        println!("set,start,digits,digits_of_errors,evaluations,end,verdict");
        for Row { set, start, digits, of_errors, evaluations, end, verdict } in &rows {
            println!("{set},{start},{digits:.2},{of_errors:.2},{evaluations},{end},{verdict}");
        }
        return;
    }
    println!(
        "Certified digits that are right, of the worst parameter and of the worst standard error:\n"
    );
    println!(
        "{:<9}{:>5}{:>11}{:>8}{:>13}  {:<16}verdict",
        "set", "start", "parameters", "errors", "evaluations", "end"
    );
    for Row { set, start, digits, of_errors, evaluations, end, verdict } in &rows {
        println!(
            "{set:<9}{start:>5}{digits:>11.1}{of_errors:>8.1}{evaluations:>13}  {end:<16}{verdict}"
        );
    }
    let good = |digits: fn(&Row) -> f64, least: f64| {
        rows.iter().filter(|row| digits(row) >= least).count()
    };
    println!(
        "\n{} fits: {} with 9 digits, {} with 6 digits of the standard errors; {} evaluations in all, of residuals and \
         of their second derivatives along a step",
        rows.len(),
        good(|row| row.digits, 9.0),
        good(|row| row.of_errors, 6.0),
        rows.iter().map(|row| row.evaluations).sum::<u64>()
    );
    if arguments.set.is_none() {
        println!("One of them in full: -- --set Misra1a. All other methods: -- --solvers.");
    }
}
