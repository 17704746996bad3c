//! The 52 problems of Hock and Schittkowski by the interior point method, from the published starts: a first-order
//! point of each, and no more costs than Ipopt 3.14 in the mean, whose counts are in the file.

use extremum::stop::{converged, max_iterations};
use extremum::{
    AutoDiff, Bounded, Bounds, Constrained, DVector, Expression, InteriorPoint, Limited, Minimizer,
    Problem, Solution, Stall, Termination,
};
use serde_json::Value;

const PROBLEMS: &str = include_str!("../../../examples/data/hock-schittkowski.json");

/// Other minima that the collection, or the notes in the file, name.
const LOCAL: [(&str, f64); 7] = [
    ("HS2", 4.9412293),
    ("HS16", 23.1446609),
    ("HS20", 40.1987298),
    ("HS44", -13.0),
    ("HS47", 0.0),
    ("HS97", 4.0712463),
    ("HS108", -0.6749814),
];

fn numbers(value: &Value, none: f64) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(none)).collect()
}

fn solve(entry: &Value) -> Solution {
    let mut start = DVector::from_vec(numbers(&entry["x0"], 0.0));
    let n = start.len();
    let read = |text: &Value| Expression::new(n, text.as_str().unwrap()).unwrap();
    let corner =
        |side: &Value, none: f64| if side.is_null() { vec![none; n] } else { numbers(side, none) };
    let lower = corner(&entry["lower"], f64::NEG_INFINITY);
    let bounds = Bounds::new(lower, corner(&entry["upper"], f64::INFINITY)).unwrap();
    bounds.project(&mut start);
    let cost = Bounded(AutoDiff(read(&entry["objective"])), bounds);
    let rows = entry["constraints"].as_array().unwrap();
    let most = rows.iter().map(|row| if row["type"] == "eq" { 0.0 } else { f64::INFINITY });
    let limits = Bounds::new(vec![0.0; rows.len()], most.collect::<Vec<_>>()).unwrap();
    let formulas: Vec<_> = rows.iter().map(|row| read(&row["expr"])).collect();
    let problem: Box<dyn Problem> = match rows.len() {
        0 => Box::new(cost),
        _ => Box::new(Constrained(cost, Limited(formulas, limits))),
    };
    let run = Minimizer::new(&problem, InteriorPoint::default(), start);
    run.stop_when(converged().or(max_iterations(500))).run().unwrap()
}

#[test]
fn the_interior_point_method_solves_them_as_ipopt_does() {
    let file: Value = serde_json::from_str(PROBLEMS).unwrap();
    let (mut ours, mut theirs) = (0.0, 0.0);
    for entry in file["problems"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        let found = solve(entry);
        let is_at = |cost: f64| (found.cost - cost).abs() <= 1e-5 * cost.abs().max(1.0);
        let is_lowest = is_at(entry["f_star"].as_f64().unwrap());
        let is_local = LOCAL.iter().any(|(local, cost)| *local == name && is_at(*cost));
        assert!(is_lowest || is_local, "{name}: {found}");
        assert!(found.infeasibility.unwrap_or(0.0) <= 1e-6, "{name}: {found}");
        // The minimum of the thirteenth has no multipliers.
        let ends_well = match (&found.termination, name) {
            (Termination::Stalled { reason, .. }, "HS13") => {
                matches!(reason, Stall::NoMultipliers { .. })
            }
            (end, _) => end.is_converged(),
        };
        assert!(ends_well, "{name}: {found}");
        ours += (found.evaluations.cost as f64).ln() / 52.0;
        theirs += entry["measured"]["ipopt"]["f_evals"].as_f64().unwrap().ln() / 52.0;
    }
    assert!(ours.exp() <= 12.0 && ours <= theirs, "{} {}", ours.exp(), theirs.exp());
}
