//! The five functions: the box to search, the number of stationary points, and the contour levels.

use std::f64::consts::PI;

use extremum::functions::classics::{Himmelblau, MuellerBrown};
use extremum::{AutoDiff, Bounds, Error, Problem, problem};

use super::find::Counts;

/// A function on a box.
pub struct Landscape {
    /// Short name, also that of the file.
    pub id: &'static str,
    /// Name and formula.
    pub title: &'static str,
    /// The function, with exact derivatives.
    pub problem: Box<dyn Problem + Send>,
    /// The box to search.
    pub bounds: Bounds,
    /// The known numbers of points, by interval arithmetic for the last two functions and by hand for the others;
    /// degenerate points are undecided.
    pub known: Counts,
    /// The contour levels; empty for a curve.
    pub levels: Vec<f64>,
}

/// All of them.
pub fn landscapes() -> Result<Vec<Landscape>, Error> {
    Ok(vec![
        Landscape {
            id: "x-cos-pi-x",
            title: "f(x) = x cos(πx)",
            problem: Box::new(problem!(1, |x| x[0] * (PI * x[0]).cos())),
            bounds: Bounds::new([-1.0], [2.0])?,
            known: Counts { minima: 2, maxima: 1, ..Counts::default() },
            levels: vec![],
        },
        Landscape {
            id: "cube",
            title: "f(x) = x³",
            problem: Box::new(problem!(1, |x| x[0].powi(3))),
            bounds: Bounds::new([-2.0], [2.0])?,
            known: Counts { undecided: 1, ..Counts::default() },
            levels: vec![],
        },
        Landscape {
            id: "hyperbolic",
            title: "f(x, y) = x² − y²",
            problem: Box::new(problem!(2, |x| x[0] * x[0] - x[1] * x[1])),
            bounds: Bounds::new([-2.0; 2], [2.0; 2])?,
            known: Counts { saddles: 1, ..Counts::default() },
            levels: (-6..=6).map(|k| 0.5 * f64::from(k)).collect(),
        },
        Landscape {
            id: "himmelblau",
            title: "Himmelblau: f(x, y) = (x² + y − 11)² + (x + y² − 7)²",
            problem: Box::new(AutoDiff(Himmelblau)),
            bounds: Bounds::new([-6.0; 2], [6.0; 2])?,
            known: Counts { minima: 4, saddles: 4, maxima: 1, ..Counts::default() },
            // Nearly geometric; 180 separates the maximum, 181.6, from the saddle next to it, 178.3.
            levels: vec![
                2.0, 5.0, 10.0, 20.0, 40.0, 70.0, 100.0, 140.0, 180.0, 250.0, 400.0, 700.0, 1200.0,
            ],
        },
        Landscape {
            id: "muller-brown",
            title: "Müller-Brown: f(x, y) = Σ A exp(a(x − x₀)² + b(x − x₀)(y − y₀) + c(y − y₀)²)",
            problem: Box::new(AutoDiff(MuellerBrown)),
            bounds: Bounds::new([-1.8, -0.4], [1.3, 2.2])?,
            known: Counts { minima: 3, saddles: 2, ..Counts::default() },
            // Higher values, up to thousands in the corners, are not of interest.
            levels: (-7..=5).map(|k| 20.0 * f64::from(k)).collect(),
        },
    ])
}
