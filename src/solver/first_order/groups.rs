//! Parameters in groups, each with settings of its own.

use std::ops::Range;

use super::{Float, Rule, Updater};
use crate::Error;
use crate::error::check;

/// A rule for all parameters, with others of its kind for ranges of them; made by [`Rule::group`].
///
/// A rule that takes sums (the norms of `Lamb`) takes them over each group by itself; [`ClipNorm`](super::ClipNorm) over
/// all of them. Parameters outside every range make one group.
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
    /// The rule of what no range holds, then those of the ranges.
    rules: Vec<R>,
    ranges: Vec<Range<usize>>,
}

/// Neighbouring parameters of the same rule.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub len: usize,
    /// The number of their rule.
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

    /// `rule` for the parameters of `range`. Ranges may not overlap, nor reach beyond the last parameter: the first step
    /// is an `Err` then.
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
    /// The rules with a state for n parameters, for gradients of your own.
    pub fn start<T: Float>(self, n: usize) -> Updater<T, R> {
        Updater::new(self, n)
    }

    /// How many gradients make a step.
    pub(super) fn gradients(&self) -> u64 {
        self.rules.iter().map(Rule::gradients).max().unwrap_or(1).max(1)
    }

    /// Every how many steps some rule wants to see the curvature.
    pub(super) fn curvature_period(&self) -> Option<u64> {
        self.rules.iter().find_map(Rule::curvature_period)
    }

    /// Checks every rule, and cuts n parameters into sections of one rule each.
    pub(super) fn sections(&self, n: usize) -> Result<Vec<Section>, Error> {
        for rule in &self.rules {
            rule.check()?;
        }
        cut(&self.ranges, n)
    }
}

/// Cuts n parameters into the ranges, of rule 1 and on, and what is between them, of rule 0.
fn cut(ranges: &[Range<usize>], n: usize) -> Result<Vec<Section>, Error> {
    let mut ranges: Vec<_> = ranges.iter().zip(1..).collect();
    ranges.sort_by_key(|(range, _)| range.start);
    let (mut sections, mut at) = (Vec::with_capacity(2 * ranges.len() + 1), 0);
    for (range, rule) in ranges {
        let (start, end) = (range.start, range.end);
        check(start >= at, "group start", start as f64, "at or after the end of the group before")?;
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
