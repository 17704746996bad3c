//! Why a call was refused.

use thiserror::Error;

/// A bad call: something that the caller can correct before any work is lost.
///
/// Bad *numbers* that turn up during a run (NaN, a failed line search, a limit) are not errors: the run ends with a
/// [`Solution`](crate::Solution) with a [`Termination`](crate::Termination).
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A vector or matrix does not have the size that the problem requires.
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
    /// The start contains a NaN or an infinity.
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
        /// The cost, or the component of the gradient.
        what: String,
        /// Its value.
        value: f64,
    },
    /// The problem left a component of its gradient unwritten.
    #[error(
        "gradient[{index}] was not written: write every component, or let has_gradient return false"
    )]
    GradientNotWritten {
        /// The first such component.
        index: usize,
    },
    /// The problem replaced its gradient by a vector of another length.
    #[error(
        "the gradient was replaced by a vector of another length: write its {expected} components in place"
    )]
    GradientReplaced {
        /// The problem's dimension.
        expected: usize,
    },
    /// The problem is a sum of no terms, whose mean is not defined.
    #[error("the problem is a mean over terms but has no terms: give the sum at least one")]
    EmptySum,
    /// The solver keeps a matrix that is too large for this many variables.
    #[error(
        "{solver} would need {gibibytes:.0} GiB of memory for {variables} variables, above its limit of 16: take Lbfgs or ConjugateGradient, which keep only a few vectors"
    )]
    TooMuchMemory {
        /// The solver's name.
        solver: &'static str,
        /// The number n of variables.
        variables: usize,
        /// The size of its matrices in units of 2³⁰ bytes.
        gibibytes: f64,
    },
    /// The solver works on the terms of a sum, but the problem is not a sum.
    #[error(
        "{solver} draws terms of a sum, but the problem is not a sum: write its terms as a FiniteSum and minimise Sum::new(terms)"
    )]
    NotASum {
        /// The solver's name.
        solver: &'static str,
    },
    /// The solver works on residuals, but the problem is not a sum of squares.
    #[error(
        "{solver} works on residuals, but the problem is not a sum of squares: write them as LeastSquares and minimise SumOfSquares::new(residuals)"
    )]
    NotASumOfSquares {
        /// The solver's name.
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
    /// The problem has bounds, which the solver cannot keep.
    #[error(
        "{solver} does not keep x within the problem's bounds: take Lbfgsb, TrustRegion::tron(), BarzilaiBorwein or a population, also within MultiStart and BasinHopping and to polish"
    )]
    BoundsNotSupported {
        /// The solver's name.
        solver: &'static str,
    },
    /// The problem has constraints, which the solver cannot keep.
    #[error(
        "{solver} does not keep x within the problem's constraints: take InteriorPoint or AugmentedLagrangian, or another solver whose domain is Domain::Constrained"
    )]
    ConstraintsNotSupported {
        /// The solver's name.
        solver: &'static str,
    },
    /// The problem has bounds or constraints, which argmin's solvers do not see.
    #[cfg(feature = "argmin")]
    #[error(
        "argmin's solvers would ignore the problem's {what}: take a solver of this library that keeps them"
    )]
    NotForArgmin {
        /// Bounds or constraints.
        what: &'static str,
    },
    /// The limits l and u of the constraints do not have m components.
    #[error(
        "there are {expected} constraints, but limits for {actual}: give each constraint a lower and an upper limit"
    )]
    ConstraintLimits {
        /// The number m of constraints.
        expected: usize,
        /// The number of components of l and of u.
        actual: usize,
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
    /// A population has neither finite bounds nor a scale.
    #[error(
        "{solver} does not know how far to spread from x0[{index}], which has no finite bounds: set a length with .scale(..), or give the problem bounds"
    )]
    ScaleNeeded {
        /// The solver's name.
        solver: &'static str,
        /// The first coordinate without bounds.
        index: usize,
    },
    /// The number of costs told differs from the number of candidates.
    #[error(
        "{actual} costs were told for {expected} candidates: tell one cost for each candidate that ask returned, in their order"
    )]
    Costs {
        /// The number of candidates that wait for their costs.
        expected: usize,
        /// The number of costs that were told.
        actual: usize,
    },
    /// No test function has that name.
    #[error("there is no test function {name:?}: choose one of {known}")]
    UnknownFunction {
        /// The name that was given.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },
    /// A text is no formula; see `Expression`, with the feature `expression`.
    #[cfg(feature = "expression")]
    #[error(
        "the formula cannot be read at character {position}: {reason}\n  {excerpt}\n  {pointer}"
    )]
    Expression {
        /// The character at which it cannot be read, counted from 1.
        position: usize,
        /// What is wrong there.
        reason: String,
        /// The text around that character, on one line.
        excerpt: String,
        /// Blanks and a caret, which points at the character when it is printed below the excerpt.
        pointer: String,
    },
    /// The ends of an interval are not finite, or not in their order.
    #[error("the interval is [{low}, {high}]: give finite ends with low < high")]
    Interval {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// The function has the same sign at both ends of a bracket, or is NaN there.
    #[error(
        "the function is {at_low} at {low} and {at_high} at {high}: choose ends at which its signs differ"
    )]
    NoSignChange {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// The value at the lower end.
        at_low: f64,
        /// The value at the upper end.
        at_high: f64,
    },
    /// An update rule needs the cost, and none was given.
    #[error("{rule} needs the cost: call step_with_cost")]
    CostNeeded {
        /// The rule.
        rule: &'static str,
    },
    /// A number among the data of a fit is not what it must be.
    #[cfg(feature = "fit")]
    #[error("{what}[{index}] is {value}, but must be {range}")]
    Data {
        /// Which data.
        what: &'static str,
        /// The first such number, counted from 0.
        index: usize,
        /// Its value.
        value: f64,
        /// The allowed range in words.
        range: &'static str,
    },
    /// The data or the settings of a fit do not belong together, or the fit does not give what was asked for.
    #[cfg(feature = "fit")]
    #[error("the fit cannot be made: {reason}")]
    Fit {
        /// Why not.
        reason: String,
    },
    /// The ranks of an MPI job cannot work together.
    #[cfg(feature = "mpi")]
    #[error("the MPI job cannot go on: {reason}")]
    Mpi {
        /// Why not.
        reason: String,
    },
    /// A laboratory cannot run; see `convergence::Lab`, with the feature `lab`.
    #[cfg(feature = "lab")]
    #[error("the laboratory cannot go on: {reason}")]
    Lab {
        /// Why not.
        reason: String,
    },
    /// A report cannot be written.
    #[cfg(feature = "lab")]
    #[error("the report cannot be written: {reason}")]
    Report {
        /// Why not.
        reason: String,
    },
    /// A checkpoint cannot be resumed here.
    #[error("the checkpoint cannot be resumed: {reason}")]
    Checkpoint {
        /// What does not fit.
        reason: String,
    },
    /// The problem failed before its start had been evaluated; see [`Fallible`](crate::Fallible).
    #[error("the problem failed at the start of the run: {reason}")]
    ProblemFailed {
        /// What happened.
        reason: String,
    },
    /// The run was cancelled, or its time or its evaluations were used up, before the start had been evaluated.
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
