//! How runs of line-search solvers end: within their limits, never above the start, with a true reason.

use std::time::{Duration, Instant};

use extremum::line_search::{
    Backtracking, FixedStep, HagerZhang, LineSearch, MoreThuente, Start, StrongWolfe,
};
use extremum::{
    AnySolver, Bfgs, ConjugateGradient, DVector, FromFn, GradientDescent, Lbfgs, Minimizer,
    Problem, Solution, Solver, Stall, Termination, from_fn, minimize, problem,
};
use extremum_hostile::solvers::with_every_search;

fn quasi_newton_and_gradients() -> [(&'static str, Box<dyn AnySolver>); 3] {
    [
        ("Lbfgs", Lbfgs::default().boxed()),
        ("Bfgs", Bfgs::default().boxed()),
        ("ConjugateGradient", ConjugateGradient::default().boxed()),
    ]
}

fn run(problem: &dyn Problem, solver: &dyn AnySolver, start: &[f64]) -> Solution {
    let began = Instant::now();
    let found = Minimizer::new(&problem, solver, start)
        .time_limit(Duration::from_secs(2))
        .run()
        .expect("the call is a good one");
    assert!(began.elapsed() < Duration::from_secs(10), "the limit holds: {found}");
    found
}

fn root() -> FromFn<'static> {
    from_fn(1, |x| if x[0] < 0.0 { f64::NAN } else { x[0].sqrt() })
        .with_gradient(|x, g| g[0] = 0.5 / x[0].sqrt())
}

#[test]
fn a_root_with_an_infinite_slope_is_followed_down_to_its_end() {
    for start in [2.0, 1.0, 0.37, 1e3] {
        for (name, solver) in quasi_newton_and_gradients() {
            let found = run(&root(), &solver, &[start]);
            assert!(found.x[0] < 1e-8 && found.cost < 1e-4, "{name} from {start}: {found}");
            assert!(!found.termination.is_converged(), "{name} from {start}: {found}");
        }
        for (name, solver) in with_every_search() {
            let found = run(&root(), &solver, &[start]);
            assert!(found.cost <= start.sqrt() && found.cost < 1.0, "{name} from {start}: {found}");
        }
    }
}

/// Hills on a bowl behind a large constant.
fn hills(offset: f64, bowl: f64) -> FromFn<'static> {
    from_fn(2, move |x| {
        let hills = x.iter().map(|x| 1.0 - (3.0 * x).cos()).sum::<f64>();
        offset + bowl * x.norm_squared() + 10.0 * hills
    })
    .with_gradient(move |x, g| {
        for (g, x) in g.iter_mut().zip(x) {
            *g = 2.0 * bowl * x + 30.0 * (3.0 * x).sin();
        }
    })
}

#[test]
fn no_constant_in_the_cost_lets_a_run_end_above_its_start() {
    let starts = [[0.4, 0.3], [-0.1, -0.6], [0.0, 0.8], [2.1, 2.9], [-3.3, 0.9], [7.7, -5.1]];
    for bowl in [0.05, 0.5] {
        for offset in [0.0, 1e4, 1e8, -1e8, 1e12] {
            for start in starts {
                let problem = hills(offset, bowl);
                let first = problem.cost(&DVector::from_row_slice(&start));
                for (name, solver) in with_every_search() {
                    let found = run(&problem, &solver, &start);
                    assert!(found.cost <= first, "{name}, {offset:e}, {start:?}: {found}");
                    assert_eq!(found.cost, problem.cost(&found.x), "{name}: {found}");
                    if found.termination.is_converged() {
                        let mut g = DVector::zeros(2);
                        problem.gradient(&found.x, &mut g);
                        assert_eq!(found.gradient_norm, Some(g.amax()), "{name}: {found}");
                    }
                }
            }
        }
    }
    // As without the constant.
    let found = run(&hills(1e8, 0.05), &ConjugateGradient::default().boxed(), &[0.4, 0.3]);
    assert!(found.x.amax() < 1e-6 && found.cost == 1e8, "{found}");
}

#[test]
fn a_cost_without_end_is_unbounded_at_any_scale() {
    let powers = [3, 8, 1, 10, 5, 2, 7, 4, 6, 9];
    let problem = from_fn(10, move |x| x.iter().zip(powers).map(|(x, p)| x.powi(p)).sum())
        .with_gradient(move |x, g| {
            for ((g, x), p) in g.iter_mut().zip(x).zip(powers) {
                *g = f64::from(p) * x.powi(p - 1);
            }
        });
    let start = [0.3, 0.7, 0.5, 0.9, 0.2, 0.6, 0.8, 0.1, 0.4, 0.55];
    for (name, solver) in quasi_newton_and_gradients() {
        let found = run(&problem, &solver, &start);
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{name}: {found}");
    }
    let cubic = problem!(2, |x| x[0].powi(3) + 1e-3 * x[1].powi(5));
    for (name, solver) in quasi_newton_and_gradients() {
        let found = run(&cubic, &solver, &[-1.0, 1.0]);
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{name}: {found}");
    }
}

#[test]
fn a_point_without_a_gradient_hides_no_lower_one() {
    let cone = problem!(2, |x| (x[0].powi(2) + x[1].powi(2)).sqrt());
    for start in [[1.0, 1.0], [-3.0, 0.5], [1e3, 1e3], [2.0, 0.0]] {
        for (name, solver) in quasi_newton_and_gradients() {
            let found = run(&cone, &solver, &start);
            assert!(found.cost < 1e-8, "{name} from {start:?}: {found}");
        }
    }
}

/// ½ |A x − y|² + 0.3 |x|₁ with the subgradient that signum gives.
fn lasso() -> FromFn<'static> {
    const A: [[f64; 2]; 3] = [[1.0, 0.5], [0.2, 1.0], [0.7, -0.3]];
    const Y: [f64; 3] = [1.0, 0.1, 0.8];
    let residual = |x: &DVector<f64>, i: usize| A[i][0] * x[0] + A[i][1] * x[1] - Y[i];
    from_fn(2, move |x| {
        let fit = (0..3).map(|i| residual(x, i).powi(2)).sum::<f64>();
        0.5 * fit + 0.3 * (x[0].abs() + x[1].abs())
    })
    .with_gradient(move |x, g| {
        for j in 0..2 {
            let fit = (0..3).map(|i| residual(x, i) * A[i][j]).sum::<f64>();
            g[j] = fit + 0.3 * x[j].signum();
        }
    })
}

#[test]
fn a_kink_is_not_called_a_wrong_gradient() {
    for start in [[1.0, 1.0], [-1.0, 2.0], [0.3, -0.7]] {
        for (name, solver) in with_every_search() {
            let found = run(&lasso(), &solver, &start);
            assert!(!found.termination.is_failure(), "{name} from {start:?}: {found}");
            assert!(!found.termination.is_converged(), "{name} from {start:?}: {found}");
        }
        for solver in [Lbfgs::default().boxed(), Bfgs::default().boxed()] {
            let found = run(&lasso(), &solver, &start);
            assert!(found.cost - 0.2895751633987 < 1e-3, "{} {start:?}: {found}", solver.name());
        }
    }
    let weights = [1.0, 3.0, 0.2];
    let distances = from_fn(3, move |x| x.iter().zip(weights).map(|(x, w)| w * x.abs()).sum())
        .with_gradient(move |x, g| {
            for ((g, x), w) in g.iter_mut().zip(x).zip(weights) {
                *g = w * x.signum();
            }
        });
    for (name, solver) in with_every_search() {
        let found = run(&distances, &solver, &[0.0, 0.5, -2.0]);
        assert!(!found.termination.is_failure(), "{name}: {found}");
    }
}

#[test]
fn a_gradient_of_the_wrong_sign_is_named_by_every_search() {
    let parabola =
        from_fn(1, |x| (x[0] - 1.0).powi(2)).with_gradient(|x, g| g[0] = -2.0 * (x[0] - 1.0));
    let bowl = from_fn(3, |x| {
        5.0 + x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x * x).sum::<f64>()
    })
    .with_gradient(|x, g| {
        for (i, (g, x)) in g.iter_mut().zip(x).enumerate() {
            *g = -2.0 * (i + 1) as f64 * x;
        }
    });
    let growth = from_fn(2, |x| x[0].cosh() + (x[1] - 1.0).exp() - x[1]).with_gradient(|x, g| {
        g[0] = -x[0].sinh();
        g[1] = 1.0 - (x[1] - 1.0).exp();
    });
    let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2))
        .with_gradient(|x, g| {
            let t = x[1] - x[0] * x[0];
            g[0] = 2.0 * (1.0 - x[0]) + 400.0 * t * x[0];
            g[1] = -200.0 * t;
        });
    let cases: [(&FromFn<'_>, &[f64]); 5] = [
        (&parabola, &[3.0]),
        (&parabola, &[-1e3]),
        (&bowl, &[1.0, 2.0, -1.0]),
        (&growth, &[1.5, 3.0]),
        (&valley, &[-1.2, 1.0]),
    ];
    for (problem, start) in cases {
        for (name, solver) in with_every_search() {
            let found = run(problem, &solver, start);
            let reason = Stall::GradientContradictsCost;
            assert!(
                matches!(&found.termination, Termination::Stalled { reason: r, .. } if *r == reason),
                "{name} from {start:?}: {found}"
            );
            assert!(found.termination.is_failure());
            assert!(found.termination.to_string().contains("check_derivatives(&problem, &x)"));
        }
    }
}

#[test]
fn searches_end_on_slopes_that_no_function_has() {
    // Where the value jumps, or where the gradient belongs to another cost, the interval shrinks to neighbouring numbers.
    let searches: [(&str, &Counted); 5] = [
        ("HagerZhang", &|mut phi, start| {
            let search = HagerZhang::default().bisection(0.1).max_trials(100);
            trials(&search, &mut phi, start)
        }),
        ("HagerZhang", &|mut phi, start| {
            let search = HagerZhang::default().bisection(0.158).shrinkage(0.99);
            trials(&search, &mut phi, start)
        }),
        ("MoreThuente", &|mut phi, start| trials(&MoreThuente::default(), &mut phi, start)),
        ("StrongWolfe", &|mut phi, start| trials(&StrongWolfe::default(), &mut phi, start)),
        ("Backtracking", &|mut phi, start| trials(&Backtracking::default(), &mut phi, start)),
    ];
    for (name, search) in searches {
        for edge in [0.1922, 1e-3, 1e-300, 5e-324, 1e-310, 1e200] {
            let mut jump = |a: f64| if a < edge { (-a, -1.0) } else { (10.0, -1.0) };
            let count = search(&mut jump, Start::new(0.0, -1.0));
            assert!(count <= 100, "{name} {edge:e}: {count}");
            let mut wall = |a: f64| if a < edge { (-a, -1.0) } else { (f64::NAN, f64::NAN) };
            let count = search(&mut wall, Start::new(0.0, -1.0));
            assert!(count <= 100, "{name} {edge:e}: {count}");
            let mut turn = |a: f64| (-a, if a < edge { -1.0 } else { 1.0 });
            let count = search(&mut turn, Start::new(0.0, -1.0).alpha(edge));
            assert!(count <= 100, "{name} {edge:e}: {count}");
        }
    }
    let mismatched =
        from_fn(1, |x| 1e-308 * x[0] * x[0]).with_gradient(|x, g| g[0] = 1.0 - 6e-308 * x[0]);
    for (name, solver) in with_every_search() {
        let found = run(&mismatched, &solver, &[0.7]);
        assert!(!matches!(found.termination, Termination::TimeLimit { .. }), "{name}: {found}");
    }
    for limit in [0, 10_001, usize::MAX] {
        assert!(HagerZhang::default().max_trials(limit).check().is_err());
        assert!(FixedStep::new(1.0).max_trials(limit).check().is_err());
    }
}

/// A search on φ from a start, that says how many trials it took.
type Counted = dyn Fn(&mut dyn FnMut(f64) -> (f64, f64), Start) -> usize;

/// The trials that a search took, however it ended.
fn trials(search: &dyn LineSearch, phi: &mut dyn FnMut(f64) -> (f64, f64), start: Start) -> usize {
    let mut calls = 0;
    let mut counted = |alpha: f64| {
        calls += 1;
        phi(alpha)
    };
    let _ = search.search(&mut counted, start, &mut vec![0.0; search.memory_len()]);
    calls
}

/// A bowl in [−1, 1] with a flat shelf outside.
fn shelf(height: f64) -> FromFn<'static> {
    from_fn(1, move |x| if x[0].abs() < 1.0 { x[0] * x[0] } else { height })
        .with_gradient(|x, g| g[0] = if x[0].abs() < 1.0 { 2.0 * x[0] } else { 0.0 })
}

#[test]
fn converged_is_said_of_the_point_that_is_returned() {
    let mut solvers = with_every_search();
    for rate in [1.2, 0.99, 3.0, 0.3] {
        solvers.push((format!("rate {rate}"), GradientDescent::with_rate(rate).boxed()));
    }
    for height in [5.0, 0.5, 1.0, 100.0] {
        for start in [0.9, -0.3, 0.99] {
            for (name, solver) in &solvers {
                let found = run(&shelf(height), solver, &[start]);
                assert!(found.cost <= start * start, "{name} {height} {start}: {found}");
                if found.termination.is_converged() {
                    let slope = if found.x[0].abs() < 1.0 { 2.0 * found.x[0] } else { 0.0 };
                    assert_eq!(found.gradient_norm, Some(slope.abs()), "{name}: {found}");
                    assert!(slope.abs() <= 1e-6, "{name} {height} {start}: {found}");
                }
            }
        }
    }
}

#[test]
fn an_infinite_point_is_outside_the_domain_and_no_cost_sees_it() {
    let problem = from_fn(1, |x| {
        assert!(x[0].is_finite(), "asked at {}", x[0]);
        -(x[0].abs() + 1.0).ln()
    })
    .with_gradient(|x, g| g[0] = -1e300 * x[0].signum());
    for rate in [1e8, 1e308] {
        let found =
            minimize(&problem, GradientDescent::with_rate(rate), [1.0]).expect("a good call");
        assert!(found.x[0].is_finite() && found.cost.is_finite(), "{found}");
    }
}
