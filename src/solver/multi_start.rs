//! Local searches from many starts.
//!
//! A. Rinnooy Kan, G. Timmer, "Stochastic global optimization methods, part I", Math. Program. 39 (1987), section 2; the rule
//! for an early end: C. Boender, A. Rinnooy Kan, "Bayesian stopping rules for multistart global optimization methods",
//! Math. Program. 37 (1987).

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::inner_run::{Best, InnerRun};
use super::population::{Sobol, Space};
use super::{Domain, Solver, State};
use crate::error::check;
use crate::{Error, Lbfgsb, Oracle, Random, Stall, Termination, fingerprint};

/// Minima closer than this along each coordinate, relative to the largest of its size and 1, or to the width of the box
/// where that is smaller, count as one.
const SAME: f64 = 1e-4;

/// A local solver from many starts: the simplest global method, and a good one where the minima are few.
///
/// **Method** u_k are the points of a scrambled Sobol sequence, or random points for more than 256 variables.
/// ```text
/// x_0 given,  x_k = lower + u_k (upper − lower),  the box being the bounds, or x0 ± scale within them
/// a local search from each; the lowest final point is the result
/// ```
/// An iteration is one step of the local solver, or a new start, so that limits, checkpoints and observers work within
/// a local search. It ends when the gradient's norm, within bounds that of the
/// [projected gradient](crate::Bounds::projected_norm), is small enough, when the solver's
/// [`patience`](crate::Solver::patience) is exhausted, after 5 iterations without improvement if the gradient is
/// differenced, and after 10000 iterations in any case. The run converges after the last start at the earliest.
///
/// **Needs** what the local solver needs; finite bounds or a scale, unless there is one start. Within bounds it needs a
/// local solver that keeps them, such as [`Lbfgsb`], [`BarzilaiBorwein`](crate::BarzilaiBorwein) or a population; with
/// any other one a run returns [`Error::BoundsNotSupported`] before it evaluates anything.
///
/// **Parameters** the local solver ([`Lbfgsb`], which without bounds is L-BFGS), [`starts`](Self::starts) (50),
/// [`until_complete`](Self::until_complete) (false), [`gradient_norm`](Self::gradient_norm) (1e-6),
/// [`scale`](Self::scale) (the bounds), [`seed`](Self::seed) (0).
///
/// **Guarantee** A minimum whose basin has the share p of the box is found with probability about 1 − (1 − p)ᵏ by k starts.
/// The run ends as converged when the gradient at the best point passes its test, otherwise with [`Stall::Exhausted`].
///
/// ```
/// use extremum::{Bounds, MultiStart, from_fn, minimize};
/// let camel = from_fn(2, |x| {
///     let (a, b) = (x[0] * x[0], x[1] * x[1]);
///     (4.0 - 2.1 * a + a * a / 3.0) * a + x[0] * x[1] + (4.0 * b - 4.0) * b
/// });
/// let problem = camel.with_bounds(Bounds::new([-3.0, -2.0], [3.0, 2.0])?);
/// let found = minimize(&problem, MultiStart::default(), [2.0, 1.0])?;
/// assert!((found.cost + 1.0316284535).abs() < 1e-9); // the lower two of six minima
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Rinnooy Kan & Timmer (1987), section 2; Boender & Rinnooy Kan (1987).
#[derive(Clone, Debug)]
pub struct MultiStart<S = Lbfgsb> {
    local: S,
    starts: u64,
    until_complete: bool,
    gradient_norm: f64,
    scale: Option<f64>,
    seed: u64,
}

impl Default for MultiStart {
    fn default() -> Self {
        Self::new(Lbfgsb::default())
    }
}

impl<S: Solver> MultiStart<S> {
    /// Runs `local` from many starts.
    pub fn new(local: S) -> Self {
        Self { local, starts: 50, until_complete: false, gradient_norm: 1e-6, scale: None, seed: 0 }
    }
    /// The most local searches, including that from x0. Default 50. Range: ≥ 1.
    pub fn starts(mut self, starts: u64) -> Self {
        self.starts = starts;
        self
    }
    /// Whether the run ends early, when all minima seem to be found: w of them after k starts with
    /// w (k − 1)/(k − w − 2) ≤ w + ½, where the left side is the expected number of minima. Default false.
    pub fn until_complete(mut self, until_complete: bool) -> Self {
        self.until_complete = until_complete;
        self
    }
    /// The gradient's maximum norm at which a local search ends. Default 1e-6. Range: ≥ 0.
    pub fn gradient_norm(mut self, tolerance: f64) -> Self {
        self.gradient_norm = tolerance;
        self
    }
    /// How far the starts spread on each side of x0. Default: over the bounds; required without finite bounds.
    /// Range: > 0.
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }
    /// The seed of the random numbers, default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// A minimum at which local searches ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Minimum {
    /// The point where the first of them ended.
    pub x: DVector<f64>,
    /// The cost there.
    pub cost: f64,
    /// The number of these searches.
    pub hits: u64,
}

/// The state of [`MultiStart`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiStartState<L> {
    space: Space,
    random: Random,
    /// `None` for too many variables.
    sequence: Option<Sobol>,
    /// The local search in progress; `None` when the next step is a start.
    local: Option<InnerRun<L>>,
    started: u64,
    /// The next start, once it is drawn: after an interruption it is used again.
    start: DVector<f64>,
    is_drawn: bool,
    minima: Vec<Minimum>,
    /// The minima, sorted by the sums of their coordinates, so that few have to be compared.
    #[serde(skip)]
    order: Vec<usize>,
    best: Best,
    is_done: bool,
}

impl<L> MultiStartState<L> {
    /// The distinct minima that the local searches have found so far, in the order of discovery.
    pub fn minima(&self) -> &[Minimum] {
        &self.minima
    }

    /// The number of local searches begun.
    pub fn started(&self) -> u64 {
        self.started
    }

    fn draw(&mut self) {
        if self.is_drawn {
            return;
        }
        match &self.sequence {
            Some(sequence) => {
                sequence.point(self.started - 1, &mut self.start);
                self.space.stretch(&mut self.start);
            }
            None => self.space.draw(&mut self.random, &mut self.start),
        }
        self.is_drawn = true;
    }
}

impl<L: State> MultiStartState<L> {
    /// Records the point at which the local search ended.
    fn note(&mut self) {
        let Some(local) = self.local.take() else { return };
        let (x, cost) = (local.x(), local.cost());
        let Self { space, minima, order, .. } = self;
        let reach = |i: usize| SAME * space.width(i).min(x[i].abs().max(1.0));
        let is_near = |y: &DVector<f64>| (0..x.len()).all(|i| (y[i] - x[i]).abs() <= reach(i));
        let (sum, slack) = (x.sum(), (0..x.len()).map(reach).sum::<f64>());
        let position = |sum: f64| order.partition_point(|&k| minima[k].x.sum() < sum);
        let candidates = order[position(sum - slack)..].iter().copied();
        let found = candidates
            .take_while(|&k| minima[k].x.sum() <= sum + slack)
            .filter(|&k| is_near(&minima[k].x))
            .min();
        match found {
            Some(k) => minima[k].hits += 1,
            None => {
                order.insert(position(sum), minima.len());
                minima.push(Minimum { x: x.clone(), cost, hits: 1 });
            }
        }
    }

    /// Sorts the minima of a loaded state.
    fn sort(&mut self) {
        self.order = (0..self.minima.len()).collect();
        self.order.sort_by(|&a, &b| self.minima[a].x.sum().total_cmp(&self.minima[b].x.sum()));
    }

    /// Boender & Rinnooy Kan's rule.
    fn is_complete(&self) -> bool {
        let (w, k) = (self.minima.len() as f64, self.started as f64);
        k > w + 2.0 && w * (k - 1.0) / (k - w - 2.0) <= w + 0.5
    }
}

impl<L: State> State for MultiStartState<L> {
    fn x(&self) -> &DVector<f64> {
        &self.best.x
    }
    fn cost(&self) -> f64 {
        self.best.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        self.best.gradient_norm
    }
}

impl<S: Solver> MultiStart<S> {
    fn check(&self) -> Result<(), Error> {
        check(self.starts >= 1, "starts", self.starts as f64, "at least 1")?;
        let tolerance = self.gradient_norm;
        check(tolerance >= 0.0, "gradient_norm", tolerance, "at least 0")
    }
}

impl<S: Solver> Solver for MultiStart<S> {
    type State = MultiStartState<S::State>;

    fn name(&self) -> &'static str {
        "MultiStart"
    }

    fn fingerprint(&self) -> u64 {
        let Self { local, starts, until_complete, gradient_norm, scale, seed } = self;
        fingerprint(&(local.fingerprint(), starts, until_complete, gradient_norm, scale, seed))
    }

    /// A local solver that does not keep bounds is refused by its own name.
    fn domain(&self) -> Domain {
        Domain::Bounded
    }

    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        self.check()?;
        Domain::check(&self.local, problem)?;
        problem.check_start(&x0)?;
        let bounds = problem.problem().bounds().cloned();
        let space = match self.starts {
            1 => Space::local(x0.clone(), bounds, self.scale)?,
            _ => Space::new(self.name(), x0.clone(), bounds, self.scale)?,
        };
        let mut random = Random::new(self.seed);
        let sequence = match Sobol::new(x0.len()) {
            Ok(sequence) => Some(sequence.scrambled(&mut random)),
            Err(_) => None,
        };
        let local = InnerRun::begin(&self.local, problem, &x0)?;
        Ok(MultiStartState {
            space,
            random,
            sequence,
            best: Best::of(&local, problem),
            local: Some(local),
            started: 1,
            start: x0,
            is_drawn: false,
            minima: Vec::new(),
            order: Vec::new(),
            is_done: false,
        })
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if let Some(local) = &mut state.local {
            let flow = local.step(&self.local, problem, self.gradient_norm, &mut state.best);
            problem.uninterrupted()?;
            match flow {
                ControlFlow::Continue(()) => return ControlFlow::Continue(()),
                ControlFlow::Break(Some(reason)) => return ControlFlow::Break(reason),
                ControlFlow::Break(None) => state.note(),
            }
            state.is_done =
                state.started >= self.starts || (self.until_complete && state.is_complete());
        } else if !state.is_done {
            state.draw();
            let begun = InnerRun::begin(&self.local, problem, &state.start);
            problem.uninterrupted()?;
            state.is_drawn = false;
            state.started += 1;
            // A start outside the domain counts as well.
            state.is_done = begun.is_err() && state.started >= self.starts;
            if let Ok(local) = begun {
                state.best.take(&local);
                state.local = Some(local);
            }
        }
        if state.is_done {
            state.best.prepare_judgement(problem, self.gradient_norm)?;
            let reason = Stall::Exhausted { points: state.started };
            let gradient_norm = state.best.gradient_norm;
            return ControlFlow::Break(Termination::Stalled { reason, gradient_norm });
        }
        ControlFlow::Continue(())
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.check()?;
        Domain::check(&self.local, problem)?;
        let n = problem.dimension();
        let is_valid = state.space.dimension() == n
            && state.space.is_valid(problem.problem().bounds())
            && state.sequence.is_some() == (n <= Sobol::LARGEST)
            && state.sequence.as_ref().is_none_or(|sequence| sequence.is_valid(n))
            && (1..u64::MAX / 2).contains(&state.started)
            && state.space.holds(&state.start)
            && state.best.is_valid(problem.problem())
            && state
                .minima
                .iter()
                .all(|minimum| state.space.holds(&minimum.x) && minimum.hits < u64::MAX / 2);
        if !is_valid {
            let reason = "its starts do not belong to this configuration and problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        state.sort();
        match &mut state.local {
            Some(local) => local.restore(&self.local, problem),
            None => Ok(()),
        }
    }

    /// Not before the last start: a small gradient only says that a local search has ended.
    fn accepts_convergence(&self, _problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        state.is_done
    }

    fn promised_change(&self, state: &Self::State, x0: &DVector<f64>) -> Option<f64> {
        state.best.promised_change(state.space.bounds(), x0)
    }

    /// The number of starts ends the run.
    fn patience(&self) -> u64 {
        u64::MAX
    }
}
