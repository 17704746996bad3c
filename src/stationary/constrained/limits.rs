//! The limits of a problem, those of its constraints and those of its variables.

use crate::stationary::active::Side;
use crate::{Bounds, Oracle};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Constraint(usize),
    Bound(usize),
}

/// One side of a constraint or of a variable's interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    pub of: Of,
    pub side: Side,
    pub at: f64,
}

impl Limit {
    /// All finite limits of a problem.
    pub fn all(oracle: &Oracle<'_>) -> Vec<Self> {
        let problem = oracle.problem();
        let mut all = Vec::new();
        if let Some(constraints) = problem.structure().constraints {
            all.extend(Self::of_box(constraints.limits(), Of::Constraint));
        }
        if let Some(bounds) = problem.bounds() {
            all.extend(Self::of_box(bounds, Of::Bound));
        }
        all
    }

    fn of_box(limits: &Bounds, of: fn(usize) -> Of) -> Vec<Self> {
        let sides = limits.sides().enumerate().flat_map(|(i, sides)| {
            let limit = |side, at| Self { of: of(i), side, at };
            let (lower, upper) = (sides.lower, sides.upper);
            if lower == upper {
                [Some(limit(Side::Fixed, lower)), None]
            } else {
                [
                    lower.is_finite().then(|| limit(Side::Lower, lower)),
                    upper.is_finite().then(|| limit(Side::Upper, upper)),
                ]
            }
        });
        sides.flatten().collect()
    }

    /// True when there is no other side.
    pub fn is_equality(self) -> bool {
        self.side == Side::Fixed
    }

    /// −1 at an upper limit, from which values go down inwards; otherwise 1.
    pub fn inwards(self) -> f64 {
        if self.side == Side::Upper { -1.0 } else { 1.0 }
    }
}
