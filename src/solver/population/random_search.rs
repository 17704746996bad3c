//! Uniform random search.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::members::check_size;
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};

solver!(RandomSearch);

/// Uniform random search: independent points, uniform in a box. The yardstick for every other search.
///
/// **Method**
/// ```text
/// x_k ~ U(box),  the box being the bounds, or x0 ± scale within them
/// ```
/// **Needs** costs; finite bounds or a scale.
///
/// **Parameters** [`points`](Self::points) (10000), [`batch`](Self::batch) (32), [`scale`](Self::scale) (the bounds),
/// [`seed`](Self::seed) (0).
///
/// **Guarantee** The best of k points lies in the best share p of the box with probability 1 − (1 − p)ᵏ. It ends with
/// [`Stall::Exhausted`].
///
/// ```
/// use extremum::{Bounds, RandomSearch, from_fn, minimize};
/// let problem = from_fn(1, |x| x[0].abs()).with_bounds(Bounds::new([-1.0], [1.0])?);
/// let found = minimize(&problem, RandomSearch::default().points(1000), [1.0])?;
/// assert!(found.cost < 0.01); // except for one in 20000 seeds
/// assert_eq!(found.evaluations.cost, 1000);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Spall, "Introduction to stochastic search and optimization" (2003), algorithm A of section 2.2.
#[derive(Clone, Debug)]
pub struct RandomSearch {
    points: u64,
    batch: usize,
    scale: Option<f64>,
    seed: u64,
}

impl Default for RandomSearch {
    fn default() -> Self {
        Self { points: 10_000, batch: 32, scale: None, seed: 0 }
    }
}

impl RandomSearch {
    /// The number of points in all, default 10000. Range: ≥ 1.
    pub fn points(mut self, points: u64) -> Self {
        self.points = points;
        self
    }
    /// The number of points in a generation, default 32. Range: 1 to 1000000. It changes no point.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }
}

impl Population for RandomSearch {
    const NAME: &'static str = "RandomSearch";
    /// The points asked for so far.
    type Memory = u64;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn begin(&self, space: &Space, _random: &mut Random) -> Result<u64, Error> {
        check(self.points >= 1, "points", 0.0, "at least 1")?;
        check_size(self.batch, space.dimension(), "batch", 1)?;
        Ok(0)
    }
    fn propose(
        &self,
        space: &Space,
        asked: &mut u64,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        // The candidates of this generation are already counted.
        let before = asked.saturating_sub(candidates.all().len() as u64);
        let batch = self.points.saturating_sub(before).clamp(1, self.batch as u64);
        while *asked < before + batch {
            if candidates.pauses(space.dimension()) {
                return;
            }
            let x = candidates.next(space.dimension());
            if *asked == 0 {
                x.copy_from(space.x0());
            } else {
                space.draw(random, x);
            }
            *asked += 1;
        }
    }
    fn learn(
        &self,
        _space: &Space,
        asked: &mut u64,
        _random: &mut Random,
        _candidates: &[DVector<f64>],
        _costs: &[f64],
    ) -> ControlFlow<Stall> {
        if *asked < self.points {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Stall::Exhausted { points: *asked })
    }
    fn inject(&self, _space: &Space, _asked: &mut u64, _x: &DVector<f64>, _cost: f64) {}
    fn is_valid(&self, _space: &Space, asked: &u64) -> bool {
        *asked < u64::MAX / 2
    }
}
