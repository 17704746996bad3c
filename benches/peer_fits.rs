//! The certified fits of NIST by `TrustRegion::gauss_newton` beside levenberg-marquardt and lmfit:
//!
//! ```text
//! cargo bench -p extremum-benches --features constrained-peers --bench peer_fits
//! ```
//!
//! 28 fits, 14 data sets from both of NIST's starts. All libraries fit the same objects, which count the evaluations of
//! residuals and Jacobians; Jacobians are exact, except in the row where lmfit takes its own differences. `digits` are
//! those of the worst parameter that agree with the certified ones: the columns count the fits that have so many.
//! `claims` is how often the library says that it succeeded, `false` how often it says so without one correct digit.
//! Evaluations are those of all 28 fits; second derivatives of the residuals along a step count as residuals, whole
//! Hessians of them as Jacobians.
//!
//! Stopping rules differ, and with them what a fit costs. Each library has a row with its own defaults
//! (levenberg-marquardt: 30 ε; lmfit: 1.5e-8, which it does not let one change) and, where it has a choice, one to the
//! rounding floor: extremum by the rule of the example `nist`, which ends runs that no longer improve and so claims
//! nothing, levenberg-marquardt with tolerances of 1e-15 and as many evaluations as lmfit allows it. `fit` goes to the
//! floor and judges the relative offset there; it also has standard errors, and a verdict by more evaluations.
//!
//! `time` is that of whole runs, evaluations included, relative to the first row: the geometric mean, over the fits in
//! which all rows have 4 digits, of medians of ratios within a repetition, in which the libraries alternate. Next to it
//! the time itself, in microseconds. lmfit is levenberg-marquardt with covariances and statistics at the end. It asks
//! for one point at a time; the points are answered from one evaluation of all of them.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use extremum::{
    AutoDiff, DMatrix, DVector, LeastSquares, Matrix, Minimizer, SumOfSquares, TrustRegion, fit,
};
use extremum_benches::measure::{geometric_mean, median, median_ratio};
use extremum_benches::nist::{DataSet, data_sets, rule};
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use lmfit::{Curve, ModelParams, ParamSpec, PartialValues};
use nalgebra::{Dyn, storage::Owned};
use nalgebra_0_34 as nalgebra;

const REPETITIONS: usize = 15;
const DIGITS: [f64; 3] = [4.0, 6.0, 9.0];

/// A data set that counts its evaluations.
struct Counted<'a> {
    set: AutoDiff<&'a DataSet>,
    residuals: AtomicU64,
    jacobians: AtomicU64,
}

impl<'a> Counted<'a> {
    fn new(set: &'a DataSet) -> Self {
        Self { set: AutoDiff(set), residuals: AtomicU64::new(0), jacobians: AtomicU64::new(0) }
    }
}

impl LeastSquares for Counted<'_> {
    fn dimension(&self) -> usize {
        LeastSquares::dimension(&self.set)
    }

    fn residuals(&self) -> usize {
        self.set.residuals()
    }

    fn residual(&self, b: &DVector<f64>, residual: &mut DVector<f64>) {
        self.residuals.fetch_add(1, Relaxed);
        self.set.residual(b, residual);
    }

    fn jacobian(&self, b: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.jacobians.fetch_add(1, Relaxed);
        self.set.jacobian(b, jacobian)
    }

    fn has_jacobian(&self) -> bool {
        true
    }

    fn write_hessian(
        &self,
        b: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.jacobians.fetch_add(1, Relaxed);
        self.set.write_hessian(b, weights, hessian)
    }

    fn second_derivative(
        &self,
        b: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        self.residuals.fetch_add(1, Relaxed);
        self.set.second_derivative(b, v, second)
    }
}

/// r(b) and its Jacobian, where the caller wants new ones.
fn residual(problem: &Counted<'_>, b: &DVector<f64>) -> DVector<f64> {
    let mut residual = DVector::zeros(problem.residuals());
    problem.residual(b, &mut residual);
    residual
}

fn jacobian(problem: &Counted<'_>, b: &DVector<f64>) -> DMatrix<f64> {
    let mut jacobian = Matrix::default();
    problem.jacobian(b, &mut jacobian);
    jacobian.to_dense()
}

/// The problem at the parameters b, for levenberg-marquardt.
struct AtParameters<'a> {
    problem: &'a Counted<'a>,
    b: DVector<f64>,
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for AtParameters<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, b: &nalgebra::DVector<f64>) {
        self.b.copy_from_slice(b.as_slice());
    }

    fn params(&self) -> nalgebra::DVector<f64> {
        nalgebra::DVector::from_column_slice(self.b.as_slice())
    }

    fn residuals(&self) -> Option<nalgebra::DVector<f64>> {
        let residual = residual(self.problem, &self.b);
        Some(nalgebra::DVector::from_column_slice(residual.as_slice()))
    }

    fn jacobian(&self) -> Option<nalgebra::DMatrix<f64>> {
        let jacobian = jacobian(self.problem, &self.b);
        let (rows, columns) = jacobian.shape();
        Some(nalgebra::DMatrix::from_column_slice(rows, columns, jacobian.as_slice()))
    }
}

/// The curve −r for lmfit, of N parameters, to be fitted to zeros at the points 0, 1, 2, ...: its residuals are r.
struct Residuals<'a, const N: usize> {
    problem: &'a Counted<'a>,
    is_exact: bool,
    b: DVector<f64>,
    values: OnceCell<DVector<f64>>,
    partials: OnceCell<DMatrix<f64>>,
}

impl<'a, const N: usize> Residuals<'a, N> {
    fn new(problem: &'a Counted<'a>, is_exact: bool, b: &[f64]) -> Self {
        let (values, partials) = (OnceCell::new(), OnceCell::new());
        Self { problem, is_exact, b: DVector::from_column_slice(b), values, partials }
    }
}

impl<const N: usize> ModelParams for Residuals<'_, N> {
    const MODEL_NAME: &'static str = "residuals";
    const NPARAMS: usize = N;

    fn specs(&self) -> Vec<ParamSpec> {
        let spec = |(i, &value): (usize, &f64)| ParamSpec {
            name: format!("b{}", i + 1),
            value,
            min: None,
            max: None,
            vary: true,
            derive: false,
        };
        self.b.iter().enumerate().map(spec).collect()
    }

    fn get(&self, index: usize) -> f64 {
        self.b[index]
    }

    fn set(&mut self, index: usize, value: f64) {
        self.b[index] = value;
        (self.values, self.partials) = (OnceCell::new(), OnceCell::new());
    }

    fn at_values(&self, b: &[f64]) -> Self {
        Self::new(self.problem, self.is_exact, b)
    }
}

impl<const N: usize> Curve for Residuals<'_, N> {
    fn eval(&self, point: f64) -> f64 {
        -self.values.get_or_init(|| residual(self.problem, &self.b))[point as usize]
    }

    fn partials_at(&self, point: f64) -> Option<impl PartialValues<Scalar = f64>> {
        let all = || jacobian(self.problem, &self.b);
        let row = |all: &DMatrix<f64>| Row(std::array::from_fn(|j| -all[(point as usize, j)]));
        self.is_exact.then(|| row(self.partials.get_or_init(all)) as Row<N>)
    }
}

struct Row<const N: usize>([f64; N]);

impl<const N: usize> PartialValues for Row<N> {
    type Scalar = f64;

    fn len(&self) -> usize {
        N
    }

    fn get(&self, index: usize) -> f64 {
        self.0[index]
    }
}

/// The parameters, and whether the library says that it succeeded.
type Fitted = (Vec<f64>, bool);

fn extremum(problem: &Counted<'_>, start: &[f64], to_rounding: bool) -> Fitted {
    let sum = SumOfSquares::new(problem);
    let run = Minimizer::new(&sum, TrustRegion::gauss_newton(), start);
    let run = if to_rounding { run.stop_when(rule()) } else { run };
    let found = run.run().expect("the starts are in the domains of the models");
    (found.x.as_slice().to_vec(), found.termination.is_converged())
}

/// With standard errors and a verdict.
fn with_errors(problem: &Counted<'_>, start: &[f64]) -> Fitted {
    let found =
        fit(problem).start(start).run().expect("the starts are in the domains of the models");
    (found.values().as_slice().to_vec(), found.is_converged())
}

fn marquardt(problem: &Counted<'_>, start: &[f64], solver: LevenbergMarquardt<f64>) -> Fitted {
    let b = DVector::from_column_slice(start);
    let (end, report) = solver.minimize(AtParameters { problem, b });
    (end.b.as_slice().to_vec(), report.termination.was_successful())
}

fn lmfit_of<const N: usize>(problem: &Counted<'_>, start: &[f64], is_exact: bool) -> Fitted {
    let m = problem.residuals();
    let points: Vec<f64> = (0..m).map(|i| i as f64).collect();
    let found = Residuals::<N>::new(problem, is_exact, start).fit(&vec![0.0; m], &points);
    match found {
        Ok(found) => (found.model.b.as_slice().to_vec(), found.success),
        Err(_) => (start.to_vec(), false),
    }
}

fn lmfit(problem: &Counted<'_>, start: &[f64], is_exact: bool) -> Fitted {
    match start.len() {
        2 => lmfit_of::<2>(problem, start, is_exact),
        3 => lmfit_of::<3>(problem, start, is_exact),
        4 => lmfit_of::<4>(problem, start, is_exact),
        5 => lmfit_of::<5>(problem, start, is_exact),
        6 => lmfit_of::<6>(problem, start, is_exact),
        7 => lmfit_of::<7>(problem, start, is_exact),
        8 => lmfit_of::<8>(problem, start, is_exact),
        n => unreachable!("no model has {n} parameters"),
    }
}

type Method = fn(&Counted<'_>, &[f64]) -> Fitted;

const METHODS: [(&str, Method); 7] = [
    ("extremum", |problem, start| extremum(problem, start, false)),
    ("extremum, to rounding", |problem, start| extremum(problem, start, true)),
    ("extremum, fit with errors", with_errors),
    ("levenberg-marquardt", |problem, start| marquardt(problem, start, LevenbergMarquardt::new())),
    ("levenberg-marquardt, to rounding", |problem, start| {
        let solver = LevenbergMarquardt::new().with_patience(2000);
        marquardt(problem, start, solver.with_ftol(1e-15).with_xtol(1e-15).with_gtol(1e-15))
    }),
    ("lmfit, exact partials", |problem, start| lmfit(problem, start, true)),
    ("lmfit, differences", |problem, start| lmfit(problem, start, false)),
];

/// One fit by one method.
struct Outcome {
    digits: f64,
    claims: bool,
    residuals: u64,
    jacobians: u64,
    /// Of each repetition.
    seconds: Vec<f64>,
}

fn outcomes(set: &DataSet, start: &[f64]) -> Vec<Outcome> {
    let run = |method: Method| {
        let problem = Counted::new(set);
        let clock = Instant::now();
        let (b, claims) = method(&problem, start);
        let seconds = vec![clock.elapsed().as_secs_f64()];
        let (residuals, jacobians) =
            (problem.residuals.into_inner(), problem.jacobians.into_inner());
        Outcome { digits: set.digits(&b), claims, residuals, jacobians, seconds }
    };
    let mut outcomes: Vec<_> = METHODS.iter().map(|&(_, method)| run(method)).collect();
    // The first runs, with cold caches, are no measure of the time.
    outcomes.iter_mut().for_each(|outcome| outcome.seconds.clear());
    for _ in 0..REPETITIONS {
        for (outcome, &(_, method)) in outcomes.iter_mut().zip(&METHODS) {
            outcome.seconds.extend(run(method).seconds);
        }
    }
    outcomes
}

/// A row per method, for the outcomes of all fits.
fn print_table(fits: &[Vec<Outcome>]) {
    let common = |fit: &&Vec<Outcome>| fit.iter().all(|outcome| outcome.digits >= DIGITS[0]);
    let common: Vec<_> = fits.iter().filter(common).collect();
    let (all, [least, more, most]) = (fits.len(), DIGITS);
    println!("\n{all} fits; time from the {} in which all have {least} digits", common.len());
    print!("{:<33} {least:>4} {more:>4} {most:>4} {:>7} {:>6}", "digits", "claims", "false");
    println!(" {:>10} {:>10} {:>6} {:>6}", "residuals", "Jacobians", "time", "µs");
    for (k, (name, _)) in METHODS.iter().enumerate() {
        let all = || fits.iter().map(|fit| &fit[k]);
        print!("{name:<33}");
        for digits in DIGITS {
            print!(" {:>4}", all().filter(|outcome| outcome.digits >= digits).count());
        }
        print!(" {:>7}", all().filter(|outcome| outcome.claims).count());
        print!(" {:>6}", all().filter(|outcome| outcome.claims && outcome.digits < 1.0).count());
        print!(" {:>10}", all().map(|outcome| outcome.residuals).sum::<u64>());
        print!(" {:>10}", all().map(|outcome| outcome.jacobians).sum::<u64>());
        let ratios = common.iter().map(|fit| median_ratio(&fit[k].seconds, &fit[0].seconds));
        let seconds = common.iter().map(|fit| median(fit[k].seconds.clone()));
        println!(" {:>6.2} {:>6.0}", geometric_mean(ratios), geometric_mean(seconds) * 1e6);
    }
}

fn main() {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let sets = data_sets();
    let mut fits = Vec::new();
    println!("Digits of the worst parameter, in the order of the table below");
    for set in &sets {
        for (i, start) in set.starts.iter().enumerate() {
            let outcomes = outcomes(set, start);
            let digits: Vec<_> = outcomes.iter().map(|o| format!("{:>6.1}", o.digits)).collect();
            println!("{:<9} start {} {}", set.name, i + 1, digits.join(" "));
            fits.push(outcomes);
        }
    }
    print_table(&fits);
}
