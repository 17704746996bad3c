//! What a run found, and why it ended.

use std::fmt;
use std::time::Duration;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::stationary::Classification;
use crate::stop::Warning;
use crate::{Error, Evaluations, Problem, Termination};

/// The result of a run.
///
/// ```
/// use extremum::{Lbfgs, from_fn, minimize};
/// let problem = from_fn(1, |x| (x[0] - 2.0).powi(2)).with_gradient(|x, g| g[0] = 2.0 * (x[0] - 2.0));
/// let found = minimize(&problem, Lbfgs::default(), [5.0])?;
/// assert_eq!(found.x[0], 2.0);
/// assert!(found.gradient_norm.unwrap() <= 1e-6);
/// println!("{found}");
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Solution {
    /// The name of the solver.
    pub solver: String,
    /// The best point accepted.
    pub x: DVector<f64>,
    /// The cost there.
    pub cost: f64,
    /// The gradient's maximum norm there; `None` when the method uses no gradients. See
    /// [`State::gradient_norm`](crate::State::gradient_norm).
    pub gradient_norm: Option<f64>,
    /// The infeasibility of x, by how much it violates the constraints; `None` when the method keeps none. See
    /// [`State::infeasibility`](crate::State::infeasibility).
    pub infeasibility: Option<f64>,
    /// How complementary x and its multipliers are; see [`State::complementarity`](crate::State::complementarity).
    pub complementarity: Option<f64>,
    /// The multipliers of the constraints at x, m components, if the method has them; see
    /// [`State::multipliers`](crate::State::multipliers). `None` also when x is the point of lowest validation cost.
    pub multipliers: Option<DVector<f64>>,
    /// The validation cost at x, when the run was asked to [`validate`](crate::Minimizer::validate): the lowest, unless
    /// the run converged.
    pub validation_cost: Option<f64>,
    /// Steps taken.
    pub iterations: u64,
    /// Calls of the problem's functions.
    pub evaluations: Evaluations,
    /// Gradients skipped, in whole or in part, because they were not finite; see
    /// [`FirstOrder`](crate::first_order::FirstOrder).
    pub skipped: u64,
    /// Wall-clock time, including the time before a resumed checkpoint.
    pub elapsed: Duration,
    /// Why the run ended, with the evidence.
    pub termination: Termination,
    /// A reservation about that evidence: a test of the gradient that was met too cheaply.
    pub warning: Option<Warning>,
    /// What kind of point x is, when the run was asked to [`verify`](crate::Minimizer::verify).
    pub classification: Option<Classification>,
    /// A record of every iteration, when the run was asked to [`trace`](crate::Minimizer::trace).
    pub trace: Vec<Record>,
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// Steps taken; 0 is the start.
    pub iteration: u64,
    /// The cost of the current iterate, which may be worse than the best: see [`Progress`](crate::Progress).
    pub current_cost: f64,
    /// The cost at the best point so far.
    pub cost: f64,
    /// The gradient's maximum norm there.
    pub gradient_norm: Option<f64>,
    /// The infeasibility there; `None` when the method keeps no constraints.
    pub infeasibility: Option<f64>,
    /// Calls so far.
    pub evaluations: Evaluations,
    /// Time so far.
    pub elapsed: Duration,
}

impl Solution {
    /// Says what kind of point x is; see [`classify`](crate::classify).
    ///
    /// # Errors
    /// As [`classify`](crate::classify).
    pub fn classify<P: Problem>(&self, problem: &P) -> Result<Classification, Error> {
        crate::classify(problem, &self.x)
    }
}

impl fmt::Display for Solution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evaluations { cost, gradient, hessian, residual, jacobian, .. } = self.evaluations;
        let Evaluations { constraint, terms, panics, .. } = self.evaluations;
        writeln!(f, "{}", self.termination)?;
        writeln!(f, "x = {}", Few(self.x.as_slice()))?;
        write!(f, "cost {:.10e}", self.cost)?;
        if let Some(norm) = self.gradient_norm {
            write!(f, ", gradient norm {norm:.3e}")?;
        }
        if let Some(infeasibility) = self.infeasibility {
            write!(f, ", infeasibility {infeasibility:.3e}")?;
        }
        let Self { solver, iterations, elapsed, .. } = self;
        write!(f, "; {solver}: {iterations} iterations, {cost} costs, {gradient} gradients")?;
        let others = [
            (hessian, "Hessians"),
            (residual, "residuals"),
            (jacobian, "Jacobians"),
            (constraint, "constraints"),
            (terms, "terms"),
            (panics, "calls panicked"),
        ];
        for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        if self.skipped > 0 {
            write!(f, ", {} bad gradients skipped", self.skipped)?;
        }
        write!(f, " in {elapsed:.1?}")?;
        if let Some(warning) = &self.warning {
            write!(f, "\n{warning}")?;
        }
        match &self.classification {
            Some(classification) => write!(f, "\n{classification}"),
            None => Ok(()),
        }
    }
}

/// How many components of a point are shown.
const SHOWN: usize = 8;

/// The first components of a point.
struct Few<'a>(&'a [f64]);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ten digits, without the zeros at their end.
        let rounded = |x: &f64| format!("{x:.9e}").parse().unwrap_or(*x);
        let shown: Vec<String> =
            self.0.iter().take(SHOWN).map(|x| format!("{:?}", rounded(x))).collect();
        let rest = if self.0.len() > SHOWN { ", .." } else { "" };
        write!(f, "[{}{rest}]", shown.join(", "))
    }
}
