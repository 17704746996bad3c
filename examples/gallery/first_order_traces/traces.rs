//! The cases of a trace file and their verdicts.

#[path = "adam_like.rs"]
mod adam_like;
#[path = "bounded_and_signs.rs"]
mod bounded_and_signs;
#[path = "classic.rs"]
mod classic;
#[path = "composed.rs"]
mod composed;
#[path = "norms_and_distances.rs"]
mod norms_and_distances;
#[path = "options.rs"]
mod options;
#[allow(dead_code, reason = "the test of the schedules needs all of it")]
#[path = "schedules.rs"]
pub mod schedules;

use std::fmt;

use extremum::first_order::{Rule, Update, Updater};
pub use options::Options;
use serde_json::Value;

/// One trace: a method with options on a problem.
pub struct Case {
    pub lib: String,
    pub opt: String,
    pub problem: String,
    pub hyper: Value,
    steps: Vec<u64>,
    x: Vec<Vec<f64>>,
    /// The trace of the point that the method recommends, if that is not x.
    aux: Option<Vec<Vec<f64>>>,
    dev: Vec<f64>,
    /// Matrices are not supported.
    is_matrix: bool,
}

/// Reads a file of the format `first-order-traces/1`.
pub fn read(path: &str) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let vectors = |value: &Value| -> Option<Vec<Vec<f64>>> {
        value.as_array()?.iter().map(numbers).collect()
    };
    let steps = numbers(&file["steps"]).ok_or("no steps")?;
    let cases = file["cases"].as_array().ok_or("no cases")?;
    let case = |value: &Value| {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Case {
            lib: text("lib")?,
            opt: text("opt")?,
            problem: text("problem")?,
            hyper: value["hyper"].clone(),
            steps: steps.iter().map(|&step| step as u64).collect(),
            x: vectors(&value["x"])?,
            aux: vectors(&value["aux"]),
            dev: numbers(&value["dev"])?,
            is_matrix: value["shape"].as_array().is_some_and(|shape| shape.len() > 1),
        })
    };
    let read: Option<Vec<Case>> = cases.iter().map(case).collect();
    read.ok_or_else(|| "a case without lib, opt, problem, x or dev".to_owned())
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

impl Case {
    /// `lib,opt,problem,hyper` as a line of a table of commas, the options in quotes.
    pub fn label(&self) -> String {
        let quoted = |text: &str| {
            if text.contains([',', '"']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        let hyper = quoted(&self.hyper.to_string());
        format!("{},{},{},{hyper}", self.lib, quoted(&self.opt), self.problem)
    }
}

/// The verdict on a case.
pub enum Verdict {
    /// The largest error, and the error allowed at that checkpoint.
    Agrees {
        error: f64,
        allowed: f64,
    },
    Disagrees {
        error: f64,
        allowed: f64,
    },
    /// A method of this library, with an option or on a problem that it does not have.
    Unsupported {
        why: String,
    },
    /// A method that this library does not have.
    NotOurs {
        why: &'static str,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agrees { error, allowed } => write!(f, "{error:.1e},{allowed:.1e},agrees"),
            Self::Disagrees { error, allowed } => write!(f, "{error:.1e},{allowed:.1e},DISAGREES"),
            Self::Unsupported { why } => write!(f, ",,UNSUPPORTED: {why}"),
            Self::NotOurs { why } => write!(f, ",,unsupported: {why}"),
        }
    }
}

/// A rule with its state, of any type.
pub trait Method {
    fn step(&mut self, x: &mut [f64], g: &[f64], cost: f64) -> Result<Update, extremum::Error>;
    fn recommended(&mut self, x: &[f64]) -> Vec<f64>;
}

impl<R: Rule> Method for Updater<f64, R> {
    fn step(&mut self, x: &mut [f64], g: &[f64], cost: f64) -> Result<Update, extremum::Error> {
        self.step_with_cost(x, g, cost)
    }
    fn recommended(&mut self, x: &[f64]) -> Vec<f64> {
        let mut point = x.to_vec();
        if self.recommended(x, &mut point).is_err() {
            point.fill(f64::NAN);
        }
        point
    }
}

/// Starts a rule for a case.
pub fn started(rule: impl Rule, case: &Case) -> Option<Box<dyn Method>> {
    Some(Box::new(rule.start::<f64>(start(&case.problem)?.len())))
}

/// Our rule for a case; `None` when this library does not have the method. Options are read from `options`, which records
/// those that were not read.
fn method(case: &Case, options: &Options) -> Option<Box<dyn Method>> {
    None.or_else(|| classic::method(case, options))
        .or_else(|| bounded_and_signs::method(case, options))
        .or_else(|| adam_like::method(case, options))
        .or_else(|| norms_and_distances::method(case, options))
        .or_else(|| composed::method(case, options))
}

/// The sensitivity to rounding beyond which a checkpoint is not compared.
const CHAOTIC: f64 = 1e-6;

/// Runs a case and compares.
pub fn run(case: &Case) -> Verdict {
    if case.is_matrix {
        return Verdict::NotOurs { why: "a matrix of parameters" };
    }
    let Some(mut x) = start(&case.problem) else {
        return Verdict::Unsupported { why: format!("no problem {}", case.problem) };
    };
    let options = Options::new(&case.hyper);
    let Some(mut method) = method(case, &options) else {
        return match options.refusal() {
            Some(why) => Verdict::Unsupported { why },
            None => Verdict::NotOurs { why: "not one of our methods" },
        };
    };
    if let Some(why) = options.refusal().or_else(|| options.unknown()) {
        return Verdict::Unsupported { why };
    }
    let (mut steps, mut worst) = (0, (0.0, 1e-12));
    for (k, &checkpoint) in case.steps.iter().enumerate() {
        // If the trace is chaotic from here to its end, there is nothing to compare, not even whether it stays finite.
        if case.dev[k..].iter().all(|&dev| dev > CHAOTIC) {
            break;
        }
        while steps < checkpoint {
            let (cost, g) = evaluate(&case.problem, &x);
            match method.step(&mut x, &g, cost) {
                Ok(Update::Taken) => steps += 1,
                Ok(Update::Skipped) => {
                    return Verdict::Unsupported { why: format!("skipped step {}", steps + 1) };
                }
                Err(error) => return Verdict::Unsupported { why: error.to_string() },
            }
        }
        if case.dev[k] > CHAOTIC {
            continue;
        }
        let allowed = (100.0 * case.dev[k]).max(1e-12);
        let mut error = distance(&x, &case.x[k]);
        if let Some(aux) = &case.aux {
            error = error.max(distance(&method.recommended(&x), &aux[k]));
        }
        // A NaN is worse than any error.
        let ratio = error / allowed;
        if ratio.is_nan() || ratio > worst.0 / worst.1 {
            worst = (error, allowed);
        }
    }
    let (error, allowed) = worst;
    if error <= allowed {
        Verdict::Agrees { error, allowed }
    } else {
        Verdict::Disagrees { error, allowed }
    }
}

/// max |a − b| / max(1, max |b|)
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let error = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let size = b.iter().map(|b| b.abs()).fold(1.0, f64::max);
    // `max` would hide a NaN.
    if a.iter().any(|a| a.is_nan()) { f64::NAN } else { error / size }
}

/// Where the problems of the format start.
fn start(problem: &str) -> Option<Vec<f64>> {
    match problem {
        "rosen2" => Some(vec![-1.2, 1.0]),
        "quad4" => Some(vec![-1.5, 2.0, 0.5, 1.0]),
        _ => None,
    }
}

/// The cost and the gradient: Rosenbrock's function, and ½ x'Ax − b'x with A 420 times the Hilbert matrix, whose minimum
/// is at (1, −2, 3, −4).
fn evaluate(problem: &str, x: &[f64]) -> (f64, Vec<f64>) {
    if problem == "rosen2" {
        let t = x[1] - x[0] * x[0];
        let cost = (1.0 - x[0]).powi(2) + 100.0 * t * t;
        return (cost, vec![-2.0 * (1.0 - x[0]) - 400.0 * x[0] * t, 200.0 * t]);
    }
    let b = [0.0, -91.0, -98.0, -93.0];
    let (mut cost, mut gradient) = (0.0, vec![0.0; 4]);
    for i in 0..4 {
        let a = |j: usize| 420.0 / (i + j + 1) as f64;
        let ax = ((a(0) * x[0] + a(1) * x[1]) + a(2) * x[2]) + a(3) * x[3];
        cost += x[i] * (0.5 * ax - b[i]);
        gradient[i] = ax - b[i];
    }
    (cost, gradient)
}
