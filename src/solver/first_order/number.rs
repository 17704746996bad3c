//! The numbers that rules compute with: a few components of a vector at once.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use serde::{Serialize, de::DeserializeOwned};

/// The type of a parameter: `f32` or `f64`.
pub trait Float:
    Copy + Debug + Default + PartialOrd + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The distance from 1 to the next number.
    const EPSILON: f64;
    /// The components that are updated side by side: a measured number, not derived from the width of registers.
    type Lanes: Number<Scalar = Self>;
    /// Fewer components, for the remainder.
    type Few: Number<Scalar = Self>;
    /// The nearest number of this type.
    fn of(x: f64) -> Self;
    /// The same number.
    fn f64(self) -> f64;
    #[doc(hidden)]
    fn add(self, other: Self) -> Self;
    #[doc(hidden)]
    fn sub(self, other: Self) -> Self;
    #[doc(hidden)]
    fn mul(self, other: Self) -> Self;
    #[doc(hidden)]
    fn div(self, other: Self) -> Self;
    #[doc(hidden)]
    fn sqrt(self) -> Self;
    #[doc(hidden)]
    fn abs(self) -> Self;
}

macro_rules! float {
    ($type:ty, $lanes:literal, $few:literal) => {
        impl Float for $type {
            const EPSILON: f64 = <$type>::EPSILON as f64;
            type Lanes = Lanes<$type, $lanes>;
            type Few = Lanes<$type, $few>;
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $type
            }
            #[inline(always)]
            fn f64(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                self / other
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$type>::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$type>::abs(self)
            }
        }
    };
}

float!(f32, 16, 8);
float!(f64, 4, 1);

/// One component of a vector, or several side by side. Rules are written once for all of them; a comparison selects
/// instead of branching.
pub trait Number:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The type of one component.
    type Scalar: Float;
    /// The number of components.
    const LANES: usize;
    /// The same number in every component.
    fn of(x: f64) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// `then` where self < other, else `otherwise`.
    fn less(self, other: Self, then: Self, otherwise: Self) -> Self;
    /// Any other function, slowly, component by component: op(lane, x).
    fn each(self, op: impl Fn(usize, f64) -> f64) -> Self;
    /// The larger.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.less(other, other, self)
    }
    /// The smaller.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        other.less(self, other, self)
    }
    /// -1, 0 or 1.
    #[inline(always)]
    fn sign(self) -> Self {
        let zero = Self::of(0.0);
        self.less(zero, Self::of(-1.0), zero.less(self, Self::of(1.0), zero))
    }
    /// x².
    #[inline(always)]
    fn squared(self) -> Self {
        self * self
    }
    /// `self` where it is finite, else `otherwise`.
    fn or_if_not_finite(self, otherwise: Self) -> Self;
    #[doc(hidden)]
    fn load(from: &[Self::Scalar]) -> Self;
    #[doc(hidden)]
    fn store(self, to: &mut [Self::Scalar]);
    #[doc(hidden)]
    fn add_to(self, sums: &mut [f64; MOST_LANES]);
}

/// The most components of a number.
pub(super) const MOST_LANES: usize = 16;

/// `W` components side by side.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Lanes<T, const W: usize>([T; W]);

impl<T: Float, const W: usize> Lanes<T, W> {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(T, T) -> T) -> Self {
        let mut result = self.0;
        for (a, b) in result.iter_mut().zip(other.0) {
            *a = op(*a, b);
        }
        Self(result)
    }

    /// The first component.
    #[inline(always)]
    pub(super) fn first(self) -> T {
        self.0[0]
    }

    #[inline(always)]
    fn map(self, op: impl Fn(T) -> T) -> Self {
        Self(self.0.map(op))
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<T: Float, const W: usize> $trait for Lanes<T, W> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, T::$method)
            }
        }
    };
}

operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl<T: Float, const W: usize> Neg for Lanes<T, W> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // Not 0 - x, which loses the sign of zero.
        self.map(|x| T::of(-1.0).mul(x))
    }
}

impl<T: Float, const W: usize> Number for Lanes<T, W> {
    type Scalar = T;
    const LANES: usize = W;
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self([T::of(x); W])
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(T::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(T::abs)
    }
    #[inline(always)]
    fn less(self, other: Self, then: Self, otherwise: Self) -> Self {
        let mut result = otherwise.0;
        for (l, result) in result.iter_mut().enumerate() {
            *result = if self.0[l] < other.0[l] { then.0[l] } else { otherwise.0[l] };
        }
        Self(result)
    }
    #[inline(always)]
    fn or_if_not_finite(self, otherwise: Self) -> Self {
        // x - x is 0, or NaN.
        let zero = T::of(0.0);
        let mut result = otherwise.0;
        for (l, result) in result.iter_mut().enumerate() {
            let x = self.0[l];
            *result = if x.sub(x) == zero { x } else { otherwise.0[l] };
        }
        Self(result)
    }
    #[inline(always)]
    fn each(self, op: impl Fn(usize, f64) -> f64) -> Self {
        let mut result = self.0;
        for (l, x) in result.iter_mut().enumerate() {
            *x = T::of(op(l, x.f64()));
        }
        Self(result)
    }
    #[inline(always)]
    fn load(from: &[T]) -> Self {
        let mut lanes = [T::default(); W];
        lanes.copy_from_slice(from);
        Self(lanes)
    }
    #[inline(always)]
    fn store(self, to: &mut [T]) {
        to.copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn add_to(self, sums: &mut [f64; MOST_LANES]) {
        for (sum, x) in sums.iter_mut().zip(self.0) {
            *sum += x.f64();
        }
    }
}
