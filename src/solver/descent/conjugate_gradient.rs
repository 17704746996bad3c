//! Nonlinear conjugate gradients: d⁺ = −g⁺ + β d, with y = g⁺ − g.
//!
//! | rule | β | source |
//! |---|---|---|
//! | [`Beta::FletcherReeves`] | ‖g⁺‖² / ‖g‖² | Fletcher & Reeves (1964) |
//! | [`Beta::PolakRibierePlus`] | max(0, y'g⁺ / ‖g‖²) | Polak & Ribière (1969), Powell (1984) |
//! | [`Beta::HestenesStiefel`] | y'g⁺ / d'y | Hestenes & Stiefel (1952) |
//! | [`Beta::DaiYuan`] | ‖g⁺‖² / d'y | Dai & Yuan (1999) |
//! | [`Beta::HagerZhang`] | max((y − θ d ‖y‖²/d'y)'g⁺ / d'y, 0.4 d'g/‖d‖²), θ = 1 | Hager & Zhang (2005), eq. 1.3; Dai & Kou (2013) |
//!
//! With the truncation of Dai & Kou in place of the 2005 one, −1/(‖d‖ min(0.01, ‖g‖)), β has no constant in units of
//! the cost.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::steepest::descend;
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::line_search::HagerZhang;
use crate::{Error, Oracle, linalg};

/// The rule for β, the factor of the last direction in the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Beta {
    /// ‖g⁺‖² / ‖g‖².
    FletcherReeves,
    /// max(0, y'g⁺ / ‖g‖²).
    PolakRibierePlus,
    /// y'g⁺ / d'y.
    HestenesStiefel,
    /// ‖g⁺‖² / d'y.
    DaiYuan,
    /// Hager and Zhang's, with θ = 1 and Dai and Kou's truncation. The default.
    #[default]
    HagerZhang,
}

/// Nonlinear conjugate gradients.
///
/// **Method** d⁺ = −g⁺ + β d; restarts from d = −g every `restart_after`·n iterations and whenever d is not a
/// sufficient descent direction.
///
/// **Needs** a gradient; ten vectors of memory. **Parameters** [`beta`](ConjugateGradient::beta) (default
/// [`Beta::HagerZhang`]), [`restart_after`](ConjugateGradient::restart_after) (default 6), the line search (default
/// [`HagerZhang`]).
///
/// **Guarantee** n steps on a strictly convex quadratic with exact searches. With the default pair
/// g'd ≤ −¾‖g‖² for every line search, and convergence for strongly convex costs.
///
/// ```
/// use extremum::{ConjugateGradient, DVector, from_fn, minimize};
/// let problem = from_fn(100, |x| x.iter().enumerate().map(|(i, x)| x.exp() - ((i + 1) as f64).sqrt() * x).sum())
///     .with_gradient(|x, g| {
///         for (i, (g, x)) in g.iter_mut().zip(x).enumerate() {
///             *g = x.exp() - ((i + 1) as f64).sqrt();
///         }
///     });
/// let found = minimize(&problem, ConjugateGradient::default(), vec![1.0; 100])?;
/// assert!((found.cost + 653.0786727331).abs() < 1e-9); // the published value
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Hager & Zhang, SIAM J. Optim. 16 (2005) 170-192; TOMS 32 (2006) 113-137; Nocedal & Wright (2006),
/// section 5.2.
pub type ConjugateGradient = Descent<Conjugate>;

/// The direction of [`ConjugateGradient`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conjugate {
    beta: Beta,
    restart_after: f64,
}

impl Default for Conjugate {
    fn default() -> Self {
        Self { beta: Beta::default(), restart_after: 6.0 }
    }
}

impl Default for ConjugateGradient {
    fn default() -> Self {
        Descent::new(Conjugate::default(), HagerZhang::default())
    }
}

impl ConjugateGradient {
    /// Sets the rule for β.
    pub fn beta(self, beta: Beta) -> Self {
        self.map_direction(|d| d.beta = beta)
    }

    /// Restarts from −g after this many times n iterations. Range: positive. Default: 6.
    pub fn restart_after(self, times_n: f64) -> Self {
        self.map_direction(|d| d.restart_after = times_n)
    }
}

/// The memory of [`Conjugate`]: β for the next direction, and the iterations since the last restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConjugateMemory {
    beta: f64,
    since_restart: u64,
}

impl Direction for Conjugate {
    type Memory = ConjugateMemory;

    fn name(&self) -> &'static str {
        "ConjugateGradient"
    }

    fn wants_exact_searches(&self) -> bool {
        true
    }

    fn check(&self, _n: usize) -> Result<(), Error> {
        check(self.restart_after > 0.0, "restart_after", self.restart_after, "positive")
    }

    fn start(&self, _: &mut Oracle<'_>, _n: usize, _: Option<&DVector<f64>>) -> ConjugateMemory {
        ConjugateMemory::default()
    }

    fn is_valid(&self, memory: &ConjugateMemory, _n: usize) -> bool {
        memory.since_restart < u64::MAX / 2
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut ConjugateMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        let beta = memory.beta;
        if beta == 0.0 {
            memory.since_restart = 0;
            return descend(at.gradient, d);
        }
        let (mut slope, mut norm_squared, mut max) = (0.0, 0.0, 0.0_f64);
        let blocks = d.as_mut_slice().chunks_mut(linalg::BLOCK);
        for (d, g) in blocks.zip(at.gradient.as_slice().chunks(linalg::BLOCK)) {
            for (d, g) in d.iter_mut().zip(g) {
                *d = beta * *d - g;
            }
            let [dg, gg] = linalg::sums([d, g], |[d, g]| [d * g, g * g]);
            slope += dg;
            norm_squared += gg;
            max = max.max(linalg::max_abs(d));
        }
        // Sufficient descent, as the theory of PR+ requires (Nocedal & Wright 2006, p. 123).
        if slope > -0.01 * norm_squared {
            memory.since_restart = 0;
            return descend(at.gradient, d);
        }
        Proposal { slope, max, scaled: false, curvature: None }
    }

    fn update(&self, memory: &mut ConjugateMemory, step: Accepted<'_>) {
        let Accepted { d, old, new, .. } = step;
        let (d, old, new) = (d.as_slice(), old.as_slice(), new.as_slice());
        let [dy, dg, dd, yg, yy, new_squared, old_squared] =
            linalg::sums([d, old, new], |[d, old, new]| {
                let y = new - old;
                [d * y, d * old, d * d, y * new, y * y, new * new, old * old]
            });
        let dg_new = dg + dy;
        let beta = match self.beta {
            Beta::FletcherReeves => new_squared / old_squared,
            Beta::PolakRibierePlus => (yg / old_squared).max(0.0),
            Beta::HestenesStiefel => yg / dy,
            Beta::DaiYuan => new_squared / dy,
            Beta::HagerZhang => ((yg - dg_new * (yy / dy)) / dy).max(0.4 * dg / dd),
        };
        memory.since_restart += 1;
        let due = memory.since_restart as f64 >= self.restart_after * d.len() as f64;
        memory.beta = if beta.is_finite() && !due { beta } else { 0.0 };
    }

    fn reset(&self, memory: &mut ConjugateMemory, _moved: bool) -> bool {
        // The direction that has just failed was conjugate when any step preceded it.
        let had_memory = memory.since_restart > 0;
        *memory = ConjugateMemory::default();
        had_memory
    }
}
