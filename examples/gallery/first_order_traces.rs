//! Update rules against traces of other libraries.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example first_order_traces -- FILE..
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
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/first_order");
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
