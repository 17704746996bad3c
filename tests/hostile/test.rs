//! Random problems with faults, for every solver: a thousand runs here, any number with
//! `cargo run --release --example hostile`.

use extremum_hostile::{
    Plan, Tally, Verdict, code, constrained_code, fit_code, run_case, run_checkpoint,
    run_constrained, run_fit,
};

fn assert_clean(name: &'static str, run: fn(u64) -> Verdict, code: fn(u64) -> String) {
    let plan = Plan { cases: 1000, first: 0, seed: 0, threads: 2, shown: 3, name, run, code };
    let tally = Tally::of(plan);
    assert!(tally.is_clean(), "{}{}\n{}", tally.table(), tally.line(plan), tally.text);
}

#[test]
fn no_run_breaks_a_promise() {
    assert_clean("case", run_case, code);
}

#[test]
fn no_run_with_constraints_does() {
    assert_clean("constrained case", run_constrained, constrained_code);
}

#[test]
fn no_fit_does() {
    assert_clean("fit", run_fit, fit_code);
}

#[test]
fn no_damaged_checkpoint_breaks_one_either() {
    assert_clean("checkpoint", run_checkpoint, code);
}
