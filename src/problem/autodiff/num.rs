//! The number that formulas are written in.

use std::cmp::Ordering;

use super::Real;

/// A number in a [`Formula`](super::Formula), with whatever derivatives its scalar `R` carries.
///
/// Arithmetic works with other `Num`s and with `f64` on either side, by value and by reference: `2.0 * x[0]`,
/// `1.0 - x[0]`, `x[0] / x[1]`, `sum += x[0]`. Comparisons look at the value alone, so a formula may branch; its
/// derivatives are then those of the branch that was taken.
///
/// ```
/// use extremum::{Num, Real};
///
/// fn logistic<R: Real>(x: Num<R>) -> Num<R> {
///     1.0 / (1.0 + (-x).exp())
/// }
/// assert_eq!(logistic(Num::<f64>::from(0.0)).value(), 0.5);
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Num<R>(pub(super) R);

impl<R: Real> From<f64> for Num<R> {
    #[inline]
    fn from(constant: f64) -> Self {
        Num(R::from(constant))
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        impl<R: Real> Num<R> {
            $($(#[$doc])*
            #[inline]
            pub fn $name(self) -> Self {
                Num(self.0.$name())
            })+
        }
    };
}

functions! {
    /// √x. The derivative at 0 is not finite.
    sqrt;
    /// ∛x. The derivative at 0 is not finite.
    cbrt;
    /// eˣ.
    exp;
    /// 2ˣ.
    exp2;
    /// eˣ - 1, accurate near x = 0.
    exp_m1;
    /// The natural logarithm.
    ln;
    /// ln(1 + x), accurate near x = 0.
    ln_1p;
    /// The logarithm to base 2.
    log2;
    /// The logarithm to base 10.
    log10;
    /// 1 / x.
    recip;
    /// The sine of x radians.
    sin;
    /// The cosine of x radians.
    cos;
    /// The tangent of x radians.
    tan;
    /// The arcsine in radians.
    asin;
    /// The arccosine in radians.
    acos;
    /// The arctangent in radians.
    atan;
    /// The hyperbolic sine.
    sinh;
    /// The hyperbolic cosine.
    cosh;
    /// The hyperbolic tangent.
    tanh;
    /// The inverse of the hyperbolic sine.
    asinh;
    /// The inverse of the hyperbolic cosine.
    acosh;
    /// The inverse of the hyperbolic tangent.
    atanh;
    /// |x|. At ±0 the derivative is ±1, with the sign of the zero.
    abs;
}

impl<R: Real> Num<R> {
    /// The value without its derivatives.
    #[inline]
    pub fn value(self) -> f64 {
        self.0.value()
    }

    /// False when the value is NaN or infinite.
    #[inline]
    pub fn is_finite(self) -> bool {
        self.value().is_finite()
    }

    /// xⁿ, with exact derivatives at x = 0 too.
    #[inline]
    pub fn powi(self, n: i32) -> Self {
        Num(self.0.powi(n))
    }

    /// x to a constant power: NaN at x < 0, unless the power is a whole number.
    #[inline]
    pub fn powf(self, exponent: f64) -> Self {
        Num(self.0.powf(exponent))
    }

    /// x to a power that depends on the variables, for x > 0; elsewhere the derivatives are NaN.
    #[inline]
    pub fn pow(self, exponent: Self) -> Self {
        Num(self.0.pow(exponent.0))
    }

    /// The angle of the point (x, self) in (-π, π].
    #[inline]
    pub fn atan2(self, x: impl Into<Self>) -> Self {
        Num(self.0.atan2(x.into().0))
    }

    /// The larger of the two, `self` when they are equal, the other when one is NaN.
    #[inline]
    pub fn max(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        if self >= other || other.value().is_nan() { self } else { other }
    }

    /// The smaller of the two, `self` when they are equal, the other when one is NaN.
    #[inline]
    pub fn min(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        if self <= other || other.value().is_nan() { self } else { other }
    }
}

impl<R: Real> PartialEq for Num<R> {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl<R: Real> PartialEq<f64> for Num<R> {
    fn eq(&self, other: &f64) -> bool {
        self.value() == *other
    }
}

impl<R: Real> PartialEq<Num<R>> for f64 {
    fn eq(&self, other: &Num<R>) -> bool {
        *self == other.value()
    }
}

impl<R: Real> PartialOrd for Num<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value().partial_cmp(&other.value())
    }
}

impl<R: Real> PartialOrd<f64> for Num<R> {
    fn partial_cmp(&self, other: &f64) -> Option<Ordering> {
        self.value().partial_cmp(other)
    }
}

impl<R: Real> PartialOrd<Num<R>> for f64 {
    fn partial_cmp(&self, other: &Num<R>) -> Option<Ordering> {
        self.partial_cmp(&other.value())
    }
}
