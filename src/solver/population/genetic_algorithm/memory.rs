//! The members and their ranks.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{PointSet, Space};

/// What a [`GeneticAlgorithm`](super::GeneticAlgorithm) remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneticAlgorithmMemory {
    /// Members and workspace for their children, in any order.
    pub(super) members: Vec<DVector<f64>>,
    pub(super) costs: Vec<f64>,
    /// Indices into `members`: first the members, the best before the others, then the workspace.
    pub(super) order: Vec<usize>,
    pub(super) pair: [DVector<f64>; 2],
    /// The members and their children so far, so that none is evaluated twice.
    pub(super) seen: PointSet,
    /// The number of children of this generation that were made again.
    pub(super) attempts: usize,
    pub(super) best: f64,
    /// Generations since the best cost decreased.
    pub(super) unimproved: u64,
    pub(super) has_begun: bool,
}

impl GeneticAlgorithmMemory {
    /// Workspace for members and their children.
    pub(super) fn new(n: usize, all: usize) -> Self {
        Self {
            members: vec![DVector::zeros(n); all],
            costs: vec![f64::INFINITY; all],
            order: (0..all).collect(),
            pair: [DVector::zeros(n), DVector::zeros(n)],
            seen: PointSet::new(all),
            attempts: 0,
            best: f64::INFINITY,
            unimproved: 0,
            has_begun: false,
        }
    }

    /// Begins a generation, in which no child may equal a member.
    pub(super) fn begin_generation(&mut self, population: usize) {
        self.attempts = 0;
        self.seen.clear();
        for &at in &self.order[..population] {
            self.seen.insert(&self.members[at]);
        }
    }

    /// Puts the `best` best of the first `among` in front, sorted by their costs.
    pub(super) fn sort(&mut self, among: usize, best: usize) {
        let Self { order, costs, .. } = self;
        let by_cost = |&a: &usize, &b: &usize| costs[a].total_cmp(&costs[b]).then(a.cmp(&b));
        if best < among {
            order[..among].select_nth_unstable_by(best, by_cost);
        }
        order[..best].sort_unstable_by(by_cost);
    }

    pub(super) fn is_valid(&self, space: &Space, population: usize, children: usize) -> bool {
        let (n, all) = (space.dimension(), population.saturating_add(children));
        if self.order.len() != all {
            return false;
        }
        let mut is_there = vec![false; all];
        for &at in &self.order {
            if let Some(is_there) = is_there.get_mut(at) {
                *is_there = true;
            }
        }
        [self.members.len(), self.costs.len()] == [all; 2]
            && is_there.iter().all(|&is_there| is_there)
            && self.members.iter().chain(&self.pair).all(|x| x.len() == n)
            && (!self.has_begun
                || self.order[..population].iter().all(|&at| space.holds(&self.members[at])))
            && self.costs.iter().all(|cost| !cost.is_nan())
            && self.unimproved < u64::MAX / 2
            && self.seen.is_valid(all)
            && self.attempts < usize::MAX / 2
    }
}
