//! An updater, whatever its rule.

use super::{Rule, Update, Updater};
use crate::Error;

/// What a run needs of an updater. Behind a pointer, so that the loop around the rules is compiled once and not for each.
pub(super) trait Stepper {
    fn needs_cost(&self) -> bool;
    fn steps(&self) -> u64;
    fn skipped(&self) -> u64;
    /// See [`Rule::gradients`].
    fn gradients(&self) -> u64;
    /// See [`Rule::curvature_period`].
    fn curvature_period(&self) -> Option<u64>;
    fn scale_rate(&mut self, factor: f64);
    fn step(&mut self, x: &mut [f64], g: &[f64], cost: f64) -> Result<Update, Error>;
    fn show_curvature(&mut self, x: &[f64], diagonal: &[f64]) -> Result<(), Error>;
    fn recommended(&mut self, x: &[f64], point: &mut [f64]) -> Result<(), Error>;
}

impl<R: Rule> Stepper for Updater<f64, R> {
    fn needs_cost(&self) -> bool {
        R::NEEDS_COST
    }
    fn steps(&self) -> u64 {
        self.steps()
    }
    fn skipped(&self) -> u64 {
        self.skipped()
    }
    fn gradients(&self) -> u64 {
        self.gradients()
    }
    fn curvature_period(&self) -> Option<u64> {
        self.groups().curvature_period()
    }
    fn scale_rate(&mut self, factor: f64) {
        self.scale_rate(factor);
    }
    fn step(&mut self, x: &mut [f64], g: &[f64], cost: f64) -> Result<Update, Error> {
        self.step_with_cost(x, g, cost)
    }
    fn show_curvature(&mut self, x: &[f64], diagonal: &[f64]) -> Result<(), Error> {
        self.show_curvature(x, diagonal)
    }
    fn recommended(&mut self, x: &[f64], point: &mut [f64]) -> Result<(), Error> {
        self.recommended(x, point)
    }
}
