//! Functions of one variable: their minima and their roots.
//!
//! Each method is plain configuration with defaults; it takes the function as a closure.
//!
//! | method | finds | needs | convergence |
//! |---|---|---|---|
//! | [`BrentMinimum`] | minimum | f, an interval or two points | superlinear, order 1.325; never much worse than golden section |
//! | [`GoldenSection`] | minimum | f, an interval | 0.618 per evaluation |
//! | [`BrentRoot`] | root | f, two points where its signs differ | superlinear; the first choice |
//! | [`Bisection`] | root | f, two points where its signs differ | 1/2 per evaluation |
//! | [`Secant`] | root | f, two points | order 1.618 |
//! | [`NewtonRoot`] | root | f and f', one point | order 2 |
//! | [`Halley`] | root | f, f' and f'', one point | order 3 |
//!
//! ```
//! use extremum::scalar::{BrentMinimum, BrentRoot};
//!
//! let root = BrentRoot::default().solve(|x| x.cos() - x, 0.0, 1.0)?;
//! assert!(root.termination.is_converged() && (root.x - 0.7390851332151607).abs() < 1e-15);
//!
//! let minimum = BrentMinimum::default().minimize(|x| x * (x - 3.0), 0.0, 10.0)?;
//! assert!((minimum.x - 1.5).abs() < 1e-7 && minimum.evaluations < 10);
//! # Ok::<(), extremum::Error>(())
//! ```
//!
//! **What all methods have in common.** The tolerance at x is t(x) = absolute + relative |x|, and at least the distance
//! from x to its neighbour among the numbers (four times that for minima), so that tolerances of 0 mean to rounding. The returned x was evaluated. No
//! point is evaluated beyond `max_evaluations`. Bad ends or starts are an [`Error`](crate::Error); bad values end a search
//! with its best point and a [`Termination`] that says so. The ends of an interval may be as large as the
//! numbers go.
//!
//! **The sequence of points.** f is called once for each point, in their order; a closure that records them has the whole
//! history:
//!
//! ```
//! use extremum::scalar::NewtonRoot;
//!
//! let mut errors = Vec::new();
//! let f = |x: f64| {
//!     errors.push((x - 2.0_f64.sqrt()).abs());
//!     (x * x - 2.0, 2.0 * x)
//! };
//! let root = NewtonRoot::default().solve(f, 2.0)?;
//! assert_eq!(errors.len() as u64, root.evaluations);
//! // e' ≈ e² f'' / (2 f')
//! assert!((errors[3] / errors[2].powi(2) - 0.125_f64.sqrt()).abs() < 1e-3);
//! # Ok::<(), extremum::Error>(())
//! ```

mod bisection;
mod brent_minimum;
mod brent_root;
mod downhill;
mod golden_section;
mod halley;
mod limits;
mod meter;
mod newton_root;
mod open;
mod parabola;
mod secant;
mod sign_change;

pub use bisection::Bisection;
pub use brent_minimum::BrentMinimum;
pub use brent_root::BrentRoot;
pub use golden_section::GoldenSection;
pub use halley::Halley;
pub use newton_root::NewtonRoot;
pub use secant::Secant;

use crate::Termination;

/// Where a search for a root ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    /// The root when the search converged, otherwise the point with the least |f|; an evaluated point.
    pub x: f64,
    /// f(x).
    pub value: f64,
    /// Two evaluated points, lower end first, at which f has different signs, or the root twice where f is exactly 0. A
    /// continuous f has a root between them. `None` when the method found no such points.
    pub bracket: Option<(f64, f64)>,
    /// How often f was evaluated; with its derivatives, where the method needs them.
    pub evaluations: u64,
    /// Why the search ended.
    pub termination: Termination,
}

/// Where a search for a minimum ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The evaluated point with the lowest value.
    pub x: f64,
    /// f(x).
    pub value: f64,
    /// The interval that is left, lower end first. A unimodal f has its minimum in it. `None` when the search ended
    /// before it had one.
    pub bracket: Option<(f64, f64)>,
    /// How often f was evaluated.
    pub evaluations: u64,
    /// Why the search ended.
    pub termination: Termination,
}
