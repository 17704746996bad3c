//! (tour)
pub mod line_search;
mod error;
pub mod problem;
pub use error::Error;
pub use nalgebra::{DMatrix, DVector};
pub use problem::*;
