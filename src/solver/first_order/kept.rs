//! The updater in a state.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::updater::UpdaterState;
use super::{Groups, Rule, Updater};
use crate::Error;

/// An updater whose rule is not written to checkpoints: a loaded state waits for the solver, which has the rule.
#[derive(Clone, Debug)]
pub(super) enum Kept<R: Rule> {
    Live(Updater<f64, R>),
    Loaded(UpdaterState<f64, R::Memory>),
}

impl<R: Rule> Kept<R> {
    /// The updater, once it is live.
    pub fn live(&mut self) -> Option<&mut Updater<f64, R>> {
        match self {
            Self::Live(updater) => Some(updater),
            Self::Loaded(_) => None,
        }
    }

    /// Makes a loaded updater live.
    pub fn revive(&mut self, groups: &Groups<R>, n: usize) -> Result<(), Error> {
        if let Self::Loaded(state) = self {
            let mut updater = groups.clone().start(n);
            updater.restore(state.clone())?;
            *self = Self::Live(updater);
        }
        Ok(())
    }

    pub fn state(&self) -> &UpdaterState<f64, R::Memory> {
        match self {
            Self::Live(updater) => updater.state(),
            Self::Loaded(state) => state,
        }
    }
}

impl<R: Rule> Serialize for Kept<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.state().serialize(serializer)
    }
}

impl<'de, R: Rule> Deserialize<'de> for Kept<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        UpdaterState::deserialize(deserializer).map(Self::Loaded)
    }
}
