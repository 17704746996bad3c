//! The fourteen data sets, read from NIST's files, the model of each, written once as a formula, and the fit.

use extremum::fit::{Fit, Fitting, Model};
use extremum::stop::{max_evaluations, no_progress};
use extremum::{
    AnySolver, AutoDiff, BarzilaiBorwein, Bfgs, Classification, ConjugateGradient, DVector,
    Formula, GradientDescent, Lbfgs, Minimizer, Newton, Num, Real, Solution, Solver, Stop,
    SumOfSquares, TrustRegion, VectorFormula, curve_fit,
};

/// The model's y for the predictors x and the parameters b.
fn model<R: Real>(set: &str, x: &[f64], b: &[Num<R>]) -> Num<R> {
    let t = x[0];
    match set {
        "BoxBOD" | "Misra1a" => b[0] * (1.0 - (-b[1] * t).exp()),
        "Chwirut2" => (-b[0] * t).exp() / (b[1] + b[2] * t),
        "DanWood" => b[0] * (b[1] * t.ln()).exp(),
        "Eckerle4" => b[0] / b[1] * (-0.5 * ((t - b[2]) / b[1]).powi(2)).exp(),
        "Gauss1" => {
            let peak = |i: usize| b[i] * (-((t - b[i + 1]) / b[i + 2]).powi(2)).exp();
            b[0] * (-b[1] * t).exp() + peak(2) + peak(5)
        }
        "Hahn1" | "Thurber" => {
            (b[0] + t * (b[1] + t * (b[2] + t * b[3]))) / (1.0 + t * (b[4] + t * (b[5] + t * b[6])))
        }
        "Kirby2" => (b[0] + t * (b[1] + t * b[2])) / (1.0 + t * (b[3] + t * b[4])),
        "Lanczos3" => {
            b[0] * (-b[1] * t).exp() + b[2] * (-b[3] * t).exp() + b[4] * (-b[5] * t).exp()
        }
        "MGH09" => b[0] * t * (t + b[1]) / (t * (t + b[2]) + b[3]),
        "MGH17" => b[0] + b[1] * (-b[3] * t).exp() + b[2] * (-b[4] * t).exp(),
        // Of ln y.
        "Nelson" => b[0] - b[1] * t * (-b[2] * x[1]).exp(),
        "Rat43" => b[0] / (1.0 + (b[1] - b[2] * t).exp()).pow(1.0 / b[3]),
        other => unreachable!("there is no model {other}"),
    }
}

/// A data set with its certified fit. As a [`Formula`] it is the sum of squared residuals, as a [`VectorFormula`] the
/// residuals.
pub struct DataSet {
    /// NIST's name.
    pub name: &'static str,
    /// The first is far from the certified parameters, the second near.
    pub starts: [Vec<f64>; 2],
    /// The parameters, to 11 digits.
    pub certified: Vec<f64>,
    /// Their standard errors, to 11 digits.
    pub certified_errors: Vec<f64>,
    /// The residual sum of squares there.
    pub certified_sum: f64,
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
}

/// The model of a data set by itself.
struct ModelOf<'a>(&'a DataSet);

impl Model for ModelOf<'_> {
    fn columns(&self) -> usize {
        self.0.x[0].len()
    }

    fn value<R: Real>(&self, x: &[f64], b: &[Num<R>]) -> Num<R> {
        model(self.0.name, x, b)
    }
}

impl Formula for DataSet {
    fn dimension(&self) -> usize {
        self.certified.len()
    }

    fn cost<R: Real>(&self, b: &[Num<R>]) -> Num<R> {
        self.y.iter().zip(&self.x).map(|(y, x)| (y - model(self.name, x, b)).powi(2)).sum()
    }
}

impl VectorFormula for DataSet {
    fn dimension(&self) -> usize {
        self.certified.len()
    }

    fn length(&self) -> usize {
        self.y.len()
    }

    fn values<R: Real>(&self, b: &[Num<R>], residuals: &mut [Num<R>]) {
        for ((r, y), x) in residuals.iter_mut().zip(&self.y).zip(&self.x) {
            *r = y - model(self.name, x, b);
        }
    }
}

impl DataSet {
    fn read(name: &'static str, text: &str) -> Self {
        let contents = Contents::read(text).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let Contents { starts, certified, certified_errors, certified_sum, mut y, x } = contents;
        if name == "Nelson" {
            y.iter_mut().for_each(|y| *y = y.ln());
        }
        Self { name, starts, certified, certified_errors, certified_sum, y, x }
    }

    /// The number of digits of the worst parameter that agree with the certified ones, from 0 to 11, the number that is
    /// certified: the negative logarithm of the relative error.
    pub fn digits(&self, b: &[f64]) -> f64 {
        digits_of(b.iter().copied(), &self.certified)
    }

    /// The same for their standard errors.
    pub fn digits_of_errors(&self, fit: &Fit<'_>) -> f64 {
        digits_of(errors(fit), &self.certified_errors)
    }

    /// The fit of the model to the data, with no option set but the start.
    pub fn curve_fit(&self, start: &[f64]) -> Fitting<'_> {
        curve_fit(AutoDiff(ModelOf(self)), columns(&self.x), &self.y).start(start)
    }

    /// The same for the residual sum of squares.
    pub fn digits_of_sum(&self, sum: f64) -> f64 {
        digits(sum, self.certified_sum)
    }
}

/// The numbers in one of NIST's files.
pub struct Contents {
    /// See [`DataSet::starts`].
    pub starts: [Vec<f64>; 2],
    /// See [`DataSet::certified`].
    pub certified: Vec<f64>,
    /// See [`DataSet::certified_errors`].
    pub certified_errors: Vec<f64>,
    /// See [`DataSet::certified_sum`].
    pub certified_sum: f64,
    /// The observations.
    pub y: Vec<f64>,
    /// The predictors, point by point.
    pub x: Vec<Vec<f64>>,
}

impl Contents {
    /// Reads the lines `b1 = start start certified deviation`, and the data from line 61, y before x.
    pub fn read(text: &str) -> Result<Self, String> {
        let numbers = |line: &str| -> Vec<f64> {
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
        };
        let header = || text.lines().take(60);
        let rows: Vec<_> = header()
            .filter_map(|line| line.trim_start().strip_prefix('b')?.split_once('='))
            .map(|(_, row)| numbers(row))
            .filter(|row| row.len() == 4)
            .collect();
        if rows.is_empty() {
            return Err("there is no line `b1 = start start certified deviation`".into());
        }
        let column = |j: usize| rows.iter().map(|row| row[j]).collect();
        let certified_sum = header()
            .find_map(|line| line.strip_prefix("Residual Sum of Squares:"))
            .and_then(|sum| sum.trim().parse().ok())
            .ok_or("there is no line `Residual Sum of Squares:` with a number")?;
        let (mut y, mut x) = (Vec::new(), Vec::<Vec<f64>>::new());
        for (i, line) in text.lines().enumerate().skip(60) {
            let mut observation = numbers(line);
            if observation.is_empty() {
                continue;
            }
            y.push(observation.remove(0));
            let expected = x.first().map_or(observation.len(), Vec::len);
            if observation.is_empty() || observation.len() != expected {
                return Err(format!("line {} has another number of data: {line}", i + 1));
            }
            x.push(observation);
        }
        if y.is_empty() {
            return Err("there are no data from line 61 on".into());
        }
        let (starts, certified, certified_errors) = ([column(0), column(1)], column(2), column(3));
        Ok(Self { starts, certified, certified_errors, certified_sum, y, x })
    }
}

/// The predictors of points, column by column.
pub fn columns(points: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = points.first().map_or(0, Vec::len);
    (0..count).map(|j| points.iter().map(|x| x[j]).collect()).collect()
}

/// The number of digits of the worst number that agree with the certified ones, from 0 to 11.
pub fn digits_of(values: impl IntoIterator<Item = f64>, certified: &[f64]) -> f64 {
    values
        .into_iter()
        .zip(certified)
        .map(|(value, &known)| digits(value, known))
        .fold(11.0, f64::min)
}

/// The standard errors of a fit, NaN where there are none.
pub fn errors(fit: &Fit<'_>) -> impl Iterator<Item = f64> {
    fit.parameters.iter().map(|b| b.standard_error.unwrap_or(f64::NAN))
}

fn digits(value: f64, certified: f64) -> f64 {
    let digits = -((value - certified) / certified).abs().log10();
    if digits.is_nan() { 0.0 } else { digits.clamp(0.0, 11.0) }
}

/// All data sets, in alphabetical order.
pub fn data_sets() -> Vec<DataSet> {
    macro_rules! read {
        ($($name:literal)+) => {
            vec![$(DataSet::read($name, include_str!(concat!("../data/nist/", $name, ".dat")))),+]
        };
    }
    read!(
        "BoxBOD" "Chwirut2" "DanWood" "Eckerle4" "Gauss1" "Hahn1" "Kirby2"
        "Lanczos3" "MGH09" "MGH17" "Misra1a" "Nelson" "Rat43" "Thurber"
    )
}

/// Every gradient method with its default settings, except `typical_x`: the sizes of the parameters at the start.
pub fn solvers(start: &[f64]) -> Vec<Box<dyn AnySolver>> {
    let sizes = DVector::from_column_slice(start).abs();
    macro_rules! with_sizes {
        ($($solver:ident)+) => { vec![$($solver::default().typical_x(&sizes).boxed()),+] };
    }
    with_sizes!(GradientDescent BarzilaiBorwein ConjugateGradient Bfgs Lbfgs Newton)
}

/// To the rounding floor: until 31 iterations decrease the sum of squares by no more than rounding. A single gradient
/// tolerance cannot suit sums of squares from 1e-8 to 1e4: 1e-6 stops Lanczos3 before its first digit.
pub fn rule() -> Stop {
    no_progress(1e-15, 31).or(max_evaluations(20_000))
}

/// One fit, and the classification of the point where it ended.
pub fn fit(set: &DataSet, start: &[f64], solver: impl Solver) -> (Solution, Classification) {
    let problem = AutoDiff(set);
    let found = Minimizer::new(&problem, solver, start).stop_when(rule()).run();
    let found = found.expect("the starts are in the domains of the models");
    let point = found.classify(&problem).expect("a run ends in the domain");
    (found, point)
}

/// The method that fits residuals.
pub const GAUSS_NEWTON: &str = "GaussNewton";

/// The same fit by it.
pub fn fit_residuals(set: &DataSet, start: &[f64]) -> (Solution, Classification) {
    let problem = SumOfSquares::new(AutoDiff(set));
    let run = Minimizer::new(&problem, TrustRegion::gauss_newton(), start).stop_when(rule()).run();
    let mut found = run.expect("the starts are in the domains of the models");
    let point = found.classify(&problem).expect("a run ends in the domain");
    // Its cost is half the sum of squares.
    found.cost *= 2.0;
    (found, point)
}
