//! Why a call was refused.

use thiserror::Error;

/// A bad call: something that the caller can correct before any work is lost.
///
/// Bad *numbers* that turn up during a run (NaN, a failed line search, a limit) are no errors: they end in a
/// [`Solution`](crate::Solution) with a [`Termination`](crate::Termination).
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A vector or matrix does not have the size that the problem asks for.
    #[error(
        "{what} has dimension {actual}, but the problem has dimension {expected}: give {expected} numbers"
    )]
    Dimension {
        /// Which argument.
        what: &'static str,
        /// The problem's dimension.
        expected: usize,
        /// The dimension that was given.
        actual: usize,
    },
    /// A parameter is outside its range.
    #[error("{name} is {value}, but must be {range}")]
    Parameter {
        /// The parameter's name, as in the setter.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// The allowed range in words.
        range: &'static str,
    },
    /// The start holds a NaN or an infinity.
    #[error("x0[{index}] is {value}: start from a point whose coordinates are all finite")]
    NonFiniteStart {
        /// The first coordinate that is not finite.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// The cost or the gradient is not finite at the start.
    #[error("the {what} is {value} at x0: start from a point inside the domain of the cost")]
    NotInDomain {
        /// `cost` or `gradient`, with the entry.
        what: String,
        /// Its value.
        value: f64,
    },
    /// The problem left a component of its gradient unwritten.
    #[error("gradient[{index}] was not written: the gradient has to write every component")]
    GradientNotWritten {
        /// The first such component.
        index: usize,
    },
    /// The problem put a vector of another length in the place of its gradient.
    #[error(
        "the gradient was replaced by a vector of another length: write its {expected} components in place"
    )]
    GradientReplaced {
        /// The problem's dimension.
        expected: usize,
    },
    /// The problem is a sum of no terms, whose mean is not defined.
    #[error("the problem is a mean over its terms and has none: give the sum at least one term")]
    EmptySum,
    /// The solver keeps a matrix for the variables, and they are too many for it.
    #[error(
        "{solver} would take {gibibytes:.0} GiB of memory for {variables} variables, and takes at most 16: take Lbfgs or ConjugateGradient, which keep some vectors"
    )]
    TooMuchMemory {
        /// The solver that was asked.
        solver: &'static str,
        /// The number n of variables.
        variables: usize,
        /// What its matrices would take, in units of 2³⁰ bytes.
        gibibytes: f64,
    },
    /// The solver works on the terms of a sum, and the problem is none.
    #[error(
        "{solver} draws terms of a sum, and the problem is none: write its terms as a FiniteSum and minimise Sum::new(terms)"
    )]
    NotASum {
        /// The solver that was asked.
        solver: &'static str,
    },
    /// A lower bound exceeds its upper bound, or a bound is NaN.
    #[error(
        "bound {index} is [{lower}, {upper}]: the lower bound must not exceed the upper, and neither may be NaN"
    )]
    Bounds {
        /// The coordinate.
        index: usize,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// The problem has bounds and the solver cannot keep them.
    #[error(
        "{solver} does not keep the problem's bounds by itself: give it to MultiStart or BasinHopping, which have it keep them, or take a population"
    )]
    BoundsNotSupported {
        /// The solver that was asked.
        solver: &'static str,
    },
    /// The start lies outside the problem's bounds.
    #[error(
        "x0[{index}] is {value}, outside its bounds [{lower}, {upper}]: start from a point within them"
    )]
    StartOutsideBounds {
        /// The first coordinate outside.
        index: usize,
        /// Its value.
        value: f64,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// A population has neither finite bounds nor a scale to spread by.
    #[error(
        "{solver} does not know how far to spread from x0[{index}], which has no finite bounds: give it a length with .scale(..), or the problem bounds"
    )]
    ScaleNeeded {
        /// The solver that was asked.
        solver: &'static str,
        /// The first coordinate without bounds.
        index: usize,
    },
    /// The costs that were told are not as many as the candidates that were asked for.
    #[error(
        "{actual} costs were told for {expected} candidates: ask, and tell one cost for each candidate, in their order"
    )]
    Costs {
        /// The candidates that wait for their costs.
        expected: usize,
        /// The costs that were told.
        actual: usize,
    },
    /// No test function has that name.
    #[error("there is no test function {name:?}: choose one of {known}")]
    UnknownFunction {
        /// The name that was given.
        name: String,
        /// The names that there are, with commas between.
        known: String,
    },
    /// An update rule looks at the cost, and none was given.
    #[error("{rule} looks at the cost: call step_with_cost")]
    CostNeeded {
        /// The rule.
        rule: &'static str,
    },
    /// The ranks of an MPI job cannot work together.
    #[cfg(feature = "mpi")]
    #[error("the MPI job cannot go on: {reason}")]
    Mpi {
        /// What is in the way.
        reason: String,
    },
    /// A checkpoint cannot be resumed here.
    #[error("the checkpoint cannot be resumed: {reason}")]
    Checkpoint {
        /// What does not fit.
        reason: String,
    },
    /// The run was cancelled, or its time was up, before the start had been evaluated.
    #[error("the run was interrupted before its start had been evaluated: {reason}")]
    Interrupted {
        /// What interrupted it.
        reason: String,
    },
}

/// `Ok` when the parameter satisfies its range.
pub(crate) fn check(
    holds: bool,
    name: &'static str,
    value: f64,
    range: &'static str,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Parameter { name, value, range }) }
}
