//! Problems of argmin on this library's solvers, and problems of this library on argmin's (argmin 0.11). Needs the feature
//! `argmin`.
//!
//! [`from_argmin`] makes a [`Problem`](crate::Problem) of a type that implements argmin's `CostFunction` and, if it has them,
//! `Gradient` and `Hessian`:
//!
//! ```
//! use argmin::core::{CostFunction, Error, Gradient};
//! use extremum::{Lbfgs, argmin::from_argmin, minimize};
//!
//! struct Bowl;
//!
//! impl CostFunction for Bowl {
//!     type Param = Vec<f64>;
//!     type Output = f64;
//!     fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
//!         Ok((x[0] - 1.0).powi(2) + 10.0 * x[1].powi(2))
//!     }
//! }
//!
//! impl Gradient for Bowl {
//!     type Param = Vec<f64>;
//!     type Gradient = Vec<f64>;
//!     fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
//!         Ok(vec![2.0 * (x[0] - 1.0), 20.0 * x[1]])
//!     }
//! }
//!
//! let problem = from_argmin(2, Bowl).with_gradient();
//! let found = minimize(&problem, Lbfgs::default(), [3.0, 1.0])?;
//! assert!(found.termination.is_converged());
//! assert!((found.x[0] - 1.0).abs() < 1e-6 && found.x[1].abs() < 1e-6);
//! # Ok::<(), extremum::Error>(())
//! ```
//!
//! [`ToArgmin`] is the way back. Both work on the vectors of the trait [`Vector`]: `Vec<f64>`, and with the feature
//! `argmin-nalgebra` the `DVector<f64>` of nalgebra 0.34, the newest that argmin-math 0.5 computes with. (This library's own
//! `DVector` is that of nalgebra 0.35, a different type.)

mod from;
mod to;
mod vector;

pub use from::{FromArgmin, from_argmin};
pub use to::ToArgmin;
pub use vector::Vector;
