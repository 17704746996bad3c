//! The answer in words.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a stationary point, as far as the eigenvalues of its Hessian decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Every eigenvalue is positive: a strict local minimum.
    Minimum,
    /// Every eigenvalue is negative: a strict local maximum.
    Maximum,
    /// Eigenvalues of both signs.
    Saddle {
        /// The number of eigenvalues that are certainly negative. If others are undecided it is still a saddle,
        /// and [`index_range`](super::Classification::index_range) says how many there may be.
        index: usize,
    },
    /// The kind cannot be decided.
    Undecided {
        /// The reason.
        reason: Reason,
    },
}

/// Why a point is [`Undecided`](Kind::Undecided).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reason {
    /// An eigenvalue lies within its error radius of 0, and the others have one sign. The point is degenerate (x⁴ and
    /// x³ at 0), or nearly: an analytical Hessian has smaller errors.
    Eigenvalues,
    /// The gradient is not that of a stationary point: its Newton step is longer than 0.01 max(1, |xᵢ|), or it has a
    /// component along a direction in which the Hessian is zero. Minimise further.
    NotStationary,
    /// Newton's method does not contract from here. The stationary point is degenerate, or there is none and the
    /// function only flattens, or x is still too far from it, or rounding errors dominate the gradient over the lengths
    /// where the Hessian is constant, or the Hessian given is not that of the gradient.
    NoContraction,
    /// The Hessian is not finite at x, or a Newton step away.
    NotFinite,
    /// The eigenvalues could not be computed.
    EigenSolver,
    /// More than 2000 variables: the eigenvalues would take too long. It is no minimum if there is an
    /// [`escape_direction`](super::Classification::escape_direction).
    TooLarge,
    /// No point next to x satisfies the [constraints](crate::Constraints) that x violates or touches.
    Infeasible,
    /// The gradients of the active limits become linearly dependent at the point next to x where these hold: there may
    /// be no multipliers, as in x₁ ≤ (1 − x₀)³, x₁ ≥ 0 at (1, 0).
    Degenerate,
    /// The gradients of the active limits are linearly dependent, so that multipliers are not unique, and with those
    /// that were found the curvature is negative: with others it may be positive.
    Dependent,
    /// A limit is active, but its multiplier is 0 within its error, and the curvature is positive only in the
    /// directions along it: the second-order conditions leave a gap.
    WeaklyActive,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minimum => write!(f, "minimum"),
            Self::Maximum => write!(f, "maximum"),
            Self::Saddle { index } => write!(f, "saddle of index {index}"),
            Self::Undecided { reason } => write!(f, "undecided, {reason}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eigenvalues => "an eigenvalue is zero within its errors",
            Self::NotStationary => "the gradient is not small enough for a stationary point",
            Self::NoContraction => {
                "Newton's method does not contract: degenerate, flat towards infinity, or too far away"
            }
            Self::NotFinite => "the Hessian is not finite",
            Self::EigenSolver => "the eigenvalues could not be computed",
            Self::Infeasible => "no point that satisfies the constraints is near",
            Self::Degenerate => "the gradients of the active constraints become dependent: there may be no multipliers",
            Self::Dependent => "the multipliers are not unique, and the curvature depends on them",
            Self::WeaklyActive => "an active constraint has no multiplier, and decides nothing",
            Self::TooLarge => "there are too many variables for all eigenvalues",
        })
    }
}
