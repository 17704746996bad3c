//! The faults that a problem may have.

use super::dice::Dice;

/// What is wrong with a problem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Nothing,
    GradientNegated,
    GradientScaled(f64),
    ComponentScaled(usize, f64),
    ComponentNan(usize),
    /// NaN at one point of so many.
    GradientNanAtSome(u64),
    GradientGarbage,
    GradientNotWritten,
    ComponentNotWritten(usize),
    GradientReplaced {
        length: usize,
    },
    HessianNegated,
    HessianGarbage,
    HessianNan,
    HessianHuge,
    HessianOfSize(usize),
    /// At the k-th cost or gradient.
    PanicAt(u64),
    NanAt(u64),
    CancelAt(u64),
    /// At one point of so many.
    PanicAtSome(u64),
    NanAtSome(u64),
    InfinityAtSome(u64),
    /// Milliseconds a cost.
    Slow(u64),
}

impl Fault {
    pub fn draw(dice: &mut Dice, n: usize) -> Self {
        if dice.flag() {
            return Self::Nothing;
        }
        let (k, some, i) = (dice.power(0.0, 2.3) as u64, 2 + dice.index(30) as u64, dice.index(n));
        match dice.index(24) {
            0 => Self::GradientNegated,
            1 => Self::GradientScaled(dice.power(-12.0, 12.0)),
            2 | 3 => Self::ComponentScaled(i, dice.pick(&[-1.0, 0.0, 0.9, 2.0, 1e6])),
            4 => Self::ComponentNan(i),
            5 => Self::GradientNanAtSome(some),
            6 => Self::GradientGarbage,
            7 => Self::GradientNotWritten,
            8 => Self::ComponentNotWritten(i),
            9 => Self::GradientReplaced { length: dice.pick(&[0, 1, n - 1, n + 1, 2 * n]) },
            10 => Self::HessianNegated,
            11 => Self::HessianGarbage,
            12 => Self::HessianNan,
            13 => Self::HessianHuge,
            14 => Self::HessianOfSize(dice.index(2 * n + 2)),
            15 | 16 => Self::PanicAt(k),
            17 => Self::NanAt(k),
            18 | 19 => Self::CancelAt(k),
            20 => Self::PanicAtSome(some),
            21 => Self::NanAtSome(some),
            22 => Self::InfinityAtSome(some),
            _ if dice.chance(0.2) => Self::Slow(1 + dice.index(4) as u64),
            _ => Self::Nothing,
        }
    }

    /// False when an answer depends on the calls before it.
    pub fn is_pure(self) -> bool {
        !matches!(self, Self::PanicAt(_) | Self::NanAt(_) | Self::CancelAt(_) | Self::Slow(_))
    }

    /// True when a gradient that is written is written right.
    pub fn keeps_gradient(self) -> bool {
        !matches!(
            self,
            Self::GradientNegated
                | Self::GradientScaled(_)
                | Self::ComponentScaled(..)
                | Self::ComponentNan(_)
                | Self::GradientNanAtSome(_)
                | Self::GradientGarbage
                | Self::GradientNotWritten
                | Self::ComponentNotWritten(_)
                | Self::GradientReplaced { .. }
        )
    }
}

/// The payload of a panic that the problem itself makes.
#[derive(Debug)]
pub struct Planned;

/// How much of it a problem gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Cost,
    Gradient,
    Hessian,
}
