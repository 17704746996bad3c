//! Points of Sobol's sequence in a box.

mod sequence;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::members::check_size;
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};
pub(crate) use sequence::Sobol;

solver!(SobolSearch);

/// The points of Sobol's sequence in a box, which fill it more evenly than random points.
///
/// **Method**
/// ```text
/// x_k = lower + u_k (upper − lower),  the box being the bounds, or x0 ± scale within them
/// u_k = ⊕_j g_j v_j ⊕ shift,          g_j the bits of the Gray code of k, v_j scrambled direction numbers
/// ```
/// **Needs** costs; finite bounds or a scale; at most 256 variables.
///
/// **Parameters** [`points`](Self::points) (10000), [`batch`](Self::batch) (32), [`scrambled`](Self::scrambled) (true),
/// [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0) of the scrambling.
///
/// **Guarantee** Without x0, exactly one of the first 2ᵏ points lies in each of the 2ᵏ equal parts of the range of each
/// variable. It ends with [`Stall::Exhausted`].
///
/// ```
/// use extremum::{Bounds, SobolSearch, from_fn, minimize};
/// let problem = from_fn(1, |x| x[0].abs()).with_bounds(Bounds::new([-1.0], [1.0])?);
/// let found = minimize(&problem, SobolSearch::default().points(1025), [1.0])?;
/// assert!(found.cost < 2.0 / 1024.0); // with any seed
/// assert_eq!(found.evaluations.cost, 1025);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** I. Sobol', "On the distribution of points in a cube and the approximate evaluation of integrals",
/// USSR Comput. Math. Math. Phys. 7 (1967); I. Antonov, V. Saleev, ibid. 19 (1979), for the order by the Gray code; S.
/// Joe, F. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008),
/// for the direction numbers (new-joe-kuo-6); J. Matoušek, "On the L2-discrepancy for anchored boxes", J. Complexity 14
/// (1998), for the scrambling.
#[derive(Clone, Debug)]
pub struct SobolSearch {
    points: u64,
    batch: usize,
    scrambled: bool,
    scale: Option<f64>,
    seed: u64,
}

impl Default for SobolSearch {
    fn default() -> Self {
        Self { points: 10_000, batch: 32, scrambled: true, scale: None, seed: 0 }
    }
}

impl SobolSearch {
    /// The number of points in all, x0 included, default 10000. Range: 1 to 2⁵².
    pub fn points(mut self, points: u64) -> Self {
        self.points = points;
        self
    }
    /// The number of points in a generation, default 32. Range: 1 to 1000000. It changes no point.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }
    /// Whether the sequence is scrambled by the seed, default true. Unscrambled, it begins in the corner of the lower
    /// bounds.
    pub fn scrambled(mut self, scrambled: bool) -> Self {
        self.scrambled = scrambled;
        self
    }
}

/// The memory of [`SobolSearch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SobolMemory {
    sequence: Sobol,
    /// The points asked for so far.
    asked: u64,
}

impl Population for SobolSearch {
    const NAME: &'static str = "SobolSearch";
    type Memory = SobolMemory;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn begin(&self, space: &Space, random: &mut Random) -> Result<SobolMemory, Error> {
        let holds = (1..=Sobol::LONGEST).contains(&self.points);
        check(holds, "points", self.points as f64, "from 1 to 2^52, the length of the sequence")?;
        check_size(self.batch, space.dimension(), "batch", 1)?;
        let sequence = Sobol::new(space.dimension())?;
        let sequence = if self.scrambled { sequence.scrambled(random) } else { sequence };
        Ok(SobolMemory { sequence, asked: 0 })
    }
    fn propose(
        &self,
        space: &Space,
        memory: &mut SobolMemory,
        _random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let SobolMemory { sequence, asked } = memory;
        // Those of this generation were counted already.
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
                sequence.point(*asked - 1, x);
                space.stretch(x);
            }
            *asked += 1;
        }
    }
    fn learn(
        &self,
        _space: &Space,
        memory: &mut SobolMemory,
        _random: &mut Random,
        _candidates: &[DVector<f64>],
        _costs: &[f64],
    ) -> ControlFlow<Stall> {
        if memory.asked < self.points {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Stall::Exhausted { points: memory.asked })
    }
    fn inject(&self, _space: &Space, _memory: &mut SobolMemory, _x: &DVector<f64>, _cost: f64) {}
    fn is_valid(&self, space: &Space, memory: &SobolMemory) -> bool {
        memory.asked < u64::MAX / 2 && memory.sequence.is_valid(space.dimension())
    }
}
