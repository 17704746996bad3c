//! The guide: how to choose a solver, fits of data, the methods, accuracy, performance and design.

#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}

#[doc = include_str!("../docs/constraints.md")]
pub mod constraints {}

#[cfg(feature = "fit")]
#[doc = include_str!("../docs/fitting.md")]
pub mod fitting {}

#[cfg(feature = "fit")]
#[doc = include_str!("../docs/from_scipy.md")]
pub mod from_scipy {}

#[doc = include_str!("../docs/methods.md")]
pub mod methods {}

#[doc = include_str!("../docs/accuracy.md")]
pub mod accuracy {}

#[doc = include_str!("../docs/convergence.md")]
pub mod convergence {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../docs/design.md")]
pub mod design {}

#[cfg(all(doctest, feature = "fit"))]
#[doc = include_str!("../README.md")]
mod readme {}
