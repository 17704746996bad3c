//! The scalars that a formula is evaluated on.

use nalgebra::Const;
use num_dual::{DualNum, DualSVec, DualStruct, DualVec, HyperDualVec};

type HyperDualSVec<T, const M: usize, const N: usize> = HyperDualVec<T, Const<M>, Const<N>>;

/// A scalar that carries derivatives: the bound of [`Formula::cost`](super::Formula::cost), which computes with
/// [`Num<R>`](super::Num).
///
/// Implemented for `f64` and, over any `Real`, for the dual numbers of the crate num-dual. The methods are the
/// functions whose *value* num-dual rounds differently from `f64` (`a / b` as `a * (1 / b)`, `tanh` as
/// `sinh / cosh`), or whose derivatives it loses at zero (`x.powf(2.5)`). Here the value is that of `f64`, bit for
/// bit, so that a cost does not depend on whether derivatives were asked for.
pub trait Real: DualNum<Primitive = f64> + Copy {
    /// self / divisor.
    fn quotient(self, divisor: Self) -> Self;
    /// selfⁿ.
    fn integer_power(self, n: i32) -> Self;
    /// self to a constant power.
    fn real_power(self, exponent: f64) -> Self;
    /// self to a power that carries derivatives.
    fn power(self, exponent: Self) -> Self;
    /// tan(self).
    fn tangent(self) -> Self;
    /// tanh(self).
    fn hyperbolic_tangent(self) -> Self;
    /// The angle of the point (x, self).
    fn angle(self, x: Self) -> Self;
    /// |self|.
    fn magnitude(self) -> Self;
    /// The derivative of |self|: 1 or -1, and at ±0 the sign of the zero.
    fn sign(self) -> Self;
}

impl Real for f64 {
    fn quotient(self, divisor: f64) -> f64 {
        self / divisor
    }
    fn integer_power(self, n: i32) -> f64 {
        self.powi(n)
    }
    fn real_power(self, exponent: f64) -> f64 {
        self.powf(exponent)
    }
    fn power(self, exponent: f64) -> f64 {
        self.powf(exponent)
    }
    fn tangent(self) -> f64 {
        self.tan()
    }
    fn hyperbolic_tangent(self) -> f64 {
        self.tanh()
    }
    fn angle(self, x: f64) -> f64 {
        self.atan2(x)
    }
    fn magnitude(self) -> f64 {
        self.abs()
    }
    fn sign(self) -> f64 {
        self.signum()
    }
}

/// The chain rule: `self` holds x and derivatives of x, the result φ(x) and derivatives of φ(x).
trait Chain<T> {
    /// From φ(x), φ'(x) and φ''(x). The last is not computed where it is not used.
    fn chain(&self, f0: T, f1: T, f2: impl FnOnce() -> T) -> Self;
}

impl<T: Real, const N: usize> Chain<T> for DualSVec<T, N> {
    #[inline]
    fn chain(&self, f0: T, f1: T, _: impl FnOnce() -> T) -> Self {
        DualVec::new(f0, self.eps * f1)
    }
}

impl<T: Real, const M: usize, const N: usize> Chain<T> for HyperDualSVec<T, M, N> {
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

/// The functions that the chain rule and the quotient rule give.
macro_rules! elementary {
    () => {
        #[inline]
        fn integer_power(self, n: i32) -> Self {
            // The powers 0 and 1 are separate, because their derivatives would be 0 · ∞ at x = 0.
            match n {
                0 => Self::from_re(T::from(1.0)),
                1 => self,
                _ => {
                    let (n1, n2) = (n.saturating_sub(1), n.saturating_sub(2));
                    let factor = f64::from(n);
                    self.chain(self.re.integer_power(n), self.re.integer_power(n1) * factor, || {
                        self.re.integer_power(n2) * (factor * f64::from(n1))
                    })
                }
            }
        }
        #[inline]
        fn real_power(self, exponent: f64) -> Self {
            if exponent == 0.0 {
                Self::from_re(T::from(1.0))
            } else if exponent == 1.0 {
                self
            } else {
                self.chain(
                    self.re.real_power(exponent),
                    self.re.real_power(exponent - 1.0) * exponent,
                    || self.re.real_power(exponent - 2.0) * (exponent * (exponent - 1.0)),
                )
            }
        }
        #[inline]
        fn power(self, exponent: Self) -> Self {
            let f = self.re.power(exponent.re);
            (exponent * self.ln()).chain(f, f, || f)
        }
        #[inline]
        fn tangent(self) -> Self {
            let f0 = self.re.tangent();
            let f1 = f0 * f0 + 1.0;
            self.chain(f0, f1, || f0 * f1 * 2.0)
        }
        #[inline]
        fn hyperbolic_tangent(self) -> Self {
            let f0 = self.re.hyperbolic_tangent();
            // Not 1 - tanh², which cancels where tanh is close to 1.
            let sech = self.re.cosh().recip();
            let f1 = sech * sech;
            self.chain(f0, f1, || f0 * f1 * -2.0)
        }
        #[inline]
        fn angle(self, x: Self) -> Self {
            // The derivatives of both branches agree; the quotient that is at most 1 cannot overflow.
            let mut angle = if self.re().abs() <= x.re().abs() {
                self.quotient(x).atan()
            } else {
                -x.quotient(self).atan()
            };
            angle.re = self.re.angle(x.re);
            angle
        }
        #[inline]
        fn magnitude(self) -> Self {
            self.chain(self.re.magnitude(), self.re.sign(), || T::from(0.0))
        }
        #[inline]
        fn sign(self) -> Self {
            Self::from_re(self.re.sign())
        }
    };
}

impl<T: Real, const N: usize> Real for DualSVec<T, N> {
    #[inline]
    fn quotient(self, divisor: Self) -> Self {
        // From a = q b: a' = q' b + q b'.
        let (q, inverse) = (self.re.quotient(divisor.re), divisor.re.recip());
        DualVec::new(q, (self.eps - divisor.eps * q) * inverse)
    }
    elementary!();
}

impl<T: Real, const M: usize, const N: usize> Real for HyperDualSVec<T, M, N> {
    #[inline]
    fn quotient(self, divisor: Self) -> Self {
        // From a = q b, differentiated along each direction and then along both.
        let (q, inverse) = (self.re.quotient(divisor.re), divisor.re.recip());
        let q1 = (self.eps1 - divisor.eps1 * q) * inverse;
        let q2 = (self.eps2 - divisor.eps2 * q) * inverse;
        let mixed =
            self.eps1eps2 - divisor.eps1eps2 * q - &q1 * &divisor.eps2 - &divisor.eps1 * &q2;
        HyperDualVec::new(q, q1, q2, mixed * inverse)
    }
    elementary!();
}
