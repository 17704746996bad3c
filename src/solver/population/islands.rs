//! Islands: one population per rank; the populations exchange their best points.

use std::fmt;
use std::time::{Duration, Instant};

use ::mpi::point_to_point::send_receive_into;
use ::mpi::traits::*;
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::evaluator::mpi::{World, refused};
use crate::{
    CancellationToken, Error, Evaluations, Evaluator, IntoVector, Oracle, Population, Problem,
    Search, Serial, Solution, Termination,
};

/// The island model: every rank has a population of its own, and the best points migrate on a ring.
///
/// **Method** (R ranks)
/// ```text
/// rank r:  a population with the seed of r; its own costs; no messages for k generations
/// then:    the best of r goes to rank r + 1 mod R, which adds it if it differs from the last migrant
///          all ranks learn the status of the others, and continue or end together
/// ```
/// **Needs** what the population needs.
///
/// **Parameters** [`migrate_every`](Self::migrate_every) (k = 10 generations), [`generations`](Self::generations) (100000),
/// [`target`](Self::target) (none), [`time_limit`](Self::time_limit) (none), [`cancelled_by`](Self::cancelled_by) (none),
/// [`evaluate_with`](Self::evaluate_with) ([`Serial`]).
///
/// **Guarantee** The same number of ranks gives the same bits, unless a clock or a token ends the run; with one rank it
/// is a plain search. It ends on all ranks at the same exchange: when any island has reached the target, was
/// interrupted or found the costs unbounded, or when all populations are done or have made all generations. A
/// population that is done before the others waits for them, and passes migrants on.
///
/// ```no_run
/// use extremum::mpi::{Islands, World};
/// use extremum::{RandomSearch, from_fn};
/// let mut world = World::init()?;
/// let sphere = from_fn(2, |x| x.norm_squared());
/// let islands = Islands::new(RandomSearch::default().scale(2.0)).target(1e-3);
/// if let Some(found) = islands.run(&mut world, &sphere, [1.0, 1.0])? {
///     assert!(found.cost < 0.1); // on rank 0: the best of all ranks
/// }
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** E. Cantú-Paz, "A survey of parallel genetic algorithms", Calculateurs Parallèles 10(2), 1998, section 5:
/// multiple-population algorithms, here synchronous and on a ring, with the best as the migrant.
pub struct Islands<'a, P> {
    population: P,
    every: u64,
    generations: u64,
    target: Option<f64>,
    time_limit: Option<Duration>,
    token: Option<CancellationToken>,
    evaluator: Box<dyn Evaluator + 'a>,
}

impl<'a, P: Population> Islands<'a, P> {
    /// An island of this method on every rank. Rank 0 has the seed of the method; the seeds of the others depend on it
    /// and on their rank.
    pub fn new(population: P) -> Self {
        Self {
            population,
            every: 10,
            generations: 100_000,
            target: None,
            time_limit: None,
            token: None,
            evaluator: Box::new(Serial),
        }
    }

    /// The number k of generations between migrations, default 10. Range: ≥ 1. A large k keeps the islands apart; a
    /// small k makes them one population.
    pub fn migrate_every(mut self, generations: u64) -> Self {
        self.every = generations;
        self
    }

    /// The limit of generations of each island, default 100000. Range: ≥ 1.
    pub fn generations(mut self, limit: u64) -> Self {
        self.generations = limit;
        self
    }

    /// The run has converged when the cost of any island is at most this; no target by default. The others learn of it
    /// at the next migration.
    pub fn target(mut self, cost: f64) -> Self {
        self.target = Some(cost);
        self
    }

    /// The run ends at the next migration after this wall-clock time on any rank.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// The run ends at the next migration when the token of any rank is cancelled.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Evaluates the costs of each island by `evaluator`, such as the threads of its machine. It changes no bit.
    pub fn evaluate_with(mut self, evaluator: impl Evaluator + 'a) -> Self {
        self.evaluator = Box::new(evaluator);
        self
    }

    /// Runs to the end; all ranks have to call it with the same arguments. Rank 0 returns the solution: the best of all
    /// ranks, with the evaluations of all ranks, the largest number of generations, and the termination of the island
    /// that ended the run, or of the best. The other ranks return `None`.
    ///
    /// # Errors
    /// On all ranks, for invalid arguments.
    pub fn run(
        self,
        world: &mut World,
        problem: &dyn Problem,
        x0: impl IntoVector,
    ) -> Result<Option<Solution>, Error> {
        let started = Instant::now();
        let (every, generations) = (self.every, self.generations);
        let mut island = self.begin(world, problem, x0.into_vector());
        // No rank continues without the others.
        let begun =
            world.gathered(&[f64::from(u8::from(island.is_ok())), problem.dimension() as f64]);
        let is_same = |pair: &[f64]| pair == &begun[..2];
        if let Ok(island) = &mut island {
            if !begun.chunks(2).all(is_same) {
                return Err(refused(
                    "another rank failed to start, or has a problem of another dimension",
                ));
            }
            while island.goes_on(world)? {
                for _ in 0..every {
                    island.generation(generations);
                }
                island.migrate(world);
            }
        }
        Ok(island?.solution(world, started))
    }

    fn begin<'p>(
        self,
        world: &World,
        problem: &'p dyn Problem,
        x0: DVector<f64>,
    ) -> Result<Island<'p, P>, Error>
    where
        'a: 'p,
    {
        check(self.every >= 1, "migrate_every", 0.0, "at least 1")?;
        check(self.generations >= 1, "generations", 0.0, "at least 1")?;
        let target = self.target.unwrap_or(f64::NEG_INFINITY);
        check(!target.is_nan(), "target", target, "a number")?;
        let mut oracle = Oracle::new(problem);
        oracle.check_start(&x0)?;
        oracle.watch(self.token, self.time_limit);
        oracle.evaluate_with(self.evaluator);
        // An odd multiplier: no two ranks have the same seed, and the seeds of neighbours hardly share bits.
        let seed =
            self.population.seed() ^ (world.rank() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let search = Search::seeded(self.population, x0, problem.bounds().cloned(), seed)?;
        Ok(Island { oracle, search, costs: Vec::new(), target, ended: None, migrant: None })
    }
}

impl<P: fmt::Debug> fmt::Debug for Islands<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Islands")
            .field("population", &self.population)
            .field("migrate_every", &self.every)
            .field("generations", &self.generations)
            .finish_non_exhaustive()
    }
}

/// The status of an island, as sent to the others.
const GOES_ON: f64 = 0.0;
const IS_DONE: f64 = 1.0;
const ENDS_ALL: f64 = 2.0;
const NOT_IN_DOMAIN: f64 = 3.0;

/// The island of this rank.
struct Island<'p, P: Population> {
    oracle: Oracle<'p>,
    search: Search<P>,
    costs: Vec<f64>,
    target: f64,
    ended: Option<Ended>,
    /// The last migrant received.
    migrant: Option<Vec<f64>>,
}

enum Ended {
    Done(Termination),
    All(Termination),
    /// The cost at the start, which is not finite.
    NotInDomain(f64),
}

/// What an island reports in the end.
#[derive(Serialize, Deserialize)]
struct Report {
    x: DVector<f64>,
    cost: f64,
    generations: u64,
    evaluations: Evaluations,
    termination: Option<Termination>,
    ends_all: bool,
}

impl<P: Population> Island<'_, P> {
    /// Evaluates a generation and learns from it, unless this island has ended.
    fn generation(&mut self, limit: u64) {
        if self.ended.is_some() {
            return;
        }
        let points = self.search.ask();
        self.costs.resize(points.len(), f64::NAN);
        if let Some(reason) = self.oracle.costs(points, &mut self.costs).break_value() {
            self.ended = Some(Ended::All(reason));
            return;
        }
        let first = self.costs.first().copied().unwrap_or(f64::NAN);
        if self.search.generation() == 0 && !first.is_finite() {
            self.ended = Some(Ended::NotInDomain(first));
            return;
        }
        // No error: there are as many costs as candidates.
        let flow = self.search.tell(&self.costs).map(std::ops::ControlFlow::break_value);
        let (cost, target) = (self.search.best().1, self.target);
        self.ended = match flow.unwrap_or(None) {
            Some(reason @ Termination::Unbounded { .. }) => Some(Ended::All(reason)),
            _ if cost <= target => Some(Ended::All(Termination::TargetReached { cost, target })),
            Some(reason) => Some(Ended::Done(reason)),
            None if self.search.generation() >= limit => {
                Some(Ended::Done(Termination::MaxIterations { limit }))
            }
            None => None,
        };
    }

    /// Whether all islands continue: the same answer on all ranks.
    fn goes_on(&self, world: &World) -> Result<bool, Error> {
        let own = match &self.ended {
            None => GOES_ON,
            Some(Ended::Done(_)) => IS_DONE,
            Some(Ended::All(_)) => ENDS_ALL,
            Some(Ended::NotInDomain(_)) => NOT_IN_DOMAIN,
        };
        let all = world.gathered(&[own]);
        match self.ended {
            Some(Ended::NotInDomain(value)) => {
                Err(Error::NotInDomain { what: "cost".into(), value })
            }
            _ if all.contains(&NOT_IN_DOMAIN) => {
                Err(refused("another rank has no finite cost at the start"))
            }
            _ => Ok(all.contains(&GOES_ON) && !all.contains(&ENDS_ALL)),
        }
    }

    /// Sends the best point to the next rank, and adds that of the previous one.
    fn migrate(&mut self, world: &World) {
        let (rank, ranks) = (world.rank(), world.size());
        if ranks == 1 {
            return;
        }
        let job = world.job();
        let (next, before) = ((rank + 1) % ranks, (rank + ranks - 1) % ranks);
        let (next, before) = (job.process_at_rank(next as i32), job.process_at_rank(before as i32));
        let (x, cost) = self.search.best();
        let own: Vec<f64> = std::iter::once(cost).chain(x.iter().copied()).collect();
        let mut migrant = vec![0.0; own.len()];
        send_receive_into(&own[..], &next, &mut migrant[..], &before);
        // The same migrant again would only fill the population with copies.
        let is_new = self.migrant.as_ref() != Some(&migrant) && migrant != own;
        // A population that is done does not use a better migrant, but passes it on.
        if is_new && (self.ended.is_none() || migrant[0] < cost) {
            self.search.inject(&DVector::from_column_slice(&migrant[1..]), migrant[0]);
        }
        self.migrant = Some(migrant);
    }

    /// The best of all islands, on rank 0.
    fn solution(self, world: &World, started: Instant) -> Option<Solution> {
        let (x, cost) = self.search.best();
        let (termination, ends_all) = match self.ended {
            Some(Ended::Done(reason)) => (Some(reason), false),
            Some(Ended::All(reason)) => (Some(reason), true),
            Some(Ended::NotInDomain(_)) | None => (None, false),
        };
        let own = Report {
            x: x.clone(),
            cost,
            generations: self.search.generation(),
            evaluations: self.oracle.evaluations(),
            termination,
            ends_all,
        };
        let job = world.job();
        if world.rank() > 0 {
            // A report that cannot be serialised is sent empty, and counts as none.
            job.process_at_rank(0).send(&postcard::to_stdvec(&own).unwrap_or_default()[..]);
            return None;
        }
        let others = (1..job.size()).filter_map(|rank| {
            let (bytes, _) = job.process_at_rank(rank).receive_vec::<u8>();
            postcard::from_bytes(&bytes).ok()
        });
        Some(best_of(P::NAME, own, others.collect(), started))
    }
}

fn best_of(name: &str, own: Report, others: Vec<Report>, started: Instant) -> Solution {
    let mut evaluations = own.evaluations;
    let mut iterations = own.generations;
    let mut end = own.termination.clone().filter(|_| own.ends_all);
    let mut best = own;
    for other in others {
        evaluations.cost += other.evaluations.cost;
        evaluations.terms = evaluations.terms.saturating_add(other.evaluations.terms);
        evaluations.panics += other.evaluations.panics;
        iterations = iterations.max(other.generations);
        end = end.or_else(|| other.termination.clone().filter(|_| other.ends_all));
        if other.cost < best.cost {
            best = other;
        }
    }
    let termination = match end.or(best.termination).unwrap_or(Termination::NotFinished) {
        // Another island may be better than the first that has reached the target.
        Termination::TargetReached { target, .. } => {
            Termination::TargetReached { cost: best.cost, target }
        }
        other => other,
    };
    Solution {
        solver: name.to_owned(),
        x: best.x,
        cost: best.cost,
        gradient_norm: None,
        infeasibility: None,
        complementarity: None,
        multipliers: None,
        validation_cost: None,
        iterations,
        evaluations,
        skipped: 0,
        elapsed: started.elapsed(),
        termination,
        warning: None,
        classification: None,
        trace: Vec::new(),
    }
}
