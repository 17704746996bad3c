//! The solver that runs every population.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::partial::Partial;
use super::{Population, SearchState};
use crate::solver::inner_run::{Best, InnerRun};
use crate::{
    AnySolver, Domain, Error, Evaluations, Lbfgsb, Oracle, Solver, State, Termination, fingerprint,
};

/// Generations before the best point is polished for the first time.
const UNPOLISHED: u64 = 20;

/// The cost of the generations before the next polish, relative to that of the last polish.
const SHARE: u64 = 4;

/// A population as a [`Solver`]: an iteration is a generation, evaluated by the run's
/// [evaluator](crate::Minimizer::evaluate_with).
///
/// ```
/// use extremum::{Lbfgsb, ParticleSwarm, from_fn, minimize};
/// let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
/// let swarm = ParticleSwarm::default().scale(2.0).polish(Lbfgsb::default());
/// assert!(minimize(&valley, swarm, [-1.2, 1.0])?.cost < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone)]
pub struct Generations<P> {
    population: P,
    local: Option<Arc<dyn AnySolver>>,
}

impl<P: Population> Generations<P> {
    /// The method without changes: polished only if it [polishes](Population::polishes) by default.
    pub fn new(population: P) -> Self {
        let polishes = population.polishes();
        let this = Self { population, local: None };
        if polishes { this.polish(Lbfgsb::default()) } else { this }
    }

    /// Polishes the best point by a local solver, if the point is new: after 20 generations, again when the generations
    /// have cost four times as much as the last polish, when the population is done, and when the method asks for it.
    /// If the best point is not new, the best of the last generation is polished at the same intervals. A better point
    /// is added to the population. A gradient counts as n costs. A polish ends when the gradient's maximum norm, within
    /// bounds that of the projected gradient, is at most 1e-9, or like a local search of
    /// [`MultiStart`](crate::MultiStart). Within bounds it takes a solver that keeps them, such as [`Lbfgsb`]; with any
    /// other one a run returns [`Error::BoundsNotSupported`] before it evaluates anything.
    pub fn polish(mut self, solver: impl Solver + 'static) -> Self {
        self.local = Some(Arc::from(solver.boxed()));
        self
    }

    /// Never polishes, not even for a method that polishes by default.
    pub fn without_polish(mut self) -> Self {
        self.local = None;
        self
    }
}

impl<P: fmt::Debug> fmt::Debug for Generations<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations")
            .field("population", &self.population)
            .field("local", &self.local.as_ref().map(|local| local.name()))
            .finish()
    }
}

/// Everything of a population's run that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerationsState<M> {
    pub(super) search: SearchState<M>,
    /// The best cost that was polished, or resulted from a polish.
    polished: f64,
    /// The price of the last polish and of the generations since, in costs, and the number of those generations.
    price: u64,
    spent: u64,
    generations: u64,
    /// True when the generation is done, but its polish is not.
    is_due: bool,
    /// Why the population is done.
    done: Option<Termination>,
    partial: Partial,
}

impl<M> GenerationsState<M> {
    fn is_partial(&self) -> bool {
        self.partial.cost < self.search.best_cost
    }
}

impl<M: Clone + fmt::Debug + PartialEq + Serialize + serde::de::DeserializeOwned + Send + 'static>
    State for GenerationsState<M>
{
    fn x(&self) -> &DVector<f64> {
        if self.is_partial() { &self.partial.x } else { &self.search.best }
    }
    fn cost(&self) -> f64 {
        if self.is_partial() { self.partial.cost } else { self.search.best_cost }
    }
}

/// What polishes a method that does so by default. Made once, since a generation allocates nothing.
pub(crate) static POLISHER: LazyLock<Lbfgsb> = LazyLock::new(Lbfgsb::default);

/// A run of a population, with or without a local solver.
pub(crate) struct Course<'a, P> {
    population: &'a P,
    local: Option<&'a dyn AnySolver>,
}

impl<'a, P: Population> Course<'a, P> {
    /// A method without changes, with a local solver if it polishes by default.
    pub fn new(population: &'a P, local: &'a dyn AnySolver) -> Self {
        Self { population, local: population.polishes().then_some(local) }
    }

    /// Evaluates a generation. When the run's evaluations are used up during it, its best point is kept.
    fn evaluate(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut GenerationsState<P::Memory>,
    ) -> ControlFlow<Termination> {
        state.search.propose(self.population, || problem.interruption())?;
        let (points, costs) = state.search.waiting();
        let flow = problem.costs(points, costs);
        if problem.is_spent() {
            points.iter().zip(costs).for_each(|(x, cost)| state.partial.take(x, *cost));
        }
        flow
    }

    fn learn(&self, state: &mut GenerationsState<P::Memory>) {
        state.partial.forget();
        state.spent += state.search.waiting().0.len() as u64;
        state.generations += 1;
        state.done = state.search.learn(self.population).break_value();
    }

    /// True when a polish is worth its price, or when it is asked for and the best point is new.
    fn is_due(&self, state: &GenerationsState<P::Memory>) -> bool {
        let GenerationsState { search, price, spent, generations, done, .. } = state;
        if matches!(done, Some(Termination::Unbounded { .. })) {
            return false;
        }
        let is_asked = done.is_some() || self.population.wants_polish(&search.memory);
        let is_time = *generations >= UNPOLISHED && *spent >= SHARE * price && done.is_none();
        self.local.is_some() && (is_time || is_asked && search.best_cost < state.polished)
    }

    /// Runs the local solver from the best point, or from the best of the last generation, which may be in another
    /// valley, if the best point was polished already. Changes nothing when it is interrupted.
    fn polished(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut GenerationsState<P::Memory>,
    ) -> ControlFlow<Termination> {
        let Some(local) = self.local else { return ControlFlow::Continue(()) };
        let search = &state.search;
        let start =
            if search.best_cost < state.polished { &search.best } else { search.last_best() };
        let (found, price) = descend(local, problem, start);
        if problem.is_spent()
            && let Some((x, cost)) = &found
        {
            state.partial.take(x, *cost);
        }
        problem.uninterrupted()?;
        state.partial.forget();
        if let Some((x, cost)) = &found
            && cost.is_finite()
            && *cost < state.search.best_cost
        {
            state.search.inject(self.population, x, *cost);
            // The population continues from the new point.
            state.done = None;
        }
        state.polished = state.search.best_cost;
        (state.price, state.spent, state.generations) = (price, 0, 0);
        ControlFlow::Continue(())
    }

    /// Refuses a problem within bounds that the local solver cannot keep.
    fn check_domain(&self, problem: &Oracle<'_>) -> Result<(), Error> {
        self.local.map_or(Ok(()), |local| Domain::check(local, problem))
    }

    pub fn init(
        &self,
        problem: &mut Oracle<'_>,
        x0: DVector<f64>,
    ) -> Result<GenerationsState<P::Memory>, Error> {
        self.check_domain(problem)?;
        problem.check_start(&x0)?;
        let bounds = problem.problem().bounds().cloned();
        let mut state = GenerationsState {
            partial: Partial::none(x0.len()),
            search: SearchState::new(self.population, x0, bounds)?,
            polished: f64::INFINITY,
            price: 0,
            spent: 0,
            generations: 0,
            is_due: false,
            done: None,
        };
        let flow = self.evaluate(problem, &mut state);
        problem.check_interruption()?;
        // The first candidate is the start.
        state.search.waiting().1.first().map_or(Ok(()), |cost| problem.check_cost(*cost))?;
        if flow.is_continue() {
            self.learn(&mut state);
        }
        Ok(state)
    }

    pub fn step(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut GenerationsState<P::Memory>,
    ) -> ControlFlow<Termination> {
        if !state.is_due && state.done.is_none() {
            // The first generation, if it was not evaluated at the start, is not polished either.
            let is_first = !state.search.has_begun();
            self.evaluate(problem, state)?;
            self.learn(state);
            if is_first {
                return ControlFlow::Continue(());
            }
        }
        state.is_due = self.is_due(state);
        if state.is_due {
            self.polished(problem, state)?;
            state.is_due = false;
        }
        match &state.done {
            Some(reason) => ControlFlow::Break(reason.clone()),
            None => ControlFlow::Continue(()),
        }
    }

    pub fn restore(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut GenerationsState<P::Memory>,
    ) -> Result<(), Error> {
        self.check_domain(problem)?;
        let counts = [state.price, state.spent, state.generations];
        let is_usable = state.partial.is_valid(problem.problem()) && state.cost().is_finite();
        if counts.iter().any(|count| *count > u64::MAX / 8) || !is_usable {
            let reason = "its counts or its best point are impossible".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        state.search.check(self.population, problem.dimension(), problem.problem().bounds())
    }
}

/// The gradient norm at which a polish ends.
const POLISHED: f64 = 1e-9;

/// Runs a local solver from x to its end. Returns what it found, and its price in costs.
pub(crate) fn descend(
    local: &dyn AnySolver,
    problem: &mut Oracle<'_>,
    x: &DVector<f64>,
) -> (Option<(DVector<f64>, f64)>, u64) {
    let before = problem.evaluations();
    let found = InnerRun::begin(local, problem, x).ok().map(|mut run| {
        let mut best = Best::of(&run, problem);
        while run.step(local, problem, POLISHED, &mut best).is_continue() {}
        (best.x, best.cost)
    });
    // All residuals are as much work as a cost, and derivatives are n times that.
    let price = |counts: Evaluations| {
        let derivatives = counts.gradient.saturating_add(counts.jacobian);
        let costs = counts.cost.saturating_add(counts.residual);
        costs.saturating_add(derivatives.saturating_mul(x.len() as u64))
    };
    (found, price(problem.evaluations()) - price(before))
}

impl<P: Population> Generations<P> {
    fn course(&self) -> Course<'_, P> {
        Course { population: &self.population, local: self.local.as_deref() }
    }
}

impl<P: Population> Solver for Generations<P> {
    type State = GenerationsState<P::Memory>;

    fn name(&self) -> &'static str {
        P::NAME
    }
    fn fingerprint(&self) -> u64 {
        let local = self.local.as_ref().map(|local| local.fingerprint());
        fingerprint(&(&self.population, local))
    }
    fn domain(&self) -> Domain {
        Domain::Bounded
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.course().init(problem, x0)
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        self.course().step(problem, state)
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.course().restore(problem, state)
    }
    /// Populations have stopping rules of their own.
    fn patience(&self) -> u64 {
        u64::MAX
    }
}

/// Implements [`Solver`] for a population: two blanket implementations would collide. Adds the setters of its fields
/// `scale` and `seed`, and `start` and `polish`.
macro_rules! solver {
    ($population:ty) => {
        impl $population {
            /// How far the first population spreads on each side of the start. Default: over the bounds; required
            /// without finite bounds. Range: > 0.
            #[inline]
            pub fn scale(mut self, scale: f64) -> Self {
                self.scale = Some(scale);
                self
            }

            /// The seed of the random numbers, default 0. The same seed gives the same bits, on any number of threads.
            #[inline]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = seed;
                self
            }

            /// An ask-and-tell search, for costs that you compute: see [`Search`](crate::Search).
            ///
            /// # Errors
            /// As [`Search::new`](crate::Search::new).
            #[inline]
            pub fn start(
                self,
                x0: impl crate::IntoVector,
                bounds: Option<crate::Bounds>,
            ) -> Result<crate::Search<Self>, crate::Error> {
                crate::Search::new(self, x0, bounds)
            }

            /// Polishes the best point from time to time by a local solver: see
            /// [`Generations::polish`](crate::Generations::polish).
            #[inline]
            pub fn polish(self, solver: impl crate::Solver + 'static) -> crate::Generations<Self> {
                crate::Generations::new(self).polish(solver)
            }
        }

        impl crate::Solver for $population {
            type State = crate::solver::population::GenerationsState<
                <Self as crate::solver::population::Population>::Memory,
            >;

            fn name(&self) -> &'static str {
                <Self as crate::solver::population::Population>::NAME
            }
            #[inline]
            fn fingerprint(&self) -> u64 {
                crate::fingerprint(self)
            }
            fn domain(&self) -> crate::Domain {
                crate::Domain::Bounded
            }
            #[inline]
            fn init(
                &self,
                problem: &mut crate::Oracle<'_>,
                x0: nalgebra::DVector<f64>,
            ) -> Result<Self::State, crate::Error> {
                crate::solver::population::Course::new(self, &*crate::solver::population::POLISHER)
                    .init(problem, x0)
            }
            #[inline]
            fn step(
                &self,
                problem: &mut crate::Oracle<'_>,
                state: &mut Self::State,
            ) -> std::ops::ControlFlow<crate::Termination> {
                crate::solver::population::Course::new(self, &*crate::solver::population::POLISHER)
                    .step(problem, state)
            }
            #[inline]
            fn restore(
                &self,
                problem: &mut crate::Oracle<'_>,
                state: &mut Self::State,
            ) -> Result<(), crate::Error> {
                crate::solver::population::Course::new(self, &*crate::solver::population::POLISHER)
                    .restore(problem, state)
            }
            fn patience(&self) -> u64 {
                u64::MAX
            }
        }
    };
}
pub(crate) use solver;
