//! Everything that changes during a run of the interior point method.

use std::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::frame::{Frame, Scale};
use super::kkt::Kkt;
use super::measures::conditions;
use super::point::{Duals, Point};
use super::restoration::Restoring;
use crate::solver::first_order_conditions::FirstOrderConditions;
use crate::{Bounds, Matrix, Problem, Stall, State, Termination};

/// Multipliers exceed those of any solution when |yᵢ| |∇cᵢ| is so many times |∇f|, and |∇f| is no smaller than this.
const TOO_LARGE: f64 = 1e8;
const LEAST_SLOPE: f64 = 1e-6;

/// Derivatives below this are in small units, and the first-order conditions have to hold in those. A gradient that has shrunk is
/// taken for this share of the largest one.
const SMALL: f64 = 1e-2;
const TOLERANCE: f64 = 1e-6;
const FAINT: f64 = 1e-3;

/// The state of [`InteriorPoint`](crate::InteriorPoint).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InteriorPointState {
    pub(super) here: Point,
    pub(super) duals: Duals,
    pub(super) scale: Scale,
    /// μ.
    pub(super) mu: f64,
    pub(super) filter: Filter,
    /// δ of the last step that needed one.
    pub(super) shift: f64,
    pub(super) restoring: Option<Restoring>,
    /// The number of restorations, and of steps in a row that were cut short.
    pub(super) restorations: u32,
    pub(super) short: u32,
    /// So often has a restoration ended at a feasible point that the filter refused.
    pub(super) refusals: u32,
    pub(super) measures: FirstOrderConditions,
    /// y of the problem as it was given; m.
    pub(super) multipliers: DVector<f64>,
    /// The largest |∇f| and |∇cᵢ| so far; m.
    pub(super) steepest_cost: f64,
    pub(super) steepest: DVector<f64>,
    /// The least E(0) at a decisive fall, and the steps at the least μ since then.
    pub(super) least_error: f64,
    pub(super) idle: u32,
    /// True once no further progress is possible.
    pub(super) is_at_rest: bool,
    #[serde(skip)]
    pub(super) work: Work,
}

/// A step of all that is unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    /// Of (x, s); n + m.
    pub w: DVector<f64>,
    pub y: DVector<f64>,
    pub lower: DVector<f64>,
    pub upper: DVector<f64>,
}

/// Workspace, and the problem's frame; made again after a checkpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub frame: Frame,
    pub kkt: Kkt,
    pub hessian: DMatrix<f64>,
    pub curvature: Matrix,
    pub jacobian: Matrix,
    pub trial: Point,
    /// The first trial of a search.
    pub first: Point,
    pub duals: Duals,
    pub step: Step,
    pub corrected: Step,
    /// Σ, n + m; y of the problem as it was given, m; ∇L, n + m; residuals of the system, n + m and m.
    pub sigma: DVector<f64>,
    pub y: DVector<f64>,
    pub slope: DVector<f64>,
    pub residual: DVector<f64>,
    pub gaps: DVector<f64>,
    /// n; n.
    pub force: DVector<f64>,
    pub is_held: Vec<bool>,
}

impl Step {
    fn new(n: usize, m: usize) -> Self {
        let zeros = || DVector::zeros(n + m);
        Self { w: zeros(), y: DVector::zeros(m), lower: zeros(), upper: zeros() }
    }
}

impl Work {
    pub fn new(problem: &dyn Problem, scale: &Scale) -> Self {
        let frame = Frame::new(problem, scale);
        let Frame { n, m, .. } = frame;
        let (all, rows) = (DVector::zeros(n + m), DVector::zeros(m));
        Self {
            frame,
            kkt: Kkt::new(n, m),
            hessian: DMatrix::zeros(n, n),
            curvature: Matrix::default(),
            jacobian: Matrix::default(),
            trial: Point::new(n, m),
            first: Point::new(n, m),
            duals: Duals::new(n, m),
            step: Step::new(n, m),
            corrected: Step::new(n, m),
            sigma: all.clone(),
            y: rows.clone(),
            slope: all.clone(),
            residual: all,
            gaps: rows,
            force: DVector::zeros(n),
            is_held: vec![false; n],
        }
    }
}

impl InteriorPointState {
    /// Measures the point anew.
    pub(super) fn measure(&mut self) {
        let Self { here, duals, scale, multipliers, work, .. } = self;
        let frame = (&work.frame, &*scale);
        self.measures = conditions(frame, here, duals, multipliers, &mut work.force);
        self.steepest_cost = self.steepest_cost.max(here.gradient.amax());
        for (steepest, row) in self.steepest.iter_mut().zip(here.jacobian.row_iter()) {
            *steepest = steepest.max(row.amax());
        }
    }

    /// Makes the trial point the current one.
    pub(super) fn commit(&mut self) {
        std::mem::swap(&mut self.here, &mut self.work.trial);
        self.measure();
    }

    /// Checks a loaded state for n variables and m constraints.
    pub(super) fn check(&mut self, n: usize, m: usize) -> Result<(), &'static str> {
        let Self { here, duals, scale, multipliers, .. } = self;
        let fits = here.is_valid(n, m)
            && duals.is_valid(n, m)
            && scale.is_valid(m)
            && multipliers.len() == m
            && self.steepest.len() == m
            && self.filter.restore();
        if !fits {
            return Err("its sizes are not those of this problem, or its point is not finite");
        }
        let numbers = [self.shift, self.steepest_cost];
        let are_finite = numbers.iter().all(|v| *v >= 0.0 && v.is_finite());
        let is_positive = self.mu > 0.0 && self.mu.is_finite();
        let restores = self.restoring.as_ref().is_none_or(Restoring::is_valid);
        if are_finite && is_positive && restores {
            Ok(())
        } else {
            Err("its numbers are out of range")
        }
    }

    /// The largest |yᵢ|, when multipliers exceed those of any solution.
    pub(super) fn excessive_multipliers(&self) -> Option<f64> {
        let forces = self.steepest.iter().zip(&self.multipliers).map(|(row, y)| row * y.abs());
        let slope = self.steepest_cost.max(LEAST_SLOPE);
        (forces.fold(0.0, f64::max) > TOO_LARGE * slope).then(|| self.multipliers.amax())
    }

    /// False when the first-order conditions are small only because the cost or the constraints are in small units.
    pub(super) fn is_earned(&self) -> bool {
        let Self { here, measures, steepest_cost, steepest, work, .. } = self;
        let tolerance = |most: f64, now: f64| match most {
            most if most > 0.0 && most < SMALL => TOLERANCE * now.max(FAINT * most),
            _ => f64::INFINITY,
        };
        let limits = work.frame.limits.iter().flat_map(Bounds::sides);
        let are_kept = limits.zip(&here.values).zip(steepest).all(|((sides, c), steepest)| {
            (sides.lower - c).max(c - sides.upper) <= tolerance(*steepest, *steepest)
        });
        let error = measures.residual.max(measures.complementarity);
        are_kept && error <= tolerance(*steepest_cost, here.gradient.amax())
    }

    /// The end of a run that can make no further progress.
    pub(super) fn stalled(&mut self, reason: Stall) -> ControlFlow<Termination> {
        self.is_at_rest = true;
        let reason = match self.excessive_multipliers() {
            Some(largest) => Stall::NoMultipliers { penalty: self.mu.recip(), largest },
            None => reason,
        };
        let gradient_norm = Some(self.measures.residual);
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm })
    }
}

impl State for InteriorPointState {
    fn x(&self) -> &DVector<f64> {
        &self.here.x
    }
    fn cost(&self) -> f64 {
        self.here.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.measures.residual)
    }
    fn infeasibility(&self) -> Option<f64> {
        self.has_constraints().then_some(self.measures.violation)
    }
    fn complementarity(&self) -> Option<f64> {
        self.has_constraints().then_some(self.measures.complementarity)
    }
    fn multipliers(&self) -> Option<&DVector<f64>> {
        self.has_constraints().then_some(&self.multipliers)
    }
}

impl InteriorPointState {
    fn has_constraints(&self) -> bool {
        !self.multipliers.is_empty()
    }
}
