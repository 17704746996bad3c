//! Means over many terms.
//!
//! ```text
//! f(x) = (1/N) Σ_i f_i(x),    f_B(x) = (1/|B|) Σ_{i in B} f_i(x)
//! ```
//!
//! A batch B is evaluated in chunks of [`CHUNK`] terms, f_B = Σ_c (|c| / |B|) f_c, added in index order whichever
//! thread evaluated them: the bits depend on the batch alone. f is the empirical risk of L. Bottou, F. Curtis and J.
//! Nocedal, "Optimization methods for large-scale machine learning", SIAM Review 60(2), 2018, eq. (3.6).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use nalgebra::DVector;
#[cfg(feature = "parallel")]
use rayon::prelude::*;

use super::{Problem, Structure};
use crate::memory;

/// Terms in one call of the term functions.
pub(crate) const CHUNK: usize = 256;

/// Chunks evaluated at once, and so the largest number of gradients kept beside the sum.
#[cfg(feature = "parallel")]
const GROUP: usize = 64;

/// A function that is the mean of many terms, f(x) = (1/N) Σ f_i(x): the loss over N observations.
///
/// `cost`, `gradient` and `cost_and_gradient` compute the **mean** over a batch, a list of term indices below N that is
/// never empty. [`Sum`] turns it into a [`Problem`]. Solvers that draw batches reach the terms through
/// [`Problem::structure`].
///
/// ```
/// use extremum::{DVector, FiniteSum, Lbfgs, Sum, minimize};
///
/// /// f_i(x) = (x - y_i)² / 2
/// struct Center(Vec<f64>);
///
/// impl FiniteSum for Center {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn terms(&self) -> usize {
///         self.0.len()
///     }
///     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
///         batch.iter().map(|&i| (x[0] - self.0[i]).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
///     }
///     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
///         g[0] = batch.iter().map(|&i| x[0] - self.0[i]).sum::<f64>() / batch.len() as f64;
///     }
/// }
///
/// let problem = Sum::new(Center(vec![1.0, 2.0, 6.0]));
/// let found = minimize(&problem, Lbfgs::default(), [0.0])?;
/// assert!((found.x[0] - 3.0).abs() < 1e-6); // the mean
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait FiniteSum: Sync {
    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// The number N of terms.
    fn terms(&self) -> usize;

    /// The mean of f_i(x) over the batch.
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64;

    /// Writes the mean of ∇f_i(x) over the batch, n components.
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>);

    /// Writes the mean gradient over the batch and returns the mean cost. Worth implementing when the two share work.
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        self.gradient(batch, x, gradient);
        self.cost(batch, x)
    }
}

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<F: FiniteSum + $($sync)* ?Sized> FiniteSum for $pointer {
            fn dimension(&self) -> usize {
                (**self).dimension()
            }
            fn terms(&self) -> usize {
                (**self).terms()
            }
            fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
                (**self).cost(batch, x)
            }
            fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
                (**self).gradient(batch, x, gradient);
            }
            fn cost_and_gradient(
                &self,
                batch: &[usize],
                x: &DVector<f64>,
                gradient: &mut DVector<f64>,
            ) -> f64 {
                (**self).cost_and_gradient(batch, x, gradient)
            }
        }
    };
}

forward!(&F,);
forward!(Box<F>,);
forward!(Arc<F>, Send+);

/// The [`Problem`] of minimising the mean over all terms of a [`FiniteSum`].
///
/// The terms are evaluated in chunks of 256, with the feature `parallel` on rayon's threads; the bits do not depend on
/// the number of threads. At most 64 gradients are kept beside the sum, or one on a single thread. A sum without terms
/// has no mean: its cost and gradient are NaN, and a run on it is refused with
/// [`Error::EmptySum`](crate::Error::EmptySum). A sum whose list of terms would not fit into memory is refused as well.
///
/// An example is at [`FiniteSum`].
pub struct Sum<F> {
    chunked: Chunked<F>,
    /// 0, 1, ..., N - 1: the batch of all terms.
    all: Vec<usize>,
}

impl<F: FiniteSum> Sum<F> {
    /// The mean over all of `terms`. Keeps a list of the N indices.
    pub fn new(terms: F) -> Self {
        let count = terms.terms();
        let fits = memory::check_length::<usize>("terms", count).is_ok();
        let all = (0..if fits { count } else { 0 }).collect();
        Self { chunked: Chunked { terms, scratch: Mutex::new(Vec::new()) }, all }
    }

    /// The terms.
    pub fn terms(&self) -> &F {
        &self.chunked.terms
    }
}

impl<F: FiniteSum> Problem for Sum<F> {
    fn dimension(&self) -> usize {
        self.chunked.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.chunked.cost(&self.all, x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.chunked.gradient(&self.all, x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.chunked.cost_and_gradient(&self.all, x, gradient)
    }
    fn structure(&self) -> Structure<'_> {
        Structure::sum(&self.chunked)
    }
}

impl<F: FiniteSum> fmt::Debug for Sum<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sum")
            .field("dimension", &self.chunked.dimension())
            .field("terms", &self.all.len())
            .finish_non_exhaustive()
    }
}

/// The means over one chunk.
#[derive(Default)]
pub(crate) struct Mean {
    pub cost: f64,
    pub gradient: DVector<f64>,
}

/// Adds the means over the chunks of a group, one by one, each with the weight |c| / |B| of its terms in the batch.
pub(crate) fn add(
    (group, batch): (&[usize], usize),
    means: &[Mean],
    cost: &mut f64,
    gradient: &mut [f64],
) {
    for (chunk, mean) in group.chunks(CHUNK).zip(means) {
        let weight = chunk.len() as f64 / batch as f64;
        *cost += weight * mean.cost;
        for (sum, entry) in gradient.iter_mut().zip(&mean.gradient) {
            *sum += weight * entry;
        }
    }
}

/// The terms, with batches of any size evaluated chunk by chunk. It is a separate type so that [`Sum`] has the methods
/// of one trait only.
struct Chunked<F> {
    terms: F,
    /// Buffers not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<Vec<Mean>>>,
}

impl<F: FiniteSum> Chunked<F> {
    /// The mean of what `evaluate` returns and writes for the chunks. An empty gradient asks for the cost alone.
    fn mean(
        &self,
        batch: &[usize],
        gradient: &mut DVector<f64>,
        evaluate: impl Fn(&[usize], &mut DVector<f64>) -> f64 + Sync,
    ) -> f64 {
        if batch.is_empty() {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        if batch.len() <= CHUNK {
            return evaluate(batch, gradient);
        }
        let mut means = self.take();
        let at_once = chunks_at_once().min(batch.len().div_ceil(CHUNK));
        if means.len() < at_once {
            means.resize_with(at_once, Mean::default);
        }
        for mean in &mut means[..at_once] {
            if mean.gradient.len() < gradient.len() {
                mean.gradient = DVector::zeros(gradient.len());
            }
        }
        let mut cost = 0.0;
        gradient.fill(0.0);
        for group in batch.chunks(at_once * CHUNK) {
            each_chunk(group, &mut means[..at_once], &|chunk, mean| {
                mean.cost = evaluate(chunk, &mut mean.gradient);
            });
            add((group, batch.len()), &means, &mut cost, gradient.as_mut_slice());
        }
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(means);
        cost
    }

    fn take(&self) -> Vec<Mean> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

impl<F: FiniteSum> FiniteSum for Chunked<F> {
    fn dimension(&self) -> usize {
        self.terms.dimension()
    }
    fn terms(&self) -> usize {
        self.terms.terms()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        self.mean(batch, &mut DVector::zeros(0), |chunk, _| self.terms.cost(chunk, x))
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.mean(batch, gradient, |chunk, gradient| {
            self.terms.gradient(chunk, x, gradient);
            0.0
        });
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        self.mean(batch, gradient, |chunk, gradient| {
            self.terms.cost_and_gradient(chunk, x, gradient)
        })
    }
}

/// How many chunks are evaluated before they are added. This changes no bit, because they are added one by one.
fn chunks_at_once() -> usize {
    #[cfg(feature = "parallel")]
    if rayon::current_num_threads() > 1 {
        return GROUP;
    }
    1
}

/// Evaluates every chunk of the group into its own place. Behind a pointer: rayon's part is compiled once.
fn each_chunk(
    group: &[usize],
    means: &mut [Mean],
    evaluate: &(dyn Fn(&[usize], &mut Mean) + Sync),
) {
    #[cfg(feature = "parallel")]
    if means.len() > 1 {
        let chunks = group.par_chunks(CHUNK).zip(means.par_iter_mut());
        return chunks.for_each(|(chunk, mean)| evaluate(chunk, mean));
    }
    for (chunk, mean) in group.chunks(CHUNK).zip(means) {
        evaluate(chunk, mean);
    }
}
