//! Random problems with faults, for every solver, problems with constraints, fits, and damaged checkpoints, in any
//! number.
//!
//! `--runs 1e5`, `--constrained 1e4`, `--fits 1e4` and `--checkpoints 1e5` set the numbers of cases, and end with a
//! line of counts. `--seed` and `--first` select the cases and `--threads` the number of threads. `--show 5` prints up
//! to five findings of each kind in full. `--case SEED` repeats one run and prints everything about it,
//! `--constrained-case SEED` one with constraints, `--fit-case SEED` a fit, `--checkpoint SEED` one checkpoint. The
//! exit code is 1 when anything was found.

use std::process::ExitCode;

use extremum_hostile::cases::Case;
use extremum_hostile::checks::{Finding, check};
use extremum_hostile::{
    Plan, Tally, Verdict, code, constrained_code, fit_code, run_case, run_checkpoint,
    run_constrained, run_fit,
};

/// The value after an argument of this name.
fn value(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn number(name: &str) -> Option<f64> {
    value(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name} {text} is not a number")))
}

/// How a case of a seed is run, and said.
type Kind = (fn(u64) -> Verdict, fn(u64) -> String);

/// Runs this many cases and prints their counts; false when anything was found.
fn all(name: &'static str, cases: f64, (run, code): Kind) -> bool {
    let plan = Plan {
        cases: cases as u64,
        first: number("--first").unwrap_or(0.0) as u64,
        seed: number("--seed").unwrap_or(0.0) as u64,
        threads: number("--threads").unwrap_or(2.0) as usize,
        shown: number("--show").unwrap_or(5.0) as u64,
        name,
        run,
        code,
    };
    let tally = Tally::of(plan);
    println!("{}{}", tally.table(), tally.line(plan));
    tally.is_clean()
}

/// Prints everything about one case; false when anything was found.
fn one(findings: &[Finding]) -> bool {
    findings.iter().for_each(|finding| println!("{:?}: {}", finding.kind, finding.what));
    findings.is_empty()
}

fn main() -> ExitCode {
    let seed = |name| value(name).map(|text| text.parse().expect("a seed is a whole number"));
    let is_clean = if let Some(seed) = seed("--case") {
        let case = Case::draw(seed);
        println!("{}", code(seed));
        let checked = check(&case);
        println!("{:?}", checked.end);
        one(&checked.findings)
    } else if let Some(seed) = seed("--constrained-case") {
        println!("{}", constrained_code(seed));
        one(&run_constrained(seed).findings)
    } else if let Some(seed) = seed("--fit-case") {
        println!("{}", fit_code(seed));
        one(&run_fit(seed).findings)
    } else if let Some(seed) = seed("--checkpoint") {
        let verdict = run_checkpoint(seed);
        println!("{}", code(seed));
        one(&verdict.findings)
    } else {
        let kinds: [(&'static str, &'static str, Kind); 4] = [
            ("--runs", "case", (run_case, code)),
            ("--constrained", "constrained case", (run_constrained, constrained_code)),
            ("--fits", "fit", (run_fit, fit_code)),
            ("--checkpoints", "checkpoint", (run_checkpoint, code)),
        ];
        let run = |(option, name, run)| number(option).is_none_or(|cases| all(name, cases, run));
        kinds.map(run).into_iter().all(|is_clean| is_clean)
    };
    ExitCode::from(u8::from(!is_clean))
}
