//! The augmented Lagrangian: minima and multipliers that are published or follow from a formula, and the laws of every
//! solver.
//!
//! W. Hock, K. Schittkowski, *Test Examples for Nonlinear Programming Codes*, Springer 1981.

#![cfg(feature = "autodiff")]

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    AnySolver, AugmentedLagrangian, Bounded, Bounds, CancellationToken, Checkpoint, Constraints,
    DMatrix, DVector, Error, Lbfgs, Lbfgsb, Matrix, Minimizer, Problem, Solution, Solver,
    Structure, Termination, TrustRegion, constraints, constraints_from_fn, from_fn, minimize,
    problem,
};

use extremum_tests::bits;

use super::checkpoint::resumes_at_every_step;

const ANY: f64 = f64::INFINITY;

/// A problem with its start, its minimum and its multipliers.
struct Case {
    name: &'static str,
    problem: Box<dyn Problem>,
    start: Vec<f64>,
    cost: f64,
    multipliers: Vec<f64>,
}

fn case(
    name: &'static str,
    problem: impl Problem + 'static,
    start: &[f64],
    cost: f64,
    multipliers: &[f64],
) -> Case {
    let (start, multipliers) = (start.to_vec(), multipliers.to_vec());
    Case { name, problem: Box::new(problem), start, cost, multipliers }
}

fn hs12() -> impl Problem {
    problem!(2, |x| 0.5 * x[0].powi(2) + x[1].powi(2) - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1])
        .with_constraints(
            constraints!(2, |x| [25.0 - 4.0 * x[0].powi(2) - x[1].powi(2)])
                .at_least([0.0])
                .unwrap(),
        )
}

/// Rosen and Suzuki's problem.
fn hs43() -> impl Problem {
    let cost = problem!(4, |x| x[0].powi(2) + x[1].powi(2) + 2.0 * x[2].powi(2) + x[3].powi(2)
        - 5.0 * x[0]
        - 5.0 * x[1]
        - 21.0 * x[2]
        + 7.0 * x[3]);
    let limits = constraints!(4, |x| [
        x[0].powi(2) + x[1].powi(2) + x[2].powi(2) + x[3].powi(2) + x[0] - x[1] + x[2] - x[3],
        x[0].powi(2) + 2.0 * x[1].powi(2) + x[2].powi(2) + 2.0 * x[3].powi(2) - x[0] - x[3],
        2.0 * x[0].powi(2) + x[1].powi(2) + x[2].powi(2) + 2.0 * x[0] - x[1] - x[3],
    ]);
    cost.with_constraints(limits.at_most([8.0, 10.0, 5.0]).unwrap())
}

/// Beale's problem, with bounds.
fn hs35() -> impl Problem {
    let cost = problem!(3, |x| 9.0 - 8.0 * x[0] - 6.0 * x[1] - 4.0 * x[2]
        + 2.0 * x[0].powi(2)
        + 2.0 * x[1].powi(2)
        + x[2].powi(2)
        + 2.0 * x[0] * x[1]
        + 2.0 * x[0] * x[2]);
    let bounds = Bounds::new([0.0; 3], [ANY; 3]).unwrap();
    Bounded(cost, bounds)
        .with_constraints(constraints!(3, |x| [x[0] + x[1] + 2.0 * x[2]]).at_most([3.0]).unwrap())
}

fn cases() -> Vec<Case> {
    vec![
        case("HS12", hs12(), &[0.0, 0.0], -30.0, &[0.5]),
        case("HS43", hs43(), &[0.0; 4], -44.0, &[-1.0, 0.0, -2.0]),
        case("HS35", hs35(), &[0.5; 3], 1.0 / 9.0, &[-2.0 / 9.0]),
        // ∇f vanishes at the minimum, which is on the plane.
        case(
            "HS28",
            problem!(3, |x| (x[0] + x[1]).powi(2) + (x[1] + x[2]).powi(2)).with_constraints(
                constraints!(3, |x| [x[0] + 2.0 * x[1] + 3.0 * x[2]]).equal_to([1.0]).unwrap(),
            ),
            &[-4.0, 1.0, 1.0],
            0.0,
            &[0.0],
        ),
        // ½ |x|² on a plane a'x = b: x = a b / |a|², y = b / |a|²; a limit on each side of another.
        case(
            "plane",
            problem!(2, |x| 0.5 * (x[0] * x[0] + x[1] * x[1])).with_constraints(
                constraints!(2, |x| [3.0 * x[0] + 4.0 * x[1], x[0] - x[1]])
                    .between([10.0, -5.0], [10.0, 5.0])
                    .unwrap(),
            ),
            &[7.0, -9.0],
            2.0,
            &[0.4, 0.0],
        ),
    ]
}

fn solvers() -> [Box<dyn AnySolver>; 3] {
    [
        AugmentedLagrangian::default().boxed(),
        AugmentedLagrangian::new(TrustRegion::tron()).boxed(),
        AugmentedLagrangian::new(Lbfgsb::default()).penalty(1.0).boxed(),
    ]
}

/// The same problem without some of its derivatives.
struct Without<P> {
    problem: P,
    jacobian: bool,
    hessian: bool,
}

impl<P: Problem> Problem for Without<P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.problem.gradient(x, gradient);
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn has_gradient(&self) -> bool {
        self.jacobian
    }
    fn structure(&self) -> Structure<'_> {
        Structure::default().within(self)
    }
}

impl<P: Problem> Without<P> {
    fn all(&self) -> &dyn Constraints {
        self.problem.structure().constraints.expect("constraints")
    }
}

impl<P: Problem> Constraints for Without<P> {
    fn count(&self) -> usize {
        self.all().count()
    }
    fn limits(&self) -> &Bounds {
        self.all().limits()
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        self.all().values(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.jacobian && self.all().jacobian(x, jacobian)
    }
    fn hessian(&self, x: &DVector<f64>, y: &DVector<f64>) -> Option<Matrix> {
        self.all().hessian(x, y).filter(|_| self.hessian)
    }
}

fn is_solved(label: &str, found: &Solution, case: &Case, tolerance: f64) {
    assert!(found.termination.is_converged(), "{label}: {found}");
    assert!((found.cost - case.cost).abs() < tolerance, "{label}: {found}");
    let y = found.multipliers.as_ref().expect("multipliers");
    let mut pairs = y.iter().zip(&case.multipliers);
    assert!(pairs.all(|(y, known)| (y - known).abs() < tolerance), "{label}: {found} {y}");
}

#[test]
fn minima_and_multipliers() {
    for case in cases() {
        for solver in solvers() {
            let found = minimize(&case.problem, &solver, &case.start).unwrap();
            is_solved(case.name, &found, &case, 1e-4);
            let Termination::FirstOrder { residual, violation, complementarity, tolerance } =
                found.termination
            else {
                panic!("{found}")
            };
            let measures = [residual, violation, complementarity];
            assert!(measures.iter().all(|measure| *measure <= tolerance), "{found}");
            assert_eq!(found.gradient_norm, Some(residual));
            assert_eq!(
                (found.infeasibility, found.complementarity),
                (Some(violation), Some(complementarity))
            );
        }
    }
}

#[test]
fn derivatives_that_are_not_given_are_differenced() {
    for (jacobian, hessian) in [(true, false), (false, false)] {
        for Case { name, problem, start, cost, multipliers } in cases() {
            let problem = Without { problem, jacobian, hessian };
            for solver in solvers() {
                let found = minimize(&problem, &solver, &start).unwrap();
                let case = case(name, from_fn(1, |_| 0.0), &[], cost, &multipliers);
                is_solved(name, &found, &case, 1e-3);
                let calls = found.evaluations;
                assert_eq!(calls.constraint_jacobian > 0, jacobian, "{name}: {calls:?}");
                assert_eq!((calls.hessian, calls.constraint_hessian), (0, 0), "{name}");
            }
        }
    }
}

/// ∂f*/∂b = y: the multipliers are the prices of the limits.
#[test]
fn multipliers_are_sensitivities() {
    let lowest = |b: f64| {
        let plane = constraints!(2, |x| [x[0].exp() + x[1]]).equal_to([b]).unwrap();
        let problem = problem!(2, |x| x[0].powi(2) + 2.0 * x[1].powi(2)).with_constraints(plane);
        let solver = AugmentedLagrangian::new(TrustRegion::tron());
        let run = Minimizer::new(&problem, solver, [0.0, 0.0]).stop_when(gradient_norm(1e-9));
        let found = run.run().unwrap();
        assert!(found.termination.is_converged(), "{found}");
        (found.cost, found.multipliers.unwrap()[0])
    };
    let h = 1e-4;
    let (slope, y) = ((lowest(3.0 + h).0 - lowest(3.0 - h).0) / (2.0 * h), lowest(3.0).1);
    assert!((slope - y).abs() < 1e-6 * y.abs(), "{slope} {y}");
}

/// The same plane twice, and three lines through one point: the minimum is found, with some multipliers.
#[test]
fn redundant_and_dependent_constraints() {
    let bowl = || problem!(2, |x| x[0].powi(2) + x[1].powi(2));
    let twice = constraints!(2, |x| [x[0] + x[1], 2.0 * (x[0] + x[1])]).equal_to([1.0, 2.0]);
    let three = constraints!(2, |x| [x[0] + x[1], x[0] - x[1], x[0]]).equal_to([1.0, 0.0, 0.5]);
    for all in [Box::new(twice.unwrap()) as Box<dyn Constraints>, Box::new(three.unwrap())] {
        let problem = bowl().with_constraints(all);
        for solver in solvers() {
            let found = minimize(&problem, &solver, [3.0, 0.0]).unwrap();
            assert!(found.termination.is_converged(), "{found}");
            assert!((&found.x - DVector::from_element(2, 0.5)).amax() < 1e-5, "{found}");
        }
    }
}

/// Where the gradient of a constraint is 0 at the start, in any unit of the constraint.
#[test]
fn a_singular_start_in_any_unit() {
    for unit in [1.0, 1e8] {
        let circle = constraints!(2, with(unit: f64), |x| [unit * (x[0].powi(2) + x[1].powi(2))]);
        let circle = circle.equal_to([2.0 * unit]).unwrap();
        let problem = problem!(2, |x| x[0] + x[1]).with_constraints(circle);
        for solver in solvers() {
            let found = minimize(&problem, &solver, [0.0, 0.0]).unwrap();
            assert!(found.termination.is_converged(), "{unit} {found}");
            assert!((found.cost + 2.0).abs() < 1e-5, "{unit} {found}");
        }
    }
}

/// The unit of the cost changes neither the minimum nor the scaled multipliers.
#[test]
fn the_unit_of_the_cost_does_not_matter() {
    for unit in [1e-8, 1e8] {
        let cost = problem!(2, with(unit: f64), |x| unit
            * (0.5 * x[0].powi(2) + x[1].powi(2) - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1]));
        let ellipse = constraints!(2, |x| [25.0 - 4.0 * x[0].powi(2) - x[1].powi(2)]);
        let problem = cost.with_constraints(ellipse.at_least([0.0]).unwrap());
        for solver in solvers() {
            let found = minimize(&problem, &solver, [0.0, 0.0]).unwrap();
            assert!(found.termination.is_converged(), "{unit}: {found}");
            assert!((found.cost / unit + 30.0).abs() < 1e-4, "{unit}: {found}");
            assert!((found.multipliers.unwrap()[0] / unit - 0.5).abs() < 1e-4);
        }
    }
}

#[test]
fn no_feasible_point_is_near() {
    let none = constraints!(1, |x| [x[0].powi(2) + 1.0]).at_most([0.0]).unwrap();
    let apart =
        constraints!(2, |x| [x[0].powi(2) + x[1].powi(2), (x[0] - 4.0).powi(2) + x[1].powi(2)]);
    let apart = apart.at_most([1.0, 1.0]).unwrap();
    let twice = constraints!(2, |x| [x[0] + x[1], x[0] + x[1]]).equal_to([1.0, 3.0]).unwrap();
    // The least squares of the violations: 1 at 0; 3 = 4 − 1 at (2, 0), on both; 1 between the lines.
    let cases: [(Box<dyn Problem>, &[f64], f64); 3] = [
        (Box::new(problem!(1, |x| x[0]).with_constraints(none)), &[3.0], 1.0),
        (Box::new(problem!(2, |x| x[0] * x[1]).with_constraints(apart)), &[2.0, 1.0], 3.0),
        (Box::new(problem!(2, |x| x[0].powi(2)).with_constraints(twice)), &[0.0, 0.0], 1.0),
    ];
    for (problem, start, least) in &cases {
        for solver in solvers() {
            let found = minimize(problem, &solver, *start).unwrap();
            let Termination::Infeasible { violation, slope } = found.termination else {
                panic!("{found}")
            };
            assert!((violation - least).abs() < 1e-3 && slope < 1e-5, "{found}");
            assert_eq!(found.infeasibility, Some(violation));
        }
    }
}

#[test]
fn no_lowest_point() {
    let axis = constraints!(2, |x| [x[1]]).equal_to([0.0]).unwrap();
    let problem = problem!(2, |x| -x[0]).with_constraints(axis);
    for solver in solvers() {
        let found = minimize(&problem, &solver, [0.0, 1.0]).unwrap();
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
    }
}

/// Problem 13 has no multipliers at its solution (1, 0), and no rule holds there.
#[test]
fn without_multipliers_nothing_converges() {
    let cost = problem!(2, |x| (x[0] - 2.0).powi(2) + x[1].powi(2));
    let bounds = Bounds::new([0.0; 2], [ANY; 2]).unwrap();
    let cusp = constraints!(2, |x| [(1.0 - x[0]).powi(3) - x[1]]).at_least([0.0]).unwrap();
    let problem = Bounded(cost, bounds).with_constraints(cusp);
    for solver in solvers() {
        let found = minimize(&problem, &solver, [0.0, 0.0]).unwrap();
        assert!(found.termination.is_stalled(), "{found}");
        assert!((found.x[0] - 1.0).abs() < 0.05 && found.x[1] == 0.0, "{found}");
    }
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    for case in cases() {
        for solver in solvers() {
            resumes_at_every_step(case.name, &case.problem, &solver, &case.start);
        }
        let problem = Without { problem: case.problem, jacobian: false, hessian: false };
        resumes_at_every_step(case.name, &problem, &AugmentedLagrangian::default(), &case.start);
    }
    let start = [0.0, 0.0];
    resumes_at_every_step(
        "by hand",
        &hs12(),
        &AugmentedLagrangian::new(TrustRegion::tron()),
        &start,
    );
}

/// Problem 12, which cancels a token at its k-th evaluation of the constraint.
fn cancelling_hs12(token: &CancellationToken, at: u64) -> impl Problem {
    let calls = AtomicU64::new(0);
    let ellipse = constraints_from_fn(1, move |x, c| {
        if 1 + calls.fetch_add(1, Ordering::Relaxed) == at {
            token.cancel();
        }
        c[0] = 25.0 - 4.0 * x[0].powi(2) - x[1].powi(2);
    });
    let ellipse = ellipse
        .with_jacobian(|x, j| (j[(0, 0)], j[(0, 1)]) = (-8.0 * x[0], -2.0 * x[1]))
        .with_hessian(|_, y| DMatrix::from_row_slice(2, 2, &[-8.0 * y[0], 0.0, 0.0, -2.0 * y[0]]))
        .at_least([0.0])
        .unwrap();
    from_fn(2, |x| 0.5 * x[0].powi(2) + x[1].powi(2) - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1])
        .with_gradient(|x, g| (g[0], g[1]) = (x[0] - x[1] - 7.0, 2.0 * x[1] - x[0] - 7.0))
        .with_hessian(|_| DMatrix::from_row_slice(2, 2, &[1.0, -1.0, -1.0, 2.0]))
        .with_constraints(ellipse)
}

#[test]
fn a_step_that_was_cancelled_half_way_is_redone_with_the_same_bits() {
    for solver in solvers() {
        let never = CancellationToken::new();
        let plain = cancelling_hs12(&never, 0);
        let terms = || Minimizer::new(&plain, &solver, [0.0, 0.0]).stop_when(gradient_norm(1e-8));
        let full = terms().run().unwrap();
        assert!(full.termination.is_converged(), "{full}");
        for at in 2..full.evaluations.constraint {
            let token = CancellationToken::new();
            let cancelling = cancelling_hs12(&token, at);
            let run = Minimizer::new(&cancelling, &solver, [0.0, 0.0]).cancelled_by(&token);
            let mut run = run.stop_when(gradient_norm(1e-8)).start().unwrap();
            while run.step().is_continue() {}
            let bytes = run.checkpoint().to_bytes().unwrap();
            assert_eq!(run.finish().termination, Termination::Cancelled);
            let resumed = terms().resume(Checkpoint::from_bytes(&bytes).unwrap()).unwrap();
            let resumed = resumed.complete();
            assert_eq!(bits(&resumed.x), bits(&full.x), "{at}: {resumed} {full}");
            assert_eq!(resumed.iterations, full.iterations, "{at}");
            assert_eq!(resumed.termination, full.termination, "{at}");
        }
    }
}

/// No kind of evaluation is made more often than the budget allows, and the point is the best until then.
#[test]
fn a_budget_of_any_size_is_kept() {
    for solver in solvers() {
        for (jacobian, most) in [(true, 40), (false, 90)] {
            let problem = Without { problem: hs35(), jacobian, hessian: jacobian };
            let mut least = ANY;
            for budget in 1..most {
                let run = Minimizer::new(&problem, &solver, [0.5; 3])
                    .stop_when(gradient_norm(1e-6).or(max_evaluations(budget)));
                let Ok(found) = run.run() else { continue };
                let calls = found.evaluations;
                // The start with its differences is evaluated in any case.
                let most = if jacobian { budget } else { budget.max(7) };
                let made =
                    [calls.cost, calls.gradient, calls.constraint, calls.constraint_jacobian];
                assert!(made.iter().all(|made| *made <= most), "{budget}: {calls:?}");
                assert!(problem.bounds().unwrap().contain(&found.x), "{found}");
                let violation = found.infeasibility.unwrap();
                assert!(violation <= f64::max(least, 1e-6), "{budget}: {found}");
                least = f64::min(least, violation);
            }
        }
    }
}

/// Counts the calls at each point.
struct Recorded<P>(P, Mutex<[Vec<DVector<f64>>; 2]>);

impl<P: Problem> Recorded<P> {
    fn see(&self, kind: usize, x: &DVector<f64>) {
        let mut seen = self.1.lock().unwrap();
        assert!(!seen[kind].contains(x), "{x} is evaluated twice");
        seen[kind].push(x.clone());
    }
}

impl<P: Problem> Problem for Recorded<P> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.see(0, x);
        self.0.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.0.gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.see(0, x);
        self.0.cost_and_gradient(x, gradient)
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.0.hessian(x)
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.0.bounds()
    }
    fn structure(&self) -> Structure<'_> {
        Structure::default().within(self)
    }
}

impl<P: Problem> Constraints for Recorded<P> {
    fn count(&self) -> usize {
        self.0.structure().constraints.unwrap().count()
    }
    fn limits(&self) -> &Bounds {
        self.0.structure().constraints.unwrap().limits()
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        self.see(1, x);
        self.0.structure().constraints.unwrap().values(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.0.structure().constraints.unwrap().jacobian(x, jacobian)
    }
    fn hessian(&self, x: &DVector<f64>, y: &DVector<f64>) -> Option<Matrix> {
        self.0.structure().constraints.unwrap().hessian(x, y)
    }
}

#[test]
fn nothing_is_evaluated_twice() {
    for case in cases() {
        for solver in solvers() {
            let problem = Recorded(&case.problem, Mutex::default());
            let found = minimize(&problem, &solver, &case.start).unwrap();
            let [costs, constraints] = problem.1.into_inner().unwrap();
            assert_eq!(costs, constraints, "{}", case.name);
            let counts = (found.evaluations.cost, found.evaluations.constraint);
            assert_eq!(counts, (costs.len() as u64, costs.len() as u64), "{}", case.name);
        }
    }
}

/// Rosenbrock's function in a disk, with derivatives by hand.
fn rosenbrock_in_a_disk() -> impl Problem {
    let disk = constraints_from_fn(1, |x, c| c[0] = x.norm_squared())
        .with_jacobian(|x, j| (j[(0, 0)], j[(0, 1)]) = (2.0 * x[0], 2.0 * x[1]))
        .at_most([1.0])
        .unwrap();
    from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2))
        .with_gradient(|x, g| {
            let t = x[1] - x[0].powi(2);
            g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
            g[1] = 200.0 * t;
        })
        .with_constraints(disk)
}

#[test]
fn no_step_after_the_first_allocates() {
    let problem = rosenbrock_in_a_disk();
    let rule = || gradient_norm(1e-8).or(max_iterations(500));
    let solver = AugmentedLagrangian::default();
    let mut run = Minimizer::new(&problem, solver, [-0.5, 0.5]).stop_when(rule()).start().unwrap();
    let (mut steps, is_over) = (0, Cell::new(false));
    while !is_over.get() {
        let made = measure(|| is_over.set(run.step().is_break()));
        assert!(steps == 0 || made.count_total == 0, "step {steps}: {made:?}");
        steps += 1;
    }
    assert!(run.state().outer_iterations() > 2);
    let found = run.finish();
    assert!(found.termination.is_converged() && (found.x.norm() - 1.0).abs() < 1e-8, "{found}");
}

#[test]
fn bad_input_is_refused() {
    let solver = AugmentedLagrangian::default();
    let short = constraints_from_fn(2, |x, c| c.copy_from(x)).at_most([1.0]);
    assert!(matches!(short, Err(Error::ConstraintLimits { expected: 2, actual: 1 })));
    let crossed = constraints!(1, |x| [x[0]]).between([1.0], [0.0]);
    assert!(matches!(crossed, Err(Error::Bounds { index: 0, .. })));
    let three = constraints!(3, |x| [x[2]]).at_most([1.0]).unwrap();
    let refused = minimize(problem!(2, |x| x[0] + x[1]).with_constraints(three), &solver, [0.0; 2]);
    assert!(matches!(refused, Err(Error::Dimension { expected: 2, actual: 3, .. })), "{refused:?}");

    let refused = minimize(hs35(), AugmentedLagrangian::new(Lbfgs::default()), [0.5; 3]);
    assert_eq!(refused.unwrap_err(), Error::BoundsNotSupported { solver: "Lbfgs" });
    // Without bounds it will do.
    let found = minimize(hs12(), AugmentedLagrangian::new(Lbfgs::default()), [0.0; 2]).unwrap();
    assert!(found.termination.is_converged(), "{found}");

    for penalty in [0.0, -1.0, f64::NAN, ANY] {
        let refused = minimize(hs12(), solver.clone().penalty(penalty), [0.0; 2]);
        assert!(matches!(refused, Err(Error::Parameter { name: "penalty", .. })), "{penalty}");
    }
    let outside = minimize(hs35(), &solver, [-1.0; 3]);
    assert!(matches!(outside, Err(Error::StartOutsideBounds { .. })));
    let root = constraints!(1, |x| [x[0].sqrt()]).at_least([1.0]).unwrap();
    let outside = minimize(problem!(1, |x| x[0]).with_constraints(root), &solver, [-1.0]);
    assert!(matches!(outside, Err(Error::NotInDomain { .. })), "{outside:?}");
}

/// Without constraints it is the inner solver.
#[test]
fn without_constraints_it_is_its_inner_solver() {
    let bowl = problem!(2, |x| (x[0] - 1.0).powi(4) + (x[1] + 2.0).powi(2));
    let found = minimize(&bowl, AugmentedLagrangian::default(), [5.0, 5.0]).unwrap();
    let inner = minimize(&bowl, Lbfgsb::default(), [5.0, 5.0]).unwrap();
    assert!(found.termination.is_converged() && found.evaluations.constraint == 0, "{found}");
    assert!((found.cost - inner.cost).abs() < 1e-6);
}

/// Values that are NaN, infinite or enormous now and then: the run ends, and what it reports is finite and within the
/// bounds.
#[test]
fn faults_end_truthfully() {
    for seed in 1..60_u64 {
        let dice = Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let fault = |value: f64| {
            let mut state = dice.lock().unwrap();
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            match *state % 23 {
                0 => f64::NAN,
                1 => ANY,
                2 => 1e300,
                3 if seed.is_multiple_of(3) => -1e300,
                _ => value,
            }
        };
        let fault = &fault;
        let circle = constraints_from_fn(2, move |x, c| {
            c.copy_from_slice(&[fault(x.norm_squared()), fault(x[0] - x[1])]);
        })
        .with_jacobian(move |x, j| {
            j.copy_from_slice(&[fault(2.0 * x[0]), 1.0, 2.0 * x[1], -1.0]);
        })
        .between([1.0, -0.5], [1.0, ANY])
        .unwrap();
        let bounds = Bounds::new([-2.0; 2], [2.0; 2]).unwrap();
        let problem = from_fn(2, move |x| fault(x[0] + x[1]))
            .with_gradient(move |_, g| g.copy_from_slice(&[fault(1.0), 1.0]))
            .with_bounds(bounds.clone())
            .with_constraints(circle);
        for solver in solvers() {
            let run = Minimizer::new(&problem, &solver, [1.0, 1.0]);
            let Ok(found) = run.max_evaluations(2000).run() else { continue };
            assert!(found.cost.is_finite() && bounds.contain(&found.x), "{seed}: {found}");
            if let Termination::FirstOrder { residual, violation, .. } = found.termination {
                assert!(residual <= 1e-6 && violation <= 1e-6, "{seed}: {found}");
            }
        }
    }
}
