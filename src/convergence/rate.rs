//! The class and rate of convergence of a sequence of errors.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::order::Order;
use super::slow::{FEWEST, Slow, Verdict};
use super::uneven;
use super::window::{Run, Window};
use crate::Record;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Whether a value lies in the interval.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// How errors e_k fall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Class {
    /// e_k ~ C k^-power.
    Sublinear {
        /// The power, > 0.
        power: Estimate,
    },
    /// e_k ~ C factorᵏ.
    Linear {
        /// The factor, between 0 and 1.
        factor: Estimate,
    },
    /// e_k ~ C k^power factorᵏ, as from a double root of the characteristic polynomial (power 1).
    LinearPolynomial {
        /// The factor, between 0 and 1.
        factor: Estimate,
        /// The power, of either sign.
        power: Estimate,
    },
    /// e_{k+1}/e_k → 0, and the order cannot be told.
    Superlinear,
    /// e_{k+1} ~ C e_k^order.
    Order {
        /// The order, > 1.
        order: Estimate,
    },
    /// The errors do not tell the class.
    Insufficient {
        /// The usable errors.
        have: usize,
        /// How many might suffice; a guess, and always more than `have`. No number does for errors that do not fall.
        need: usize,
    },
}

/// The class and rate of convergence, measured from errors.
///
/// **Method** Errors at the floor of rounding are cut, then burn-in. Pairs (ln e_k, ln e_{k+1}) decide whether the errors
/// fall faster than linearly, and give the order. Otherwise models of ln e_k are compared by AICc; a class is named
/// when the others have no support, and [`Class::Insufficient`] otherwise. Intervals include how far the value moves
/// when the first half of the errors is left out. [`guide::convergence`](crate::guide::convergence) has the formulas.
///
/// Multiplying the errors by a constant changes nothing but the constant: the floor is relative to the largest error, ε
/// times it, unless smaller errors show that it is lower, or a flat tail that it is higher. [`Rate::of_trace`] knows the
/// floor. Errors that are zero, negative, NaN or infinite are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rate {
    /// The class, with its numbers.
    pub class: Class,
    /// The constant C of the class; the geometric mean over several runs.
    pub constant: Option<f64>,
    /// The first and last k in use.
    pub window: (f64, f64),
    /// The level of rounding errors; errors below 50 times this are cut. The largest of several runs.
    pub floor: f64,
    /// The number of errors in use.
    pub used: usize,
    /// The number of runs.
    pub runs: usize,
    /// Iterations per decimal digit, for linear classes: 1 / log10 (1 / factor). In the unit of k.
    pub per_digit: Option<f64>,
    /// The models compared, and their AICc: less is better, by differences.
    pub models: Vec<(String, f64)>,
    /// Whether no error exceeds the one before.
    pub is_monotone: bool,
    /// Whether the errors rippled so much that only those were used which no later one exceeds: the class is that of
    /// the envelope, the R-rate.
    pub is_envelope: bool,
}

impl Rate {
    /// From the errors at k = 0, 1, 2, ...
    pub fn of(errors: &[f64]) -> Self {
        Self::of_runs(&[errors])
    }

    /// From several runs of one method on one problem, from different starts, each with errors at k = 0, 1, 2, ... The
    /// rate is common to the runs, and each has its own constant.
    pub fn of_runs<R: AsRef<[f64]>>(runs: &[R]) -> Self {
        let indexed = |run: &R| {
            Window::of(run.as_ref().iter().enumerate().map(|(k, &e)| (k as f64, e)), None)
        };
        Self::of_windows(runs.iter().map(indexed).collect())
    }

    /// From errors at increasing k, given as (k, error): iterations with gaps, or evaluations. Points whose k does not
    /// increase are left out. An order is told only from errors at successive integers.
    pub fn of_points(points: &[(f64, f64)]) -> Self {
        Self::of_point_runs(&[points])
    }

    /// Several runs of [points](Self::of_points).
    pub fn of_point_runs<R: AsRef<[(f64, f64)]>>(runs: &[R]) -> Self {
        let windows = runs.iter().map(|run| Window::of(run.as_ref().iter().copied(), None));
        Self::of_windows(windows.collect())
    }

    /// From the trace of a run ([`Minimizer::trace`](crate::Minimizer::trace)): the errors are current cost − `minimum` by
    /// iterations, and the floor is ε max(1, |minimum|).
    pub fn of_trace(trace: &[Record], minimum: f64) -> Self {
        let points = trace.iter().map(|r| (r.iteration as f64, r.current_cost - minimum));
        let floor = f64::EPSILON * minimum.abs().max(1.0);
        Self::of_windows(vec![Window::of(points, Some(floor))])
    }

    fn of_windows(windows: Vec<Window>) -> Self {
        let runs: Vec<Run> =
            windows.iter().map(|w| w.run.clone()).filter(|run| run.len() > 0).collect();
        let have: usize = runs.iter().map(Run::len).sum();
        let longest = runs.iter().map(Run::len).max().unwrap_or(0);
        let mut rate = Self {
            class: Class::Insufficient { have, need: (2 * have).max(FEWEST) },
            constant: None,
            window: (
                runs.iter().map(Run::first).reduce(f64::min).unwrap_or(0.0),
                runs.iter().map(Run::last).reduce(f64::max).unwrap_or(0.0),
            ),
            floor: windows.iter().map(|w| w.floor).fold(0.0, f64::max),
            used: have,
            runs: runs.len(),
            per_digit: None,
            models: Vec::new(),
            is_monotone: windows.iter().all(|w| w.is_monotone),
            is_envelope: windows.iter().any(|w| w.is_envelope),
        };
        // Of errors that ripple, the steps tell nothing.
        let order = if rate.is_envelope { None } else { Order::of(&runs, rate.floor) };
        if let Some(order) = order {
            rate.set_order(&order);
        } else if longest >= FEWEST {
            let thinned: Vec<Run> = runs.iter().map(Run::thinned).collect();
            if let Some(slow) = Slow::of(&thinned, rate.floor) {
                rate.set_slow(&slow);
                if slow.verdict.is_none()
                    && let Some(found) = uneven::of(&thinned)
                {
                    rate.set_slow(&found);
                }
            }
        }
        rate
    }

    fn set_order(&mut self, found: &Order) {
        self.window = (found.first, found.last);
        self.used = found.used;
        self.models = named(&found.aiccs);
        self.class = Class::Superlinear;
        if let Some((value, half, constant)) = found.order {
            let order = Estimate { value, low: value - half, high: value + half };
            self.class = Class::Order { order };
            self.constant = Some(constant.exp());
        }
    }

    fn set_slow(&mut self, found: &Slow) {
        self.models = named(&found.aiccs);
        let Some(verdict) = &found.verdict else { return };
        self.window = (found.first, found.last);
        self.used = found.used;
        self.constant = Some(found.constant.exp()).filter(|constant| !constant.is_nan());
        let plain = |[value, low, high]: [f64; 3]| Estimate { value, low, high };
        let factor_of = |slope: [f64; 3]| plain(slope.map(f64::exp));
        let mut per_digit = |slope: [f64; 3]| {
            self.per_digit = Some(std::f64::consts::LN_10 / -slope[0]);
        };
        self.class = match *verdict {
            Verdict::Sublinear { power } => Class::Sublinear { power: plain(power) },
            Verdict::Superlinear => Class::Superlinear,
            Verdict::Linear { slope } => {
                per_digit(slope);
                Class::Linear { factor: factor_of(slope) }
            }
            Verdict::LinearPolynomial { slope, power } => {
                per_digit(slope);
                Class::LinearPolynomial { factor: factor_of(slope), power: plain(power) }
            }
        };
    }
}

fn named(aiccs: &[(&'static str, f64)]) -> Vec<(String, f64)> {
    let finite = aiccs.iter().filter(|(_, aicc)| aicc.is_finite());
    finite.map(|&(name, aicc)| (name.to_string(), aicc)).collect()
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} [{:.6}, {:.6}]", self.value, self.low, self.high)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sublinear { power } => write!(f, "sublinear, k^-power with power {power}"),
            Self::Linear { factor } => write!(f, "linear, factor {factor}"),
            Self::LinearPolynomial { factor, power } => {
                write!(f, "linear with a power of k, factor {factor}, power {power}")
            }
            Self::Superlinear => write!(f, "superlinear"),
            Self::Order { order } => write!(f, "order {order}"),
            Self::Insufficient { have, need } => {
                write!(f, "undecided: {have} usable errors, perhaps {need} are needed")
            }
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.class)?;
        if let Some(constant) = self.constant {
            write!(f, ", constant {constant:.3e}")?;
        }
        if let Some(per_digit) = self.per_digit {
            write!(f, ", {per_digit:.1} steps per digit")?;
        }
        write!(f, ", from {} errors at k = {}..{}", self.used, self.window.0, self.window.1)?;
        if self.is_envelope { write!(f, ", on their envelope") } else { Ok(()) }
    }
}
