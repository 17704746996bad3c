//! The ranks of an MPI job as an evaluator and as a sum.

mod ranks;
mod sum;

use std::fmt;

use ::mpi::Threading;
use ::mpi::environment::Universe;
use ::mpi::topology::SimpleCommunicator;
use ::mpi::traits::*;

pub use ranks::Mpi;
pub use sum::RankSum;

use crate::{Error, FiniteSum, Problem};

/// All ranks of the job. Make one, at the start of the program; dropping it ends MPI.
pub struct World {
    universe: Universe,
}

impl World {
    /// Starts MPI. A program started without `mpirun` is a job of one rank.
    ///
    /// # Errors
    /// [`Error::Mpi`] when there is, or was, a world in this process, or when the MPI library forbids threads.
    pub fn init() -> Result<Self, Error> {
        // The costs may use threads, and a run may start in any thread: one at a time calls MPI.
        let started = if ::mpi::environment::is_finalized() {
            None
        } else {
            ::mpi::initialize_with_threading(Threading::Serialized)
        };
        match started {
            Some((universe, provided)) if provided >= Threading::Serialized => {
                Ok(Self { universe })
            }
            Some(_) => {
                Err(refused("its MPI library does not allow calls from more than one thread"))
            }
            None => Err(refused("MPI was already started in this process: keep one World")),
        }
    }

    /// The number of this rank: 0, 1, ...
    pub fn rank(&self) -> usize {
        self.job().rank().unsigned_abs() as usize
    }

    /// The number of ranks.
    pub fn size(&self) -> usize {
        self.job().size().unsigned_abs() as usize
    }

    /// Evaluates the costs of one search on all ranks. `search` is called on rank 0 only, with the [evaluator](Mpi) for
    /// [`evaluate_with`](crate::Minimizer::evaluate_with). The other ranks evaluate the points that it sends, and
    /// return `None` when the search has ended, also by an error or a panic. All ranks have to call it with the same
    /// problem, the one that the search minimises.
    ///
    /// # Errors
    /// On rank 0 the error of the search; on all ranks [`Error::Mpi`] when their problems differ in dimension.
    pub fn run<R, E: From<Error>>(
        &mut self,
        problem: &dyn Problem,
        search: impl FnOnce(Mpi<'_>) -> Result<R, E>,
    ) -> Result<Option<R>, E> {
        self.check_same("dimensions", problem.dimension())?;
        if self.rank() == 0 {
            let served = ranks::Served(self);
            search(served.evaluator(problem.dimension())).map(Some)
        } else {
            ranks::serve(self, problem);
            Ok(None)
        }
    }

    /// Adds the terms of a sum on all ranks, for a search with any solver. `search` is called on rank 0 only, with the
    /// [problem](RankSum) to minimise. The other ranks evaluate their share of each cost and gradient, and return
    /// `None` when the search has ended. All ranks have to call it with the same terms.
    ///
    /// ```no_run
    /// # use extremum::{DVector, FiniteSum};
    /// # struct Center(Vec<f64>);
    /// # impl FiniteSum for Center {
    /// #     fn dimension(&self) -> usize { 1 }
    /// #     fn terms(&self) -> usize { self.0.len() }
    /// #     fn cost(&self, _: &[usize], _: &DVector<f64>) -> f64 { 0.0 }
    /// #     fn gradient(&self, _: &[usize], _: &DVector<f64>, _: &mut DVector<f64>) {}
    /// # }
    /// # let (mut world, terms) = (extremum::mpi::World::init()?, Center(vec![]));
    /// use extremum::{Lbfgs, minimize};
    /// let found = world.run_sum(&terms, |sum| minimize(sum, Lbfgs::default(), [0.0]))?;
    /// # Ok::<(), extremum::Error>(())
    /// ```
    ///
    /// # Errors
    /// On rank 0 the error of the search; on all ranks [`Error::Mpi`] when their sums differ in dimension or number of
    /// terms.
    pub fn run_sum<F: FiniteSum, R, E: From<Error>>(
        &mut self,
        terms: &F,
        search: impl FnOnce(&RankSum<'_, F>) -> Result<R, E>,
    ) -> Result<Option<R>, E> {
        self.check_same("dimensions", terms.dimension())?;
        self.check_same("numbers of terms", terms.terms())?;
        if self.rank() == 0 {
            search(&RankSum::new(self, terms)).map(Some)
        } else {
            sum::serve(self, terms);
            Ok(None)
        }
    }

    pub(crate) fn job(&self) -> SimpleCommunicator {
        self.universe.world()
    }

    /// The numbers of all ranks, equally many of each, in the order of the ranks.
    pub(crate) fn gathered(&self, own: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; own.len() * self.size()];
        self.job().all_gather_into(own, &mut all[..]);
        all
    }

    /// `Ok` on all ranks if their numbers are equal, else `Err` on all.
    fn check_same(&self, what: &str, own: usize) -> Result<(), Error> {
        let all = self.gathered(&[own as f64]);
        if all.iter().all(|number| *number == all[0]) {
            return Ok(());
        }
        Err(refused(&format!("the problems of its ranks have different {what}, {all:?}")))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Finalizing would wait for the other ranks, which may wait for a message of this one.
        if std::thread::panicking() && self.size() > 1 {
            self.job().abort(101);
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("rank", &self.rank()).field("size", &self.size()).finish()
    }
}

pub(crate) fn refused(reason: &str) -> Error {
    Error::Mpi { reason: reason.to_owned() }
}
