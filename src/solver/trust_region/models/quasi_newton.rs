//! B from differences of gradients along the steps: the updates of rank one and of BFGS.
//!
//! ```text
//! SR1    B⁺ = B + r r' / r's,  r = y − B s,   where |r's| ≥ 10⁻⁸ |r| |s|
//! BFGS   B⁺ = B − B s s'B / s'B s + y y' / s'y,   where s'y ≥ 0.2 s'B s
//! ```
//!
//! with y = ∇f(x + s) − ∇f(x). Where s'y is smaller, BFGS takes θ y + (1 − θ) B s in place of y, so that s'y becomes
//! 0.2 s'B s (Powell 1978): there is no line search to make s'y positive. B is 0 before the first step, a linear model,
//! and (y'y / s'y) I before the first update.
//!
//! J. Nocedal, S. Wright, *Numerical optimization* (2006), eqs. (6.19), (6.20), (6.24), (6.26) and procedure 18.2; M.
//! J. D. Powell, *A fast algorithm for nonlinearly constrained optimization calculations*, in G. Watson (ed.),
//! Numerical analysis (1978) 144-157, section 5.

use std::mem::swap;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::{At, Model, Trial};
use crate::linalg::{self, max_abs, power_of_two};
use crate::{Error, Oracle, memory};

/// SR1 is not made when its denominator is smaller than this, relative to the lengths of its vectors.
const SKIPPED: f64 = 1e-8;
/// The least curvature that BFGS learns, relative to that of B along the step.
const LEAST: f64 = 0.2;

/// A matrix that learns the curvature along the steps, by one of two updates.
///
/// **[BFGS](Self::bfgs)** keeps B positive definite, by Powell's damping. **[SR1](Self::sr1)** does not, and converges
/// to the Hessian, also to an indefinite one, along steps that are independent enough.
///
/// **Needs** gradients alone; 3n² numbers of memory with the factors of the subproblem, at most 16 GiB (n = 26754).
///
/// What B knows of negative curvature is uncertain. Before the run ends, the Hessian of the problem is evaluated once,
/// or differenced with n gradients; from a saddle it shows the way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuasiNewtonModel {
    update: Update,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Update {
    Bfgs,
    Sr1,
}

impl QuasiNewtonModel {
    /// The update of Broyden, Fletcher, Goldfarb and Shanno.
    pub fn bfgs() -> Self {
        Self { update: Update::Bfgs }
    }

    /// The symmetric update of rank one.
    pub fn sr1() -> Self {
        Self { update: Update::Sr1 }
    }
}

/// The memory of [`QuasiNewtonModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuasiNewtonModelMemory {
    #[serde(with = "linalg::matrix_bytes")]
    matrix: DMatrix<f64>,
    /// False before the first update.
    is_known: bool,
    /// Workspace for the Hessian, and its relative errors.
    #[serde(skip)]
    hessian: DMatrix<f64>,
    accuracy: f64,
    /// s and y in the units of s, and B s.
    step: DVector<f64>,
    change: DVector<f64>,
    image: DVector<f64>,
}

/// Divides a vector by its size, a power of two, and returns that.
fn normalize(v: &mut DVector<f64>) -> f64 {
    let size = power_of_two(max_abs(v.as_slice()));
    *v /= size;
    size
}

/// B ← c I, unless c is not a curvature.
fn begin(matrix: &mut DMatrix<f64>, c: f64) -> bool {
    let is_curvature = c > 0.0 && c.is_finite();
    if is_curvature {
        matrix.fill_with_identity();
        *matrix *= c;
    }
    is_curvature
}

/// B ← B + c v v', unless c is not finite.
fn add(matrix: &mut DMatrix<f64>, c: f64, v: &DVector<f64>) -> bool {
    if c.is_finite() {
        matrix.ger(c, v, v, 1.0);
    }
    c.is_finite()
}

impl Model for QuasiNewtonModel {
    type Memory = QuasiNewtonModelMemory;

    const HAS_MATRIX: bool = true;

    fn name(&self) -> Option<&'static str> {
        Some(match self.update {
            Update::Bfgs => "TrustRegionBfgs",
            Update::Sr1 => "TrustRegionSr1",
        })
    }

    fn check(&self, solver: &'static str, problem: &Oracle<'_>) -> Result<(), Error> {
        memory::check_pairs(solver, problem.dimension(), 3.0)
    }

    fn start(&self, problem: &mut Oracle<'_>, n: usize) -> QuasiNewtonModelMemory {
        problem.prepare_differences();
        let zeros = || DVector::zeros(n);
        QuasiNewtonModelMemory {
            matrix: DMatrix::zeros(n, n),
            is_known: false,
            hessian: DMatrix::zeros(n, n),
            accuracy: 0.0,
            step: zeros(),
            change: zeros(),
            image: zeros(),
        }
    }

    fn restore(&self, problem: &mut Oracle<'_>, memory: &mut QuasiNewtonModelMemory) -> bool {
        let n = problem.dimension();
        memory.hessian = DMatrix::zeros(n, n);
        let QuasiNewtonModelMemory { matrix, step, change, image, .. } = memory;
        matrix.shape() == (n, n) && [step, change, image].iter().all(|v| v.len() == n)
    }

    fn learn(&self, memory: &mut QuasiNewtonModelMemory, trial: Trial<'_>) -> bool {
        let Trial { step: s, before, after } = trial;
        let QuasiNewtonModelMemory { matrix, is_known, step, change, image, .. } = memory;
        // In units in which s and y are about 1, nothing over- or underflows.
        let unit = power_of_two(max_abs(s.as_slice()));
        step.copy_from(s);
        *step /= unit;
        change.copy_from(after);
        *change -= before;
        *change /= unit;
        let size = normalize(change);
        let [ss, sy, yy] = [step.dot(step), step.dot(change), change.dot(change)];
        let curvature = size * if sy > 0.0 { yy / sy } else { (yy / ss).sqrt() };
        let is_first = !*is_known;
        if is_first {
            *is_known = begin(matrix, curvature);
            if !*is_known {
                return false;
            }
        }
        image.gemv(1.0, matrix, step, 0.0);
        let has_changed = match self.update {
            Update::Sr1 => {
                // r in place of B s.
                image.axpy(size, change, -1.0);
                let height = normalize(image);
                let along = image.dot(step);
                let is_safe = along.abs() >= SKIPPED * (ss * image.dot(image)).sqrt();
                is_safe && add(matrix, height / along, image)
            }
            Update::Bfgs => {
                let height = normalize(image);
                let along = image.dot(step);
                let expected = along * (height / size);
                if expected <= 0.0 {
                    // B was the Hessian at a saddle.
                    begin(matrix, curvature)
                } else {
                    if sy < LEAST * expected {
                        let share = (1.0 - LEAST) / (1.0 - sy / expected);
                        *change *= share;
                        change.axpy((1.0 - share) * (height / size), image, 1.0);
                    }
                    let learnt = size / change.dot(step);
                    learnt.is_finite()
                        && add(matrix, -height / along, image)
                        && add(matrix, learnt, change)
                }
            }
        };
        is_first || has_changed
    }

    fn look(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut QuasiNewtonModelMemory,
        _at: At<'_>,
    ) -> bool {
        memory.matrix.iter().all(|b| b.is_finite())
    }

    fn examine(
        &self,
        problem: &mut Oracle<'_>,
        memory: &mut QuasiNewtonModelMemory,
        at: At<'_>,
    ) -> bool {
        let known = (at.cost, at.gradient);
        let accuracy = problem.hessian(at.x, known, &mut memory.hessian);
        let is_finite = memory.hessian.iter().all(|h| h.is_finite());
        if is_finite && problem.uninterrupted().is_continue() {
            swap(&mut memory.matrix, &mut memory.hessian);
            (memory.accuracy, memory.is_known) = (accuracy, true);
        }
        is_finite
    }

    fn matrix<'m>(&self, memory: &'m mut QuasiNewtonModelMemory) -> Option<&'m DMatrix<f64>> {
        Some(&memory.matrix)
    }

    fn times(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut QuasiNewtonModelMemory,
        _at: At<'_>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) {
        product.gemv(1.0, &memory.matrix, v, 0.0);
    }

    fn accuracy(&self, memory: &QuasiNewtonModelMemory) -> f64 {
        memory.accuracy
    }

    fn moved(&self, _memory: &mut QuasiNewtonModelMemory) {}
}
