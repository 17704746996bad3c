//! One run and its result.

use std::sync::Mutex;
use std::time::Instant;

use extremum::functions::global::GlobalFunction;
use extremum::stop::{target, when};
use extremum::{Bounds, DVector, Error, Minimizer, Problem, Random};

use super::arguments::Arguments;
use super::methods::Method;

/// The gap to the minimum at which a run counts as solved.
pub const SOLVED: f64 = 1e-8;

/// The gaps of the plot: 100, .., 1e-8, five per decade.
pub fn gaps() -> impl Iterator<Item = f64> {
    (0..=50).map(|k| 10_f64.powf(2.0 - f64::from(k) / 5.0))
}

pub struct Outcome {
    pub solved: bool,
    /// Until it was solved, or until the end.
    pub evaluations: u64,
    pub gap: f64,
    pub milliseconds: f64,
    /// The evaluations at which each of the gaps was reached.
    pub reached: Vec<Option<u64>>,
}

/// A function that counts its evaluations.
struct Account {
    function: GlobalFunction,
    ledger: Mutex<Ledger>,
}

#[derive(Clone)]
struct Ledger {
    evaluations: u64,
    best: f64,
    solved: Option<u64>,
    reached: Vec<Option<u64>>,
}

impl Account {
    fn enter(&self, evaluations: u64, cost: f64) {
        let gap = cost - self.function.minimum();
        let mut ledger = self.ledger.lock().expect("no thread panics with it");
        ledger.evaluations += evaluations;
        if gap >= ledger.best || gap.is_nan() {
            return;
        }
        ledger.best = gap;
        let now = ledger.evaluations;
        if gap <= SOLVED {
            ledger.solved.get_or_insert(now);
        }
        for (reached, limit) in ledger.reached.iter_mut().zip(gaps()) {
            if gap <= limit {
                reached.get_or_insert(now);
            }
        }
    }
}

impl Problem for Account {
    fn dimension(&self) -> usize {
        self.function.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        let cost = self.function.cost(x);
        self.enter(1, cost);
        cost
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.enter(x.len() as u64, f64::INFINITY);
        self.function.gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let cost = self.function.cost_and_gradient(x, gradient);
        self.enter(1 + x.len() as u64, cost);
        cost
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.function.bounds()
    }
}

/// Runs a method on the function of a seed, from a start of that seed.
pub fn run(method: &Method, arguments: &Arguments, seed: u64) -> Result<Outcome, Error> {
    let (function, region) = arguments.problem(seed)?;
    let mut random = Random::new(seed);
    let n = region.dimension();
    let x0 = DVector::from_fn(n, |i, _| random.between(region.lower()[i], region.upper()[i]));
    let minimum = function.minimum();
    let reached = vec![None; gaps().count()];
    let ledger = Ledger { evaluations: 0, best: f64::INFINITY, solved: None, reached };
    let account = Account { function, ledger: Mutex::new(ledger) };
    let (budget, n) = (arguments.budget, n as u64);
    let spent = when(move |p| p.evaluations.cost + n * p.evaluations.gradient >= budget);
    let started = Instant::now();
    Minimizer::new(&account, &method.solver, x0)
        .stop_when(target(minimum + SOLVED).or(spent))
        .run()?;
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let ledger = account.ledger.into_inner().expect("no thread panics with it");
    let solved = ledger.solved.filter(|&evaluations| evaluations <= budget);
    Ok(Outcome {
        solved: solved.is_some(),
        evaluations: solved.unwrap_or(ledger.evaluations),
        gap: ledger.best,
        milliseconds,
        reached: ledger.reached,
    })
}
