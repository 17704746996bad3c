//! Random fits: residuals of any kind and scale, losses, weights, bounds and fixed parameters, and what must hold for
//! all.

use std::sync::atomic::{AtomicU64, Ordering};

use extremum::fit::Loss;
use extremum::solver::trust_region::{GaussNewtonModel, Tron};
use extremum::stop::{gradient_norm, max_evaluations};
use extremum::{
    Bounds, DVector, Error, LeastSquares, Matrix, Minimizer, Problem, Solution, Solver, Stop,
    SumOfSquares, TrustRegion, fit,
};

use super::checks::{Finding, Kind};
use super::dice::Dice;
use super::problems::Landscape;
use super::report::Verdict;
use super::runs::{caught, through_bytes};
use super::solvers::Any;

/// Residuals made of landscapes; each call is counted.
struct Residuals<'a> {
    case: &'a FitCase,
    calls: AtomicU64,
}

impl LeastSquares for Residuals<'_> {
    fn dimension(&self) -> usize {
        self.case.start.len()
    }
    fn residuals(&self) -> usize {
        self.case.functions.len()
    }
    fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.case.residual(x, residual);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if !self.case.has_jacobian {
            return false;
        }
        let jacobian = jacobian.dense(self.residuals(), x.len());
        let mut row = x.clone();
        for (i, function) in self.case.functions.iter().enumerate() {
            function.gradient(x, &mut row);
            jacobian.row_mut(i).copy_from(&row.transpose());
        }
        true
    }
}

/// Residuals and the settings of a fit, all from one seed.
#[derive(Debug)]
pub struct FitCase {
    functions: Vec<Landscape>,
    has_jacobian: bool,
    start: Vec<f64>,
    bounds: Option<Bounds>,
    loss: Option<(Loss, Option<f64>)>,
    weights: Option<Vec<f64>>,
    fixed: Option<usize>,
    budget: u64,
    tolerance: f64,
}

impl FitCase {
    pub fn draw(seed: u64) -> (Self, Dice) {
        let mut dice = Dice::new(seed);
        let first = Landscape::draw(&mut dice);
        let start = first.draw_start(&mut dice);
        let n = start.len();
        let mut functions = vec![first];
        for _ in 1..dice.pick(&[1, n, n + 1, 2 * n, 3 * n, 20]) {
            let mut next = functions[0].clone();
            if dice.chance(0.2) {
                next.shape = super::shapes::Shape::draw(&mut dice, n);
            }
            let spread = dice.power(-3.0, 1.0);
            let scales = functions[0].scale.clone();
            next.shift.iter_mut().zip(&scales).for_each(|(shift, scale)| {
                *shift += scale * spread * dice.between(-1.0, 1.0);
            });
            functions.push(next);
        }
        let bounds = dice.chance(0.3).then(|| {
            let mut width = |x: &f64| (x.abs() + 1.0) * dice.power(-3.0, 1.0);
            let lower: Vec<f64> = start.iter().map(|x| x - width(x)).collect();
            let upper: Vec<f64> = start.iter().map(|x| x + width(x)).collect();
            Bounds::new(lower, upper).ok()
        });
        let losses = [Loss::Huber, Loss::SoftL1, Loss::Cauchy, Loss::Arctan, Loss::Tukey];
        let loss = dice.chance(0.3).then(|| {
            let scale = dice.flag().then(|| dice.size());
            (dice.pick(&losses), scale)
        });
        let m = functions.len();
        let weights = dice.chance(0.3).then(|| (0..m).map(|_| dice.power(-3.0, 3.0)).collect());
        let case = Self {
            functions,
            has_jacobian: dice.chance(0.7),
            bounds: bounds.flatten(),
            loss,
            weights,
            fixed: dice.chance(0.2).then(|| dice.index(n + 1)),
            budget: dice.power(0.0, 3.3) as u64,
            tolerance: dice.power(-12.0, -2.0),
            start,
        };
        (case, dice)
    }

    fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>) {
        for (r, function) in residual.iter_mut().zip(&self.functions) {
            *r = function.cost(x);
        }
    }

    fn residuals(&self) -> Residuals<'_> {
        Residuals { case: self, calls: AtomicU64::new(0) }
    }
}

/// The fit of a seed, in words.
pub fn fit_code(seed: u64) -> String {
    format!("{:?}\n", FitCase::draw(seed).0)
}

/// Runs the fit of a seed, and the solver of sums of squares on the same residuals.
pub fn run_fit(seed: u64) -> Verdict {
    let (case, dice) = FitCase::draw(seed);
    let mut findings = Vec::new();
    let refusal = whole_fit(&case, &mut findings);
    solver(&case, dice, &mut findings);
    Verdict { refusal, solver: "fit", findings }
}

/// All that a user does with a fit.
fn whole_fit(case: &FitCase, findings: &mut Vec<Finding>) -> Option<Error> {
    let residuals = case.residuals();
    let run = || {
        let mut fitting =
            fit(&residuals).start(case.start.as_slice()).max_evaluations(case.budget.max(1));
        if let Some(bounds) = &case.bounds {
            fitting = fitting.bounds(bounds.clone());
        }
        fitting = match case.loss {
            Some((loss, Some(scale))) => fitting.loss_with_scale(loss, scale),
            Some((loss, None)) => fitting.loss(loss),
            None => fitting,
        };
        if let Some(weights) = &case.weights {
            fitting = fitting.weights(weights);
        }
        if let Some(index) = case.fixed {
            fitting = fitting.fix(index);
        }
        fitting.run()
    };
    let found = match caught(run) {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Some(error),
        Err(message) => {
            findings.push(Finding::new(Kind::Panic, message.unwrap_or_default()));
            return None;
        }
    };
    let mut fault = |kind, what: String| findings.push(Finding::new(kind, what));
    let values = found.values();
    if !values.iter().all(|b| b.is_finite()) {
        fault(Kind::WrongReport, format!("parameters {values:?}"));
    }
    if case.bounds.as_ref().is_some_and(|bounds| !bounds.contain(&values)) {
        fault(Kind::WrongReport, format!("outside the bounds: {values:?}"));
    }
    for parameter in &found.parameters {
        if parameter.standard_error.is_some_and(|error| error.is_nan() || error < 0.0) {
            fault(Kind::WrongReport, format!("{parameter:?}"));
        }
    }
    let before = residuals.calls.load(Ordering::Relaxed);
    let use_it = || {
        let text = found.to_string();
        let _ = (found.residuals(), found.standardized_residuals(), found.covariances());
        let profile = found.profile(0).map(|_| ());
        (text.len(), profile)
    };
    if let Err(message) = caught(use_it) {
        fault(Kind::Panic, message.unwrap_or_default());
    }
    let after = residuals.calls.load(Ordering::Relaxed) - before;
    if after > 2_000_000 {
        fault(Kind::BeyondBudget, format!("{after} evaluations for a profile"));
    }
    // Without a loss nothing ends above its start.
    if case.loss.is_none() && case.weights.is_none() && case.fixed.is_none() {
        let mut r = DVector::zeros(case.functions.len());
        case.residual(&DVector::from_vec(case.start.clone()), &mut r);
        let first = r.norm_squared();
        if found.sum_of_squares > first * (1.0 + 1e-12) + f64::MIN_POSITIVE {
            fault(Kind::AboveStart, format!("{} from {first}", found.sum_of_squares));
        }
    }
    None
}

fn drive<'a>(
    case: &FitCase,
    problem: &'a SumOfSquares<&'a Residuals<'a>>,
    solver: &'a Any,
    cut: Option<u64>,
) -> Result<Solution, Error> {
    let stop = || -> Stop { gradient_norm(case.tolerance).or(max_evaluations(case.budget)) };
    let terms = || Minimizer::new(problem, solver, case.start.as_slice()).stop_when(stop());
    through_bytes(&terms, cut)
}

/// The solver of sums of squares, as any other solver is checked.
fn solver(case: &FitCase, mut dice: Dice, findings: &mut Vec<Finding>) {
    let solver: Any = match dice.index(3) {
        0 => TrustRegion::gauss_newton().boxed(),
        1 => TrustRegion::new(GaussNewtonModel, extremum::solver::trust_region::Steihaug).boxed(),
        _ => TrustRegion::new(GaussNewtonModel, Tron).boxed(),
    };
    let residuals = case.residuals();
    let problem = SumOfSquares::new(&residuals);
    let found = match caught(|| drive(case, &problem, &solver, None)) {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => return,
        Err(message) => {
            return findings.push(Finding::new(Kind::Panic, message.unwrap_or_default()));
        }
    };
    let mut fault = |kind, what: String| findings.push(Finding::new(kind, what));
    let counted = found.evaluations.residual;
    if counted > case.budget.max(1) {
        fault(Kind::BeyondBudget, format!("{counted} of {}", case.budget));
    }
    let mut r = DVector::zeros(case.functions.len());
    case.residual(&found.x, &mut r);
    let cost = 0.5 * r.norm_squared();
    if cost.to_bits() != found.cost.to_bits() {
        fault(Kind::WrongReport, format!("cost {cost} at x, not {}", found.cost));
    }
    case.residual(&DVector::from_vec(case.start.clone()), &mut r);
    let first = 0.5 * r.norm_squared();
    if found.cost > first + 64.0 * f64::EPSILON * first {
        fault(Kind::AboveStart, format!("{} from {first}", found.cost));
    }
    if found.termination.is_converged() && case.has_jacobian {
        let mut gradient = found.x.clone();
        problem.gradient(&found.x, &mut gradient);
        let norm = gradient.amax();
        if norm > case.tolerance * (1.0 + 1e-9) + f64::MIN_POSITIVE || norm.is_nan() {
            fault(Kind::FalseConverged, format!("gradient {norm:e}: {found}"));
        }
    }
    if found.iterations > 0 && dice.chance(0.3) {
        let cut = dice.index(found.iterations as usize) as u64;
        let again = caught(|| drive(case, &problem, &solver, Some(cut)));
        let is_same = matches!(&again, Ok(Ok(other)) if other.x == found.x
            && other.evaluations == found.evaluations);
        if !is_same {
            fault(Kind::DifferentBits, format!("resumed after step {cut}:\n{found}\n{again:?}"));
        }
    }
}
