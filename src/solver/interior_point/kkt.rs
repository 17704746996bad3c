//! The linear system of a step, with its inertia corrected.
//!
//! ```text
//! [ W + Σ + δ I    J' ] [ dx ]     [ r   ]       ds = (dp − r_s) / S,   S = Σ_s + δ
//! [ J       −(S⁻¹ + ε) ] [ dp ] = − [ h + r_s / S ]   dy = −dp
//! ```
//!
//! with r = ∇φ − J'y, r_s = ∂φ/∂s + y, the Hessian W of the Lagrangian, and S⁻¹ = 0 in rows of equalities: the slacks
//! are eliminated. A step leads down when the matrix has n positive and m negative eigenvalues. Where it has not, δ
//! grows until it has; where it is singular, ε > 0, as dependent constraints make it.
//!
//! Wächter & Biegler (2006), equation (13) and algorithm IC.

use nalgebra::{DMatrix, DVector};

use super::frame::{Frame, Row, Scale};
use super::point::Point;
use crate::linalg::{Indefinite, Inertia, is_finite, max_abs};

/// The first δ, and the least and the largest.
const FIRST: f64 = 1e-4;
const LEAST: f64 = 1e-20;
const MOST: f64 = 1e40;
/// δ shrinks from one step to the next, and grows within one: fast when there was none before.
const SHRINK: f64 = 1.0 / 3.0;
const GROW: f64 = 8.0;
const GROW_FIRST: f64 = 100.0;
/// ε = 10⁻⁸ μ^¼.
const DEPENDENT: f64 = 1e-8;
/// Passes of iterative refinement, and the residual relative to the right-hand side at which they end.
const REFINEMENTS: usize = 3;
const ACCURATE: f64 = 1e-14;

/// The matrix, its factors, and workspace.
#[derive(Clone, Debug)]
pub(super) struct Kkt {
    /// The lower triangle; (n + m) × (n + m).
    matrix: DMatrix<f64>,
    factor: Indefinite,
    /// S; m.
    slack: DVector<f64>,
    right: DVector<f64>,
    solution: DVector<f64>,
    residual: DVector<f64>,
}

impl Default for Kkt {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

/// What the matrix is made of.
pub(super) struct Parts<'a> {
    pub frame: &'a Frame,
    pub scale: &'a Scale,
    pub at: &'a Point,
    /// σ ∇²L, if it counts and is finite.
    pub hessian: Option<&'a DMatrix<f64>>,
    /// Σ; n + m.
    pub sigma: &'a DVector<f64>,
    /// The variables without a step; n.
    pub held: &'a dyn Fn(usize) -> bool,
    /// The rows that count; m.
    pub counts: &'a dyn Fn(usize) -> bool,
}

impl Kkt {
    pub fn new(n: usize, m: usize) -> Self {
        let zeros = || DVector::zeros(n + m);
        Self {
            matrix: DMatrix::zeros(n + m, n + m),
            factor: Indefinite::new(n + m),
            slack: DVector::zeros(m),
            right: zeros(),
            solution: zeros(),
            residual: zeros(),
        }
    }

    /// Factorizes the matrix with the least δ that makes a step lead down, where `last` is that of the step before.
    /// `None` when there is none.
    pub fn factorize(&mut self, parts: &Parts<'_>, last: f64, mu: f64) -> Option<f64> {
        let (mut delta, mut epsilon) = (0.0, 0.0);
        loop {
            self.assemble(parts, delta, epsilon);
            let inertia = self.factor.factorize(&self.matrix);
            let Frame { n, m, .. } = *parts.frame;
            match inertia {
                Some(inertia) if inertia == (Inertia { positive: n, negative: m, zero: 0 }) => {
                    return Some(delta);
                }
                Some(Inertia { zero: 1.., .. }) if epsilon == 0.0 && m > 0 => {
                    epsilon = DEPENDENT * mu.powf(0.25);
                }
                _ => {
                    delta = match (delta, last) {
                        (0.0, 0.0) => FIRST,
                        (0.0, _) => (SHRINK * last).max(LEAST),
                        (_, 0.0) => GROW_FIRST * delta,
                        _ => GROW * delta,
                    };
                }
            }
            if delta > MOST {
                return None;
            }
        }
    }

    /// Writes the matrix. A variable or a row that does not count has a row of its own.
    pub fn assemble(&mut self, parts: &Parts<'_>, delta: f64, epsilon: f64) {
        let Parts { frame, scale, at, hessian, sigma, held, counts } = parts;
        let n = frame.n;
        for j in 0..n {
            let is_held = held(j);
            let mut column = self.matrix.column_mut(j);
            match hessian {
                Some(hessian) if !is_held => {
                    column.rows_range_mut(..n).copy_from(&hessian.column(j))
                }
                _ => column.rows_range_mut(..n).fill(0.0),
            }
            for i in j + 1..n {
                if held(i) {
                    column[i] = 0.0;
                }
            }
            column[j] = if is_held { 1.0 } else { column[j] + sigma[j] + delta };
            for i in 0..frame.m {
                let is_coupled = !is_held && counts(i) && frame.rows[i] != Row::Free;
                column[n + i] = if is_coupled { scale.rows[i] * at.jacobian[(i, j)] } else { 0.0 };
            }
        }
        for i in 0..frame.m {
            self.slack[i] = sigma[n + i] + delta;
            let mut column = self.matrix.column_mut(n + i);
            column.rows_range_mut(n + i..).fill(0.0);
            column[n + i] = match frame.rows[i] {
                _ if !counts(i) => -1.0,
                Row::Equal(_) => -epsilon,
                Row::Within => -(self.slack[i].recip() + epsilon),
                Row::Free => -1.0,
            };
        }
    }

    /// Factorizes the matrix as it was assembled; true when it is positive definite in x and negative in y.
    pub fn factorize_as_it_is(&mut self, frame: &Frame) -> bool {
        let expected = Inertia { positive: frame.n, negative: frame.m, zero: 0 };
        self.factor.factorize(&self.matrix) == Some(expected)
    }

    /// Writes the step (dx, ds) and dy for the residuals r and h. False when it is not finite.
    pub fn solve(
        &mut self,
        parts: &Parts<'_>,
        (r, h): (&DVector<f64>, &DVector<f64>),
        step: &mut DVector<f64>,
        dy: &mut DVector<f64>,
    ) -> bool {
        let Parts { frame, held, counts, .. } = parts;
        let n = frame.n;
        for j in 0..n {
            self.right[j] = if held(j) { 0.0 } else { -r[j] };
        }
        for i in 0..frame.m {
            self.right[n + i] = match frame.rows[i] {
                _ if !counts(i) => 0.0,
                Row::Equal(_) => -h[i],
                Row::Within => -h[i] - r[n + i] / self.slack[i],
                Row::Free => 0.0,
            };
        }
        self.solve_refined();
        step.rows_mut(0, n).copy_from(&self.solution.rows(0, n));
        for i in 0..frame.m {
            let dp = self.solution[n + i];
            dy[i] = -dp;
            let has_slack = frame.rows[i] == Row::Within && counts(i);
            step[n + i] = if has_slack { (dp - r[n + i]) / self.slack[i] } else { 0.0 };
        }
        is_finite(step.as_slice()) && is_finite(dy.as_slice())
    }

    /// Solves with refinement, as long as that lowers the residual.
    fn solve_refined(&mut self) {
        let Self { matrix, factor, right, solution, residual, .. } = self;
        solution.copy_from(right);
        factor.solve(solution.as_mut_slice());
        let mut least = f64::INFINITY;
        for _ in 0..REFINEMENTS {
            residual.copy_from(right);
            residual.sygemv(-1.0, matrix, solution, 1.0);
            let size = max_abs(residual.as_slice());
            if !(size > ACCURATE * max_abs(right.as_slice()) && size < 0.5 * least) {
                break;
            }
            least = size;
            factor.solve(residual.as_mut_slice());
            *solution += &*residual;
        }
    }
}
