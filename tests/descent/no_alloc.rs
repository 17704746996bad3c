//! A law, checked with a counting allocator: after `init` no step of any solver allocates, however the problem gives its
//! derivatives. Allocations of the problem itself for a Hessian are measured and subtracted.

#![cfg(feature = "autodiff")]

use std::hint::black_box;

use allocation_counter::measure;
use extremum::functions::by_name;
use extremum::stop::{gradient_norm, max_evaluations};
use extremum::{
    Bounded, Bounds, Constrained, Constraints, DVector, InteriorPoint, Matrix, Minimizer, Problem,
    from_fn,
};
use extremum_tests::{barrier, cost_only, rosenbrock, solvers, without_hessian};

/// Allocations of one Hessian at x over that of an earlier call, once scratch is there.
fn per_hessian(problem: &dyn Problem, x: &DVector<f64>) -> u64 {
    let mut hessian = Matrix::default();
    problem.write_hessian(x, &mut hessian);
    measure(|| _ = black_box(problem.write_hessian(x, &mut hessian))).count_total
}

/// A formula writes its Hessian in place.
#[test]
fn an_automatic_hessian_allocates_nothing() {
    let problem = by_name("Wood").unwrap();
    assert_eq!(per_hessian(&problem, problem.start()), 0);
}

fn no_step_allocates(name: &str, problem: &dyn Problem, start: &DVector<f64>) {
    let given = per_hessian(problem, start);
    // Scratch of the problem's own.
    let mut gradient = DVector::zeros(start.len());
    problem.cost(start);
    if problem.has_gradient() {
        problem.cost_and_gradient(start, &mut gradient);
        problem.gradient(start, &mut gradient);
    }
    for entry in solvers() {
        let label = format!("{name}: {}", entry.label());
        let mut run = Minimizer::new(&problem, &entry.solver, start)
            .stop_when(gradient_norm(1e-6).or(max_evaluations(500)))
            .start()
            .unwrap();
        let mut steps = 0;
        loop {
            let before = run.progress().evaluations.hessian;
            let mut flow = None;
            let made = measure(|| flow = Some(run.step()));
            let hessians = run.progress().evaluations.hessian - before;
            // A Hessian that serves products, and a formula for them, have their room from the first one on.
            if steps > 0 || entry.search != "products" {
                assert_eq!(made.count_total, given * hessians, "{label}, step {steps}: {made:?}");
            }
            steps += 1;
            if flow.unwrap().is_break() {
                break;
            }
        }
        assert!(steps > 1, "{label} has made no step");
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(DVector::<f64>::zeros(3)))).count_total, 1);
}

#[test]
fn nothing_allocates_where_derivatives_are_given() {
    let start = DVector::from_vec(vec![-1.2, 1.0]);
    no_step_allocates("Rosenbrock", &rosenbrock(), &start);
    no_step_allocates("barrier", &barrier(5), &DVector::from_element(5, 50.0));
}

#[test]
fn nothing_allocates_where_derivatives_are_differenced() {
    let start = DVector::from_vec(vec![-1.2, 1.0]);
    no_step_allocates("no Hessian", &without_hessian(rosenbrock()), &start);
    no_step_allocates("no gradient", &cost_only(rosenbrock()), &start);
    no_step_allocates("barrier", &cost_only(barrier(5)), &DVector::from_element(5, 50.0));
}

#[test]
fn nothing_allocates_where_derivatives_are_automatic() {
    for name in ["Wood", "Beale", "Extended Rosenbrock", "Himmelblau"] {
        let problem = by_name(name).unwrap();
        no_step_allocates(name, &problem, problem.start());
        no_step_allocates(name, &without_hessian(&problem), problem.start());
    }
}

#[test]
fn nothing_allocates_where_steps_fail() {
    let kink = from_fn(2, |x| x[0].abs() + 2.0 * x[1].abs()).with_gradient(|x, g| {
        g[0] = 1.0_f64.copysign(x[0]);
        g[1] = 2.0_f64.copysign(x[1]);
    });
    no_step_allocates("kink", &kink, &DVector::from_vec(vec![0.7, -0.3]));
    let saddle = from_fn(2, |x| x[0].powi(4) - 2.0 * x[0] * x[0] + x[1] * x[1]);
    no_step_allocates("near a saddle", &saddle, &DVector::from_vec(vec![1e-4, 1.0]));
}

/// x₀² + x₁² ≤ 2 and x₀ x₁ = −½, with derivatives by hand.
struct ByHand(Bounds);

impl Constraints for ByHand {
    fn count(&self) -> usize {
        2
    }
    fn limits(&self) -> &Bounds {
        &self.0
    }
    fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
        (c[0], c[1]) = (x[0] * x[0] + x[1] * x[1], x[0] * x[1]);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        jacobian.dense(2, 2).copy_from_slice(&[2.0 * x[0], x[1], 2.0 * x[1], x[0]]);
        true
    }
    fn write_hessian(&self, _: &DVector<f64>, y: &DVector<f64>, hessian: &mut Matrix) -> bool {
        hessian.dense(2, 2).copy_from_slice(&[2.0 * y[0], y[1], y[1], 2.0 * y[0]]);
        true
    }
}

/// No step of the interior point method allocates after the first.
#[test]
fn nothing_allocates_within_constraints() {
    let limits = |least| Bounds::new([least, -0.5], [2.0, -0.5]).unwrap();
    let bounds = Bounds::new([-3.0, -3.0], [3.0, 0.9]).unwrap();
    for least in [f64::NEG_INFINITY, 1.9] {
        let problem = Constrained(Bounded(rosenbrock(), bounds.clone()), ByHand(limits(least)));
        let terms = Minimizer::new(&problem, InteriorPoint::default(), [-1.2, 0.0]);
        let mut run =
            terms.stop_when(gradient_norm(1e-8).or(max_evaluations(500))).start().unwrap();
        let given = per_hessian(&rosenbrock(), &DVector::from_vec(vec![-1.2, 0.0]));
        for step in 0.. {
            let before = run.progress().evaluations.hessian;
            let mut flow = None;
            let made = measure(|| flow = Some(run.step()));
            let hessians = run.progress().evaluations.hessian - before;
            assert!(
                step == 0 || made.count_total == given * hessians,
                "{least}, step {step}: {made:?}"
            );
            if flow.unwrap().is_break() {
                assert!(step > 3);
                break;
            }
        }
        assert!(run.finish().termination.is_converged());
    }
}
