//! Update rules against traces of other libraries.

#[path = "../../examples/gallery/first_order_traces/traces.rs"]
pub mod reference;

use reference::Verdict;

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
        let path = format!("{}/data/first_order/{file}.json", env!("CARGO_MANIFEST_DIR"));
        for case in &reference::read(&path).unwrap() {
            let verdict = reference::run(case);
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
