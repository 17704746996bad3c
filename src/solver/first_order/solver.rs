//! Update rules as solvers, on whole problems and on mini-batches.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::iteration::{Iteration, MiniBatches, PATIENCE};
use super::state::FirstOrderState;
use super::{Groups, Rule};
use crate::schedule::ReduceOnPlateau;
use crate::{Batches, Error, Oracle, Solver, Termination, fingerprint};

/// A solver that minimises a problem by an update rule.
///
/// Every rule is a solver by itself, `minimize(&problem, Adam::new(0.1), x0)`; this type adds mini-batches, and a
/// plateau that reduces the rate.
///
/// **Method** x ← rule(x, ∇f(x)). On the whole problem an iteration is one step, and cost and gradient are those of the
/// new point. On [mini-batches](Self::batches) of a sum an iteration is one epoch (or
/// [`measure_every`](Self::measure_every)): after its last batch, the cost and the gradient of the whole sum are
/// measured at the [recommended](Rule::recommended) point. So observers see epochs, and `Converged` refers to the whole
/// sum. The solution is the best point measured; [`State::current`](crate::State::current) is the last iterate.
///
/// A step to a point with a cost or gradient that is not finite is halved until they are; batches with a bad gradient
/// are skipped and counted ([`Solution::skipped`](crate::Solution::skipped)). Rules have no stopping criterion: a run
/// ends at a tolerance, at a limit, or as [`Stalled`](Termination::Stalled) when nothing improves for 1000 iterations.
///
/// ```
/// use extremum::first_order::{Adam, Rule};
/// use extremum::{DVector, FiniteSum, Minimizer, Sum, stop::max_iterations};
///
/// /// f_i(x) = (x - i)² / 2
/// struct Squares;
///
/// impl FiniteSum for Squares {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn terms(&self) -> usize {
///         100
///     }
///     fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
///         batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
///     }
///     fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
///         g[0] = batch.iter().map(|&i| x[0] - i as f64).sum::<f64>() / batch.len() as f64;
///     }
/// }
///
/// let problem = Sum::new(Squares);
/// let epochs = Minimizer::new(&problem, Adam::new(1.0).batches(10, 7), [0.0]).stop_when(max_iterations(20)).run()?;
/// assert!((epochs.x[0] - 49.5).abs() < 2.0);
/// assert_eq!(epochs.evaluations.terms, 100 * (20 + 21)); // the batches of 20 epochs; 21 measurements
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FirstOrder<R> {
    groups: Groups<R>,
    iteration: Iteration,
}

impl<R: Rule> FirstOrder<R> {
    /// A solver with a rule, or with rules for groups of parameters, on whole problems.
    pub fn new(rule: impl Into<Groups<R>>) -> Self {
        Self { groups: rule.into(), iteration: Iteration::default() }
    }

    /// Takes steps on mini-batches of `size` terms of a sum, drawn without replacement in an order that `seed`
    /// determines ([`Batches`]). Range: 1 to the number of terms. The problem has to be a [`Sum`](crate::Sum).
    pub fn batches(mut self, size: usize, seed: u64) -> Self {
        let every = self.iteration.batches.and_then(|batches| batches.every);
        self.iteration.batches = Some(MiniBatches { size, seed, every });
        self
    }

    /// The number of batches in an iteration, by default one epoch. Range: ≥ 1. Call it after
    /// [`batches`](Self::batches); without mini-batches it has no effect.
    pub fn measure_every(mut self, batches: u64) -> Self {
        if let Some(mini) = &mut self.iteration.batches {
            mini.every = Some(batches);
        }
        self
    }

    pub(crate) fn groups(&self) -> &Groups<R> {
        &self.groups
    }

    /// New batches of the problem, if the solver uses batches.
    pub(crate) fn draw_from(&self, problem: &Oracle<'_>) -> Result<Option<Batches>, Error> {
        self.iteration.draw_from(R::NAME, problem)
    }

    /// Reduces every rate when the cost stops decreasing; checked after every iteration.
    pub fn plateau(mut self, plateau: ReduceOnPlateau) -> Self {
        self.iteration.plateau = Some(plateau);
        self
    }
}

impl<R: Rule> From<R> for FirstOrder<R> {
    fn from(rule: R) -> Self {
        Self::new(rule)
    }
}

impl<R: Rule> From<Groups<R>> for FirstOrder<R> {
    fn from(groups: Groups<R>) -> Self {
        Self::new(groups)
    }
}

impl<R: Rule> Solver for FirstOrder<R> {
    type State = FirstOrderState<R>;

    fn name(&self) -> &'static str {
        R::NAME
    }
    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.iteration.init(&self.groups, problem, x0)
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        self.iteration.step(problem, state)
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.iteration.restore(&self.groups, problem, state)
    }
    fn patience(&self) -> u64 {
        PATIENCE
    }
}
