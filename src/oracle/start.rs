//! The start of a run: what is checked and evaluated before its first step.

use nalgebra::DVector;

use super::{Oracle, UNWRITTEN, WRONG_LENGTH};
use crate::{Error, Termination, memory};

impl Oracle<'_> {
    /// Evaluates the start of a run: returns f(x0) and writes ∇f(x0) into `gradient`, n components.
    ///
    /// # Errors
    /// When x0 has the wrong dimension or is outside the bounds; when x0, the cost or the gradient is not finite; when the
    /// problem left a component of the gradient unwritten, or replaced it by a vector of another length; when the problem
    /// is a sum without terms; when the run is interrupted, also by a limit of evaluations that is too small for a
    /// differenced gradient.
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
        self.check_gradient(gradient)?;
        Ok(cost)
    }

    /// Checks the gradient at the start of a run.
    pub(crate) fn check_gradient(&self, gradient: &DVector<f64>) -> Result<(), Error> {
        if let Some(reason) =
            self.meter.closed.as_ref().filter(|_| gradient.iter().any(|g| g.is_nan()))
        {
            return Err(interrupted(reason));
        }
        for (index, &value) in gradient.iter().enumerate() {
            match value.to_bits() {
                UNWRITTEN => return Err(Error::GradientNotWritten { index }),
                WRONG_LENGTH => {
                    return Err(Error::GradientReplaced { expected: self.dimension() });
                }
                _ if !value.is_finite() => {
                    return Err(Error::NotInDomain {
                        what: format!("gradient's component {index}"),
                        value,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Evaluates the start of a least-squares method: writes the residuals r(x0) into `residual`, m components, and returns
    /// f(x0) = ½ Σ rᵢ².
    ///
    /// ```
    /// use extremum::{DVector, Error, LeastSquares, Oracle, SumOfSquares};
    ///
    /// /// r = (x₀ x₁, x₀²)
    /// struct Pair;
    ///
    /// impl LeastSquares for Pair {
    ///     fn dimension(&self) -> usize {
    ///         2
    ///     }
    ///     fn residuals(&self) -> usize {
    ///         2
    ///     }
    ///     fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
    ///         (r[0], r[1]) = (x[0] * x[1], x[0] * x[0]);
    ///     }
    /// }
    ///
    /// let problem = SumOfSquares::new(Pair);
    /// let mut r = DVector::zeros(2);
    /// let cost = Oracle::new(&problem).start_residual(&DVector::from_vec(vec![1.0, 3.0]), &mut r)?;
    /// assert_eq!((cost, r.as_slice()), (5.0, [3.0, 1.0].as_slice()));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// When x0 has the wrong dimension or is outside the bounds; when x0, a residual or the cost is not finite; when the
    /// problem is not a sum of squares, whose residuals are NaN; when the run is interrupted.
    pub fn start_residual(
        &mut self,
        x0: &DVector<f64>,
        residual: &mut DVector<f64>,
    ) -> Result<f64, Error> {
        self.check_start(x0)?;
        self.residual(x0, residual);
        self.check_interruption()?;
        let cost = 0.5 * residual.norm_squared();
        self.check_finite("residual", residual, cost)?;
        Ok(cost)
    }

    /// Evaluates the constraints at the start of a run, after [`start`](Self::start): writes c(x0) into `values`, m
    /// components.
    ///
    /// # Errors
    /// When x0 has the wrong dimension or is outside the bounds; when the constraints do not have as many limits as values;
    /// when x0 or a constraint is not finite; when the run is interrupted.
    pub fn start_constraints(
        &mut self,
        x0: &DVector<f64>,
        values: &mut DVector<f64>,
    ) -> Result<(), Error> {
        self.check_start(x0)?;
        self.constraint_values(x0, values);
        self.check_interruption()?;
        self.check_finite("constraint", values, values.amax())
    }

    /// Checks values at the start of a run, and a cost made of them.
    fn check_finite(&self, what: &str, values: &DVector<f64>, cost: f64) -> Result<(), Error> {
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((index, &value)) if !self.has_failed() => {
                Err(Error::NotInDomain { what: format!("{what} {index}"), value })
            }
            _ => self.check_cost(cost),
        }
    }

    fn has_failed(&self) -> bool {
        matches!(self.meter.closed, Some(Termination::ProblemFailed { .. }))
    }

    /// Checks where a run starts, before anything is evaluated.
    pub(crate) fn check_start(&self, x0: &DVector<f64>) -> Result<(), Error> {
        let n = self.dimension();
        if x0.len() != n {
            return Err(Error::Dimension { what: "x0", expected: n, actual: x0.len() });
        }
        if let Some((index, &value)) = x0.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NonFiniteStart { index, value });
        }
        if let Some(bounds) = self.problem.bounds() {
            bounds.check(x0)?;
        }
        if let Some(constraints) = self.problem.structure().constraints {
            let (expected, actual) = (constraints.count(), constraints.limits().dimension());
            if actual != expected {
                return Err(Error::ConstraintLimits { expected, actual });
            }
            if let Some(actual) = constraints.dimension().filter(|actual| *actual != n) {
                return Err(Error::Dimension { what: "a constraint", expected: n, actual });
            }
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
