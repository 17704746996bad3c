//! Where the method starts.
//!
//! x₀ is pushed away from the bounds, by 10⁻² of max(1, |bound|) or of their distance, the slacks likewise; z = 1; y
//! is the least squares solution of ∇f − J'y − z_l + z_u = 0. Wächter & Biegler (2006), sections 3.6 and 3.8.

use nalgebra::DVector;

use super::filter::Filter;
use super::frame::{Frame, Row, Scale};
use super::kkt::Parts;
use super::measures::lagrangian_slope;
use super::point::{Duals, Point};
use super::state::{InteriorPointState, Work};
use crate::error::check;
use crate::problem::Sides;
use crate::solver::first_order_conditions::FirstOrderConditions;
use crate::{Bounds, Error, Matrix, Oracle, memory};

/// κ₁ = κ₂: how far the start is pushed; less where the cost is not defined there.
const PUSHES: [f64; 3] = [1e-2, 1e-5, 1e-8];
/// The largest multiplier at the start.
const LARGEST: f64 = 1e3;

/// Evaluates the start.
pub(super) fn start(
    problem: &mut Oracle<'_>,
    x0: DVector<f64>,
    name: &'static str,
    mu: f64,
) -> Result<InteriorPointState, Error> {
    problem.check_start(&x0)?;
    let n = problem.dimension();
    let limits = problem.problem().structure().constraints.map(|all| all.limits());
    let m = limits.map_or(0, Bounds::dimension);
    memory::check_pairs(name, n + m, 3.0)?;
    for Sides { lower, upper } in limits.into_iter().flat_map(Bounds::sides) {
        let range = "below infinity, and an upper limit above -infinity";
        check(lower < f64::INFINITY, "a lower limit", lower, range)?;
        check(upper > f64::NEG_INFINITY, "an upper limit", upper, "above -infinity")?;
    }
    let frame = Frame::new(problem.problem(), &Scale::unit(m));
    let mut here = Point::new(n, m);
    evaluate(problem, &frame, &x0, &mut here)?;
    let mut buffer = Matrix::default();
    if !here.linearize(problem, &mut buffer) {
        return Err(not_finite(problem, &here));
    }
    problem.check_interruption()?;
    problem.prepare_differences();

    let size = here.gradient.amax().max(here.cost.abs());
    let scale = Scale::new(size, &here.gradient, &here.jacobian);
    let mut work = Work::new(problem.problem(), &scale);
    work.jacobian = buffer;
    let frame = &work.frame;
    for i in (0..m).filter(|i| frame.rows[*i] == Row::Within) {
        here.w[n + i] = frame.inside(n + i, scale.rows[i] * here.values[i], PUSHES[0]);
    }
    let mut duals = Duals::new(n, m);
    for j in 0..n + m {
        duals.lower[j] = if frame.lower[j].is_finite() { 1.0 } else { 0.0 };
        duals.upper[j] = if frame.upper[j].is_finite() { 1.0 } else { 0.0 };
    }
    let filter = Filter::new(frame.gaps(&scale, &here));
    estimate_multipliers(&here, &scale, &mut duals, &mut work);
    let mut state = InteriorPointState {
        steepest_cost: 0.0,
        steepest: DVector::zeros(m),
        here,
        duals,
        scale,
        mu,
        filter,
        shift: 0.0,
        restoring: None,
        restorations: 0,
        short: 0,
        refusals: 0,
        measures: FirstOrderConditions { residual: 0.0, violation: 0.0, complementarity: 0.0 },
        multipliers: DVector::zeros(m),
        least_error: f64::INFINITY,
        idle: 0,
        is_at_rest: false,
        work,
    };
    state.measure();
    Ok(state)
}

/// Pushes x₀ inside, and evaluates f, ∇f and c there.
fn evaluate(
    problem: &mut Oracle<'_>,
    frame: &Frame,
    x0: &DVector<f64>,
    here: &mut Point,
) -> Result<(), Error> {
    for (attempt, push) in PUSHES.into_iter().enumerate() {
        for (j, x) in x0.iter().enumerate() {
            here.x[j] = frame.inside(j, *x, push);
        }
        here.w.rows_mut(0, frame.n).copy_from(&here.x);
        let started = problem.start(&here.x, &mut here.gradient).and_then(|cost| {
            here.cost = cost;
            if frame.m == 0 { Ok(()) } else { problem.start_constraints(&here.x, &mut here.values) }
        });
        match started {
            Err(Error::NotInDomain { .. }) if attempt + 1 < PUSHES.len() => {}
            ended => return ended,
        }
    }
    Ok(())
}

/// The error of a Jacobian that is not finite.
fn not_finite(problem: &Oracle<'_>, here: &Point) -> Error {
    if let std::ops::ControlFlow::Break(reason) = problem.uninterrupted() {
        return Error::Interrupted { reason: reason.to_string() };
    }
    let rows = here.jacobian.row_iter().enumerate();
    let bad = rows.flat_map(|(i, row)| row.iter().map(|a| (i, *a)).collect::<Vec<_>>());
    let (row, value) = bad.into_iter().find(|(_, a)| !a.is_finite()).unwrap_or((0, f64::NAN));
    Error::NotInDomain { what: format!("Jacobian's row {row}"), value }
}

/// Writes the least squares estimate of y; 0 where it is large or not known.
pub(super) fn estimate_multipliers(
    here: &Point,
    scale: &Scale,
    duals: &mut Duals,
    work: &mut Work,
) {
    if work.frame.m == 0 {
        return;
    }
    let Work { frame, kkt, sigma, slope, gaps, step, .. } = work;
    duals.y.fill(0.0);
    lagrangian_slope((frame, scale), here, &duals.y, slope);
    for (j, slope) in slope.iter_mut().enumerate() {
        *slope += duals.upper[j] - duals.lower[j];
    }
    sigma.fill(1.0);
    gaps.fill(0.0);
    let parts = Parts {
        frame,
        scale,
        at: here,
        hessian: None,
        sigma,
        held: &|j| !frame.is_free[j],
        counts: &|_| true,
    };
    let is_known = kkt.factorize(&parts, 0.0, 1.0).is_some()
        && kkt.solve(&parts, (slope, gaps), &mut step.w, &mut step.y);
    // As many equalities as variables leave nothing to choose.
    if is_known && frame.equalities() < frame.n && step.y.amax() <= LARGEST {
        duals.y.copy_from(&step.y);
    }
}
