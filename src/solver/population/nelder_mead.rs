//! The simplex method of Nelder and Mead.

mod simplex;

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::members::check_matrix;
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};
pub use simplex::Simplex;

solver!(NelderMead);

/// The simplex method of Nelder and Mead: a simplex reflects, expands, contracts and shrinks. The first choice for few
/// variables without a gradient.
///
/// **Method** c is the centroid of all vertices but the worst, x_w.
/// ```text
/// reflect   c + (c − x_w)      best so far: expand to c + β (c − x_w)
/// contract  c ± γ (c − x_w)    where the reflected point would be the worst again
/// shrink    x_b + δ (x_i − x_b) for all vertices, when the contraction fails
/// standard  β = 2,        γ = 1/2,             δ = 1/2
/// adaptive  β = 1 + 2/n,  γ = 3/4 − 1/(2n),    δ = 1 − 1/n
/// ```
/// A generation is one point; it is n + 1 points at the start and n points for a shrink. Points beyond the bounds are
/// moved onto them. A simplex that has collapsed is replaced by one at the best point, as wide as the first and turned
/// round.
///
/// **Needs** costs; neither bounds nor a scale.
///
/// **Parameters** [`adaptive`](Self::adaptive) (true), [`scale`](Self::scale), the first edges (5 % of each coordinate;
/// where it is 0, 5 % of the distance between its bounds and at most 0.00025), [`x_tolerance`](Self::x_tolerance)
/// (1e-8), [`cost_tolerance`](Self::cost_tolerance) (1e-12), [`restarts`](Self::restarts) (5). [`seed`](Self::seed)
/// changes nothing. Without a scale, the edge of a coordinate so near to 0 that 5 % of it hardly change the cost is
/// lengthened: a hundredfold, until it changes the cost by a thousandth of the largest change, or is as long as the
/// edge of a coordinate that is 0.
///
/// **Guarantee** The best vertex never gets worse. Convergence to a stationary point is not guaranteed (McKinnon 1998);
/// the restarts guard against that. It ends with [`Stall::Collapsed`] when a restart has gained nothing, and with
/// [`Stall::FlatCosts`] when all vertices of a shrunk simplex have the same cost.
///
/// ```
/// use extremum::{NelderMead, from_fn, minimize};
/// let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
/// let found = minimize(&valley, NelderMead::default(), [-1.2, 1.0])?;
/// assert!(found.cost < 1e-12 && found.evaluations.cost < 600);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Nelder, R. Mead, "A simplex method for function minimization", Comput. J. 7 (1965); J. Lagarias,
/// J. Reeds, M. Wright, P. Wright, "Convergence properties of the Nelder-Mead simplex method in low dimensions", SIAM
/// J. Optim. 9 (1998), section 2, for ties and order; F. Gao, L. Han, "Implementing the Nelder-Mead simplex algorithm
/// with adaptive parameters", Comput. Optim. Appl. 51 (2012), eq. 4.1. The restart is that of W. Press et al.,
/// "Numerical recipes" (2007), section 10.5, limited as in C. Kelley, SIAM J. Optim. 10 (1999): as long as it gains.
#[derive(Clone, Debug)]
pub struct NelderMead {
    adaptive: bool,
    x_tolerance: f64,
    cost_tolerance: f64,
    restarts: u32,
    scale: Option<f64>,
    seed: u64,
}

impl Default for NelderMead {
    fn default() -> Self {
        Self {
            adaptive: true,
            x_tolerance: 1e-8,
            cost_tolerance: 1e-12,
            restarts: 5,
            scale: None,
            seed: 0,
        }
    }
}

impl NelderMead {
    /// Whether the coefficients depend on n, which Gao and Han found better for many variables; for two variables they
    /// are the standard ones. Default true.
    pub fn adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }
    /// The simplex has collapsed when its extent along every coordinate is at most this, relative to the coordinate's value or
    /// to 20 of its first edges (at most 1), whichever is larger, and its costs differ by at most
    /// [`cost_tolerance`](Self::cost_tolerance). Default 1e-8. Range: > 0.
    pub fn x_tolerance(mut self, tolerance: f64) -> Self {
        self.x_tolerance = tolerance;
        self
    }
    /// The largest difference of costs in a collapsed simplex, relative to the best cost or to its decrease since the
    /// start (at most 1), whichever is larger. Default 1e-12. Range: > 0.
    pub fn cost_tolerance(mut self, tolerance: f64) -> Self {
        self.cost_tolerance = tolerance;
        self
    }
    /// The most restarts of a collapsed simplex; the first restart that gains nothing is the last. Default 5.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.restarts = restarts;
        self
    }

    /// The first edges: nonzero, unless the coordinate is fixed.
    fn edges(&self, space: &Space) -> DVector<f64> {
        DVector::from_fn(space.dimension(), |i, _| {
            let x = space.x0()[i];
            let edge = match self.scale {
                // An edge below the resolution of x would vanish.
                Some(scale) => scale.max(f64::EPSILON.sqrt() * x.abs()),
                None if x.abs() < f64::MIN_POSITIVE / 0.05 => shortest(space, i),
                None => 0.05 * x,
            };
            inward(space, i, x, edge)
        })
    }
}

/// The edge of a coordinate that is 0, to which others are lengthened at most.
fn shortest(space: &Space, coordinate: usize) -> f64 {
    let (lower, upper) = space.bounds_of(coordinate);
    (0.05 * (upper - lower)).min(0.00025)
}

/// The edge, turned round if the bound on its side is nearer, and cut at the bound.
fn inward(space: &Space, coordinate: usize, x: f64, edge: f64) -> f64 {
    let reach = |edge: f64| space.clamped(coordinate, x + edge) - x;
    let (there, back) = (reach(edge), reach(-edge));
    if there.abs() >= back.abs() { there } else { back }
}

/// β, γ and δ.
#[derive(Clone, Copy, Debug)]
struct Coefficients {
    expand: f64,
    contract: f64,
    shrink: f64,
}

impl Coefficients {
    fn of(adaptive: bool, n: usize) -> Self {
        // With n = 1 a shrink would collapse the simplex.
        let n = if adaptive { n.max(2) as f64 } else { 2.0 };
        Self { expand: 1.0 + 2.0 / n, contract: 0.75 - 0.5 / n, shrink: 1.0 - 1.0 / n }
    }
}

impl Population for NelderMead {
    const NAME: &'static str = "NelderMead";
    type Memory = Simplex;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn is_local(&self) -> bool {
        true
    }
    fn begin(&self, space: &Space, _random: &mut Random) -> Result<Simplex, Error> {
        let is_positive = |t: f64| t > 0.0 && t.is_finite();
        let range = "positive and finite";
        check(is_positive(self.x_tolerance), "x_tolerance", self.x_tolerance, range)?;
        check(is_positive(self.cost_tolerance), "cost_tolerance", self.cost_tolerance, range)?;
        check_matrix(
            space.dimension(),
            "at most 11585, as a simplex holds n² numbers: take PatternSearch or CmaEs::separable",
        )?;
        Ok(Simplex::new(space, self.edges(space)))
    }
    fn propose(
        &self,
        space: &Space,
        simplex: &mut Simplex,
        _random: &mut Random,
        candidates: &mut Candidates,
    ) {
        simplex.propose(space, Coefficients::of(self.adaptive, simplex.moving()), candidates);
    }
    fn learn(
        &self,
        space: &Space,
        simplex: &mut Simplex,
        _random: &mut Random,
        _candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let Some(reason) = simplex.learn(space, costs, self) else {
            return ControlFlow::Continue(());
        };
        if simplex.may_restart(self) {
            simplex.restart(space);
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(reason)
    }
    fn inject(&self, _space: &Space, simplex: &mut Simplex, x: &DVector<f64>, cost: f64) {
        simplex.inject(x, cost);
    }
    fn is_valid(&self, space: &Space, simplex: &Simplex) -> bool {
        simplex.is_valid(space)
    }
}
