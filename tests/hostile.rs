//! Random problems with faults against every solver: a few hundred runs here, as many as one likes by
//! `cargo run --release --example hostile`.

#![cfg(all(feature = "autodiff", feature = "parallel"))]

#[path = "hostile/mod.rs"]
mod hostile;

use hostile::{Plan, Tally, run_case};

#[test]
fn no_run_breaks_a_promise() {
    let tally =
        Tally::of(Plan { cases: 300, first: 0, seed: 0, threads: 2, shown: 3, run: run_case });
    assert!(tally.is_clean(), "{}\n{}", tally.line("runs"), tally.text);
}
