//! The rules, one file each.

mod adadelta;
mod adagrad;
mod adam;
mod clip;
mod decay;
mod lion;
mod rms_prop;
mod sgd;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW, AmsGrad};
pub use clip::{ClipNorm, ClipValue};
pub use decay::Decay;
pub use lion::Lion;
pub use rms_prop::RmsProp;
pub use sgd::{Momentum, Nesterov, Sgd};

/// `start` without the trait in scope.
macro_rules! startable {
    ($($rule:ty),+) => {$(
        impl $rule {
            /// The rule with a state for n parameters, for gradients of your own.
            pub fn start<T: crate::first_order::Float>(
                self,
                n: usize,
            ) -> crate::first_order::Updater<T, Self> {
                crate::first_order::Rule::start(self, n)
            }
        }
    )+};
}
use startable;
