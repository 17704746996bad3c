//! Hostile problems whose truth follows from their formulas: every line-search solver with every search ends within 500
//! evaluations (unless it is still making progress) at the best finite point, reports the true reason, and does not panic.
//! Bad calls are refused with a sentence that says what to do.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use extremum::line_search::{
    Backtracking, FixedStep, HagerZhang, LineSearch, MoreThuente, Nonmonotone, StrongWolfe,
};
use extremum::stop::{
    gradient_norm, gradient_norm_relative_to_cost, gradient_norm_relative_to_first,
    max_evaluations, max_iterations, no_progress, target,
};
use extremum::{
    Bfgs, Bounds, CancellationToken, ConjugateGradient, DMatrix, DVector, Error, GradientDescent,
    Lbfgs, Matrix, Minimizer, Newton, Problem, Solution, Solver, Stop, Termination, from_fn,
    minimize,
};
use extremum_tests::{
    Entry, barrier, bits, cost_only, quadratic, rosenbrock, solvers, without_hessian,
};

const LIMIT: u64 = 500;

/// The limit is one of costs, of which a differenced Hessian takes some n².
fn limit(problem: &dyn Problem) -> u64 {
    if problem.has_gradient() { LIMIT } else { LIMIT * (problem.dimension() as u64 + 1) }
}

/// Runs to 1e-6 or 500 evaluations and checks what must hold at every end.
fn run(entry: &Entry, problem: &dyn Problem, start: &[f64]) -> Solution {
    let label = entry.label();
    let mut lowest = f64::INFINITY;
    let found = Minimizer::new(&problem, &entry.solver, start)
        .stop_when(gradient_norm(1e-6).or(max_evaluations(limit(problem))))
        .observe(|p| {
            assert!(p.cost.is_finite() && p.x.iter().all(|x| x.is_finite()), "{label}");
            lowest = lowest.min(p.cost);
        })
        .run()
        .unwrap();
    truthful(&label, problem, &found);
    let start = problem.cost(&DVector::from_column_slice(start));
    assert!(found.cost <= start, "{label}: {} from {start}", found.cost);
    // Of costs that are level up to their errors, at most 1e-9 of them, the flattest point is the best.
    let slack = 1e-9 * lowest.abs();
    assert!(found.cost <= lowest + slack, "{label}: {} after {lowest}", found.cost);
    assert!(found.evaluations.cost <= limit(problem), "{label}: {:?}", found.evaluations);
    found
}

/// The solution says what the problem says, and converged only with the evidence for it.
fn truthful(label: &str, problem: &dyn Problem, found: &Solution) {
    assert_eq!(found.cost.to_bits(), problem.cost(&found.x).to_bits(), "{label}: {found}");
    if problem.has_gradient() {
        let mut gradient = DVector::zeros(found.x.len());
        problem.gradient(&found.x, &mut gradient);
        assert_eq!(found.gradient_norm, Some(gradient.amax()), "{label}: {found}");
    }
    match &found.termination {
        Termination::GradientNorm { norm, tolerance } => {
            assert!(norm <= tolerance && *tolerance == 1e-6, "{label}: {found}");
            assert_eq!(Some(*norm), found.gradient_norm, "{label}");
        }
        end => assert!(!end.is_converged(), "{label}: {found}"),
    }
}

/// Checks every solver, and names all that fail.
fn for_all(check: impl Fn(&Entry)) {
    let failed: Vec<String> = solvers()
        .iter()
        .filter(|entry| catch_unwind(AssertUnwindSafe(|| check(entry))).is_err())
        .map(Entry::label)
        .collect();
    assert!(failed.is_empty(), "{}", failed.join(", "));
}

fn close(x: &DVector<f64>, to: f64, tolerance: f64) -> bool {
    x.iter().all(|x| (x - to).abs() <= tolerance)
}

#[test]
fn the_barrier_is_solved_from_everywhere() {
    for_all(|entry| {
        for start in [3.0, 0.01, 50.0, 100.0] {
            let found = run(entry, &barrier(5), &[start; 5]);
            let is_slow =
                ["GradientDescent with StrongWolfe", "ConjugateGradient with Backtracking"];
            if is_slow.contains(&entry.label().as_str()) && start == 100.0 {
                // Where x₄ is at 1, x₀ is at 80: a condition number of 10⁴. It is on its way.
                assert!(found.termination.is_limit() && found.cost < 15.0 + 1e-7, "{found}");
                continue;
            }
            assert!(found.termination.is_converged(), "{} from {start}: {found}", entry.label());
            assert!(close(&found.x, 1.0, 1e-6), "{} from {start}: {}", entry.label(), found.x);
            assert!((found.cost - 15.0).abs() < 1e-11, "{} from {start}", entry.label());
        }
    });
}

#[test]
fn a_barrier_of_infinity_is_one_of_nan() {
    for_all(|entry| {
        let problem = from_fn(1, |x| if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::INFINITY })
            .with_gradient(|x, g| g[0] = 1.0 - 1.0 / x[0]);
        for start in [0.01, 30.0] {
            let found = run(entry, &problem, &[start]);
            assert!(found.termination.is_converged(), "{} from {start}: {found}", entry.label());
            assert!(close(&found.x, 1.0, 1e-5), "{} from {start}", entry.label());
        }
    });
}

/// Backtracking never lengthens a step: a direction that carries its own length then walks on evenly.
fn may_walk_on(entry: &Entry) -> bool {
    matches!(entry.search, "Backtracking" | "Nonmonotone")
}

fn unbounded(entry: &Entry, problem: &dyn Problem, start: &[f64]) {
    let found = run(entry, problem, start);
    let is_limit = matches!(found.termination, Termination::MaxEvaluations { .. });
    assert!(
        matches!(found.termination, Termination::Unbounded { .. })
            || (may_walk_on(entry)
                && is_limit
                && found.cost < problem.cost(&start.to_vec().into())),
        "{}: {found}",
        entry.label()
    );
    if let Termination::Unbounded { cost } = found.termination {
        assert!(cost <= found.cost, "{}: {found}", entry.label());
        assert!(found.termination.is_failure());
    }
}

#[test]
fn what_falls_without_end_is_unbounded() {
    let linear = |n: usize| {
        from_fn(n, |x| x.iter().enumerate().map(|(i, x)| (i as f64 - 1.5) * x).sum()).with_gradient(
            |_, g| {
                for (i, g) in g.iter_mut().enumerate() {
                    *g = i as f64 - 1.5;
                }
            },
        )
    };
    for_all(|entry| {
        let parabola = from_fn(1, |x| -x[0] * x[0])
            .with_gradient(|x, g| g[0] = -2.0 * x[0])
            .with_hessian(|_| DMatrix::from_element(1, 1, -2.0));
        unbounded(entry, &parabola, &[1.0]);
        unbounded(entry, &without_hessian(&parabola), &[1.0]);
        unbounded(entry, &linear(1), &[1.0]);
        unbounded(entry, &linear(5), &[1.0; 5]);
        unbounded(entry, &cost_only(linear(2)), &[1.0; 2]);
    });
}

#[test]
fn minus_infinity_is_unbounded_and_plus_infinity_is_outside() {
    for_all(|entry| {
        let cliff = |beyond: f64| {
            from_fn(1, move |x| if x[0] > 2.0 { beyond } else { -x[0] })
                .with_gradient(|_, g| g[0] = -1.0)
        };
        let found = run(entry, &cliff(f64::NEG_INFINITY), &[0.0]);
        if found.cost > -2.0 {
            let end = &found.termination;
            assert!(matches!(end, Termination::Unbounded { .. }), "{}: {found}", entry.label());
        }
        let found = run(entry, &cliff(f64::INFINITY), &[0.0]);
        assert!(!found.termination.is_converged() && !found.termination.is_failure());
        assert!((1.9..=2.0).contains(&found.x[0]), "{}: {found} {}", entry.label(), found.x[0]);
    });
}

/// The start (1, 2) and nothing else.
fn only_at_the_start(x: &DVector<f64>) -> bool {
    x[0] == 1.0 && x[1] == 2.0
}

#[test]
fn a_cost_or_gradient_that_is_nan_everywhere_else_leaves_the_start() {
    for_all(|entry| {
        let bowl = |x: &DVector<f64>| x.norm_squared();
        let lone_cost = from_fn(2, move |x| if only_at_the_start(x) { bowl(x) } else { f64::NAN })
            .with_gradient(|x, g| g.copy_from(&(2.0 * x)));
        let lone_gradient = from_fn(2, bowl).with_gradient(|x, g| {
            if only_at_the_start(x) { g.copy_from(&(2.0 * x)) } else { g.fill(f64::NAN) }
        });
        let lone_hessian = from_fn(2, bowl)
            .with_gradient(|x, g| g.copy_from(&(2.0 * x)))
            .with_hessian(|_| DMatrix::from_element(2, 2, f64::NAN));
        for problem in [&lone_cost, &lone_gradient] {
            let found = run(entry, problem, &[1.0, 2.0]);
            let (label, end) = (entry.label(), &found.termination);
            assert!(matches!(end, Termination::Stalled { .. }), "{label}: {found}");
            assert_eq!(found.x.as_slice(), [1.0, 2.0], "{label}: {found}");
            assert!(found.evaluations.cost <= LIMIT, "{label}: {:?}", found.evaluations);
        }
        let found = run(entry, &lone_hessian, &[1.0, 2.0]);
        assert!(found.termination.is_converged(), "{}: {found}", entry.label());
    });
}

#[test]
fn a_hessian_of_the_wrong_size_is_not_used() {
    for size in [0, 1, 3] {
        let problem = from_fn(2, |x| x[0] * x[0] + 3.0 * x[1] * x[1])
            .with_gradient(|x, g| {
                g[0] = 2.0 * x[0];
                g[1] = 6.0 * x[1];
            })
            .with_hessian(move |_| DMatrix::zeros(size, size));
        for_all(|entry| {
            let found = run(entry, &problem, &[1.0, 2.0]);
            assert!(found.termination.is_converged(), "{} {size}: {found}", entry.label());
        });
    }
}

#[test]
fn a_gradient_with_the_wrong_sign_is_no_convergence() {
    for_all(|entry| {
        for n in [1, 4] {
            let problem = from_fn(n, |x| x.norm_squared() + x.map(|x| x.powi(4)).sum())
                .with_gradient(|x, g| g.copy_from(&x.map(|x| -2.0 * x - 4.0 * x.powi(3))));
            let start = vec![0.7; n];
            let found = run(entry, &problem, &start);
            let (label, end) = (entry.label(), &found.termination);
            assert!(matches!(end, Termination::Stalled { .. }), "{label} {n}: {found}");
            assert_eq!(found.x.as_slice(), start, "{label} {n}: {found}");
        }
    });
}

#[test]
fn a_gradient_of_the_wrong_size_is_survived() {
    for_all(|entry| {
        for factor in [1e-3, 1e3] {
            let problem =
                from_fn(2, |x| x[0] * x[0] + 3.0 * x[1] * x[1]).with_gradient(move |x, g| {
                    g[0] = factor * 2.0 * x[0];
                    g[1] = factor * 6.0 * x[1];
                });
            let found = run(entry, &problem, &[1.0, -2.0]);
            let (label, end) = (entry.label(), &found.termination);
            if end.is_converged() {
                assert!(found.x.amax() < 1e-2, "{label} {factor}: {}", found.x);
            } else {
                assert!(end.is_stalled() || found.cost < 13.0, "{label} {factor}: {found}");
            }
        }
    });
}

#[test]
fn a_constant_converges_at_once() {
    for_all(|entry| {
        let found = run(entry, &from_fn(3, |_| 7.0).with_gradient(|_, g| g.fill(0.0)), &[1.0; 3]);
        assert!(found.termination.is_converged(), "{}: {found}", entry.label());
        // At the Hessian: a gradient that a step leaves as it is, is looked at on two longer ones. One product shows a
        // B of 0.
        let looks = match entry.name() {
            _ if entry.search == "products" => 1,
            "Newton"
            | "Tron"
            | "TrustRegion"
            | "MoreSorensen"
            | "Dogleg"
            | "CubicRegularization"
            | "TrustRegionSr1"
            | "TrustRegionBfgs" => 9,
            _ => 0,
        };
        assert_eq!(
            (found.iterations, found.evaluations.cost, found.evaluations.gradient),
            (0, 1, 1 + looks),
            "{}",
            entry.label()
        );
    });
}

#[test]
fn a_problem_without_variables_is_solved() {
    for_all(|entry| {
        let found = run(entry, &from_fn(0, |_| 7.0).with_gradient(|_, _| {}), &[]);
        assert!(found.termination.is_converged() && found.cost == 7.0, "{}", entry.label());
    });
}

#[test]
fn an_offset_that_hides_the_costs_does_not_hide_the_gradients() {
    for_all(|entry| {
        let problem =
            from_fn(2, |x| 1e12 + x[0] * x[0] + 3.0 * x[1] * x[1]).with_gradient(|x, g| {
                g[0] = 2.0 * x[0];
                g[1] = 6.0 * x[1];
            });
        let found = run(entry, &problem, &[1.0, -2.0]);
        // Costs resolve 1e-4, thus x to 1e-2.
        assert!(found.x.amax() < 0.05, "{}: {found} {}", entry.label(), found.x);
        if entry.search == "HagerZhang" {
            assert!(found.termination.is_converged(), "{}: {found}", entry.label());
        }
    });
}

#[test]
fn a_kink_stalls_and_is_not_called_converged() {
    for_all(|entry| {
        let problem = from_fn(2, |x| x[0].abs() + 2.0 * x[1].abs()).with_gradient(|x, g| {
            g[0] = 1.0_f64.copysign(x[0]);
            g[1] = 2.0_f64.copysign(x[1]);
        });
        let found = run(entry, &problem, &[0.7, -0.3]);
        assert!(!found.termination.is_converged(), "{}: {found}", entry.label());
        assert!(found.cost < 1.0, "{}: {found}", entry.label());
    });
}

#[test]
fn a_step_in_the_cost_is_survived() {
    for_all(|entry| {
        for height in [1.0, -1.0] {
            let problem = from_fn(1, move |x| x[0] * x[0] + if x[0] > 0.5 { height } else { 0.0 })
                .with_gradient(|x, g| g[0] = 2.0 * x[0]);
            let found = run(entry, &problem, &[2.0]);
            // Down the step, or at its foot.
            assert!(found.x[0].abs() <= 0.6, "{}: {found} {}", entry.label(), found.x);
        }
    });
}

/// Between 0 and 1, by a hash of the bits of x.
fn noise(x: &DVector<f64>) -> f64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for x in x {
        hash = (hash ^ x.to_bits()).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn a_noisy_cost_is_minimised_down_to_its_noise() {
    for_all(|entry| {
        let problem = from_fn(3, |x| x.norm_squared() + 1e-6 * noise(x))
            .with_gradient(|x, g| g.copy_from(&(2.0 * x)));
        let found = run(entry, &problem, &[1.0, -2.0, 0.5]);
        assert!(found.cost < 1e-4, "{}: {found}", entry.label());
        // Differences of noise are noise: only the honest end is asked for.
        run(entry, &cost_only(problem), &[1.0, -2.0, 0.5]);
    });
}

#[test]
fn huge_and_tiny_numbers_are_survived() {
    for_all(|entry| {
        for scale in [1e-300, 1e-150, 1e150, 1e300] {
            let problem = from_fn(2, move |x| scale * (x[0] * x[0] + x[1] * x[1]))
                .with_gradient(move |x, g| g.copy_from(&(2.0 * scale * x)));
            let found = run(entry, &problem, &[1.0, 2.0]);
            // At 1e300 the square of the gradient is beyond all numbers.
            assert!(scale != 1e150 || found.cost < 1.0, "{} {scale}: {found}", entry.label());
            assert!(scale > 1.0 || found.termination.is_converged(), "{}: {found}", entry.label());
        }
        for start in [1e-300, 1e70] {
            run(entry, &rosenbrock(), &[start, start]);
            run(entry, &from_fn(2, |x| x.norm_squared()), &[1e80 * start, start]);
        }
    });
}

/// A saddle, and the lowest cost that leaves no doubt that it was left; `None` when the cost falls without end.
type Saddle = (&'static str, Box<dyn Problem>, Vec<f64>, Option<f64>);

fn saddles() -> Vec<Saddle> {
    let hyperbola = || {
        from_fn(2, |x| x[0] * x[0] - x[1] * x[1])
            .with_gradient(|x, g| {
                g[0] = 2.0 * x[0];
                g[1] = -2.0 * x[1];
            })
            .with_hessian(|_| DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 0.0, -2.0]))
    };
    let wells = || {
        from_fn(2, |x| x[0].powi(4) - 2.0 * x[0] * x[0] + x[1] * x[1])
            .with_gradient(|x, g| {
                g[0] = 4.0 * x[0].powi(3) - 4.0 * x[0];
                g[1] = 2.0 * x[1];
            })
            .with_hessian(|x| {
                DMatrix::from_row_slice(2, 2, &[12.0 * x[0] * x[0] - 4.0, 0.0, 0.0, 2.0])
            })
    };
    // The Hessian at 0 has a zero diagonal. Minima −2 at ±(1, 1).
    let diagonal = || {
        from_fn(2, |x| x[0].powi(4) + x[1].powi(4) - 4.0 * x[0] * x[1])
            .with_gradient(|x, g| {
                g[0] = 4.0 * x[0].powi(3) - 4.0 * x[1];
                g[1] = 4.0 * x[1].powi(3) - 4.0 * x[0];
            })
            .with_hessian(|x| {
                let [a, b] = [12.0 * x[0] * x[0], 12.0 * x[1] * x[1]];
                DMatrix::from_row_slice(2, 2, &[a, -4.0, -4.0, b])
            })
    };
    // One way down among six directions, and a maximum in all of three.
    let one_of_six = || {
        from_fn(6, |x| x.norm_squared() - 2.0 * x[4] * x[4] + x[4].powi(4))
            .with_gradient(|x, g| {
                g.copy_from(&(2.0 * x));
                g[4] = 4.0 * x[4].powi(3) - 2.0 * x[4];
            })
            .with_hessian(|x| {
                let mut h = DMatrix::from_diagonal_element(6, 6, 2.0);
                h[(4, 4)] = 12.0 * x[4] * x[4] - 2.0;
                h
            })
    };
    let maximum = || {
        from_fn(3, |x| x.map(|x| x.powi(4) - 2.0 * x * x).sum())
            .with_gradient(|x, g| g.copy_from(&x.map(|x| 4.0 * x.powi(3) - 4.0 * x)))
            .with_hessian(|x| DMatrix::from_diagonal(&x.map(|x| 12.0 * x * x - 4.0)))
    };
    macro_rules! in_three_forms {
        ($($name:literal, $problem:ident, $n:literal, $minimum:expr;)+) => {
            vec![$(
                ($name, Box::new($problem()) as Box<dyn Problem>, vec![0.0; $n], $minimum),
                ($name, Box::new(without_hessian($problem())), vec![0.0; $n], $minimum),
                ($name, Box::new(cost_only($problem())), vec![0.0; $n], $minimum),
            )+]
        };
    }
    in_three_forms![
        "hyperbola", hyperbola, 2, None;
        "wells", wells, 2, Some(-1.0);
        "diagonal", diagonal, 2, Some(-2.0);
        "one of six", one_of_six, 6, Some(-0.25);
        "maximum", maximum, 3, Some(-3.0);
    ]
}

#[test]
fn newton_leaves_a_saddle() {
    for entry in solvers().iter().filter(|entry| entry.name() == "Newton") {
        for (i, (name, problem, start, minimum)) in saddles().iter().enumerate() {
            let found = run(entry, problem, start);
            let label = format!("{name} (form {}): {}", i % 3, entry.label());
            match minimum {
                Some(minimum) => {
                    assert!(found.termination.is_converged(), "{label}: {found}");
                    assert!((found.cost - minimum).abs() < 1e-9, "{label}: {found}");
                }
                None => {
                    let end = &found.termination;
                    let walks = may_walk_on(entry) && end.is_limit();
                    let falls = matches!(end, Termination::Unbounded { .. });
                    assert!(found.cost < -1.0 && (falls || walks), "{label}: {found}");
                }
            }
        }
    }
}

/// A problem that cancels a token at its k-th evaluation, and refuses to be called afterwards.
struct Cancelling<'a, P> {
    problem: P,
    token: &'a CancellationToken,
    at: u64,
    calls: AtomicU64,
}

impl<P: Problem> Cancelling<'_, P> {
    fn count(&self) {
        let call = 1 + self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(call <= self.at, "called after the cancellation");
        if call == self.at {
            self.token.cancel();
        }
    }
}

impl<P: Problem> Problem for Cancelling<'_, P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.count();
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.count();
        self.problem.gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.count();
        self.problem.cost_and_gradient(x, gradient)
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let hessian = self.problem.hessian(x)?;
        self.count();
        Some(hessian)
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
}

#[test]
fn a_cancellation_at_any_evaluation_keeps_the_best_point() {
    let problems: [Box<dyn Problem>; 3] = [
        Box::new(rosenbrock()),
        Box::new(without_hessian(rosenbrock())),
        Box::new(cost_only(rosenbrock())),
    ];
    let start = [-1.2, 1.0];
    for_all(|entry| {
        for problem in &problems {
            let mut costs = Vec::new();
            let full = Minimizer::new(problem, &entry.solver, start)
                .stop_when(gradient_norm(1e-6).or(max_evaluations(LIMIT)))
                .observe(|p| costs.push((p.cost.to_bits(), bits(p.x))))
                .run()
                .unwrap();
            for at in 1..=40 {
                let token = CancellationToken::new();
                let cancelling = Cancelling { problem, token: &token, at, calls: 0.into() };
                let found = Minimizer::new(&cancelling, &entry.solver, start)
                    .stop_when(gradient_norm(1e-6).or(max_evaluations(LIMIT)))
                    .cancelled_by(&token)
                    .run();
                let label = format!("{}, evaluation {at}", entry.label());
                match found {
                    Ok(found) if token.is_cancelled() => {
                        truthful(&label, problem, &found);
                        // What was accepted until then, as in the run that was not cancelled.
                        let reached = &costs[found.iterations as usize];
                        assert_eq!(*reached, (found.cost.to_bits(), bits(&found.x)), "{label}");
                        let end = &found.termination;
                        assert!(
                            *end == Termination::Cancelled || *end == full.termination,
                            "{label}: {found}"
                        );
                    }
                    Ok(found) => assert_eq!(found.x, full.x, "{label}"),
                    Err(error) => {
                        assert!(matches!(error, Error::Interrupted { .. }), "{label}: {error}");
                        assert!(error.to_string().contains("cancelled"), "{label}: {error}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_time_limit_ends_a_run_in_the_middle_of_a_step() {
    for_all(|entry| {
        let calls = AtomicU64::new(0);
        let problem = from_fn(8, |x| {
            calls.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
            x.norm_squared() + x.map(|x| x.powi(4)).sum()
        });
        // The start alone is 17 costs. On a busy machine they may sleep longer than they were told to: then it is refused.
        let limit = Duration::from_millis(25);
        let began = Instant::now();
        let run = Minimizer::new(&problem, &entry.solver, [1.0; 8]).time_limit(limit).run();
        if matches!(run, Err(Error::Interrupted { .. })) {
            assert!(
                began.elapsed() >= limit && calls.load(Ordering::Relaxed) <= 17,
                "{}",
                entry.label()
            );
            return;
        }
        let found = run.unwrap();
        assert_eq!(found.termination, Termination::TimeLimit { limit }, "{}", entry.label());
        let calls = calls.load(Ordering::Relaxed);
        assert!(calls <= 26, "{}: {calls} calls of a millisecond", entry.label());
        assert_eq!(calls, found.evaluations.cost, "{}", entry.label());
        assert_eq!(found.cost.to_bits(), problem.cost(&found.x).to_bits(), "{}", entry.label());
        assert!(found.elapsed >= limit, "{}: {:?}", entry.label(), found.elapsed);
    });
}

#[test]
fn a_time_limit_of_zero_is_an_error_and_an_endless_one_is_none() {
    let run = |limit| {
        Minimizer::new(&rosenbrock(), Newton::default(), [-1.2, 1.0]).time_limit(limit).run()
    };
    let error = run(Duration::ZERO).unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert!(run(Duration::MAX).unwrap().termination.is_converged());
}

#[test]
fn an_observer_ends_a_run_at_the_iteration_that_it_sees() {
    for_all(|entry| {
        for last in [0, 1, 3] {
            let found = Minimizer::new(&rosenbrock(), &entry.solver, [-1.2, 1.0])
                .observe(|_| {})
                .observe(|p| {
                    if p.iteration >= last {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })
                .run()
                .unwrap();
            assert_eq!(found.termination, Termination::StoppedByObserver, "{}", entry.label());
            assert_eq!(found.iterations, last, "{}", entry.label());
        }
    });
}

#[test]
fn a_run_that_is_stepped_after_its_end_does_nothing() {
    for_all(|entry| {
        let problem = rosenbrock();
        let mut run = Minimizer::new(&problem, &entry.solver, [-1.2, 1.0])
            .stop_when(max_iterations(3))
            .start()
            .unwrap();
        while run.step().is_continue() {}
        let counts = run.progress().evaluations;
        assert!(run.step().is_break() && run.progress().evaluations == counts);
        assert_eq!(run.finish().termination, Termination::MaxIterations { limit: 3 });
    });
}

/// Refused, with a sentence that holds each of the words.
fn refused<T>(what: &str, result: Result<T, Error>, kind: fn(&Error) -> bool, words: &[&str]) {
    let Err(error) = result else { panic!("{what} is accepted") };
    assert!(kind(&error), "{what}: {error:?}");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{what}: \"{text}\" lacks \"{word}\"");
    }
}

fn is_parameter(error: &Error) -> bool {
    matches!(error, Error::Parameter { .. })
}

fn is_dimension(error: &Error) -> bool {
    matches!(error, Error::Dimension { .. })
}

#[test]
fn bad_starts_are_refused() {
    for_all(|entry| {
        let solver = &entry.solver;
        for n in [0, 1, 3] {
            let result = minimize(rosenbrock(), solver, vec![1.0; n]);
            refused("x0 of another size", result, is_dimension, &["x0", "give 2"]);
        }
        for (start, words) in [
            ([f64::NAN, 1.0], ["x0[0]", "finite"]),
            ([1.0, f64::INFINITY], ["x0[1]", "finite"]),
            ([1.0, f64::NEG_INFINITY], ["x0[1]", "finite"]),
        ] {
            let result = minimize(rosenbrock(), solver, start);
            refused("x0", result, |e| matches!(e, Error::NonFiniteStart { .. }), &words);
        }
        let is_outside: fn(&Error) -> bool = |e| matches!(e, Error::NotInDomain { .. });
        let result = minimize(barrier(2), solver, [-1.0, 1.0]);
        refused("outside the domain", result, is_outside, &["cost", "domain"]);
        for cost in [f64::INFINITY, f64::NEG_INFINITY] {
            let problem = from_fn(1, move |_| cost).with_gradient(|_, g| g.fill(1.0));
            refused("f(x0)", minimize(&problem, solver, [0.0]), is_outside, &["cost", "inf"]);
        }
        let problem = from_fn(2, |_| 0.0).with_gradient(|_, g| {
            g[0] = 0.0;
            g[1] = f64::NAN;
        });
        refused("g(x0)", minimize(&problem, solver, [0.0; 2]), is_outside, &["gradient", "1"]);
    });
}

#[test]
fn bounds_are_kept_or_refused() {
    for_all(|entry| {
        let problem = rosenbrock().with_bounds(Bounds::new([0.0; 2], [2.0; 2]).unwrap());
        let result = minimize(&problem, &entry.solver, [1.5, 1.0]);
        if ["BarzilaiBorwein", "Lbfgsb", "Tron"].contains(&entry.name()) {
            let kept = result.expect("it keeps bounds");
            return assert!(
                problem.bounds().unwrap().contain(&kept.x),
                "{}: {kept}",
                entry.label()
            );
        }
        let kind: fn(&Error) -> bool = |e| matches!(e, Error::BoundsNotSupported { .. });
        refused("bounds", result, kind, &[entry.name(), "bounds"]);
    });
    let crossed = Bounds::new([0.0, 3.0], [1.0, 2.0]);
    refused("crossed", crossed, |e| matches!(e, Error::Bounds { index: 1, .. }), &["lower", "3"]);
    let nan = Bounds::new([f64::NAN], [2.0]);
    refused("NaN", nan, |e| matches!(e, Error::Bounds { .. }), &["NaN"]);
    refused("lengths", Bounds::new([0.0], [1.0, 2.0]), is_dimension, &["upper"]);
}

fn start_with(solver: impl Solver) -> Result<Solution, Error> {
    minimize(rosenbrock(), solver, [-1.2, 1.0])
}

#[test]
fn parameters_outside_their_range_are_refused() {
    let nan = f64::NAN;
    macro_rules! parameters {
        ($($words:expr => $($solver:expr),+;)+) => {
            $($(refused(stringify!($solver), start_with($solver), is_parameter, &$words);)+)+
        };
    }
    let (lbfgs, cg) = (Lbfgs::default, ConjugateGradient::default);
    parameters! {
        ["memory", "from 1"] => lbfgs().memory(0), lbfgs().memory(1001);
        ["restart_after", "positive"] => cg().restart_after(-1.0), cg().restart_after(0.0), cg().restart_after(nan);
        ["rate", "positive"] => GradientDescent::with_rate(0.0), GradientDescent::with_rate(-1.0),
            GradientDescent::with_rate(nan), GradientDescent::with_rate(f64::INFINITY);
        ["typical_x", "positive"] => lbfgs().typical_x([1.0, 0.0]), cg().typical_x([nan, 1.0]),
            Newton::default().typical_x([-1.0, 1.0]), Bfgs::default().typical_x([f64::INFINITY, 1.0]);
        ["initial_hessian", "positive definite"] =>
            Bfgs::default().initial_hessian(DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, -1.0])),
            Bfgs::default().initial_hessian(DMatrix::zeros(2, 2)),
            Bfgs::default().initial_hessian(DMatrix::from_element(2, 2, nan));
    }
    let sizes = ["dimension 3", "give 2"];
    refused("typical_x", start_with(lbfgs().typical_x([1.0; 3])), is_dimension, &sizes);
    let hessian = DMatrix::identity(3, 3);
    let result = start_with(Bfgs::default().initial_hessian(hessian));
    refused("initial_hessian", result, is_dimension, &["initial_hessian", "give 2"]);
}

#[test]
fn parameters_of_searches_outside_their_range_are_refused() {
    fn search(what: &str, search: impl LineSearch + 'static, word: &str) {
        let result = start_with(Lbfgs::default().line_search(search));
        refused(what, result, is_parameter, &[word, "must be"]);
    }
    macro_rules! searches {
        ($($search:ident { $($setter:ident($($value:expr),+);)+ })+) => {
            $($($(
                search(
                    concat!(stringify!($search), " ", stringify!($setter), " ", stringify!($value)),
                    $search::default().$setter($value),
                    stringify!($setter),
                );
            )+)+)+
        };
    }
    let nan = f64::NAN;
    searches! {
        HagerZhang {
            sufficient_decrease(0.0, 0.5, nan, -1.0);
            curvature(0.05, 1.0, nan);
            epsilon(-1e-9, nan);
            switch(-1.0, nan);
            bisection(0.0, 1.0, nan);
            shrinkage(0.0, 1.0, nan);
            expansion(1.0, f64::INFINITY, nan);
            max_trials(0);
        }
        MoreThuente {
            sufficient_decrease(0.0, 1.0, nan);
            curvature(0.0, 1.0, nan);
            interval_tolerance(-1e-16, 1.0, nan);
            max_trials(0);
        }
        StrongWolfe {
            sufficient_decrease(0.0, 1.0, nan);
            curvature(1e-5, 1.0, nan);
            max_trials(0);
        }
        Backtracking {
            sufficient_decrease(0.0, 1.0, nan);
            order(1, 4);
            max_trials(0);
        }
        Nonmonotone {
            sufficient_decrease(0.0, 1.0, nan);
            window(0, 17);
            max_trials(0);
        }
        FixedStep { max_trials(0); }
    }
}

#[test]
fn stopping_rules_outside_their_range_are_refused() {
    let rules: [(Stop, &str); 11] = [
        (gradient_norm(f64::NAN), "at least 0"),
        (gradient_norm(-1e-6), "at least 0"),
        (gradient_norm_relative_to_cost(f64::NAN), "at least 0"),
        (gradient_norm_relative_to_first(-1.0), "at least 0"),
        (target(f64::NAN), "a number"),
        (no_progress(f64::NAN, 5), "at least 0"),
        (no_progress(-1.0, 5), "at least 0"),
        (no_progress(1e-9, 0), "from 1 to 31"),
        (no_progress(1e-9, 32), "from 1 to 31"),
        (max_iterations(5).or(gradient_norm(-1.0)), "at least 0"),
        (gradient_norm(-1.0).and(max_iterations(5)), "at least 0"),
    ];
    for (rule, words) in rules {
        let what = format!("{rule:?}");
        let result =
            Minimizer::new(&rosenbrock(), Lbfgs::default(), [-1.2, 1.0]).stop_when(rule).run();
        refused(&what, result, is_parameter, &[words]);
    }
}

#[test]
fn a_quadratic_of_any_sign_ends_as_it_should() {
    for_all(|entry| {
        for (diagonal, has_minimum) in [([1.0, 4.0], true), ([1.0, -4.0], false)] {
            let a = DMatrix::from_diagonal(&DVector::from_row_slice(&diagonal));
            let problem = quadratic(a, DVector::from_vec(vec![1.0, 1.0]));
            if has_minimum {
                let found = run(entry, &problem, &[3.0, 5.0]);
                assert!(found.termination.is_converged(), "{}: {found}", entry.label());
            } else {
                unbounded(entry, &problem, &[3.0, 5.0]);
            }
        }
    });
}
