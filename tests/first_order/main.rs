//! Update rules, schedules, finite sums and variance reduction.

mod adam_like;
mod finite_sums;
mod lr_range_test;
mod norms;
mod rules_as_solvers;
mod schedules;
mod solver;
mod traces;
mod update_rules;
mod updaters;
mod variance_reduced;
mod wrappers;
