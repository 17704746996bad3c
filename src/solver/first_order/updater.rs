//! A rule with its state: the loop over the entries.

use serde::{Deserialize, Serialize};

use super::number::{Float, Lanes, MOST_LANES, Number};
use super::rule::{Entry, Now, Rule, Sums};
use super::slots::Slots;
use crate::{Error, linalg};

/// Entries that are looked at for bad numbers, and then updated while they are in the cache.
const BLOCK: usize = 4096;

/// What became of a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Every entry moved.
    Taken,
    /// The gradient had entries that are not finite, or whose squares are not; they were not used. Counted in
    /// [`Updater::skipped`].
    Skipped,
}

/// A rule and all that it remembers of n parameters, for gradients of your own; made by [`Rule::start`].
///
/// Nothing is allocated by a step. A gradient with bad numbers changes nothing: rules that need sums skip the step, and
/// all others the blocks of 4096 entries that hold one.
///
/// ```
/// use extremum::first_order::{Adam, Step};
/// let mut adam = Adam::new(0.1).start(2);
/// let mut x = [1.0_f32, 2.0];
/// adam.step(&mut x, &[0.5, -3.0])?;
/// assert!((x[0] - 0.9).abs() < 1e-6 && (x[1] - 2.1).abs() < 1e-6);
/// assert_eq!(adam.step(&mut x, &[f32::NAN, 1.0])?, Step::Skipped);
/// assert!((x[1] - 2.1).abs() < 1e-6 && adam.skipped() == 1);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Updater<T, R: Rule> {
    rule: R,
    len: usize,
    state: UpdaterState<T, R::Memory>,
}

/// Everything of an [`Updater`] that changes: its checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdaterState<T, M> {
    memory: M,
    slots: Vec<Vec<T>>,
    steps: u64,
    skipped: u64,
    factor: f64,
}

impl<T: Float, R: Rule> Updater<T, R> {
    pub(super) fn new(rule: R, len: usize) -> Self {
        let slots = (0..R::Slots::COUNT).map(|_| vec![T::default(); len]).collect();
        let memory = rule.memory();
        Self { rule, len, state: UpdaterState { memory, slots, steps: 0, skipped: 0, factor: 1.0 } }
    }

    /// Moves x by one step of the rule.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::Dimension`] when x or g does not have the length that
    /// the rule was started for; [`Error::CostNeeded`] when the rule looks at the cost. Nothing has changed then.
    pub fn step(&mut self, x: &mut [T], g: &[T]) -> Result<Step, Error> {
        self.advance(x, g, None)
    }

    /// [`step`](Self::step) for rules that look at the cost: `cost` is that at x.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_with_cost(&mut self, x: &mut [T], g: &[T], cost: f64) -> Result<Step, Error> {
        self.advance(x, g, Some(cost))
    }

    /// The steps taken.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }

    /// The gradients that were skipped, whole or in part, for their bad numbers.
    pub fn skipped(&self) -> u64 {
        self.state.skipped
    }

    /// Multiplies every rate from now on by `factor`, as [`Plateau`](crate::schedule::Plateau) asks. Range: finite, ≥ 0;
    /// others are ignored.
    pub fn scale_rate(&mut self, factor: f64) {
        if factor.is_finite() && factor >= 0.0 {
            self.state.factor = factor;
        }
    }

    /// Everything that changes, to be stored.
    pub fn state(&self) -> &UpdaterState<T, R::Memory> {
        &self.state
    }

    /// Goes on from a stored state.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it is not of this rule and length.
    pub fn restore(&mut self, state: UpdaterState<T, R::Memory>) -> Result<(), Error> {
        let fits = state.slots.len() == R::Slots::COUNT
            && state.slots.iter().all(|s| s.len() == self.len)
            && state.factor >= 0.0
            && state.steps < u64::MAX / 2;
        if !fits {
            let reason = "what its rule remembers does not fit".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        self.state = state;
        Ok(())
    }

    /// Writes the point that the method recommends: an average, for the methods that keep one, else x.
    ///
    /// # Errors
    /// [`Error::Dimension`] when a length is wrong.
    pub fn recommended(&mut self, x: &[T], point: &mut [T]) -> Result<(), Error> {
        self.check_len("x", x.len())?;
        self.check_len("point", point.len())?;
        let slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        for i in 0..self.len {
            let values = R::Slots::load::<Lanes<T, 1>>(&slices, i);
            let x = Lanes::load(x, i);
            self.rule.recommended(&self.state.memory, x, values).store(point, i);
        }
        Ok(())
    }

    fn check_len(&self, what: &'static str, actual: usize) -> Result<(), Error> {
        if actual == self.len {
            Ok(())
        } else {
            Err(Error::Dimension { what, expected: self.len, actual })
        }
    }

    fn advance(&mut self, x: &mut [T], g: &[T], cost: Option<f64>) -> Result<Step, Error> {
        self.check_len("x", x.len())?;
        self.check_len("g", g.len())?;
        self.rule.check()?;
        if R::NEEDS_COST && cost.is_none() {
            return Err(Error::CostNeeded { rule: R::NAME });
        }
        let Self { rule, len, state } = self;
        if state.steps == 0 {
            let mut slices = R::Slots::slices(&mut state.slots.iter_mut());
            for i in 0..*len {
                let first = rule.first(<Lanes<T, 1> as Number>::load(x, i));
                R::Slots::store::<Lanes<T, 1>>(first, &mut slices, i);
            }
        }
        let now = Now { step: state.steps + 1, cost, len: *len, factor: state.factor };
        let mut memory = state.memory;
        let mut plan = rule.plan(&now, &mut memory);
        let mut slices = R::Slots::slices(&mut state.slots.iter_mut());
        for round in 0..R::ROUNDS {
            let sums = survey::<T, R>(&plan, round, x, g, &slices);
            if sums.iter().any(|sum| !sum.is_finite()) {
                state.skipped += 1;
                return Ok(Step::Skipped);
            }
            rule.refine(&now, round, sums, &mut plan, &mut memory);
        }
        let mut skipped = 0;
        let mut blocks = 0;
        for (block, (x, g)) in x.chunks_mut(BLOCK).zip(g.chunks(BLOCK)).enumerate() {
            blocks += 1;
            let [mut here, rest] = R::Slots::split(slices, x.len());
            slices = rest;
            let is_good = linalg::wide(
                #[inline(always)]
                || {
                    let is_good = all_finite(g);
                    if is_good {
                        update::<T::Lanes, R>(&plan, x, g, &mut here, block * BLOCK);
                    }
                    is_good
                },
            );
            skipped += usize::from(!is_good);
        }
        if skipped > 0 {
            state.skipped += 1;
        }
        if skipped < blocks || blocks == 0 {
            state.memory = memory;
            state.steps += 1;
        }
        Ok(if skipped > 0 { Step::Skipped } else { Step::Taken })
    }
}

/// Maps the entries of a block.
#[inline(always)]
fn update<V: Number, R: Rule>(
    plan: &R::Plan,
    x: &mut [V::Scalar],
    g: &[V::Scalar],
    slots: &mut <R::Slots as Slots>::Slices<'_, V::Scalar>,
    offset: usize,
) {
    let n = x.len();
    let mut at = 0;
    while at + V::LANES <= n {
        update_at::<V, R>(plan, x, g, slots, offset, at);
        at += V::LANES;
    }
    while at < n {
        update_at::<Lanes<V::Scalar, 1>, R>(plan, x, g, slots, offset, at);
        at += 1;
    }
}

#[inline(always)]
fn update_at<V: Number, R: Rule>(
    plan: &R::Plan,
    x: &mut [V::Scalar],
    g: &[V::Scalar],
    slots: &mut <R::Slots as Slots>::Slices<'_, V::Scalar>,
    offset: usize,
    at: usize,
) {
    let entry = Entry { g: V::load(g, at), x: V::load(x, at), index: offset + at };
    let (entry, values) = R::update::<V>(plan, entry, R::Slots::load::<V>(slots, at));
    entry.x.store(x, at);
    R::Slots::store::<V>(values, slots, at);
}

/// The sums of a round over all entries, lane by lane and then the tail, in f64.
fn survey<T: Float, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[T],
    g: &[T],
    slots: &<R::Slots as Slots>::Slices<'_, T>,
) -> Sums {
    linalg::wide(
        #[inline(always)]
        || {
            let mut lanes = [[0.0; MOST_LANES]; 4];
            let n = x.len();
            let mut at = 0;
            while at + T::Lanes::LANES <= n {
                survey_at::<T::Lanes, R>(plan, round, x, g, slots, at, &mut lanes);
                at += T::Lanes::LANES;
            }
            while at < n {
                survey_at::<Lanes<T, 1>, R>(plan, round, x, g, slots, at, &mut lanes);
                at += 1;
            }
            lanes.map(|lanes| lanes.iter().sum())
        },
    )
}

#[inline(always)]
fn survey_at<V: Number, R: Rule>(
    plan: &R::Plan,
    round: usize,
    x: &[V::Scalar],
    g: &[V::Scalar],
    slots: &<R::Slots as Slots>::Slices<'_, V::Scalar>,
    at: usize,
    lanes: &mut [[f64; MOST_LANES]; 4],
) {
    let entry = Entry { g: V::load(g, at), x: V::load(x, at), index: at };
    let terms = R::survey::<V>(plan, round, entry, R::Slots::load::<V>(slots, at));
    for (term, lanes) in terms.into_iter().zip(lanes) {
        term.add_to(lanes);
    }
}

/// True when the squares of all entries are finite: then no rule makes anything else of them.
#[inline(always)]
fn all_finite<T: Float>(g: &[T]) -> bool {
    let mut bad = [0.0; MOST_LANES];
    let mut at = 0;
    // 0 · g² is zero, or NaN.
    let zero = T::Lanes::of(0.0);
    let mut lanes = zero;
    while at + T::Lanes::LANES <= g.len() {
        lanes = lanes + zero * T::Lanes::load(g, at).squared();
        at += T::Lanes::LANES;
    }
    lanes.add_to(&mut bad);
    for g in &g[at..] {
        bad[0] += 0.0 * g.mul(*g).f64();
    }
    bad.iter().sum::<f64>() == 0.0
}
