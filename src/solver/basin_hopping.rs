//! Basin hopping.
//!
//! D. Wales, J. Doye, "Global optimization by basin-hopping and the lowest energy structures of Lennard-Jones clusters
//! containing up to 110 atoms", J. Phys. Chem. A 101 (1997), eq. 2 and section 2; first by Z. Li, H. Scheraga, PNAS 84 (1987).

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::inner_run::{Best, InnerRun};
use super::population::Space;
use super::{Domain, Solver, State};
use crate::error::check;
use crate::{Error, Lbfgsb, Oracle, Random, Stall, Termination, fingerprint};

/// The factor of the length after a rejected hop; after an accepted one, its inverse.
const SHORTER: f64 = 0.9;

/// The largest factor between the length and the first one, in both directions.
const LONGEST: f64 = 1024.0;

/// The longest first hop within bounds, relative to the largest of 1 and |x0_i|: wider bounds say nothing about lengths.
const WIDEST: f64 = 512.0;

/// The temperature as a share of the mean difference between neighbouring minima.
const SHARE: f64 = 0.02;

/// The length of far hops in units of h: reflected at the bounds, they reach any point.
const FAR: f64 = 8.0;

/// Costs this close, relative to their size where that is above 1, belong to one minimum.
const SAME: f64 = 1e-8;

/// A random walk from minimum to minimum, for functions whose many minima decrease towards a lowest one.
///
/// **Method** x is a minimum, L(y) is the minimum that a local search finds from y, u is uniform in [−1, 1]ⁿ.
/// ```text
/// y = L(x + s h u),  accepted with probability min(1, exp(−(f(y) − f(x))/T))
/// s⁺ = s / 0.9 after an accepted hop, 0.9 s after a rejected one, which keeps the rate of acceptance near ½
/// T  = a fiftieth of the mean |f(y) − f(x)| so far, unless it is given
/// ```
/// When more than half of [`hops_in_vain`](Self::hops_in_vain) hops in a row have found no lower minimum, every second
/// hop has s = 8; these hops do not change s.
///
/// An iteration is one step of the local solver, or the start of a hop, so that limits, checkpoints and observers work
/// within a local search, which ends as in [`MultiStart`](crate::MultiStart). Hops are reflected at the bounds. The run
/// converges after the last hop at the earliest.
///
/// **Needs** what the local solver needs, and within bounds a local solver that keeps them, as in
/// [`MultiStart`](crate::MultiStart); no bounds and no scale.
///
/// **Parameters** the local solver ([`Lbfgsb`], which without bounds is L-BFGS), [`hops`](Self::hops) (1000),
/// [`hops_in_vain`](Self::hops_in_vain) (100), [`temperature`](Self::temperature) (from the costs),
/// [`scale`](Self::scale) h (a quarter of the width of finite bounds, at most 512 times the largest of 1 and |x0_i|;
/// half of the largest of 1 and |x0_i| without bounds), [`gradient_norm`](Self::gradient_norm) (1e-6),
/// [`seed`](Self::seed) (0).
///
/// **Guarantee** The best point never gets worse. The run ends as converged when the gradient at the best point passes
/// its test; otherwise with [`Stall::Exhausted`] or [`Stall::NoImprovement`].
///
/// ```
/// use extremum::{BasinHopping, from_fn, minimize};
/// let waves = from_fn(1, |x| (14.5 * x[0] - 0.3).cos() + (x[0] + 0.2) * x[0]);
/// let found = minimize(&waves, BasinHopping::default(), [1.0])?;
/// assert!((found.x[0] + 0.195067).abs() < 1e-5 && (found.cost + 1.000876).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Wales & Doye (1997), section 2; Li & Scheraga (1987).
#[derive(Clone, Debug)]
pub struct BasinHopping<S = Lbfgsb> {
    local: S,
    hops: u64,
    hops_in_vain: u64,
    temperature: Option<f64>,
    gradient_norm: f64,
    scale: Option<f64>,
    seed: u64,
}

impl Default for BasinHopping {
    fn default() -> Self {
        Self::new(Lbfgsb::default())
    }
}

impl<S: Solver> BasinHopping<S> {
    /// Hops between the minima that `local` finds.
    pub fn new(local: S) -> Self {
        Self {
            local,
            hops: 1000,
            hops_in_vain: 100,
            temperature: None,
            gradient_norm: 1e-6,
            scale: None,
            seed: 0,
        }
    }
    /// The most hops. Default 1000. Range: ≥ 1.
    pub fn hops(mut self, hops: u64) -> Self {
        self.hops = hops;
        self
    }
    /// The number of hops in a row without a lower minimum after which the run ends. Default 100. Range: ≥ 1.
    pub fn hops_in_vain(mut self, hops: u64) -> Self {
        self.hops_in_vain = hops;
        self
    }
    /// The temperature T, the scale of accepted rises of the cost. 0 accepts no rise. Default: a fiftieth of the mean
    /// difference so far. Range: ≥ 0.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }
    /// The gradient's maximum norm at which a local search ends. Default 1e-6. Range: ≥ 0.
    pub fn gradient_norm(mut self, tolerance: f64) -> Self {
        self.gradient_norm = tolerance;
        self
    }
    /// h, the longest first hop along each coordinate. Default: a quarter of the width of finite bounds, at most 512 times the
    /// largest of 1 and |x0_i|; half of the largest of 1 and |x0_i| without bounds. Range: > 0.
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }
    /// The seed of the random numbers, default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn check(&self) -> Result<(), Error> {
        let (hops, in_vain, tolerance) = (self.hops, self.hops_in_vain, self.gradient_norm);
        check(hops >= 1, "hops", hops as f64, "at least 1")?;
        check(in_vain >= 1, "hops_in_vain", in_vain as f64, "at least 1")?;
        check(tolerance >= 0.0, "gradient_norm", tolerance, "at least 0")?;
        match self.temperature {
            Some(t) => check(t >= 0.0, "temperature", t, "at least 0"),
            None => Ok(()),
        }
    }

    fn lengths(&self, space: &Space) -> DVector<f64> {
        DVector::from_fn(space.dimension(), |i, _| {
            let (lower, upper) = space.bounds_of(i);
            let size = space.x0()[i].abs().max(1.0);
            let default = if lower.is_finite() && upper.is_finite() {
                (0.25 * space.width(i)).min(WIDEST * size)
            } else {
                0.5 * size
            };
            self.scale.unwrap_or(default)
        })
    }
}

/// The state of [`BasinHopping`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasinHoppingState<L> {
    space: Space,
    random: Random,
    /// h and s.
    lengths: DVector<f64>,
    stretch: f64,
    /// The local search in progress; `None` when the next step is a hop.
    local: Option<InnerRun<L>>,
    /// The minimum from which the next hop starts; before the first one, the start.
    x: DVector<f64>,
    cost: f64,
    /// The next start, once it is drawn: after an interruption it is used again.
    start: DVector<f64>,
    is_drawn: bool,
    /// The number of local searches that have ended.
    hops: u64,
    /// Hops, and steps, since the best cost decreased.
    in_vain: u64,
    idle: u64,
    lowest: f64,
    /// The mean |f(y) − f(x)| and the number of hops in it.
    difference: f64,
    differences: u64,
    best: Best,
    done: Option<Stall>,
}

impl<L> BasinHoppingState<L> {
    /// The hops so far, without the search from x0.
    pub fn hops(&self) -> u64 {
        self.hops.saturating_sub(1)
    }

    /// True for every second hop when shorter hops have long found nothing lower.
    fn is_far(&self, hops_in_vain: u64) -> bool {
        self.in_vain > hops_in_vain / 2 && self.in_vain.is_multiple_of(2)
    }

    fn draw(&mut self, hops_in_vain: u64) {
        if self.is_drawn {
            return;
        }
        let stretch = if self.is_far(hops_in_vain) { FAR } else { self.stretch };
        for i in 0..self.x.len() {
            let reach = stretch * self.lengths[i];
            let there = self.x[i] + reach * self.random.between(-1.0, 1.0);
            self.start[i] = self.space.reflected(i, there);
        }
        self.is_drawn = true;
    }

    /// Metropolis' rule.
    fn accepts(&mut self, cost: f64, temperature: Option<f64>) -> bool {
        let rise = cost - self.cost;
        let is_same = rise.abs() <= SAME * cost.abs().max(1.0);
        if !is_same && rise.is_finite() {
            self.differences += 1;
            self.difference += (rise.abs() - self.difference) / self.differences as f64;
        }
        let temperature = temperature.unwrap_or(SHARE * self.difference);
        rise <= 0.0 || self.random.chance((-rise / temperature).exp())
    }
}

impl<L: State> BasinHoppingState<L> {
    /// Ends a hop, at a minimum if its local search found one.
    fn land(&mut self, temperature: Option<f64>, hops_in_vain: u64) {
        let is_far = self.is_far(hops_in_vain);
        self.hops += 1;
        self.in_vain += 1;
        let landed = self.local.take();
        let is_accepted = match &landed {
            Some(local) => self.accepts(local.cost(), temperature),
            None => false,
        };
        if !is_far {
            let by = if is_accepted { 1.0 / SHORTER } else { SHORTER };
            self.stretch = (self.stretch * by).clamp(1.0 / LONGEST, LONGEST);
        }
        if let Some(local) = landed.filter(|_| is_accepted) {
            self.x.copy_from(local.x());
            self.cost = local.cost();
        }
        if self.best.cost < self.lowest - SAME * self.best.cost.abs().max(1.0) {
            self.lowest = self.best.cost;
            (self.in_vain, self.idle) = (0, 0);
        }
    }
}

impl<L: State> State for BasinHoppingState<L> {
    fn x(&self) -> &DVector<f64> {
        &self.best.x
    }
    fn cost(&self) -> f64 {
        self.best.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        self.best.gradient_norm
    }
    fn current(&self) -> &DVector<f64> {
        &self.x
    }
}

impl<S: Solver> Solver for BasinHopping<S> {
    type State = BasinHoppingState<S::State>;

    fn name(&self) -> &'static str {
        "BasinHopping"
    }

    fn fingerprint(&self) -> u64 {
        let Self { local, hops, hops_in_vain, temperature, gradient_norm, scale, seed } = self;
        fingerprint(&(
            local.fingerprint(),
            hops,
            hops_in_vain,
            temperature,
            gradient_norm,
            scale,
            seed,
        ))
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
        let space = Space::local(x0.clone(), bounds, self.scale)?;
        let local = InnerRun::begin(&self.local, problem, &x0)?;
        Ok(BasinHoppingState {
            random: Random::new(self.seed),
            lengths: self.lengths(&space),
            stretch: 1.0,
            space,
            best: Best::of(&local, problem),
            local: Some(local),
            start: x0.clone(),
            is_drawn: false,
            x: x0,
            cost: f64::INFINITY,
            hops: 0,
            in_vain: 0,
            idle: 0,
            lowest: f64::INFINITY,
            difference: 0.0,
            differences: 0,
            done: None,
        })
    }

    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        if let Some(local) = &mut state.local {
            let flow = local.step(&self.local, problem, self.gradient_norm, &mut state.best);
            problem.uninterrupted()?;
            state.idle += 1;
            match flow {
                ControlFlow::Continue(()) => return ControlFlow::Continue(()),
                ControlFlow::Break(Some(reason)) => return ControlFlow::Break(reason),
                ControlFlow::Break(None) => state.land(self.temperature, self.hops_in_vain),
            }
        } else if state.done.is_none() {
            state.draw(self.hops_in_vain);
            let begun = InnerRun::begin(&self.local, problem, &state.start);
            problem.uninterrupted()?;
            state.idle += 1;
            state.is_drawn = false;
            match begun {
                Ok(local) => {
                    state.best.take(&local);
                    state.local = Some(local);
                }
                Err(_) => state.land(self.temperature, self.hops_in_vain),
            }
        }
        if state.hops > self.hops {
            state.done = Some(Stall::Exhausted { points: self.hops });
        } else if state.in_vain >= self.hops_in_vain {
            state.done = Some(Stall::NoImprovement { iterations: state.idle });
        }
        match state.done {
            Some(reason) => {
                state.best.prepare_judgement(problem, self.gradient_norm)?;
                let gradient_norm = state.best.gradient_norm;
                ControlFlow::Break(Termination::Stalled { reason, gradient_norm })
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        self.check()?;
        Domain::check(&self.local, problem)?;
        let n = problem.dimension();
        let counts = [state.hops, state.in_vain, state.idle, state.differences];
        let numbers = [state.cost, state.lowest, state.difference, state.stretch];
        let is_valid = state.space.dimension() == n
            && state.space.is_valid(problem.problem().bounds())
            && state.lengths.len() == n
            && state.lengths.iter().all(|length| length.is_finite())
            && [&state.x, &state.start].iter().all(|x| state.space.holds(x))
            && counts.iter().all(|count| *count < u64::MAX / 2)
            && numbers.iter().all(|number| !number.is_nan())
            && (1.0 / LONGEST..=LONGEST).contains(&state.stretch)
            && state.best.is_valid(problem.problem());
        if !is_valid {
            let reason = "its hops do not belong to this configuration and problem".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        match &mut state.local {
            Some(local) => local.restore(&self.local, problem),
            None => Ok(()),
        }
    }

    /// Not before the last hop: a small gradient only says that a local search has ended.
    fn accepts_convergence(&self, _problem: &mut Oracle<'_>, state: &mut Self::State) -> bool {
        state.done.is_some()
    }

    fn promised_change(&self, state: &Self::State, x0: &DVector<f64>) -> Option<f64> {
        state.best.promised_change(state.space.bounds(), x0)
    }

    /// The patience is counted in hops instead.
    fn patience(&self) -> u64 {
        u64::MAX
    }
}
