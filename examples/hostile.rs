//! Random problems with faults against every solver, in any number: `--runs 1e5 [--seed 0] [--first 0] [--threads 2]`.
//! It ends in a line of counts; `--case SEED` makes one run again and tells everything about it.

#[path = "../tests/hostile/mod.rs"]
mod hostile;

use std::process::ExitCode;

use hostile::cases::Case;
use hostile::checks::check;
use hostile::{Plan, Tally, run_case};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str, default: f64| {
        value(name).map_or(default, |text| {
            text.parse().unwrap_or_else(|_| panic!("{name} {text} is no number"))
        })
    };
    if let Some(text) = value("--case") {
        let case = Case::draw(text.parse().expect("a seed"));
        println!("{}", case.code());
        let checked = check(&case);
        println!("{:?}", checked.end);
        checked
            .findings
            .iter()
            .for_each(|finding| println!("{:?}: {}", finding.kind, finding.what));
        return ExitCode::from(u8::from(!checked.findings.is_empty()));
    }
    let plan = Plan {
        cases: number("--runs", 1e4) as u64,
        first: number("--first", 0.0) as u64,
        seed: number("--seed", 0.0) as u64,
        threads: number("--threads", 2.0) as usize,
        shown: number("--show", 5.0) as u64,
        run: run_case,
    };
    let tally = Tally::of(plan);
    println!("{}", tally.line("runs"));
    ExitCode::from(u8::from(!tally.is_clean()))
}
