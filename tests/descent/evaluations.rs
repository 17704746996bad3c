//! A law, checked with a problem that records its calls: no point is evaluated twice, and the counts of a solution are
//! the calls that were made.
//!
//! At the rounding floor a later step may return to a point within a few units in the last place of its start. The runs
//! named below do worse: they cycle among points at the floor until they stall.

#![cfg(feature = "autodiff")]

use std::collections::HashMap;
use std::sync::Mutex;

use extremum::functions::{classics, more_garbow_hillstrom};
use extremum::stop::{gradient_norm, max_evaluations};
use extremum::{DVector, Matrix, Minimizer, Problem};
use extremum_tests::{barrier, bits, cost_only, rosenbrock, solvers, without_hessian};

/// Units in the last place of the largest coordinate that separate a step from rounding.
const FLOOR: f64 = 4.0;

/// Problem, solver and search of the runs that break the law: the cost has errors of 1e4 rounding units there. Without bounds
/// `Lbfgsb` is `Lbfgs`.
const KNOWN_TO_REPEAT: [(&str, &str, &str); 5] = [
    ("Meyer", "Newton", "HagerZhang"),
    ("Meyer", "Lbfgs", "HagerZhang"),
    ("Meyer", "Lbfgs", "Backtracking"),
    ("Meyer", "Lbfgsb", "HagerZhang"),
    ("Meyer", "Lbfgsb", "Backtracking"),
];

/// The points at which one function was called, with the step that called it.
#[derive(Default)]
struct Calls {
    points: HashMap<Vec<u64>, u64>,
    number: u64,
    repeated: u64,
}

/// Where the run stands, and its calls: costs, gradients and Hessians.
#[derive(Default)]
struct Record {
    step: u64,
    from: DVector<f64>,
    calls: [Calls; 3],
}

/// A problem that records its calls.
struct Recorder<P> {
    problem: P,
    record: Mutex<Record>,
}

impl<P: Problem> Recorder<P> {
    fn new(problem: P, start: &DVector<f64>) -> Self {
        let record = Record { from: start.clone(), ..Record::default() };
        Self { problem, record: Mutex::new(record) }
    }

    fn begin_step(&self, x: &DVector<f64>) {
        let mut record = self.record.lock().unwrap();
        record.step += 1;
        record.from.copy_from(x);
    }

    fn record(&self, what: usize, x: &DVector<f64>) {
        let mut record = self.record.lock().unwrap();
        let Record { step, from, calls } = &mut *record;
        let moved = (x - &*from).amax();
        calls[what].number += 1;
        if let Some(earlier) = calls[what].points.insert(bits(x), *step)
            && (earlier == *step || moved > FLOOR * f64::EPSILON * x.amax())
        {
            calls[what].repeated += 1;
        }
    }
}

impl<P: Problem + Send> Problem for Recorder<P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.record(0, x);
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.record(1, x);
        self.problem.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let hessian = self.problem.hessian(x)?;
        self.record(2, x);
        Some(hessian)
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.record(0, x);
        self.record(1, x);
        self.problem.cost_and_gradient(x, gradient)
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
}

/// Runs every solver and lists those that asked twice.
fn audit<P: Problem + Send>(name: &str, problem: &P, start: &DVector<f64>) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in solvers() {
        let recorder = Recorder::new(problem, start);
        let mut run = Minimizer::new(&recorder, &entry.solver, start)
            .stop_when(gradient_norm(1e-6).or(max_evaluations(1_000)))
            .start()
            .unwrap();
        loop {
            recorder.begin_step(run.progress().x);
            if run.step().is_break() {
                break;
            }
        }
        let found = run.finish();
        let calls = recorder.record.into_inner().unwrap().calls;
        let repeated: Vec<u64> = calls.iter().map(|c| c.repeated).collect();
        let is_known = KNOWN_TO_REPEAT.contains(&(name, entry.name(), entry.search));
        if repeated != [0, 0, 0] && !is_known {
            let label = entry.label();
            let end = found.termination.name();
            faults.push(format!("{name}: {label} repeated {repeated:?} calls ({end})"));
        }
        let counted = found.evaluations;
        assert_eq!(
            [counted.cost, counted.gradient, counted.hessian],
            [calls[0].number, calls[1].number, calls[2].number],
            "{name}: {}",
            entry.label()
        );
        // A search that asks for values and slopes together throws neither away.
        if problem.has_gradient() && entry.search == "MoreThuente" && entry.name() != "Newton" {
            assert_eq!(counted.cost, counted.gradient, "{name}: {}", entry.label());
        }
    }
    faults
}

fn no_faults(faults: Vec<String>) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_point_twice_where_the_domain_ends() {
    let faults = [0.01, 3.0, 50.0]
        .map(|start| audit("barrier", &barrier(5), &DVector::from_element(5, start)));
    no_faults(faults.concat());
}

#[test]
fn no_point_twice_where_derivatives_are_differenced() {
    let start = DVector::from_vec(vec![-1.2, 1.0]);
    let mut faults = audit("no Hessian", &without_hessian(rosenbrock()), &start);
    faults.extend(audit("no gradient", &cost_only(rosenbrock()), &start));
    no_faults(faults);
}

#[test]
fn no_point_twice_on_the_classics() {
    let faults = classics().iter().flat_map(|f| audit(f.name(), f, f.start())).collect();
    no_faults(faults);
}

#[test]
fn no_point_twice_on_more_garbow_hillstrom() {
    let faults =
        more_garbow_hillstrom().iter().flat_map(|f| audit(f.name(), f, f.start())).collect();
    no_faults(faults);
}
