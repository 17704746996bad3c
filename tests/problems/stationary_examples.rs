//! The search of `examples/gallery/stationary_points.rs` finds every stationary point and nothing else.
#![cfg(feature = "autodiff")]

#[path = "../../examples/gallery/stationary_points/find.rs"]
mod find;
#[expect(dead_code, reason = "titles and contour levels are for the example's output")]
#[path = "../../examples/gallery/stationary_points/landscapes.rs"]
mod landscapes;

use extremum::Kind;
use find::{Counts, index_sum, stationary_points, winding_number};
use landscapes::landscapes;

/// Against the same points as tests/problems/stationary.rs, by Newton's method with 40 digits: one found for each, within 1e-8
/// and of its kind, and no more.
#[test]
fn published_points() {
    for landscape in landscapes().unwrap() {
        let id = landscape.id;
        let found = stationary_points(&landscape.problem, &landscape.bounds).unwrap();
        let mut published = 0;
        for line in include_str!("../data/stationary-points.txt").lines() {
            let fields: Vec<&str> = line.split(" ; ").collect();
            if fields[0] != id {
                continue;
            }
            let [_, kind, index, x, _] = fields[..] else { panic!("{line}") };
            let x: Vec<f64> = x.split(' ').map(|number| number.parse().unwrap()).collect();
            let expected = match kind {
                "minimum" => Some(Kind::Minimum),
                "maximum" => Some(Kind::Maximum),
                "saddle" => Some(Kind::Saddle { index: index.parse().unwrap() }),
                _ => None,
            };
            let near: Vec<_> = found
                .iter()
                .filter(|f| f.x.iter().zip(&x).all(|(found, x)| (found - x).abs() <= 1e-8))
                .collect();
            let [point] = near[..] else { panic!("{} points found at {line}", near.len()) };
            let kind = point.class.kind;
            match expected {
                Some(expected) => assert_eq!(kind, expected, "{line}"),
                None => assert!(matches!(kind, Kind::Undecided { .. }), "{line}: {kind}"),
            }
            published += 1;
        }
        assert!(published > 0, "{id}");
        assert_eq!(found.len(), published, "{id}");
        assert_eq!(Counts::of(&found), landscape.known, "{id}");
    }
}

/// The theorem of Poincaré and Hopf. The winding numbers in the plane were computed independently; those
/// of a curve are (sign f'(right) - sign f'(left)) / 2. x³ has one degenerate point, which counts 0.
#[test]
fn winding_numbers() {
    let known = [1, 0, -1, 1, 1];
    for (landscape, known) in landscapes().unwrap().iter().zip(known) {
        let winding = winding_number(&landscape.problem, &landscape.bounds);
        let found = stationary_points(&landscape.problem, &landscape.bounds).unwrap();
        assert_eq!(winding, Some(known), "{}", landscape.id);
        assert_eq!(index_sum(&found), known, "{}", landscape.id);
    }
}
