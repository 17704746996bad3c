//! The ranks of an MPI job, on one machine or many: they evaluate a population ([`Mpi`]), add the terms of a sum
//! ([`RankSum`]), or are islands ([`Islands`]). Needs the feature `mpi` and an MPI library such as Open MPI.
//!
//! Every rank runs the same program, started by `mpirun -n 4 program`. Rank 0 runs the search, and the others serve it:
//!
//! ```no_run
//! use extremum::mpi::World;
//! use extremum::{Error, Minimizer, RandomSearch, from_fn};
//!
//! fn main() -> Result<(), Error> {
//!     let mut world = World::init()?;
//!     let sphere = from_fn(10, |x| x.norm_squared());
//!     let found = world.run(&sphere, |ranks| {
//!         Minimizer::new(&sphere, RandomSearch::default().scale(1.0), [1.0; 10]).evaluate_with(ranks).run()
//!     })?;
//!     if let Some(found) = found {
//!         println!("{found}"); // on rank 0; the others have None
//!     }
//!     Ok(())
//! }
//! ```
//!
//! **Bits.** Costs and sums have the bits of one process, on any number of ranks. The results of islands depend on
//! their number, and on nothing else.
//!
//! **When a rank dies** (killed, out of memory, its machine gone), the MPI library ends the whole job: a run cannot
//! survive the loss of a rank. Let rank 0 write a [checkpoint](crate::Checkpoint) every few generations; a new job,
//! with any number of ranks, continues from it with the same bits. The example `mpi_population` does so. A rank that
//! panics outside of a cost ends the job likewise.

pub use crate::evaluator::mpi::{Mpi, RankSum, World};
pub use crate::solver::population::Islands;
