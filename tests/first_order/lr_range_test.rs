//! The learning-rate range test against closed forms, and fastai's rule on costs worked out by hand.

use extremum::first_order::{Adam, Momentum, Sgd};
use extremum::tuning::{LrRangeTest, RangeCurve, lr_range_test};
use extremum::{DVector, Error, FiniteSum, Sum, from_fn};

/// The test on given costs, without smoothing and without an end.
fn of_costs(costs: &[f64]) -> RangeCurve {
    let test = LrRangeTest::new(1.0, 10_f64.powi(costs.len() as i32 - 1)).steps(costs.len());
    let mut costs = costs.iter();
    test.smoothing(0.0)
        .divergence(f64::INFINITY)
        .run(&mut Sgd::new(1.0).start(1), &mut [0.0_f64], |_, g| {
            g[0] = 0.0;
            *costs.next().unwrap()
        })
        .unwrap()
}

#[test]
fn the_valley_is_half_way_along_the_longest_fall() {
    let curve = of_costs(&[7.0, 9.0, 8.0, 8.5, 6.0, 5.0, 4.0, 3.0, 3.5, 20.0]);
    let rates: Vec<f64> = curve.points().iter().map(|point| point.rate).collect();
    assert!(
        rates
            .iter()
            .enumerate()
            .all(|(k, rate)| (rate / 10_f64.powi(k as i32) - 1.0).abs() < 1e-12)
    );
    // The longest fall, 9 8 6 5 4 3, ends at 7 and has six costs: counted back without gaps it starts at 2.
    assert_eq!(curve.valley(), Some(rates[2 + 2 + 1]));
    assert_eq!(curve.tenth_of_lowest(), Some(rates[7] / 10.0));
    // (6 - 8) / 2 ln 10, (5 - 8.5) / 2 ln 10, ..
    assert_eq!(curve.steepest(), Some(rates[4]));
    assert_eq!(curve.diverging(), None);
    assert_eq!(of_costs(&[1.0, 2.0, 3.0]).suggested(), None);
}

#[test]
fn rates_diverge_where_theory_says() -> Result<(), Error> {
    // λ x²/2: a step multiplies x by 1 − aλ. The cost is lowest near a = 1/λ and above four times that beyond 2/λ.
    for lambda in [1.0, 1e4, 1e-3] {
        let problem = from_fn(1, move |x| 0.5 * lambda * x[0] * x[0])
            .with_gradient(move |x, g| g[0] = lambda * x[0]);
        let test = LrRangeTest::new(1e-3 / lambda, 1e3 / lambda).smoothing(0.0).steps(400);
        let curve = test.of(&problem, Sgd::new(1.0), [1.0])?;
        let diverging = curve.diverging().unwrap() * lambda;
        assert!((2.0..2.5).contains(&diverging), "{diverging}");
        let suggested = curve.suggested().unwrap() * lambda;
        assert!((1e-3..1.0).contains(&suggested), "{suggested}");
    }
    Ok(())
}

#[test]
fn everything_is_what_it_was() -> Result<(), Error> {
    let mut adam = Adam::new(0.05).start(2);
    let mut x = [1.0_f64, -2.0];
    for _ in 0..5 {
        let g = [2.0 * x[0], 8.0 * x[1]];
        adam.step(&mut x, &g)?;
    }
    let (before, state) = (x, adam.state().clone());
    let curve = LrRangeTest::default().run(&mut adam, &mut x, |x, g| {
        g.copy_from_slice(&[2.0 * x[0], 8.0 * x[1]]);
        x[0] * x[0] + 4.0 * x[1] * x[1]
    })?;
    assert!(curve.points().len() > 10);
    assert_eq!((x, adam.state()), (before, &state));
    // And so is the rate.
    let mut other = Adam::new(0.05).start(2);
    other.restore(state)?;
    let mut y = x;
    adam.step(&mut x, &[1.0, 1.0])?;
    other.step(&mut y, &[1.0, 1.0])?;
    assert_eq!(x, y);
    Ok(())
}

#[test]
fn bad_numbers_are_divergence_and_bad_calls_errors() -> Result<(), Error> {
    let island =
        from_fn(1, |x| if x[0] > 0.5 { x[0] } else { f64::NAN }).with_gradient(|_, g| g[0] = 1.0);
    let curve = lr_range_test(&island, Sgd::new(1.0), [1.0])?;
    assert!(curve.diverging().is_some());
    let test = |from, to| LrRangeTest::new(from, to).of(&island, Sgd::new(1.0), [1.0]);
    for (from, to) in [(0.0, 1.0), (1.0, 1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY), (-1.0, 1.0)] {
        assert!(matches!(test(from, to), Err(Error::Parameter { .. })), "{from} {to}");
    }
    let one_step = LrRangeTest::default().steps(1).of(&island, Sgd::new(1.0), [1.0]);
    assert!(matches!(one_step, Err(Error::Parameter { name: "steps", .. })));
    assert!(lr_range_test(&island, Momentum::new(1.0).momentum(2.0), [1.0]).is_err());
    assert!(lr_range_test(&island, Sgd::new(1.0), [1.0, 2.0]).is_err());
    Ok(())
}

#[test]
fn batches_are_drawn_where_the_solver_has_them() -> Result<(), Error> {
    struct Squares;
    impl FiniteSum for Squares {
        fn dimension(&self) -> usize {
            1
        }
        fn terms(&self) -> usize {
            1000
        }
        fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
            assert!(batch.len() == 10 || x[0] == 500.0);
            batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
        }
        fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
            g[0] = batch.iter().map(|&i| x[0] - i as f64).sum::<f64>() / batch.len() as f64;
        }
    }
    let curve = lr_range_test(&Sum::new(Squares), Sgd::new(1.0).batches(10, 3), [500.0])?;
    assert!(curve.points().windows(2).any(|two| two[0].cost != two[1].cost));
    Ok(())
}
