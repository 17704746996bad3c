//! Simulated annealing: a random walk that also accepts uphill moves, ever fewer of them.

mod cooling;
mod memory;
mod visiting;

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};

pub use cooling::Cooling;
pub use memory::SimulatedAnnealingMemory;
pub use visiting::{Acceptance, Moves, Visiting};

solver!(SimulatedAnnealing);

/// The number of points, the start included, whose costs set the first temperature.
const SAMPLE: usize = 20;

/// How often a move is drawn while rounding leaves the point unchanged.
const ATTEMPTS: usize = 20;

/// Simulated annealing, a random walk that also accepts uphill moves, ever fewer of them:
/// [`classical`](Self::classical), [`fast`](Self::fast) or [`generalized`](Self::generalized), the default.
///
/// **Method**
/// ```text
/// T₁ = mean of |f − mean f| over 20 points of the box;  x their best;  T_k = T₁ · cooling(k)
/// x' = x + length · width · step, one coordinate after the other, reflected at the bounds; uniform if longer than the box
/// x  = x' if f(x') ≤ f(x), else with probability exp(−d / T_k), or Tsallis', where d = f(x') − f(x)
/// stage k ends after sweeps · n moves;  when cold, k = 1 again, once for each reheat
/// ```
/// Classical: normal steps whose length is adapted to an acceptance rate of 0.44, and T_k = T₁ 0.95^(k−1). Fast: Cauchy
/// steps of length 1/k. Generalized: Tsallis steps with q = 2.62 and acceptance with q = −5, the best point polished by
/// [`Lbfgsb`](crate::Lbfgsb) after each sweep that found a better one.
///
/// **Needs** costs; finite bounds or a scale.
///
/// **Parameters** (classical, fast, generalized) [`visiting`](Self::visiting) (normal, Tsallis 2, Tsallis 2.62),
/// [`visiting_temperature`](Self::visiting_temperature) (-, 1, 5230), [`acceptance`](Self::acceptance) (Metropolis, Tsallis 1,
/// Tsallis −5), [`cooling`](Self::cooling) (geometric 0.95, reciprocal, generalized 2.62), [`moves`](Self::moves) (coordinates),
/// [`sweeps`](Self::sweeps) (10, 1, 1), [`temperature`](Self::temperature) (measured), [`ends_at`](Self::ends_at) (1e-12, 1e-3,
/// 2e-5), [`stages`](Self::stages) (5000), [`reheats`](Self::reheats) (0, 9, 9), [`acceptance_rate`](Self::acceptance_rate)
/// (0.44), [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0).
///
/// **Guarantee** At a constant temperature and with constant lengths, the walk has the density exp(−f / T) in the
/// limit. It ends with [`Stall::Cooled`].
///
/// ```
/// use extremum::{Bounds, SimulatedAnnealing, from_fn, minimize};
/// let rastrigin = from_fn(4, |x| x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum())
///     .with_bounds(Bounds::new([-5.12; 4], [5.12; 4])?);
/// let found = minimize(&rastrigin, SimulatedAnnealing::default(), [3.1, -4.0, 2.2, 0.7])?;
/// assert!(found.cost < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", Science 220 (1983)
/// 671-680; A. Corana, M. Marchesi, C. Martini, S. Ridella, "Minimizing multimodal functions of continuous variables
/// with the simulated annealing algorithm", ACM Transactions on Mathematical Software 13 (1987) 262-280; H. Szu, R.
/// Hartley, "Fast simulated annealing", Physics Letters A 122 (1987) 157-162; C. Tsallis, D. A. Stariolo, "Generalized
/// simulated annealing", Physica A 233 (1996) 395-406, equations 5, 15 and 18; Y. Xiang, D. Y. Sun, W. Fan, X. G. Gong,
/// "Generalized simulated annealing algorithm and its application to the Thomson model", Physics Letters A 233 (1997)
/// 216-220; S. R. White, "Concepts of scale in simulated annealing", ICCD (1984) 646-651, for the first temperature.
#[derive(Clone, Debug)]
pub struct SimulatedAnnealing {
    visiting: Visiting,
    visiting_temperature: f64,
    acceptance: Acceptance,
    cooling: Cooling,
    moves: Moves,
    sweeps: u64,
    temperature: Option<f64>,
    ends_at: f64,
    stages: u64,
    reheats: u64,
    acceptance_rate: f64,
    is_polished: bool,
    scale: Option<f64>,
    seed: u64,
}

impl Default for SimulatedAnnealing {
    fn default() -> Self {
        Self::generalized()
    }
}

impl SimulatedAnnealing {
    /// Normal steps of adapted length, Metropolis acceptance, geometric cooling.
    pub fn classical() -> Self {
        Self {
            visiting: Visiting::Gaussian,
            visiting_temperature: 1.0,
            acceptance: Acceptance::Metropolis,
            cooling: Cooling::Geometric(0.95),
            moves: Moves::Coordinates,
            sweeps: 10,
            temperature: None,
            ends_at: 1e-12,
            stages: 5000,
            reheats: 0,
            acceptance_rate: 0.44,
            is_polished: false,
            scale: None,
            seed: 0,
        }
    }

    /// Cauchy steps whose length decreases as 1/k: local steps with occasional long jumps.
    pub fn fast() -> Self {
        Self {
            visiting: Visiting::Tsallis(2.0),
            acceptance: Acceptance::Tsallis(1.0),
            cooling: Cooling::Reciprocal,
            sweeps: 1,
            ends_at: 1e-3,
            reheats: 9,
            ..Self::classical()
        }
    }

    /// Steps with longer tails, strict acceptance, and a local solver: known as generalized, or dual, annealing.
    pub fn generalized() -> Self {
        Self {
            visiting: Visiting::Tsallis(2.62),
            // As Xiang et al., "Generalized simulated annealing for global optimization: the GenSA package", R Journal 5 (2013).
            visiting_temperature: 5230.0,
            acceptance: Acceptance::Tsallis(-5.0),
            cooling: Cooling::Generalized(2.62),
            ends_at: 2e-5,
            is_polished: true,
            ..Self::fast()
        }
    }

    /// The distribution of a step.
    pub fn visiting(mut self, visiting: Visiting) -> Self {
        self.visiting = visiting;
        self
    }
    /// The visiting temperature θ of the first stage, for lengths that are not adapted: a step has the length
    /// θ^(1/(3−q)) in widths of the box. Range: > 0. The higher it is, the longer steps remain uniform in the box.
    pub fn visiting_temperature(mut self, temperature: f64) -> Self {
        self.visiting_temperature = temperature;
        self
    }
    /// The probability of accepting an uphill move.
    pub fn acceptance(mut self, acceptance: Acceptance) -> Self {
        self.acceptance = acceptance;
        self
    }
    /// How the temperature decreases.
    pub fn cooling(mut self, cooling: Cooling) -> Self {
        self.cooling = cooling;
        self
    }
    /// What a move changes, default one coordinate after the other.
    pub fn moves(mut self, moves: Moves) -> Self {
        self.moves = moves;
        self
    }
    /// The number of moves per variable in a stage; twice as many with [`Moves::Both`]. Range: ≥ 1.
    pub fn sweeps(mut self, sweeps: u64) -> Self {
        self.sweeps = sweeps;
        self
    }
    /// The first temperature, in units of the cost. Default: measured. Range: > 0.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }
    /// It is cold when the temperature has decreased to this fraction of the first. Range: (0, 1).
    pub fn ends_at(mut self, fraction: f64) -> Self {
        self.ends_at = fraction;
        self
    }
    /// It is cold after this many stages at the latest, default 5000. Range: ≥ 1.
    pub fn stages(mut self, stages: u64) -> Self {
        self.stages = stages;
        self
    }
    /// How often the first temperature is restored when it is cold, before the run ends.
    pub fn reheats(mut self, reheats: u64) -> Self {
        self.reheats = reheats;
        self
    }
    /// The acceptance rate to which lengths are adapted, default 0.44, the best for normal targets along one coordinate
    /// (Gelman, Roberts and Gilks 1996; 0.234 for many at once). Range: (0, 1).
    pub fn acceptance_rate(mut self, rate: f64) -> Self {
        self.acceptance_rate = rate;
        self
    }

    /// The moves of a stage.
    fn chain(&self, n: usize) -> u64 {
        let kinds = if self.moves == Moves::Both { 2 } else { 1 };
        (kinds * n as u64).saturating_mul(self.sweeps)
    }

    fn is_cold(&self, stage: u64) -> bool {
        stage > self.stages || self.cooling.fraction(stage) <= self.ends_at
    }

    /// Moves a coordinate: reflected at its bounds; uniform in the box when the step is longer than the box.
    fn moved(&self, space: &Space, i: usize, from: f64, factor: f64, random: &mut Random) -> f64 {
        let step = factor * self.visiting.draw(random);
        if step.abs() <= 1.0 {
            space.reflected(i, from + step * space.width(i))
        } else {
            random.between(space.region().0[i], space.region().1[i])
        }
    }

    /// Writes a move of one coordinate, or of all for the index n.
    fn visit(
        &self,
        space: &Space,
        memory: &SimulatedAnnealingMemory,
        random: &mut Random,
        x: &mut DVector<f64>,
    ) {
        let (n, current, index) = (space.dimension(), &memory.current, memory.index);
        x.copy_from(current);
        let fraction = self.cooling.fraction(memory.stage);
        let length =
            memory.lengths[index] * self.visiting.length(self.visiting_temperature * fraction);
        let coordinates = if index < n { index..index + 1 } else { 0..n };
        for _ in 0..ATTEMPTS {
            let factor = length * self.visiting.common(random);
            for i in coordinates.clone() {
                x[i] = self.moved(space, i, current[i], factor, random);
            }
            if coordinates.clone().any(|i| x[i] != current[i]) {
                return;
            }
        }
        for i in coordinates {
            x[i] = random.between(space.region().0[i], space.region().1[i]);
        }
    }

    /// What the next move changes: a coordinate whose box has a width, or the index n for all.
    fn index(&self, space: &Space, made: u64) -> usize {
        let n = space.dimension();
        let turn = (made % (2 * n as u64)) as usize;
        let is_vector = match self.moves {
            Moves::Coordinates => false,
            Moves::Vectors => true,
            Moves::Both => turn >= n,
        };
        if is_vector {
            return n;
        }
        (turn..turn + n).map(|i| i % n).find(|&i| space.width(i) > 0.0).unwrap_or(turn % n)
    }
}

impl Population for SimulatedAnnealing {
    const NAME: &'static str = "SimulatedAnnealing";
    type Memory = SimulatedAnnealingMemory;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn polishes(&self) -> bool {
        self.is_polished
    }
    fn wants_polish(&self, memory: &Self::Memory) -> bool {
        self.is_polished && memory.made == 0
    }

    fn begin(&self, space: &Space, _random: &mut Random) -> Result<Self::Memory, Error> {
        self.visiting.check()?;
        self.acceptance.check()?;
        self.cooling.check()?;
        let positive = |name, value: f64| {
            check(value > 0.0 && value.is_finite(), name, value, "positive and finite")
        };
        positive("visiting_temperature", self.visiting_temperature)?;
        positive("temperature", self.temperature.unwrap_or(1.0))?;
        let fraction =
            |name, value: f64| check(value > 0.0 && value < 1.0, name, value, "in (0, 1)");
        fraction("ends_at", self.ends_at)?;
        fraction("acceptance_rate", self.acceptance_rate)?;
        check(self.sweeps >= 1, "sweeps", 0.0, "at least 1")?;
        check(self.stages >= 1, "stages", 0.0, "at least 1")?;
        Ok(SimulatedAnnealingMemory::new(space))
    }

    fn propose(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let n = space.dimension();
        if memory.first.is_some() {
            memory.index = self.index(space, memory.made);
            return self.visit(space, memory, random, candidates.next(n));
        }
        candidates.next(n).copy_from(space.x0());
        for _ in 1..SAMPLE {
            space.draw(random, candidates.next(n));
        }
    }

    fn learn(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let Some(first) = memory.first else {
            memory.measure(self.temperature, candidates, costs);
            return ControlFlow::Continue(());
        };
        let temperature = first * self.cooling.fraction(memory.stage);
        for (x, &cost) in candidates.iter().zip(costs) {
            let rise = cost - memory.cost;
            let is_kept = cost <= memory.cost
                || random.chance(self.acceptance.probability(rise, temperature, memory.stage));
            if self.visiting.is_steered() {
                memory.steer(is_kept, self.acceptance_rate);
            }
            if is_kept {
                memory.go(x, cost);
            }
        }
        memory.made += 1;
        if memory.made < self.chain(space.dimension()) {
            return ControlFlow::Continue(());
        }
        (memory.made, memory.stage) = (0, memory.stage + 1);
        if !self.is_cold(memory.stage) {
            return ControlFlow::Continue(());
        }
        if memory.reheats >= self.reheats {
            return ControlFlow::Break(Stall::Cooled { temperature });
        }
        (memory.reheats, memory.stage) = (memory.reheats + 1, 1);
        ControlFlow::Continue(())
    }

    fn inject(&self, _space: &Space, memory: &mut Self::Memory, x: &DVector<f64>, cost: f64) {
        if cost < memory.cost {
            memory.go(x, cost);
        }
    }

    fn is_valid(&self, space: &Space, memory: &Self::Memory) -> bool {
        memory.is_valid(space)
    }
}
