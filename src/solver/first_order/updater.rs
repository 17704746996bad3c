//! Rules with their state, for gradients that the caller computes.

use serde::{Deserialize, Serialize};

use super::groups::{Groups, Section};
use super::number::{Float, Lanes, Number};
use super::pass::{self, Blocks};
use super::rule::{Now, Rule, Sums};
use super::slots::Slots;
use crate::{Error, memory};

/// What a step made of a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// The gradient was used for every component.
    Taken,
    /// Some components of the gradient, or their squares, were not finite, or would have moved a parameter to a value
    /// that is not finite; these were not used. Counted in [`Updater::skipped`].
    Skipped,
}

/// A rule with its state for n parameters, for gradients that you compute; made by [`Rule::start`].
///
/// A step allocates nothing. From 131072 parameters on it runs on rayon's threads (feature `parallel`), with the same
/// bits on any number of threads; rayon's own queue of jobs may then allocate occasionally. Gradients with values that
/// are not finite are not used: rules that need sums, and chains with [`AllFinite`](super::AllFinite), skip the step;
/// all others skip the blocks of 4096 components that contain such a value.
///
/// ```
/// use extremum::first_order::{Adam, Update};
/// let mut adam = Adam::new(0.1).start(2);
/// let mut x = [1.0_f32, 2.0];
/// adam.step(&mut x, &[0.5, -3.0])?;
/// assert!((x[0] - 0.9).abs() < 1e-6 && (x[1] - 2.1).abs() < 1e-6);
/// assert_eq!(adam.step(&mut x, &[f32::NAN, 1.0])?, Update::Skipped);
/// assert!((x[1] - 2.1).abs() < 1e-6 && adam.skipped() == 1);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Updater<T, R: Rule> {
    groups: Groups<R>,
    sections: Vec<Section>,
    /// Why there are none: the first step returns this error.
    refused: Option<Error>,
    len: usize,
    /// The workspace of a step, one for each rule.
    drafts: Vec<Draft<R>>,
    state: UpdaterState<T, R::Memory>,
    rate: Option<f64>,
}

/// A rule's step while it is being planned.
#[derive(Clone, Debug)]
struct Draft<R: Rule> {
    now: Now,
    plan: R::Plan,
    memory: R::Memory,
    sums: Sums,
}

/// Everything of an [`Updater`] that changes: its checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdaterState<T, M> {
    /// One memory for each rule.
    #[serde(
        with = "super::memories",
        bound(serialize = "M: Serialize", deserialize = "M: Deserialize<'de>")
    )]
    memory: Vec<M>,
    slots: Vec<Vec<T>>,
    steps: u64,
    skipped: u64,
    factor: f64,
    /// True when curvature was shown before the first step: what the rules store of x was stored then.
    has_begun: bool,
}

impl<T, M> UpdaterState<T, M> {
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }
}

impl<T: Float, R: Rule> Updater<T, R> {
    pub(super) fn new(groups: Groups<R>, len: usize) -> Self {
        // A rule that cannot be started allocates nothing.
        let checked = groups
            .sections(len)
            .and_then(|sections| memory::check_length::<T>("n", len).map(|()| sections));
        let (sections, refused) = match checked {
            Ok(sections) => (sections, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let kept = if refused.is_none() { len } else { 0 };
        let used = |slot| groups.rules().iter().any(|rule| rule.uses(slot));
        let slots = (0..R::Slots::COUNT)
            .map(|slot| vec![T::default(); if used(slot) { kept } else { 0 }])
            .collect();
        let memory = groups.rules().iter().map(Rule::memory).collect();
        let state =
            UpdaterState { memory, slots, steps: 0, skipped: 0, factor: 1.0, has_begun: false };
        let drafts = Vec::with_capacity(groups.rules().len());
        Self { groups, sections, refused, len, drafts, state, rate: None }
    }

    /// Moves x by one step of the rule.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range; [`Error::Dimension`] when x or g does not have the length
    /// that the rule was started for; [`Error::CostNeeded`] when the rule needs the cost. Nothing has changed then.
    pub fn step(&mut self, x: &mut [T], g: &[T]) -> Result<Update, Error> {
        self.advance(x, g, None)
    }

    /// [`step`](Self::step) for rules that need the cost: `cost` is the cost at x. If it is not finite, those rules
    /// skip the step.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_with_cost(&mut self, x: &mut [T], g: &[T], cost: f64) -> Result<Update, Error> {
        self.advance(x, g, Some(cost))
    }

    /// Gives an estimate of the Hessian's diagonal at x to the rules that use it ([`Rule::curvature_period`] says
    /// when). Components that are not finite are ignored.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::Dimension`] when x or the diagonal does not have the
    /// length that the rule was started for.
    pub fn show_curvature(&mut self, x: &[T], diagonal: &[T]) -> Result<(), Error> {
        self.check_len("x", x.len())?;
        self.check_len("diagonal", diagonal.len())?;
        self.begin(x);
        self.state.has_begun = true;
        self.check_rules()?;
        let mut slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        let mut at = 0;
        for section in &self.sections {
            let rule = &self.groups.rules()[section.rule];
            for i in at..at + section.len {
                let estimate = <Lanes<T, 1> as Number>::load(&diagonal[i..=i]);
                if diagonal[i].f64().is_finite() {
                    let values = rule.curvature(estimate, R::Slots::load(&slices, i));
                    R::Slots::store::<Lanes<T, 1>>(values, &mut slices, i);
                }
            }
            at += section.len;
        }
        Ok(())
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }

    /// The number of gradients skipped, whole or in part, because of values that are not finite.
    pub fn skipped(&self) -> u64 {
        self.state.skipped
    }

    /// How many gradients make one step of the method, each at the x that the previous one left; more than one for SAM.
    pub fn gradients(&self) -> u64 {
        self.groups.gradients()
    }

    /// The rules, with their ranges.
    pub fn groups(&self) -> &Groups<R> {
        &self.groups
    }

    /// Multiplies every rate from now on by `factor`, such as that of [`Plateau`](crate::schedule::Plateau). Range:
    /// finite, ≥ 0; other values are ignored.
    pub fn scale_rate(&mut self, factor: f64) {
        if factor.is_finite() && factor >= 0.0 {
            self.state.factor = factor;
        }
    }

    /// Replaces every rate and schedule by one rate, until `None` restores them. It is not part of the state.
    pub(crate) fn override_rate(&mut self, rate: Option<f64>) {
        self.rate = rate;
    }

    /// Everything that changes, to be stored.
    pub fn state(&self) -> &UpdaterState<T, R::Memory> {
        &self.state
    }

    /// Continues from a stored state.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the state has another rule or length.
    pub fn restore(&mut self, state: UpdaterState<T, R::Memory>) -> Result<(), Error> {
        let lengths = |slots: &[Vec<T>]| slots.iter().map(Vec::len).collect::<Vec<_>>();
        let fits = lengths(&state.slots) == lengths(&self.state.slots)
            && state.memory.len() == self.state.memory.len()
            && state.factor.is_finite()
            && state.factor >= 0.0
            && state.steps < u64::MAX / 2
            && state.skipped < u64::MAX / 2;
        if !fits {
            let reason = "the memory of its rule does not fit this rule and length".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        self.state = state;
        Ok(())
    }

    /// Writes the point that the method recommends: an average, for methods that keep one, else x.
    ///
    /// # Errors
    /// [`Error::Dimension`] when a length is wrong.
    pub fn recommended(&mut self, x: &[T], point: &mut [T]) -> Result<(), Error> {
        self.check_len("x", x.len())?;
        self.check_len("point", point.len())?;
        self.check_rules()?;
        point.copy_from_slice(x);
        if self.state.steps == 0 {
            return Ok(());
        }
        let slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        let mut at = 0;
        for section in &self.sections {
            let rule = &self.groups.rules()[section.rule];
            let memory = &self.state.memory[section.rule];
            for i in at..at + section.len {
                let values = R::Slots::load::<Lanes<T, 1>>(&slices, i);
                let x = Lanes::load(&x[i..=i]);
                rule.recommended(memory, x, values).or_if_not_finite(x).store(&mut point[i..=i]);
            }
            at += section.len;
        }
        Ok(())
    }

    fn check_rules(&self) -> Result<(), Error> {
        match &self.refused {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn check_len(&self, what: &'static str, actual: usize) -> Result<(), Error> {
        if actual == self.len {
            Ok(())
        } else {
            Err(Error::Dimension { what, expected: self.len, actual })
        }
    }

    fn advance(&mut self, x: &mut [T], g: &[T], cost: Option<f64>) -> Result<Update, Error> {
        self.check_len("x", x.len())?;
        self.check_len("g", g.len())?;
        if R::NEEDS_COST && cost.is_none() {
            return Err(Error::CostNeeded { rule: R::NAME });
        }
        self.check_rules()?;
        if R::NEEDS_COST && !cost.is_some_and(f64::is_finite) {
            self.state.skipped += 1;
            return Ok(Update::Skipped);
        }
        self.begin(x);
        self.plan(cost);
        // A constant: no code for surveys is generated for rules without them.
        if const { R::ROUNDS > 0 } && !(0..R::ROUNDS).all(|round| self.survey(round, x, g)) {
            self.state.skipped += 1;
            return Ok(Update::Skipped);
        }
        let blocks = self.update(x, g);
        let is_whole = blocks.untouched + blocks.damaged == 0;
        if !is_whole {
            self.state.skipped += 1;
        }
        if blocks.untouched < blocks.all || blocks.all == 0 {
            for (memory, draft) in self.state.memory.iter_mut().zip(&self.drafts) {
                *memory = draft.memory;
            }
            self.state.steps += 1;
            self.renew(x);
        }
        Ok(if is_whole { Update::Taken } else { Update::Skipped })
    }

    /// Before the first step: stores what the rules need of x.
    fn begin(&mut self, x: &[T]) {
        if self.state.has_begun || self.state.steps > 0 {
            return;
        }
        let mut slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        let mut at = 0;
        for section in &self.sections {
            let rule = &self.groups.rules()[section.rule];
            for i in at..at + section.len {
                let first = rule.first(<Lanes<T, 1> as Number>::load(&x[i..=i]));
                R::Slots::store::<Lanes<T, 1>>(first, &mut slices, i);
            }
            at += section.len;
        }
    }

    /// After a step: renews what starts anew at x.
    fn renew(&mut self, x: &[T]) {
        let mut slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        let mut at = 0;
        for section in &self.sections {
            let rule = &self.groups.rules()[section.rule];
            let memory = &self.state.memory[section.rule];
            if rule.renews(memory) {
                for i in at..at + section.len {
                    let x = <Lanes<T, 1> as Number>::load(&x[i..=i]);
                    let values = rule.renewed(memory, x, R::Slots::load(&slices, i));
                    R::Slots::store::<Lanes<T, 1>>(values, &mut slices, i);
                }
            }
            at += section.len;
        }
    }

    fn plan(&mut self, cost: Option<f64>) {
        let Self { groups, sections, drafts, state, rate, .. } = self;
        drafts.clear();
        for (number, (rule, memory)) in groups.rules().iter().zip(&state.memory).enumerate() {
            let own = sections.iter().filter(|section| section.rule == number);
            let now = Now {
                step: state.steps + 1,
                cost,
                len: own.map(|section| section.len).sum(),
                factor: state.factor,
                rate: *rate,
            };
            let mut memory = *memory;
            let plan = rule.plan(&now, &mut memory);
            drafts.push(Draft { now, plan, memory, sums: [0.0; 4] });
        }
    }

    /// Computes the sums of a round; false when they are not finite.
    fn survey(&mut self, round: usize, x: &[T], g: &[T]) -> bool {
        let Self { groups, sections, drafts, state, .. } = self;
        let slices = R::Slots::slices(&mut state.slots.iter_mut());
        for draft in drafts.iter_mut() {
            draft.sums = [0.0; 4];
        }
        let mut at = 0;
        for Section { len, rule } in sections.iter() {
            let (draft, range) = (&mut drafts[*rule], at..at + len);
            let sums = pass::survey::<T, R>(&draft.plan, round, x, g, &slices, range);
            add(&mut draft.sums, sums);
            at += len;
        }
        if R::is_shared(round) {
            let mut total = [0.0; 4];
            for draft in drafts.iter() {
                add(&mut total, draft.sums);
            }
            for draft in drafts.iter_mut() {
                draft.sums = total;
            }
        }
        if drafts.iter().flat_map(|draft| draft.sums).any(|sum| !sum.is_finite()) {
            return false;
        }
        for (rule, Draft { now, plan, memory, sums }) in groups.rules().iter().zip(drafts) {
            rule.refine(now, round, *sums, plan, memory);
        }
        true
    }

    fn update(&mut self, mut x: &mut [T], mut g: &[T]) -> Blocks {
        let mut slices = R::Slots::slices(&mut self.state.slots.iter_mut());
        let (mut blocks, mut at) = (Blocks::default(), 0);
        for Section { len, rule } in &self.sections {
            let (x_here, x_rest) = x.split_at_mut(*len);
            let (g_here, g_rest) = g.split_at(*len);
            let [slots_here, slots_rest] = R::Slots::split(slices, *len);
            let plan = &self.drafts[*rule].plan;
            blocks = blocks.plus(pass::update::<T, R>(plan, x_here, g_here, slots_here, at));
            (x, g, slices) = (x_rest, g_rest, slots_rest);
            at += len;
        }
        blocks
    }
}

fn add(to: &mut Sums, sums: Sums) {
    for (to, sum) in to.iter_mut().zip(sums) {
        *to += sum;
    }
}
