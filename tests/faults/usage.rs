//! Problems that new users ran into.

use extremum::first_order::Adam;
use extremum::stop::gradient_norm;
use extremum::{
    AnySolver, Bfgs, ConjugateGradient, DVector, Error, FromFn, Lbfgs, Minimizer, Newton, Problem,
    Solver, from_fn, minimize, problem,
};

fn gradient_solvers() -> Vec<Box<dyn AnySolver>> {
    vec![
        Lbfgs::default().boxed(),
        Bfgs::default().boxed(),
        ConjugateGradient::default().boxed(),
        Newton::default().boxed(),
        Adam::new(1e-2).boxed(),
    ]
}

#[test]
fn a_gradient_that_is_not_written_is_refused_with_its_component() {
    let cost = |x: &DVector<f64>| x.norm_squared();
    let never = from_fn(2, cost).with_gradient(|_, _| {});
    let forgotten = from_fn(3, cost).with_gradient(|x, g| {
        g[0] = 2.0 * x[0];
        g[2] = 2.0 * x[2];
    });
    let longer = from_fn(2, cost).with_gradient(|_, g| *g = DVector::zeros(3));
    let shorter = from_fn(2, cost).with_gradient(|_, g| *g = DVector::zeros(1));
    let replaced = from_fn(2, cost).with_gradient(|x, g| *g = 2.0 * x);
    for solver in gradient_solvers() {
        let refused = minimize(&never, &solver, [1.0, 2.0]).err();
        assert_eq!(refused, Some(Error::GradientNotWritten { index: 0 }), "{}", solver.name());
        let refused = minimize(&forgotten, &solver, [1.0, 2.0, 3.0]).err();
        assert_eq!(refused, Some(Error::GradientNotWritten { index: 1 }), "{}", solver.name());
        assert!(refused.is_some_and(|error| error.to_string().starts_with("gradient[1] was not")));
        for wrong in [&longer, &shorter] {
            let refused = minimize(wrong, &solver, [1.0, 2.0]).err();
            assert_eq!(refused, Some(Error::GradientReplaced { expected: 2 }), "{}", solver.name());
        }
        assert!(minimize(&replaced, &solver, [1.0, 2.0]).is_ok());
    }
}

/// A fit of a e^(−t/τ) to itself, with the amplitude in units of `volt` and the time constant in units of `second`.
fn discharge(volt: f64, second: f64) -> FromFn<'static> {
    let model = move |x: &DVector<f64>, k: usize| {
        let t = 2e-4 * (k + 1) as f64 / second;
        let decay = (-t / x[1]).exp();
        (x[0] * decay, decay, x[0] * decay * t / (x[1] * x[1]))
    };
    let residual = move |x: &DVector<f64>, k: usize| {
        let truth = 5e-3 / volt * (-2e-4 * (k + 1) as f64 / 1e-3).exp();
        model(x, k).0 - truth
    };
    from_fn(2, move |x| (0..20).map(|k| residual(x, k).powi(2)).sum()).with_gradient(move |x, g| {
        g.fill(0.0);
        for k in 0..20 {
            let (_, by_amplitude, by_constant) = model(x, k);
            g[0] += 2.0 * residual(x, k) * by_amplitude;
            g[1] += 2.0 * residual(x, k) * by_constant;
        }
    })
}

#[test]
fn units_do_not_make_a_point_converged() {
    for (volt, second) in [(1.0, 1.0), (1e-3, 1e-3), (1e-6, 1.0), (1e3, 1e-3), (1e-6, 1e-6)] {
        let truth = [5e-3 / volt, 1e-3 / second];
        let problem = discharge(volt, second);
        for solver in gradient_solvers().iter().take(4) {
            let start = [2.0 * truth[0], 1.5 * truth[1]];
            let found = minimize(&problem, solver, start).expect("a good call");
            let error =
                (found.x[0] / truth[0] - 1.0).abs().max((found.x[1] / truth[1] - 1.0).abs());
            if found.termination.is_converged() {
                assert!(error < 1e-2, "{} {volt:e} {second:e}: {found}", solver.name());
            }
        }
        let found = minimize(&problem, Newton::default(), [1.2 * truth[0], 1.2 * truth[1]]);
        let found = found.expect("a good call");
        assert!(found.termination.is_converged(), "{volt:e} {second:e}: {found}");
    }
}

#[test]
fn a_factor_of_the_cost_changes_no_verdict_and_a_start_at_the_minimum_ends_at_once() {
    for exponent in [-200, -60, -30, -3, 0, 30, 60, 200] {
        let factor = 2.0_f64.powi(exponent);
        let valley = from_fn(2, move |x| {
            factor * ((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2))
        })
        .with_gradient(move |x, g| {
            let t = x[1] - x[0] * x[0];
            g[0] = factor * (-2.0 * (1.0 - x[0]) - 400.0 * t * x[0]);
            g[1] = factor * 200.0 * t;
        });
        for solver in gradient_solvers().iter().take(4) {
            let found = minimize(&valley, solver, [-1.2, 1.0]).expect("a good call");
            assert!(found.termination.is_converged(), "{} 2^{exponent}: {found}", solver.name());
            assert!((found.x[0] - 1.0).abs() < 1e-3, "{} 2^{exponent}: {found}", solver.name());
            let there = minimize(&valley, solver, [1.0, 1.0]).expect("a good call");
            assert!(there.termination.is_converged() && there.iterations == 0, "{there}");
        }
    }
    for offset in [0.0, 1.0, 1e4, 1e8] {
        let bowl = from_fn(2, move |x| {
            offset + (x[0] - 1.0).powi(2) + 4.0 * (x[1] + 2.0).powi(2) + x[0] * x[1]
        })
        .with_gradient(|x, g| {
            g[0] = 2.0 * (x[0] - 1.0) + x[1];
            g[1] = 8.0 * (x[1] + 2.0) + x[0];
        });
        for solver in gradient_solvers().iter().take(4) {
            let found = minimize(&bowl, solver, [3.0, 4.0]).expect("a good call");
            assert!(found.termination.is_converged(), "{} {offset:e}: {found}", solver.name());
            // A run from where another one ended has nothing to gain.
            let again = minimize(&bowl, solver, &found.x).expect("a good call");
            assert!(again.termination.is_converged(), "{} {offset:e}: {again}", solver.name());
            assert!(again.iterations <= 20, "{} {offset:e}: {again}", solver.name());
            assert!(again.warning.is_none(), "{} {offset:e}: {again}", solver.name());
        }
    }
}

#[test]
fn a_test_that_was_met_cheaply_is_warned_of() {
    let tiny =
        problem!(2, |x| 1e-9 * ((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)));
    let asked = Minimizer::new(&tiny, Lbfgs::default(), [-1.2, 1.0]).stop_when(gradient_norm(1e-6));
    let found = asked.run().expect("a good call");
    assert!(found.termination.is_converged() && found.iterations == 0);
    let warning = found.warning.expect("the gradient promises more than nothing");
    // |∂f/∂x₀| = 2.156e-7, x₀ = −1.2; |∂f/∂x₁| = 8.8e-8.
    assert!((warning.promised - 1.2 * 2.156e-7).abs() < 1e-15 && warning.decrease == 0.0);
    assert!(found.to_string().contains("typical_x"), "{found}");

    let plain = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
    let found = minimize(&plain, Lbfgs::default(), [-1.2, 1.0]).expect("a good call");
    assert!(found.warning.is_none() && plain.dimension() == 2, "{found}");
}

#[test]
fn bounds_by_component() {
    use extremum::Bounds;
    let bounds = Bounds::unbounded(4).limit(0, 1e-9..).unwrap();
    let bounds =
        bounds.limit(1, ..=5.0).unwrap().limit(2, -1.0..=1.0).unwrap().fix(3, 0.3).unwrap();
    assert_eq!(bounds.lower().as_slice(), [1e-9, f64::NEG_INFINITY, -1.0, 0.3]);
    assert_eq!(bounds.upper().as_slice(), [f64::INFINITY, 5.0, 1.0, 0.3]);
    assert!(bounds.clone().limit(4, ..).is_err_and(|e| e.to_string().contains("index")));
    for bad in [1.0..=0.0, f64::NAN..=1.0, 0.0..=f64::NAN] {
        assert!(matches!(bounds.clone().limit(1, bad), Err(Error::Bounds { index: 1, .. })));
    }
    assert!(bounds.fix(0, f64::NAN).is_err());
}

#[test]
fn starts_of_every_usual_type() {
    let square = from_fn(2, |x| x.norm_squared());
    let (vector, array) = (vec![1.0, 2.0], [1.0, 2.0]);
    let found = [
        minimize(&square, Lbfgs::default(), &vector).unwrap(),
        minimize(&square, Lbfgs::default(), array).unwrap(),
        minimize(&square, Lbfgs::default(), vector.as_slice()).unwrap(),
        minimize(&square, Lbfgs::default(), vector.clone()).unwrap(),
    ];
    assert!(found.iter().all(|f| f.x == found[0].x && f.evaluations == found[0].evaluations));
    let parabola = from_fn(1, |x| (x[0] - 2.0).powi(2));
    assert!((minimize(&parabola, Lbfgs::default(), 5.0).unwrap().x[0] - 2.0).abs() < 1e-6);
}

#[test]
fn a_solution_shows_its_point_its_solver_and_its_time() {
    let square =
        from_fn(10, |x| x.iter().enumerate().map(|(i, x)| (x - i as f64 - 1.0).powi(2)).sum())
            .with_gradient(|x, g| {
                for i in 0..10 {
                    g[i] = 2.0 * (x[i] - i as f64 - 1.0);
                }
            });
    let found = minimize(&square, Lbfgs::default(), [0.5; 10]).unwrap();
    let text = found.to_string();
    assert!(text.contains("x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, ..]"), "{text}");
    assert!(text.contains("Lbfgs: ") && found.solver == "Lbfgs", "{text}");
    assert!(text.contains("s in ") && text.trim_end().ends_with('s'), "{text}");
}

#[test]
fn limits_of_iterations_and_evaluations_on_the_run() {
    let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
    let run = || Minimizer::new(&valley, Lbfgs::default(), [-1.2, 1.0]);
    let found = run().max_iterations(5).run().unwrap();
    assert_eq!((found.iterations, found.termination.name()), (5, "MaxIterations"));
    let found = run().max_evaluations(20).run().unwrap();
    assert_eq!((found.evaluations.cost, found.termination.name()), (20, "MaxEvaluations"));
    let found = run().max_iterations(5).stop_when(gradient_norm(1e3)).run().unwrap();
    assert_eq!((found.iterations, found.termination.name()), (0, "GradientNorm"));
    assert!(run().max_evaluations(1000).run().unwrap().termination.is_converged());
    assert_eq!(run().max_iterations(0).run().unwrap().iterations, 0);
}

#[test]
fn the_current_point_is_shown_as_well_as_the_best() {
    // At this rate the steps go up and down a valley before they settle.
    let bowl = from_fn(1, |x| x[0] * x[0]).with_gradient(|x, g| g[0] = 2.0 * x[0]);
    let mut seen = Vec::new();
    let found = Minimizer::new(&bowl, Adam::new(0.9), [1.0])
        .max_iterations(40)
        .trace()
        .observe(|p| {
            assert_eq!(p.current_cost, p.current[0].powi(2));
            assert_eq!(p.cost, p.x[0].powi(2));
            seen.push((p.cost, p.current_cost));
        })
        .run()
        .unwrap();
    assert!(seen.iter().any(|(best, current)| current > best));
    assert!(seen.iter().all(|(best, current)| current >= best));
    let traced: Vec<_> = found.trace.iter().map(|r| (r.cost, r.current_cost)).collect();
    assert_eq!(traced, seen);
}

#[test]
fn a_problem_by_value() {
    let found = minimize(from_fn(1, |x| x[0].cosh()), Lbfgs::default(), [1.0]).unwrap();
    assert!(found.x[0].abs() < 1e-6);
    let kind = extremum::classify(&from_fn(1, |x| x[0].cosh()), [0.0]).unwrap();
    assert!(kind.is_minimum());
}
