//! Pattern search: the points of a poll, the bound on the gradient after a failed poll, and no point evaluated twice.

use std::collections::HashSet;

use extremum::{
    Bounds, DVector, Error, PatternSearch, Search, Stall, Termination, from_fn, minimize,
};

fn rosenbrock(x: &DVector<f64>) -> f64 {
    (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
}

/// Runs to the end and checks that no point is asked for twice.
fn without_repetition(
    search: &mut Search<PatternSearch>,
    cost: impl Fn(&DVector<f64>) -> f64,
) -> Result<Termination, Error> {
    let mut seen = HashSet::new();
    for _ in 0..100_000 {
        let asked = search.ask().to_vec();
        for x in &asked {
            let bits: Vec<u64> = x.iter().map(|x| x.to_bits()).collect();
            assert!(seen.insert(bits), "twice: {x}");
        }
        let costs: Vec<f64> = asked.iter().map(&cost).collect();
        if let std::ops::ControlFlow::Break(reason) = search.tell(&costs)? {
            return Ok(reason);
        }
    }
    Ok(Termination::NotFinished)
}

/// From 0 by steps of 1: the poll, both improving steps together, and on from there twice as far each time.
#[test]
fn a_poll_and_a_search_by_hand() -> Result<(), Error> {
    let mut search = PatternSearch::default().scale(1.0).start([0.0, 0.0], None)?;
    let expected: [&[[f64; 2]]; 5] = [
        &[[0.0, 0.0]],
        &[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]],
        &[[1.0, -1.0]],
        &[[2.0, -2.0]],
        &[[4.0, -4.0]],
    ];
    for expected in expected {
        let asked = search.ask().to_vec();
        let expected: Vec<DVector<f64>> =
            expected.iter().map(|x| DVector::from_column_slice(x)).collect();
        assert_eq!(asked, expected);
        let cost = |x: &DVector<f64>| (x[0] - 4.0).powi(2) + (x[1] + 4.0).powi(2);
        let costs: Vec<f64> = asked.iter().map(cost).collect();
        let _ = search.tell(&costs)?;
    }
    let mut search = PatternSearch::default().opportunistic(true).start([0.0, 0.0], None)?;
    for _ in 0..20 {
        let costs: Vec<f64> = search.ask().iter().map(|x| x.norm_squared()).collect();
        assert_eq!(costs.len(), 1);
        let _ = search.tell(&costs)?;
    }
    Ok(())
}

/// Kolda, Lewis & Torczon (2003), theorem 3.3: where a poll has failed, ‖∇f‖ ≤ √n M Δ with M the Lipschitz constant of ∇f.
#[test]
fn a_failed_poll_bounds_the_gradient() -> Result<(), Error> {
    let n = 5;
    let weight = |i: usize| 1.0 + i as f64;
    let bowl = from_fn(n, move |x| {
        x.iter().enumerate().map(|(i, x)| weight(i) * (x - 0.3).powi(2) / 2.0).sum()
    });
    for opportunistic in [false, true] {
        for expansion in [1.0, 2.0] {
            let solver = PatternSearch::default().opportunistic(opportunistic).expansion(expansion);
            let found = minimize(&bowl, solver.x_tolerance(1e-6), vec![2.0; n])?;
            let Termination::Stalled { reason: Stall::Collapsed { size, .. }, .. } =
                found.termination
            else {
                panic!("{found}");
            };
            // The poll failed on a mesh of twice the size.
            let gradient = DVector::from_fn(n, |i, _| weight(i) * (found.x[i] - 0.3));
            let bound = (n as f64).sqrt() * weight(n - 1) * 2.0 * size;
            assert!(gradient.norm() <= bound, "{} > {bound}: {found}", gradient.norm());
        }
    }
    Ok(())
}

#[test]
fn no_point_is_asked_for_twice() -> Result<(), Error> {
    for opportunistic in [false, true] {
        for expansion in [1.0, 2.0] {
            let solver = PatternSearch::default().opportunistic(opportunistic).expansion(expansion);
            let mut search = solver.clone().start([-1.2, 1.0], None)?;
            let reason = without_repetition(&mut search, rosenbrock)?;
            assert!(matches!(reason, Termination::Stalled { reason: Stall::Collapsed { .. }, .. }));
            assert!(search.best().1 < 1e-8, "{:?}", search.best());
            // The minimum within the bounds is (0.5, 0.25), on one of them; one variable is fixed.
            let bounds = Bounds::new([-2.0, -2.0, 1.0], [0.5, 2.0, 1.0])?;
            let mut search = solver.start([-1.2, 2.0, 1.0], Some(bounds))?;
            without_repetition(&mut search, rosenbrock)?;
            assert!((search.best().1 - 0.25).abs() < 1e-7, "{:?}", search.best());
        }
    }
    Ok(())
}

#[test]
fn it_goes_on_when_it_is_asked_on() -> Result<(), Error> {
    let mut search = PatternSearch::default().start([1.0, 5.0], None)?;
    for _ in 0..3_000 {
        let costs: Vec<f64> = search.ask().iter().map(|x| x[0].abs() + x[1].abs()).collect();
        assert!(!costs.is_empty());
        let _ = search.tell(&costs)?;
    }
    assert!(search.best().1 < 1e-8);
    Ok(())
}

#[test]
fn bad_parameters_and_states_are_refused() -> Result<(), Error> {
    let sphere = from_fn(2, |x| x.norm_squared());
    for solver in [
        PatternSearch::default().scale(f64::NAN),
        PatternSearch::default().expansion(0.5),
        PatternSearch::default().expansion(f64::INFINITY),
        PatternSearch::default().x_tolerance(0.0),
        PatternSearch::default().x_tolerance(f64::NAN),
    ] {
        assert!(matches!(minimize(&sphere, &solver, [1.0, 1.0]), Err(Error::Parameter { .. })));
    }
    let mut search = PatternSearch::default().start([1.0, 1.0], None)?;
    for _ in 0..3 {
        let costs: Vec<f64> = search.ask().iter().map(|x| x.norm_squared()).collect();
        let _ = search.tell(&costs)?;
    }
    assert!(search.restore(search.state().clone()).is_ok());
    let mut stored = serde_json::to_value(search.state()).unwrap();
    stored["memory"]["known"] = serde_json::json!([]);
    let damaged = serde_json::from_value(stored).unwrap();
    assert!(matches!(search.restore(damaged), Err(Error::Checkpoint { .. })));
    Ok(())
}
