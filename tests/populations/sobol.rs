//! Sobol's sequence: the published first points, and the elementary intervals that its points fill.

use std::collections::HashSet;

use extremum::{Bounds, DVector, Error, SobolSearch, from_fn, minimize};

/// The points u_0, u_1, ... in the unit box, x0 left out.
fn points(solver: SobolSearch, n: usize, count: usize) -> Result<Vec<DVector<f64>>, Error> {
    let unit = Bounds::new(vec![0.0; n], vec![1.0; n])?;
    let mut search = solver.start(vec![0.5; n], Some(unit))?;
    let mut points = Vec::new();
    while points.len() <= count {
        points.extend_from_slice(search.ask());
        let costs = vec![0.0; search.ask().len()];
        let _ = search.tell(&costs)?;
    }
    Ok(points[1..=count].to_vec())
}

/// The first ten points that Joe and Kuo print for three variables with new-joe-kuo-6.
#[test]
fn the_first_points_are_the_published_ones() -> Result<(), Error> {
    let published = [
        [0.0, 0.0, 0.0],
        [0.5, 0.5, 0.5],
        [0.75, 0.25, 0.25],
        [0.25, 0.75, 0.75],
        [0.375, 0.375, 0.625],
        [0.875, 0.875, 0.125],
        [0.625, 0.125, 0.875],
        [0.125, 0.625, 0.375],
        [0.1875, 0.3125, 0.9375],
        [0.6875, 0.8125, 0.4375],
    ];
    for batch in [1, 32] {
        let made = points(SobolSearch::default().scrambled(false).batch(batch), 3, 10)?;
        for (made, published) in made.iter().zip(published) {
            assert_eq!(made.as_slice(), published);
        }
    }
    Ok(())
}

/// Variables 4, 10, 50, 128 and 256 of a few later points, by another implementation (the crate `sobol` 1.0.2).
#[test]
fn later_points_are_those_of_another_implementation() -> Result<(), Error> {
    let expected = [
        (100, [0.7265625, 0.6953125, 0.6640625, 0.4609375, 0.5703125]),
        (1000, [0.6767578125, 0.0693359375, 0.4794921875, 0.5439453125, 0.2490234375]),
        (
            12_345,
            [
                0.52679443359375,
                0.42962646484375,
                0.61285400390625,
                0.64251708984375,
                0.58807373046875,
            ],
        ),
    ];
    let solver = SobolSearch::default().scrambled(false).points(20_000).batch(512);
    let made = points(solver, 256, 12_346)?;
    for (index, expected) in expected {
        let x = &made[index];
        assert_eq!([x[3], x[9], x[49], x[127], x[255]], expected, "point {index}");
    }
    Ok(())
}

/// Along each variable the first 2ᵏ points lie in distinct parts of its range; of the plane of the first two variables they
/// fill every elementary interval of area 2⁻ᵏ. Scrambling changes neither.
#[test]
fn the_points_fill_every_elementary_interval() -> Result<(), Error> {
    let n = 256;
    let solvers = [
        SobolSearch::default().scrambled(false),
        SobolSearch::default(),
        SobolSearch::default().seed(7),
    ];
    for solver in solvers {
        let made = points(solver, n, 1024)?;
        for k in 0..=10 {
            let part = |x: f64, k: i32| (x * 2.0_f64.powi(k)).floor() as u64;
            for i in 0..n {
                let parts: HashSet<u64> = made[..1 << k].iter().map(|x| part(x[i], k)).collect();
                assert_eq!(parts.len(), 1 << k, "variable {i}, {k}");
            }
            for a in 0..=k {
                let cells: HashSet<(u64, u64)> =
                    made[..1 << k].iter().map(|x| (part(x[0], a), part(x[1], k - a))).collect();
                assert_eq!(cells.len(), 1 << k, "{a} of {k}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_seed_is_a_sequence() -> Result<(), Error> {
    let of = |seed| points(SobolSearch::default().seed(seed), 4, 20);
    assert_eq!(of(1)?, of(1)?);
    assert_ne!(of(1)?, of(2)?);
    // Every point of a scrambled sequence is uniform: the mean of the first over many seeds is that of the box.
    let mut mean = DVector::zeros(2);
    for seed in 0..400 {
        mean += &points(SobolSearch::default().seed(seed), 2, 1)?[0] / 400.0;
    }
    assert!(mean.iter().all(|m| (m - 0.5).abs() < 0.06), "{mean}");
    Ok(())
}

#[test]
fn bad_calls_are_refused() {
    let wide = from_fn(257, |x| x.norm_squared());
    let solver = SobolSearch::default().scale(1.0);
    assert!(matches!(minimize(&wide, &solver, vec![0.0; 257]), Err(Error::Parameter { .. })));
    let line = from_fn(1, |x| x[0] * x[0]);
    for solver in [solver.clone().points(0), solver.clone().batch(0), solver.scale(f64::NAN)] {
        assert!(matches!(minimize(&line, &solver, [0.0]), Err(Error::Parameter { .. })));
    }
}
