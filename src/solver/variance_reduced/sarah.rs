//! SARAH: an estimate of the gradient that is updated by the change of one term.
//!
//! For a random x_t the steps after it are not made: nothing depends on them.

use std::mem::swap;
use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::VarianceReduced;
use super::epoch::{Epoch, Method, is_finite};
use super::groups::{Group, TermGroups};
use super::svrg::check_step;
use crate::{Error, Oracle, Termination, linalg};

/// SARAH, the stochastic recursive gradient method.
///
/// **Method** v⁺ = ∇f_i(x) − ∇f_i(x⁻) + v, x⁺ = x − η v⁺ with a term i drawn uniformly and x⁻ the iterate before x;
/// after m steps x becomes the anchor x̃, x̃⁺ = x_m, or x_t with t uniform in 0, .., m, and v starts anew from
/// v₀ = ∇f(x̃).
///
/// **Needs** a [`Sum`](crate::Sum); N + 2(m − 1)b terms an epoch, 12 vectors of memory. **Parameters**
/// [`new`](Sarah::new)'s η, [`batch_size`](VarianceReduced::batch_size) b (default 1),
/// [`inner`](VarianceReduced::inner) m (default ⌈N/b⌉), [`random_iterate`](Sarah::random_iterate) (default off),
/// [`seed`](VarianceReduced::seed) (default 0).
///
/// **Guarantee** v is biased, but it converges to 0 within an epoch: with L-smooth, μ-strongly convex terms and
/// η ≤ 2/(μ + L) the mean of |v_t|² is at most (1 − 2μLη/(μ + L))^t |∇f(x̃)|² (theorem 1b). With the random iterate and a
/// μ-strongly convex mean of convex terms, the mean of |∇f(x̃)|² decreases by the factor 1/(μ η (m + 1)) + ηL/(2 − ηL)
/// an epoch, if that is below 1.
///
/// ```
/// use extremum::{DVector, FiniteSum, Sarah, Sum, minimize};
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
/// let found = minimize(&problem, Sarah::new(0.5 / 9.0).inner(20), [0.0])?; // L = 3²
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 6.0 / 14.0).abs() < 1e-6); // Σa / Σa²
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** L. M. Nguyen, J. Liu, K. Scheinberg and M. Takáč, "SARAH: a novel method for machine learning
/// problems using stochastic recursive gradient", Proceedings of the 34th International Conference on Machine Learning
/// (2017) 2613-2621, algorithm 1 and theorem 1.
pub type Sarah = VarianceReduced<Recursive>;

/// The estimate of [`Sarah`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recursive {
    step: f64,
    random_iterate: bool,
}

impl Sarah {
    /// SARAH with the constant step η. Range: finite, above 0. A safe value is 0.5/L, where every ∇f_i is L-Lipschitz.
    pub fn new(step: f64) -> Self {
        Self::of(Recursive { step, random_iterate: false })
    }

    /// Makes a random iterate of x₀, .., x_m the next anchor, as algorithm 1 does, in place of the last. An epoch then
    /// makes m/2 steps on average.
    pub fn random_iterate(mut self) -> Self {
        self.method.random_iterate = true;
        self
    }
}

/// The memory of [`Recursive`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecursiveMemory {
    /// v_{t−1}
    v: DVector<f64>,
    /// x_{t−1}
    previous: DVector<f64>,
    /// ∇F(x_t)
    here: DVector<f64>,
    /// ∇F(x_{t−1})
    there: DVector<f64>,
    next_v: DVector<f64>,
    next: DVector<f64>,
}

impl Method for Recursive {
    type Memory = RecursiveMemory;

    fn name(&self) -> &'static str {
        "Sarah"
    }

    fn check(&self) -> Result<(), Error> {
        check_step(self.step)
    }

    fn draw_length(&self, steps: usize, groups: &mut TermGroups) -> usize {
        if self.random_iterate { groups.up_to(steps) } else { steps }
    }

    fn start(&self, n: usize, _groups: usize) -> Result<Self::Memory, Error> {
        let zeros = || DVector::zeros(n);
        Ok(RecursiveMemory {
            v: zeros(),
            previous: zeros(),
            here: zeros(),
            there: zeros(),
            next_v: zeros(),
            next: zeros(),
        })
    }

    fn begin(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
    ) -> ControlFlow<Termination> {
        memory.v.copy_from(&epoch.anchor.gradient);
        memory.previous.copy_from(&epoch.anchor.x);
        ControlFlow::Continue(())
    }

    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
        drawn: usize,
    ) -> ControlFlow<Termination, bool> {
        let Epoch { groups, x, position, shrink, .. } = epoch;
        let Group { batch, weight } = groups.get(drawn);
        let RecursiveMemory { v, previous, here, there, next_v, next } = memory;
        if position == 0 {
            here.fill(0.0);
            there.fill(0.0);
        } else {
            problem.batch_gradient(batch, x, here);
            problem.batch_gradient(batch, previous, there);
            problem.uninterrupted()?;
        }
        let step = self.step * shrink;
        let finite = linalg::map(
            [&*x, here, there, v].map(DVector::as_slice),
            [next_v.as_mut_slice(), next.as_mut_slice()],
            |[x, here, there, v]| {
                let v = weight * (here - there) + v;
                [v, x - step * v]
            },
        );
        if finite {
            swap(v, next_v);
            swap(previous, x);
            swap(x, next);
        }
        ControlFlow::Continue(finite)
    }

    fn is_valid(&self, memory: &Self::Memory, n: usize, _groups: usize) -> bool {
        let RecursiveMemory { v, previous, here, there, next_v, next } = memory;
        [v, previous].iter().all(|v| is_finite(v.as_slice(), n))
            && [here, there, next_v, next].iter().all(|v| v.len() == n)
    }
}
