//! The end game: Newton's method on the first-order conditions with the active constraints and bounds held.
//!
//! ```text
//! | ∇²L  A'  |  | d  |     | ∇f − A'λ |
//! | A   −δ I |  | −p |  =  −| a − b    |,   x⁺ = P(x + d),  λ⁺ = λ + p
//! ```
//!
//! with the free variables alone, A the Jacobian of the active constraints a, b the limits at which they are, all
//! scaled as in L, and δ = 10⁻¹², by which dependent constraints leave a solution. A step is kept when it halves the
//! error of the conditions.
//!
//! E. Birgin, J. Martínez, "Improving ultimate convergence of an augmented Lagrangian method", Optim. Methods Softw. 23
//! (2008) 177-195.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::AugmentedLagrangianState;
use super::function::Function;
use super::points::Point;
use crate::linalg::Indefinite;
use crate::{Bounds, Matrix, Oracle, State};

/// No larger systems are solved: they are dense.
const LARGEST: usize = 500;
/// δ
const SHIFT: f64 = 1e-12;
/// Where the scaled conditions are further from fulfilled, the active constraints are not known yet.
const NEAR: f64 = 1e-2;
/// After a step that was not kept, the error has to fall by this factor.
const NEARER: f64 = 0.1;

/// Whether the next step is one of Newton's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Newton {
    pub is_next: bool,
    /// False once the problem gave no second derivatives.
    is_possible: bool,
    /// The error at which the last step was not kept.
    failed_at: f64,
    #[serde(skip)]
    system: System,
}

/// Workspace; equal to any other.
#[derive(Clone, Debug)]
struct System {
    /// Of all n variables and m constraints: those that are held or not active have a row of the identity.
    matrix: DMatrix<f64>,
    hessian: DMatrix<f64>,
    factors: Indefinite,
    /// The right-hand side, then d and −p.
    right: Vec<f64>,
    is_free: Vec<bool>,
    is_active: Vec<bool>,
}

impl PartialEq for System {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Of no size.
impl Default for System {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl System {
    fn new(n: usize, m: usize) -> Self {
        Self {
            matrix: DMatrix::zeros(n + m, n + m),
            hessian: DMatrix::zeros(n, n),
            factors: Indefinite::new(n + m),
            right: vec![0.0; n + m],
            is_free: vec![false; n],
            is_active: vec![false; m],
        }
    }

    /// Finds the free variables and the active constraints, which have a target; `lagrangian` is ∇f − J'λ.
    fn identify(
        &mut self,
        here: &Point,
        bounds: Option<&Bounds>,
        lagrangian: &DVector<f64>,
        target: impl Fn(usize) -> Option<f64>,
    ) {
        let is_held = |j: usize| {
            bounds.is_some_and(|bounds| {
                let (x, g, lower, upper) =
                    (here.x[j], lagrangian[j], bounds.lower()[j], bounds.upper()[j]);
                lower == upper || (x == lower && g >= 0.0) || (x == upper && g <= 0.0)
            })
        };
        for (j, is_free) in self.is_free.iter_mut().enumerate() {
            *is_free = !is_held(j);
        }
        for (i, is_active) in self.is_active.iter_mut().enumerate() {
            *is_active = target(i).is_some();
        }
    }

    /// Writes the lower triangle of the system. The Hessian is there, unscaled.
    fn assemble(
        &mut self,
        here: &Point,
        function: &Function,
        lagrangian: &DVector<f64>,
        target: impl Fn(usize) -> Option<f64>,
    ) {
        let Self { matrix, hessian, right, is_free, is_active, .. } = self;
        let n = is_free.len();
        matrix.fill(0.0);
        right.fill(0.0);
        for j in 0..n {
            if !is_free[j] {
                matrix[(j, j)] = 1.0;
                continue;
            }
            for l in (j..n).filter(|l| is_free[*l]) {
                matrix[(l, j)] = function.scale * hessian[(l, j)];
            }
            right[j] = -function.scale * lagrangian[j];
        }
        for (i, is_active) in is_active.iter().enumerate() {
            let Some(target) = target(i).filter(|_| *is_active) else {
                matrix[(n + i, n + i)] = 1.0;
                continue;
            };
            let scale = function.scales[i];
            for j in (0..n).filter(|j| is_free[*j]) {
                matrix[(n + i, j)] = scale * entry(&here.jacobian, i, j);
            }
            matrix[(n + i, n + i)] = -SHIFT;
            right[n + i] = target - scale * here.values[i];
        }
    }

    /// Solves the system in place; false when it is singular.
    fn solve(&mut self) -> bool {
        let Self { matrix, factors, right, .. } = self;
        if factors.factorize(matrix).is_none_or(|inertia| inertia.zero > 0) {
            return false;
        }
        factors.solve(right);
        right.iter().all(|entry| entry.is_finite())
    }
}

fn entry(matrix: &Matrix, i: usize, j: usize) -> f64 {
    match matrix {
        Matrix::Dense(matrix) => matrix[(i, j)],
        Matrix::Sparse(matrix) => {
            let column = matrix.col(j);
            column.row_indices().binary_search(&i).map_or(0.0, |at| column.values()[at])
        }
    }
}

impl Newton {
    pub fn new(n: usize, m: usize) -> Self {
        let is_possible = m > 0 && n + m <= LARGEST;
        let system = if is_possible { System::new(n, m) } else { System::default() };
        Self { is_next: false, is_possible, failed_at: f64::INFINITY, system }
    }

    /// Makes room after a checkpoint; false for a state that does not fit.
    pub fn restore(&mut self, n: usize, m: usize) -> bool {
        let new = Self::new(n, m);
        self.system = new.system;
        (new.is_possible || !self.is_possible) && !self.failed_at.is_nan()
    }

    /// Decides at the end of an inner run whether a step of Newton's is worth trying, by the errors of the scaled
    /// conditions and of the others.
    pub fn look(&mut self, scaled: f64, error: f64) {
        self.is_next = self.is_possible && scaled <= NEAR && error <= NEARER * self.failed_at;
    }
}

impl<L: State> AugmentedLagrangianState<L> {
    /// Makes one step of Newton's method, unless it cannot be made or does not halve the error. `None` when it was
    /// interrupted.
    pub(super) fn newton(&mut self, problem: &mut Oracle<'_>) -> Option<()> {
        let next = self.propose(problem);
        problem.uninterrupted().is_continue().then_some(())?;
        let Some(index) = next else {
            self.newton.is_next = false;
            self.newton.failed_at = self.conditions.error();
            return Some(());
        };
        let index = index?;
        let (before, error) = (self.points.current(), self.conditions);
        // λ + p, and 0 where a constraint is not active.
        let Self { newton, function, multipliers, work, .. } = self;
        let System { is_free, is_active, right, .. } = &newton.system;
        let kept = &mut work.work.weights;
        kept.copy_from(multipliers);
        multipliers.fill(0.0);
        for i in (0..kept.len()).filter(|i| is_active[*i]) {
            let change = -right[is_free.len() + i] * function.scales[i] / function.scale;
            multipliers[i] = kept[i] + change;
        }
        self.points.go_to(index);
        let is_finite = self.points.here().is_finite();
        if is_finite {
            self.measure();
        }
        if is_finite && self.conditions.error() <= 0.5 * error.error() {
            self.consider(true);
            let Self { function, multipliers, .. } = self;
            for (i, y) in multipliers.iter().enumerate() {
                function.y[i] = y * function.scale / function.scales[i];
            }
            return Some(());
        }
        self.points.go_to(before);
        self.multipliers.copy_from(&self.work.work.weights);
        self.conditions = error;
        self.newton.is_next = false;
        self.newton.failed_at = error.error();
        Some(())
    }

    /// Evaluates x + d: `None` when there is no such step, `Some(None)` when it was interrupted.
    fn propose(&mut self, problem: &mut Oracle<'_>) -> Option<Option<usize>> {
        let Self { points, function, multipliers, newton, work, .. } = self;
        let (bounds, work) = (work.bounds.as_ref(), &mut work.work);
        let (here, system) = (points.here(), &mut newton.system);
        let has_hessian = problem.given_hessian(&here.x, &mut system.hessian)
            && problem.constraint_hessian(&here.x, multipliers, &mut work.curvature);
        if !has_hessian {
            newton.is_possible &= problem.uninterrupted().is_break();
            return None;
        }
        work.curvature.subtract_from(&mut system.hessian);
        here.jacobian.transpose_times(multipliers, &mut work.lagrangian);
        for (l, g) in work.lagrangian.iter_mut().zip(&here.gradient) {
            *l = g - *l;
        }
        // The limit of an active constraint is that of its multiplier's sign.
        let target = |i: usize| {
            let [lower, upper] = function.sides(i);
            match multipliers[i] {
                _ if lower == upper => Some(lower),
                y if y > 0.0 => Some(lower),
                y if y < 0.0 => Some(upper),
                _ => None,
            }
        };
        system.identify(here, bounds, &work.lagrangian, target);
        system.assemble(here, function, &work.lagrangian, target);
        if !system.solve() {
            return None;
        }
        work.x.copy_from(&here.x);
        for (x, d) in work.x.iter_mut().zip(&system.right) {
            *x += d;
        }
        if let Some(bounds) = bounds {
            bounds.project(&mut work.x);
        }
        Some(points.find(problem, &work.x, true))
    }
}
