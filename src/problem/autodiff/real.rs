//! The scalars that a formula is evaluated on.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use nalgebra::Const;
use num_dual::{DualNum, DualSVec, DualStruct, DualVec, HyperDualVec};

type HyperDualSVec<T, const M: usize, const N: usize> = HyperDualVec<T, Const<M>, Const<N>>;

/// The functions of one number: declared as trait items, implemented for `f64`, and for dual numbers where the functions of
/// num-dual are right.
macro_rules! functions {
    (declared: $($(#[$doc:meta])* $name:ident)+) => {
        $($(#[$doc])* fn $name(self) -> Self;)+
    };
    (of f64: $($name:ident)+) => {
        $(#[inline]
        fn $name(self) -> f64 {
            f64::$name(self)
        })+
    };
    (of dual numbers: $($name:ident)+) => {
        $(#[inline]
        fn $name(self) -> Self {
            DualNum::$name(&self)
        })+
    };
}

/// A scalar: a value, and whatever its arithmetic carries along with it, such as derivatives. It is the bound of
/// [`Formula::cost`](super::Formula::cost), which computes with [`Num<R>`](super::Num). The functions are those of `f64`.
///
/// Implemented for `f64` and for the dual numbers of the crate num-dual. The value of a dual number is that of `f64`, bit
/// for bit, so that a cost does not depend on whether derivatives were asked for.
pub trait Real:
    Copy
    + Debug
    + From<f64>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The value alone.
    fn value(self) -> f64;
    /// self / divisor.
    fn quotient(self, divisor: Self) -> Self;
    /// selfⁿ.
    fn powi(self, n: i32) -> Self;
    /// self to a constant power.
    fn powf(self, exponent: f64) -> Self;
    /// self to a power that is a scalar of the same kind.
    fn pow(self, exponent: Self) -> Self;
    /// The angle of the point (x, self).
    fn atan2(self, x: Self) -> Self;
    functions! { declared:
        /// |self|.
        abs
        /// The derivative of |self|: 1 or -1, and at ±0 the sign of the zero.
        signum
        /// The tangent.
        tan
        /// The hyperbolic tangent.
        tanh
        /// The square root.
        sqrt
        /// The cube root.
        cbrt
        /// eˣ.
        exp
        /// 2ˣ.
        exp2
        /// eˣ - 1.
        exp_m1
        /// The natural logarithm.
        ln
        /// ln(1 + x).
        ln_1p
        /// The logarithm to base 2.
        log2
        /// The logarithm to base 10.
        log10
        /// 1 / x.
        recip
        /// The sine.
        sin
        /// The cosine.
        cos
        /// The arcsine.
        asin
        /// The arccosine.
        acos
        /// The arctangent.
        atan
        /// The hyperbolic sine.
        sinh
        /// The hyperbolic cosine.
        cosh
        /// The inverse of the hyperbolic sine.
        asinh
        /// The inverse of the hyperbolic cosine.
        acosh
        /// The inverse of the hyperbolic tangent.
        atanh
    }
}

impl Real for f64 {
    #[inline]
    fn value(self) -> f64 {
        self
    }
    #[inline]
    fn quotient(self, divisor: f64) -> f64 {
        self / divisor
    }
    #[inline]
    fn powi(self, n: i32) -> f64 {
        f64::powi(self, n)
    }
    #[inline]
    fn powf(self, exponent: f64) -> f64 {
        f64::powf(self, exponent)
    }
    #[inline]
    fn pow(self, exponent: f64) -> f64 {
        f64::powf(self, exponent)
    }
    #[inline]
    fn atan2(self, x: f64) -> f64 {
        f64::atan2(self, x)
    }
    functions! { of f64:
        abs signum tan tanh sqrt cbrt exp exp2 exp_m1 ln ln_1p log2 log10 recip sin cos asin acos atan sinh cosh asinh
        acosh atanh
    }
}

/// The chain rule: `self` holds x and derivatives of x, the result φ(x) and derivatives of φ(x).
trait Chain<T> {
    /// From φ(x), φ'(x) and φ''(x). The last is not computed where it is not used.
    fn chain(&self, f0: T, f1: T, f2: impl FnOnce() -> T) -> Self;
}

impl<T: Real + DualNum<Primitive = f64>, const N: usize> Chain<T> for DualSVec<T, N> {
    #[inline]
    fn chain(&self, f0: T, f1: T, _: impl FnOnce() -> T) -> Self {
        DualVec::new(f0, self.eps * f1)
    }
}

impl<T: Real + DualNum<Primitive = f64>, const M: usize, const N: usize> Chain<T>
    for HyperDualSVec<T, M, N>
{
    #[inline]
    fn chain(&self, f0: T, f1: T, f2: impl FnOnce() -> T) -> Self {
        HyperDualVec::new(
            f0,
            self.eps1 * f1,
            self.eps2 * f1,
            self.eps1eps2 * f1 + &(self.eps1 * f2()) * &self.eps2,
        )
    }
}

/// The functions of dual numbers. Implemented here are those whose value num-dual rounds differently from `f64` (`tanh` as
/// `sinh / cosh`), and those whose derivatives it does not give at zero (`x.powf(2.5)`).
macro_rules! elementary {
    () => {
        #[inline]
        fn value(self) -> f64 {
            self.re()
        }
        functions! { of dual numbers:
            sqrt cbrt exp exp2 exp_m1 ln ln_1p log2 log10 recip sin cos asin acos atan sinh cosh asinh acosh atanh
        }
        #[inline]
        fn powi(self, n: i32) -> Self {
            // The powers 0 and 1 are separate, because their derivatives would be 0 · ∞ at x = 0.
            match n {
                0 => Self::from_re(T::from(1.0)),
                1 => self,
                _ => {
                    let (n1, n2) = (n.saturating_sub(1), n.saturating_sub(2));
                    let factor = f64::from(n);
                    self.chain(Real::powi(self.re, n), Real::powi(self.re, n1) * factor, || {
                        Real::powi(self.re, n2) * (factor * f64::from(n1))
                    })
                }
            }
        }
        #[inline]
        fn powf(self, exponent: f64) -> Self {
            if exponent == 0.0 {
                Self::from_re(T::from(1.0))
            } else if exponent == 1.0 {
                self
            } else {
                self.chain(
                    Real::powf(self.re, exponent),
                    Real::powf(self.re, exponent - 1.0) * exponent,
                    || Real::powf(self.re, exponent - 2.0) * (exponent * (exponent - 1.0)),
                )
            }
        }
        #[inline]
        fn pow(self, exponent: Self) -> Self {
            let f = Real::pow(self.re, exponent.re);
            (exponent * Real::ln(self)).chain(f, f, || f)
        }
        #[inline]
        fn tan(self) -> Self {
            let f0 = Real::tan(self.re);
            let f1 = f0 * f0 + 1.0;
            self.chain(f0, f1, || f0 * f1 * 2.0)
        }
        #[inline]
        fn tanh(self) -> Self {
            let f0 = Real::tanh(self.re);
            // Not 1 - tanh², which cancels where tanh is close to 1.
            let sech = Real::recip(Real::cosh(self.re));
            let f1 = sech * sech;
            self.chain(f0, f1, || f0 * f1 * -2.0)
        }
        #[inline]
        fn atan2(self, x: Self) -> Self {
            // The derivatives of both branches agree; the quotient that is at most 1 cannot overflow.
            let mut angle = if Real::value(self).abs() <= Real::value(x).abs() {
                Real::atan(self.quotient(x))
            } else {
                -Real::atan(x.quotient(self))
            };
            angle.re = Real::atan2(self.re, x.re);
            angle
        }
        #[inline]
        fn abs(self) -> Self {
            self.chain(Real::abs(self.re), Real::signum(self.re), || T::from(0.0))
        }
        #[inline]
        fn signum(self) -> Self {
            Self::from_re(Real::signum(self.re))
        }
    };
}

impl<T: Real + DualNum<Primitive = f64>, const N: usize> Real for DualSVec<T, N> {
    #[inline]
    fn quotient(self, divisor: Self) -> Self {
        // From a = q b: a' = q' b + q b'.
        let (q, inverse) = (self.re.quotient(divisor.re), Real::recip(divisor.re));
        DualVec::new(q, (self.eps - divisor.eps * q) * inverse)
    }
    elementary!();
}

impl<T: Real + DualNum<Primitive = f64>, const M: usize, const N: usize> Real
    for HyperDualSVec<T, M, N>
{
    #[inline]
    fn quotient(self, divisor: Self) -> Self {
        // From a = q b, differentiated along each direction and then along both.
        let (q, inverse) = (self.re.quotient(divisor.re), Real::recip(divisor.re));
        let q1 = (self.eps1 - divisor.eps1 * q) * inverse;
        let q2 = (self.eps2 - divisor.eps2 * q) * inverse;
        let mixed =
            self.eps1eps2 - divisor.eps1eps2 * q - &q1 * &divisor.eps2 - &divisor.eps1 * &q2;
        HyperDualVec::new(q, q1, q2, mixed * inverse)
    }
    elementary!();
}
