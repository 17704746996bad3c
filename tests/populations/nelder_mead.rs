//! Nelder and Mead's simplex: moves worked out by hand, counts, and the cases in which a plain simplex fails.

use std::collections::HashSet;

use extremum::stop::{max_evaluations, target};
use extremum::{
    Bounds, DVector, Error, Minimizer, NelderMead, Stall, Termination, from_fn, minimize,
};

fn rosenbrock(x: &DVector<f64>) -> f64 {
    (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
}

/// The counts that other implementations need for a sphere, from the same simplex.
#[test]
fn a_sphere_takes_few_evaluations() -> Result<(), Error> {
    for (n, most) in [(2, 78), (10, 958), (30, 4388)] {
        let sphere = from_fn(n, |x| x.norm_squared());
        let found = Minimizer::new(&sphere, NelderMead::default(), vec![3.0; n])
            .stop_when(target(1e-8).or(max_evaluations(most)))
            .run()?;
        assert!(found.termination.is_converged(), "n = {n}: {found}");
        assert!(found.evaluations.cost <= most, "n = {n}: {found}");
    }
    Ok(())
}

/// From (3, 3), by hand: the first simplex, a reflection that is taken, and one that is expanded.
#[test]
fn the_first_moves_are_those_of_the_paper() -> Result<(), Error> {
    let mut search = NelderMead::default().start([3.0, 3.0], None)?;
    let expected: [&[[f64; 2]]; 4] = [
        &[[3.0, 3.0], [3.15, 3.0], [3.0, 3.15]],
        &[[3.15, 2.85]],
        &[[3.0, 2.85]],
        &[[2.925, 2.775]],
    ];
    for expected in expected {
        let asked = search.ask().to_vec();
        assert_eq!(asked.len(), expected.len());
        for (x, expected) in asked.iter().zip(expected) {
            assert!((x[0] - expected[0]).abs() < 1e-14 && (x[1] - expected[1]).abs() < 1e-14);
        }
        let costs: Vec<f64> = asked.iter().map(|x| x.norm_squared()).collect();
        assert!(search.tell(&costs)?.is_continue());
    }
    Ok(())
}

/// McKinnon's function (1998), on which a simplex may collapse at a point that is not stationary.
#[test]
fn restarts_leave_where_a_simplex_collapses() -> Result<(), Error> {
    let mckinnon = from_fn(2, |x| {
        let a = if x[0] <= 0.0 { 360.0 } else { 6.0 };
        a * x[0] * x[0] + x[1] + x[1] * x[1]
    });
    for x0 in [[1.0, 1.0], [0.0, 0.0], [0.84, -0.59]] {
        let found = minimize(&mckinnon, NelderMead::default(), x0)?;
        assert!(found.cost < -0.25 + 1e-10, "{found}");
        assert!(
            matches!(
                found.termination,
                Termination::Stalled {
                    reason: Stall::Collapsed { .. } | Stall::FlatCosts { .. },
                    ..
                }
            ),
            "{found}"
        );
    }
    Ok(())
}

#[test]
fn one_variable_and_kinks_are_enough() -> Result<(), Error> {
    for adaptive in [false, true] {
        let solver = NelderMead::default().adaptive(adaptive);
        let kink = from_fn(1, |x| (x[0] - 7.0).abs());
        let found = minimize(&kink, &solver, [-1.0])?;
        assert!(found.cost < 1e-7, "{found}");
        let found = minimize(from_fn(2, rosenbrock), &solver, [-1.2, 1.0])?;
        assert!(found.cost < 1e-10, "{found}");
    }
    Ok(())
}

/// From a start in a corner of the bounds to a minimum in another: the simplex turns inward, and no point is asked for twice
/// until it has collapsed.
#[test]
fn a_simplex_is_not_flat_on_a_bound() -> Result<(), Error> {
    let bounds = Bounds::new([0.0, -1.0, 2.0], [4.0, 1.0, 2.0])?;
    let mut search = NelderMead::default().start([4.0, 1.0, 2.0], Some(bounds.clone()))?;
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let asked = search.ask().to_vec();
        for x in &asked {
            assert!(bounds.contain(x), "{x}");
            let bits: Vec<u64> = x.iter().map(|x| x.to_bits()).collect();
            assert!(seen.insert(bits), "twice: {x}");
        }
        let cost = |x: &DVector<f64>| (x[0] + 1.0).powi(2) + (x[1] + 0.5).powi(2) + x[2];
        let costs: Vec<f64> = asked.iter().map(cost).collect();
        if search.tell(&costs)?.is_break() {
            break;
        }
    }
    let (x, cost) = search.best();
    assert!((cost - 3.0).abs() < 1e-10, "{x}: {cost}");
    Ok(())
}

/// A constant is flat everywhere, and all fixed variables leave one point.
#[test]
fn it_ends_by_itself_where_there_is_nothing_to_find() -> Result<(), Error> {
    let constant = from_fn(3, |_| 7.0);
    let found = minimize(&constant, NelderMead::default(), [1.0, 0.0, -1.0])?;
    let Termination::Stalled { reason: Stall::FlatCosts { .. }, .. } = found.termination else {
        panic!("{found}");
    };
    assert!(found.evaluations.cost < 40, "{found}");
    let fixed = from_fn(2, |x| x[0] + x[1]).with_bounds(Bounds::new([1.0, 2.0], [1.0, 2.0])?);
    let found = minimize(&fixed, NelderMead::default(), [1.0, 2.0])?;
    assert_eq!((found.cost, found.termination.is_stalled()), (3.0, true));
    // Asked on, it answers.
    let mut search = NelderMead::default().start([0.5], None)?;
    for _ in 0..2_000 {
        let costs: Vec<f64> = search.ask().iter().map(|x| x[0] * x[0]).collect();
        let _ = search.tell(&costs)?;
    }
    assert!(search.best().1 < 1e-16);
    Ok(())
}

#[test]
fn bad_parameters_and_states_are_refused() -> Result<(), Error> {
    let sphere = from_fn(2, |x| x.norm_squared());
    for solver in [
        NelderMead::default().scale(f64::NAN),
        NelderMead::default().scale(0.0),
        NelderMead::default().x_tolerance(-1.0),
        NelderMead::default().x_tolerance(f64::NAN),
        NelderMead::default().cost_tolerance(0.0),
    ] {
        assert!(matches!(minimize(&sphere, &solver, [1.0, 1.0]), Err(Error::Parameter { .. })));
    }
    let mut search = NelderMead::default().start([1.0, 1.0], None)?;
    loop {
        let costs: Vec<f64> = search.ask().iter().map(|x| x.norm_squared()).collect();
        if search.tell(&costs)?.is_break() {
            break;
        }
    }
    assert!(search.restore(search.state().clone()).is_ok());
    let mut stored = serde_json::to_value(search.state()).unwrap();
    stored["memory"]["vertices"].as_array_mut().unwrap().pop();
    let damaged = serde_json::from_value(stored).unwrap();
    assert!(matches!(search.restore(damaged), Err(Error::Checkpoint { .. })));
    Ok(())
}
