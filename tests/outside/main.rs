//! Extensions of the library as its users write them: from outside, through what is public, each in under 60 lines.

mod bisection;
mod compass_search;
mod diagonal;
mod evolution_strategy;
mod gauss_newton;
mod method_of_multipliers;
mod power_sign;
mod projected_gradient;

use std::sync::Mutex;

use extremum::{Bounds, Checkpoint, DVector, Minimizer, Problem, Solution, Solver, Stop};
use extremum_tests::bits;

/// A problem that knows where it was evaluated.
struct Recorded<P> {
    problem: P,
    points: Mutex<Vec<DVector<f64>>>,
}

impl<P: Problem> Recorded<P> {
    fn new(problem: P) -> Self {
        Self { problem, points: Mutex::new(Vec::new()) }
    }

    fn count(&self) -> usize {
        self.points.lock().unwrap().len()
    }

    /// The evaluations outside the bounds.
    fn outside(&self) -> usize {
        let bounds = self.problem.bounds().expect("bounds");
        self.points.lock().unwrap().iter().filter(|x| !bounds.contain(x)).count()
    }

    fn note(&self, x: &DVector<f64>) {
        self.points.lock().unwrap().push(x.clone());
    }
}

impl<P: Problem> Problem for Recorded<P> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.note(x);
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.note(x);
        self.problem.gradient(x, gradient);
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
}

/// Interrupts a run after each of its first iterations: resumed from bytes, it ends with the same bits.
fn resumes_to_the_same_bits<P: Problem, S: Solver + Clone>(
    problem: &P,
    solver: &S,
    x0: &[f64],
    stop: impl Fn() -> Stop,
) -> Solution {
    let whole = Minimizer::new(problem, solver.clone(), x0).stop_when(stop()).run().unwrap();
    for interrupted in 0..whole.iterations.min(20) {
        let settings = || Minimizer::new(problem, solver.clone(), x0).stop_when(stop());
        let mut run = settings().start().unwrap();
        for _ in 0..interrupted {
            assert!(run.step().is_continue());
        }
        let bytes = run.checkpoint().to_bytes().unwrap();
        let resumed = settings().resume(Checkpoint::from_bytes(&bytes).unwrap()).unwrap();
        let found = resumed.complete();
        assert_eq!(bits(&found.x), bits(&whole.x), "interrupted at {interrupted}");
        assert_eq!(found.cost.to_bits(), whole.cost.to_bits());
        assert_eq!(found.iterations, whole.iterations);
        assert_eq!(found.evaluations, whole.evaluations);
        assert_eq!(found.termination, whole.termination);
    }
    whole
}

/// The lines between the two marks in a file of this folder, without blank ones.
fn length(source: &str) -> usize {
    let (_, after) = source.split_once("// The extension.\n").expect("where it begins");
    let (extension, _) = after.split_once("// Its tests.\n").expect("where it ends");
    extension.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn every_extension_is_short() {
    let files = [
        ("bisection", include_str!("bisection.rs")),
        ("compass search", include_str!("compass_search.rs")),
        ("diagonal scaling", include_str!("diagonal.rs")),
        ("evolution strategy", include_str!("evolution_strategy.rs")),
        ("Gauss-Newton", include_str!("gauss_newton.rs")),
        ("method of multipliers", include_str!("method_of_multipliers.rs")),
        ("PowerSign", include_str!("power_sign.rs")),
        ("projected gradient", include_str!("projected_gradient.rs")),
    ];
    for (name, source) in files {
        let lines = length(source);
        println!("{name}: {lines} lines");
        assert!(lines < 60, "{name}: {lines} lines");
    }
}
