//! Everything that changes during a run of the interior point method.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::frame::{Frame, Scale};
use super::kkt::Kkt;
use super::measures::conditions;
use super::point::{Duals, Point};
use super::restoration::Restoring;
use crate::solver::first_order_conditions::FirstOrderConditions;
use crate::{Matrix, Problem, State};

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
