//! `problem!`: a formula without the struct around it.

/// Writes the [`Formula`](crate::Formula) for one expression and wraps it in [`AutoDiff`](crate::AutoDiff):
/// `problem!(n, |x| f)`, where `n` is the number of variables and the expression `f` of the slice `x` of
/// [`Num`](crate::Num)s is the cost.
///
/// ```
/// use extremum::{DVector, Problem, problem};
///
/// let wells = problem!(2, |x| x[0].powi(4) - 2.0 * x[0].powi(2) + x[1] * x[1]);
/// let mut gradient = DVector::zeros(2);
/// let cost = wells.cost_and_gradient(&DVector::from_vec(vec![2.0, 3.0]), &mut gradient);
/// assert_eq!(cost, 17.0);
/// assert_eq!(gradient.as_slice(), [24.0, 6.0]); // 4 x₀³ - 4 x₀, 2 x₁
/// ```
///
/// A closure cannot be generic over the kind of number, which is why this is a macro, and why the expression does
/// not see the local variables around it. Those that it needs are named, with their types, in `with(..)`. The
/// problem borrows them, and the expression sees them as references: `t: [f64]` is a `&[f64]` there, whether the
/// variable is a `Vec`, an array or a slice, and `sigma: f64` is a `&f64`.
///
/// ```
/// use extremum::{DVector, Problem, problem};
///
/// let t = vec![0.0, 1.0];
/// let y = [2.0, 0.0];
/// let sigma = 0.5;
/// let decay = problem!(2, with(t: [f64], y: [f64], sigma: f64), |b| {
///     t.iter().zip(y).map(|(t, y)| ((y - b[0] * (-b[1] * t).exp()) / sigma).powi(2)).sum()
/// });
/// // The residuals at b = (3, 0) are 2 - 3 and 0 - 3.
/// assert_eq!(decay.cost(&DVector::from_vec(vec![3.0, 0.0])), 40.0);
/// ```
///
/// A variable that is used without being named does not compile:
///
/// ```compile_fail,E0434
/// let scale = 2.0;
/// let problem = extremum::problem!(1, |x| scale * x[0]);
/// ```
#[macro_export]
macro_rules! problem {
    ($dimension:expr, |$x:ident| $cost:expr $(,)?) => {{
        struct ProblemFormula {
            dimension: usize,
        }
        impl $crate::Formula for ProblemFormula {
            fn dimension(&self) -> usize {
                self.dimension
            }
            fn cost<R: $crate::Real>(&self, $x: &[$crate::Num<R>]) -> $crate::Num<R> {
                $cost
            }
        }
        $crate::AutoDiff(ProblemFormula { dimension: $dimension })
    }};
    ($dimension:expr, with($($name:ident: $type:ty),+ $(,)?), |$x:ident| $cost:expr $(,)?) => {{
        struct ProblemFormula<'a> {
            dimension: usize,
            $($name: &'a $type,)+
        }
        impl $crate::Formula for ProblemFormula<'_> {
            fn dimension(&self) -> usize {
                self.dimension
            }
            fn cost<R: $crate::Real>(&self, $x: &[$crate::Num<R>]) -> $crate::Num<R> {
                $(let $name = self.$name;)+
                $cost
            }
        }
        $crate::AutoDiff(ProblemFormula { dimension: $dimension, $($name: &$name),+ })
    }};
}
