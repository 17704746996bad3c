//! Particle swarm optimization: [`ParticleSwarm`] and its topologies and boundaries.

mod boundary;
mod comprehensive;
mod speed;
mod topology;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::ending::{Ending, Stagnation};
use super::members::{all_within, check_size, copy, latin_hypercube};
use super::{Candidates, Population, Space, solver};
use crate::error::check;
use crate::{Error, Random, Stall};
pub use boundary::Boundary;
use comprehensive::Examples;
pub use topology::Topology;

solver!(ParticleSwarm);

/// Particle swarm optimization: particles are drawn to their own best point and to that of their neighbours. Simple,
/// and fast for a population when the cost has a broad valley.
///
/// **Method**
/// ```text
/// v ← w v + c₁ r₁ (p − x) + c₂ r₂ (g − x);   p the particle's own best point, g the best of its neighbours
/// x ← x + v;   r₁, r₂ uniform in [0, 1) for each coordinate
/// p ← x  if f(x) < f(p)
/// ```
/// **Needs** costs; finite bounds or a scale. Apart from its stopping rules, it uses only the order of the costs.
///
/// **Parameters** [`particles`](Self::particles) (40), [`topology`](Self::topology) (three at random),
/// [`inertia`](Self::inertia) w (0.7213), [`cognitive`](Self::cognitive) c₁ and [`social`](Self::social) c₂ (1.1931),
/// [`velocity_limit`](Self::velocity_limit) (½ of the box), [`boundary`](Self::boundary) (rebound),
/// [`spread_tolerance`](Self::spread_tolerance) (1e-12), [`cost_tolerance`](Self::cost_tolerance) (1e-13),
/// [`patience`](Self::patience) (500 iterations), [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0). Other
/// swarms: [`constriction`](Self::constriction), [`comprehensive_learning`](Self::comprehensive_learning).
///
/// **Guarantee** The best point of a particle never gets worse. It ends with [`Stall::Collapsed`], [`Stall::FlatCosts`] or
/// [`Stall::NoImprovement`]; the end need not be a minimum, above all in narrow valleys oblique to the coordinates. A
/// particle that does not move is not evaluated; a point that another particle has visited, as happens on bounds, is.
///
/// ```
/// use extremum::{ParticleSwarm, from_fn, minimize};
/// let sphere = from_fn(4, |x| x.norm_squared());
/// let found = minimize(&sphere, ParticleSwarm::default().scale(5.0), [3.0; 4])?;
/// assert!(found.cost < 1e-12);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** J. Kennedy, R. Eberhart, "Particle swarm optimization", IEEE ICNN (1995); Y. Shi, R. Eberhart, "A
/// modified particle swarm optimizer", IEEE CEC (1998), equation 1; M. Clerc, "Standard particle swarm optimisation",
/// HAL hal-00764996 (2012), sections 3 and 4, for w, c, the number of particles, the random neighbours and the rebound.
/// Variants: M. Clerc, J. Kennedy, "The particle swarm – explosion, stability, and convergence in a multidimensional
/// complex space", IEEE Trans. Evol. Comput. 6 (2002), section VI; J. Liang, A. Qin, P. Suganthan, S. Baskar,
/// "Comprehensive learning particle swarm optimizer for global optimization of multimodal functions", IEEE Trans. Evol.
/// Comput. 10 (2006), figure 1 and equation 10.
#[derive(Clone, Debug)]
pub struct ParticleSwarm {
    particles: usize,
    topology: Topology,
    inertia: f64,
    cognitive: f64,
    social: f64,
    is_comprehensive: bool,
    velocity_limit: f64,
    boundary: Boundary,
    ending: Ending,
    scale: Option<f64>,
    seed: u64,
}

impl Default for ParticleSwarm {
    fn default() -> Self {
        // Clerc (2012), section 3.
        let (inertia, attraction) = (0.5 / std::f64::consts::LN_2, 0.5 + std::f64::consts::LN_2);
        Self {
            particles: 40,
            topology: Topology::default(),
            inertia,
            cognitive: attraction,
            social: attraction,
            is_comprehensive: false,
            velocity_limit: 0.5,
            boundary: Boundary::default(),
            ending: Ending::new(500),
            scale: None,
            seed: 0,
        }
    }
}

impl ParticleSwarm {
    /// The swarm of Clerc & Kennedy (2002): w = χ = 2 / (φ − 2 + √(φ² − 4 φ)) and c₁ = c₂ = χ φ / 2 with φ = 4.1.
    pub fn constriction() -> Self {
        let phi = 4.1_f64;
        let chi = 2.0 / (phi - 2.0 + (phi * phi - 4.0 * phi).sqrt());
        let attraction = 0.5 * chi * phi;
        Self { inertia: chi, cognitive: attraction, social: attraction, ..Self::default() }
    }

    /// The swarm of Liang, Qin, Suganthan & Baskar (2006), slower and more thorough: each coordinate of each particle is
    /// drawn to the best point of a particle chosen for it, v ← w v + c₁ r (p − x). c₁ = 1.49445 is that of the paper;
    /// w = ½ is constant, while in the paper it decreases from 0.9 to 0.4 during a run.
    ///
    /// ```
    /// use extremum::{Bounds, ParticleSwarm, from_fn, minimize};
    /// let rastrigin = from_fn(5, |x| x.iter().map(|x| x * x - 10.0 * (6.283185307179586 * x).cos() + 10.0).sum())
    ///     .with_bounds(Bounds::new([-5.12; 5], [5.12; 5])?);
    /// let found = minimize(&rastrigin, ParticleSwarm::comprehensive_learning(), [3.0; 5])?;
    /// assert!(found.cost < 1e-8);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn comprehensive_learning() -> Self {
        Self { is_comprehensive: true, inertia: 0.5, cognitive: 1.49445, ..Self::default() }
    }

    /// The number of particles, default 40. Range: 2 to 1000000.
    pub fn particles(mut self, particles: usize) -> Self {
        self.particles = particles;
        self
    }
    /// Which particles are neighbours, default [`Topology::Random`]. Comprehensive learning does not use it.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }
    /// w, default 1 / (2 ln 2) = 0.7213. Range: [0, 1).
    pub fn inertia(mut self, inertia: f64) -> Self {
        self.inertia = inertia;
        self
    }
    /// c₁, toward the particle's own best point, default ½ + ln 2 = 1.1931. Range: [0, 4].
    pub fn cognitive(mut self, cognitive: f64) -> Self {
        self.cognitive = cognitive;
        self
    }
    /// c₂, toward the best point of the neighbours, default ½ + ln 2 = 1.1931. Range: [0, 4].
    pub fn social(mut self, social: f64) -> Self {
        self.social = social;
        self
    }
    /// The highest speed in a coordinate, relative to the box of the first population, default ½. Range: > 0, infinity
    /// included.
    pub fn velocity_limit(mut self, share: f64) -> Self {
        self.velocity_limit = share;
        self
    }
    /// What happens at a bound, default [`Boundary::Rebound`].
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }
    /// The run ends as [collapsed](Stall::Collapsed) when the particles' best points differ in no coordinate by more
    /// than this, relative to the coordinate or to the box of the first population, whichever is larger. Default 1e-12.
    /// Range: ≥ 0.
    pub fn spread_tolerance(mut self, tolerance: f64) -> Self {
        self.ending.spread_tolerance = tolerance;
        self
    }
    /// The run ends with [flat costs](Stall::FlatCosts) when the costs of the best points have differed by at most
    /// this, relative to the lowest, for 20 iterations. Default 1e-13. Range: ≥ 0.
    pub fn cost_tolerance(mut self, tolerance: f64) -> Self {
        self.ending.cost_tolerance = tolerance;
        self
    }
    /// The run ends [without improvement](Stall::NoImprovement) when neither the lowest nor the highest of those costs
    /// has decreased for this many iterations. Default 500. Range: ≥ 1.
    pub fn patience(mut self, iterations: u64) -> Self {
        self.ending.patience = iterations;
        self
    }

    fn informed(&self, particles: usize) -> usize {
        if self.is_comprehensive { 0 } else { self.topology.informed(particles) }
    }

    /// The highest speed in each coordinate.
    fn limits(&self, space: &Space) -> DVector<f64> {
        let limit = |i, _| (self.velocity_limit * space.width(i)).min(f64::MAX);
        DVector::from_fn(space.dimension(), limit)
    }
}

/// Everything that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    x: Vec<DVector<f64>>,
    v: Vec<DVector<f64>>,
    /// The best point of each particle, and its cost: infinite until it is evaluated.
    best: Vec<DVector<f64>>,
    costs: Vec<f64>,
    is_evaluated: bool,
    /// The next particle to move.
    next: usize,
    /// The particles that have moved: the candidates.
    moved: Vec<usize>,
    /// The best neighbour of each particle.
    leaders: Vec<usize>,
    informed: Vec<usize>,
    /// The highest speed in each coordinate.
    limits: DVector<f64>,
    examples: Option<Examples>,
    stagnation: Stagnation,
}

impl Population for ParticleSwarm {
    const NAME: &'static str = "ParticleSwarm";
    type Memory = Memory;

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        self.scale
    }
    fn begin(&self, space: &Space, random: &mut Random) -> Result<Memory, Error> {
        let n = space.dimension();
        let size = self.particles;
        check_size(size, n, "particles", 2)?;
        let holds = (0.0..1.0).contains(&self.inertia);
        check(holds, "inertia", self.inertia, "at least 0, below 1")?;
        for (name, value) in [("cognitive", self.cognitive), ("social", self.social)] {
            check((0.0..=4.0).contains(&value), name, value, "at least 0, at most 4")?;
        }
        check(self.velocity_limit > 0.0, "velocity_limit", self.velocity_limit, "above 0")?;
        let x = latin_hypercube(space, random, size);
        let mut v = vec![DVector::zeros(n); size];
        let mut goal = DVector::zeros(n);
        let limits = self.limits(space);
        for (v, x) in v.iter_mut().zip(&x) {
            // Half-way to a random point: SPSO 2007.
            space.draw(random, &mut goal);
            for i in 0..n {
                v[i] = (goal[i] / 2.0 - x[i] / 2.0).clamp(-limits[i], limits[i]);
            }
        }
        let mut informed = vec![0; self.informed(size)];
        self.topology.draw(random, &mut informed, size);
        Ok(Memory {
            best: x.clone(),
            x,
            v,
            costs: vec![f64::INFINITY; size],
            is_evaluated: false,
            next: 0,
            moved: Vec::with_capacity(size),
            leaders: vec![0; size],
            informed,
            limits,
            examples: self.is_comprehensive.then(|| Examples::new(size, n)),
            stagnation: self.ending.begin()?,
        })
    }
    fn propose(
        &self,
        space: &Space,
        memory: &mut Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let n = space.dimension();
        let Memory { x, v, best, costs, next, moved, leaders, informed, examples, limits, .. } =
            memory;
        if !candidates.is_continued() {
            *next = 0;
            moved.clear();
            if examples.is_none() {
                self.topology.lead(costs, informed, leaders);
            }
        }
        let size = x.len();
        for (particle, (x, v)) in x.iter_mut().zip(v).enumerate().skip(*next) {
            if candidates.pauses(n) {
                return;
            }
            *next = particle + 1;
            if !memory.is_evaluated {
                moved.push(particle);
                candidates.push(x);
                continue;
            }
            let (x_slice, v) = (x.as_mut_slice(), v.as_mut_slice());
            match examples {
                Some(examples) => {
                    let chosen = examples.of(particle, costs, random);
                    self.learn_from(chosen, best, x_slice, v, random);
                }
                None => {
                    let best = [&best[particle], &best[leaders[particle]]];
                    self.accelerate(best.map(|x| x.as_slice()), x_slice, v, random);
                }
            }
            let mut has_moved = false;
            let moving = x_slice.iter_mut().zip(v).zip(limits.as_slice());
            for (i, ((x, v), limit)) in moving.enumerate() {
                let speed = v.max(-limit).min(*limit);
                let (value, speed) = self.boundary.fly(space, random, i, *x, speed);
                has_moved |= value != *x;
                (*x, *v) = (value, speed);
            }
            // A particle that does not move need not be evaluated, but a generation needs a candidate.
            let is_last = particle + 1 == size;
            if has_moved || (is_last && moved.is_empty()) {
                moved.push(particle);
                candidates.push(x);
            }
        }
    }
    fn learn(
        &self,
        space: &Space,
        memory: &mut Memory,
        random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let Memory { best, costs: lowest, moved, examples, .. } = memory;
        let before = lowest.iter().copied().fold(f64::INFINITY, f64::min);
        for (&particle, (x, &cost)) in moved.iter().zip(candidates.iter().zip(costs)) {
            let is_lower = cost < lowest[particle];
            if is_lower {
                copy(x, &mut best[particle]);
                lowest[particle] = cost;
            }
            if let Some(examples) = examples.as_mut().filter(|_| memory.is_evaluated) {
                examples.note(particle, is_lower);
            }
        }
        memory.is_evaluated = true;
        if !lowest.iter().any(|&cost| cost < before) {
            let size = lowest.len();
            self.topology.draw(random, &mut memory.informed, size);
        }
        self.ending.look(space, &mut memory.stagnation, &memory.best, &memory.costs)
    }
    /// A point better than all becomes the best particle's best point; any other that of the worst particle, if it is
    /// better.
    fn inject(&self, _space: &Space, memory: &mut Memory, x: &DVector<f64>, cost: f64) {
        if !memory.is_evaluated {
            return;
        }
        let costs = &memory.costs;
        let lower = |a: usize, b: usize| if costs[b] < costs[a] { b } else { a };
        let higher = |a: usize, b: usize| if costs[b] > costs[a] { b } else { a };
        let best = (0..costs.len()).reduce(lower).unwrap_or(0);
        let worst = (0..costs.len()).reduce(higher).unwrap_or(0);
        let particle = if cost < costs[best] { best } else { worst };
        if cost < costs[particle] {
            memory.best[particle].copy_from(x);
            memory.costs[particle] = cost;
        }
    }
    fn is_valid(&self, space: &Space, memory: &Memory) -> bool {
        let n = space.dimension();
        let size = self.particles;
        let below = |indices: &[usize]| indices.iter().all(|&index| index < size);
        all_within(space, &memory.x, size)
            && all_within(space, &memory.best, size)
            && memory.v.len() == size
            && memory.v.iter().all(|v| v.len() == n)
            && memory.costs.len() == size
            && !memory.costs.iter().any(|cost| cost.is_nan())
            && memory.limits == self.limits(space)
            && memory.leaders.len() == size
            && below(&memory.leaders)
            && memory.informed.len() == self.informed(size)
            && below(&memory.informed)
            && below(&memory.moved)
            && memory.examples.is_some() == self.is_comprehensive
            && memory.examples.iter().all(|examples| examples.is_valid(size, n))
    }
}
