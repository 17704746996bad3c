//! Update rules against traces of other libraries.
//!
//! ```text
//! cargo run --release --example first_order_traces -- FILE..
//! ```
//!
//! Reads files of the format `first-order-traces/1` (by default those of tests/data/first_order), runs each case with our
//! rule and prints `lib,opt,problem,hyper,worst_error,allowed,verdict`: the largest error of a checkpoint relative to
//! what is allowed there, the file's own sensitivity to rounding times 100 but at least 1e-12. Ends with a failure when
//! a case disagrees, or is one of a method of ours that it cannot run.

#[path = "first_order_traces/traces.rs"]
mod traces;

use std::process::ExitCode;

use traces::{Verdict, run};

fn main() -> ExitCode {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/first_order");
        files = ["traces", "more_traces"].map(|name| format!("{own}/{name}.json")).to_vec();
    }
    println!("lib,opt,problem,hyper,worst_error,allowed,verdict");
    let mut counts = [0; 4];
    for file in &files {
        let cases = match traces::read(file) {
            Ok(cases) => cases,
            Err(reason) => {
                eprintln!("{file}: {reason}");
                return ExitCode::FAILURE;
            }
        };
        for case in &cases {
            let verdict = run(case);
            println!("{},{verdict}", case.label());
            counts[match verdict {
                Verdict::Agrees { .. } => 0,
                Verdict::Disagrees { .. } => 1,
                Verdict::Unsupported { .. } => 2,
                Verdict::NotOurs { .. } => 3,
            }] += 1;
        }
    }
    let [agree, disagree, unsupported, not_ours] = counts;
    println!(
        "{agree} agree, {disagree} disagree, {unsupported} unsupported; {not_ours} of methods that are not ours"
    );
    if disagree + unsupported == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Run by `cargo test`.
#[cfg(test)]
mod tests {
    use super::{traces, traces::Verdict};

    /// The methods of the files that we do not have; of Adafactor, those whose parameters are a matrix.
    const NOT_OURS: [&str; 18] = [
        "Adafactor",
        "AdaMod",
        "AdamP",
        "Amos",
        "AvaGrad",
        "BarzilaiBorwein",
        "DiffGrad",
        "FTRL",
        "LaProp",
        "PNM",
        "acprop",
        "cocob",
        "fromage",
        "muon",
        "optimistic_adam_v2",
        "optimistic_gradient_descent",
        "simplified_ademamix",
        "sm3",
    ];

    /// Every case of a method of ours agrees; the cases of others are those of the methods named here.
    #[test]
    fn the_traces_of_other_libraries() {
        let mut agree = 0;
        for file in ["traces", "more_traces"] {
            let path = format!("{}/tests/data/first_order/{file}.json", env!("CARGO_MANIFEST_DIR"));
            for case in &traces::read(&path).unwrap() {
                let verdict = traces::run(case);
                match verdict {
                    Verdict::Agrees { .. } => agree += 1,
                    Verdict::NotOurs { .. } => {
                        assert!(NOT_OURS.contains(&&*case.opt), "{}: {verdict}", case.label());
                    }
                    _ => panic!("{}: {verdict}", case.label()),
                }
            }
        }
        assert!(agree >= 480, "{agree} cases agree");
    }
}
