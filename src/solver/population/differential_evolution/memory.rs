//! The members of differential evolution, and what it remembers of their successes.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::control::History;
use crate::Random;
use crate::solver::population::ending::Stagnation;
use crate::solver::population::members::copy;

/// Everything that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Infinite costs until they are evaluated.
    pub(super) members: Vec<DVector<f64>>,
    pub(super) costs: Vec<f64>,
    pub(super) is_evaluated: bool,
    /// How many costs it has learned from.
    pub(super) evaluations: u64,
    /// The members, with the best first and in order.
    pub(super) order: Vec<usize>,
    /// The workspace for replaced members, and how many there are.
    pub(super) archive: Vec<DVector<f64>>,
    pub(super) archived: usize,
    pub(super) history: History,
    /// The parent of the next trial.
    pub(super) next: usize,
    /// The parent, F and CR of each candidate.
    pub(super) trials: Vec<(usize, f64, f64)>,
    pub(super) trial: DVector<f64>,
    pub(super) stagnation: Stagnation,
}

impl Memory {
    /// Puts the given number of best members first, in order.
    pub(super) fn rank(&mut self, best: usize) {
        let Self { order, costs, .. } = self;
        let by_cost = |&a: &usize, &b: &usize| costs[a].total_cmp(&costs[b]).then(a.cmp(&b));
        if best < order.len() {
            order.select_nth_unstable_by(best, by_cost);
        }
        order[..best].sort_unstable_by(by_cost);
    }

    /// Keeps the given number of best members, and as much of the archive as belongs to them.
    pub(super) fn shrink(&mut self, size: usize, archive: usize) {
        if size == self.members.len() {
            return;
        }
        self.rank(size);
        // From the last to the first, because the last member takes the place of one that is removed.
        self.order[size..].sort_unstable();
        for &member in self.order[size..].iter().rev() {
            self.members.swap_remove(member);
            self.costs.swap_remove(member);
        }
        self.order.retain(|&member| member < size);
        self.archive.truncate(archive);
        self.archived = self.archived.min(archive);
        self.trials.clear();
    }

    pub(super) fn archive(&mut self, member: usize, random: &mut Random) {
        if self.archive.is_empty() {
            return;
        }
        let place = if self.archived < self.archive.len() {
            self.archived += 1;
            self.archived - 1
        } else {
            random.index(self.archived)
        };
        copy(&self.members[member], &mut self.archive[place]);
    }
}
