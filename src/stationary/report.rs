//! The result of a check of derivatives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The findings of [`check_derivatives`](super::check_derivatives).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DerivativeReport {
    /// All wrong derivatives.
    pub mismatches: Vec<Mismatch>,
    /// The number of entries that were compared.
    pub checked: usize,
    /// The number of entries with nothing to compare with, because the function is not finite around x.
    pub unchecked: usize,
}

/// What a Jacobian belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorFunction {
    /// The residuals of [`LeastSquares`](crate::LeastSquares).
    Residuals,
    /// The values of [`Constraints`](crate::Constraints).
    Constraints,
}

/// A wrong derivative: it differs from the differences by more than their errors allow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Mismatch {
    /// `gradient` or `cost_and_gradient` does not write a component. Nothing that needs a gradient was checked then.
    GradientNotWritten {
        /// The first such component.
        index: usize,
    },
    /// `gradient` or `cost_and_gradient` replaces the gradient by a vector of another length. Nothing that needs a
    /// gradient was checked then.
    GradientReplaced {
        /// The problem's dimension n.
        expected: usize,
    },
    /// `hessian_product` replaces the product by a vector of another length.
    HessianProductReplaced {
        /// The problem's dimension n.
        expected: usize,
    },
    /// A component of the gradient, compared with differences of the cost.
    GradientEntry {
        /// Which component.
        index: usize,
        /// What the problem gives.
        given: f64,
        /// What differences give.
        differenced: f64,
        /// How wrong these may be.
        allowed: f64,
    },
    /// An entry of the Hessian, compared with differences of the gradient, or of the cost when there is no gradient.
    HessianEntry {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// What the problem gives.
        given: f64,
        /// What differences give.
        differenced: f64,
        /// How wrong these may be.
        allowed: f64,
    },
    /// Two entries of the Hessian that should be equal.
    HessianAsymmetry {
        /// The row of the lower entry, the column of the upper.
        row: usize,
        /// The column of the lower entry, the row of the upper.
        column: usize,
        /// The entry below the diagonal.
        lower: f64,
        /// The entry above it.
        upper: f64,
    },
    /// The Hessian is not n × n.
    HessianSize {
        /// Its number of rows.
        rows: usize,
        /// The problem's dimension n.
        expected: usize,
    },
    /// A component of the product of the Hessian with a unit vector, compared with the column of the differenced
    /// Hessian.
    HessianProductEntry {
        /// Which component of the product.
        row: usize,
        /// Which unit vector.
        column: usize,
        /// What the problem gives.
        given: f64,
        /// What differences give.
        differenced: f64,
        /// How wrong these may be.
        allowed: f64,
    },
    /// An entry of a Jacobian, compared with differences of the residual or constraint.
    JacobianEntry {
        /// Whose Jacobian it is.
        of: VectorFunction,
        /// The residual or constraint.
        row: usize,
        /// The variable.
        column: usize,
        /// What the problem gives.
        given: f64,
        /// What differences give.
        differenced: f64,
        /// How wrong these may be.
        allowed: f64,
    },
    /// A Jacobian is not m × n.
    JacobianSize {
        /// Whose Jacobian it is.
        of: VectorFunction,
        /// Its number of rows.
        rows: usize,
        /// Its number of columns.
        columns: usize,
    },
    /// An entry of a constraint's Hessian, compared with differences of the constraint's gradient.
    ConstraintHessianEntry {
        /// The constraint.
        constraint: usize,
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// What the constraints give.
        given: f64,
        /// What differences give.
        differenced: f64,
        /// How wrong these may be.
        allowed: f64,
    },
    /// The Hessian of a constraint is not n × n.
    ConstraintHessianSize {
        /// The constraint.
        constraint: usize,
        /// Its number of rows.
        rows: usize,
    },
    /// `cost_and_gradient` returns another cost than `cost`.
    SharedCost {
        /// From `cost_and_gradient`.
        shared: f64,
        /// From `cost`.
        alone: f64,
    },
    /// `cost_and_gradient` writes another gradient than `gradient`.
    SharedGradient {
        /// Which component.
        index: usize,
        /// From `cost_and_gradient`.
        shared: f64,
        /// From `gradient`.
        alone: f64,
    },
}

impl fmt::Display for VectorFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Residuals => "residuals",
            Self::Constraints => "constraints",
        })
    }
}

impl DerivativeReport {
    /// True when nothing is wrong.
    pub fn passes(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// Counts a comparison. `allowed` is the largest permitted difference between `given` and `differenced`; when it is
    /// not finite there was nothing to compare with, unless `given` is not finite either, which is always wrong.
    pub(super) fn compare(
        &mut self,
        [given, differenced, allowed]: [f64; 3],
        mismatch: impl FnOnce() -> Mismatch,
    ) {
        let comparable = differenced.is_finite() && allowed.is_finite();
        if !comparable && given.is_finite() {
            self.unchecked += 1;
            return;
        }
        self.checked += 1;
        let agrees = (given - differenced).abs() <= allowed;
        if !agrees {
            self.mismatches.push(mismatch());
        }
    }
}

impl fmt::Display for DerivativeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wrong, checked) = (self.mismatches.len(), self.checked);
        match wrong {
            0 => write!(f, "derivatives agree with differences: {checked} entries compared")?,
            _ => write!(f, "{wrong} wrong among {checked} entries compared")?,
        }
        if self.unchecked > 0 {
            write!(f, ", {} with nothing to compare with", self.unchecked)?;
        }
        self.mismatches.iter().try_for_each(|mismatch| write!(f, "\n{mismatch}"))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GradientNotWritten { index } => write!(f, "gradient[{index}] is not written"),
            Self::GradientReplaced { expected } => write!(
                f,
                "the gradient is replaced by a vector of another length: write its {expected} components in place"
            ),
            Self::HessianProductReplaced { expected } => write!(
                f,
                "the Hessian's product is replaced by a vector of another length: write its {expected} components in \
                 place"
            ),
            Self::GradientEntry { index, given, differenced, allowed } => {
                write!(
                    f,
                    "gradient[{index}] is {given}, differences say {differenced} ± {allowed:.0e}"
                )
            }
            Self::HessianEntry { row, column, given, differenced, allowed } => write!(
                f,
                "hessian[({row}, {column})] is {given}, differences say {differenced} ± {allowed:.0e}"
            ),
            Self::HessianAsymmetry { row, column, lower, upper } => write!(
                f,
                "hessian[({row}, {column})] is {lower}, but hessian[({column}, {row})] is {upper}"
            ),
            Self::HessianSize { rows, expected } => {
                write!(f, "the Hessian has {rows} rows, but the problem has dimension {expected}")
            }
            Self::HessianProductEntry { row, column, given, differenced, allowed } => write!(
                f,
                "entry {row} of the Hessian's product with unit vector {column} is {given}, differences say \
                 {differenced} ± {allowed:.0e}"
            ),
            Self::JacobianEntry { of, row, column, given, differenced, allowed } => write!(
                f,
                "the Jacobian of the {of}, entry ({row}, {column}), is {given}, differences say {differenced} ± \
                 {allowed:.0e}"
            ),
            Self::JacobianSize { of, rows, columns } => {
                write!(
                    f,
                    "the Jacobian of the {of} is {rows} x {columns}: it needs one row for each of them, and one column for each variable"
                )
            }
            Self::ConstraintHessianEntry {
                constraint,
                row,
                column,
                given,
                differenced,
                allowed,
            } => write!(
                f,
                "the Hessian of constraint {constraint}, entry ({row}, {column}), is {given}, differences say \
                 {differenced} ± {allowed:.0e}"
            ),
            Self::ConstraintHessianSize { constraint, rows } => {
                write!(
                    f,
                    "the Hessian of constraint {constraint} has {rows} rows: it needs one for each variable"
                )
            }
            Self::SharedCost { shared, alone } => {
                write!(f, "cost_and_gradient returns {shared}, but cost is {alone}")
            }
            Self::SharedGradient { index, shared, alone } => write!(
                f,
                "cost_and_gradient writes {shared} into gradient[{index}], but gradient writes {alone}"
            ),
        }
    }
}
