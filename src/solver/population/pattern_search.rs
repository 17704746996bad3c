//! Generating-set search along the coordinates, with the pattern moves of Hooke and Jeeves.

mod mesh;

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};
pub use mesh::Mesh;

solver!(PatternSearch);

/// Pattern search: steps along the coordinates on a mesh that gets finer, with the pattern moves of Hooke and Jeeves.
/// Simple, robust to noise, and the points of a poll can be evaluated in parallel.
///
/// **Method** h_i is the length of variable i, Δ the size of the mesh, x_p the point at which the poll began.
/// ```text
/// poll      x ± Δ h_i e_i, all 2n at once
/// search    the sum of the improving steps of the poll; then x + (x − x_p), repeated while it improves
/// success   Δ⁺ = τ Δ;   failure   Δ⁺ = Δ / 2
/// ```
/// Points beyond the bounds are moved onto them. The last points, some thousands, are remembered and not evaluated
/// again.
///
/// **Needs** costs; neither bounds nor a scale.
///
/// **Parameters** [`opportunistic`](Self::opportunistic) (false), [`expansion`](Self::expansion) τ (1),
/// [`scale`](Self::scale) h (a quarter of the larger of 1 and |x0_i|, at most a quarter of the distance of the bounds),
/// [`x_tolerance`](Self::x_tolerance) (1e-8). [`seed`](Self::seed) changes nothing.
///
/// **Guarantee** The best point never gets worse. Where f is continuously differentiable with bounded level sets, a
/// subsequence of the points at which a poll failed converges to a stationary point (Kolda et al., theorem 3.11). It
/// ends with [`Stall::Collapsed`].
///
/// ```
/// use extremum::{PatternSearch, from_fn, minimize};
/// let edges = from_fn(2, |x| (x[0] - 2.0).abs() + 3.0 * (x[1] + 1.0).abs());
/// let found = minimize(&edges, PatternSearch::default(), [0.0, 0.0])?;
/// assert!(found.cost < 1e-7 && found.evaluations.cost < 250);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** R. Hooke, T. Jeeves, "Direct search solution of numerical and statistical problems", J. ACM 8 (1961);
/// T. Kolda, R. Lewis, V. Torczon, "Optimization by direct search", SIAM Rev. 45 (2003), algorithm 3.2 with the
/// directions ± e_i and a search step, section 8.1 for bounds: ± e_i conform to any.
#[derive(Clone, Debug)]
pub struct PatternSearch {
    opportunistic: bool,
    expansion: f64,
    x_tolerance: f64,
    scale: Option<f64>,
    seed: u64,
}

impl Default for PatternSearch {
    fn default() -> Self {
        Self { opportunistic: false, expansion: 1.0, x_tolerance: 1e-8, scale: None, seed: 0 }
    }
}

impl PatternSearch {
    /// Whether a poll evaluates one point after the other and continues from each that is better, as Hooke and Jeeves
    /// do. Default false: all points of a poll make one generation, which an evaluator may evaluate in parallel.
    pub fn opportunistic(mut self, opportunistic: bool) -> Self {
        self.opportunistic = opportunistic;
        self
    }
    /// τ, the factor by which the mesh grows after a success, up to its first size. Default 1. Range: ≥ 1, finite.
    pub fn expansion(mut self, expansion: f64) -> Self {
        self.expansion = expansion;
        self
    }
    /// The search ends when every step Δ h_i is at most this, relative to |x_i| or |x0_i| (at most 1), whichever is
    /// larger; where x0_i is 0, the distance of the bounds takes its place. Default 1e-8. Range: > 0.
    pub fn x_tolerance(mut self, tolerance: f64) -> Self {
        self.x_tolerance = tolerance;
        self
    }
}

impl Population for PatternSearch {
    const NAME: &'static str = "PatternSearch";
    type Memory = Mesh;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn is_local(&self) -> bool {
        true
    }
    fn begin(&self, space: &Space, _random: &mut Random) -> Result<Mesh, Error> {
        let Self { expansion, x_tolerance, .. } = *self;
        let is_in_range = expansion >= 1.0 && expansion.is_finite();
        check(is_in_range, "expansion", expansion, "at least 1 and finite")?;
        let is_in_range = x_tolerance > 0.0 && x_tolerance.is_finite();
        check(is_in_range, "x_tolerance", x_tolerance, "positive and finite")?;
        let length = |i: usize, _| {
            let (lower, upper) = space.bounds_of(i);
            let default = space.x0()[i].abs().max(1.0).min(upper - lower);
            self.scale.unwrap_or(0.25 * default)
        };
        Ok(Mesh::new(space.x0(), DVector::from_fn(space.dimension(), length)))
    }
    fn propose(
        &self,
        space: &Space,
        mesh: &mut Mesh,
        _random: &mut Random,
        candidates: &mut Candidates,
    ) {
        mesh.propose(space, self, candidates);
    }
    fn learn(
        &self,
        space: &Space,
        mesh: &mut Mesh,
        _random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        mesh.learn(self, candidates, costs);
        let (size, tolerance) = (mesh.size(space), self.x_tolerance);
        if size <= tolerance {
            return ControlFlow::Break(Stall::Collapsed { size, tolerance });
        }
        ControlFlow::Continue(())
    }
    fn inject(&self, _space: &Space, mesh: &mut Mesh, x: &DVector<f64>, cost: f64) {
        mesh.inject(x, cost);
    }
    fn is_valid(&self, space: &Space, mesh: &Mesh) -> bool {
        mesh.is_valid(space)
    }
}
