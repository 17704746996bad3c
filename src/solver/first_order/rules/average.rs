//! Averages of the points: links that go after a rule.

use super::check_beta;
use crate::Error;
use crate::error::check;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule};
use crate::solver::first_order::slots::Columns;

/// x̄ ← x̄ + c (x − x̄). A point that is not finite is ignored, as x does not move there either.
#[inline(always)]
fn average<V: Number>(share: f64, at: Entry<V>, mean: V) -> (Entry<V>, [V; 1]) {
    (at, [mean + V::of(share) * (at.x.or_if_not_finite(mean) - mean)])
}

/// The exponential moving average of the points. A link that goes after a rule. It moves nothing; the average is the
/// point to use, [`Updater::recommended`](crate::first_order::Updater::recommended).
///
/// **Method** a ← β a + (1 − β) x from 0, divided by 1 − βᵗ: the weight of a point is β times that of the next one.
///
/// ```
/// use extremum::first_order::{Ema, Rule, Sgd};
/// let (mut x, mut mean) = ([0.0_f64], [0.0]);
/// let mut rule = Sgd::new(1.0).then(Ema::new(0.5)).start(1);
/// rule.step(&mut x, &[1.0])?;
/// rule.step(&mut x, &[1.0])?; // -1 counts 1/3, -2 counts 2/3
/// rule.recommended(&x, &mut mean)?;
/// assert!((mean[0] + 5.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ema {
    beta: f64,
}

impl Ema {
    /// With β from 0 to 1, 1 excluded; 0.999 is the default.
    pub fn new(beta: f64) -> Self {
        Self { beta }
    }
}

impl Default for Ema {
    fn default() -> Self {
        Self::new(0.999)
    }
}

impl Rule for Ema {
    const NAME: &'static str = "Ema";
    const IS_LINK: bool = true;
    type Slots = Columns<1>;
    type Memory = ();
    /// The weight of the point in the average, which is thus free of bias at any time.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check_beta("beta", self.beta)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 1] {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, _memory: &mut ()) -> f64 {
        (1.0 - self.beta) / (1.0 - self.beta.powf(now.step as f64))
    }
    #[inline(always)]
    fn update<V: Number>(share: &f64, at: Entry<V>, [mean]: [V; 1]) -> (Entry<V>, [V; 1]) {
        average(*share, at, mean)
    }
    #[inline(always)]
    fn recommended<V: Number>(&self, _memory: &(), _x: V, [mean]: [V; 1]) -> V {
        mean
    }
}

/// The mean of the points after every k-th step from step s on; x itself before that. A link that goes after a rule. It
/// moves nothing; the mean is the point to use, [`Updater::recommended`](crate::first_order::Updater::recommended).
///
/// **Method** x̄ ← x̄ + (x − x̄)/j with the j-th point. From the first step on it is the average of Polyak and Ruppert.
///
/// ```
/// use extremum::first_order::{Rule, Sgd, Swa};
/// let (mut x, mut mean) = ([0.0_f64], [0.0]);
/// let mut rule = Sgd::new(1.0).then(Swa::default().from_step(2).every(2)).start(1);
/// for _ in 0..5 {
///     rule.step(&mut x, &[1.0])?;
/// }
/// rule.recommended(&x, &mut mean)?; // of -2 and -4
/// assert_eq!(mean, [-3.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control
/// Optim. 30 (1992); P. Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI
/// (2018), algorithm 1 (SWA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swa {
    start: u64,
    period: u64,
}

impl Default for Swa {
    /// All points.
    fn default() -> Self {
        Self { start: 1, period: 1 }
    }
}

impl Swa {
    /// s, default 1. Range: ≥ 1.
    pub fn from_step(mut self, step: u64) -> Self {
        self.start = step;
        self
    }
    /// k, default 1. Range: ≥ 1.
    pub fn every(mut self, steps: u64) -> Self {
        self.period = steps;
        self
    }
}

impl Rule for Swa {
    const NAME: &'static str = "Swa";
    const IS_LINK: bool = true;
    type Slots = Columns<1>;
    /// The number of points in the mean.
    type Memory = u64;
    /// The weight of the point.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check(self.start >= 1, "from_step", self.start as f64, "at least 1")?;
        check(self.period >= 1, "every", self.period as f64, "at least 1")
    }
    fn memory(&self) -> u64 {
        0
    }
    fn first<V: Number>(&self, _x: V) -> [V; 1] {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, points: &mut u64) -> f64 {
        let counts = now.step.checked_sub(self.start);
        if counts.is_some_and(|steps| steps.is_multiple_of(self.period)) {
            *points = points.saturating_add(1);
            1.0 / *points as f64
        } else {
            0.0
        }
    }
    #[inline(always)]
    fn update<V: Number>(share: &f64, at: Entry<V>, [mean]: [V; 1]) -> (Entry<V>, [V; 1]) {
        average(*share, at, mean)
    }
    #[inline(always)]
    fn recommended<V: Number>(&self, points: &u64, x: V, [mean]: [V; 1]) -> V {
        if *points == 0 { x } else { mean }
    }
}
