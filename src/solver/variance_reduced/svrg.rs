//! SVRG: the gradient of a term, corrected by the gradient of that term at the anchor.
//!
//! v₀ = ∇f(x̃) whichever term is drawn, so the first step evaluates nothing. In option II the steps after x_t are not
//! made: nothing depends on them.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::VarianceReduced;
use super::epoch::{Epoch, Method};
use super::groups::{Group, TermGroups};
use crate::error::check;
use crate::{Error, Oracle, Termination, linalg};

/// SVRG, the stochastic variance-reduced gradient method.
///
/// **Method** v = ∇f_i(x) − ∇f_i(x̃) + ∇f(x̃), x⁺ = x − η v with a term i drawn uniformly; after m steps x becomes the
/// anchor x̃, x̃⁺ = x_m (option I), or x_t with t uniform in 0, .., m − 1 (option II), and ∇f(x̃) is measured.
///
/// **Needs** a [`Sum`](crate::Sum); N + 2(m − 1)b terms an epoch, 9 vectors of memory. **Parameters**
/// [`new`](Svrg::new)'s η, [`batch_size`](VarianceReduced::batch_size) b (default 1),
/// [`inner`](VarianceReduced::inner) m (default ⌈N/b⌉; the paper suggests 2N for convex and 5N for nonconvex costs),
/// [`random_iterate`](Svrg::random_iterate) (default off), [`seed`](VarianceReduced::seed) (default 0).
///
/// **Guarantee** With L-smooth convex terms, a γ-strongly convex mean and the random iterate, the mean of f(x̃) − f*
/// decreases by the factor 1/(γ η (1 − 2Lη) m) + 2Lη/(1 − 2Lη) an epoch, if that is below 1 (theorem 1): for η = 0.1/L
/// and m = 50 L/γ it is 1/2. There is no such proof for the last iterate, which the paper's experiments use.
///
/// ```
/// use extremum::{DVector, FiniteSum, Sum, Svrg, minimize};
///
/// /// f_i(x) = (a_i x - 1)² / 2
/// struct Slopes(Vec<f64>);
///
/// impl FiniteSum for Slopes {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn terms(&self) -> usize {
///         self.0.len()
///     }
///     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
///         batch.iter().map(|&i| (self.0[i] * x[0] - 1.0).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
///     }
///     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
///         let each = batch.iter().map(|&i| self.0[i] * (self.0[i] * x[0] - 1.0));
///         g[0] = each.sum::<f64>() / batch.len() as f64;
///     }
/// }
///
/// let problem = Sum::new(Slopes(vec![1.0, 2.0, 3.0]));
/// let found = minimize(&problem, Svrg::new(0.1 / 9.0).inner(20), [0.0])?; // L = 3²
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 6.0 / 14.0).abs() < 1e-6); // Σa / Σa²
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** R. Johnson and T. Zhang, "Accelerating stochastic gradient descent using predictive variance
/// reduction", Advances in Neural Information Processing Systems 26 (2013) 315-323, figure 1 and theorem 1.
pub type Svrg = VarianceReduced<Anchored>;

/// The estimate of [`Svrg`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchored {
    step: f64,
    random_iterate: bool,
}

impl Svrg {
    /// SVRG with the constant step η. Range: finite, above 0. A safe value is 0.1/L, where every ∇f_i is L-Lipschitz.
    pub fn new(step: f64) -> Self {
        Self::of(Anchored { step, random_iterate: false })
    }

    /// Makes a random iterate of x₀, .., x_{m−1} the next anchor, for which theorem 1 is proved, in place of the last
    /// (option II). An epoch then makes (m − 1)/2 steps on average, and m has to be at least 2.
    pub fn random_iterate(mut self) -> Self {
        self.method.random_iterate = true;
        self
    }
}

/// The workspace of [`Anchored`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnchoredMemory {
    /// ∇F(x_t)
    here: DVector<f64>,
    /// ∇F(x̃)
    there: DVector<f64>,
    /// x_{t+1}
    next: DVector<f64>,
}

impl Method for Anchored {
    type Memory = AnchoredMemory;

    fn name(&self) -> &'static str {
        "Svrg"
    }

    fn check(&self) -> Result<(), Error> {
        check_step(self.step)
    }

    fn fewest_steps(&self) -> usize {
        if self.random_iterate { 2 } else { 1 }
    }

    fn draw_length(&self, steps: usize, groups: &mut TermGroups) -> usize {
        if self.random_iterate { groups.up_to(steps.saturating_sub(1)) } else { steps }
    }

    fn start(&self, n: usize, _groups: usize) -> Result<Self::Memory, Error> {
        let zeros = || DVector::zeros(n);
        Ok(AnchoredMemory { here: zeros(), there: zeros(), next: zeros() })
    }

    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
        drawn: usize,
    ) -> ControlFlow<Termination, bool> {
        let Epoch { groups, anchor, x, position, shrink, .. } = epoch;
        let Group { batch, weight } = groups.get(drawn);
        let AnchoredMemory { here, there, next } = memory;
        if position == 0 {
            here.fill(0.0);
            there.fill(0.0);
        } else {
            problem.batch_gradient(batch, x, here);
            problem.batch_gradient(batch, &anchor.x, there);
            problem.uninterrupted()?;
        }
        let step = self.step * shrink;
        let finite = linalg::map(
            [x, here, there, &anchor.gradient].map(DVector::as_slice),
            [next.as_mut_slice()],
            |[x, here, there, mean]| [x - step * (weight * (here - there) + mean)],
        );
        if finite {
            std::mem::swap(x, next);
        }
        ControlFlow::Continue(finite)
    }

    fn is_valid(&self, memory: &Self::Memory, n: usize, _groups: usize) -> bool {
        let AnchoredMemory { here, there, next } = memory;
        [here, there, next].iter().all(|v| v.len() == n)
    }
}

pub(super) fn check_step(step: f64) -> Result<(), Error> {
    check(step > 0.0 && step.is_finite(), "step", step, "positive and finite")
}
