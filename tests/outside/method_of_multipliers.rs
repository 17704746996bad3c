//! A solver that keeps constraints: the method of multipliers, by single gradient steps.
//!
//! D. Bertsekas, *Constrained Optimization and Lagrange Multiplier Methods*, Academic Press (1982), section 4.4. Problems and
//! minima: W. Hock, K. Schittkowski, *Test Examples for Nonlinear Programming Codes*, Springer 1981.

use std::ops::ControlFlow;

use extremum::stop::{
    converged, gradient_norm, gradient_norm_relative_to_cost, gradient_norm_relative_to_first,
    max_iterations, no_progress, target,
};
use extremum::{
    Bounds, Constrained, Constraints, DVector, Domain, Error, FromFn, Iterate, Matrix, Minimizer,
    Oracle, Problem, Solver, Stall, Stop, Termination, from_fn, minimize,
};

use super::resumes_to_the_same_bits;

// The extension.

/// x⁺ = P(x − α ∇L), y⁺ = μ (P(c − y/μ) − c) + y, where L = f − y'c and P projects into limits. It remembers ∇L.
#[derive(Clone)]
struct MethodOfMultipliers {
    alpha: f64,
    penalty: f64,
}

type Saddle = Iterate<DVector<f64>>;

/// The bounds of x and the limits of c.
fn limits(problem: &Oracle<'_>) -> [Bounds; 2] {
    let (problem, n) = (problem.problem(), problem.dimension());
    let limits = problem.structure().constraints.map(|all| all.limits().clone());
    let both = [(problem.bounds().cloned(), n), (limits, 0)];
    both.map(|(given, n)| given.unwrap_or_else(|| Bounds::unbounded(n)))
}

impl MethodOfMultipliers {
    /// Goes on from x, f, ∇f and y to c, y⁺ and ∇L.
    fn look(&self, problem: &mut Oracle<'_>, at: Saddle, c: &DVector<f64>) -> Saddle {
        let Iterate { x, cost, memory: mut gradient, multipliers, .. } = at;
        let ([bounds, limits], mut jacobian) = (limits(problem), Matrix::default());
        problem.constraint_jacobian(&x, c, &mut jacobian);
        let shifted = c - multipliers.unwrap_or_else(|| 0.0 * c) / self.penalty;
        let (mut nearest, mut force) = (shifted.clone(), x.clone());
        limits.project(&mut nearest);
        let (y, gap) = ((&nearest - shifted) * self.penalty, (c - nearest).amax());
        jacobian.transpose_times(&y, &mut force);
        gradient -= force;
        Iterate {
            gradient_norm: Some(bounds.projected_norm(&x, &gradient).max(gap)),
            infeasibility: Some(limits.violation(c)),
            multipliers: Some(y),
            ..Iterate::new(x, cost, gradient)
        }
    }
}

impl Solver for MethodOfMultipliers {
    type State = Saddle;

    fn name(&self) -> &'static str {
        "MethodOfMultipliers"
    }
    fn domain(&self) -> Domain {
        Domain::Constrained
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Saddle, Error> {
        let (mut gradient, mut c) = (x0.clone(), limits(problem)[1].lower().clone());
        let cost = problem.start(&x0, &mut gradient)?;
        problem.start_constraints(&x0, &mut c)?;
        Ok(self.look(problem, Iterate::new(x0, cost, gradient), &c))
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Saddle) -> ControlFlow<Termination> {
        let ([bounds, limits], mut next) = (limits(problem), state.clone());
        next.x -= self.alpha * &state.memory;
        bounds.project(&mut next.x);
        next.cost = problem.cost_and_gradient(&next.x, &mut next.memory);
        let mut c = limits.lower().clone();
        problem.constraint_values(&next.x, &mut c);
        let next = self.look(problem, next, &c);
        problem.uninterrupted().map_continue(|()| *state = next)
    }
}

// Its tests.

type Values = fn(&DVector<f64>) -> f64;
type Row = fn(&DVector<f64>) -> [f64; 2];

/// One constraint on two variables, with or without its Jacobian.
struct One {
    limits: Bounds,
    value: Values,
    row: Option<Row>,
}

impl Constraints for One {
    fn count(&self) -> usize {
        1
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
        c[0] = (self.value)(x);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if let Some(row) = self.row {
            jacobian.dense(1, 2).copy_from_slice(&row(x));
        }
        self.row.is_some()
    }
}

const ANY: f64 = f64::INFINITY;

fn sum() -> FromFn<'static> {
    from_fn(2, |x| x[0] + x[1]).with_gradient(|_, g| g.fill(1.0))
}

/// x₀² + x₁² = 2
fn circle() -> One {
    let limits = Bounds::new([2.0], [2.0]).unwrap();
    One { limits, value: |x| x.norm_squared(), row: Some(|x| [2.0 * x[0], 2.0 * x[1]]) }
}

/// A problem with its start, minimum, multiplier and the method for it.
struct Case {
    problem: FromFn<'static>,
    constraint: One,
    start: [f64; 2],
    x: [f64; 2],
    cost: f64,
    y: f64,
    method: MethodOfMultipliers,
}

fn cases() -> Vec<Case> {
    // On problem 11's parabola 4 x³ + 2 x = 10, by Newton's method.
    let mut root = 1.2_f64;
    for _ in 0..20 {
        root -= (4.0 * root.powi(3) + 2.0 * root - 10.0) / (12.0 * root * root + 2.0);
    }
    vec![
        // ∇f = (1, 1) and ∇c = (−2, −2).
        Case {
            problem: sum(),
            constraint: circle(),
            start: [0.0, -1.0],
            x: [-1.0, -1.0],
            cost: -2.0,
            y: -0.5,
            method: MethodOfMultipliers { alpha: 0.1, penalty: 1.0 },
        },
        // x₀ is at its bound; 1 = y 2 x₁.
        Case {
            problem: sum().with_bounds(Bounds::new([-0.5, -ANY], [ANY; 2]).unwrap()),
            constraint: circle(),
            start: [0.0, -1.0],
            x: [-0.5, -(1.75_f64.sqrt())],
            cost: -0.5 - 1.75_f64.sqrt(),
            y: -0.5 / 1.75_f64.sqrt(),
            method: MethodOfMultipliers { alpha: 0.1, penalty: 1.0 },
        },
        // Inactive: the minimum at the origin, without the constraint.
        Case {
            problem: from_fn(2, |x| x.norm_squared()).with_gradient(|x, g| *g = 2.0 * x),
            constraint: One { limits: Bounds::new([-ANY], [2.0]).unwrap(), ..circle() },
            start: [2.0, -1.0],
            x: [0.0, 0.0],
            cost: 0.0,
            y: 0.0,
            method: MethodOfMultipliers { alpha: 0.05, penalty: 0.5 },
        },
        // Problem 11: minimum −8.498464223; ∂f/∂x₁ = 2 x₁ = y.
        Case {
            problem: from_fn(2, |x| (x[0] - 5.0).powi(2) + x[1].powi(2) - 25.0).with_gradient(
                |x, g| {
                    g[0] = 2.0 * (x[0] - 5.0);
                    g[1] = 2.0 * x[1];
                },
            ),
            constraint: One {
                limits: Bounds::new([0.0], [ANY]).unwrap(),
                value: |x| x[1] - x[0] * x[0],
                row: Some(|x| [-2.0 * x[0], 1.0]),
            },
            start: [4.9, 0.1],
            x: [root, root * root],
            cost: -8.498464223,
            y: 2.0 * root * root,
            method: MethodOfMultipliers { alpha: 0.02, penalty: 0.2 },
        },
        // Problem 12: minimum −30 at (2, 3), where ∇f = (−8, −3) and ∇c = (−16, −6).
        Case {
            problem: from_fn(2, |x| {
                0.5 * x[0].powi(2) + x[1].powi(2) - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1]
            })
            .with_gradient(|x, g| {
                g[0] = x[0] - x[1] - 7.0;
                g[1] = 2.0 * x[1] - x[0] - 7.0;
            }),
            constraint: One {
                limits: Bounds::new([0.0], [ANY]).unwrap(),
                value: |x| 25.0 - 4.0 * x[0].powi(2) - x[1].powi(2),
                row: Some(|x| [-8.0 * x[0], -2.0 * x[1]]),
            },
            start: [0.0, 0.0],
            x: [2.0, 3.0],
            cost: -30.0,
            y: 0.5,
            method: MethodOfMultipliers { alpha: 0.02, penalty: 0.1 },
        },
    ]
}

#[test]
fn minima_and_multipliers() {
    for given in [true, false] {
        for Case { problem, mut constraint, start, x, cost, y, method } in cases() {
            constraint.row = constraint.row.filter(|_| given);
            let problem = Constrained(problem, constraint);
            let found = minimize(&problem, &method, start).unwrap();
            assert!(found.termination.is_converged(), "{found}");
            assert!(
                (found.x[0] - x[0]).abs() < 1e-5 && (found.x[1] - x[1]).abs() < 1e-5,
                "{found}"
            );
            assert!((found.cost - cost).abs() < 1e-5, "{found}");
            let multipliers = found.multipliers.as_ref().expect("multipliers");
            assert!((multipliers[0] - y).abs() < 1e-5, "{found} {multipliers}");
            let c = (problem.1.value)(&found.x);
            let [lower, upper] = [problem.1.limits.lower()[0], problem.1.limits.upper()[0]];
            let infeasibility = (lower - c).max(c - upper).max(0.0);
            assert_eq!(found.infeasibility, Some(infeasibility));
            assert!(infeasibility <= 1e-6);
            assert!(found.to_string().contains("infeasibility"), "{found}");

            // One point in each iteration; its Jacobian takes n = 2 more values when it is differenced, and 2n + 1 its error
            // in the end.
            let (points, seen) = (found.iterations + 1, found.evaluations);
            let of_constraints = if given { (points, points) } else { (3 * points + 5, 0) };
            assert_eq!((seen.constraint, seen.constraint_jacobian), of_constraints, "{found}");
            assert_eq!((seen.cost, seen.gradient), (points, points), "{found}");
        }
    }
}

/// The gradient of the Lagrangian is only as good as a differenced Jacobian: a test beyond that is not passed.
#[test]
fn differences_do_not_show_what_they_cannot() {
    let method = MethodOfMultipliers { alpha: 0.1, penalty: 1.0 };
    for (given, tolerance, shows) in
        [(true, 1e-12, true), (false, 1e-6, true), (false, 1e-12, false)]
    {
        let constraint = One { row: circle().row.filter(|_| given), ..circle() };
        let problem = Constrained(sum(), constraint);
        let run = Minimizer::new(&problem, &method, [0.0, -1.0]);
        let found = run.stop_when(gradient_norm(tolerance)).run().unwrap();
        assert_eq!(found.termination.is_converged(), shows, "{found}");
    }
}

/// What observers, traces and solutions see, also of a solver whose type is erased.
#[test]
fn infeasibility_is_shown() {
    let problem = Constrained(sum(), circle());
    let method = MethodOfMultipliers { alpha: 0.1, penalty: 1.0 };
    let by = |x: &DVector<f64>| Some((x.norm_squared() - 2.0).abs());
    let mut looks = 0;
    let found = Minimizer::new(&problem, method.clone().boxed(), [0.0, -1.0])
        .trace()
        .observe(|p| {
            looks += 1;
            assert_eq!(p.infeasibility, by(p.x));
        })
        .run()
        .unwrap();
    assert_eq!(looks, found.iterations + 1);
    assert_eq!(found.infeasibility, by(&found.x));
    assert!((found.multipliers.unwrap()[0] + 0.5).abs() < 1e-5);
    assert_eq!(found.trace[0].infeasibility, Some(1.0)); // at (0, −1)
    assert_eq!(found.trace.last().unwrap().infeasibility, found.infeasibility);

    let whole = resumes_to_the_same_bits(&problem, &method, &[0.0, -1.0], converged);
    assert_eq!(whole.x, found.x);
    let mut run = Minimizer::new(&problem, method.clone(), [0.0, -1.0]).start().unwrap();
    assert!(run.step().is_continue());
    let free = sum();
    let other = Minimizer::new(&free, method, [0.0, -1.0]).resume(run.checkpoint());
    assert!(matches!(other, Err(Error::Checkpoint { .. })));
}

#[test]
fn bad_constraints_are_refused() {
    let method = MethodOfMultipliers { alpha: 0.1, penalty: 1.0 };
    let limits = Bounds::new([2.0, 3.0], [2.0, 3.0]).unwrap();
    let two = Constrained(sum(), One { limits, ..circle() });
    let refused = minimize(&two, &method, [0.0, -1.0]).unwrap_err();
    assert_eq!(refused, Error::ConstraintLimits { expected: 1, actual: 2 });

    let logarithm = One { value: |x| x[0].ln(), row: None, ..circle() };
    let refused = minimize(Constrained(sum(), logarithm), &method, [-1.0, -1.0]).unwrap_err();
    assert!(matches!(&refused, Error::NotInDomain { what, .. } if what == "constraint 0"));
    // Without constraints it is gradient descent: 2 (1 − 0.2)ᵏ ≤ 1e-6 first for k = 66.
    let bowl = from_fn(1, |x| x[0] * x[0]).with_gradient(|x, g| g[0] = 2.0 * x[0]);
    let found = minimize(&bowl, &method, [1.0]).unwrap();
    let end = (found.termination.is_converged(), found.iterations, found.infeasibility);
    assert_eq!(end, (true, 66, Some(0.0)));
}

/// A run that goes where it is told: after k iterations, to a cost, a gradient norm and an infeasibility.
#[derive(Clone, Copy)]
struct Told(fn(u64) -> [f64; 3]);

impl Told {
    fn at(self, k: u64) -> Iterate<u64> {
        let [cost, norm, infeasibility] = (self.0)(k);
        Iterate {
            gradient_norm: Some(norm),
            infeasibility: Some(infeasibility),
            ..Iterate::new(DVector::from_element(2, k as f64), cost, k)
        }
    }
}

impl Solver for Told {
    type State = Iterate<u64>;

    fn name(&self) -> &'static str {
        "Told"
    }
    fn domain(&self) -> Domain {
        Domain::Constrained
    }
    fn init(&self, _: &mut Oracle<'_>, _: DVector<f64>) -> Result<Iterate<u64>, Error> {
        Ok(self.at(0))
    }
    fn step(&self, _: &mut Oracle<'_>, state: &mut Iterate<u64>) -> ControlFlow<Termination> {
        *state = self.at(state.memory + 1);
        ControlFlow::Continue(())
    }
}

fn told(path: fn(u64) -> [f64; 3], stop: Stop) -> (u64, Termination) {
    let problem = Constrained(sum(), circle());
    let run = Minimizer::new(&problem, Told(path), [0.0, 0.0]);
    let found = run.stop_when(stop.or(max_iterations(10_000))).run().unwrap();
    (found.iterations, found.termination)
}

/// The gradient vanishes and the cost is low from the start, while the infeasibility halves: every test waits for it.
#[test]
fn tests_wait_for_feasibility() {
    let halving = |k: u64| [-5.0, 0.0, 0.5_f64.powi(k as i32)];
    // 2⁻¹⁰ ≤ 1e-3 < 2⁻⁹ and 2⁻²⁰ ≤ 1e-6 < 2⁻¹⁹.
    for (stop, expected) in [
        (gradient_norm(1e-3), 10),
        (gradient_norm_relative_to_cost(1e-3), 10),
        (gradient_norm_relative_to_first(1e-3), 10),
        (converged(), 20),
        (target(-1.0), 20),
    ] {
        let label = format!("{stop:?}");
        let (iterations, end) = told(halving, stop);
        assert!(end.is_converged() && iterations == expected, "{label}: {iterations} {end:?}");
    }
    let (iterations, end) = told(halving, no_progress(1e-3, 5));
    assert!(matches!(end, Termination::Stalled { reason: Stall::SmallReduction { .. }, .. }));
    assert_eq!(iterations, 20);

    let never = |_| [-5.0, 0.0, 1.0];
    let rules =
        [gradient_norm(1e-3), converged(), target(-1.0), gradient_norm_relative_to_first(1e-3)];
    for stop in rules {
        let (iterations, end) = told(never, stop);
        let reason = Stall::NoImprovement { iterations: 100 };
        assert_eq!(end, Termination::Stalled { reason, gradient_norm: Some(0.0) });
        assert_eq!(iterations, 100);
    }
}

/// The gradient is small but not zero, and the cost has risen: constraints forbid to follow what the gradient promises.
#[test]
fn a_risen_cost_does_not_hide_convergence() {
    let rising = |k: u64| [k as f64, 5e-7, 0.5_f64.powi(k as i32)];
    let (iterations, end) = told(rising, converged());
    assert!(end.is_converged() && iterations == 20, "{iterations} {end:?}");
}

/// The cost rises on the way to the constraints, the gradient is as large as before: that is progress, for 300 iterations, and
/// then no more. Away from them nothing is.
#[test]
fn patience_waits_for_feasibility() {
    let reason = Stall::NoImprovement { iterations: 100 };
    let stalled = Termination::Stalled { reason, gradient_norm: Some(1.0) };
    let nearer = |k: u64| {
        let way = k.min(300) as f64;
        [way, 1.0, 1.0 - way / 300.0]
    };
    assert_eq!(told(nearer, converged()), (400, stalled.clone()));
    // A lower cost counts from the most feasible point on, however high the cost is there.
    let nearer_and_down = |k: u64| {
        let (way, down) = (k.min(300) as f64, k.saturating_sub(300).min(200) as f64);
        [way - 0.001 * down, 1.0, 1.0 - way / 300.0]
    };
    assert_eq!(told(nearer_and_down, converged()), (600, stalled.clone()));
    let further = |k: u64| [k as f64, 1.0, 1.0 + k as f64];
    assert_eq!(told(further, converged()), (100, stalled));
}

/// Early stopping returns the infeasibility of the point that it returns.
#[test]
fn early_stopping_keeps_the_infeasibility() {
    let problem = Constrained(sum(), circle());
    let path = |k: u64| [k as f64, 1.0, 0.5_f64.powi(k as i32)];
    let run = Minimizer::new(&problem, Told(path), [0.0, 0.0]);
    let found = run.validate(3, |x| (x[0] - 4.0).abs()).run().unwrap();
    assert_eq!((found.iterations, found.x[0], found.cost), (7, 4.0, 4.0));
    assert_eq!((found.infeasibility, found.multipliers), (Some(0.0625), None));
    assert_eq!(problem.dimension(), 2);
}
