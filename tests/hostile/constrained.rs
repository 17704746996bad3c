//! Random problems with random constraints, for every solver that keeps them: a case from each seed, and what must hold
//! for all.

use std::sync::atomic::{AtomicU64, Ordering};

use extremum::stop::{gradient_norm, max_evaluations, target};
use extremum::{
    AugmentedLagrangian, Bounds, Constrained, Constraints, DMatrix, DVector, Error, InteriorPoint,
    Kind as PointKind, Lbfgsb, Matrix, Minimizer, Problem, Solution, Solver, Stop, Termination,
    TrustRegion, classify,
};

use super::checks::{Finding, Kind};
use super::dice::Dice;
use super::problems::Landscape;
use super::report::Verdict;
use super::runs::{caught, through_bytes};
use super::solvers::{Any, Said, said};

/// A cost with bounds, which counts its calls and the points outside.
struct Cost<'a> {
    case: &'a Case,
    calls: AtomicU64,
    outside: AtomicU64,
}

impl Cost<'_> {
    fn look(&self, x: &DVector<f64>) {
        let bounds = self.case.bounds.as_ref();
        let is_inside = bounds.map_or(x.iter().all(|x| x.is_finite()), |b| b.contain(x));
        self.outside.fetch_add(u64::from(!is_inside), Ordering::Relaxed);
    }
}

impl Problem for Cost<'_> {
    fn dimension(&self) -> usize {
        self.case.start.len()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.look(x);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.case.cost.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.look(x);
        self.case.cost.gradient(x, gradient);
    }
    fn has_gradient(&self) -> bool {
        self.case.given > 0
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.look(x);
        if self.case.given > 1 { self.case.cost.hessian(x) } else { None }
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.case.bounds.as_ref()
    }
}

/// Constraints made of landscapes.
struct Limits<'a> {
    case: &'a Case,
    calls: AtomicU64,
}

impl Constraints for Limits<'_> {
    fn count(&self) -> usize {
        self.case.functions.len()
    }
    fn limits(&self) -> &Bounds {
        &self.case.limits
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.case.values(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        if self.case.given == 0 {
            return false;
        }
        self.case.write_jacobian(x, jacobian.dense(self.count(), x.len()));
        true
    }
    fn hessian(&self, x: &DVector<f64>, multipliers: &DVector<f64>) -> Option<Matrix> {
        if self.case.given < 2 {
            return None;
        }
        let mut sum = DMatrix::zeros(x.len(), x.len());
        for (function, y) in self.case.functions.iter().zip(multipliers) {
            sum += function.hessian(x)?.to_dense() * *y;
        }
        Some(sum.into())
    }
}

/// A problem, a solver and a run, all from one seed.
pub struct Case {
    cost: Landscape,
    functions: Vec<Landscape>,
    limits: Bounds,
    bounds: Option<Bounds>,
    /// How many derivatives are given.
    given: usize,
    solver: Said<Any>,
    start: Vec<f64>,
    aim: Option<f64>,
    budget: u64,
    dice: Dice,
}

impl Case {
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let cost = Landscape::draw(&mut dice);
        let start = cost.draw_start(&mut dice);
        let (n, x) = (start.len(), DVector::from_vec(start.clone()));
        let mut functions: Vec<Landscape> = Vec::new();
        for _ in 0..dice.pick(&[1, 1, 1, 2, 2, 3, 5, n + 1]) {
            // Of the same variables, and sometimes twice the same.
            let twin = functions.last().filter(|_| dice.chance(0.1)).cloned();
            functions.push(twin.unwrap_or_else(|| Self::draw_function(&mut dice, &cost)));
        }
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for function in &functions {
            let value = function.cost(&x);
            let value = if value.is_finite() { value } else { 0.0 };
            let size = value.abs().max(function.factor) * dice.power(-2.0, 1.0);
            let (least, most) = match dice.index(6) {
                0 | 1 => (value + size, value + size),
                2 => (value - size, value - size),
                3 => (f64::NEG_INFINITY, value - size),
                4 => (value + size, f64::INFINITY),
                _ => (value - size, value + 0.5 * size),
            };
            lower.push(least);
            upper.push(most);
        }
        let limits =
            Bounds::new(lower, upper).unwrap_or_else(|_| Bounds::unbounded(functions.len()));
        let bounds = dice.chance(0.4).then(|| {
            let mut width = |x: &f64| (x.abs() + 1.0) * dice.power(-3.0, 1.0);
            let lower: Vec<f64> = start.iter().map(|x| x - width(x)).collect();
            let upper: Vec<f64> = start.iter().map(|x| x + width(x)).collect();
            Bounds::new(lower, upper).ok()
        });
        let solver = Self::draw_solver(&mut dice);
        let aim = match dice.index(3) {
            0 => None,
            1 => Some(dice.power(-12.0, -2.0)),
            _ => Some(1e-6),
        };
        let budget =
            if dice.chance(0.1) { dice.power(0.0, 1.7) } else { dice.power(1.7, 3.2) } as u64;
        let given = dice.pick(&[0, 1, 2, 2, 2]);
        let bounds = bounds.flatten();
        Self { cost, functions, limits, bounds, given, solver, start, aim, budget, dice }
    }

    /// A function of as many variables, on their scales.
    fn draw_function(dice: &mut Dice, cost: &Landscape) -> Landscape {
        let mut function = Landscape::draw(dice);
        function.shape = super::shapes::Shape::draw(dice, cost.scale.len());
        function.scale.clone_from(&cost.scale);
        function.shift = cost
            .shift
            .iter()
            .zip(&cost.scale)
            .map(|(a, s)| a + s * dice.between(-2.0, 2.0))
            .collect();
        if dice.chance(0.8) {
            (function.factor, function.offset) = (1.0, 0.0);
        }
        function
    }

    fn draw_solver(dice: &mut Dice) -> Said<Any> {
        match dice.index(5) {
            0 => said!(AugmentedLagrangian::default().boxed()),
            1 => said!(AugmentedLagrangian::new(TrustRegion::tron()).boxed()),
            2 => {
                let memory = dice.count();
                let inner = Lbfgsb::default().memory(memory);
                let text =
                    format!("AugmentedLagrangian::new(Lbfgsb::default().memory({memory})).boxed()");
                Said::new(AugmentedLagrangian::new(inner).boxed(), text)
            }
            _ => said!(InteriorPoint::default().boxed()),
        }
    }

    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        for (value, function) in values.iter_mut().zip(&self.functions) {
            *value = function.cost(x);
        }
    }

    fn write_jacobian(&self, x: &DVector<f64>, jacobian: &mut DMatrix<f64>) {
        let mut row = DVector::zeros(x.len());
        for (i, function) in self.functions.iter().enumerate() {
            function.gradient(x, &mut row);
            jacobian.row_mut(i).copy_from(&row.transpose());
        }
    }

    /// True where derivatives at a point say how the functions go on around it.
    fn is_smooth(&self) -> bool {
        self.cost.is_smooth() && self.functions.iter().all(Landscape::is_smooth)
    }

    fn stop(&self) -> Stop {
        let aim = self.aim.map_or_else(Stop::default, gradient_norm);
        aim.or(target(f64::NEG_INFINITY)).or(max_evaluations(self.budget))
    }

    fn problem(&self) -> Constrained<Cost<'_>, Limits<'_>> {
        let cost = Cost { case: self, calls: AtomicU64::new(0), outside: AtomicU64::new(0) };
        Constrained(cost, Limits { case: self, calls: AtomicU64::new(0) })
    }

    /// The case in words.
    pub fn code(&self) -> String {
        let Self { cost, functions, limits, bounds, given, solver, start, aim, budget, .. } = self;
        format!(
            "cost: {cost:?}\nconstraints: {functions:?}\nlimits: {limits:?}\nbounds: {bounds:?}\nderivatives given: {given}\n\
             solver: {}\nstart: {start:?}\ntolerance: {aim:?}\nevaluations: {budget}\n",
            solver.text
        )
    }
}

/// The case of a seed, in words.
pub fn constrained_code(seed: u64) -> String {
    Case::draw(seed).code()
}

fn drive<'a>(
    case: &'a Case,
    problem: &'a Constrained<Cost<'a>, Limits<'a>>,
    cut: Option<u64>,
) -> Result<Solution, Error> {
    let terms = || {
        Minimizer::new(problem, &case.solver.value, case.start.as_slice()).stop_when(case.stop())
    };
    through_bytes(&terms, cut)
}

/// Runs the constrained case of a seed.
pub fn run_constrained(seed: u64) -> Verdict {
    let case = Case::draw(seed);
    let problem = case.problem();
    let mut findings = Vec::new();
    let mut refusal = None;
    match caught(|| drive(&case, &problem, None)) {
        Ok(Ok(found)) => {
            report(&case, &problem, &found, &mut findings);
            again(&case, &found, &mut findings);
        }
        Ok(Err(error)) => refusal = Some(error),
        Err(message) => {
            findings.push(Finding::new(Kind::Panic, message.unwrap_or_default()));
        }
    }
    let outside = problem.0.outside.load(Ordering::Relaxed);
    if outside > 0 {
        let what = format!("{outside} calls at points that are not finite or outside the bounds");
        findings.push(Finding::new(Kind::WrongReport, what));
    }
    Verdict { refusal, solver: case.solver.value.name(), findings }
}

/// What a solution says, held against the problem.
fn report(
    case: &Case,
    problem: &Constrained<Cost<'_>, Limits<'_>>,
    found: &Solution,
    findings: &mut Vec<Finding>,
) {
    let mut fault = |kind, what: String| findings.push(Finding::new(kind, what));
    let calls = [&problem.0.calls, &problem.1.calls].map(|calls| calls.load(Ordering::Relaxed));
    let counted = [found.evaluations.cost, found.evaluations.constraint];
    if calls != counted {
        fault(Kind::WrongCount, format!("counted {counted:?}, called {calls:?}"));
    }
    if counted[0].max(counted[1]) > case.budget.max(1) {
        fault(Kind::BeyondBudget, format!("{counted:?} of {}", case.budget));
    }
    let x = &found.x;
    if !x.iter().all(|x| x.is_finite()) || case.bounds.as_ref().is_some_and(|b| !b.contain(x)) {
        fault(Kind::WrongReport, format!("x = {x:?}"));
    }
    if case.cost.cost(x).to_bits() != found.cost.to_bits() {
        fault(Kind::WrongReport, format!("cost {} at x, not {}", case.cost.cost(x), found.cost));
    }
    let mut values = DVector::zeros(case.functions.len());
    case.values(x, &mut values);
    let violation = case.limits.violation(&values);
    if found.infeasibility != Some(violation) {
        fault(Kind::WrongReport, format!("violation {violation:e}, not {:?}", found.infeasibility));
    }
    let mut jacobian = DMatrix::zeros(values.len(), x.len());
    case.write_jacobian(x, &mut jacobian);
    // Differences show nothing where a function has no derivatives.
    let is_shown = case.given > 0 || case.is_smooth();
    match &found.termination {
        Termination::FirstOrder { tolerance, .. } => {
            let Some(y) = &found.multipliers else {
                return fault(Kind::FalseConverged, "no multipliers".into());
            };
            let mut slope = x.clone();
            case.cost.gradient(x, &mut slope);
            slope -= jacobian.tr_mul(y);
            let residual =
                case.bounds.as_ref().map_or(slope.amax(), |b| b.projected_norm(x, &slope));
            let products = (0..y.len()).map(|i| {
                let limit =
                    if y[i] > 0.0 { case.limits.lower()[i] } else { case.limits.upper()[i] };
                if y[i] == 0.0 { 0.0 } else { (y[i] * (values[i] - limit)).abs() }
            });
            let product = products.fold(0.0, f64::max);
            // Differenced derivatives are known to their errors only.
            let slack = if case.given > 0 { 1.0 + 1e-9 } else { 10.0 };
            let allowed = slack * tolerance + f64::MIN_POSITIVE;
            let most = residual.max(violation).max(product);
            if is_shown && (most > allowed || most.is_nan()) {
                let what = format!(
                    "residual {residual:e}, violation {violation:e}, complementarity {product:e}: {}",
                    found.termination
                );
                fault(Kind::FalseConverged, what);
            }
            if violation > *tolerance || violation.is_nan() {
                fault(Kind::FalseConverged, format!("violation {violation:e}"));
            }
        }
        Termination::Infeasible { violation: claimed, slope } => {
            let mut excess = values.clone();
            case.limits.project(&mut excess);
            let excess = &values - excess;
            let size = excess.amax();
            let scaled = &excess / size;
            let force = jacobian.tr_mul(&scaled) / scaled.norm();
            let told = case.bounds.as_ref().map_or(force.amax(), |b| b.projected_norm(x, &force));
            // Beside the steepest gradients that were certainly seen.
            let mut first = jacobian.clone();
            case.write_jacobian(&DVector::from_vec(case.start.clone()), &mut first);
            let row = jacobian.amax().max(first.amax());
            if *claimed != violation || violation <= 0.0 {
                fault(Kind::FalseClaim, format!("violation {violation:e}, not {claimed:e}"));
            }
            let promised = told * x.amax().max(1.0) / size;
            let is_steep = promised > 1e-3 && told > (1e-3 * row).max(1e-3) || told.is_nan();
            if case.given > 0 && case.is_smooth() && is_steep {
                fault(Kind::FalseClaim, format!("slope {told:e} beside {row:e}, not {slope:e}"));
            }
        }
        Termination::GradientNorm { .. } => {
            fault(Kind::FalseConverged, "without constraints' evidence".into());
        }
        _ => {}
    }
    verdict(case, problem, found, findings);
}

/// No verdict panics, and none calls a point a minimum from which a short feasible step leads lower.
fn verdict(
    case: &Case,
    problem: &Constrained<Cost<'_>, Limits<'_>>,
    found: &Solution,
    findings: &mut Vec<Finding>,
) {
    let mut dice = case.dice.clone();
    if !dice.chance(0.2) {
        return;
    }
    let kind = match caught(|| classify(problem, found.x.clone())) {
        Ok(Ok(classification)) => classification.kind,
        Ok(Err(_)) => return,
        Err(message) => {
            let message = format!("classify: {}", message.unwrap_or_default());
            return findings.push(Finding::new(Kind::Panic, message));
        }
    };
    let Termination::FirstOrder { tolerance, .. } = found.termination else { return };
    if kind != PointKind::Minimum || !case.is_smooth() {
        return;
    }
    let x = &found.x;
    let mut values = DVector::zeros(case.functions.len());
    for _ in 0..50 {
        let length = dice.power(-6.0, -3.0);
        let step = x.map(|x| length * x.abs().max(1e-3) * dice.between(-1.0, 1.0));
        let mut there = x + &step;
        if let Some(bounds) = &case.bounds {
            bounds.project(&mut there);
        }
        case.values(&there, &mut values);
        let lower = case.cost.cost(&there);
        // What the first-order conditions allow.
        let allowed = 10.0 * tolerance * (1.0 + step.lp_norm(1)) + 1e-12 * found.cost.abs();
        if case.limits.violation(&values) <= 0.0 && found.cost - lower > allowed {
            let what = format!("called a minimum with {}, but {lower} at {there:?}", found.cost);
            findings.push(Finding::new(Kind::FalseClaim, what));
            return;
        }
    }
}

/// The run again, through bytes: the same bits.
fn again(case: &Case, found: &Solution, findings: &mut Vec<Finding>) {
    let mut dice = case.dice.clone();
    if found.iterations == 0 || !dice.chance(0.3) {
        return;
    }
    let cut = dice.index(found.iterations as usize) as u64;
    let problem = case.problem();
    let other = match caught(|| drive(case, &problem, Some(cut))) {
        Ok(Ok(other)) => other,
        Ok(Err(error)) => {
            let what = format!("resumed after step {cut}: {error}");
            return findings.push(Finding::new(Kind::DifferentBits, what));
        }
        Err(message) => {
            return findings.push(Finding::new(Kind::Panic, message.unwrap_or_default()));
        }
    };
    let bits = |x: &DVector<f64>| -> Vec<u64> { x.iter().map(|x| x.to_bits()).collect() };
    let is_same = bits(&other.x) == bits(&found.x)
        && other.evaluations == found.evaluations
        && format!("{:?}", other.termination) == format!("{:?}", found.termination);
    if !is_same {
        let what = format!("resumed after step {cut}:\n{found}\n{other}");
        findings.push(Finding::new(Kind::DifferentBits, what));
    }
}
