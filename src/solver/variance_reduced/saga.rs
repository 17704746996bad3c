//! SAGA: the gradient of a term, corrected by the gradient of that term when it was last drawn.
//!
//! The mean of the table is updated as in the paper, mean⁺ = mean + (∇F_k(x) − T_k)/G. Its rounding errors are of the
//! size of the largest gradients that the table ever held and would stay in v for good. So each epoch starts from a
//! mean that is computed anew: as many operations as its steps take, and no evaluation.

use std::mem::swap;
use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::VarianceReduced;
use super::epoch::{Epoch, Method, is_finite};
use super::groups::Group;
use super::svrg::check_step;
use crate::error::check;
use crate::{Error, Oracle, Termination, linalg};

/// SAGA, the method of Defazio, Bach and Lacoste-Julien, with a table of gradients.
///
/// **Method** v = ∇f_i(x) − T_i + mean T, x⁺ = x − η v with a term i drawn uniformly, then T_i = ∇f_i(x). There is no
/// anchor: an epoch is m steps, and the cost and gradient of all terms measured at its end serve only to observe the
/// run.
///
/// **Needs** a [`Sum`](crate::Sum); N + mb terms an epoch, and N more in the first to fill the table at x0; memory for the
/// table, n numbers for each of ⌈N/b⌉ batches, and 10 vectors. The batches are the same in every epoch, so a batch
/// is one row. **Parameters** [`new`](Saga::new)'s η, [`batch_size`](VarianceReduced::batch_size) b (default 1),
/// [`inner`](VarianceReduced::inner) m (default ⌈N/b⌉), [`seed`](VarianceReduced::seed) (default 0). A table that
/// cannot be allocated is an [`Error::Parameter`], except on systems that overcommit memory.
///
/// **Guarantee** With L-smooth convex terms, a μ-strongly convex mean and η = 1/(3L), the mean of |x − x*|² after k steps
/// is at most (1 − min(1/(4N), μ/(3L)))^k (|x0 − x*|² + (2N/3L)(f(x0) − f*)) (theorem 1).
///
/// ```
/// use extremum::{DVector, FiniteSum, Saga, Sum, minimize};
///
/// // The terms (a_i x - 1)² / 2 in a struct, as at `Svrg`.
/// # struct Slopes(Vec<f64>);
/// # impl FiniteSum for Slopes {
/// #     fn dimension(&self) -> usize {
/// #         1
/// #     }
/// #     fn terms(&self) -> usize {
/// #         self.0.len()
/// #     }
/// #     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
/// #         batch.iter().map(|&i| (self.0[i] * x[0] - 1.0).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
/// #     }
/// #     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
/// #         let each = batch.iter().map(|&i| self.0[i] * (self.0[i] * x[0] - 1.0));
/// #         g[0] = each.sum::<f64>() / batch.len() as f64;
/// #     }
/// # }
/// let problem = Sum::new(Slopes(vec![1.0, 2.0, 3.0]));
/// let found = minimize(&problem, Saga::new(1.0 / 27.0).inner(20), [0.0])?; // L = 3²
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 6.0 / 14.0).abs() < 1e-6); // Σa / Σa²
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Defazio, F. Bach and S. Lacoste-Julien, "SAGA: a fast incremental gradient method with support for
/// non-strongly convex composite objectives", Advances in Neural Information Processing Systems 27 (2014) 1646-1654,
/// equation (1) without a proximal term, and theorem 1.
pub type Saga = VarianceReduced<Tabulated>;

/// The estimate of [`Saga`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tabulated {
    step: f64,
}

impl Saga {
    /// SAGA with the constant step η. Range: finite, above 0. A safe value is 1/(3L), where every ∇f_i is L-Lipschitz.
    pub fn new(step: f64) -> Self {
        Self::of(Tabulated { step })
    }
}

/// What [`Tabulated`] remembers: the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TabulatedMemory {
    /// T, row after row.
    table: Vec<f64>,
    /// The number of rows filled since the start, or since the table was discarded.
    filled: usize,
    mean: DVector<f64>,
    here: DVector<f64>,
    next_mean: DVector<f64>,
    next: DVector<f64>,
}

impl TabulatedMemory {
    /// Computes the mean anew.
    fn refresh(&mut self, groups: usize) {
        let n = self.mean.len();
        self.mean.fill(0.0);
        if n > 0 {
            for row in self.table.chunks_exact(n) {
                linalg::axpy((groups as f64).recip(), row, self.mean.as_mut_slice());
            }
        }
    }
}

impl Method for Tabulated {
    type Memory = TabulatedMemory;

    fn name(&self) -> &'static str {
        "Saga"
    }

    fn check(&self) -> Result<(), Error> {
        check_step(self.step)
    }

    fn start(&self, n: usize, groups: usize) -> Result<Self::Memory, Error> {
        let mut table = Vec::new();
        let entries = groups.saturating_mul(n);
        let fits = table.try_reserve_exact(entries).is_ok();
        let range = "small enough to fit into memory: take larger batches";
        check(fits, "table", entries as f64, range)?;
        table.resize(entries, 0.0);
        let zeros = || DVector::zeros(n);
        let (mean, here, next_mean, next) = (zeros(), zeros(), zeros(), zeros());
        Ok(TabulatedMemory { table, filled: 0, mean, here, next_mean, next })
    }

    /// The table's gradients belong to discarded iterates: it will be filled anew at x.
    fn restart(&self, memory: &mut Self::Memory, _x: &DVector<f64>) {
        memory.filled = 0;
    }

    fn begin(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
    ) -> ControlFlow<Termination> {
        let count = epoch.groups.count();
        while memory.filled < count {
            let k = memory.filled;
            let Group { batch, weight } = epoch.groups.get(k);
            problem.batch_gradient(batch, epoch.x, &mut memory.here);
            problem.uninterrupted()?;
            memory.here *= weight;
            // The mean of v is the gradient, whatever the row.
            if !memory.here.iter().all(|g| g.is_finite()) {
                memory.here.fill(0.0);
                *epoch.skipped = epoch.skipped.saturating_add(1);
            }
            let n = memory.here.len();
            memory.table[k * n..(k + 1) * n].copy_from_slice(memory.here.as_slice());
            memory.filled += 1;
        }
        memory.refresh(count);
        ControlFlow::Continue(())
    }

    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
        drawn: usize,
    ) -> ControlFlow<Termination, bool> {
        let Epoch { groups, x, shrink, .. } = epoch;
        let Group { batch, weight } = groups.get(drawn);
        let n = x.len();
        let TabulatedMemory { table, mean, here, next_mean, next, .. } = memory;
        let row = &mut table[drawn * n..(drawn + 1) * n];
        problem.batch_gradient(batch, x, here);
        problem.uninterrupted()?;
        let step = self.step * shrink;
        let share = (groups.count() as f64).recip();
        let finite = linalg::map(
            [x.as_slice(), here.as_slice(), &*row, mean.as_slice()],
            [next.as_mut_slice(), next_mean.as_mut_slice()],
            |[x, here, row, mean]| {
                let change = weight * here - row;
                [x - step * (change + mean), mean + share * change]
            },
        );
        if finite {
            for (row, here) in row.iter_mut().zip(here.iter()) {
                *row = weight * here;
            }
            swap(mean, next_mean);
            swap(x, next);
        }
        ControlFlow::Continue(finite)
    }

    fn is_valid(&self, memory: &Self::Memory, n: usize, groups: usize) -> bool {
        let TabulatedMemory { table, filled, mean, here, next_mean, next } = memory;
        is_finite(table, groups.saturating_mul(n))
            && *filled <= groups
            && is_finite(mean.as_slice(), n)
            && [here, next_mean, next].iter().all(|v| v.len() == n)
    }
}
