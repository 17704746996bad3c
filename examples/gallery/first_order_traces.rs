//! Update rules against traces of other libraries.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example first_order_traces -- FILE..
//! ```
//!
//! Reads files of the format `first-order-traces/1` (by default those of tests/data/first_order), runs each case with our
//! rule and prints `lib,opt,problem,hyper,worst_error,allowed,verdict`: the error at the checkpoint where it is largest
//! relative to the allowed error, which is 100 times the file's own sensitivity to rounding, and at least 1e-12. It exits
//! with an error when a case disagrees, or when a case of one of our methods cannot be run.

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
