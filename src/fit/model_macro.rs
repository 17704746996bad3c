//! `model!`: a model without the struct around it.

/// Writes the [`Model`](crate::fit::Model) y = f(t, b) for one expression and wraps it in
/// [`AutoDiff`](crate::AutoDiff), for [`curve_fit`](crate::curve_fit): `model!(|t, b| y)`. t is a number, and b the
/// slice of the parameters; they are as many as the start has.
///
/// ```
/// use extremum::{curve_fit, model};
///
/// let (t, y) = ([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]);
/// let fit = curve_fit(model!(|t, b| b[0] + b[1] * t), &t, &y).start([0.0, 0.0]).run()?;
/// assert!((fit.values()[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// Several predictors are named in brackets, in the order of the columns of data. What the expression needs besides is
/// named in `with(..)`, as in [`problem!`](crate::problem!).
///
/// ```
/// use extremum::{curve_fit, model};
///
/// let (time, dose, y) = ([0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 2.0, 4.0], [3.0, 5.0, 8.0, 12.0]);
/// let zero = 1.0;
/// let plane = model!(with(zero: f64), |[t, u], b| zero + b[0] * t + b[1] * u);
/// let fit = curve_fit(plane, [&time, &dose], &y).start([0.0, 0.0]).run()?;
/// assert!((fit.values()[0] - 2.0).abs() < 0.5);
/// # Ok::<(), extremum::Error>(())
/// ```
#[macro_export]
macro_rules! model {
    ($(with($($name:ident: $type:ty),+ $(,)?),)? |$t:ident, $b:ident| $y:expr $(,)?) => {
        $crate::model!($(with($($name: $type),+),)? |[$t], $b| $y)
    };
    (|[$($t:ident),+ $(,)?], $b:ident| $y:expr $(,)?) => {{
        struct FittedModel;
        impl $crate::fit::Model for FittedModel {
            fn columns(&self) -> usize {
                [$(stringify!($t)),+].len()
            }
            fn value<R: $crate::Real>(&self, t: &[f64], $b: &[$crate::Num<R>]) -> $crate::Num<R> {
                let mut columns = t.iter().copied();
                $(let $t = columns.next().unwrap_or(f64::NAN);)+
                $y
            }
        }
        $crate::AutoDiff(FittedModel)
    }};
    (with($($name:ident: $type:ty),+ $(,)?), |[$($t:ident),+ $(,)?], $b:ident| $y:expr $(,)?) => {{
        struct FittedModel<'a> {
            $($name: &'a $type,)+
        }
        impl $crate::fit::Model for FittedModel<'_> {
            fn columns(&self) -> usize {
                [$(stringify!($t)),+].len()
            }
            fn value<R: $crate::Real>(&self, t: &[f64], $b: &[$crate::Num<R>]) -> $crate::Num<R> {
                $(let $name = self.$name;)+
                let mut columns = t.iter().copied();
                $(let $t = columns.next().unwrap_or(f64::NAN);)+
                $y
            }
        }
        $crate::AutoDiff(FittedModel { $($name: &$name),+ })
    }};
}
