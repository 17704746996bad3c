//! Random hostile runs: problems times faults times solvers, each from a seed, and what must hold for all of them.

pub mod cases;
pub mod checks;
pub mod dice;
pub mod faults;
pub mod populations;
pub mod problems;
pub mod report;
pub mod rules;
pub mod searches;
pub mod solvers;
pub mod sums;

pub use report::{Plan, Tally, Verdict};

use cases::Case;
use checks::{End, check};

/// Runs the case of a seed.
pub fn run_case(seed: u64) -> Verdict {
    let case = Case::draw(seed);
    let checked = check(&case);
    let code = if checked.findings.is_empty() { String::new() } else { case.code() };
    Verdict { is_refused: matches!(checked.end, End::Refused(_)), findings: checked.findings, code }
}
