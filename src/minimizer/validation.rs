//! Early stopping on a cost that the solver does not see.
//!
//! L. Prechelt, "Early stopping — but when?", in: Neural networks: tricks of the trade, Springer (1998), the criterion UP
//! with strips of one iteration: stop after s iterations in a row without a new lowest validation cost.

use nalgebra::DVector;

use crate::error::check;
use crate::stop::Validated;
use crate::{Error, Stall, State, Termination};

type Cost<'a> = Box<dyn FnMut(&DVector<f64>) -> f64 + 'a>;

/// The settings of early stopping.
pub(super) struct Validation<'a> {
    patience: u64,
    cost: Cost<'a>,
}

impl<'a> Validation<'a> {
    pub fn new(patience: u64, cost: impl FnMut(&DVector<f64>) -> f64 + 'a) -> Self {
        Self { patience, cost: Box::new(cost) }
    }

    pub fn check(&self) -> Result<(), Error> {
        check(self.patience >= 1, "patience", self.patience as f64, "at least 1")
    }

    /// Evaluates the validation cost after an iteration.
    pub fn look(&mut self, state: &impl State, seen: &mut Option<Validated>) {
        let last = (self.cost)(state.x());
        let (cost, gradient_norm) = (state.cost(), state.gradient_norm());
        let infeasibility = state.infeasibility();
        match seen {
            None => {
                *seen = Some(Validated {
                    lowest: last,
                    since: 0,
                    last,
                    x: state.x().clone(),
                    cost,
                    gradient_norm,
                    infeasibility,
                });
            }
            Some(seen) => {
                seen.last = last;
                seen.since += 1;
                if last < seen.lowest || seen.lowest.is_nan() && !last.is_nan() {
                    seen.x.copy_from(state.x());
                    (seen.lowest, seen.since) = (last, 0);
                    (seen.cost, seen.gradient_norm) = (cost, gradient_norm);
                    seen.infeasibility = infeasibility;
                }
            }
        }
    }

    /// The reason to end here, if there is one.
    pub fn verdict(&self, seen: &Option<Validated>) -> Option<Termination> {
        let Validated { lowest, since, gradient_norm, .. } = seen.as_ref()?;
        (*since >= self.patience).then_some(Termination::Stalled {
            reason: Stall::Validation { iterations: *since, lowest: *lowest },
            gradient_norm: *gradient_norm,
        })
    }
}
