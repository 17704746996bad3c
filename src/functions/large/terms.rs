//! Sums of terms in a few variables each: the term and its slopes are written by hand, the rest follows from them.

use nalgebra_sparse::{CooMatrix, CscMatrix};

use crate::{AutoDiff, DVector, Formula, Matrix, Num, Problem, Real};

/// f(x) = Σₖ termₖ(x at `places(k)`), with W variables in each term.
pub(super) trait Terms<const W: usize>: Copy + Sync {
    /// The number of terms.
    fn count(&self) -> usize;

    /// The variables of term k, each once.
    fn places(&self, k: usize) -> [usize; W];

    /// Term k.
    fn term<R: Real>(&self, k: usize, x: [Num<R>; W]) -> Num<R>;

    /// The derivatives of term k.
    fn slopes(&self, k: usize, x: [f64; W]) -> [f64; W];

    fn value(&self, x: &[f64]) -> f64 {
        let term = |k| self.term::<f64>(k, self.places(k).map(|i| x[i].into())).value();
        (0..self.count()).map(term).sum()
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut value = 0.0;
        for k in 0..self.count() {
            let places = self.places(k);
            let x = places.map(|i| x[i]);
            value += self.term::<f64>(k, x.map(Num::from)).value();
            for (i, slope) in places.into_iter().zip(self.slopes(k, x)) {
                gradient[i] += slope;
            }
        }
        value
    }

    /// The sum of the Hessians of the terms, differentiated automatically.
    fn sparse_hessian(&self, x: &[f64]) -> Option<Matrix> {
        let mut sum = CooMatrix::new(x.len(), x.len());
        for k in 0..self.count() {
            let places = self.places(k);
            let own = DVector::from_iterator(W, places.iter().map(|&i| x[i]));
            let Some(Matrix::Dense(block)) = AutoDiff(Term { of: *self, k }).hessian(&own) else {
                return None;
            };
            for (row, &i) in places.iter().enumerate() {
                for (column, &j) in places.iter().enumerate() {
                    sum.push(i, j, block[(row, column)]);
                }
            }
        }
        Some(CscMatrix::from(&sum).into())
    }
}

/// One term, a formula in its own variables.
struct Term<const W: usize, T> {
    of: T,
    k: usize,
}

impl<const W: usize, T: Terms<W>> Formula for Term<W, T> {
    fn dimension(&self) -> usize {
        W
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        self.of.term(self.k, std::array::from_fn(|i| x[i]))
    }
}

/// The type of a function whose [`Terms`] are implemented separately. `size` says which n are allowed, `start` and
/// `minimizer` give entry j of n; where no minimiser is known in closed form, `minima` lists values by n.
macro_rules! sum_of_terms {
    ($(#[$doc:meta])* $name:ident, $title:literal, size: $size:expr, $range:literal,
     start: $start:expr, minimizer: $minimizer:expr) => {
        sum_of_terms!(@type $(#[$doc])* $name, $size, $range, $start);
        impl From<$name> for crate::functions::TestFunction {
            #[inline]
            fn from(function: $name) -> Self {
                let entry: fn(usize, usize) -> f64 = $minimizer;
                let minimizer = crate::DVector::from_fn(function.n, |j, _| entry(j, function.n));
                super::published($title, function.start(), Some(minimizer), function)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $title:literal, size: $size:expr, $range:literal,
     start: $start:expr, minima: $minima:expr) => {
        sum_of_terms!(@type $(#[$doc])* $name, $size, $range, $start);
        impl From<$name> for crate::functions::TestFunction {
            #[inline]
            fn from(function: $name) -> Self {
                let minima: &[(usize, f64)] = &$minima;
                let here = minima.iter().filter(|(n, _)| *n == function.n);
                Self {
                    minima: here.map(|(_, minimum)| *minimum).collect(),
                    ..super::published($title, function.start(), None, function)
                }
            }
        }
    };
    (@type $(#[$doc:meta])* $name:ident, $size:expr, $range:literal, $start:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            n: usize,
        }

        impl $name {
            #[doc = concat!("With `n` variables, ", $range, ".")]
            ///
            /// # Errors
            /// [`Error::Parameter`](crate::Error::Parameter) for any other `n`.
            pub fn new(n: usize) -> Result<Self, crate::Error> {
                let is_allowed: fn(usize) -> bool = $size;
                Ok(Self { n: crate::functions::sized(n, is_allowed(n), $range)? })
            }

            /// The standard start.
            pub fn start(&self) -> crate::DVector<f64> {
                let entry: fn(usize, usize) -> f64 = $start;
                crate::DVector::from_fn(self.n, |j, _| entry(j, self.n))
            }
        }

        super::problem!($name, sparse_hessian);
    };
}
pub(super) use sum_of_terms;
