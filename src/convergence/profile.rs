//! Profiles: which share of the problems a solver solves, and at what cost.
//!
//! ```text
//! t(p, s) = the cost at which solver s reaches the tolerance τ on trial p;  ∞ where it does not
//! performance profile:  ρ_s(α) = share of p with t(p, s) ≤ α min over s' of t(p, s')
//! data profile:         d_s(κ) = share of p with t(p, s) ≤ κ (n_p + 1)
//! ECDF of runtimes:     F_s(t) = share of pairs (p, τ) with t(p, τ, s) ≤ t
//! expected running time: sum of the cost of all trials up to success or their end / number of successes
//! ```
//!
//! p counts problems and starts. A trial that no solver solves counts in the denominator, so that no curve reaches 1 by
//! leaving out what is difficult.
//!
//! References: E. D. Dolan and J. J. Moré, *Mathematical Programming* 91 (2002), pp. 201-213; J. J. Moré and S. M. Wild,
//! *SIAM Journal on Optimization* 20(1), 2009, pp. 172-191, eq. 2.8; N. Hansen, A. Auger, R. Ros, S. Finck and P. Pošík,
//! *Proceedings of GECCO 2010 companion*, pp. 1689-1696 (runtimes, and expected running time).

use serde::{Deserialize, Serialize};

use super::lab::{Axis, Outcome};
use super::results::Results;

/// A step function of one solver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The solver.
    pub solver: String,
    /// Where the share steps up, and to what: each share holds from its cost to the next. Costs increase.
    pub steps: Vec<(f64, f64)>,
    /// How many were not solved.
    pub failures: usize,
    /// How many there are.
    pub total: usize,
}

impl Profile {
    /// The share at a cost.
    pub fn at(&self, cost: f64) -> f64 {
        let below = self.steps.partition_point(|(at, _)| *at <= cost);
        below.checked_sub(1).map_or(0.0, |last| self.steps[last].1)
    }

    fn new(solver: &str, mut solved: Vec<f64>, total: usize) -> Self {
        solved.sort_by(f64::total_cmp);
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for (i, &cost) in solved.iter().enumerate() {
            let share = (i + 1) as f64 / total as f64;
            match steps.last_mut() {
                Some(last) if last.0 == cost => last.1 = share,
                _ => steps.push((cost, share)),
            }
        }
        Self { solver: solver.to_owned(), steps, failures: total - solved.len(), total }
    }
}

impl Results {
    /// The performance profile of each solver at the tolerance τ: the share of trials solved within α times the cost of the
    /// fastest solver.
    pub fn performance_profile(&self, axis: Axis, tolerance: f64) -> Vec<Profile> {
        let costs = self.costs(axis, tolerance);
        let fastest = |trial: usize| {
            costs.iter().filter_map(|of_solver| of_solver[trial]).fold(f64::INFINITY, f64::min)
        };
        // Solved at its start by all, a trial costs nothing.
        let ratio = |cost: f64, least: f64| if cost == least { 1.0 } else { cost / least };
        self.profiles(&costs, |trial, cost| ratio(cost, fastest(trial)))
    }

    /// The data profile of each solver at the tolerance τ: the share of trials solved at a cost of κ (n + 1), where n + 1
    /// evaluations are what a gradient by forward differences takes.
    pub fn data_profile(&self, axis: Axis, tolerance: f64) -> Vec<Profile> {
        let per_problem = self.starts();
        let size = |trial: usize| (self.problems()[trial / per_problem].dimension + 1) as f64;
        self.profiles(&self.costs(axis, tolerance), |trial, cost| cost / size(trial))
    }

    /// The empirical distribution of runtimes of each solver: the share of trials and tolerances reached at a cost.
    pub fn runtime_distribution(&self, axis: Axis, tolerances: &[f64]) -> Vec<Profile> {
        let of_solver = |(number, solver): (usize, &String)| {
            let costs =
                tolerances.iter().flat_map(|&tolerance| self.costs_of(number, axis, tolerance));
            let all: Vec<Option<f64>> = costs.collect();
            Profile::new(solver, all.iter().flatten().copied().collect(), all.len())
        };
        self.solvers().iter().enumerate().map(of_solver).collect()
    }

    /// The expected running time of a solver on a problem, by their numbers: what all starts cost together, up to their
    /// success or their end, divided by the number of successes. `None` without a success.
    pub fn expected_running_time(
        &self,
        problem: usize,
        solver: usize,
        axis: Axis,
        tolerance: f64,
    ) -> Option<f64> {
        let outcomes = self.outcomes_of(problem, solver);
        let to = |outcome: &Outcome| self.cost_to(problem, outcome, tolerance, axis);
        let successes = outcomes.iter().filter(|outcome| to(outcome).is_some()).count();
        let spent = |outcome: &Outcome| to(outcome).unwrap_or(outcome.total.cost(axis));
        let total: f64 = outcomes.iter().map(spent).sum();
        (successes > 0).then(|| total / successes as f64)
    }

    fn profiles(
        &self,
        costs: &[Vec<Option<f64>>],
        scaled: impl Fn(usize, f64) -> f64,
    ) -> Vec<Profile> {
        let of_solver = |(solver, costs): (&String, &Vec<Option<f64>>)| {
            let solved = costs.iter().enumerate();
            let solved = solved.filter_map(|(trial, cost)| Some(scaled(trial, (*cost)?))).collect();
            Profile::new(solver, solved, costs.len())
        };
        self.solvers().iter().zip(costs).map(of_solver).collect()
    }

    /// The costs of each solver, by trial.
    fn costs(&self, axis: Axis, tolerance: f64) -> Vec<Vec<Option<f64>>> {
        (0..self.solvers().len()).map(|solver| self.costs_of(solver, axis, tolerance)).collect()
    }

    fn costs_of(&self, solver: usize, axis: Axis, tolerance: f64) -> Vec<Option<f64>> {
        let of_problem = |problem: usize| {
            let outcomes = self.outcomes_of(problem, solver).iter();
            outcomes.map(move |outcome| self.cost_to(problem, outcome, tolerance, axis))
        };
        (0..self.problems().len()).flat_map(of_problem).collect()
    }
}
