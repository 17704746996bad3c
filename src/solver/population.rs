//! Derivative-free searches: a population asks for the costs of its candidates, and learns from them.
//!
//! ```text
//! ask:   the candidates of a generation, with the start among those of the first
//! tell:  their costs; the population learns, and says when it is done
//! ```
//!
//! A method is a [`Population`]: plain configuration and a memory. [`Search`] asks and tells, for costs that come from
//! anywhere. [`Generations`] is the [`Solver`](crate::Solver): an [evaluator](crate::evaluator) computes the costs, and
//! a local solver may polish the best point in between. The population draws all random numbers, in one thread.

mod cma_es;
pub mod differential_evolution;
mod ending;
mod generations;
mod genetic_algorithm;
#[cfg(feature = "mpi")]
mod islands;
mod members;
mod nelder_mead;
mod partial;
pub mod particle_swarm;
mod pattern_search;
mod random_search;
mod search;
mod simulated_annealing;
mod sobol_search;
mod space;

use std::fmt::Debug;
use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Serialize, de::DeserializeOwned};

pub use cma_es::{CmaEs, CmaEsMemory};
pub use differential_evolution::DifferentialEvolution;
pub(crate) use generations::{Course, POLISHER, solver};
pub use generations::{Generations, GenerationsState};
pub use genetic_algorithm::{
    Crossover, GeneticAlgorithm, GeneticAlgorithmMemory, Mutation, Selection, Survival,
};
#[cfg(feature = "mpi")]
pub use islands::Islands;
pub use nelder_mead::NelderMead;
pub use particle_swarm::ParticleSwarm;
pub use pattern_search::PatternSearch;
pub use random_search::RandomSearch;
pub use search::{Candidates, Search, SearchState};
pub use simulated_annealing::{
    Acceptance, Cooling, Moves, SimulatedAnnealing, SimulatedAnnealingMemory, Visiting,
};
pub(crate) use sobol_search::Sobol;
pub use sobol_search::SobolSearch;
pub use space::Space;

use crate::{Error, Random, Stall};

/// A derivative-free method that proposes candidates and learns from their costs.
pub trait Population: Clone + Debug + Send + Sync + 'static {
    /// The name of the method.
    const NAME: &'static str;
    /// Everything that changes, except the workspace for the candidates.
    type Memory: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + 'static;

    /// The seed of its random numbers.
    fn seed(&self) -> u64;

    /// How far the first population spreads on each side of the start; `None`: it spreads over the bounds.
    fn scale(&self) -> Option<f64>;

    /// Checks the parameters, and allocates all the workspace that generations need.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the parameter that is out of range, or that asks for more candidates than fit into
    /// memory.
    fn begin(&self, space: &Space, random: &mut Random) -> Result<Self::Memory, Error>;

    /// Writes the candidates of a generation, at least one. The first candidate of the first generation is the start.
    /// All lie within the bounds. Called once for each generation, and again after each [pause](Candidates::pauses).
    fn propose(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    );

    /// Learns from the costs of the generation. No cost is NaN or -infinity; a cost of +infinity marks an unusable
    /// point. Breaks with the reason when the method is done.
    fn learn(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        random: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall>;

    /// Adds a point from elsewhere, within the bounds: one polished by a local solver, or a migrant of another
    /// population. Called between generations only.
    fn inject(&self, space: &Space, memory: &mut Self::Memory, x: &DVector<f64>, cost: f64);

    /// Whether a memory read from a checkpoint belongs to this configuration: a wrong length would panic.
    fn is_valid(&self, space: &Space, memory: &Self::Memory) -> bool;

    /// True for a local search, which starts at x0 and needs neither a scale nor bounds.
    fn is_local(&self) -> bool {
        false
    }

    /// True for methods that polish with L-BFGS by default.
    fn polishes(&self) -> bool {
        false
    }

    /// True when the method asks to polish the best point now, in addition to the regular polishes.
    fn wants_polish(&self, _memory: &Self::Memory) -> bool {
        false
    }
}
