//! Ask and tell.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::members::copy;
use super::{Population, Space};
use crate::{Bounds, Error, Random, Stall, Termination};

/// Numbers written between two checks of the time limit.
const PIECE: usize = 1 << 16;

/// Workspace for the candidates of a generation, kept from one to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Candidates {
    points: Vec<DVector<f64>>,
    used: usize,
    /// The work since the last check of the time limit.
    work: usize,
    is_paused: bool,
    is_continued: bool,
}

impl Candidates {
    /// True when a proposal has to return here, before a candidate that takes `work` operations; it is called again and
    /// then [continues](Self::is_continued). So a run checks its time limit and its token within large generations.
    pub fn pauses(&mut self, work: usize) -> bool {
        self.is_paused = self.work >= PIECE;
        self.work = self.work.saturating_add(work);
        self.is_paused
    }

    /// True when this call continues where the last one paused.
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// Adds a candidate of n coordinates, to be written. Its contents are unspecified.
    pub fn next(&mut self, n: usize) -> &mut DVector<f64> {
        self.used += 1;
        if self.points.len() < self.used {
            self.points.push(DVector::zeros(n));
        }
        &mut self.points[self.used - 1]
    }

    /// Adds this point as a candidate.
    pub fn push(&mut self, x: &DVector<f64>) {
        copy(x, self.next(x.len()));
    }

    /// The candidates of this generation.
    pub fn all(&self) -> &[DVector<f64>] {
        &self.points[..self.used]
    }

    /// False for invalid data of a damaged checkpoint. The points that are not in use are workspace.
    fn is_valid(&self, space: &Space) -> bool {
        self.used <= self.points.len()
            && self.points.iter().all(|x| x.len() == space.dimension())
            && self.all().iter().all(|x| space.holds(x))
    }
}

/// Everything of a [`Search`] that changes: its checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchState<M> {
    pub(super) space: Space,
    pub(super) memory: M,
    random: Random,
    candidates: Candidates,
    costs: Vec<f64>,
    /// True while the costs of candidates are pending.
    is_asked: bool,
    generation: u64,
    pub(super) best: DVector<f64>,
    pub(super) best_cost: f64,
}

impl<M> SearchState<M> {
    pub(super) fn new<P: Population<Memory = M>>(
        population: &P,
        x0: DVector<f64>,
        bounds: Option<Bounds>,
    ) -> Result<Self, Error> {
        Self::seeded(population, x0, bounds, population.seed())
    }

    fn seeded<P: Population<Memory = M>>(
        population: &P,
        x0: DVector<f64>,
        bounds: Option<Bounds>,
        seed: u64,
    ) -> Result<Self, Error> {
        let mut random = Random::new(seed);
        let scale = population.scale();
        let space = if population.is_local() {
            Space::local(x0, bounds, scale)?
        } else {
            Space::new(P::NAME, x0, bounds, scale)?
        };
        let memory = population.begin(&space, &mut random)?;
        let best = space.x0().clone();
        Ok(Self {
            space,
            memory,
            random,
            candidates: Candidates::default(),
            costs: Vec::new(),
            is_asked: false,
            generation: 0,
            best,
            best_cost: f64::INFINITY,
        })
    }

    /// Has the population write its candidates. After an interruption, the next call continues.
    pub(super) fn propose<P: Population<Memory = M>>(
        &mut self,
        population: &P,
        mut uninterrupted: impl FnMut() -> ControlFlow<Termination>,
    ) -> ControlFlow<Termination> {
        let Self { space, memory, random, candidates, costs, .. } = self;
        if !self.is_asked && !candidates.is_paused {
            candidates.used = 0;
        }
        while !self.is_asked {
            candidates.work = 0;
            candidates.is_continued = std::mem::take(&mut candidates.is_paused);
            population.propose(space, memory, random, candidates);
            costs.resize(candidates.used, f64::NAN);
            self.is_asked = !candidates.is_paused;
            if candidates.is_paused {
                uninterrupted()?;
            }
        }
        ControlFlow::Continue(())
    }

    /// The candidates whose costs are pending, and room for the costs.
    pub(super) fn waiting(&mut self) -> (&[DVector<f64>], &mut [f64]) {
        (self.candidates.all(), &mut self.costs)
    }

    /// True when the population has learned from a generation.
    pub(super) fn has_begun(&self) -> bool {
        self.generation > 0
    }

    /// The best candidate of the last generation; the best of all before the first.
    pub(super) fn last_best(&self) -> &DVector<f64> {
        let last = self.candidates.all().iter().zip(&self.costs);
        last.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(&self.best, |(x, _)| x)
    }

    /// Learns from the costs written. A cost of −infinity ends the search, at the best point with a finite cost.
    pub(super) fn learn<P: Population<Memory = M>>(
        &mut self,
        population: &P,
    ) -> ControlFlow<Termination> {
        let Self { space, memory, random, candidates, costs, .. } = self;
        self.is_asked = false;
        self.generation += 1;
        let mut is_unbounded = false;
        for (cost, x) in costs.iter_mut().zip(candidates.all()) {
            if cost.is_nan() {
                *cost = f64::INFINITY;
            }
            if *cost == f64::NEG_INFINITY {
                is_unbounded = true;
            } else if *cost < self.best_cost {
                self.best_cost = *cost;
                copy(x, &mut self.best);
            }
        }
        if is_unbounded {
            return ControlFlow::Break(Termination::Unbounded { cost: f64::NEG_INFINITY });
        }
        match population.learn(space, memory, random, candidates.all(), costs) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(reason) => ControlFlow::Break(stalled(reason)),
        }
    }

    pub(super) fn inject<P: Population<Memory = M>>(
        &mut self,
        population: &P,
        x: &DVector<f64>,
        cost: f64,
    ) {
        population.inject(&self.space, &mut self.memory, x, cost);
        if cost < self.best_cost {
            self.best_cost = cost;
            self.best.copy_from(x);
        }
    }

    pub(super) fn check<P: Population<Memory = M>>(
        &self,
        population: &P,
        n: usize,
        bounds: Option<&Bounds>,
    ) -> Result<(), Error> {
        let fits = self.space.dimension() == n
            && self.space.is_valid(bounds)
            && self.candidates.is_valid(&self.space)
            && self.costs.len() == self.candidates.used
            && self.space.holds(&self.best)
            && self.best_cost > f64::NEG_INFINITY
            && self.generation < u64::MAX / 2
            && population.is_valid(&self.space, &self.memory);
        let reason = || "its population does not fit this configuration and problem".to_owned();
        if fits { Ok(()) } else { Err(Error::Checkpoint { reason: reason() }) }
    }
}

fn stalled(reason: Stall) -> Termination {
    Termination::Stalled { reason, gradient_norm: None }
}

/// Ask and tell: a search whose costs the caller computes, by a queue for example. Made by a `start` method or by
/// [`new`](Self::new).
///
/// ```
/// use extremum::DifferentialEvolution;
/// let mut search = DifferentialEvolution::default().scale(2.0).start(vec![1.0; 3], None)?;
/// for _ in 0..200 {
///     let costs: Vec<f64> = search.ask().iter().map(|x| x.norm_squared()).collect();
///     if search.tell(&costs)?.is_break() {
///         break;
///     }
/// }
/// assert!(search.best().1 < 1e-8);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Search<P: Population> {
    population: P,
    state: SearchState<P::Memory>,
}

impl<P: Population> Search<P> {
    /// A search with the workspace of its population. `x0` is the first candidate; without `bounds`, the first
    /// population spreads around it by the method's scale.
    ///
    /// # Errors
    /// For a parameter out of range; for a start that is not finite, outside of the bounds or of another length; and
    /// [`Error::ScaleNeeded`] without a scale and finite bounds.
    pub fn new(
        population: P,
        x0: impl crate::IntoVector,
        bounds: Option<Bounds>,
    ) -> Result<Self, Error> {
        let state = SearchState::new(&population, x0.into_vector(), bounds)?;
        Ok(Self { population, state })
    }

    /// A search with another seed: one of several islands.
    #[cfg(feature = "mpi")]
    pub(crate) fn seeded(
        population: P,
        x0: DVector<f64>,
        bounds: Option<Bounds>,
        seed: u64,
    ) -> Result<Self, Error> {
        let state = SearchState::seeded(&population, x0, bounds, seed)?;
        Ok(Self { population, state })
    }

    /// The candidates of the generation: the same until their costs are told.
    pub fn ask(&mut self) -> &[DVector<f64>] {
        let _ = self.state.propose(&self.population, || ControlFlow::Continue(()));
        self.state.candidates.all()
    }

    /// Tells the costs of the candidates, in their order. NaN is worse than any number; −infinity ends the search as
    /// [unbounded](Termination::Unbounded) and is not the cost of its best point. Breaks when the method is done; you
    /// may continue to ask nevertheless.
    ///
    /// # Errors
    /// [`Error::Costs`] when their number is not that of the pending candidates. Nothing has changed then.
    pub fn tell(&mut self, costs: &[f64]) -> Result<ControlFlow<Termination>, Error> {
        let expected = if self.state.is_asked { self.state.costs.len() } else { 0 };
        if costs.len() != expected || expected == 0 {
            return Err(Error::Costs { expected, actual: costs.len() });
        }
        self.state.costs.copy_from_slice(costs);
        Ok(self.state.learn(&self.population))
    }

    /// The best candidate so far and its cost; the start and +infinity before any finite cost was told.
    pub fn best(&self) -> (&DVector<f64>, f64) {
        (&self.state.best, self.state.best_cost)
    }

    /// The number of generations whose costs were told.
    pub fn generation(&self) -> u64 {
        self.state.generation
    }

    /// Adds a point from elsewhere with its cost, such as a migrant of another population. Returns false, and ignores
    /// the point, if it is outside of the bounds, if its cost is not finite, or while the costs of candidates are
    /// pending.
    pub fn inject(&mut self, x: &DVector<f64>, cost: f64) -> bool {
        let is_within = self.state.space.bounds().is_none_or(|bounds| bounds.contain(x));
        let fits = x.len() == self.state.space.dimension() && x.iter().all(|x| x.is_finite());
        let is_taken = fits && is_within && cost.is_finite() && !self.state.is_asked;
        if is_taken {
            self.state.inject(&self.population, x, cost);
        }
        is_taken
    }

    /// Everything that changes, to be stored.
    pub fn state(&self) -> &SearchState<P::Memory> {
        &self.state
    }

    /// Continues from a stored state, with the same bits.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the state has another configuration, number of variables or bounds.
    pub fn restore(&mut self, state: SearchState<P::Memory>) -> Result<(), Error> {
        let space = &self.state.space;
        state.check(&self.population, space.dimension(), space.bounds())?;
        self.state = state;
        Ok(())
    }
}
