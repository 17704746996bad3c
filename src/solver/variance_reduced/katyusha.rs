//! Katyusha: SVRG with Nesterov's momentum, and a pull back to the anchor that keeps the momentum stable.
//!
//! The weights of the mean grow geometrically and may overflow. So the mean is updated by the share of the newest
//! weight in their sum, 1/q with q⁺ = 1 + q/(1 + ασ).

use std::mem::swap;
use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::VarianceReduced;
use super::epoch::{Epoch, Method, is_finite};
use super::groups::Group;
use crate::error::check;
use crate::{Error, Oracle, Termination, linalg};

/// The weight of the anchor.
const TAU_2: f64 = 0.5;

/// Katyusha, Allen-Zhu's accelerated method: [`Svrg`](crate::Svrg) with Nesterov's momentum, and a pull back to the
/// anchor that keeps the momentum stable.
///
/// **Method**
/// ```text
/// τ₂ = 1/2,  τ₁ = min(√(mσ/3L), 1/2),  α = 1/(3 τ₁ L)
/// x_{t+1} = τ₁ z_t + τ₂ x̃ + (1 − τ₁ − τ₂) y_t
/// v = ∇f(x̃) + ∇f_i(x_{t+1}) − ∇f_i(x̃),  z_{t+1} = z_t − α v,  y_{t+1} = x_{t+1} − v/(3L)
/// x̃⁺ = Σ (1 + ασ)ᵗ y_{t+1} / Σ (1 + ασ)ᵗ,  t = 0, .., m − 1
/// ```
/// with a term i drawn uniformly. z and y continue from epoch to epoch. No step is given: it follows from L, σ and m.
///
/// **Needs** a [`Sum`](crate::Sum); N + 2mb terms an epoch, 14 vectors of memory. **Parameters**
/// [`new`](Katyusha::new)'s L and σ, [`batch_size`](VarianceReduced::batch_size) b (default 1),
/// [`inner`](VarianceReduced::inner) m (default 2⌈N/b⌉, as in the paper), [`seed`](VarianceReduced::seed) (default 0).
/// An epoch that is undone doubles L.
///
/// **Guarantee** With L-smooth convex terms and strong convexity σ (which the paper assumes of a part whose proximal
/// step is exact), the mean of f(x̃) − f* decreases by (1 + √(σ/(3Lm)))^−m an epoch when mσ/L ≤ 3/4, and by 1.5^−1
/// otherwise, up to a constant (theorem 2.1): a constant factor takes about √(N L/σ) steps, where SVRG takes L/σ. It is
/// faster where L/σ is far above N. The cost oscillates, the more slowly the larger L/(mσ) is: above some 500 it may
/// not improve for hundreds of epochs; a larger m helps then.
///
/// ```
/// use extremum::{DVector, FiniteSum, Katyusha, Sum, minimize};
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
/// let found = minimize(&problem, Katyusha::new(9.0, 14.0 / 3.0), [0.0])?; // max a², mean a²
/// assert!(found.termination.is_converged());
/// assert!((found.x[0] - 6.0 / 14.0).abs() < 1e-6); // Σa / Σa²
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Z. Allen-Zhu, "Katyusha: the first direct acceleration of stochastic gradient methods", Proceedings
/// of the 49th Annual ACM Symposium on Theory of Computing (2017) 1200-1205, algorithm 1 and theorem 2.1. There is no
/// proximal term, so its options I and II for y are the same.
pub type Katyusha = VarianceReduced<Accelerated>;

/// The estimate and the momentum of [`Katyusha`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accelerated {
    smoothness: f64,
    strong_convexity: f64,
}

impl Katyusha {
    /// Katyusha for terms whose gradients are L-Lipschitz, `smoothness`, and a σ-strongly convex mean,
    /// `strong_convexity`. Range: both finite and above 0, σ at most L. An L that is too large or a σ that is too small is
    /// safe but slow; the factor of a quadratic regulariser is a lower bound of σ.
    pub fn new(smoothness: f64, strong_convexity: f64) -> Self {
        Self::of(Accelerated { smoothness, strong_convexity })
    }
}

/// The coupled sequences of [`Accelerated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcceleratedMemory {
    y: DVector<f64>,
    z: DVector<f64>,
    /// The sum of the weights over the newest.
    q: f64,
    x: DVector<f64>,
    /// ∇F(x)
    here: DVector<f64>,
    /// ∇F(x̃)
    there: DVector<f64>,
    next_y: DVector<f64>,
    next_z: DVector<f64>,
    next_mean: DVector<f64>,
}

impl Method for Accelerated {
    type Memory = AcceleratedMemory;

    fn name(&self) -> &'static str {
        "Katyusha"
    }

    fn check(&self) -> Result<(), Error> {
        let Self { smoothness, strong_convexity } = *self;
        let is_positive = |v: f64| v > 0.0 && v.is_finite();
        check(is_positive(smoothness), "smoothness", smoothness, "positive and finite")?;
        let in_range = is_positive(strong_convexity) && strong_convexity <= smoothness;
        let range = "positive and at most the smoothness";
        check(in_range, "strong_convexity", strong_convexity, range)
    }

    fn default_steps(&self, groups: usize) -> usize {
        groups.saturating_mul(2)
    }

    fn start(&self, n: usize, _groups: usize) -> Result<Self::Memory, Error> {
        let zeros = || DVector::zeros(n);
        Ok(AcceleratedMemory {
            y: zeros(),
            z: zeros(),
            q: 0.0,
            x: zeros(),
            here: zeros(),
            there: zeros(),
            next_y: zeros(),
            next_z: zeros(),
            next_mean: zeros(),
        })
    }

    fn restart(&self, memory: &mut Self::Memory, x: &DVector<f64>) {
        memory.y.copy_from(x);
        memory.z.copy_from(x);
    }

    fn begin(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        _epoch: Epoch<'_>,
    ) -> ControlFlow<Termination> {
        memory.q = 0.0;
        ControlFlow::Continue(())
    }

    fn advance(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut Self::Memory,
        epoch: Epoch<'_>,
        drawn: usize,
    ) -> ControlFlow<Termination, bool> {
        let Epoch { groups, anchor, x: mean, shrink, steps, .. } = epoch;
        let Group { batch, weight } = groups.get(drawn);
        let AcceleratedMemory { y, z, q, x, here, there, next_y, next_z, next_mean } = memory;
        let sigma = self.strong_convexity;
        let short = shrink / (3.0 * self.smoothness);
        let tau_1 = (steps as f64 * sigma * short).sqrt().min(0.5);
        let alpha = short / tau_1;

        let mut finite = linalg::map(
            [z, &anchor.x, y].map(|v| v.as_slice()),
            [x.as_mut_slice()],
            |[z, anchor, y]| [tau_1 * z + TAU_2 * anchor + (1.0 - tau_1 - TAU_2) * y],
        );
        if finite {
            problem.batch_gradient(batch, x, here);
            problem.batch_gradient(batch, &anchor.x, there);
            problem.uninterrupted()?;
            let next_q = 1.0 + *q / (1.0 + alpha * sigma);
            let share = next_q.recip();
            finite = linalg::map(
                [x, here, there, &anchor.gradient, z, mean].map(|v| v.as_slice()),
                [next_y.as_mut_slice(), next_z.as_mut_slice(), next_mean.as_mut_slice()],
                |[x, here, there, gradient, z, mean]| {
                    let v = gradient + weight * (here - there);
                    let y = x - short * v;
                    [y, z - alpha * v, (1.0 - share) * mean + share * y]
                },
            );
            if finite {
                *q = next_q;
                swap(y, next_y);
                swap(z, next_z);
                swap(mean, next_mean);
            }
        }
        ControlFlow::Continue(finite)
    }

    fn is_valid(&self, memory: &Self::Memory, n: usize, _groups: usize) -> bool {
        let AcceleratedMemory { y, z, q, x, here, there, next_y, next_z, next_mean } = memory;
        [y, z].iter().all(|v| is_finite(v.as_slice(), n))
            && (0.0..f64::INFINITY).contains(q)
            && [x, here, there, next_y, next_z, next_mean].iter().all(|v| v.len() == n)
    }
}
