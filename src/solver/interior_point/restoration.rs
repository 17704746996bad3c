//! The restoration: where no step along d is accepted, the violation of the constraints alone is made smaller.
//!
//! ```text
//! minimise ½ |v(x)|²  within the bounds;   vᵢ = hᵢ,  or by how much σᵢ cᵢ is outside its limits, drawn in by a margin
//! (J'J + λ I) d = −J'v,   dⱼ no further than the box that leaves a hundredth of every distance from a bound
//! ```
//!
//! It ends at a point that passes the filter and violates the constraints by a tenth less; or where the slope of |v|
//! vanishes and the violation does not: then no feasible point is near. Wächter & Biegler (2006), section 3.3, have
//! another problem in the same place; the steps are those of J. Moré, *The Levenberg-Marquardt algorithm*, Springer
//! Lecture Notes in Mathematics 630 (1978) 105-116, with the damping of H. B. Nielsen, report IMM-REP-1999-05, DTU
//! (1999).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::frame::{Frame, Row, Scale};
use super::kkt::Parts;
use super::point::Point;
use super::state::{InteriorPointState, Work};
use super::violated::{Violated, violated};
use super::{barrier, start};
use crate::line_search::FailureReason;
use crate::{Oracle, Stall, Termination};

/// θ has to fall to this share of what it was; after each restoration the next one goes on for longer.
const LESS: f64 = 0.9;
const LONGER: f64 = 0.3;
const LONGEST: u32 = 15;
/// The share of every distance that a step leaves.
const LEFT: f64 = 0.01;
/// The first λ relative to the largest squared norm of a column, and the range.
const DAMPING: f64 = 1e-4;
const RANGE: [f64; 2] = [1e-16, 1e32];
/// The margin of the limits: μ, but within these.
const MARGIN: [f64; 2] = [1e-8, 1e-2];
/// Where a step promises no more than this share of ½ |v|², the margin shrinks by this factor, and in the end to
/// nothing.
const FLAT: f64 = 1e-2;
const SMALLER: f64 = 1e-3;
const MARGINS: usize = 4;
/// The share of the predicted decrease that is enough.
const SUFFICIENT: f64 = 1e-4;
/// The most trials of a step, and the most times that variables are held at the edge of the box.
const TRIALS: usize = 40;
const HOLDS: usize = 10;
/// The slope of |v| at an infeasible point, as a share, and what it promises; where no step helps, both may be more.
const STATIONARY: f64 = 1e-6;
const UNPROMISING: f64 = 1e-4;
const NEARLY: f64 = 1e-3;
/// What the slope promises, and the least scaled multiplier, at a point that seems to be infeasible.
const HARDLY: f64 = 0.1;
const GROWN: f64 = 1e3;
/// So often the filter may refuse a feasible point.
const REFUSALS: u32 = 3;

/// What a restoration remembers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Restoring {
    /// λ; 0 before the first step.
    damping: f64,
    /// The factor of its next growth.
    growth: f64,
    /// It ends at a θ up to this.
    goal: f64,
    /// By how much the limits are drawn in.
    margin: f64,
}

impl Restoring {
    /// The next restoration after so many, from a violation θ.
    pub fn new(theta: f64, earlier: u32, mu: f64) -> Self {
        let goal = LESS * LONGER.powi(earlier.min(LONGEST) as i32) * theta;
        Self { damping: 0.0, growth: 2.0, goal, margin: mu.clamp(MARGIN[0], MARGIN[1]) }
    }

    /// Makes the margin smaller, as no point may be inside it.
    fn draw_out(&mut self) {
        self.margin =
            if self.margin > MARGIN[0] { (SMALLER * self.margin).max(MARGIN[0]) } else { 0.0 };
    }

    pub fn is_valid(&self) -> bool {
        let Self { damping, growth, goal, margin } = *self;
        [damping, growth, goal, margin].iter().all(|v| *v >= 0.0 && v.is_finite())
    }
}

/// vᵢ.
fn outside(frame: &Frame, scale: &Scale, at: &Point, i: usize, margin: f64) -> f64 {
    let value = scale.rows[i] * at.values[i];
    match frame.rows[i] {
        Row::Equal(target) => value - target,
        Row::Within => value - frame.inside(frame.n + i, value, margin),
        Row::Free => 0.0,
    }
}

/// ½ |v|².
fn half_square(frame: &Frame, scale: &Scale, at: &Point, margin: f64) -> f64 {
    (0..frame.m).map(|i| 0.5 * outside(frame, scale, at, i, margin).powi(2)).sum()
}

/// One step.
pub(super) fn step(
    problem: &mut Oracle<'_>,
    state: &mut InteriorPointState,
    mut restoring: Restoring,
) -> ControlFlow<Termination> {
    let is_stationary = |at: &Violated| at.share <= STATIONARY && at.promised <= UNPROMISING;
    if let Some(violated) = violated(state).filter(is_stationary) {
        return ControlFlow::Break(violated.end());
    }
    if restoring.damping == 0.0 {
        let columns = state.here.jacobian.column_iter().map(|column| {
            let entries = column.iter().zip(&state.scale.rows);
            entries.map(|(a, scale)| (a * scale).powi(2)).sum::<f64>()
        });
        restoring.damping = (DAMPING * columns.fold(0.0, f64::max)).clamp(RANGE[0], RANGE[1]);
    }
    let InteriorPointState { here, scale, work, .. } = state;
    let mut before = half_square(&work.frame, scale, here, restoring.margin);
    let mut predicted = propose(here, scale, work, restoring);
    for _ in 0..MARGINS {
        if restoring.margin == 0.0 || predicted > FLAT * before {
            break;
        }
        restoring.draw_out();
        before = half_square(&work.frame, scale, here, restoring.margin);
        predicted = propose(here, scale, work, restoring);
    }
    let mut is_lower = false;
    for trial in 0..TRIALS {
        if trial > 0 {
            predicted = propose(here, scale, work, restoring);
        }
        let Work { frame, trial, step, jacobian, .. } = work;
        barrier::advance(frame, here, 1.0, &step.w, trial);
        let mut share = f64::NAN;
        if predicted > 0.0 && trial.x != here.x {
            problem.constraint_values(&trial.x, &mut trial.values);
            share = (before - half_square(frame, scale, trial, restoring.margin)) / predicted;
            problem.uninterrupted()?;
        }
        if share >= SUFFICIENT {
            trial.cost = problem.cost(&trial.x);
            is_lower = trial.cost.is_finite() && trial.differentiate(problem, here, jacobian);
            problem.uninterrupted()?;
        }
        if is_lower {
            restoring.damping *= (1.0 - (2.0 * share - 1.0).powi(3)).clamp(0.1, 2.0);
            restoring.growth = 2.0;
        } else {
            restoring.damping *= restoring.growth;
            restoring.growth *= 2.0;
        }
        restoring.damping = restoring.damping.clamp(RANGE[0], RANGE[1]);
        if is_lower {
            break;
        }
    }
    if !is_lower {
        if restoring.margin == 0.0 {
            return end(problem, state);
        }
        restoring.draw_out();
        state.restoring = Some(restoring);
        return ControlFlow::Continue(());
    }
    let Work { frame, trial, .. } = work;
    let margin = restoring.margin.max(MARGIN[0]);
    for i in 0..frame.m {
        let value = scale.rows[i] * trial.values[i];
        let slack = frame.n + i;
        trial.w[slack] =
            if frame.rows[i] == Row::Within { frame.inside(slack, value, margin) } else { 0.0 };
    }
    let pair = [frame.gaps(scale, trial), barrier::value(frame, scale, trial, state.mu)];
    let is_restored = pair[0] <= restoring.goal && state.filter.accepts(pair);
    state.restoring = Some(restoring).filter(|_| !is_restored);
    state.commit();
    if is_restored {
        resume(state);
    }
    ControlFlow::Continue(())
}

/// Goes on with the primal-dual steps from a new point.
fn resume(state: &mut InteriorPointState) {
    let InteriorPointState { here, scale, duals, work, mu, .. } = state;
    barrier::reset(&work.frame, &here.w, duals, *mu);
    start::estimate_multipliers(here, scale, duals, work);
    state.shift = 0.0;
    state.measure();
}

/// Writes the step and returns the decrease of ½ |v|² that its linear model predicts.
fn propose(here: &Point, scale: &Scale, work: &mut Work, restoring: Restoring) -> f64 {
    let Restoring { damping, margin, .. } = restoring;
    let Work { frame, kkt, step, sigma, residual, gaps, y, force, is_held, .. } = work;
    let n = frame.n;
    for (held, is_free) in is_held.iter_mut().zip(&frame.is_free) {
        *held = !is_free;
    }
    residual.fill(0.0);
    sigma.fill(f64::INFINITY);
    sigma.rows_mut(0, n).fill(damping);
    // d of the variables that are held at an edge.
    force.fill(0.0);
    for i in 0..frame.m {
        y[i] = outside(frame, scale, here, i, margin);
    }
    let v = &*y;
    for _ in 0..HOLDS {
        for i in 0..frame.m {
            gaps[i] = v[i] + scale.rows[i] * here.jacobian.row(i).tr_dot(force);
        }
        let parts = Parts {
            frame,
            scale,
            at: here,
            hessian: None,
            sigma,
            held: &|j| is_held[j],
            counts: &|i| v[i] != 0.0,
        };
        kkt.assemble(&parts, 0.0, 1.0);
        let is_solved = kkt.factorize_as_it_is(frame)
            && kkt.solve(&parts, (residual, gaps), &mut step.w, &mut step.y);
        if !is_solved {
            return f64::NAN;
        }
        let mut are_inside = true;
        for j in 0..n {
            if is_held[j] {
                step.w[j] = force[j];
                continue;
            }
            let [low, high] = frame.distances(j, here.w[j]).map(|room| (1.0 - LEFT) * room);
            if step.w[j] < -low || step.w[j] > high {
                step.w[j] = step.w[j].clamp(-low, high);
                (force[j], is_held[j], are_inside) = (step.w[j], true, false);
            }
        }
        if are_inside {
            break;
        }
    }
    force.copy_from(&step.w.rows(0, n));
    step.w.rows_mut(n, frame.m).fill(0.0);
    let mut predicted = 0.0;
    for i in 0..frame.m {
        let after = v[i] + scale.rows[i] * here.jacobian.row(i).tr_dot(force);
        if v[i] != 0.0 {
            predicted += 0.5 * (v[i] - after) * (v[i] + after);
        }
    }
    predicted
}

/// True when the violation hardly has a slope and the multipliers grow, as they do where no feasible point is near:
/// then the restoration decides.
pub(super) fn is_called_for(state: &mut InteriorPointState) -> bool {
    state.duals.y.amax() >= GROWN
        && violated(state).is_some_and(|violated| violated.promised <= HARDLY)
}

/// Where no step makes the violation smaller.
fn end(problem: &mut Oracle<'_>, state: &mut InteriorPointState) -> ControlFlow<Termination> {
    problem.uninterrupted()?;
    // At the edge of the domain no step helps either: there the slope is steep.
    let is_nearly = |at: &Violated| at.share <= NEARLY && at.promised <= NEARLY;
    if let Some(violated) = violated(state).filter(is_nearly) {
        return ControlFlow::Break(violated.end());
    }
    if state.measures.violation > super::FEASIBLE || state.refusals >= REFUSALS {
        return state.stalled(Stall::LineSearch(FailureReason::Rounding));
    }
    // A feasible point that the filter refuses.
    state.refusals += 1;
    state.restoring = None;
    state.filter.clear();
    resume(state);
    ControlFlow::Continue(())
}
