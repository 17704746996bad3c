//! Groups of parameters, each with settings of its own.

use std::ops::Range;

use super::{Float, Rule, Updater};
use crate::Error;
use crate::error::check;

/// A rule for all parameters, with rules of the same type for ranges of them; made by [`Rule::group`].
///
/// A rule that needs sums (the norms of [`Lamb`](super::Lamb)) takes them over each group separately;
/// [`ClipNorm`](super::ClipNorm) takes its norm over all groups. The parameters outside of every range make one group.
///
/// ```
/// use extremum::first_order::{AdamW, Rule};
/// // The last two parameters, biases, are not decayed.
/// let rule = AdamW::new(0.1).decay(0.5).group(2..4, AdamW::new(0.1).decay(0.0));
/// let mut x = [1.0_f64; 4];
/// rule.start(4).step(&mut x, &[0.0; 4])?;
/// assert_eq!(x, [0.95, 0.95, 1.0, 1.0]);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Groups<R> {
    /// The rule of the parameters outside of every range, then the rules of the ranges.
    rules: Vec<R>,
    ranges: Vec<Range<usize>>,
}

/// Neighbouring parameters of the same rule.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub len: usize,
    /// The index of their rule.
    pub rule: usize,
}

impl<R> From<R> for Groups<R> {
    fn from(rule: R) -> Self {
        Self::new(rule)
    }
}

impl<R> Groups<R> {
    /// One rule for all parameters.
    pub fn new(rule: R) -> Self {
        Self { rules: vec![rule], ranges: Vec::new() }
    }

    /// Adds `rule` for the parameters of `range`. If ranges overlap, or reach beyond the last parameter, the first step
    /// returns an error.
    pub fn group(mut self, range: Range<usize>, rule: R) -> Self {
        self.rules.push(rule);
        self.ranges.push(range);
        self
    }

    pub(super) fn rules(&self) -> &[R] {
        &self.rules
    }
}

impl<R: Rule> Groups<R> {
    /// An updater with the rules for n parameters, for gradients that you compute.
    pub fn start<T: Float>(self, n: usize) -> Updater<T, R> {
        Updater::new(self, n)
    }

    /// The number of gradients in a step.
    pub(super) fn gradients(&self) -> u64 {
        self.rules.iter().map(Rule::gradients).max().unwrap_or(1).max(1)
    }

    /// The number of steps after which a rule needs the curvature again.
    pub(super) fn curvature_period(&self) -> Option<u64> {
        self.rules.iter().find_map(Rule::curvature_period)
    }

    /// Checks every rule, and divides n parameters into sections of one rule each.
    pub(super) fn sections(&self, n: usize) -> Result<Vec<Section>, Error> {
        for rule in &self.rules {
            rule.check()?;
        }
        cut(&self.ranges, n)
    }
}

/// Divides n parameters into the ranges, with the rules from 1 on, and the gaps between them, with rule 0.
fn cut(ranges: &[Range<usize>], n: usize) -> Result<Vec<Section>, Error> {
    let mut ranges: Vec<_> = ranges.iter().zip(1..).collect();
    ranges.sort_by_key(|(range, _)| range.start);
    let (mut sections, mut at) = (Vec::with_capacity(2 * ranges.len() + 1), 0);
    for (range, rule) in ranges {
        let (start, end) = (range.start, range.end);
        check(start >= at, "group start", start as f64, "at or after the previous group's end")?;
        check(
            (start..=n).contains(&end),
            "group end",
            end as f64,
            "at least its start and at most the number of parameters",
        )?;
        sections.push(Section { len: start - at, rule: 0 });
        sections.push(Section { len: end - start, rule });
        at = end;
    }
    sections.push(Section { len: n - at, rule: 0 });
    sections.retain(|section| section.len > 0);
    Ok(sections)
}
