//! Random hostile runs: combinations of problems, faults and solvers, each from a seed, and what must hold for all.

#![cfg(feature = "parallel")]

pub mod cases;
pub mod checkpoints;
pub mod checks;
pub mod constrained;
pub mod dice;
pub mod faults;
#[cfg(feature = "fit")]
pub mod fits;
pub mod populations;
pub mod problems;
pub mod repeats;
pub mod report;
pub mod rules;
pub mod runs;
#[path = "../seal.rs"]
pub mod seal;
pub mod searches;
pub mod shapes;
pub mod solvers;
pub mod sums;
pub mod wrapped;

pub use checkpoints::run_checkpoint;
pub use constrained::{constrained_code, run_constrained};
#[cfg(feature = "fit")]
pub use fits::{fit_code, run_fit};
pub use report::{Plan, Tally, Verdict};

use cases::Case;
use checks::check;
use extremum::Solver;
use runs::End;

/// Runs the case of a seed.
pub fn run_case(seed: u64) -> Verdict {
    let case = Case::draw(seed);
    let checked = check(&case);
    let refusal = match checked.end {
        End::Refused(error) => Some(error),
        _ => None,
    };
    Verdict { refusal, solver: case.solver.value.name(), findings: checked.findings }
}

/// The case of a seed, as lines of Rust.
pub fn code(seed: u64) -> String {
    Case::draw(seed).code()
}
