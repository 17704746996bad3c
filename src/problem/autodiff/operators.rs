//! The operators between numbers, and between numbers and `f64`.

use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Num, Real};

/// One operator from its three rules: `Num ∘ Num`, `Num ∘ f64` and `f64 ∘ Num`.
macro_rules! operator {
    (
        $Trait:ident $method:ident, $Assign:ident $assign:ident,
        |$a:ident, $b:ident| $both:expr, $right:expr, $left:expr
    ) => {
        impl<R: Real> $Trait for Num<R> {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: Num<R>) -> Num<R> {
                let ($a, $b) = (self.0, other.0);
                Num($both)
            }
        }
        impl<R: Real> $Trait<f64> for Num<R> {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: f64) -> Num<R> {
                let ($a, $b) = (self.0, other);
                Num($right)
            }
        }
        impl<R: Real> $Trait<Num<R>> for f64 {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: Num<R>) -> Num<R> {
                let ($a, $b) = (self, other.0);
                Num($left)
            }
        }
        by_reference!($Trait $method, Num<R>, Num<R>);
        by_reference!($Trait $method, Num<R>, f64);
        by_reference!($Trait $method, f64, Num<R>);
        impl<R: Real, T> $Assign<T> for Num<R>
        where
            Num<R>: $Trait<T, Output = Num<R>>,
        {
            #[inline]
            fn $assign(&mut self, other: T) {
                *self = $Trait::$method(*self, other);
            }
        }
    };
}

/// The same operator where one side or both are references.
macro_rules! by_reference {
    ($Trait:ident $method:ident, $left:ty, $right:ty) => {
        impl<R: Real> $Trait<$right> for &$left {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: $right) -> Num<R> {
                $Trait::$method(*self, other)
            }
        }
        impl<R: Real> $Trait<&$right> for $left {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: &$right) -> Num<R> {
                $Trait::$method(self, *other)
            }
        }
        impl<R: Real> $Trait<&$right> for &$left {
            type Output = Num<R>;
            #[inline]
            fn $method(self, other: &$right) -> Num<R> {
                $Trait::$method(*self, *other)
            }
        }
    };
}

operator!(Add add, AddAssign add_assign, |a, b| a + b, a + b, b + a);
operator!(Sub sub, SubAssign sub_assign, |a, b| a - b, a - b, R::from(a) - b);
operator!(Mul mul, MulAssign mul_assign, |a, b| a * b, a * b, b * a);
operator!(Div div, DivAssign div_assign, |a, b| a.quotient(b), a / b, R::from(a).quotient(b));

impl<R: Real> Neg for Num<R> {
    type Output = Num<R>;
    #[inline]
    fn neg(self) -> Num<R> {
        Num(-self.0)
    }
}

impl<R: Real> Neg for &Num<R> {
    type Output = Num<R>;
    #[inline]
    fn neg(self) -> Num<R> {
        -*self
    }
}

impl<R: Real> Sum for Num<R> {
    fn sum<I: Iterator<Item = Num<R>>>(terms: I) -> Num<R> {
        terms.fold(Num::from(0.0), Add::add)
    }
}

impl<'a, R: Real> Sum<&'a Num<R>> for Num<R> {
    fn sum<I: Iterator<Item = &'a Num<R>>>(terms: I) -> Num<R> {
        terms.copied().sum()
    }
}

impl<R: Real> Product for Num<R> {
    fn product<I: Iterator<Item = Num<R>>>(factors: I) -> Num<R> {
        factors.fold(Num::from(1.0), Mul::mul)
    }
}

impl<'a, R: Real> Product<&'a Num<R>> for Num<R> {
    fn product<I: Iterator<Item = &'a Num<R>>>(factors: I) -> Num<R> {
        factors.copied().product()
    }
}
