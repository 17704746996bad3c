//! The start of a run: what is checked and evaluated before its first step.

use nalgebra::DVector;

use super::{Oracle, UNWRITTEN, WRONG_LENGTH};
use crate::{Error, Termination, memory};

impl Oracle<'_> {
    /// Evaluates the start of a run: f(x0), and ∇f(x0) into `gradient`.
    ///
    /// # Errors
    /// When x0 has the wrong dimension, or x0, the cost or the gradient is not finite; when the problem left a
    /// component of the gradient unwritten, or replaced it by a vector of another length; when the problem is a sum
    /// without terms; when the run is interrupted, also by a limit of evaluations that is too small for a differenced
    /// gradient.
    pub fn start(&mut self, x0: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<f64, Error> {
        self.check_start(x0)?;
        gradient.fill(f64::from_bits(UNWRITTEN));
        let cost = if self.problem.has_gradient() {
            self.cost_and_gradient(x0, gradient)
        } else {
            let cost = self.cost(x0);
            if cost.is_finite() {
                self.learn_at_start(x0, cost, gradient);
            }
            cost
        };
        self.check_interruption()?;
        self.check_cost(cost)?;
        if let Some(reason) =
            self.meter.closed.as_ref().filter(|_| gradient.iter().any(|g| g.is_nan()))
        {
            return Err(interrupted(reason));
        }
        for (index, &value) in gradient.iter().enumerate() {
            match value.to_bits() {
                UNWRITTEN => return Err(Error::GradientNotWritten { index }),
                WRONG_LENGTH => return Err(Error::GradientReplaced { expected: x0.len() }),
                _ if !value.is_finite() => {
                    return Err(Error::NotInDomain {
                        what: format!("gradient's component {index}"),
                        value,
                    });
                }
                _ => {}
            }
        }
        Ok(cost)
    }

    pub(crate) fn check_start(&self, x0: &DVector<f64>) -> Result<(), Error> {
        let n = self.dimension();
        if x0.len() != n {
            return Err(Error::Dimension { what: "x0", expected: n, actual: x0.len() });
        }
        if let Some((index, &value)) = x0.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NonFiniteStart { index, value });
        }
        match self.terms() {
            Some(0) => Err(Error::EmptySum),
            Some(terms) => memory::check_length::<usize>("terms", terms),
            None => Ok(()),
        }
    }

    /// `Err` once the run was interrupted, to be used before its first step. A run whose evaluations are used up has
    /// its start, and ends there.
    pub(crate) fn check_interruption(&self) -> Result<(), Error> {
        match &self.meter.closed {
            Some(reason) if !self.is_spent() => Err(interrupted(reason)),
            _ => Ok(()),
        }
    }

    /// Checks the cost at the start of a run.
    pub(crate) fn check_cost(&self, cost: f64) -> Result<(), Error> {
        match &self.meter.closed {
            _ if cost.is_finite() => Ok(()),
            Some(reason @ Termination::ProblemFailed { .. }) => Err(interrupted(reason)),
            _ => Err(Error::NotInDomain { what: "cost".into(), value: cost }),
        }
    }
}

/// The error of a run that ended before its first step.
fn interrupted(reason: &Termination) -> Error {
    match reason {
        Termination::ProblemFailed { reason } => Error::ProblemFailed { reason: reason.clone() },
        reason => Error::Interrupted { reason: reason.to_string() },
    }
}
